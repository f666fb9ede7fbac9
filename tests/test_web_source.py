"""Web pages become material that the readers read."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index_store.errors import UnreadableFile
from ingest.fetch import Fetcher, FetchSettings, Page
from ingest.web import Material, material_of, page_material, read_material
from tests.web_site import WebSite, redirect

HTML = """<html><head><title>{title}</title></head><body><main><h1>Reading</h1>
<p>Der Spätzug fährt über Köln: one paragraph that is long enough to be the main text of a page, with
several sentences. It says what it has to say. Then it stops, as a paragraph does.</p></main></body></html>"""


def page(data: bytes, kind: str, *, url: str = "https://example.org/a", charset: str = "", asked: str = "") -> Page:
    return Page(asked or url, url, 200, kind, charset, data, "2026-01-05T00:00:00+00:00")


def text(material: Material) -> str:
    return "\n".join(block.text for block in read_material(material).blocks)


@pytest.fixture
def site() -> Iterator[WebSite]:
    with WebSite() as running:
        yield running


def test_page_over_http_is_read_under_the_address_where_it_was_found(site: WebSite) -> None:
    site["/start"] = redirect("/lesson?id=7")
    site.page("/lesson", HTML.format(title="Lesson seven").encode(), "text/html; charset=utf-8")
    material = page_material(Fetcher(FetchSettings(allow_loopback=True)), f"{site.url}/start")
    assert (material.path, material.suffix) == (f"{site.url}/lesson?id=7", ".html")
    document = read_material(material)
    assert document.title == "Lesson seven"
    assert any("Köln" in block.text for block in document.blocks)


@pytest.mark.parametrize("charset", ["iso-8859-1", "windows-1252", "utf-16", "utf-8", ""])
def test_text_is_decoded_as_the_server_says(charset: str) -> None:
    data = HTML.format(title="Zug").encode(charset or "utf-8")
    assert "Der Spätzug fährt über Köln" in text(material_of(page(data, "text/html", charset=charset)))


def test_charset_that_only_the_server_knows_is_used() -> None:
    data = "Zażółć gęślą jaźń, a sentence for testing letters.".encode("iso-8859-2")
    assert "Zażółć gęślą jaźń" in text(material_of(page(data, "text/plain", charset="iso-8859-2")))


@pytest.mark.parametrize(
    "charset", ["iso-8859-1", "ascii", "no-such", "punycode", "unicode_escape", "zip", "x\0y", "utf-7"]
)
def test_utf_8_under_a_wrong_or_strange_charset_stays_what_it_is(charset: str) -> None:
    assert "Köln" in text(material_of(page("Über Köln nach Bonn.\\d".encode(), "text/plain", charset=charset)))


@pytest.mark.parametrize("charset", ["punycode", "unicode_escape", "raw_unicode_escape", "utf-7", "hex", "mbcs"])
def test_encoding_of_python_alone_is_not_used_however_the_server_names_it(charset: str) -> None:
    data = "Köln +AEE- \\x41 \\u0041-".encode("latin-1")
    assert text(material_of(page(data, "text/plain", charset=charset))) == "Köln +AEE- \\x41 \\u0041-"


@pytest.mark.parametrize(
    ("data", "kind", "url", "suffix"),
    [
        (b"# Title\n\nText.", "text/plain", "https://example.org/README.md", ".md"),
        (b"%PDF-1.7", "text/plain", "https://example.org/paper", ".pdf"),
        (b"%PDF-1.7", "application/pdf", "https://example.org/paper?x=1", ".pdf"),
        (b"a,b\n1,2\n", "text/csv", "https://example.org/export?format=csv", ".csv"),
        (b'{"cells": [], "nbformat": 4}', "application/json", "https://example.org/l", ".ipynb"),
        (b"x", "text/x-python", "https://example.org/l", ".py"),
    ],
)
def test_reader_is_found_by_type_address_and_content(data: bytes, kind: str, url: str, suffix: str) -> None:
    assert material_of(page(data, kind, url=url)).suffix == suffix


@pytest.mark.parametrize(
    ("data", "kind"), [(b"<feed/>", "application/atom+xml"), (b'{"a": 1}', "application/json"), (b"x", "")]
)
def test_what_no_reader_reads_is_an_error_with_the_next_step(data: bytes, kind: str) -> None:
    with pytest.raises(UnreadableFile, match=r"https://example\.org/a") as caught:
        material_of(page(data, kind))
    assert caught.value.hint


def test_notebook_is_read() -> None:
    cells = [{"cell_type": "markdown", "metadata": {}, "source": ["# Loops\n", "\n", "A loop says it again."]}]
    data = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()
    pytest.importorskip("ingest.readers.notebook")
    assert "A loop says it again." in text(material_of(page(data, "text/plain", url="https://example.org/l.ipynb")))


@pytest.mark.parametrize(
    ("url", "title"),
    [
        ("https://example.org/week%201/notes.txt?x=1", "notes"),
        ("https://example.org/week-1/", "week-1"),
        ("https://example.org/?page=2", "example.org"),
        ("https://example.org:8443/", "example.org:8443"),
    ],
)
def test_document_without_a_title_is_named_after_its_address(url: str, title: str) -> None:
    assert read_material(material_of(page(b"Some plain words.", "text/plain", url=url))).title == title


SIGNED = "https://store.example/f.pdf?X-Amz-Signature=abc&X-Amz-Expires=60"


@pytest.mark.parametrize(
    ("url", "asked", "path"),
    [
        ("https://example.org/a?page=2", "https://example.org/go", "https://example.org/a?page=2"),
        (SIGNED, "https://example.org/f.pdf", "https://example.org/f.pdf"),
        ("https://example.org/a?token=abc&p=2", "", "https://example.org/a?p=2"),
        ("https://example.org/a?access_token=abc", "", "https://example.org/a"),
        ("https://example.org/a?monkey=1&design=2", "", "https://example.org/a?monkey=1&design=2"),
    ],
)
def test_address_to_cite_holds_no_key(url: str, asked: str, path: str) -> None:
    assert material_of(page(b"%PDF-", "application/pdf", url=url, asked=asked)).path == path


@given(
    st.binary(max_size=300).filter(lambda data: not data.startswith(b"%PDF-")),
    st.sampled_from(["text/plain", "text/html", "text/markdown"]),
    st.text(max_size=15),
)
def test_any_bytes_are_read_or_refused_in_words(data: bytes, kind: str, charset: str) -> None:
    try:
        read_material(material_of(page(data, kind, charset=charset)))
    except UnreadableFile as exc:
        assert "https://example.org/a" in exc.message
