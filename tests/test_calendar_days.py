"""The days between two dates that are said are counted; what has no such date says why."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.tools.arithmetic import evaluate
from assistant.tools.asked_arithmetic import expression_in
from index_store.errors import NoValue


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("How many days are between 31 October and 21 November?", "21"),
        ("How many days are there from October 31st to November 21st, 2025?", "21"),
        ("How many days lie between Friday 31 October 2025 and Friday 21 November 2025?", "21"),
        ("How many days between 2025-10-31 and 2025-11-21?", "21"),
        ("How long is it from 24 December to 6 January?", "13"),
        ("How many days are between 1 February 2024 and 1 March?", "29"),
        ("How many weeks are from 8 September to 1 December?", "12"),
        ("How many days after 31 October is 21 November?", "21"),
        ("How many days before 21 November is 31 October?", "21"),
        ("days between the 3rd of May and the 10th of May", "7"),
    ],
)
def test_days_between_two_dates_are_counted(question: str, value: str) -> None:
    expression = expression_in(question)
    assert expression is not None and evaluate(expression) == value


@pytest.mark.parametrize(
    "question",
    [
        "How many days are between the test and the report?",
        "How many days until 1 May?",
        "How many days are between week 3 and week 9?",
        "What happens between 31 October and 21 November?",
        "How many labs are due between 31 October and 21 November?",
    ],
)
def test_what_has_not_two_dates_is_looked_up(question: str) -> None:
    assert expression_in(question) is None


@pytest.mark.parametrize(
    ("question", "why"),
    [
        ("How many days are between 31 November and 24 December?", "its month does not have"),
        ("How many days are between 1 February and 1 April?", "say the year"),
    ],
)
def test_a_span_without_a_value_says_why(question: str, why: str) -> None:
    expression = expression_in(question)
    assert expression is not None
    with pytest.raises(NoValue, match=why):
        evaluate(expression)


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(0, 2000))
def test_days_are_those_of_the_calendar(first: date, days: int) -> None:
    last = first + timedelta(days=days)
    said = f"{first.day} {first:%B} {first.year} and {last:%B} {last.day}, {last.year}"
    assert evaluate(str(expression_in(f"How many days are between {said}?"))) == str(days)
