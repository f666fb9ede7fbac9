"""Numbers that stay exact for as long as the operations allow, each operation bounded. Parses nothing."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any

Number = Fraction | float
LARGEST_BITS = 10_000  # of an exact result: 9**9**9 is refused before it is computed; 1000! has 8,530
LARGEST_FACTORIAL = 1_000
MOST_DIGITS = 30  # after the point: of a finite decimal that is written out, and that `round` takes
LONGEST_WHOLE = 100  # digits of a whole number that is written out
SIGNIFICANT = 12
_NOISE = 15  # decimals of a sine that are right: so sin(pi) is 0


def checked(value: Any) -> Number:
    """Let a number through that is real and not too large.

    Raises:
        OverflowError: when it is too large.
        TypeError: when it is no real number.
    """
    if isinstance(value, int):
        value = Fraction(value)
    if isinstance(value, Fraction):
        if max(value.numerator.bit_length(), value.denominator.bit_length()) > LARGEST_BITS:
            raise OverflowError
        return value
    if not isinstance(value, float):
        raise TypeError("no real number")
    if not math.isfinite(value):
        raise OverflowError
    return value


def power(base: Number, exponent: Number) -> Number:
    """Raise to a power; exact for a whole exponent. The size is estimated before anything is computed."""
    if isinstance(base, Fraction) and isinstance(exponent, Fraction) and exponent.denominator == 1:
        size = max(base.numerator.bit_length(), base.denominator.bit_length()) - 1
        if size * abs(exponent.numerator) > LARGEST_BITS:
            raise OverflowError
        times = exponent.numerator
        if abs(times) > LARGEST_BITS:  # of 0, 1 or -1
            times = (2 - times % 2) * (1 if times > 0 else -1)
        return checked(base**times)
    if base > 0 and exponent == Fraction(1, 2):
        return root(base, 2)
    return checked(float(base) ** float(exponent))


def root(x: Number, degree: int) -> Number:
    """Take a root, exact where it is one; `degree` is 2 or 3."""
    if isinstance(x, Fraction) and x >= 0:
        top, bottom = _whole_root(x.numerator, degree), _whole_root(x.denominator, degree)
        if top**degree == x.numerator and bottom**degree == x.denominator:
            return Fraction(top, bottom)
    return math.sqrt(x) if degree == 2 else math.cbrt(x)


def _whole_root(n: int, degree: int) -> int:
    if degree == 2:
        return math.isqrt(n)
    low, high = 0, 1 << (n.bit_length() // degree + 1)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**degree <= n else (low, middle - 1)
    return low


def factorial(x: Number) -> Number:
    """Take the factorial of a whole number from 0 to LARGEST_FACTORIAL.

    Raises:
        ValueError: for any other number.
        OverflowError: for a larger one.
    """
    whole = Fraction(x)
    if whole.denominator != 1 or whole < 0:
        raise ValueError("no whole number")
    if whole > LARGEST_FACTORIAL:
        raise OverflowError
    return Fraction(math.factorial(int(whole)))


def combinations(n: Number, k: Number) -> Number:
    """Count the ways to choose k of n things, n at most LARGEST_FACTORIAL.

    Raises:
        ValueError: for what are no whole numbers from 0 on.
        OverflowError: for a larger n.
    """
    things, chosen = Fraction(n), Fraction(k)
    if things.denominator != 1 or chosen.denominator != 1 or things < 0 or chosen < 0:
        raise ValueError("no whole numbers")
    if things > LARGEST_FACTORIAL:
        raise OverflowError
    return Fraction(math.comb(int(things), int(chosen)))


def rounded(x: Number, digits: Number = Fraction(0)) -> Number:
    """Round as people do, halves away from zero."""
    places = Fraction(digits)
    if places.denominator != 1 or abs(places) > MOST_DIGITS:
        raise ValueError(f"digits are whole, and {MOST_DIGITS} at most")
    scale = Fraction(10) ** int(places)
    whole = math.floor(abs(Fraction(x)) * scale + Fraction(1, 2)) / scale
    return -whole if x < 0 else whole


def _log(x: Number, base: Number | None = None) -> float:
    return math.log(_plain(x)) if base is None else math.log(_plain(x)) / math.log(_plain(base))


def _plain(x: Number) -> int | float:
    """A whole number as an int: of these the logarithm is taken however large they are."""
    return x.numerator if isinstance(x, Fraction) and x.denominator == 1 else float(x)


def _tan(x: Number) -> float:
    if round(math.cos(x), _NOISE) == 0:
        raise ValueError("no tangent")
    return round(math.tan(x), _NOISE)


BINARY: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": power,
    "choose": combinations,
}
FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "sqrt": lambda x: root(x, 2),
    "cbrt": lambda x: root(x, 3),
    "factorial": factorial,
    "abs": abs,
    "round": rounded,
    "floor": math.floor,
    "ceil": math.ceil,
    "min": min,
    "max": max,
    "log": _log,
    "ln": lambda x: math.log(_plain(x)),
    "log10": lambda x: math.log10(_plain(x)),
    "log2": lambda x: math.log2(_plain(x)),
    "exp": math.exp,
    "sin": lambda x: round(math.sin(x), _NOISE),
    "cos": lambda x: round(math.cos(x), _NOISE),
    "tan": _tan,
}
CONSTANTS: Mapping[str, float] = {"pi": math.pi, "e": math.e}


def shown(value: Number) -> str:
    """Write a number: whole ones and finite decimals exactly unless they are very long, others with SIGNIFICANT digits.

    >>> shown(Fraction(391)), shown(Fraction(3, 10)), shown(Fraction(1, 3)), shown(Fraction(10) ** 300)
    ('391', '0.3', '0.333333333333', '1e+300')
    """
    if isinstance(value, float):
        return f"{value + 0.0:.{SIGNIFICANT}g}"  # no -0
    if value.denominator == 1 and abs(value) < 10**LONGEST_WHOLE:
        return str(value.numerator)
    if (value * 10**MOST_DIGITS).denominator == 1 and abs(value) < 10**MOST_DIGITS:
        exact = Context(prec=3 * MOST_DIGITS).divide(Decimal(value.numerator), Decimal(value.denominator))
        return f"{exact:f}"
    decimal = Context(prec=SIGNIFICANT).divide(Decimal(value.numerator), Decimal(value.denominator)).normalize()
    return f"{decimal:f}" if -7 < decimal.adjusted() < SIGNIFICANT else f"{decimal:e}"


def in_money(value: Number) -> str:
    """Write a price: whole, or with two decimals; one below a cent or with parts of it, and below 1, stays as it is.

    >>> in_money(Fraction("37.5")), in_money(Fraction("47.992")), in_money(Fraction(60)), in_money(Fraction("0.0023"))
    ('37.50', '47.99', '60', '0.0023')
    """
    cents = Fraction(rounded(value, Fraction(2)))
    exact = Fraction(value)
    if exact.denominator == 1 or (abs(exact) < 1 and cents != exact) or abs(exact) >= 10**SIGNIFICANT:
        return shown(value)
    return f"{Decimal(int(cents * 100)).scaleb(-2):.2f}"
