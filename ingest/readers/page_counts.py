"""Finds the first and last lines of pages that count the pages, such as "Lecture 3 | 12" or "Page 4 of 40"."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

_PAGE = r"(?:pages?|pp?\.|pg\.|slides?|seiten?|s\.|folien?)"
_N = r"(?P<n>\d{1,4})"
_OF = r" ?(?:/|\b(?:of|von|sur|de)\b) ?(?P<m>\d{1,4})"
_BAR = r" ?[|·•] ?"
_DASH = r" [–—-] "
_SET_OFF = rf"(?:.*\S(?:{_BAR}|{_DASH}))?"
# A line that merely ends in words and a number ("See chapter 3") is text: a footer that stays does less harm than
# a line that is lost. So the number must be set off, be called a page, or stand with the count of pages.
_MARKS = [
    re.compile(mark, re.IGNORECASE)
    for mark in (
        rf"(?P<dash>[–—-]?) ?{_N} ?(?P=dash)",
        rf"{_SET_OFF}{_PAGE} ?{_N}",
        rf"{_SET_OFF}(?:{_PAGE} ?)?{_N}{_OF}",
        rf"(?P<few>.*\S){_BAR}{_N}",
        rf"(?:{_PAGE} ?)?{_N}{_BAR}(?P<few>\S.*)",
    )
]
_MARKS_OF_FOOTERS = [
    re.compile(mark, re.IGNORECASE)
    for mark in (
        rf"(?P<more>.*\S){_DASH}{_N}",
        rf"{_N}{_DASH}(?P<more>\S.*)",
        # these two only where the number is that of the page itself, so nothing else can be meant
        rf".*\S(?P<own> ){_N} ?/ ?(?P<m>\d{{1,4}})",
        rf".*\S{_DASH}\w+(?P<own> ){_PAGE} ?{_N}",
    )
]
_WORD = re.compile(r"\w+")
COUNTED = 0.8  # a line counts the pages if it does so on this share of those that have text
FEWEST_PAGES = 4
FEW_WORDS, MORE_WORDS = 2, 3  # beside a number that is merely set off: "Week | 3" and "Lab - 3" may be text
LONGEST = 200


def counting(pages: Sequence[Sequence[str]], place: int) -> list[int]:
    """Find the pages whose first (0) or last (-1) line is alike but for a number that surely counts the pages."""
    alike: defaultdict[tuple[int, str, int], list[int]] = defaultdict(list)
    having = [number for number, page in enumerate(pages) if page]
    for number in having:
        for mark, rest, offset in _counts(pages[number][place], number + 1, len(pages), place):
            alike[mark, rest, offset].append(number)
    most = max(alike.values(), key=len, default=[])
    if len(most) < max(COUNTED * len(having), FEWEST_PAGES) or not {having[0], having[-1]} & {*most}:
        return []
    return most


def _counts(line: str, number: int, count: int, place: int) -> Iterator[tuple[int, str, int]]:
    """Give each mark that the line bears, what stands beside the number, and how far it is from the page's."""
    if len(line) > LONGEST:
        return
    for mark, pattern in enumerate(_MARKS + (_MARKS_OF_FOOTERS if place == -1 else [])):
        if not (found := pattern.fullmatch(line)):
            continue
        said = found.groupdict()
        offset = int(said["n"]) - number
        few = MORE_WORDS if place == 0 else FEW_WORDS
        if (
            ("m" not in said or int(said["m"]) == count)
            and ("own" not in said or offset == 0)
            and ("few" not in said or len(_WORD.findall(said["few"])) >= few)
            and ("more" not in said or len(_WORD.findall(said["more"])) >= MORE_WORDS)
        ):
            yield mark, f"{line[: found.start('n')]}#{line[found.end('n') :]}", offset
