"""A turn is asked again in the way in which it was answered, after what was said before it."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.evaluation.replay import said_before, way_of


def turn(at: float, question: str, answer: str = "Yes.", **more: Any) -> dict[str, Any]:
    about = {"kind": "ask", "searched": None, "evaluation": None}
    return {**about, "started_at": at, "question": question, "answer": answer, **more}


@pytest.mark.parametrize(
    ("kind", "spans", "way"),
    [
        ("ask", ["retriever", "judge"], "course"),
        ("ask", [], "course"),  # it was refused, or stopped: what was not asked outside is not asked there now
        ("ask", ["retriever", "agent", "tool"], "auto"),
        ("agent", [], "agent"),
    ],
)
def test_a_turn_reaches_no_further_than_it_did(kind: str, spans: list[str], way: str) -> None:
    assert way_of({"kind": kind, "spans": [{"kind": span} for span in spans]}) == way


def test_what_was_said_before_is_said_before_again() -> None:
    turns = [turn(3, "And half of that?"), turn(1, "What is 17 * 23?", "391"), turn(2, "Stopped.", "")]
    assert said_before(turns[0], turns) == [
        {"role": "user", "content": "What is 17 * 23?"},
        {"role": "assistant", "content": "391"},
    ]


def test_what_the_user_took_back_was_not_said_before() -> None:
    turns = [turn(3, "And half of that?"), turn(2, "What is 2 * 2?", "4", left_out=True), turn(1, "17 * 23?", "391")]
    assert [said["content"] for said in said_before(turns[0], turns)] == ["17 * 23?", "391"]


def test_a_question_that_stands_alone_needs_nothing_before_it() -> None:
    turns = [turn(1, "What is RAG?"), turn(2, "And its limits?", searched="What are the limits of RAG?")]
    assert said_before(turns[1], turns) == []


def test_the_rows_of_an_evaluation_are_no_conversation() -> None:
    turns = [turn(n, f"Question {n}?", evaluation={"run": "r", "row": str(n)}) for n in (1, 2)]
    assert said_before(turns[1], turns) == []
