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
from functools import cache, lru_cache

from assistant.tagging_forms import PROPOSED, VERSION, Tag, formed, generic_words, lines_of

__all__ = ["NO_MODELS", "Tag", "known_names", "knowing", "names_of", "tag"]

NO_MODELS = ["NA"]
_GREEK_BEFORE = re.compile(r"(?<!\w)[α-ωΑ-Ωµ]-\Z")


def tag(abstract: str, names: Iterable[str] = ()) -> list[Tag]:
    """Find the names, each once, in the order in which they first stand; `names` adds to the list.

    >>> [t.name for t in tag("We present FooNet, a model that beats LLaMA-13B and GPT-4 on MMLU.")]
    ['FooNet', 'LLaMA', 'GPT-4']
    """
    found: list[Tag] = []
    for candidate in sorted({*_listed(abstract, tuple(names)), *formed(abstract)}, key=lambda t: (t.start, -t.end)):
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
    return lines_of("model_names.txt")


# A version or a variant is part of the name, a size is not.
_VARIANT = (
    r"(?:(?:[- ](?:Chat|Instruct|Turbo|Coder|Vision|Math|VL|XL|XXL|Base|Large|Small|Tiny|Mini|Nano|Pro|Ultra|Plus"
    r"|Flash)|-(?:chat|instruct|turbo|large|base|small|mini|xl|xxl))\b|-[A-Z](?![\w/-]))"
)


@lru_cache(maxsize=8)
def _list_pattern(names: frozenset[str]) -> re.Pattern[str]:
    by_letter: dict[str, list[str]] = {}  # so that a word is compared with the names of its own letter alone
    for name in sorted(names, key=lambda name: (-len(name), name)):
        by_letter.setdefault(name[:1].casefold(), []).append(re.escape(name).replace(r"\ ", r"[- ]"))
    spelt = "|".join(rf"(?={re.escape(letter)})(?:{'|'.join(same)})" for letter, same in by_letter.items())
    return re.compile(
        rf"(?<![\w])(?:{spelt})(?:{VERSION})?(?:{_VARIANT})*(?:s\b)?(?![A-Za-z0-9]|\.\d)",
        re.IGNORECASE,
    )


@lru_cache(maxsize=8)
def _together(known: tuple[str, ...], extra: tuple[str, ...]) -> frozenset[str]:
    return frozenset((*known, *extra))


@lru_cache(maxsize=8)
def _by_small(names: frozenset[str]) -> dict[str, str]:
    return {name.casefold(): name for name in names}


def _listed(text: str, extra: tuple[str, ...]) -> Iterator[Tag]:
    known = _together(known_names(), extra)
    if not known:
        return
    by_small = _by_small(known)
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
    if found.name.casefold() in generic_words() or re.match(r"/\d", text[found.end :]):  # "ViT-L/14" is a size
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
    return name.casefold() in _by_small(_together(known_names(), ()))


def _each_once(found: Iterable[Tag]) -> list[Tag]:
    """Give each name once; a plural, or another case of the same letters, is the same name."""
    seen: dict[str, Tag] = {}
    for one in found:
        key = re.sub(r"s$", "", one.name.casefold().replace(" ", "-"))
        seen.setdefault(key, one)
    return list(seen.values())
