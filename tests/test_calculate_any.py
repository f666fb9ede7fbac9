"""Arithmetic that nobody thought of: whatever is typed has a value or is refused, and what is broken is named."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.tools.arithmetic import evaluate, value_of
from assistant.tools.asked_arithmetic import expression_in
from index_store.errors import InvalidInput, NoValue


def _joined(parts: tuple[tuple[str, Fraction], str, tuple[str, Fraction]]) -> tuple[str, Fraction]:
    (one, a), sign, (other, b) = parts
    return f"({one} {sign} {other})", a + b if sign == "+" else a - b if sign == "-" else a * b


NUMBERS = st.integers(0, 10**6) | st.decimals(0, 1000, places=3)
TREES = st.recursive(
    NUMBERS.map(lambda n: (str(n), Fraction(str(n)))),
    lambda inner: st.tuples(inner, st.sampled_from("+-*"), inner).map(_joined),
    max_leaves=8,
)


@given(TREES)
def test_exact_arithmetic_is_exact(tree: tuple[str, Fraction]) -> None:
    written, value = tree
    if len(written) <= 300:
        assert value_of(written) == value


SIGNED = st.tuples(st.sampled_from(["", "-", "--"]), st.integers(0, 30), st.sampled_from(["", "", "**2", "**-1"]))


@given(SIGNED, st.lists(st.tuples(st.sampled_from(["+", "-", "*", "/", "//"]), SIGNED), max_size=8))
def test_operators_bind_as_in_python(first: tuple[str, int, str], rest: list[tuple[str, tuple[str, int, str]]]) -> None:
    parts = [("", first), *rest]
    python = " ".join(f"{op} {sign}Fraction({n}){power}" for op, (sign, n, power) in parts)
    written = python.replace("Fraction", "")
    try:
        value = eval(python, {"Fraction": Fraction})
    except ZeroDivisionError:
        with pytest.raises(InvalidInput, match="divides by zero"):
            value_of(written)
    else:
        assert value_of(written) == value


@given(st.text(alphabet="0123456789.,+-*/%^!()x² e√of", max_size=40))
def test_any_jumble_of_signs_has_a_value_or_is_refused(text: str) -> None:
    try:
        assert evaluate(text)
    except InvalidInput as told:
        assert told.hint


@given(st.text(max_size=80))
def test_any_text_has_a_value_or_is_refused(text: str) -> None:
    for asked in (text, f"1 {text} 2"):
        try:
            evaluate(asked)
        except InvalidInput:
            continue


@given(st.text(max_size=120))
def test_any_question_is_looked_at(text: str) -> None:
    found = expression_in(text)
    assert found is None or found in text


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ("1,5 + 2", "“1,5” has a comma that parts no thousands: write 1.5"),
        ("What is 1.234,5 * 2?", "write 1234.5, with a point"),
        ("2 ++ * 3", "a number is missing in “++ *”"),
        ("What is 5 plus?", "it ends with “plus”"),
        ("3 * (4 +) 2", "behind “+”"),
    ],
)
def test_broken_arithmetic_is_arithmetic_and_its_error_names_the_place(said: str, place: str) -> None:
    broken = expression_in(said)
    assert broken is not None
    with pytest.raises(NoValue, match=re.escape(place)):
        evaluate(broken)


@pytest.mark.parametrize(
    "said", ["C++", "What is C++?", "2 + apples", "times 3", "1,000 + 2", "Lab 3 -", "max(1,5) + 2"]
)
def test_what_is_whole_or_no_arithmetic_is_not_taken_for_broken(said: str) -> None:
    broken = expression_in(said)
    assert broken is None or evaluate(broken)
