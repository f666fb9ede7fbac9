"""Questions made of the material: as somebody would ask them, and none that nothing stands behind."""

from __future__ import annotations

import pytest

from index_store.chunks import Chunk
from index_store.locators import Locator
from ui.heading_questions import question_of
from ui.next_questions import candidates, meaning_asked


@pytest.mark.parametrize(
    ("heading", "text", "question"),
    [
        ("When not to use a kiln", "", "When should I not use a kiln?"),
        ("3.2 How to glaze a bowl", "", "How do I glaze a bowl?"),
        ("Is clay a rock?", "", "Is clay a rock?"),
        ("How a bowl is fired", "", "How is a bowl fired?"),
        ("How hot is the kiln?", "", "How hot is the kiln?"),
        ("Why fire twice?", "", "Why fire twice?"),
        ("Why wide shelves help", "", "Why do wide shelves help?"),
        ("What a kiln is", "A kiln is an oven for clay.", "What is a kiln?"),
        ("What the workshop is about", "", "What is the workshop about?"),
        ("How to find examples", "", "How do I find examples?"),
        ("Kilns", "Kilns are the ovens that clay is fired in.", "What are kilns?"),
        ("Kiln", "A kiln is an oven for clay.", "What is a kiln?"),
        ("Shelf", "In a shelf, a plate is the part that carries a pot.", None),
        ("Raku versus salt firing", "Raku is quicker than salt firing.", "How does Raku differ from salt firing?"),
        ("Raku versus salt firing", "Raku is quick.", None),
        ("Kiln furniture", "Put kiln furniture in.", "What should I know about kiln furniture?"),
        ("The wheel and the splash pan", "", "What should I know about the wheel and the splash pan?"),
        ("Common faults", "", "What are common faults?"),
        ("Rules on using the kiln", "", "What are the rules on using the kiln?"),
        ("Tools that every potter needs", "", "Which tools does every potter need?"),
        ("Glazes that you can eat from", "", None),
        ("Glazes that run", "", "Which glazes run?"),
        ("Wedging", "", "How does wedging work?"),
        ("Testing a glaze", "", "How do I go about testing a glaze?"),
        ("Glazes crawl in three ways", "", None),
        ("After firing", "", None),
        ("A fired pot", "", None),
        ("A worked example", "", None),
        ("The checklist", "", None),
        ("Summary", "", None),
        ("Lab 5", "", None),
        ("A heading that is much too long for anybody to want it explained", "", None),
    ],
)
def test_a_heading_becomes_what_somebody_would_ask_or_nothing(heading: str, text: str, question: str | None) -> None:
    made = question_of(heading, [text])
    assert (made[0] if made else None) == question


@pytest.mark.parametrize(
    "sentence",
    [
        "This is a kiln.",
        "The man at the kiln is a potter.",
        "There are the bowls.",
        "Fire it when the kiln is hot.",
        "Pots that nobody glazes are a waste.",
        "A log of firings is the best teacher.",
        "",
    ],
)
def test_no_meaning_is_asked_where_a_sentence_defines_nothing(sentence: str) -> None:
    assert meaning_asked(sentence) == ""


def chunk(number: int, heading: str, text: str) -> Chunk:
    place = Locator(headings=(heading,))
    return Chunk(text, text, 0, place, "s", "clay.md", "Clay", "prose", f"s{number}", number)


def test_suggestions_are_of_what_was_not_used_in_several_forms_and_not_what_was_asked() -> None:
    chunks = [
        chunk(0, "Kilns", "A kiln is an oven for clay."),
        chunk(1, "When to use raku firing", "Use raku for quick work. Raku is a way of firing."),
        chunk(2, "How to glaze", "Dip it."),
        chunk(3, "Slip casting", "Slip is a liquid clay. Pour it."),
    ]
    made = [c.question for c in candidates(chunks, {chunks[0].id}, ["What is slip?"])]
    assert made[:3] == ["When should I use raku firing?", "What is raku?", "How does slip casting work?"]
    assert not {"What is slip?", "What is a kiln?"} & set(made)


def test_what_was_asked_in_other_words_is_not_suggested_and_what_was_not_asked_of_the_same_thing_is() -> None:
    chunks = [
        chunk(0, "What raku firing is", "Raku firing is a way of firing."),
        chunk(1, "When to use raku firing", "Use it for quick work."),
        chunk(2, "When not to use raku firing", "Not for plates."),
    ]
    made = candidates(chunks, set(), ["What exactly is raku firing and when would I take it?"])
    assert [c.question for c in made] == ["When should I not use raku firing?"]


def test_of_one_thing_one_question_is_made_and_none_that_needs_the_turn_before() -> None:
    chunks = [
        chunk(0, "Kilns", "Kilns are the ovens that clay is fired in. A kiln is an oven for clay."),
        chunk(1, "What to record", "The heat."),
        chunk(2, "What is 3 * 4?", "Twelve."),
    ]
    assert [c.question for c in candidates(chunks, set(), [])] == ["What are kilns?"]
