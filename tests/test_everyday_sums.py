"""Sums of everyday life become arithmetic where they leave no doubt; other sums in words are told from questions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.planner import Call, Conclusion, next_step
from assistant.tools.arithmetic import evaluate
from assistant.tools.asked_arithmetic import expression_in
from assistant.tools.everyday_sums import is_word_sum, summed_up


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("How much are 3 books at 12.50 each?", "37.5"),
        ("What do four pens cost at $1.20 each?", "4.8"),
        ("I buy two notebooks at three euros each. How much do I pay?", "6"),
        ("If one ticket costs 12 euros, how much do 5 tickets cost?", "60"),
        ("A jacket costs 80 euros and is 25% off. What does it cost?", "60"),
        ("What is the price of an 80 euro jacket with 25% off?", "60"),
        ("What is 100 euros plus 19% VAT?", "119"),
        ("5 boxes at 3 euros a box", "15"),
        ("Split 90 euros between 4 people", "22.5"),
        ("20 euros a month for 12 months", "240"),
        ("What is the percentage change from 40 to 50?", "25"),
        ("10 / 4 rounded up", "3"),
        ("What is 7 divided by 2, rounded down?", "3"),
        ("What is 10/3 rounded to two decimals?", "3.33"),
        ("What is 1234 rounded to the nearest hundred?", "1200"),
    ],
)
def test_an_everyday_sum_is_calculated(question: str, value: str) -> None:
    expression = expression_in(question)
    assert expression is not None and evaluate(expression) == value


@pytest.mark.parametrize(
    "question",
    [
        "How many points do I lose for a lab that is 3 days late?",
        "Is GPT-4 better than 3 small models at 7B each?",
        "What are 3 examples of few-shot prompts?",
        "How much does a 10% discount cost?",
        "How many labs at 10 points each are there?",
        "How much is left in 2023?",
        "2 weeks at 50 a day",
        "10 cookies at 3 per dozen",
        "120 km at 60 per hour",
    ],
)
def test_a_question_for_the_course_is_no_sum(question: str) -> None:
    assert expression_in(question) is None and not is_word_sum(question)


@given(st.integers(1, 999), st.integers(1, 99_999), st.sampled_from(["books", "train tickets", "labs"]))
def test_a_price_times_a_count_is_their_product(many: int, price: int, things: str) -> None:
    said = summed_up(f"{many} {things} at {price / 100:.2f} each")
    assert said is not None and abs(float(evaluate(said)) - many * price / 100) < 1e-6


@pytest.mark.parametrize(
    "question",
    [
        "Convert 10 km to miles",
        "A pen costs 1.20. What do 4 books cost?",
        "I have 20 euros and spend 7. How much is left?",
    ],
)
def test_a_sum_in_words_is_asked_of_the_course_and_nobody_else(question: str) -> None:
    tools = [{"name": name} for name in ("course_search", "wikipedia", "web_search", "calculate")]
    inputs = {"question": question, "tools": tools, "steps": []}
    first = next_step(inputs, lambda *_: None, lambda *_: 0)
    assert isinstance(first, Call) and first.tool == "course_search"
    inputs["steps"] = [{"tool": first.tool, "arguments": dict(first.arguments), "passages": []}]
    assert isinstance(next_step(inputs, lambda *_: None, lambda *_: 0), Conclusion)
