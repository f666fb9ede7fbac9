"""Whether something is needed: which questions ask it, and which sentences say it."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.demands import demanded, demands
from assistant.quoting import answer_from
from assistant.selection import Passage

RULES = """- No mobile phones in the kiln room
- Every pot carries the name of its maker
- Ask the technician before you open a door
- Bring an apron and old shoes to the first class
"""


@pytest.mark.parametrize(
    ("question", "thing"),
    [
        ("Do I need a laptop?", "laptop"),
        ("do students need their own aprons for the first class?", "apron"),
        ("Do we have to bring a camera?", "camera"),
        ("Must I buy the textbook?", "textbook"),
        ("Is a microphone required?", "microphon"),
        ("Are goggles mandatory in the lab?", "goggl"),
    ],
)
def test_a_question_for_the_need_of_something_names_it(question: str, thing: str) -> None:
    assert thing in demanded(question)


@pytest.mark.parametrize(
    "question",
    [
        "How many points do I need to pass the course?",
        "When should I avoid ReAct?",
        "Which temperature should I use?",
        "What is a laptop?",
        "Do I need?",
        "Is attention all you need?",
        "Should I teach the model this term's rules?",
    ],
)
def test_other_questions_ask_no_need(question: str) -> None:
    assert not demanded(question)


@pytest.mark.parametrize(
    "text",
    [
        "Bring a laptop with Python 3.11.",
        "Students should have a laptop.",
        "You do not need a laptop.",
        "A laptop is required.",
        "A laptop of your own is not necessary.",
        "Please bring your own laptop.",
        "Everyone must bring a charged laptop.",
    ],
)
def test_a_sentence_that_demands_it_of_the_reader_says_it(text: str) -> None:
    assert demands(text, demanded("Do I need a laptop?"))


@pytest.mark.parametrize(
    "text",
    [
        "The run needs about 35 minutes on a laptop.",
        "This is fast enough on a laptop.",
        "The server needs a laptop beside it.",
        "Bring a tablet.",
        "You need patience. A laptop is grey.",
        "",
    ],
)
def test_a_sentence_that_demands_something_else_or_of_somebody_else_does_not(text: str) -> None:
    assert not demands(text, demanded("Do I need a laptop?"))


@pytest.mark.parametrize("question", ["Do I need an apron?", "Is an apron required?", "Do I have to bring old shoes?"])
def test_what_a_list_of_rules_demands_is_answered(question: str, minilm: Any) -> None:
    said = answer_from(question, [Passage(1, RULES, "Pottery > House rules", 0.2)], minilm)
    assert said == "- Bring an apron and old shoes to the first class [1]"


@pytest.mark.parametrize("question", ["Do I need a hat?", "Do I need a camera?", "Is a bicycle required?"])
def test_what_no_rule_demands_is_not(question: str, minilm: Any) -> None:
    assert answer_from(question, [Passage(1, RULES, "Pottery > House rules", 0.2)], minilm) is None
