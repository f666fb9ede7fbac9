"""A formula that is set off from the prose is quoted with the sentence that leads to it, whole and as it stands."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.citations import clean_markers
from assistant.composition import choose, render
from assistant.displayed import displayed_in, ends_displayed
from assistant.quotes import quotes_of
from assistant.quoting import answer_from
from assistant.selection import Passage
from assistant.units import LONGEST_WORDS, units_of
from index_store.chunks import Chunk, Hit
from index_store.locators import Locator

FORMULAS = [
    r"$$A = \frac{e \cdot d}{c}$$",
    "$$\nA = \\frac{e \\cdot d}{c} .\n$$",
    "\\[\nA = e. d / c\n\\]",
    "\\begin{equation}\nA = \\frac{e d}{c} \\quad \\text{for each of the brood frames in it}\n\\end{equation}",
    "\\begin{align*}\nA &= e \\\\[2pt]\nB &= x[1] + y! z\n\\end{align*}",
]
LEADS = ["The brood area is given by the brood formula", "It is given by the brood formula:", "So it is told."]
GAPS = ["\n\n", "\n", " "]


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("lead", LEADS)
@pytest.mark.parametrize("gap", GAPS)
def test_a_formula_belongs_to_the_sentence_before_it(formula: str, lead: str, gap: str) -> None:
    whole = f"{lead}{gap}{formula}"
    passage = f"Bees are kept in hives. {whole}\n\nThe queen lays eggs. She is old.\n"
    expected = ["Bees are kept in hives.", whole, "The queen lays eggs.", "She is old."]
    assert [unit.text for unit in units_of(passage)] == expected
    assert all(passage[unit.start : unit.end] == unit.text for unit in units_of(passage))
    told = f"{whole}{gap}where $e$ is the number of eggs a day. The queen lays them."
    assert [unit.text for unit in units_of(told)][-2:] == [
        told.removesuffix(" The queen lays them."),
        "The queen lays them.",
    ]


def test_a_formula_stays_whole_where_what_is_said_of_it_is_too_long_for_a_quote() -> None:
    whole = "The area is\n\n$$A = e d$$"
    found = units_of(f"{whole}\n\nwhere " + "e is a word and " * LONGEST_WORDS)
    assert found[0].text == whole and len(found) > 1
    sums = "$$" + "a + " * LONGEST_WORDS + "b$$"
    assert [unit.text for unit in units_of(f"The sum is {sums} here.")] == [f"The sum is {sums} here."]


@pytest.mark.parametrize(
    "text",
    [
        "It costs $$ and more.\n\nAnother is $$ too.",
        "A = 3 $$ where the mean of it is given by $$ C",
        "Run `echo $$` and `kill $$`.",
        "```sh\necho $$\nkill $$\n```",
        r"See \[12\] and \[the notes\].",
        "$$$$",
    ],
)
def test_what_only_looks_like_a_formula_is_none(text: str) -> None:
    assert displayed_in(text) == []


def test_a_heading_leads_to_no_formula_and_an_item_does() -> None:
    assert [u.text for u in units_of("# Area\n\n$$A = b$$")] == ["# Area", "$$A = b$$"]
    assert [u.text for u in units_of("- The area is\n\n  $$A = b$$\n- The rest")] == [
        "The area is\n\n  $$A = b$$",
        "The rest",
    ]
    assert [u.text for u in units_of("| a | b |\n\n$$A = b$$")] == ["| a | b |", "$$A = b$$"]


@given(st.lists(st.sampled_from([*FORMULAS, *LEADS, *GAPS, "$$", "\\[", "where x is y", "- ", "```", "."])))
def test_units_are_slices_in_order_and_cut_no_formula(parts: list[str]) -> None:
    passage = "".join(parts)
    at = 0
    for unit in units_of(passage):
        assert passage[unit.start : unit.end] == unit.text and unit.start >= at
        at = unit.end
        for first, last in displayed_in(passage):
            assert not (first < unit.start < last or first < unit.end < last)


def hit(text: str) -> Hit:
    chunk = Chunk(text, text, 0, Locator(), "/course", "growth.md", "Growth", "prose", "s", 0)
    return Hit(chunk, 1.0, 0.6)


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize(
    "question",
    ["What is the brood formula?", "What is the formula for the brood area?", "What is the brood area formula?"],
)
def test_an_answer_quotes_the_formula_as_it_stands_and_its_citation_holds(
    formula: str, question: str, minilm: Any
) -> None:
    lead = "The expected brood area is given by the brood formula"
    tail = "where $e$ is the number of eggs a day and $c$ the cells on a frame."
    text = f"A colony grows in spring.\n\n{lead}\n\n{formula}\n\n{tail}\n\nThe worker brood takes twenty-one days."
    said = answer_from(question, [Passage(1, text, "Growth > Brood", 0.6)], minilm)
    assert said is not None
    answer, order = clean_markers(said, [1])
    assert order == [1]
    shown = " ".join(formula.replace("[1]", "\\lbrack 1\\rbrack ").split())
    assert f"{lead} {shown} {tail} [1]" in answer
    quotes = [citation.quote for citation in quotes_of(answer, [hit(text)], minilm)]
    assert f"{lead}\n\n{formula}\n\n{tail}" in quotes
    assert all(quote in text for quote in quotes)


def test_a_sentence_that_ends_in_a_formula_is_no_caption() -> None:
    assert ends_displayed("The area is $$A = b$$") and ends_displayed("It is\n\\[a = b\\].")
    assert not ends_displayed("It is $5$$") and not ends_displayed("$$a$$ it is")
    assert choose([]) == [] and render([], []) == ""
