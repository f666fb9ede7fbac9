"""Says where an expression breaks off or cannot be read, in words for whoever typed it. Calculates nothing."""

from __future__ import annotations

import re

_SIGN = (
    r"(?:\*\*|//|[-+*/^×·÷−–]"
    r"|\b(?:plus|minus|times|multiplied by|divided by|over|mod(?:ulo)?|(?:raised )?to the power(?: of)?)\b)"
)
_AT_THE_END = re.compile(rf"({_SIGN})\s*\Z", re.IGNORECASE)
_BEFORE_A_BRACKET = re.compile(rf"({_SIGN})\s*\)", re.IGNORECASE)
_TWO_SIGNS = re.compile(
    rf"{_SIGN}(?:\s*{_SIGN})*?\s*(?:[*/^×·÷]|\b(?:times|multiplied by|divided by|over)\b)", re.IGNORECASE
)
_DECIMAL_COMMA = re.compile(r"(?<![\d.,])(\d[\d.]*),(\d{1,2}|\d{4,})(?![\d,]|\.\d)")


def what_is_wrong(expression: str) -> str:
    """Name the place where an expression is broken and what is missing there, "" where nothing plain is.

    >>> what_is_wrong("2 ++ * 3"), what_is_wrong("5 plus")
    ('a number is missing in “++ *”', 'it ends with “plus”, and no number follows')
    """
    text = " ".join(expression.split())
    if comma := _DECIMAL_COMMA.search(text):
        plain = f"{comma[1].replace('.', '')}.{comma[2]}"
        return f"“{comma[0]}” has a comma that parts no thousands: write {plain}, with a point"
    if found := _AT_THE_END.search(text):
        return f"it ends with “{found[1]}”, and no number follows"
    if found := _BEFORE_A_BRACKET.search(text):
        return f"a number is missing behind “{found[1]}”, before the bracket closes"
    found = _TWO_SIGNS.search(text)
    return f"a number is missing in “{found[0]}”" if found else ""
