"""Definitions: which question asks for one, and which sentence gives it."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.definitions import WHAT_IT_DOES, defines, term_asked
from assistant.selection import Passage, candidates_of


@pytest.mark.parametrize(
    ("question", "term"),
    [
        ("What is a kiln?", "kiln"),
        ("what's raku", "raku"),
        ("What are kilns?", "kilns"),
        ("Please define bisque firing.", "bisque firing"),
        ("Can you explain slip casting?", "slip casting"),
        ("what does PCE mean?", "PCE"),
        ("What is meant by sgraffito?", "sgraffito"),
        ("What is a kiln, and how hot is it?", ""),
        ("Why is a kiln hot?", ""),
        ("What is fired in it when the door is open for a day?", ""),
    ],
)
def test_a_question_for_a_meaning_has_a_term(question: str, term: str) -> None:
    assert term_asked(question) == term


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("A kiln is an oven that hardens clay.", "kilns"),
        ("**Raku** is a way of firing.", "raku"),
        ("Pyrometric cone equivalent, or PCE, means the heat that bends a cone.", "PCE"),
        ("The pyrometric cone equivalent is a measure of heat.", "PCE"),
        ("Pyrometric cone equivalent (PCE) is when the cone bends.", "pyrometric cone equivalent"),
        ("Sgraffito, short for scratched ware, cuts through the slip.", "sgraffito"),
        ("Slip-casting methods are those that use a mould.", "slip casting"),
        ("Bisque firing refers to the first firing.", "bisque firing"),
    ],
)
def test_a_definition_is_told(text: str, term: str) -> None:
    assert defines(text, term) == 1.0


@pytest.mark.parametrize(
    ("text", "term", "expected"),
    [
        ("Bisque firing turns dry clay into pottery.", "bisque firing", WHAT_IT_DOES),
        ("Bisque firing (the first one) drives out the water.", "bisque firing", WHAT_IT_DOES),
        ("Bisque firing helps most with thick walls.", "bisque firing", 0.0),
        ("Bisque firing is one of the oldest crafts.", "bisque firing", 0.0),
        ("Glaze firing is a second firing.", "bisque firing", 0.0),
        ("Kilns are hot.", "kiln", 0.0),
        ("Raku pots are loved.", "raku", 0.0),
        ("Open the kiln, which is an oven.", "kiln", 0.0),
        ("", "kiln", 0.0),
        ("A kiln is an oven.", "the", 0.0),
    ],
)
def test_what_a_thing_does_is_less_and_what_is_said_of_it_nothing(text: str, term: str, expected: float) -> None:
    assert defines(text, term) == expected


def test_a_definition_comes_before_what_is_only_as_near(minilm: Any) -> None:
    meaning = "Raku means taking pots out of the fire while they glow, so that smoke marks them."
    passages = [Passage(1, f"Raku pots, raku glazes, raku kilns: all of raku. {meaning}", "Ways of firing", 0.6)]
    assert candidates_of("What is raku?", passages, minilm)[0].unit.text == meaning
    assert candidates_of("Which raku is there?", passages, minilm)[0].unit.text != meaning
