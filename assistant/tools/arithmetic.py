"""Arithmetic as people type it: a safe parser and evaluator. No eval; which questions are arithmetic is not its matter.

An operator-precedence parser (Pratt, "Top Down Operator Precedence", 1973) that computes as it reads. Loosest
first: + -, then * / // %, then a sign, then "% of", then a root, a power, and what follows a number (! % squared).
Beside that it has the value of "5 miles in km" and of "days from 31 October to 21 November".
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from assistant.tools.arithmetic_tokens import (
    BracketLeft,
    NotArithmetic,
    SaysWhy,
    Token,
    TwoReadings,
    is_part,
    read,
    tokens,
)
from assistant.tools.broken_arithmetic import what_is_wrong
from assistant.tools.calendar_days import days_of
from assistant.tools.conversions import converted
from assistant.tools.exact import BINARY, CONSTANTS, FUNCTIONS, Number, checked, factorial, in_money, power, shown
from index_store.errors import NoValue

LONGEST = 300  # characters of an expression, and
DEEPEST = 40  # levels of it
TO_THE_CENT = " to the cent"  # stands behind an expression whose value is a price
EXAMPLE = "Write it like: (17 + 3) * 2.5, 15% of 80, sqrt(144), 2^10."

_BINDS = {"+": 10, "-": 10, "*": 20, "/": 20, "//": 20, "%": 20, "choose": 45, "**": 50}
_NEGATION, _PERCENT_OF, _ROOT = 30, 40, 45
_STARTS = ("number", "function", "constant", "prefix", "open")
_FACTORS = ("number", "constant", "close", "after")
"""What a bracket, a function or pi may follow without a sign: 2(3 + 4), 3 sqrt(4)."""


def evaluate(expression: str) -> str:
    """Give the value of an expression as text: exact where it can be, else some 12 digits.

    >>> evaluate("0.1 + 0.2"), evaluate("15% of 80"), evaluate("2^10"), evaluate("1,024 / 16")
    ('0.3', '12', '1024', '64')

    Raises:
        NoValue: when it is no arithmetic, too large, or has no value.
    """
    return written(expression, value_of(expression))


def written(expression: str, value: Number) -> str:
    """Write the value of an expression: as a price where it says so.

    >>> written("3 * 12.50 to the cent", Fraction("37.5")), written("3 * 12.50", Fraction("37.5"))
    ('37.50', '37.5')
    """
    return in_money(value) if expression.endswith(TO_THE_CENT) else shown(value)


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
    except SaysWhy as exc:
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
    said = expression.strip().rstrip("=? ").removesuffix(TO_THE_CENT)
    for read_as in (converted, days_of):
        if (value := read_as(said)) is not None:
            return value, 1
    parser = _Parser(tokens(said))
    return parser.whole(), parser.operations


class _Parser:
    """Reads tokens once, from left to right."""

    def __init__(self, tokens: list[Token]) -> None:
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

    def _peek(self, ahead: int = 0) -> Token:
        at = self._at + ahead
        return self._tokens[at] if 0 <= at < len(self._tokens) else Token("end", "")

    def _next(self) -> Token:
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
                return checked(read(token.text))
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
        """Read "15% of 80", which binds tighter than other products, or "3/4 of 80" or "half of 80", which do not."""
        is_percent = self._peek(-1).kind == "percent"
        is_fraction = self._peek(-1).kind == "number" and self._peek(-2).text == "/"
        if not (is_percent or is_fraction or is_part(self._peek(-1))):
            raise NotArithmetic("of what?")
        tight = _PERCENT_OF if is_percent else _BINDS["*"]
        if tight <= binds:
            return None
        self._next()
        self.operations += 1
        right = self._expression(tight - 1 if is_percent else tight)  # 50% of 20% of 10
        return lambda value: BINARY["*"](value, right)
