"""Cuts a passage into quotable units: sentences, list items, table rows, output lines. Chooses nothing.

A unit is a slice of the passage, so that whatever is quoted stands verbatim in the source. Text without sentence ends
is cut into stretches of some forty words, at word ends. A formula that is set off belongs to the sentence before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from assistant.code_lines import ITEM_MARK, code_of
from assistant.displayed import Span, around, displayed_in, goes_on

UnitKind = Literal["sentence", "item", "row", "line", "stretch"]
STRETCH_WORDS = 40
LONGEST_WORDS = 70  # what is longer than this is no sentence a person would read as one quote

_LATER_NUMBER = re.compile(r"[ \t]*\(?(?!1[.)])\d{1,3}[.)][ \t]")
_BROKEN_OFF = re.compile(r".{50,}[^\s.!?:;…|]\s*")  # a line that is as long as lines get, and ends within a sentence
_FENCE = re.compile(r"[ \t]*(```+|~~~+)")
_ROW = re.compile(r"[ \t]*\|")
_FIELD = re.compile(r"[A-Z][\w /()-]{0,40}: ")
_SMALL_FIELD = re.compile(r"[a-z][\w-]{0,20}(?: [\w-]{1,20})?: ")  # as the columns of a CSV file may be called
_RULE = re.compile(r"[\s|:=_*+~`#.>-]*")  # a line of nothing but marks: table rules, underlines
_END = re.compile(r"[.!?…]+(?:[\"'”’)\]*_`]+|\[\d+\])*(?=\s|$)|[。！？]")
_WORD = re.compile(r"\S+")
_YEAR = re.compile(r"\s*\((?:1[89]|20)\d\d[a-z]?\)")
_TABLE_RULE = re.compile(r"[ \t]*\|?[\s|:-]*-[\s|:-]*\n?")
_CELL = re.compile(r"\s*\|\s*")
# A full stop after these ends no sentence, but for those that may stand at the end of one.
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|et al|etc|vs|cf|approx|resp|fig|figs|eq|sec|no|vol|pp|dr|mr|mrs|ms|prof|inc|ltd|st|jr|sr)"
    r"|\b[A-Z]|^\W*\d{1,3})\.$",
    re.IGNORECASE,
)
LOOKED_AT = 200
"""Characters before a full stop, so that a line without end takes no time without end."""
_ANYWHERE = re.compile(r"(?:\b(?:et al|etc|no|inc|ltd|jr|sr)|\b[A-Z])\.$", re.IGNORECASE)
_LISTING = re.compile(r"\b(?:et al|etc)\.$", re.IGNORECASE)
_NO_NAME = re.compile(r"\b(?!(?:and|von|van|den|der|del|dos|see|also|with)\b)[a-z]{3,}\b")
"""In a list of references there are names alone before "et al.", and a title behind it."""
_LABELLED = re.compile(
    r"\b(?:room|hall|building|block|wing|floor|gate|stage|group|class|section|part|chapter|appendix|annex|figure|table"
    r"|panel|plan|option|case|type|category|grade|level|version|team|track|stream|series|exercise|question|point|step"
    r"|variant|model|set|language|programming in|written in|vitamin) \*{0,2}[A-Z]\.$",
    re.IGNORECASE,
)
_CAPITAL = re.compile(r"\s+[\"'“‘(*_]*[A-Z]")
_OPENS = re.compile(
    r"\s+[\"'“‘(*_]*(?:The|This|That|These|Those|There|Their|They|Then|It|Its|We|Our|You|Your|He|She|His|Her|I|A|An|In|On"
    r"|At|For|From|With|Without|By|Of|As|If|When|While|Where|Who|Which|What|How|Why|But|And|So|Or|Not|No|All|Each"
    r"|Every|Both|Some|Any|Many|Most|Such|However|After|Before|During|Since|Because|Although|Here|Thus|Also|Only|Please"
    r"|Students|One|Two|Three)(?=[ ,'’])"
)
"""Words that open a sentence and are no surname behind an initial."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A quotable slice of a passage: `passage[start:end] == text`."""

    text: str
    start: int
    end: int
    kind: UnitKind


def units_of(passage: str) -> list[Unit]:
    """Cut a passage into units, in order; white space and lines of mere marks belong to none.

    >>> [u.text for u in units_of("One is here. Two, e.g. this, is there.")]
    ['One is here.', 'Two, e.g. this, is there.']
    """
    found: list[Unit] = []
    shown = displayed_in(passage)
    for start, end, kind in _blocks(passage, _reaches(passage, shown)):
        found.extend(_cut(passage, start, end, kind, shown))
    return found


def _reaches(passage: str, shown: Sequence[Span]) -> list[Span]:
    """Give what each formula holds together: the space before it, and where the sentence goes on, that behind it."""
    return [
        (len(passage[:start].rstrip()), end + len(passage[end:]) - len(passage[end:].lstrip()) + 1)
        if goes_on(passage, end)
        else (len(passage[:start].rstrip()), end)
        for start, end in shown
    ]


def _blocks(passage: str, held: Sequence[Span] = ()) -> Iterator[tuple[int, int, UnitKind]]:
    """Group lines: a paragraph is one block, an item with what hangs on it, a row, a line of code.

    A line that begins within what is `held` together begins no block of its own.
    """
    begun: tuple[int, int, UnitKind] | None = None
    before = ""
    code = code_of(passage.splitlines())
    for n, (start, at, line, fenced) in enumerate(_lines(passage)):
        if around(held, start) and (begun is None or begun[2] in ("sentence", "item")):
            leads = begun is not None and _leads(passage[begun[0] : begun[1]])
            kind: UnitKind | None = "sentence" if line.strip() or leads else None
        elif fenced is None:
            kind = None
        else:
            kind = "line" if fenced or code[n] else _line_kind(line, begun and begun[2], before)
        before = line
        if begun is not None and begun[2] == "row" and _TABLE_RULE.fullmatch(line):
            begun = None  # the row above a table's rule names its columns and says nothing itself
        if begun is not None and kind == "sentence" and begun[2] in ("sentence", "item"):
            begun = (begun[0], at, begun[2])
            continue
        if begun is not None:
            yield begun
        begun = None if kind is None else (start, at, kind)
    if begun is not None:
        yield begun


def _lines(passage: str) -> Iterator[tuple[int, int, str, bool | None]]:
    """Give each line with where it stands and whether it is fenced; of a fence itself that is None."""
    at, fence = 0, ""
    for line in passage.splitlines(keepends=True):
        start, at = at, at + len(line)
        mark = _FENCE.match(line)
        if mark and (not fence or mark[1].startswith(fence)):
            fence = "" if fence else mark[1]
            yield start, at, line, None
        else:
            yield start, at, line, bool(fence)


def _leads(before: str) -> bool:
    """Tell whether what stands before a formula may lead to it: no heading, and no mere mark of what was left out."""
    return not before.lstrip().startswith("#") and any(c.isalnum() for c in before)


def starts_field(text: str) -> bool:
    """Tell whether a text begins with the name of a field, as a row of a CSV file is read."""
    return bool(_FIELD.match(text) or _SMALL_FIELD.match(text))


def is_table_rule(line: str) -> bool:
    """Tell whether a line is the one that parts a table's head from its rows."""
    return bool(_TABLE_RULE.fullmatch(line)) and "-" in line and "|" in line


def _line_kind(line: str, around: UnitKind | None, before: str) -> UnitKind | None:
    """Tell what a line is; `around` is the kind of the block that it follows, `before` the line before it."""
    if _RULE.fullmatch(line):
        return None
    if _ROW.match(line):
        return "row"
    if _FIELD.match(line):
        return "item"
    if ITEM_MARK.match(line):
        return "sentence" if around == "sentence" and _goes_on(before, line) else "item"
    # Within a paragraph a line that looks like a small field merely goes on.
    return "item" if around in (None, "item") and _SMALL_FIELD.match(line) else "sentence"


def _goes_on(before: str, line: str) -> bool:
    """Tell whether the number that opens a line belongs to the sentence before it, which a line break has parted."""
    return bool(_LATER_NUMBER.match(line) and _BROKEN_OFF.fullmatch(before))


def _cut(passage: str, start: int, end: int, kind: UnitKind, shown: Sequence[Span]) -> Iterator[Unit]:
    start, end = _trim(passage, start, end)
    if kind == "item":
        mark = ITEM_MARK.match(passage, start, end)
        start = mark.end() if mark else start
    if start >= end:
        return
    if kind in ("row", "line") and len(_words(passage, start, end, shown)) <= LONGEST_WORDS:
        yield Unit(passage[start:end], start, end, kind)
        return
    parts = _cells(passage, start, end) if kind == "row" else [(start, end)]
    for first, last in (s for a, b in parts for s in _sentences(passage, a, b, shown)):
        yield from _stretches(passage, first, last, "sentence" if kind in ("row", "line") else kind, shown)


def _cells(passage: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut a table row that is too long for a quote into its cells."""
    at = start
    for match in _CELL.finditer(passage, start, end):
        if passage[at : match.start()].strip():
            yield at, match.start()
        at = match.end()
    if passage[at:end].strip():
        yield at, end


def _sentences(passage: str, start: int, end: int, shown: Sequence[Span]) -> Iterator[tuple[int, int]]:
    begun = start
    for first, last in _ends(passage, start, end, shown):
        if first < begun or (passage[first:last].startswith(".") and _ends_nothing(passage, begun, first, last)):
            continue
        yield _trim(passage, begun, last)
        begun = last
    if passage[begun:end].strip():
        yield _trim(passage, begun, end)


def _ends(passage: str, start: int, end: int, shown: Sequence[Span]) -> list[Span]:
    """Give where a sentence may end: at its marks, and behind a formula; not within one, nor right before it."""
    found = [match.span() for match in _END.finditer(passage, start, end)]
    if not shown:
        return found
    found = [(a, b) for a, b in found if not around(shown, a) and not around(shown, _next(passage, b))]
    behind = [(b, b) for a, b in shown if start < b <= end and not goes_on(passage, b)]
    return sorted([*found, *((a, b) for a, b in behind if not around(shown, _next(passage, b)))])


def _next(passage: str, at: int) -> int:
    """Give where what follows begins, behind white space."""
    while at < len(passage) and passage[at].isspace():
        at += 1
    return at


def _ends_nothing(passage: str, begun: int, first: int, last: int) -> bool:
    """Tell whether a full stop belongs to an abbreviation within a sentence, or is followed by a small letter."""
    if last - first == 1 and _ABBREVIATION.search(passage, max(begun, first - 12), first + 1):
        said = passage[max(begun, first - LOOKED_AT) : first + 1]
        return not _ends_all_the_same(said, passage, last)
    if _YEAR.match(passage, last):
        return True  # of a citation whose names end in some other abbreviation
    following = passage[last : last + 3].strip()
    return last - first == 1 and following[:1].islower() and "\n" not in passage[last : last + 2]


def _ends_all_the_same(said: str, passage: str, at: int) -> bool:
    """Tell whether a sentence that closes with an abbreviation ends there, by what stands before and behind it."""
    closing = _ANYWHERE.search(said)
    if closing is None or not any(c.isalnum() for c in said[: closing.start()]):
        return False
    begins = _CAPITAL.match(passage, at) is not None and not _YEAR.match(passage, at)
    if begins and _LISTING.search(said):
        return _NO_NAME.search(_LISTING.sub("", said)) is not None
    return (begins and _LABELLED.search(said) is not None) or _OPENS.match(passage, at) is not None


def _stretches(passage: str, start: int, end: int, kind: UnitKind, shown: Sequence[Span]) -> Iterator[Unit]:
    said_of: list[Span] = []  # formulas stay with what leads to them, not with what is said of them
    ends = sorted(b for a, b in shown if start <= a and b < end)
    while ends and len(_words(passage, start, end, shown)) > LONGEST_WORDS:
        led_to = ends.pop()
        said_of.append(_trim(passage, led_to, end))
        end = led_to
    for first, last in [(start, end), *reversed(said_of)]:
        yield from _pieces(passage, first, last, kind, shown)


def _pieces(passage: str, start: int, end: int, kind: UnitKind, shown: Sequence[Span]) -> Iterator[Unit]:
    words = _words(passage, start, end, shown)
    if len(words) <= LONGEST_WORDS:
        if words:
            yield Unit(passage[start:end], start, end, kind)
        return
    pieces = -(-len(words) // STRETCH_WORDS)
    size = -(-len(words) // pieces)
    for i in range(0, len(words), size):
        part = words[i : i + size]
        first, last = part[0][0], part[-1][1]
        yield Unit(passage[first:last], first, last, "stretch")


def _words(passage: str, start: int, end: int, shown: Sequence[Span]) -> list[Span]:
    """Give where words stand; a formula that is set off is one."""
    words: list[Span] = []
    at = start
    for first, last in [*((a, b) for a, b in shown if start <= a and b <= end), (end, end)]:
        words += [(m.start(), m.end()) for m in _WORD.finditer(passage, at, first)]
        words += [(first, last)] if first < last else []
        at = last
    return words


def _trim(passage: str, start: int, end: int) -> tuple[int, int]:
    while start < end and passage[start].isspace():
        start += 1
    while end > start and passage[end - 1].isspace():
        end -= 1
    return start, end
