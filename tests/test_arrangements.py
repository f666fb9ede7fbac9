"""Where and when something is held is told only by what speaks of that thing."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.quoting import answer_from
from assistant.selection import Passage

TEXT = (
    "Classes are held in room A7 of the old brickyard. The written test takes place on 3 May in the chapel. The kiln "
    "is opened on Friday.\n\n```\n"
    "rooms = [('Is the test room free on Friday?', 'room'), ('The room is dark.', 'room')]\n```"
)


def answered(question: str, minilm: Any) -> str | None:
    return answer_from(question, [Passage(1, TEXT, "Course > Rooms and times", 0.6)], minilm)


@pytest.mark.parametrize(
    "question",
    ["What room is the excursion in?", "When is the deadline for the essay?", "What are the office hours?"],
)
def test_of_what_is_never_spoken_of_no_room_and_no_time_is_told(question: str, minilm: Any) -> None:
    assert answered(question, minilm) is None


def test_a_sentence_that_only_counts_the_thing_tells_no_place_of_it(minilm: Any) -> None:
    text = "There are eight labs, one written test and a project in this course. Questions belong in the forum."
    passages = [Passage(1, text, "Course handbook > People, rooms and times", 0.6)]
    assert answer_from("What room is the exam in?", passages, minilm) is None


@pytest.mark.parametrize("question", ["When is the written test?", "When is the exam held?", "Where is the exam?"])
def test_of_what_is_spoken_of_it_is_told_by_another_word_too(question: str, minilm: Any) -> None:
    said = answered(question, minilm) or ""
    assert "3 May" in said and "rooms =" not in said
