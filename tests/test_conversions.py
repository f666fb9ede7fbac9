"""Amounts in another unit are converted exactly, and only where both units are of one kind."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.tools.arithmetic import evaluate
from assistant.tools.asked_arithmetic import expression_in
from assistant.tools.conversions import converted


@pytest.mark.parametrize(
    ("question", "expression", "value"),
    [
        ("How many minutes are in 3 and a half hours?", "3.5 hours in minutes", "210"),
        ("how many seconds in a day", "1 day in seconds", "86400"),
        ("How many minutes is an hour and a half?", "1.5 hour in minutes", "90"),
        ("How many minutes are 2 1/2 hours?", "2.5 hours in minutes", "150"),
        ("What is half an hour in minutes?", "0.5 hour in minutes", "30"),
        ("How many minutes are 2 hours and 15 minutes?", "2 hours and 15 minutes in minutes", "135"),
        ("convert 5 miles to km", "5 miles in km", "8.04672"),
        ("5 km is how many miles?", "5 km in miles", "3.10685596119"),
        ("What is 10 pounds in kg?", "10 pounds in kg", "4.5359237"),
        ("What is 20 degrees Celsius in Fahrenheit?", "20 degrees Celsius in Fahrenheit", "68"),
        ("How many bits are in a byte?", "1 byte in bits", "8"),
        ("How many months are in two years?", "2 years in months", "24"),
        ("Convert twelve thousand meters to kilometers, please", "12000 meters in kilometers", "12"),
    ],
)
def test_what_asks_for_another_unit_is_converted(question: str, expression: str, value: str) -> None:
    found = expression_in(question)
    assert found is not None and found.lower() == expression.lower() and evaluate(found) == value


@pytest.mark.parametrize(
    "question",
    [
        "Convert 5 miles to kg",
        "How many hours are in a lecture?",
        "How many days are in February?",
        "How many days are in a year?",
        "How many minutes is the test in week 8?",
        "Is it due 2 days in advance?",
        "What happens 3 days into week 2?",
        "What is the 2 minute pitch in week 12?",
    ],
)
def test_what_has_not_two_units_of_a_kind_is_looked_up(question: str) -> None:
    assert expression_in(question) is None


@given(st.decimals(0, 10**6, places=2), st.sampled_from([("km", "miles"), ("kg", "pounds"), ("hours", "days")]))
def test_there_and_back_is_the_same_amount(many: object, units: tuple[str, str]) -> None:
    there, back = converted(f"{many} {units[0]} in {units[1]}"), converted(f"1 {units[1]} in {units[0]}")
    assert there is not None and back is not None and there * back == Fraction(str(many))


@given(st.text(max_size=80))
def test_any_text_is_read(text: str) -> None:
    for said in (text, f"1 {text} in {text}", f"1 km {text} in m"):
        assert converted(said) is None or " in " in said
