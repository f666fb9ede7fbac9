"""Finds the names of models in an abstract by plain rules: a name list, and the forms in which authors name their own.

A heuristic, and called one wherever it is shown. Pure: no model, no heavy import, no file but the name list beside it.
What counts as a name follows the usual guideline of the exercise: named models, families, architectures and the paper's
own system; no data sets, metrics, tasks, techniques of others, organisations or generic words. A size is no part of a
name ("LLaMA-13B" gives "LLaMA"), a version or variant is ("LLaMA 2", "GPT-3.5-turbo").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path

NO_MODELS = ["NA"]
_GREEK_BEFORE = re.compile(r"(?<!\w)[α-ωΑ-Ωµ]-\Z")
_LIST = Path(__file__).resolve().parent / "model_names.txt"


@dataclass(frozen=True, slots=True, order=True)
class Tag:
    """A name as it stands in the text, and where: `text[start:end]`."""

    start: int
    end: int
    name: str


def tag(abstract: str, names: Iterable[str] = ()) -> list[Tag]:
    """Find the names, each once, in the order in which they first stand; `names` adds to the list.

    >>> [t.name for t in tag("We present FooNet, a model that beats LLaMA-13B and GPT-4 on MMLU.")]
    ['FooNet', 'LLaMA', 'GPT-4']
    """
    found: list[Tag] = []
    for candidate in sorted({*_listed(abstract, tuple(names)), *_formed(abstract)}, key=lambda t: (t.start, -t.end)):
        if not any(t.start < candidate.end and candidate.start < t.end for t in found):
            found.append(candidate)
    kept = [_with_its_letter(abstract, t) for t in found if not _is_something_else(abstract, t)]
    longer = {t.name for t in kept}
    return _each_once(t for t in kept if not any(_begins(abstract, t, name) for name in longer))


def _with_its_letter(text: str, found: Tag) -> Tag:
    """Take in a Greek letter that stands before a name, as in β-VAE."""
    letter = _GREEK_BEFORE.search(text, max(0, found.start - 2), found.start)
    return found if letter is None else Tag(letter.start(), found.end, text[letter.start() : found.end])


def _begins(text: str, found: Tag, name: str) -> bool:
    """Tell whether a name that was found is only the beginning of a longer one that stands there."""
    return len(name) > len(found.name) and text.startswith(name, found.start)


def names_of(abstract: str, names: Iterable[str] = ()) -> list[str]:
    """Give the names alone, or NO_MODELS."""
    return [t.name for t in tag(abstract, names)] or list(NO_MODELS)


_KNOWN: ContextVar[tuple[str, ...] | None] = ContextVar("lectern_known_names", default=None)


def known_names() -> tuple[str, ...]:
    """Give the name list, or what `knowing` has put in its place."""
    chosen = _KNOWN.get()
    return _packaged_names() if chosen is None else chosen


@contextmanager
def knowing(names: Iterable[str]) -> Iterator[None]:
    """Let the rules know these names instead of the list: to see how much of a figure is the list's."""
    token = _KNOWN.set(tuple(names))
    try:
        yield
    finally:
        _KNOWN.reset(token)


@cache
def _packaged_names() -> tuple[str, ...]:
    return _lines_of(_LIST)


@cache
def _generic_words() -> frozenset[str]:
    return frozenset(_lines_of(_LIST.with_name("generic_words.txt")))


def _lines_of(file: Path) -> tuple[str, ...]:
    lines = (line.strip() for line in file.read_text("utf-8").splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))


# A version or a variant is part of the name, a size is not.
_SIZE = r"\d+(?:\.\d+)?\s?(?:[BMK]|billion|million)\b"
_VERSION = rf"(?:[- ]?v?(?!{_SIZE})\d+(?:\.\d+)*(?![\w.]*\d))"
_VARIANT = (
    r"(?:(?:[- ](?:Chat|Instruct|Turbo|Coder|Vision|Math|VL|XL|XXL|Base|Large|Small|Tiny|Mini|Nano|Pro|Ultra|Plus"
    r"|Flash)|-(?:chat|instruct|turbo|large|base|small|mini|xl|xxl))\b|-[A-Z](?![\w/-]))"
)


@cache
def _list_pattern(names: frozenset[str]) -> re.Pattern[str]:
    longest_first = sorted(names, key=lambda name: (-len(name), name))
    spelt = "|".join(re.escape(name).replace(r"\ ", r"[- ]") for name in longest_first)
    return re.compile(
        rf"(?<![\w])(?:{spelt})(?:{_VERSION})?(?:{_VARIANT})*(?:s\b)?(?![A-Za-z0-9]|\.\d)",
        re.IGNORECASE,
    )


def _listed(text: str, extra: tuple[str, ...]) -> Iterator[Tag]:
    known = frozenset((*known_names(), *extra))
    if not known:
        return
    by_small = {name.casefold(): name for name in known}
    for match in _list_pattern(known).finditer(text):
        if _spelt_as_a_name(match[0], by_small):
            yield Tag(match.start(), match.end(), match[0])


def _spelt_as_a_name(written: str, by_small: dict[str, str]) -> bool:
    """Tell a name from an ordinary word ("falcon", "cohere"): it is in the list so, or it has a capital or a digit."""
    name = by_small.get(written.casefold())
    if name is not None and written == name:
        return True
    capitals = sum(c.isupper() for c in written)
    return capitals > 1 or (capitals == 1 and written[0].isupper()) or any(c.isdigit() for c in written)


# Each part is bounded and gives nothing back, so that no text takes longer than its length.
_WORD = r"(?<![A-Za-z0-9])(?:[α-ωΑ-Ω]-)?[A-Za-z0-9À-ÿ]{1,40}+(?:[-.+·][A-Za-z0-9À-ÿ]{1,40}+){0,6}+\+{0,2}"
_NAME = rf"(?:{_WORD}(?:[ ](?:\d+(?:\.\d+)?|[IVX]+|M|XL)\b)?)"
_OWN = re.compile(
    r"(?:\b(?:call(?:ed|s)?|nam(?:ed|ely|ing)|dubbed|termed|coined|denoted(?: as)?|referred to as|dub|name)\s+"
    r"(?:it\s+|this\s+\w+\s+|our\s+\w+\s+|the\s+\w+\s+)?"
    r"|\b(?:propos|introduc|present|develop|releas|describ|design|train|build|built|unveil|creat|open-sourc|report"
    r"|explor|stud|evaluat|announc)\w*\s+(?:a |an |the |our |new |novel |called )*)"
    rf"(?:\\textbf\{{|\\emph\{{|\\texttt\{{|[\"'“*_]*)({_NAME})"
)
_OWN_PLAIN = re.compile(
    r"\b(?:propos|introduc|present|develop|releas|describ|design|train|build|built|unveil|creat|open-sourc)\w*\s+"
    r"(?:\\textbf\{|\\emph\{|[\"'“*_]*)([A-Z][a-z]{3,})(?:\}|[\"'”*_]*)(?:,\s+(?:a|an|the|our|which)\s|\s+\([A-Z]|:\s)"
)
"""A plain word with a capital is a name where authors introduce it and then say what it is."""
_APPOSED = re.compile(
    rf"({_NAME})(?:\}}|[\"'”*_]*)(?:\s*\([^)]{{1,60}}\))?(?:,| is| are|:)\s+"
    r"(?:a|an|the|our|which is|the first|one of)\s+"
    r"(?:[\w-]+\s+){0,9}?(?:models?|frameworks?|systems?|agents?|networks?|architectures?|pipelines?|LMs?|LLMs?"
    r"|transformers?|chatbots?|assistants?|families|family|learners?|generators?|encoders?|decoders?|policy|policies"
    r"|approach|method|paradigm|algorithm)\b"
)
_ABBREVIATED = re.compile(r"(?<![\w-])((?:[A-Za-z]\w{0,30}[\s-]){1,10}[A-Za-z]\w{0,30})\s+\(([A-Za-z][\w.-]{1,14})\)")
_KIND = re.compile(
    rf"(?<![\w-])((?:[A-Z0-9][\w.]{{0,20}}-){{0,3}}\w{{0,30}}[A-Za-z](?:GPT|BERT|[Nn]et|Nets|LM|[Ff]ormer|[Ff]ormers|GANs?|VAEs?|NeRFs?"
    r"|LLaMA|Llama|CLIP|Diffusion|Diff|Coder|Chat|T5|RNNs?|CNNs?|GNNs?|MLPs?|ViTs?|LSTMs?|Pilot|PaLM|Fusion)"
    rf"(?:{_VERSION})?)(?![A-Za-z0-9])"
)
_ROLE_OF_A_MODEL = re.compile(
    rf"({_NAME})(?:'s)?\s+(?:models?|agents?|chatbots?|architectures?|language models?|networks?|checkpoints?"
    r"|baselines?)\b"
)


def _formed(text: str) -> Iterator[Tag]:
    """Find what has the form of a name and stands where names are given."""
    for match in _OWN_PLAIN.finditer(text):
        yield Tag(match.start(1), match.end(1), match[1])
    for match in _KIND.finditer(text):
        if match[1].casefold() not in _generic_words():
            yield Tag(match.start(1), match.end(1), match[1])
    for pattern in (_OWN, _APPOSED, _ROLE_OF_A_MODEL):
        for match in pattern.finditer(text):
            yield from _name_at(text, match.start(1), match.end(1))
    for match in _ABBREVIATED.finditer(text):
        if _abbreviates(match[2], match[1]) and _is_given_as_a_model(text, match):
            yield from _name_at(text, match.start(2), match.end(2))


def _name_at(text: str, start: int, end: int) -> Iterator[Tag]:
    name = text[start:end].rstrip(".-")
    name = re.sub(rf"[- ]{_SIZE}.*$", "", name)
    name = re.sub(
        r"-(?:based|style|like|powered|driven|generated|level|enabled|guided|tuned|trained|family)$", "", name
    )
    if (
        _looks_like_a_name(name.partition(" ")[0])
        and not re.match(r"\d+(?:\.\d+)?[A-Za-z]?\b", name)
        and name.casefold() not in _generic_words()
    ):
        yield Tag(start, start + len(name), name)


_ORDINARY = re.compile(r"[A-Za-z]?[a-z]+")
_SPELLS_OUT = re.compile(r"^[a-z]{2,}[A-Z]{2,}[a-z]{3,}|^[A-Z]{2,}[a-z]{3,}-[a-z]|^[A-Z]\.[A-Z]")
"""Words that show where an abbreviation comes from ("undERstanding", "RECITation-augmented"), and "U.S."."""


def _looks_like_a_name(word: str) -> bool:
    if all(_ORDINARY.fullmatch(part) for part in word.split("-")) or _SPELLS_OUT.search(word):
        return False
    capitals = sum(c.isupper() for c in word)
    inside = any(c.isupper() for c in word[1:])
    digits = any(c.isdigit() for c in word) and any(c.isalpha() for c in word)
    return len(word) > 1 and (capitals > 1 or inside or (digits and not word[0].isdigit()))


def _abbreviates(short: str, long: str) -> bool:
    """Tell whether the letters of an abbreviation stand, in order, at beginnings of the words before it."""
    letters = [c for c in re.sub(r"s$", "", short) if c.isalpha()]
    words = [w for w in re.split(r"[\s-]+", long) if w]
    initials = "".join(w[0] for w in words[-len(letters) - 2 :]).casefold()
    at = 0
    for letter in letters:
        at = initials.find(letter.casefold(), at) + 1
        if at == 0:
            return False
    return True


_MODEL_NOUNS = re.compile(
    r"\b(?:models?|networks?|transformers?|machines?|autoencoders?|fields|agents?|system|architecture|decoders?"
    r"|encoders?|mixtures?|generator|assistant|perceptrons?)\b",
    re.IGNORECASE,
)


def _is_given_as_a_model(text: str, match: re.Match[str]) -> bool:
    """Tell whether what is abbreviated is a model: its words say so, or the authors propose it as one."""
    if _CLASS.search(match[1]) or re.match(
        r"\s+(?:index|algorithm|search|graph|dataset|data|task)", text[match.end() :]
    ):
        return False
    return bool(_MODEL_NOUNS.search(match[1])) or bool(
        _PROPOSED.search(text[max(0, match.start() - 60) : match.start(2)])
    )


_CLASS = re.compile(
    r"\b(?:large|foundation|language|pre-?trained|vision|visual|multimodal|multi-modal|general)\b[^()]*\bmodels?$",
    re.IGNORECASE,
)
"""Class names such as "large foundation models": their abbreviations are generic words."""
_PROPOSED = re.compile(r"\b(?:propose|introduce|present|develop|call|name|build|design)\w*\b[^.]*$")
_DATA = re.compile(
    r"^(?:[\s,/]{1,3}(?:\([^)]{0,30}\)|and|or|\d+(?:\.\d+)?[BMK]?|v\d+|[A-Z][\w-]{0,30})(?=[\s,/]|$)){0,5}?\s{0,3}"
    r"(?:data ?sets?|benchmarks?|corpus|corpora|leaderboards?|test ?sets?|test suites?|challenges?|tasks?|metrics?"
    r"|scores?|suites?|exams?|evaluations?|questions|splits?|competition|dimensions?|GPUs?)\b"
)
_DATA_NAME = re.compile(
    r"(?:[Bb]ench(?:mark)?\w*|QA(?:-\w+)?|Eval|Arena|-?\d*[Kk]|Dataset|Corpus|Instruct(?:ions)?-\d+\w*|Set|Hub|Zoo|Lines"
    r"|Comp-?\w*|COCO|Pile|Net-1[Kk])$"
)
_AS_DATA = re.compile(r"\b(?:data ?sets?|benchmarks?|corpus|corpora)\b[^.]{0,40}$")


def _is_something_else(text: str, found: Tag) -> bool:
    """Tell what is a data set, a metric or a task by its name or by the noun that stands with it."""
    if found.name.casefold() in _generic_words() or re.match(r"/\d", text[found.end :]):  # "ViT-L/14" is a size
        return True
    if _DATA_NAME.search(found.name) and not (found.name.endswith("QA") and _is_proposed(text, found)):
        return True
    after = text[found.end : found.end + 60]
    if re.match(r"-(?:[Bb]ench|Eval|Arena|Lines|Platypus|Comp)", after):
        return True
    if _DATA.match(after) and not _is_listed(found.name):
        return True
    if _spelt_out_and_abbreviated(text, found):
        return True
    clause = re.split(r"[.;]\s", text[found.end : found.end + 160])[0]
    described = re.match(r"[^,]{0,70}?(?:,|\bis\b)\s*(?:a|an|the)\s+([^,]{1,90})", clause)
    return bool(described and _DESCRIBED_AS_DATA.search(described[1]) and not _is_listed(found.name))


def _is_proposed(text: str, found: Tag) -> bool:
    """Tell whether the authors give a name to what they made, and it is no data."""
    before, after = text[max(0, found.start - 90) : found.start], text[found.end : found.end + 120]
    return bool(_PROPOSED.search(before)) and not _DESCRIBED_AS_DATA.search(after)


def _spelt_out_and_abbreviated(text: str, found: Tag) -> bool:
    """Tell a name whose last word is spelt out before it stands with an abbreviation: that one is the tag."""
    short = re.match(r"\s[A-Z][a-z]+\s\(([^)]{1,30})\)", text[found.end : found.end + 60])
    return bool(short and short[1].startswith(found.name))


_DESCRIBED_AS_DATA = re.compile(
    r"\b(?:data ?sets?|benchmarks?|corpus|leaderboard|metric|test suite|library|toolkit|collection)\b"
)


def _is_listed(name: str) -> bool:
    return name.casefold() in {n.casefold() for n in known_names()}


def _each_once(found: Iterable[Tag]) -> list[Tag]:
    """Give each name once; a plural, or another case of the same letters, is the same name."""
    seen: dict[str, Tag] = {}
    for one in found:
        key = re.sub(r"s$", "", one.name.casefold().replace(" ", "-"))
        seen.setdefault(key, one)
    return list(seen.values())
