"""The reader is found by what the server says, and by the address where the server does not know."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.media_types import FETCHED, SUFFIX_OF, content_type, suffix_of
from ingest.readers import SUFFIXES


def test_every_type_leads_to_a_reader() -> None:
    assert set(SUFFIX_OF.values()) <= SUFFIXES
    assert set(SUFFIX_OF) <= FETCHED


@pytest.mark.parametrize(
    ("header", "name", "charset"),
    [
        ("text/html", "text/html", ""),
        ("Text/HTML; Charset=ISO-8859-1", "text/html", "iso-8859-1"),
        ('text/plain ; boundary=x; charset="utf-8"; charset=latin-1', "text/plain", "utf-8"),
        ("", "", ""),
        (";;;=", "", ""),
    ],
)
def test_header_is_taken_apart(header: str, name: str, charset: str) -> None:
    assert content_type(header) == (name, charset)


@given(st.text())
def test_any_header_is_taken_apart(header: str) -> None:
    content_type(header)


@pytest.mark.parametrize(
    ("name", "path", "suffix"),
    [
        ("text/html", "/README.md", ".html"),
        ("text/html", "/paper.pdf", ".html"),
        ("text/plain", "/README.md", ".md"),
        ("text/plain", "/lesson.ipynb", ".ipynb"),
        ("text/plain", "/notes", ".txt"),
        ("text/plain", "/page.html", ".txt"),
        ("text/markdown", "/page", ".md"),
        ("text/markdown", "/page.mdx", ".mdx"),
        ("application/octet-stream", "/slides.PPTX", ".pptx"),
        ("application/octet-stream", "/my%20file%2Epdf", ".pdf"),
        ("application/octet-stream", "/setup.exe", None),
        ("", "/paper.pdf", ".pdf"),
        ("", "/", None),
        ("application/zip", "/essay.docx", ".docx"),
        ("application/zip", "/all.zip", None),
        ("image/png", "/paper.pdf", None),
        ("application/atom+xml", "/feed", None),
    ],
)
def test_suffix_follows_the_type_and_then_the_address(name: str, path: str, suffix: str | None) -> None:
    assert suffix_of(name, path) == suffix
