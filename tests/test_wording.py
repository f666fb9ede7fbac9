"""What an answer shows of a unit: its own words, without the marks that only a file needs."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.units import units_of
from assistant.wording import begins_item, without_links, written

PLAIN = st.characters(exclude_characters="`*[]()!|", codec="utf-8")
TABLE = (
    "| **Glaze** | Colour | Flux |\n|:---|---|---|\n"
    "| Celadon | [pale green](https://a.org/g) | wood ash |\n| Raku | | a \\| b |\n"
)
LINES = st.sampled_from(
    [
        "| a | b |",
        "|---|---|",
        "- one [x](u). Two.",
        "**Bold",
        "`code",
        "url: x",
        "](https://a.org)",
        "x = 1",
        "",
        "Say [3].",
    ]
)


def shown(passage: str) -> list[str]:
    return [written(unit, passage) for unit in units_of(passage)]


def test_the_cells_of_a_row_get_the_names_of_their_columns() -> None:
    assert shown(TABLE) == ["- Celadon · Colour: pale green · Flux: wood ash", "- Raku · Flux: a \\| b"]


def test_a_row_whose_head_is_not_in_the_passage_is_shown_without_names() -> None:
    assert shown("| Celadon | pale green |\n| Raku | black |\n") == ["- Celadon · pale green", "- Raku · black"]


def test_the_head_of_another_table_names_nothing() -> None:
    passage = f"{TABLE}\nSome prose between.\n\n| Kiln | electric | hot |\n"
    assert shown(passage)[-1] == "- Kiln · electric · hot"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("See [Gao et al., (2022)](https://arxiv.org/abs/2211.10435) for it.", "See Gao et al., (2022) for it."),
        ("An ![oven](/img/kiln.png) is hot.", "An oven is hot."),
        ("A [kiln](https://a.org/Kiln_(oven)) is hot.", "A kiln is hot."),
        ('A [kiln](a.md "the oven") is hot.', "A kiln is hot."),
        ("Limits of clay](https://arxiv.org/abs/1) (Feb 2023)", "Limits of clay (Feb 2023)"),
        ("[Let's fire it!", "Let's fire it!"),
        ("f[x](y) and a[1] stay, as does [this].", "fx and a[1] stay, as does [this]."),
    ],
)
def test_a_link_is_shown_as_its_words(text: str, expected: str) -> None:
    assert without_links(text) == expected


def test_marks_without_their_other_half_and_foreign_markers_go() -> None:
    assert shown("Efficacy**: clay dries [12], then fires.") == ["Efficacy: clay dries, then fires."]
    assert shown("Call `fire and wait for the kiln.") == ["Call fire and wait for the kiln."]
    assert shown("**Heat** is `high` in the kiln.") == ["**Heat** is `high` in the kiln."]


def test_only_the_first_sentence_of_an_item_gets_its_dash() -> None:
    assert shown("- Dry the clay. It takes a week.\n- Fire it.") == [
        "- Dry the clay.",
        "It takes a week.",
        "- Fire it.",
    ]


def test_the_fields_of_a_row_of_a_csv_file_stand_apart_whatever_their_case() -> None:
    for passage in (
        "title: On clay\nyear: 2021\nabstract: Clay is soft.",
        "Title: On clay\nYear: 2021\nText: Clay is soft.",
    ):
        assert [s[:2] for s in shown(passage)] == ["- "] * 3


def test_a_line_within_a_paragraph_that_looks_like_a_field_goes_on_with_its_sentence() -> None:
    (unit,) = units_of("The potter gave one piece of\nadvice: fire slowly.")
    assert unit.kind == "sentence" and not begins_item(unit, unit.text)


@given(st.lists(LINES | st.text(PLAIN, max_size=20), max_size=12).map("\n".join))
def test_what_is_shown_is_one_line_of_words_that_the_passage_holds(passage: str) -> None:
    for text in shown(passage):
        assert "\n" not in text
        assert set(re.findall(r"\w+", text)) <= set(re.findall(r"\w+", passage))
