"""Exact numbers: roots, powers, rounding, and how a value is written."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.tools.exact import FUNCTIONS, factorial, power, root, rounded, shown

FRACTIONS = st.fractions(min_value=0, max_value=10**6, max_denominator=10**4)


@given(FRACTIONS, st.sampled_from([2, 3]))
def test_the_root_of_a_power_is_exact(x: Fraction, degree: int) -> None:
    assert root(x**degree, degree) == x and isinstance(root(x**degree, degree), Fraction)


@given(FRACTIONS, st.sampled_from([2, 3]))
def test_any_root_is_near(x: Fraction, degree: int) -> None:
    assert math.isclose(float(root(x, degree)) ** degree, float(x), rel_tol=1e-9)


@pytest.mark.parametrize(
    ("x", "digits", "value"),
    [("2.5", 0, "3"), ("-2.5", 0, "-3"), ("2.675", 2, "2.68"), ("1250", -2, "1300"), ("-0.4", 0, "0")],
)
def test_halves_are_rounded_away_from_zero(x: str, digits: int, value: str) -> None:
    assert shown(rounded(Fraction(x), Fraction(digits))) == value


@pytest.mark.parametrize("digits", [Fraction(9**9), Fraction(-(9**9)), Fraction(1, 2)])
def test_digits_that_would_fill_the_memory_are_refused(digits: Fraction) -> None:
    with pytest.raises(ValueError, match="digits"):
        rounded(Fraction(5, 2), digits)


def test_powers_are_bounded_but_those_of_one_are_not() -> None:
    assert power(Fraction(2), Fraction(9_999)) == 2**9_999
    with pytest.raises(OverflowError):
        power(Fraction(2), Fraction(10_001))
    assert [power(Fraction(n), Fraction(10**9 + 1)) for n in (-1, 0, 1)] == [-1, 0, 1]
    assert power(Fraction(-1), Fraction(10**9)) == 1
    with pytest.raises(ZeroDivisionError):
        power(Fraction(0), Fraction(-(10**9)))


def test_factorials_go_to_a_thousand() -> None:
    assert factorial(Fraction(1_000)) == math.factorial(1_000)
    with pytest.raises(OverflowError):
        factorial(Fraction(1_001))
    with pytest.raises(ValueError, match="whole"):
        factorial(Fraction(-1))


def test_logarithms_of_large_numbers_and_sines_of_pi() -> None:
    assert shown(FUNCTIONS["log2"](Fraction(2) ** 3_000)) == "3000"
    assert shown(FUNCTIONS["log"](Fraction(10) ** 1_000)) == shown(1_000 * math.log(10))
    assert shown(FUNCTIONS["log"](Fraction(8), Fraction(2))) == "3"
    assert shown(FUNCTIONS["sin"](math.pi)) == "0" and shown(FUNCTIONS["cos"](Fraction(0))) == "1"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(1, 3), "0.333333333333"),
        (Fraction(2, 3) * 10**20, "6.66666666667e+19"),
        (Fraction(1, 10**20), "0.00000000000000000001"),
        (Fraction(1, 3 * 10**20), "3.33333333333e-21"),
        (Fraction(10**99), "1" + "0" * 99),
        (Fraction(10**300), "1e+300"),
        (-0.0, "0"),
        (0.1 + 0.2, "0.3"),
    ],
)
def test_a_value_is_written_in_plain_digits_or_at_most_twelve(value: Fraction | float, text: str) -> None:
    assert shown(value) == text


@given(st.decimals(-(10**12), 10**12, places=9))
def test_a_finite_decimal_is_written_exactly(value: object) -> None:
    assert Fraction(shown(Fraction(str(value)))) == Fraction(str(value))
