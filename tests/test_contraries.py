"""Contraries: what says that something else did it, or does not do it, is no answer."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.contraries import exclusives, what_not
from assistant.quoting import answer_from
from assistant.selection import Passage

CUP = (
    "The 1998 Harbour Cup was won by Northport Rovers. The match took place at Elm Park in front of 23,000 people. "
    "Tom Vance was the captain of Northport. The trophy was handed over by the mayor."
)
DATES = (
    "The autumn term starts on 6 October. Lab 3 is due on 4 November. The lecture is on Tuesday in room B-204. "
    "Students may use language models in lab work. The maximum score is 100 points."
)
KILNS = (
    "An electric kiln heats by coils in its walls. It needs no chimney, and most potters at home have one. "
    "A gas kiln needs a chimney and a permit. A wood kiln is fired for three days."
)


def answered(question: str, text: str, heading: str, minilm: Any) -> str | None:
    cosine = float(minilm.embed_texts([f"{heading}\n{text}"])[0] @ minilm.embed_query(question))
    return answer_from(question, [Passage(1, text, heading, cosine)], minilm)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Who lost the 1998 Harbour Cup?", CUP),
        ("Who was the runner-up of the 1998 Harbour Cup?", CUP),
        ("Who coached Northport in the 1998 Harbour Cup?", CUP),
        ("Who owns the Northport Rovers?", CUP),
        ("When does the spring term start?", DATES),
        ("When is lab 4 due?", DATES),
        ("What is the minimum score?", DATES),
        ("What may students not use in lab work?", DATES),
        ("Which kiln does not have coils in its walls?", KILNS),
        ("Which kiln doesn't need a permit?", KILNS),
    ],
)
def test_what_says_the_contrary_or_another_deed_is_no_answer(question: str, text: str, minilm: Any) -> None:
    heading = {CUP: "1998 Harbour Cup", DATES: "Course > Dates", KILNS: "Kiln"}[text]
    assert answered(question, text, heading, minilm) is None


@pytest.mark.parametrize(
    ("question", "text", "says"),
    [
        ("Who won the 1998 Harbour Cup?", CUP, "won by Northport"),
        ("Who was the captain of Northport?", CUP, "Tom Vance"),
        ("When does the autumn term start?", DATES, "6 October"),
        ("When is lab 3 due?", DATES, "4 November"),
        ("What is the maximum score?", DATES, "100 points"),
        ("Which kiln does not need a chimney?", KILNS, "needs no chimney"),
        ("Which kiln needs a permit?", KILNS, "gas kiln"),
    ],
)
def test_what_is_said_is_answered_all_the_same(question: str, text: str, says: str, minilm: Any) -> None:
    heading = {CUP: "1998 Harbour Cup", DATES: "Course > Dates", KILNS: "Kiln"}[text]
    assert says in (answered(question, text, heading, minilm) or "")


@pytest.mark.parametrize("question", ["Who lost the 1998 Harbour Cup?", "Which team lost the 1998 Harbour Cup?"])
@pytest.mark.parametrize(
    "text",
    [
        "The Rovers defeated the Dockers in the 1998 Harbour Cup.",
        "The match took place at Elm Park. The Rovers overcame the Dockers 3-1.",
        "The match took place at Elm Park. The Rovers prevailed over the Dockers.",
        "The match took place at Elm Park. It was a victory over the Dockers for the Rovers.",
        "The match took place at Elm Park. The Dockers were outplayed by the Rovers.",
    ],
)
def test_a_victory_over_somebody_tells_who_lost(question: str, text: str, minilm: Any) -> None:
    said = answered(question, text, "1998 Harbour Cup", minilm) or ""
    assert "Dockers" in said


def test_who_won_alone_tells_not_who_lost(minilm: Any) -> None:
    assert answered("Which team lost the 1998 Harbour Cup?", CUP, "1998 Harbour Cup", minilm) is None


MARKS = (
    "The final exam counts one half of the mark. Every essay is graded by two people within ten days. {} "
    "Late assignments lose ten percent a day."
)


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("Which assignments are not marked?", "Quizzes are not marked."),
        ("Which assignments are not marked?", "The weekly quizzes are not graded; they are for practice."),
        ("What is not graded?", "The homework on glazes is ungraded."),
    ],
)
def test_what_is_not_done_is_said_of_one_of_its_kind(question: str, says: str, minilm: Any) -> None:
    said = answered(question, MARKS.format(says), "Course > Marks of assignments", minilm)
    assert (said or "").startswith(says)


def test_what_is_not_done_to_something_of_another_kind_is_no_answer(minilm: Any) -> None:
    text = "The lawn is mown on Friday. Its edges are not marked. The gate is locked at ten."
    assert answered("Which assignments are not marked?", text, "Course > Garden", minilm) is None


@pytest.mark.parametrize(
    "question",
    [
        "Is the reading room open on Sunday?",  # "closed on Sunday" answers that
        "Why do we shrink the steps?",
        "What separates the input from the output?",
        "How do I start the server?",
    ],
)
def test_a_question_that_the_contrary_may_answer_excludes_nothing(question: str) -> None:
    assert exclusives(question) == []


def test_a_label_in_a_list_or_a_span_is_met() -> None:
    (lab,) = exclusives("When is lab 4 due?")
    assert not any(map(lab.rules_out, ("Labs 3 and 4 are due.", "Labs 3 to 5 are due.", "It is due.")))
    assert lab.rules_out("Lab 3 is due.")


@pytest.mark.parametrize(
    "question",
    [
        "What should I do when it does not answer?",
        "Why does it not answer?",
        "Does it not answer?",
        "What is not only quick?",
    ],
)
def test_a_no_elsewhere_in_a_question_asks_for_no_negation(question: str) -> None:
    assert what_not(question) is None


def test_what_is_said_not_to_be_is_no_contrary() -> None:
    (forbidden,) = exclusives("What is forbidden in the test?")
    assert not forbidden.rules_out("Assistants are not allowed in the test.")
    assert forbidden.rules_out("Dictionaries are allowed in the test.")


@pytest.mark.parametrize(
    "question", ["When does the autumn session end?", "How many tokens drop out?", "What does raise do?"]
)
def test_words_of_other_meanings_exclude_nothing(question: str) -> None:
    assert all("autumn" in asked.wanted for asked in exclusives(question))


@pytest.mark.parametrize(
    ("question", "text", "begins"),
    [
        (
            "Who invented the kettle?",
            "Tom Vance did not invent the kettle. Rosa Hill improved the kettle with a lid. The kettle was devised by "
            "Ada Brook in 1871. Tom Vance invented the kettle whistle.",
            "The kettle was devised by Ada Brook",
        ),
        (
            "What room is the viva in?",
            "Seminars take place in room A7. The viva is held on 3 May in the chapel. Help is given in room F2.",
            "The viva is held on 3 May in the chapel.",
        ),
        (
            "Which method does not need a scale?",
            "Coiling was brought here in 1920. Pinching does not need a scale. Casting needs a scale.",
            "Pinching does not need a scale.",
        ),
        (
            "Which pot is not mandatory?",
            "Pot 3 is mandatory. Pot 1 is optional. Pots are graded by two people.",
            "Pot 1 is optional.",
        ),
        (
            "Which vessel does not have a foot ring?",
            "Tea is served at four. Yunomi do not have a foot ring. Saucers have a foot ring.",
            "Yunomi do not have a foot ring.",
        ),
        (
            "Who was captain of the guild before Ada Brook?",
            "The captain of the guild is Ada Brook. Tom Vance was the captain of the guild until 1996. Tea is served.",
            "Tom Vance was the captain of the guild until 1996.",
        ),
        (
            "How often may I be absent?",
            "You can be absent for any reason. At most two absences are excused. There are 14 evenings.",
            "At most two absences are excused.",
        ),
        (
            "How many seminars may I miss?",
            "There are twelve seminars in the term. Two may be missed without an excuse. The seminars are in room 12.",
            "Two may be missed",
        ),
        (
            "How many seminars can I skip?",
            "There are twelve seminars in the term. Up to two absences are excused. The seminars are in room 12.",
            "Up to two absences",
        ),
        (
            "What is the email of the potter?",
            "The potter is Ada Brook. You can write to ada@example.org. The kiln is watched by Tom Vance.",
            "The potter is Ada Brook. [1] You can write to ada@example.org.",
        ),
        (
            "How many points do I lose for a late pot?",
            "A late pot costs 10 points. Pots win prizes.",
            "A late pot costs 10",
        ),
    ],
)
def test_what_has_the_words_for_another_thing_opens_no_answer(
    question: str, text: str, begins: str, minilm: Any
) -> None:
    answer = answered(question, text, "Course > Pots", minilm)
    assert answer is not None
    assert answer.startswith(begins)
