"""Plain text: paragraphs with their lines."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ingest.readers.plain import read
from ingest.readers.text import visible


def test_paragraphs_know_their_lines() -> None:
    document = read(b"\nOne\ntwo\n\n \n\nthree\n", "notes/a.txt")
    assert [(block.text, str(block.locator)) for block in document.blocks] == [
        ("One\ntwo", "lines 2-3"),
        ("three", "lines 7-7"),
    ]
    assert document.title == "a"


def test_an_endless_line_is_one_block() -> None:
    (block,) = read(b"word " * 20_000, "a.txt").blocks
    assert block.text == ("word " * 20_000).strip()
    assert str(block.locator) == "lines 1-1"


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t"), max_size=200))
def test_each_visible_character_is_in_a_block(text: str) -> None:
    text = text.removeprefix("\ufeff")
    assert sum(visible(block.text) for block in read(text.encode(), "a.txt").blocks) == visible(text)
