"""The forms in which authors give names: called, proposed, described, abbreviated, compared, listed as examples. Pure.

Each form says that something may be a name; what it is not, after all, is decided in `tagging_rules`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True, order=True)
class Tag:
    """A name as it stands in the text, and where: `text[start:end]`."""

    start: int
    end: int
    name: str


def lines_of(name: str) -> tuple[str, ...]:
    """Give the lines of a word list that lies beside this file, without its comments."""
    lines = (line.strip() for line in Path(__file__).with_name(name).read_text("utf-8").splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))


@cache
def generic_words() -> frozenset[str]:
    """Give what has the form of a name and is none, in small letters."""
    return frozenset(lines_of("generic_words.txt"))


# A version or a variant is part of the name, a size is not.
SIZE = r"(?:\d{1,3}\s?[x×]\s?)?\d+(?:\.\d+)?\s?(?:[BMK]|billion|million)\b"
VERSION = rf"(?:[- ]?v?(?!{SIZE})\d+(?:\.\d+)*(?![\w.]*\d))"

# Each part is bounded and gives nothing back, so that no text takes longer than its length.
_WORD = r"(?<![A-Za-z0-9])(?:[α-ωΑ-Ω]-)?[A-Za-z0-9À-ɏ]{1,40}+(?:[-.+·][A-Za-z0-9À-ɏ]{1,40}+){0,6}+\+{0,2}"
_NAME = rf"(?:{_WORD}(?:[ ](?:\d+(?:\.\d+)?|[IVX]+|M|XL)\b)?)"
_OWN = re.compile(
    r"(?:\b(?:call(?:ed|s)?|nam(?:ed|ely|ing)|dubbed|termed|coined|denoted(?: as)?|referred to as|dub|name)\s+"
    r"(?:it\s+|this\s+\w+\s+|our\s+\w+\s+|the\s+\w+\s+)?"
    r"|\b(?:propos|introduc|present|develop|releas|describ|design|(?:pre-?)?train|build|built|unveil|creat|open-sourc|report"
    r"|explor|stud|evaluat|announc)\w*\s+(?:a |an |the |our |new |novel |called )*)"
    rf"(?:\\textbf\{{|\\emph\{{|\\texttt\{{|[\"'“*_]*)({_NAME})"
)
_OWN_ELSEWHERE = re.compile(
    r"(?:\b(?:stellen|präsentieren|présentons|proposons|introduisons|presentamos|proponemos|apresentamos|propomos"
    r"|presentiamo|proponiamo|представляем|предлагаем)\s|(?:提出|介绍|发布|推出|名为|称为|提案|提案する)(?:了|一种|一个|新的|名为){0,3}\s)"
    rf"({_NAME})"
)
"""As authors propose in other languages."""
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
_ABBREVIATION = re.compile(r"\s\(([A-Za-z][\w.-]{1,14})\)")
_SPELT_OUT = re.compile(r"(?<![\w-])((?:[A-Za-z]\w{0,30}[\s-]){1,10}[A-Za-z]\w{0,30})\s*\Z")
_LONGEST_SPELT_OUT = 11 * 32
_KIND = re.compile(
    rf"(?<![\w-])((?:[A-Z0-9][\w.]{{0,20}}-){{0,3}}\w{{0,30}}[A-Za-z](?:GPT|BERT|[Nn]et|Nets|LM|[Ff]ormer|[Ff]ormers|GANs?|VAEs?|NeRFs?"
    r"|LLaMA|Llama|CLIP|Diffusion|Diff|Coder|Chat|T5|RNNs?|CNNs?|GNNs?|MLPs?|ViTs?|LSTMs?|Pilot|PaLM|Fusion)"
    rf"(?:{VERSION})?)(?![A-Za-z0-9])"
)
_ROLE_OF_A_MODEL = re.compile(
    rf"({_NAME})(?:'s)?\s+(?:models?|agents?|chatbots?|architectures?|language models?|networks?|checkpoints?"
    r"|baselines?)\b"
)
_ACTING = re.compile(
    rf"({_NAME})(?:,\s|\s)(?:(?:also|then|further|consistently|significantly|substantially|even|thus|only|simply"
    r"|effectively|successfully|jointly|directly|automatically|first)\s)?(?:achiev|outperform|surpass|attain|exceed|beat"
    r"|learn|generat|predict|leverag|employ|integrat|combin|reduc|improv|enabl|decompos|adapt|encod|decod|operat"
    r"|rel(?=ies)|perform|require|need|use|utiliz|utilis|read|answer|stor|support|handl|match|run|train|introduc|extend"
    r"|process|transfer|generaliz|generalis|rival|solve|model|replac|separat|keep|find|produc|synthesiz|retriev|select"
    r"|reach|yield|obtain|deliver|scal|offer|allow|let|can|could)(?:e?s)?\b"
)
"""What acts is a system: data and metrics do not learn, beat or answer."""
_OF_SOMEBODY = r"(?:(?:the|a|an|original|vanilla|frozen|pre-?trained|open-source|[A-Z]\w{1,20}'s)\s){0,3}"
_WORKED_ON = re.compile(
    r"\b(?:fine-?tun(?:e|es|ed|ing)|pre-?train(?:ed|ing)|prompt(?:s|ed|ing)?|initiali[sz]ed (?:from|with)"
    r"|built (?:on(?: top of)?|upon)|distill?(?:ed|ing) (?:from|into)|quanti[sz](?:e|ed|ing)|jailbreak(?:s|ing)?"
    r"|outperform(?:s|ed|ing)?|surpass(?:es|ed|ing)?|exceed(?:s|ed|ing)?|compar(?:ed|able) (?:to|with)|better than"
    rf"|superior to|on par with|generated (?:by|with)|produced by)\s{_OF_SOMEBODY}({_NAME})"
)
"""What is tuned, asked or beaten is a model."""
_PLAIN_NAME = r"[A-Z](?:[A-Za-z0-9+-]|\.(?=[A-Za-z0-9])){1,30}(?:[ -](?:\d+(?:\.\d+)?|[A-Z][a-z]{1,12})\b)?"
_NEXT = rf"(?:,\s(?:and\s|or\s)?|\s(?:and|or)\s){_PLAIN_NAME}"
_EXAMPLES = re.compile(
    r"\b(?i:models?|LMs?|LLMs?|PLMs?|LVLMs?|VLMs?|MLLMs?|systems?|chatbots?|agents?|transformers?|architectures?|baselines?"
    r"|generators?|encoders?|backbones?|families)"
    rf"(?:\s\((?:e\.g\.,?\s|i\.e\.,?\s|such as\s|including\s)?|,?\s(?:such as|including|like|namely|e\.g\.,?)\s)"
    rf"({_PLAIN_NAME}(?:{_NEXT}){{0,8}})"
)
"""A list of examples of models, in which a plain word with a capital is a name too."""
_EACH = re.compile(_PLAIN_NAME)


def formed(text: str) -> Iterator[Tag]:
    """Find what has the form of a name and stands where names are given."""
    for match in _OWN_PLAIN.finditer(text):
        yield Tag(match.start(1), match.end(1), match[1])
    for match in _KIND.finditer(text):
        if match[1].casefold() not in generic_words() and not _is_second_name(text, match):
            yield Tag(match.start(1), match.end(1), match[1])
    for pattern in (_OWN, _OWN_ELSEWHERE, _APPOSED, _ROLE_OF_A_MODEL, _ACTING, _WORKED_ON):
        for match in pattern.finditer(text):
            yield from _name_at(text, match.start(1), match.end(1))
    yield from _given_as_examples(text)
    yield from _abbreviated(text)


def _is_second_name(text: str, match: re.Match[str]) -> bool:
    """Tell the "Monet" of "Claude Monet"."""
    plain = re.fullmatch(r"[A-Z][a-z]+net", match[1])
    return (
        plain is not None and re.search(r"[A-Z][a-z]+ \Z", text[max(0, match.start() - 20) : match.start()]) is not None
    )


def _given_as_examples(text: str) -> Iterator[Tag]:
    for match in _EXAMPLES.finditer(text):
        if not _abbreviates(match[1], text[max(0, match.start() - 60) : match.start(1) - 2]):
            yield from _examples_in(text, match.start(1), match.end(1))


def _abbreviated(text: str) -> Iterator[Tag]:
    after = 0
    for match in _ABBREVIATION.finditer(text):
        before = text[max(after, match.start() - _LONGEST_SPELT_OUT) : match.start()]
        spelt_out = _SPELT_OUT.search(before)
        if spelt_out is None:
            continue
        after = match.end()
        start = match.start() - len(before) + spelt_out.start(1)
        if _abbreviates(match[1], spelt_out[1]) and _is_given_as_a_model(text, start, spelt_out[1], match):
            yield from _name_at(text, match.start(1), match.end(1))


def _examples_in(text: str, start: int, end: int) -> Iterator[Tag]:
    for match in _EACH.finditer(text, start, end):
        name = re.sub(rf"[- ]{SIZE}.*$", "", match[0]).rstrip(".-")
        if name.casefold() not in generic_words() and len(name) > 2:
            yield Tag(match.start(), match.start() + len(name), name)


def _name_at(text: str, start: int, end: int) -> Iterator[Tag]:
    name = text[start:end].rstrip(".-")
    name = re.sub(rf"[- ]{SIZE}.*$", "", name)
    name = re.sub(
        r"-(?:based|style|like|powered|driven|generated|level|enabled|guided|tuned|trained|family)$", "", name
    )
    if (
        _looks_like_a_name(name.partition(" ")[0])
        and not re.match(r"\d+(?:\.\d+)?[A-Za-z]?\b", name)
        and name.casefold() not in generic_words()
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


def _is_given_as_a_model(text: str, start: int, spelt_out: str, short: re.Match[str]) -> bool:
    """Tell whether what is abbreviated is a model: its words say so, or the authors propose it as one."""
    after = re.compile(r"\s+(?:index|algorithm|search|graph|dataset|data|task)")
    if _CLASS.search(spelt_out) or after.match(text, short.end()):
        return False
    return bool(_MODEL_NOUNS.search(spelt_out) or re.search(r"\b[Oo]ur\s", spelt_out)) or bool(
        PROPOSED.search(text[max(0, start - 60) : short.start(1)])
    )


_CLASS = re.compile(
    r"\b(?:large|foundation|language|pre-?trained|vision|visual|multimodal|multi-modal|general)\b[^()]*\bmodels?$",
    re.IGNORECASE,
)
"""Class names such as "large foundation models": their abbreviations are generic words."""
PROPOSED = re.compile(r"\b(?:propose|introduce|present|develop|call|name|build|design)\w*\b[^.]*$")
