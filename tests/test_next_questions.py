"""Questions made of the material: as somebody would ask them, and none that nothing stands behind."""

from __future__ import annotations

import pytest

from index_store.chunks import Chunk
from index_store.locators import Locator
from ui.next_questions import candidates, meaning_asked, question_of


@pytest.mark.parametrize(
    ("heading", "text", "question"),
    [
        ("When not to use a kiln", "", "When should I not use a kiln?"),
        ("3.2 How to glaze a bowl", "", "How do I glaze a bowl?"),
        ("Is clay a rock?", "", "Is clay a rock?"),
        ("How a bowl is fired", "", "How is a bowl fired?"),
        ("Kilns", "Kilns are the ovens that clay is fired in.", "What are kilns?"),
        ("Kiln", "A kiln is an oven for clay.", "What is a kiln?"),
        ("Raku versus salt firing", "Raku is quicker than salt firing.", "How does Raku differ from salt firing?"),
        ("Raku versus salt firing", "Raku is quick.", None),
        ("Kiln furniture", "Put it in.", "Tell me about kiln furniture."),
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
        chunk(1, "When to use raku", "Use raku for quick work. Raku is a way of firing."),
        chunk(2, "How to glaze", "Dip it."),
        chunk(3, "Slip casting", "Slip is a liquid clay. Pour it."),
    ]
    made = candidates(chunks, {chunks[0].id}, "What is slip?")
    assert [c.question for c in made][:2] == ["When should I use raku?", "What is raku?"]
    assert "How do I glaze?" in [c.question for c in made]
    assert not {"What is slip?", "What is a kiln?"} & {c.question for c in made}
