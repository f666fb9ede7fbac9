"""A question that asks for several things is parted; a calculation with what is to be found is set apart."""

from __future__ import annotations

import pytest

from assistant.question_parts import COMPARES, alone, parts_of, without_calculation


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("Who is Ada's mother? How old is she?", ["Who is Ada's mother?", "How old is she?"]),
        ("When was Einstein born and what is ReAct?", ["When was Einstein born", "what is ReAct?"]),
        ("What is ReAct and when would I use it?", None),
        ("What are pros and cons of kilns?", None),
        ("Hello? Are you there?", None),
    ],
)
def test_a_question_is_parted_where_each_part_is_about_something(question: str, parts: list[str] | None) -> None:
    assert parts_of(question) == ([question] if parts is None else parts)


@pytest.mark.parametrize(
    ("question", "rest", "calculation"),
    [
        ("What is her age raised to the 0.43 power?", "What is her age?", "raised to the 0.43 power"),
        ("What is the height of the kiln times 3?", "What is the height of the kiln?", "times 3"),
        ("What is the age of the potter squared?", "What is the age of the potter?", "squared"),
        ("What happened three times in 2020?", None, ""),
        ("What is 2 times 3?", None, ""),
    ],
)
def test_a_calculation_at_the_end_is_set_apart(question: str, rest: str | None, calculation: str) -> None:
    assert without_calculation(question) == (question if rest is None else rest, calculation)


def test_each_part_stands_alone_with_what_was_asked_before() -> None:
    turns = [{"role": "user", "content": "How hot is stoneware fired?"}, {"role": "assistant", "content": "Very."}]
    assert alone("And porcelain?", turns) == [("And porcelain?", "How hot is stoneware fired? And porcelain?")]
    parts = alone("Who is Ada's mother? How old is she?")
    assert parts[1] == ("How old is she?", "Who is Ada's mother? How old is she?")


@pytest.mark.parametrize(
    "question",
    [
        "How many days are there between the two deadlines?",
        "How many weeks lie between lab 1 and lab 2?",
        "What's the difference in price between the two?",
        "How much older is Rome than Paris?",
        "By how much do the two scores differ?",
        "How far apart are the two deadlines?",
        "What is the sum of the points of both labs?",
    ],
)
def test_a_difference_of_what_is_to_be_found_is_a_calculation(question: str) -> None:
    asked, calculation = without_calculation(question)
    assert asked == question and COMPARES.fullmatch(calculation)
