"""Finds the names of models in an abstract by plain rules: a name list, and the forms in which authors name their own.

A heuristic, and called one wherever it is shown. Pure: no model, no heavy import, no file but the name list beside it.
What counts as a name follows the usual guideline of the exercise: named models, families, architectures and the paper's
own system; no data sets, metrics, tasks, techniques of others, organisations or generic words. A size is no part of a
name ("LLaMA-13B" gives "LLaMA"), a version or variant is ("LLaMA 2", "GPT-3.5-turbo").
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from assistant.flowing_text import flowing
from assistant.latex_marks import Plain
from assistant.listed_names import by_small, knowing, known_names, listed, together
from assistant.tagging_forms import PROPOSED, Tag, formed, generic_words

__all__ = ["NO_MODELS", "Tag", "known_names", "knowing", "names_of", "tag"]

NO_MODELS = ["NA"]
_GREEK_BEFORE = re.compile(r"(?<!\w)[α-ωΑ-Ωµ]-\Z")


def tag(abstract: str, names: Iterable[str] = ()) -> list[Tag]:
    """Find the names, each once, in the order in which they first stand; `names` adds to the list.

    >>> [t.name for t in tag("We present FooNet, a model that beats LLaMA-13B and GPT-4 on MMLU.")]
    ['FooNet', 'LLaMA', 'GPT-4']
    """
    flow = flowing(abstract, by_small(together(known_names(), tuple(names))))
    return [_standing(abstract, flow, found) for found in _found(flow.text, tuple(names))]


def _standing(abstract: str, flow: Plain, found: Tag) -> Tag:
    """Give a tag of the flowing text as it stands in the abstract."""
    start, end = flow.place(found.start, found.end)
    return Tag(start, end, abstract[start:end])


def _found(text: str, names: tuple[str, ...]) -> list[Tag]:
    found: list[Tag] = []
    for candidate in sorted({*listed(text, names), *formed(text)}, key=lambda t: (t.start, -t.end)):
        if not any(t.start < candidate.end and candidate.start < t.end for t in found):
            found.append(candidate)
    kept = [_with_its_letter(text, t) for t in found if not _is_something_else(text, t)]
    longer = {t.name for t in kept}
    return _each_once(t for t in kept if not any(_begins(text, t, name) for name in longer))


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


_DATA = re.compile(
    r"^(?:[\s,/]{1,3}(?:\([^)]{0,30}\)|and|or|\d+(?:\.\d+)?[BMK]?|v\d+|[A-Z][\w-]{0,30})(?=[\s,/]|$)){0,5}?\s{0,3}"
    r"(?:data ?sets?|benchmarks?|corpus|corpora|leaderboards?|test ?sets?|test suites?|challenges?|tasks?|metrics?"
    r"|scores?|suites?|exams?|evaluations?|questions|splits?|competition|dimensions?|GPUs?)\b"
)
_DATA_NAME = re.compile(
    r"(?:[Bb]ench(?:mark)?\w*|QA(?:-\w+)?|Eval|Arena|-?\d*[Kk]|Dataset|Corpus|Instruct(?:ions)?-\d+\w*|Set|Hub|Zoo|Lines"
    r"|Comp-?\w*|COCO|Pile|Net-1[Kk])$"
)


def _is_something_else(text: str, found: Tag) -> bool:
    """Tell what is a data set, a metric or a task by its name or by the noun that stands with it."""
    if found.name.casefold() in generic_words() or _is_size_of_another(text, found) or _is_somebody(text, found):
        return True
    if _DATA_NAME.search(found.name) and not (found.name.endswith("QA") and _is_proposed(text, found)):
        return True
    after = text[found.end : found.end + 60]
    if re.match(r",? (?:et al|and colleagues)\b|-(?:[Bb]ench|Eval|Arena|Lines|Platypus|Comp)", after):
        return True
    if _DATA.match(after) and not _is_listed(found.name):
        return True
    if _spelt_out_and_abbreviated(text, found):
        return True
    clause = re.split(r"[.;]\s", text[found.end : found.end + 160])[0]
    described = re.match(r"[^,]{0,70}?(?:,|\bis\b)\s*(?:a|an|the)\s+([^,]{1,90})", clause)
    if _is_listed(found.name):
        return False
    first = text.find(found.name)
    if _GIVEN_AS_DATA.search(text[max(0, first - 120) : first]):
        return True
    return bool(described and _DESCRIBED_AS_DATA.search(described[1]))


def _is_size_of_another(text: str, found: Tag) -> bool:
    """Tell the "ViT-L/14" of "CLIP ViT-L/14"."""
    return (
        "/" in found.name
        and re.search(r"[A-Z]\w*[A-Z]\w*[ (]\Z", text[max(0, found.start - 40) : found.start]) is not None
    )


_SURNAME = re.compile(r" [A-Z][a-z]+\b(?![-\d])")
_NO_SURNAMES = re.compile(
    r" (?:Models?|Transformers?|Networks?|Encoders?|Decoders?|Agents?|Code|Chat|Families|Family)\b"
)


def _is_somebody(text: str, found: Tag) -> bool:
    """Tell a person or a place that has the name of a model ("Claude Monet") by the second name behind the first."""
    if re.fullmatch(r"[A-Z][a-z]+", found.name) is None:
        return False
    behind = text[found.end : found.end + 40]
    return _SURNAME.match(behind) is not None and _NO_SURNAMES.match(behind) is None


def _is_proposed(text: str, found: Tag) -> bool:
    """Tell whether the authors give a name to what they made, and it is no data."""
    before, after = text[max(0, found.start - 90) : found.start], text[found.end : found.end + 120]
    return bool(PROPOSED.search(before)) and not _DESCRIBED_AS_DATA.search(after)


def _spelt_out_and_abbreviated(text: str, found: Tag) -> bool:
    """Tell a name whose last word is spelt out before it stands with an abbreviation: that one is the tag."""
    short = re.match(r"\s[A-Z][a-z]+\s\(([^)]{1,30})\)", text[found.end : found.end + 60])
    return bool(short and short[1].startswith(found.name))


_GIVEN_AS_DATA = re.compile(
    r"\b(?:data ?set|benchmark|corpus|test suite|leaderboard|collection)\b(?:\s(?:of|for|with|on)\s[^.,;]{1,60})?"
    r"(?:[,:]|,?\s(?:called|named|dubbed|namely|termed)|\s\()\s?$"
)
_DESCRIBED_AS_DATA = re.compile(
    r"\b(?:data ?sets?|benchmarks?|corpus|leaderboard|metric|test suite|library|toolkit|collection)\b"
)


def _is_listed(name: str) -> bool:
    return name.casefold() in by_small(together(known_names()))


def _each_once(found: Iterable[Tag]) -> list[Tag]:
    """Give each name once; a plural, or another case of the same letters, is the same name."""
    seen: dict[str, Tag] = {}
    for one in found:
        key = re.sub(r"s$", "", one.name.casefold().replace(" ", "-"))
        seen.setdefault(key, one)
    return list(seen.values())
