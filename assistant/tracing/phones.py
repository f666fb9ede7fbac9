"""Finds phone numbers in text, and hides them. Courses are full of numbers that are none: in doubt a number stays.

What may be one is found by a pattern: seven or more digits with at most three separators between them. Then its shape
is asked: international (ITU-T E.164, with a country's code that exists), North American (NANP: 3-3-4 digits, neither
area nor exchange begins with 0 or 1), or national with a leading zero. After "phone", "tel." and the like more is
believed. Knows no settings.
"""

from __future__ import annotations

import re

SHOWN = "[phone]"
_SEPARATORS = r"[ \u00a0\u2009\u202f()./\u2010\u2011\u2013-]"
_RUN = re.compile(rf"[+(0-9](?:{_SEPARATORS}{{0,3}}+[0-9]){{6,}}+")
_WITHIN = re.compile(r"(?<=[ )])(?:\(0|0[1-9])")
_CODE = re.compile(
    r"1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]"
    r"|(?:2[1-689]|3[578]|42|5[09]|6[789]|8[0578]|9[679])\d"
)
_AMERICAN = re.compile(r"(?:1[-. ])?(?:\([2-9]\d\d\) ?|[2-9]\d\d(?=[-.]))([-.]?)[2-9]\d\d[-. ]\d{4}")
_BRACKETED = re.compile(r"\(0[1-9]\d{0,4}\) ?[-/]? ?\d{3,8}(?:[ -]\d{2,5}){0,3}")
_NATIONAL = re.compile(r"0[1-9]\d{1,3}(?: ?[/-] ?| )\d{2,8}(?:[ -]\d{2,5}){0,3}")
_PAIRS = re.compile(r"0[1-9](?:([ .])\d\d)(?:\1\d\d){3}")
_MOBILE = re.compile(r"01[5-7]\d{8,9}|07\d{9}")
_CALLED = re.compile(
    r"(?:(?<!\[)\b(?:tele)?phone|\btel|telefon|\bmobile?|\bfax|\bhandy|whatsapp|\bcall(?: me| us)? (?:at|on))[\W_]{0,5}"
    r"(?:(?:no|nr|number|nummer|is|at)\b[\W_]{0,4}){0,2}$"
)
_YEARS = re.compile(r"(?:19|20)\d\d\D{1,3}(?:19|20)\d\d")


def hide_phones(text: str) -> str:
    """Give a text with `[phone]` for each phone number in it."""
    return _RUN.sub(_shown, text)


def _shown(match: re.Match[str]) -> str:
    text, run, (start, end) = match.string, match[0], match.span()
    if len(run) > 60 or _goes_on(text, end):
        return run
    free = _is_free(text, start)
    if free and (_is_phone(run) or _is_called(text, run, start)):
        return SHOWN
    for inner in _WITHIN.finditer(run):  # "room 3 030 1234567"
        if _is_phone(run[inner.start() :]):
            first = run[: inner.start()].rstrip()
            return (SHOWN if free and _is_phone(first) else first) + run[len(first) : inner.start()] + SHOWN
    return run


def _is_free(text: str, start: int) -> bool:
    """Tell whether a number may begin here: not within a word, a path, a decimal or a sum."""
    before = text[max(0, start - 2) : start]
    if re.fullmatch(r"\\[nrt]", before):
        return True
    return not re.search(r"[\w.,/+$€£^#-]$|\d:$", before) or before[-2:] in (", ", ". ")


def _goes_on(text: str, end: int) -> bool:
    return re.match(r"[\w%°^*+]|[.,:]\d|-\w", text[end : end + 2]) is not None


def _is_phone(run: str) -> bool:
    if _is_counted(run):
        return False
    if run[0] == "+":
        return _is_international(run[1:], 8)
    if run.startswith("00"):
        return _is_international(run[2:], 10)
    return _is_american(run) or _is_national(run)


def _is_international(rest: str, shortest: int) -> bool:
    plain = rest.replace("(0)", "")
    digits, groups = re.sub(r"\D", "", plain), re.split(r"\D+", plain)
    code = _CODE.match(digits)
    if code is None or not shortest <= len(digits) <= 15 or " - " in rest:
        return False
    if code[0] == "1":
        return len(digits) == 11 and digits[1] in "23456789" and digits[4] in "23456789"
    dots, alone = "." in plain, sum(len(group) == 1 for group in groups)
    return alone <= 2 and len(groups[-1]) > 1 and not (dots and re.search(r"[^\d.]|^\d{1,3}(?:\.\d{3})+$", plain))


def _is_american(run: str) -> bool:
    return _AMERICAN.fullmatch(run) is not None


def _is_national(run: str) -> bool:
    count = sum(c.isdigit() for c in run)
    if not 9 <= count <= 12:
        return False
    if _PAIRS.fullmatch(run):
        numbers = [int(group) for group in re.split(r"\D", run)]
        return any(b - a != 1 for a, b in zip(numbers, numbers[1:], strict=False))
    if _MOBILE.fullmatch(run) or _BRACKETED.fullmatch(run):
        return True
    sizes = {len(group) for group in re.split(r"\D+", run)}
    return _NATIONAL.fullmatch(run) is not None and sizes not in ({3}, {4})


def _is_called(text: str, run: str, start: int) -> bool:
    """Tell whether a word before says that this is a phone number."""
    if _is_counted(run) or _YEARS.fullmatch(run) or not 7 <= sum(c.isdigit() for c in run) <= 15:
        return False
    return _CALLED.search(text[max(0, start - 30) : start].lower()) is not None


def _is_counted(run: str) -> bool:
    """Tell whether a number is a count (1 300 000) or bits (0101 0110 0111)."""
    digits, groups = re.sub(r"\D", "", run), re.split(r"\D+", run.lstrip("+("))
    in_threes = len(groups) > 1 and len(groups[0]) <= 3 and all(len(group) == 3 for group in groups[1:])
    return set(digits) <= {"0", "1"} or digits.endswith("00000") or (in_threes and digits.endswith("000"))
