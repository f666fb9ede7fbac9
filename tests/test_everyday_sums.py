"""Sums of everyday life become arithmetic where they leave no doubt; other sums in words are told from questions."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.planner import Call, Conclusion, next_step
from assistant.refusal import REFUSAL
from assistant.tools.arithmetic import evaluate
from assistant.tools.asked_arithmetic import expression_in
from assistant.tools.everyday_sums import summed_up
from assistant.tools.spoken import in_signs
from assistant.tools.word_sums import LONGEST_SUM, is_on_that_sum, is_word_sum
from assistant.ways import is_for_agent


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("How much are 3 books at 12.50 each?", "37.50"),
        ("What do four pens cost at $1.20 each?", "4.80"),
        ("I buy two notebooks at three euros each. How much do I pay?", "6"),
        ("If one ticket costs 12 euros, how much do 5 tickets cost?", "60"),
        ("A jacket costs 80 euros and is 25% off. What does it cost?", "60"),
        ("What is the price of an 80 euro jacket with 25% off?", "60"),
        ("What is 100 euros plus 19% VAT?", "119"),
        ("5 boxes at 3 euros a box", "15"),
        ("Split 90 euros between 4 people", "22.50"),
        ("20 euros a month for 12 months", "240"),
        ("What is the percentage change from 40 to 50?", "25"),
        ("If I buy 3 books at 12.50 each and a pen for 1.20, how much is it?", "38.70"),
        ("What's 3 books at $12.50 plus a $1.20 pen?", "38.70"),
        ("What do 2 shirts at 20 euros each, a belt for 15.50 and a 9 euro hat cost?", "64.50"),
        ("A jacket costs 80 euros and is reduced by 25%. What do I pay?", "60"),
        ("The rent was 800 euros and has been raised by 5%. What is the new price?", "840"),
        ("By how much percent did it rise from 40 to 50?", "25"),
        ("By what percentage did the price fall from 50 to 40?", "20"),
        ("I scored 34 out of 50, what percentage is that?", "68"),
        ("What is 18 out of 24 as a percentage?", "75"),
        ("How many percent is 45 of 60?", "75"),
        ("The bill is 84 dollars, split between 6 people", "14"),
        ("Split a bill of 84 dollars between 6 people", "14"),
        ("What is the sum of the first 100 numbers?", "5050"),
        ("Add the numbers from 5 to 8", "26"),
        ("How much is $10 / 4?", "2.50"),
        ("$9 / $2", "4.5"),
        ("0.0015 + 0.0008 dollars", "0.0023"),
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
        "the 3 labs count 20% less",
        "What is a 3 day late lab and a 2 day late lab?",
        "How many points is 3 late days worth?",
        "How much is 3 late days at 10 points each?",
        "How many bits is an IPv6 address?",
        "How many miles is Route 66?",
        "How many feet is K2?",
        "How many bytes are in a SHA-256 hash?",
        "How many grams are in H2O?",
        "How many hours is lab 2?",
        "How many hours a week?",
        "How many hours is a week of labs?",
        "How many days is a lab late after 3 days?",
        "How many words are 1,000 tokens?",
        "What does a call with 1,500 input tokens and 200 output tokens cost?",
        "How much did it cost to train GPT-3 with 175 billion parameters on 300 billion tokens?",
        "By how much percent did accuracy rise from the first to the third version?",
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
        "Convert 10 GB to MB",
        "How many gallons are 3 liters?",
        "Is 91 a prime number?",
        "How much is 3 pens at 1.20 and 2 books at 12?",
        "A pen costs 1.20. What do 4 books cost?",
        "I have 20 euros and spend 7. How much is left?",
    ],
)
def test_a_sum_in_words_is_asked_of_the_course_and_nobody_else(question: str) -> None:
    tools = [{"name": name} for name in ("course_search", "wikipedia", "web_search", "calculate")]
    inputs = {"question": question, "tools": tools, "steps": []}
    first = next_step(inputs, lambda *_: None, lambda *_: 0)
    assert isinstance(first, Call) and first.tool == "course_search"
    passages = [{"marker": 1, "text": "Lab 4 costs 20 points a day."}]
    inputs["steps"] = [{"tool": first.tool, "arguments": dict(first.arguments), "passages": passages}]
    said = next_step(inputs, lambda *_: "Lab 4 costs 20 points a day. [1]", lambda *_: 0)
    assert isinstance(said, Conclusion) and said.answer == REFUSAL
    assert is_for_agent(question, outside=False)


def test_the_course_answers_a_sum_that_is_its_own() -> None:
    question = "A binder costs 3 euros and one in five is free. How much do 10 binders cost?"
    assert is_word_sum(question)
    assert is_on_that_sum(question, "Ten binders cost 24 euros, as two of five are free.")
    assert not is_on_that_sum(question, "Ten lessons cost 24 euros.")


def test_no_question_on_the_sample_course_is_a_sum() -> None:
    rows = (Path(__file__).parent / "data" / "sample_questions.jsonl").read_text("utf-8").splitlines()
    asked = [json.loads(row)["question"] for row in rows]
    assert [q for q in asked if is_word_sum(q) or expression_in(q)] == []


@pytest.mark.parametrize(
    "text", ["3 km, ", "how many ", "what 1 ", "1,000", "the 3 ", "$1", "sum of all numbers ", ",", " ", "a "]
)
def test_a_long_text_is_looked_at_in_no_time(text: str) -> None:
    began = time.process_time()
    for said in (text * 20_000)[:20_000], (text * 20_000)[:LONGEST_SUM], (text * 300)[:300]:
        assert not is_word_sum(said) and expression_in(said) is None and isinstance(in_signs(said), str)
    assert time.process_time() - began < 2
