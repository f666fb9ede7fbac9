"""Damaged files of the binary formats: a document or an UnreadableFile comes out, never another error."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index_store.errors import UnreadableFile
from ingest.readers import read_document
from ingest.readers.outputs import clean_output, short_traceback
from ingest.readers.text import visible
from ingest.readers.zip_guard import check_zip
from tests.made_files import MADE, mutilated, mutilated_inside, notebook

OFFICE = (".docx", ".pptx")
quiet = settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=5,
)


def check(data: bytes, name: str) -> str:
    """Read a file as it may be; give the reason where it cannot be read, and check that it is one."""
    try:
        document = read_document(data, name)
    except UnreadableFile as error:
        assert name in error.message
        assert error.hint
        assert "\n" not in error.message
        return error.message
    assert document.blocks
    for block in document.blocks:
        assert block.text.strip()
        block.text.encode()
        str(block.locator)
    assert document.unaccounted == 0
    return ""


@pytest.mark.parametrize("suffix", MADE)
def test_the_sound_files_are_read(suffix: str) -> None:
    assert check(MADE[suffix](), f"x{suffix}") == ""


@pytest.mark.parametrize("suffix", MADE)
def test_damaged_bytes_give_a_document_or_a_reason(suffix: str) -> None:
    sound = MADE[suffix]()
    reasons = {check(mutilated(sound, seed), f"x{suffix}") for seed in range(100)}
    assert len(reasons) > 1  # the damage is felt, else this tests nothing


@pytest.mark.parametrize("suffix", OFFICE)
def test_damaged_xml_in_a_sound_archive_gives_a_document_or_a_reason(suffix: str) -> None:
    sound = MADE[suffix]()
    assert len({check(mutilated_inside(sound, seed), f"x{suffix}") for seed in range(60)}) > 1


@pytest.mark.parametrize("suffix", MADE)
def test_each_cut_gives_a_document_or_a_reason(suffix: str) -> None:
    sound = MADE[suffix]()
    for end in {*range(0, len(sound), max(1, len(sound) // 60)), *range(12)}:
        check(sound[:end], f"x{suffix}")


@pytest.mark.parametrize("suffix", MADE)
@pytest.mark.parametrize("start", [b"", b"%PDF-1.4\n", b"PK\x03\x04", b"PK\x05\x06", b"WEBVTT\n\n", b'{"cells": ['])
@given(data=st.binary(max_size=200))
@settings(quiet, max_examples=15)
def test_any_bytes_give_a_document_or_a_reason(suffix: str, start: bytes, data: bytes) -> None:
    check(start + data, f"x{suffix}")


def mended(value: Any, chance: random.Random) -> Iterator[tuple[Any, Callable[[Any], None]]]:
    """Give each place in a JSON value with a function that puts something else there."""
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value[key], lambda new, key=key: value.__setitem__(key, new)
            yield from mended(value[key], chance)


@given(st.integers(0, 10_000), json_values)
@settings(quiet, max_examples=400)
def test_any_value_at_any_place_of_a_notebook_is_borne(place: int, value: Any) -> None:
    book = json.loads(notebook())
    places = list(mended(book, random.Random(0)))
    places[place % len(places)][1](value)
    check(json.dumps(book).encode(), "x.ipynb")


def test_a_heading_level_beyond_measure_is_taken_for_one() -> None:
    book = notebook({"cell_type": "heading", "level": 10**15, "source": "Sampling"})
    assert read_document(book, "x.ipynb").title == "Sampling"


@given(json_values)
@quiet
def test_any_json_is_a_notebook_or_none(value: Any) -> None:
    check(json.dumps(value).encode(), "x.ipynb")
    check(json.dumps({"cells": value}).encode(), "x.ipynb")
    check(json.dumps({"worksheets": [{"cells": value}]}).encode(), "x.ipynb")


@given(st.lists(st.sampled_from(["\x1b[31m", "\x1b]0;", "\r", "\n", "10%|", "█" * 5, "5it/s", "x"]) | st.text()))
@quiet
def test_cleaning_an_output_says_what_it_took(parts: list[str]) -> None:
    text = "".join(parts)
    kept, dropped = clean_output(text)
    assert visible(text) == visible(kept) + dropped.total()
    assert short_traceback("Error", text).startswith("Error")


@given(st.binary(max_size=100))
@quiet
def test_the_look_into_an_archive_refuses_what_is_none(data: bytes) -> None:
    with pytest.raises(UnreadableFile, match=r"a\.docx is (broken|encrypted)"):
        check_zip(data, "a.docx", "Word")


@pytest.mark.faults
@pytest.mark.parametrize("suffix", MADE)
def test_long_damaged_bytes_give_a_document_or_a_reason(suffix: str) -> None:
    sound = MADE[suffix]()
    for seed in range(1_000, 6_000):
        check(mutilated(sound, seed), f"x{suffix}")


@pytest.mark.faults
@pytest.mark.parametrize("suffix", OFFICE)
def test_long_damaged_xml_gives_a_document_or_a_reason(suffix: str) -> None:
    sound = MADE[suffix]()
    for seed in range(1_000, 6_000):
        check(mutilated_inside(sound, seed), f"x{suffix}")
