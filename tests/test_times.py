"""How a time is given to a page: in UTC for whom no script runs, and for programs."""

from __future__ import annotations

import pytest

from ui.plain_page import plain_page
from ui.styles import SCRIPT, TIMES
from ui.times import day_html, time_html

NINE = "<time datetime='2026-11-27T09:30:12Z'>2026-11-27 09:30 UTC</time>"


@pytest.mark.parametrize("at", ["2026-11-27 09:30:12", "2026-11-27T09:30:12+00:00", "2026-11-27T15:00:12+05:30"])
def test_a_time_names_its_zone_in_words_and_for_programs(at: str) -> None:
    assert time_html(at) == NINE


def test_a_time_may_be_told_to_the_second_or_to_the_day() -> None:
    assert time_html(60, to_second=True) == "<time datetime='1970-01-01T00:01:00Z'>1970-01-01 00:01:00 UTC</time>"
    assert day_html(60) == "<time datetime='1970-01-01T00:01:00Z'>1970-01-01 UTC</time>"


def test_what_is_no_time_is_shown_as_the_text_that_it_is() -> None:
    assert time_html("<b>soon") == "&lt;b&gt;soon"


def test_every_page_has_the_script_that_writes_times_in_the_zone_of_its_reader() -> None:
    assert TIMES in SCRIPT and f"<script>{TIMES}</script>" in plain_page("Sources", "")
