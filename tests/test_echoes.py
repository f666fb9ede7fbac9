"""A question that stands in the material: what follows it is quoted, never the question itself."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.quoting import answer_from
from assistant.selection import Passage

INLINE = (
    "Do I need an apron? Yes, everyone must bring an apron and a towel to the throwing class. "
    "Is there parking? Cars may stand behind the hall from six o'clock."
)
HEADED = (
    "## Do I need a student card?\nYes. The workshop door opens with a student card only.\n\n"
    "## Is the hall heated?\nThe hall is heated from October to April."
)
LABELLED = (
    "Q: How long does a glaze firing take?\nA: A glaze firing takes eleven hours.\n"
    "Q: Who loads the kiln?\nA: The technician loads the kiln."
)
BOLD = "**Can I bring a guest?** Guests may come to the open evening on Fridays.\n\nThe glaze store is locked at night."


@pytest.mark.parametrize(
    ("text", "question", "begins"),
    [
        (INLINE, "Do I need an apron?", "Yes, everyone must bring an apron and a towel to the throwing class. [1]"),
        (INLINE, "Is there parking?", "Cars may stand behind the hall from six o'clock. [1]"),
        (HEADED, "Do I need a student card?", "Yes. [1] The workshop door opens with a student card only. [1]"),
        (BOLD, "Can I bring a guest?", "Guests may come to the open evening on Fridays. [1]"),
        (LABELLED, "How long does a glaze firing take?", "- A: A glaze firing takes eleven hours. [1]"),
    ],
)
def test_what_follows_the_asked_question_is_the_answer(minilm: Any, text: str, question: str, begins: str) -> None:
    said = answer_from(question, [Passage(1, text, "Questions", 0.7)], minilm)
    assert said is not None and said.startswith(begins)
    assert "?" not in said


def test_a_list_behind_its_question_is_given_as_a_list(minilm: Any) -> None:
    text = "## What do I bring to the course?\n\n- An apron to the course\n- A towel for the clay\n- Your own sponge"
    said = answer_from("What do I bring to the course?", [Passage(1, text, "Course", 0.7)], minilm)
    assert said is not None and "apron" in said and "towel" in said


def test_the_next_topic_of_an_agenda_is_no_answer(minilm: Any) -> None:
    text = "- What is a glaze?\n- Loading the kiln with glazed ware\n\nA glaze is a thin layer of glass on a pot."
    said = answer_from("What is a glaze?", [Passage(1, text, "Glazes", 0.7)], minilm)
    assert said is not None and said.startswith("A glaze is a thin layer of glass on a pot.")


def test_what_puts_an_answer_off_is_not_taken_for_one(minilm: Any) -> None:
    text = "What is a glaze? We come to that next week.\n\nA glaze is a thin layer of glass on a pot."
    said = answer_from("What is a glaze?", [Passage(1, text, "Glazes", 0.7)], minilm)
    assert said is not None and said.startswith("A glaze is a thin layer of glass on a pot.")


def test_an_answer_in_a_list_is_given_with_all_that_its_item_says(minilm: Any) -> None:
    text = "- **Do I need an apron?** Yes. Everyone brings an apron.\n- **Who loads the kiln?** The technician."
    said = answer_from("Do I need an apron?", [Passage(1, text, "Questions", 0.7)], minilm)
    assert said is not None and "Yes." in said and "brings an apron" in said and "technician" not in said


def test_a_question_that_nothing_answers_there_is_no_support(minilm: Any) -> None:
    text = "Do I need an apron?\n\nWhy does clay shrink?\n\nThe dog of the caretaker is called Bruno."
    assert answer_from("Do I need an apron?", [Passage(1, text, "Quiz", 0.5)], minilm) is None


def test_the_yes_of_another_question_is_not_quoted(minilm: Any) -> None:
    text = "## Do I need a card?\n\nYes. The door opens with a card only.\n\n## Is there parking?\n\nUse the tram."
    said = answer_from("Is there parking?", [Passage(1, text, "Questions", 0.7)], minilm)
    assert said is not None and said.startswith("Use the tram.") and "Yes." not in said
