"""Counts the days between two dates that are both said. Knows no day of today and no date of the course."""

from __future__ import annotations

import re
from datetime import date
from fractions import Fraction

from assistant.tools.arithmetic_tokens import SaysWhy

_MONTHS = ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
           "november", "december"]  # fmt: skip
_MONTH = rf"(?:{'|'.join(_MONTHS)}|{'|'.join(m[:3] for m in _MONTHS)}|sept)\b\.?"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
DATE = rf"(?:the )?(?:{_DAY}(?: of)? {_MONTH}(?:,? \d{{4}})?|{_MONTH} {_DAY}(?:,? \d{{4}})?(?!\d)|\d{{4}}-\d\d-\d\d)"
"""A date that is said, in small letters."""
_WEEKDAY = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,? (?:the )?)?"
_TWO_DATES = rf"(?:between|from) {_WEEKDAY}(?P<first>{DATE}) (?:and|to|until|till) {_WEEKDAY}(?P<last>{DATE})"
_ASKED = (
    re.compile(
        rf"(?:(?:how many|(?:the )?number of) )?(?P<unit>days|weeks)(?: (?:are|is|were|was|lie|lay|pass|passed))?"
        rf"(?: there| it)? {_TWO_DATES}"
    ),
    re.compile(
        rf"how many (?P<unit>days|weeks) after {_WEEKDAY}(?P<first>{DATE}) (?:is|was|comes) {_WEEKDAY}(?P<last>{DATE})"
    ),
    re.compile(
        rf"how many (?P<unit>days|weeks) before {_WEEKDAY}(?P<last>{DATE}) (?:is|was|comes) {_WEEKDAY}(?P<first>{DATE})"
    ),
    re.compile(rf"how (?P<unit>long)(?: (?:is|are|was))?(?: it| there| the time)? {_TWO_DATES}"),
)
_WRITTEN = re.compile(rf"(days|weeks) from ({DATE}) to ({DATE})")
_SPOKEN = re.compile(rf"({_DAY})(?: of)? ({_MONTH})(?:,? (\d{{4}}))?|({_MONTH}) ({_DAY})(?:,? (\d{{4}}))?")
_ANY_FOUR_YEARS = (2021, 2022, 2023, 2024)
_Date = tuple[int | None, int, int]


def span_in(said: str) -> str | None:
    """Write what asks for the days between two dates as `days_of` reads it, None for anything else.

    >>> span_in("how many days are between 31 october and 21 november"), span_in("how many days until 1 may")
    ('days from 31 October to 21 November', None)
    """
    found = next(filter(None, (form.fullmatch(said) for form in _ASKED)), None)
    if found is None:
        return None
    unit = "weeks" if found["unit"] == "weeks" else "days"
    first, last = (re.sub(_MONTH, lambda m: m[0].capitalize(), found[date]) for date in ("first", "last"))
    return f"{unit} from {first} to {last}"


def days_of(expression: str) -> Fraction | None:
    """Give the days, or weeks, of "days from 31 October to 21 November", None for what is no span of dates.

    Where no year is said, the second date is the next one of its name.

    Raises:
        SaysWhy: when there is no such date, or the span has one day more in some years.
    """
    found = _WRITTEN.fullmatch(" ".join(expression.lower().split()))
    if found is None:
        return None
    first, last = _read(found[2]), _read(found[3])
    year = first[0] or last[0]
    try:
        spans = {_days(first, last, any_year) for any_year in ([year] if year else _ANY_FOUR_YEARS)}
    except ValueError as exc:
        raise SaysWhy("names a day that its month does not have") from exc
    if len(spans) > 1:
        raise SaysWhy("has one day more in some years: say the year")
    return Fraction(spans.pop(), 7 if found[1] == "weeks" else 1)


def _read(said: str) -> _Date:
    if iso := re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", said):
        return int(iso[1]), int(iso[2]), int(iso[3])
    spoken = _SPOKEN.fullmatch(said.removeprefix("the "))
    if spoken is None:
        raise SaysWhy("names no date")
    day, month, year = spoken[1] or spoken[5], spoken[2] or spoken[4], spoken[3] or spoken[6]
    named = next(n for n, name in enumerate(_MONTHS, start=1) if name.startswith(month[:3]))
    return int(year) if year else None, named, int(re.sub(r"\D", "", day))


def _days(first: _Date, last: _Date, year: int) -> int:
    """Count the days; a date without a year is of this one, and the second is not before the first."""
    begins = date(first[0] or year, *first[1:])
    ends = date(last[0] or year, *last[1:])
    if ends < begins and last[0] is None:
        ends = date(ends.year + 1, *last[1:])
    elif ends < begins and first[0] is None:
        begins = date(begins.year - 1, *first[1:])
    return (ends - begins).days
