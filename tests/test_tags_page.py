"""The tag page without a browser: what went wrong stands by the abstract, and nothing of another's beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from assistant.gate import TurnLimits
from tests.web_parts import opened_parts
from ui.parts import Parts
from ui.review_page import ReviewHandlers
from ui.tags_page import NOTHING, RULES, TagHandlers

REQUEST: Any = SimpleNamespace(cookies={}, headers={})


@pytest.fixture
def limited(clean_environment: Path, tmp_path: Path, minilm: Any) -> Iterator[Parts]:
    with opened_parts(clean_environment, minilm, tmp_path, TurnLimits(turns_a_minute=1)) as opened:
        yield opened


async def test_a_second_version_that_fails_leaves_the_first_and_says_why_in_its_place(limited: Parts) -> None:
    does = TagHandlers(limited)
    text, problem, shown, found, trace, _, right = await does.tag(
        "We fine-tune Llama 2.", RULES, "", RULES, "", REQUEST
    )
    assert (text, problem, right) == ("We fine-tune Llama 2.", "", "Llama 2") and trace
    assert found == '["Llama 2"]'
    first, second = shown.split("</section>")[:2]
    assert "Llama 2" in first and "role='alert'" not in first
    assert "role='alert'" in second and "You have asked 1 times within a minute." in second
    assert "<mark class='lectern-name '>Llama 2</mark>" in shown


async def test_no_paper_is_looked_up_for_who_has_had_what_a_minute_allows(limited: Parts) -> None:
    does = TagHandlers(limited)
    asked = (RULES, "", NOTHING, "", REQUEST)
    assert "Llama 2" in (await does.tag("We fine-tune Llama 2.", *asked))[3]
    refused = await does.tag("arxiv:2210.03629", *asked)  # and the network was not touched: see no_network
    assert "1 times within a minute" in refused[1]


@pytest.mark.parametrize("text", ["", "  ", "x" * 200_001])
async def test_why_no_names_were_looked_for_stands_by_the_abstract_which_stays(parts: Parts, text: str) -> None:
    abstract, told, shown, listed, trace, _, right = await TagHandlers(parts).tag(text, RULES, "", NOTHING, "", REQUEST)
    assert abstract == gr.skip() and "role='alert'" in told
    assert (shown, listed, trace, right) == ("", "", "", "")  # nothing of an older abstract stands beside the reason


def test_why_a_correction_was_not_kept_stands_in_its_place(parts: Parts) -> None:
    told = TagHandlers(parts).correct("Llama 2", "0" * 32, REQUEST)
    assert "role='alert'" in told and "no trace" in told.casefold()


async def test_questions_that_are_tried_again_take_a_place_as_a_turn_does(limited: Parts) -> None:
    does = ReviewHandlers(limited)
    await does.covered(REQUEST)
    assert "1 times within a minute" in await does.covered(REQUEST)
