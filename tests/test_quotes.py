"""Quotes: verbatim in the text that the reader gave, with the locator of where they stand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.quotes import quotes_of
from index_store.chunks import Chunk, Hit
from index_store.locators import parse_locator

KILN = (
    "A kiln is an oven that hardens clay by heat. Stoneware is fired at 1,260 degrees Celsius for nine hours.\n"
    "Porcelain needs 1,300 degrees.\n\n"
    "- load the shelves\n- close the door\n\n"
    "| Glaze | Colour |\n|---|---|\n| Celadon | pale green |\n\n"
    "> kiln.hold(30)\n"
)
FIRED = "Stoneware is fired at 1,260 degrees Celsius for nine hours."
LINES = st.sampled_from(
    [
        "A kiln is hot. It is an oven.",
        "- an item, e.g. clay",
        "| a | b |",
        "|---|---|",
        "```",
        "x = kiln[1]",
        "",
        "clay " * 90,
        "Title: so",
        "> said [2].",
    ]
)
PASSAGES = st.lists(LINES | st.text(max_size=30), min_size=1, max_size=12).map("\n".join)
WORDS = st.sampled_from(["kiln", "clay", "hot", "[1]", "[2]", "[1][2]", ".", "\n", "- ", "an oven", "`x`", ""])


def hit(context: str, locator: str = "lines 1-9", places: tuple[tuple[int, str], ...] = (), **more: Any) -> Hit:
    chunk = Chunk(
        text=context,
        context=context,
        window_start=0,
        locator=parse_locator(locator),
        source="s",
        path="kilns.md",
        title="Kilns",
        kind="prose",
        section="0",
        ordinal=0,
        places=places,
    )
    return Hit(chunk, score=0.03, cosine=0.61234, **more)


@settings(max_examples=60)
@given(st.lists(PASSAGES, min_size=2, max_size=2), st.lists(WORDS, max_size=12).map(" ".join))
def test_every_quote_is_verbatim_in_the_passage_of_its_marker(minilm: Any, passages: list[str], answer: str) -> None:
    hits = [hit(p) for p in passages]
    for citation in quotes_of(answer, hits, minilm):
        assert citation.quote and citation.quote == citation.quote.strip()
        assert citation.quote in passages[citation.marker - 1]
        assert citation.context == passages[citation.marker - 1]


@pytest.mark.parametrize(
    ("statement", "quote"),
    [
        (FIRED, FIRED),
        ("For stoneware the oven goes up to 1,260 degrees.", FIRED),
        ("It is a furnace to make clay hard.", "A kiln is an oven that hardens clay by heat."),
        ("- close the door", "close the door"),
        ("Celadon is pale green.", "| Celadon | pale green |"),
    ],
)
def test_a_statement_is_led_to_the_unit_that_says_it(minilm: Any, statement: str, quote: str) -> None:
    (citation,) = quotes_of(f"{statement} [1]", [hit(KILN)], minilm)
    assert citation.quote == quote


def test_each_statement_gets_a_quote_and_the_same_quote_is_given_once(minilm: Any) -> None:
    answer = "Porcelain needs 1,300 degrees. [1] Close the door. [1] Porcelain needs 1,300 degrees. [1]"
    quotes = [c.quote for c in quotes_of(answer, [hit(KILN)], minilm)]
    assert quotes == ["Porcelain needs 1,300 degrees.", "close the door"]


def test_two_markers_behind_a_statement_are_two_citations_in_the_order_of_their_numbers(minilm: Any) -> None:
    other = hit("Clay is dried. Porcelain is fired at 1,300 degrees, says the other book.")
    found = quotes_of("Porcelain needs 1,300 degrees [2][1].", [hit(KILN), other], minilm)
    assert [(c.marker, c.quote.split()[0]) for c in found] == [(1, "Porcelain"), (2, "Porcelain")]


def test_markers_that_only_a_full_stop_parts_support_the_same_statement(minilm: Any) -> None:
    found = quotes_of("Porcelain needs 1,300 degrees [1]. [2]", [hit(KILN), hit(KILN)], minilm)
    assert [c.quote for c in found] == ["Porcelain needs 1,300 degrees."] * 2


def test_a_quote_has_the_locator_of_the_place_where_it_stands(minilm: Any) -> None:
    text = "Cell one speaks of clay.\n\nCell two speaks of fire and smoke."
    places = ((0, "cell 1"), (26, "cell 2 output"))
    found = quotes_of("Fire and smoke. [1] Clay. [1]", [hit(text, "cell 1", places)], minilm)
    assert [(c.quote, c.locator) for c in found] == [
        ("Cell two speaks of fire and smoke.", "cell 2 output"),
        ("Cell one speaks of clay.", "cell 1"),
    ]
    assert found[0].locator_parts == parse_locator("cell 2 output").parts()


def test_a_citation_carries_file_title_score_and_chunk(minilm: Any) -> None:
    source = hit(KILN)
    (citation,) = quotes_of("Porcelain needs 1,300 degrees. [1]", [source], minilm)
    assert (citation.path, citation.title, citation.score) == ("kilns.md", "Kilns", 0.6123)
    assert citation.chunk_id == source.chunk.id


def test_a_passage_of_mere_marks_gives_no_citation(minilm: Any) -> None:
    assert quotes_of("Something. [1]", [hit("---\n\n```\n```\n")], minilm) == ()


def test_text_without_a_marker_gives_no_citation(minilm: Any) -> None:
    assert quotes_of("Porcelain needs 1,300 degrees.", [hit(KILN)], minilm) == ()


def test_an_index_in_code_is_no_marker(minilm: Any) -> None:
    passage = hit("A kiln is an oven that hardens clay by heat. Porcelain shrinks.")
    for code in ("`pots[7]`", "```python\npots[0]\npots[12][3]\n```", "~~~\npots[9]"):
        (found,) = quotes_of(f"A kiln is an oven that hardens clay [1].\n{code}", [passage], minilm)
        assert found.quote == "A kiln is an oven that hardens clay by heat."
    assert quotes_of("pots[7]", [passage], minilm) == ()
