"""Decoding: the encodings that the product promises, and binary data told apart from text."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index_store.errors import UnreadableFile
from ingest.readers.text import decode, file_title, visible

WORDS = "Größe und Länge: naïve café, 5 µm"


@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
def test_utf_8_is_read_with_and_without_a_mark_and_needs_no_note(mark: bytes) -> None:
    assert decode(mark + WORDS.encode(), "a.txt") == (WORDS, ())


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_wide_encodings_are_read_and_noted(encoding: str) -> None:
    text, notes = decode(WORDS.encode(encoding), "a.txt")
    assert text == WORDS
    assert notes[0].startswith("read as UTF-")


def test_utf_16_with_a_mark_needs_no_western_letters() -> None:
    assert decode(codecs.BOM_UTF16_BE + "日本語の講義".encode("utf-16-be"), "a.txt").text == "日本語の講義"


def test_latin_1_is_read_and_noted() -> None:
    assert decode(WORDS.encode("latin-1"), "a.txt") == (WORDS, ("read as Latin-1",))


def test_curly_quotes_of_windows_are_read() -> None:
    assert decode("“naïve” – yes".encode("cp1252"), "a.txt") == ("“naïve” – yes", ("read as Windows-1252 (Latin-1)",))


def test_bytes_that_windows_does_not_know_are_latin_1() -> None:
    assert decode(b"caf\xe9 \x81", "a.txt") == ("café \x81", ("read as Latin-1",))


def test_a_few_stray_bytes_do_not_spoil_a_text_in_utf_8() -> None:
    text, notes = decode(WORDS.encode() + b" caf\xe9 \x93", "a.txt")
    assert text == WORDS + " café “"
    assert notes == ("2 bytes that are no UTF-8 were read as Windows-1252",)


def test_a_broken_end_of_utf_16_is_shown_and_noted() -> None:
    text, notes = decode(codecs.BOM_UTF16_LE + "ab".encode("utf-16-le") + b"c", "a.txt")
    assert text == "ab\ufffd"
    assert "1 broken" in notes[1]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF"),
        (b"PK\x03\x04\x14\0", "a zip archive"),
        (b"\x89PNG\r\n", "a PNG"),
        (b"text and\0more \xff", "NUL bytes"),
        (b"text and \0 more", "NUL bytes"),
        (bytes(range(1, 32)) * 4, "control characters"),
    ],
)
def test_binary_data_is_refused_with_name_reason_and_next_step(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableFile, match=rf"notes\.md.*{reason}") as caught:
        decode(data, "notes.md")
    assert caught.value.hint


def test_colours_of_a_terminal_are_text() -> None:
    assert decode(b"\x1b[31mred\x1b[0m", "log.txt").text == "\x1b[31mred\x1b[0m"


def test_all_line_ends_become_one() -> None:
    assert decode(b"a\r\nb\rc\nd", "a.txt").text == "a\nb\nc\nd"


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_text_in_utf_8_comes_back_as_it_was(text: str) -> None:
    assert decode(text.encode(), "a.txt").text == text.removeprefix("\ufeff")


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_text_in_marked_utf_16_comes_back_as_it_was(text: str) -> None:
    assert decode(text.encode("utf-16"), "a.txt").text == text


@given(st.binary(max_size=200))
def test_no_byte_is_lost_without_a_word(data: bytes) -> None:
    try:
        text, notes = decode(data, "a.txt")
    except UnreadableFile:
        return
    if not notes:
        assert text.encode() == data.removeprefix(codecs.BOM_UTF8).replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def test_a_file_without_a_title_is_called_by_its_name() -> None:
    assert [file_title(name) for name in ("a/b/lesson 1.txt", ".md", "x")] == ["lesson 1", ".md", "x"]


def test_only_what_can_be_seen_is_counted() -> None:
    assert visible(" a\n\tb\u00a0c ") == 3
