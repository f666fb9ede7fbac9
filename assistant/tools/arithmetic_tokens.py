"""Cuts arithmetic into tokens: numbers, signs and the words that stand for them. Computes nothing."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction

from assistant.tools.exact import CONSTANTS, FUNCTIONS

_THOUSANDS = r"[0-9]{1,3}(?:(?:,[0-9]{3})+(?![0-9]|,[0-9])|(?: [0-9]{3})+(?![0-9]| [0-9]))(?:\.[0-9]+)?"
_PLAIN = (  # a larger exponent is no number
    r"[0-9]*[¼-¾⅐-⅞]|(?!0x[0-9])(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]{1,3}(?![0-9]))?"
)
_PARTS = {"half": 2, "third": 3, "quarter": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
          "tenth": 10}  # fmt: skip
_MANY = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4}
_PART = rf"(?:(?:{'|'.join(_MANY)}|[0-9]) )?(?:{'|'.join(_PARTS)})s?(?= of\b)"
_FUNCTION = "|".join(sorted(FUNCTIONS, key=len, reverse=True))
_REST = (
    r"(?P<prefix>(?:the )?(?:square|cube) root of\b|(?:the )?factorial of\b|√)"
    rf"|(?P<function>(?:{_FUNCTION})(?![a-z0-9_]))"
    rf"|(?P<constant>(?:{'|'.join(CONSTANTS)}|π)(?![a-z0-9_]))"
    r"|(?P<after>squared\b|cubed\b|[!²³])"
    r"|(?P<percent>%|per ?cent\b)"
    r"|(?P<of>of\b)"
    r"|(?P<sign>\*\*|//|[-+*/^×·÷−–]|x(?![a-z_])|times\b|multiplied by\b|divided by\b|over\b|plus\b|minus\b"
    r"|(?:raised )?to the power(?: of)?\b|raised to\b|mod(?:ulo)?\b|choose\b)"
    r"|(?P<open>\()|(?P<close>\))|(?P<comma>,)"
)
_TOKEN = re.compile(rf"\s*(?:(?P<number>{_PART}|{_THOUSANDS}|{_PLAIN})|{_REST})", re.IGNORECASE | re.ASCII)
_IN_CALL = re.compile(rf"\s*(?:(?P<number>{_PART}|{_PLAIN})|{_REST})", re.IGNORECASE | re.ASCII)
"""In a call: max(2,100) has two numbers."""
_SIGNS = {"^": "**", "×": "*", "·": "*", "x": "*", "times": "*", "multiplied by": "*", "÷": "/", "divided by": "/",
          "over": "/", "−": "-", "–": "-", "minus": "-", "plus": "+", "mod": "%", "modulo": "%", "raised to": "**",
          "to the power": "**", "to the power of": "**", "raised to the power": "**",
          "raised to the power of": "**"}  # fmt: skip
_PREFIXES = {"√": "sqrt", "square root of": "sqrt", "cube root of": "cbrt", "factorial of": "factorial"}


@dataclass(frozen=True, slots=True)
class Token:
    """A number, a sign, a word that stands for one, or a bracket."""

    kind: str
    text: str  # of signs and prefixes: as _BINDS and FUNCTIONS name them


def tokens(expression: str) -> list[Token]:
    """Cut an expression into tokens.

    Raises:
        ValueError: at what is none.
    """
    found: list[Token] = []
    calls: list[bool] = []  # of the brackets that are open: does a bare comma part two numbers there?
    at = 0
    text = " ".join(expression.split())  # no space but the plain one
    while at < len(text):
        match = (_IN_CALL if calls and calls[-1] else _TOKEN).match(text, at)
        if match is None:
            raise NotArithmetic(f"what is {text[at : at + 20]!r}?")
        kind = str(match.lastgroup)
        said = " ".join(match[kind].lower().split())
        if kind == "open":
            calls.append(bool(found) and found[-1].kind == "function" and _parts_by_bare_commas(text[match.end() :]))
        elif kind == "close" and calls:
            calls.pop()
        elif kind == "number" and calls and calls[-1] and re.match(r"0[0-9]", said):
            raise NotArithmetic("max(1,000,2,000) may mean two numbers or four")
        found.append(Token(kind, _SIGNS.get(said, _PREFIXES.get(said.removeprefix("the "), said))))
        at = match.end()
    return found


def _parts_by_bare_commas(rest: str) -> bool:
    """Tell max(2,100) from max(2,100, 5): where a comma has a space, one that has none is inside a number."""
    return re.search(r",\s", rest.partition(")")[0]) is None


def is_part(token: Token) -> bool:
    """Tell whether a token is a part in words, which "of" follows."""
    return token.kind == "number" and token.text[-1:].isalpha()


class NotArithmetic(ValueError):
    """What does not read as arithmetic."""


class SaysWhy(NotArithmetic):
    """What reads as arithmetic and has no value, for a reason that the message ends a sentence with."""


class BracketLeft(SaysWhy):
    """A bracket that stands alone."""


class TwoReadings(SaysWhy):
    """An expression that people read in different ways."""


def read(number: str) -> Fraction:
    """Read a number: with marks of thousands, perhaps with a fraction of one sign behind it, or "three quarters"."""
    many, _, part = number.rpartition(" ")
    if (divisor := _PARTS.get(part.removesuffix("s"))) is not None:
        return Fraction(_MANY.get(many) or int(many or 1), divisor)
    plain = number.replace(",", "").replace(" ", "")
    if plain[-1:].isascii():
        return Fraction(plain.rstrip("."))
    return Fraction(plain[:-1] or 0) + Fraction(unicodedata.numeric(plain[-1])).limit_denominator(10)
