"""What shares the words of a question for somebody, and not the deed of that thing, is no answer to it."""

from __future__ import annotations

import pytest

from assistant.relations import relation_asked, role_told_by


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("Who invented the kettle?", "The kettle was devised by Ada Brook.", 1),
        ("Who was the inventor of the kettle?", "Ada Brook came up with the kettle.", 1),
        ("Who came up with the kettle?", "Ada Brook is credited with inventing the kettle.", 1),
        ("Who invented the kettle?", "Tom Vance did not invent the kettle.", -1),
        ("Who invented the kettle?", "Tom Vance improved the kettle.", 0),
        ("Who invented the kettle?", "Tom Vance invented the kettle whistle in 1889.", -1),
        ("Who invented the kettle whistle?", "Tom Vance invented the steam kettle whistle.", 1),
        ("Who introduced slow glazing?", "Fast glazing was introduced by Ada Brook.", -1),
        ("Did Vance invent the kettle?", "Vance did not invent the kettle.", 1),
        ("Who lost the Harbour Cup?", "The Rovers lost their opening match of the season.", -1),
        ("Who won the Harbour Cup?", "In the Harbour Cup the Rovers won the match 3-1.", 1),
        ("Who won the Harbour Cup?", "The Rovers won match 3 of the season.", -1),
        ("Who lost the Harbour Cup?", "The Rovers won the Harbour Cup against the Wanderers.", 1),
        ("Who invented slow glazing?", "Slow glazing is a method by Ada Brook.", 1),
        ("Who invented slow glazing?", "Slow glazing is due to Ada Brook.", 1),
        ("Who invented slow glazing?", "Slow glazing is a method used by Ada Brook.", 0),
        ("Who wrote the handbook?", "The handbook is by Ada Brook.", 1),
        ("Who invented slow glazing?", "A talk on slow glazing by Ada Brook is online.", 0),
        ("Who lost the Harbour Cup?", "In the Harbour Cup the Rovers beat the Wanderers.", 1),
    ],
)
def test_a_deed_is_told_of_the_thing_that_is_asked_about(question: str, text: str, expected: int) -> None:
    asked = relation_asked(question)
    assert asked is not None
    assert asked.told_by(text) == expected


def test_the_sentence_before_says_what_it_is_that_was_done() -> None:
    asked = relation_asked("Who proposed slow glazing?")
    assert asked is not None
    assert asked.told_by("It was introduced by Ada Brook.", "Slow glazing takes a week.") == 1
    assert asked.told_by("It was introduced by Ada Brook.", "Clay is dug here.") == 0


@pytest.mark.parametrize("question", ["What is a kettle?", "How do I glaze a pot?", "Who?", "When is lab 3 due?"])
def test_what_asks_for_nobody_asks_for_no_relation(question: str) -> None:
    assert relation_asked(question) is None


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("Captain of the Rovers?", "Tom Vance is the captain.", 1),
        ("Who is the captain of the Rovers?", "Ada Brook was the captain of the Rovers until 1996.", -1),
        ("What is the captain of the Rovers called?", "Ada Brook, the former captain, lives in Elm Park.", -1),
        ("Who is the Rovers' captain?", "Ada Brook was the captain of the Rovers until 1996.", -1),
        ("Which player is Northport's captain?", "The captain is Tom Vance.", 1),
        ("Who was the captain of the Rovers?", "Ada Brook was the captain of the Rovers until 1996.", 0),
        ("Who was captain of the Rovers before Vance?", "Ada Brook was the captain until 1996.", 1),
        ("Who was captain of the Rovers before Vance?", "The captain of the Rovers is Tom Vance.", -1),
        ("Who was captain of the Rovers before Vance?", "The captain is Tom Vance, who succeeded Brook.", 1),
        ("Captain of the Rovers?", "The Rovers play at Elm Park.", 0),
    ],
)
def test_a_role_is_asked_for_as_it_is_now(question: str, text: str, expected: int) -> None:
    assert role_told_by(question, text) == expected


@pytest.mark.parametrize(
    ("question", "sentence", "told"),
    [
        ("Who invented the telephone?", "It was not until 1876 that Bell invented the telephone.", 1),
        ("Who invented the telephone?", "Bell did not only invent the telephone.", 1),
        ("Who won the final?", "England was beaten in the final.", 0),
        ("Who won the final?", "England was beaten by Spain in the final.", 1),
        ("Who lost the final?", "England was beaten in the final.", 1),
        ("Who invented ReAct?", "ReAct invented fewer facts than chain of thought.", 0),
        ("Who invented ReAct?", "An invented result is a mistake with ReAct.", 0),
        ("Who invented ReAct?", "ReAct was invented by Yao.", 1),
        ("Who teaches the course?", "The lecturer is Dr. Ann Lind.", 1),
        ("Who introduced ReAct?", "At present ReAct is common.", 0),
        ("Who introduced ReAct?", "Yao et al. presented ReAct in 2022.", 1),
    ],
)
def test_words_that_only_look_like_the_deed_or_its_denial(question: str, sentence: str, told: int) -> None:
    relation = relation_asked(question)
    assert relation is not None and relation.told_by(sentence) == told


@pytest.mark.parametrize(
    ("question", "sentence", "told"),
    [
        ("What is the learning rate of the baseline?", "0.001 was the learning rate of the baseline.", 0),
        ("What is the topic of lecture 3?", "Kilns were the topic of lecture 3.", 0),
        ("Who is the head of the department?", "In 2020 Ann Lind was elected head of the department.", 1),
        ("Who is the head of the department?", "Ann Lind was head of the department.", -1),
    ],
)
def test_only_of_what_is_held_for_a_time_does_the_past_tell_an_end(question: str, sentence: str, told: int) -> None:
    assert role_told_by(question, sentence) == told
