"""Arithmetic in words becomes arithmetic in signs; what is none stays none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.tools.arithmetic import evaluate
from assistant.tools.asked_arithmetic import expression_in
from assistant.tools.spoken import in_signs


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("what's seventeen times twenty-three", "391"),
        ("What is seven plus five?", "12"),
        ("What is twelve percent of 80?", "9.6"),
        ("How much is 20% off 59.99?", "47.99"),
        ("What's a 15% tip on 48?", "7.20"),
        ("increase 80 by 15%", "92"),
        ("reduce 200 by ten percent", "180"),
        ("What is half of 36?", "18"),
        ("three quarters of 200", "150"),
        ("a third of ninety", "30"),
        ("What is the square root of one hundred and forty-four?", "12"),
        ("twelve squared", "144"),
        ("What is 5 factorial?", "120"),
        ("2 to the 10th power", "1024"),
        ("two to the third power", "8"),
        ("What is 27 raised to the 0.43 power?", "4.12559335213"),
        ("What's 3.5 million divided by 7?", "500000"),
        ("What is 4% of 12 million?", "480000"),
        ("Add 5, 6 and 7", "18"),
        ("What is the sum of one thousand two hundred and thirty-four and 6?", "1240"),
        ("multiply six by seven", "42"),
        ("subtract 5 from 12", "7"),
        ("What is the difference between 5 and 8?", "-3"),
        ("divide a hundred by eight", "12.5"),
        ("What's the average of 3, 4 and 8?", "5"),
        ("remainder of 17 divided by 5", "2"),
        ("What percentage of 80 is 20?", "25"),
        ("20 is what percent of 80?", "25"),
        ("double one point five", "3"),
        ("a dozen times 4", "48"),
        ("minus five plus three", "-2"),
        ("What is 15% of 80, plus 4?", "16"),
    ],
)
def test_arithmetic_in_words_is_understood(question: str, value: str) -> None:
    expression = expression_in(question)
    assert expression is not None and evaluate(expression) == value


@pytest.mark.parametrize(
    "question",
    [
        "What is one?",
        "What is zero-shot prompting?",
        "What are the three parts of RAG?",
        "What is the difference between one-shot and few-shot?",
        "Is one better than two?",
        "What are two or three examples of ReAct?",
        "What is 10% of the points for lesson 3?",
        "Is 17 prime?",
        "Five times as good",
        "What is two and two?",
        "one hundred",
        "a third",
    ],
)
def test_what_only_sounds_like_it_is_none(question: str) -> None:
    assert expression_in(question) is None


def test_no_labelled_question_is_taken_for_arithmetic(shared: Path) -> None:

    for name in ("qa", "papers"):
        rows = (shared / "eval" / name / "dev.jsonl").read_text("utf-8").splitlines()
        assert [q for row in rows if expression_in(q := json.loads(row)["question"])] == []


@given(st.integers(0, 10**12), st.integers(1, 10**6))
def test_numbers_before_a_scale_are_whole(many: int, other: int) -> None:
    assert evaluate(str(expression_in(f"What is {many} million plus {other}?"))) == str(many * 10**6 + other)


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    assert isinstance(in_signs(text), str)
