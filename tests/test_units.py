"""Quotable units: slices of the passage, in order, whole sentences where there are any."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.units import LONGEST_WORDS, units_of

LINES = st.sampled_from(
    [
        "A first sentence. A second one!",
        "- an item",
        "1. one. two.",
        "| a | b |",
        "|---|---|",
        "```",
        "~~~",
        "x = 1",
        "",
        "word " * 90,
        "Title: so",
    ]
)


@given(st.lists(LINES | st.text(max_size=30), max_size=20).map("\n".join))
def test_units_are_slices_in_order_that_lose_only_marks_and_space(passage: str) -> None:
    units = units_of(passage)
    at = 0
    for unit in units:
        assert passage[unit.start : unit.end] == unit.text
        assert unit.text == unit.text.strip() != ""
        assert unit.start >= at
        at = unit.end
        assert len(unit.text.split()) <= LONGEST_WORDS


@given(st.lists(st.text(alphabet="abc", min_size=1, max_size=6), min_size=1, max_size=400))
def test_no_word_of_an_endless_line_is_lost(words: list[str]) -> None:
    assert " ".join(u.text for u in units_of(" ".join(words))).split() == words


def test_abbreviations_and_decimals_end_no_sentence() -> None:
    text = "Min et al. found it, e.g. in Fig. 3. The loss was 1.48 in J. Doe's run."
    assert [u.text for u in units_of(text)] == [
        "Min et al. found it, e.g. in Fig. 3.",
        "The loss was 1.48 in J. Doe's run.",
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("It was shown by Min et al.", "Larger kilns need longer."),
        ("It was shown by Min et al.", "The loss was 1.48."),
        ("Bring clay, a sponge, etc.", "Potters start at nine."),
        ("The lecture is in Hall C.", "Bring the reading."),
        ("The firing is led by group **B**.", "The others watch."),
        ("Both were fired in the U.S.", "They broke."),
        ("It is the kiln of Brook Inc.", "It is hot."),
        ("Their grade was an A.", 'The "others" failed.'),
        ("Is it hot? The answer is no.", "It is cold."),
    ],
)
def test_an_abbreviation_may_end_a_sentence(first: str, second: str) -> None:
    assert [u.text for u in units_of(f"{first} {second}")][-1] == second


@pytest.mark.parametrize(
    "text",
    [
        "Brook, A. and Vance, T. et al. Slow glazing in small kilns.",
        "[4] Ada Brook et al. The kiln: a survey.",
        "The kiln of J. A. Smith and Philip K. Dick is hot.",
        "Ask Dr. The or Prof. In about vol. One of it.",
        "A. The first kiln",
        "The method of Min et al. (2022) is slow.",
        "Kilns of Brook vs. The Potters were hot.",
    ],
)
def test_an_initial_or_a_list_of_authors_ends_no_sentence(text: str) -> None:
    assert [u.text for u in units_of(text)] == [text]


def test_the_year_of_a_citation_opens_no_sentence() -> None:
    (unit,) = units_of("Yao et el. (2023) proposed a tree of thoughts.")
    assert unit.text.endswith("thoughts.")


def test_items_rows_and_code_lines_stand_alone_and_a_table_head_is_none() -> None:
    text = (
        "Intro:\n\n- first item\n  that goes\n- second\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```py\nx = 1\ny = 2\n```"
    )
    assert [(u.kind, u.text) for u in units_of(text)] == [
        ("sentence", "Intro:"),
        ("item", "first item\n  that goes"),
        ("item", "second"),
        ("row", "| 1 | 2 |"),
        ("line", "x = 1"),
        ("line", "y = 2"),
    ]


def test_a_number_that_a_line_break_brings_to_the_front_opens_no_item() -> None:
    text = "The written test lasts 60 minutes, and it covers the lessons 1 to\n7. It is closed-book.\n\n2. An item"
    assert [(u.kind, u.text) for u in units_of(text)] == [
        ("sentence", "The written test lasts 60 minutes, and it covers the lessons 1 to\n7."),
        ("sentence", "It is closed-book."),
        ("item", "An item"),
    ]


def test_a_list_whose_items_end_without_a_full_stop_stays_one() -> None:
    long = "a step with so many words that its line is as long as lines get in a file"
    assert [u.kind for u in units_of(f"1. {long}\n2. {long}\n3. {long}")] == ["item"] * 3


def test_of_a_text_of_formulas_alone_nothing_is_lost() -> None:
    text = "It is $$a$$ " * 1_500  # more than a function may call itself
    units = units_of(text)
    assert "".join(unit.text for unit in units).replace(" ", "") == text.replace(" ", "")
