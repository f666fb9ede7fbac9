"""Arithmetic as people type it: a safe parser and evaluator. No eval; which questions are arithmetic is not its matter.

An operator-precedence parser (Pratt, "Top Down Operator Precedence", 1973) that computes as it reads. Loosest
first: + -, then * / // %, then a sign, then "% of", then a root, a power, and what follows a number (! % squared).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from assistant.tools.broken_arithmetic import what_is_wrong
from assistant.tools.exact import BINARY, CONSTANTS, FUNCTIONS, Number, checked, factorial, power, shown
from index_store.errors import NoValue

LONGEST = 300  # characters of an expression, and
DEEPEST = 40  # levels of it
EXAMPLE = "Write it like: (17 + 3) * 2.5, 15% of 80, sqrt(144), 2^10."

_THOUSANDS = r"[0-9]{1,3}(?:(?:,[0-9]{3})+(?![0-9]|,[0-9])|(?: [0-9]{3})+(?![0-9]| [0-9]))(?:\.[0-9]+)?"
_PLAIN = (  # a larger exponent is no number
    r"[0-9]*[¼-¾⅐-⅞]|(?!0x[0-9])(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]{1,3}(?![0-9]))?"
)
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
_TOKEN = re.compile(rf"\s*(?:(?P<number>{_THOUSANDS}|{_PLAIN})|{_REST})", re.IGNORECASE | re.ASCII)
_IN_CALL = re.compile(rf"\s*(?:(?P<number>{_PLAIN})|{_REST})", re.IGNORECASE | re.ASCII)  # max(2,100) has two numbers
_SIGNS = {"^": "**", "×": "*", "·": "*", "x": "*", "times": "*", "multiplied by": "*", "÷": "/", "divided by": "/",
          "over": "/", "−": "-", "–": "-", "minus": "-", "plus": "+", "mod": "%", "modulo": "%", "raised to": "**",
          "to the power": "**", "to the power of": "**", "raised to the power": "**",
          "raised to the power of": "**"}  # fmt: skip
_PREFIXES = {"√": "sqrt", "square root of": "sqrt", "cube root of": "cbrt", "factorial of": "factorial"}
_BINDS = {"+": 10, "-": 10, "*": 20, "/": 20, "//": 20, "%": 20, "choose": 45, "**": 50}
_NEGATION, _PERCENT_OF, _ROOT = 30, 40, 45
_STARTS = ("number", "function", "constant", "prefix", "open")
_FACTORS = ("number", "constant", "close", "after")
"""What a bracket, a function or pi may follow without a sign: 2(3 + 4), 3 sqrt(4)."""


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str  # of signs and prefixes: as _BINDS and FUNCTIONS name them


def evaluate(expression: str) -> str:
    """Give the value of an expression as text: exact where it can be, else some 12 digits.

    >>> evaluate("0.1 + 0.2"), evaluate("15% of 80"), evaluate("2^10"), evaluate("1,024 / 16")
    ('0.3', '12', '1024', '64')

    Raises:
        NoValue: when it is no arithmetic, too large, or has no value.
    """
    return shown(value_of(expression))


def value_of(expression: str) -> Number:
    """Give the value of an expression.

    Raises:
        NoValue: as `evaluate`.
    """
    if len(expression) > LONGEST:
        raise NoValue(f"The expression has {len(expression)} characters, more than {LONGEST}.", hint=EXAMPLE)
    shortened = repr(expression[:80])
    try:
        return computed(expression)[0]
    except ZeroDivisionError as exc:
        raise NoValue(f"{shortened} divides by zero: it has no value.", hint=EXAMPLE) from exc
    except OverflowError as exc:
        raise NoValue(f"The value of {shortened}, or one on the way to it, is too large.", hint=EXAMPLE) from exc
    except (BracketLeft, TwoReadings) as exc:
        raise NoValue(f"{shortened} {exc}.", hint=EXAMPLE) from exc
    except (ValueError, TypeError) as exc:
        wrong = what_is_wrong(expression)
        told = f"cannot be calculated: {wrong}" if wrong else "is no arithmetic that has a value"
        raise NoValue(f"{shortened} {told}.", hint=EXAMPLE) from exc


def computed(expression: str) -> tuple[Number, int]:
    """Give the value, and how many operations led to it; a sign and a percent sign alone are none.

    Raises:
        ValueError, TypeError, ArithmeticError, NoValue: when there is none.
    """
    parser = _Parser(tokens(expression.strip().rstrip("=? ")))
    return parser.whole(), parser.operations


def tokens(expression: str) -> list[_Token]:
    """Cut an expression into tokens.

    Raises:
        ValueError: at what is none.
    """
    found: list[_Token] = []
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
        found.append(_Token(kind, _SIGNS.get(said, _PREFIXES.get(said.removeprefix("the "), said))))
        at = match.end()
    return found


def _parts_by_bare_commas(rest: str) -> bool:
    """Tell max(2,100) from max(2,100, 5): where a comma has a space, one that has none is inside a number."""
    return re.search(r",\s", rest.partition(")")[0]) is None


class NotArithmetic(ValueError):
    """What does not read as arithmetic."""


class BracketLeft(NotArithmetic):
    """A bracket that stands alone."""


class TwoReadings(NotArithmetic):
    """An expression that people read in different ways."""


def _read(number: str) -> Fraction:
    """Read a number: with marks of thousands, and perhaps with a fraction of one sign behind it."""
    plain = number.replace(",", "").replace(" ", "")
    if plain[-1:].isascii():
        return Fraction(plain.rstrip("."))
    return Fraction(plain[:-1] or 0) + Fraction(unicodedata.numeric(plain[-1])).limit_denominator(10)


class _Parser:
    """Reads tokens once, from left to right."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0
        self.operations = 0

    def whole(self) -> Number:
        value = self._expression(0)
        if self._at < len(self._tokens):
            if self._peek().kind == "close":
                raise BracketLeft("closes a bracket that is not open")
            raise NotArithmetic("something is left over")
        return value

    def _peek(self, ahead: int = 0) -> _Token:
        at = self._at + ahead
        return self._tokens[at] if 0 <= at < len(self._tokens) else _Token("end", "")

    def _next(self) -> _Token:
        token = self._peek()
        self._at += 1
        return token

    def _expression(self, binds: int) -> Number:
        """Read all that binds tighter than so."""
        self._depth += 1
        if self._depth > DEEPEST:
            raise NoValue("The expression is nested too deeply.", hint=EXAMPLE)
        value = self._operand()
        while (step := self._continuation(binds)) is not None:
            value = checked(step(value))
        self._depth -= 1
        return value

    def _operand(self) -> Number:
        token = self._next()
        match token.kind:
            case "number":
                return checked(_read(token.text))
            case "constant":
                return CONSTANTS["pi" if token.text == "π" else token.text]
            case "sign" if token.text in "+-":
                value = self._expression(_NEGATION)
                return -value if token.text == "-" else value
            case "open":
                value = self._expression(0)
                self._close()
                return value
            case "prefix":
                return self._applied(token.text, [self._expression(_ROOT)])
            case "function":
                return self._applied(token.text, self._arguments())
        raise NotArithmetic("an operand is missing")

    def _arguments(self) -> list[Number]:
        if self._peek().kind != "open":  # sqrt 16
            return [self._expression(_ROOT)]
        self._next()
        given = [self._expression(0)]
        while self._peek().kind == "comma":
            self._next()
            given.append(self._expression(0))
        self._close()
        return given

    def _applied(self, name: str, given: list[Number]) -> Number:
        self.operations += 1
        if name in ("min", "max") and len(given) == 1:
            return given[0]
        return checked(FUNCTIONS[name](*given))

    def _close(self) -> None:
        left = self._next().kind
        if left == "end":
            raise BracketLeft("has a bracket that is not closed")
        if left != "close":
            raise NotArithmetic("a bracket is not closed")

    def _continuation(self, binds: int) -> Callable[[Number], Any] | None:
        """Read what goes on with a value, None where nothing here binds tighter than so."""
        token = self._peek()
        if token.kind == "after":
            return self._after(token.text)
        if token.kind == "percent" and (token.text == "percent" or self._peek(1).kind not in _STARTS):
            self._next()
            return lambda value: value / 100
        if token.kind == "of":
            return self._of(binds)
        sign = "*" if self._is_factor() else "%" if token.kind == "percent" else token.text
        if _BINDS.get(sign, 0) <= binds:
            return None
        if self._is_factor():
            self.operations += not self._is_bare_bracket()
        else:
            self._next()
            self.operations += 1
        begun = self._at
        right = self._expression(_BINDS[sign] - (sign == "**"))  # a power binds to the right
        if sign in "+-" and self._is_percentage(begun):  # of what it is added to, as every calculator takes it
            return lambda value: BINARY[sign](value, value * right)
        if sign in ("/", "//", "%") and self._is_factor():
            raise TwoReadings("may be read in two ways: put brackets around what is divided by")
        return lambda value: BINARY[sign](value, right)

    def _is_factor(self) -> bool:
        """Tell whether what comes multiplies what was read, without a sign; not e, which is a letter to most."""
        token = self._peek()
        starts = token.kind in ("open", "function", "prefix") or (token.kind == "constant" and token.text != "e")
        return starts and self._peek(-1).kind in _FACTORS

    def _is_bare_bracket(self) -> bool:
        """Tell whether a number in brackets comes, and no more: "3.1 (2)" is no product that anybody asks for."""
        kinds = [token.kind for token in self._tokens[self._at : self._at + 3]]
        return kinds == ["open", "number", "close"]

    def _is_percentage(self, begun: int) -> bool:
        """Tell whether what was read since then is a percentage alone, which no percentage stands before."""
        if begun > 1 and self._tokens[begun - 2].kind == "percent":  # 20% + 10%
            return False
        return [token.kind for token in self._tokens[begun : self._at]] == ["number", "percent"]

    def _after(self, text: str) -> Callable[[Number], Any]:
        self._next()
        self.operations += 1
        if text == "!":
            return factorial
        return lambda value: power(value, Fraction(2 if text in ("squared", "²") else 3))

    def _of(self, binds: int) -> Callable[[Number], Any] | None:
        """Read "15% of 80", which binds tighter than other products, or "3/4 of 80", which is one of these."""
        is_percent = self._peek(-1).kind == "percent"
        if not is_percent and not (self._peek(-1).kind == "number" and self._peek(-2).text == "/"):
            raise NotArithmetic("of what?")
        tight = _PERCENT_OF if is_percent else _BINDS["*"]
        if tight <= binds:
            return None
        self._next()
        self.operations += 1
        right = self._expression(tight - 1 if is_percent else tight)  # 50% of 20% of 10
        return lambda value: BINARY["*"](value, right)
