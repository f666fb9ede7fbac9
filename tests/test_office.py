"""Word and PowerPoint: what people see in the program is read, and what is left out is counted by name."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest

from index_store.errors import UnreadableFile
from ingest.readers import read_document
from ingest.readers.outline import HEADINGS
from tests.made_files import docx, pptx

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
M = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
MC = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'


def with_body(inner: str) -> bytes:
    """Put WordprocessingML in place of the body of a sound file."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(docx())) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            body = f"<w:document {W} {M} {MC}><w:body>{inner}</w:body></w:document>"
            new.writestr(name, body if name == "word/document.xml" else old.read(name))
    return out.getvalue()


def rows(data: bytes, name: str) -> list[tuple[str, str, str]]:
    document = read_document(data, name)
    assert document.unaccounted == 0
    return [(str(block.locator), block.kind, block.text) for block in document.blocks]


def test_a_word_file_is_read_in_order_under_its_headings() -> None:
    assert rows(docx(), "a.docx") == [
        ("§ Sampling", "prose", "Temperature scales the logits before the softmax."),
        ("§ Sampling", "prose", "A first item"),
        ("§ Sampling", "table", "Name | Value\nmerged"),
    ]
    document = read_document(docx(), "a.docx")
    assert (document.title, document.dropped) == ("Sampling", {HEADINGS: 8})


@pytest.mark.parametrize(
    ("inner", "texts"),
    [
        ("<w:sdt><w:sdtContent><w:p><w:r><w:t>in a control</w:t></w:r></w:p></w:sdtContent></w:sdt>", ["in a control"]),
        ("<w:p><w:ins><w:r><w:t>put in</w:t></w:r></w:ins><w:del><w:r><w:t>out</w:t></w:r></w:del></w:p>", ["put in"]),
        ("<w:p><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t></w:r></w:p>", ["a\tb\nc"]),
        ("<w:p><m:oMath><m:r><m:t>x=1</m:t></m:r></m:oMath></w:p>", ["x=1"]),
        (
            "<w:p><w:r><w:t>outside</w:t><mc:AlternateContent><mc:Choice><w:txbxContent><w:p><w:r><w:t>in a box</w:t>"
            "</w:r></w:p></w:txbxContent></mc:Choice><mc:Fallback><w:t>again</w:t></mc:Fallback></mc:AlternateContent>"
            "</w:r></w:p>",
            ["outside", "in a box"],
        ),
        (
            "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p><w:tbl><w:tr><w:tc><w:p><w:r><w:t>in</w:t></w:r>"
            "</w:p></w:tc></w:tr></w:tbl></w:tc><w:tc><w:p><w:r><w:t>b</w:t></w:r></w:p></w:tc></w:tr></w:tbl>",
            ["a in | b"],
        ),
        (
            "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>a | b</w:t></w:r></w:p></w:tc><w:tc/></w:tr>"
            "<w:tr><w:tc/><w:tc/></w:tr></w:tbl>",
            ["a | b | "],
        ),
    ],
)
def test_text_in_odd_places_of_a_word_file_is_read(inner: str, texts: list[str]) -> None:
    data = with_body(inner)
    assert [text for _, _, text in rows(data, "a.docx")] == texts
    assert read_document(data, "a.docx").dropped == {}


def test_page_headers_of_a_word_file_are_dropped_by_name() -> None:
    from docx import Document

    document: Any = Document()
    document.add_paragraph("Body text.")
    document.sections[0].header.paragraphs[0].text = "Course 101"
    out = io.BytesIO()
    document.save(out)
    read = read_document(out.getvalue(), "a.docx")
    assert (read.blocks[0].text, read.dropped, read.unaccounted) == ("Body text.", {"headers and footers": 9}, 0)


def test_a_slide_is_a_page_with_its_title_above_and_its_notes_behind() -> None:
    assert rows(pptx(), "a.pptx") == [
        ("page 1; § Sampling", "prose", "Temperature scales the logits.\nTop-p keeps a share.\nleft | right"),
        ("page 1; § Sampling", "prose", "Notes: Say this slowly."),
    ]


def test_a_style_without_its_name_is_damage() -> None:
    with pytest.raises(UnreadableFile, match=r"a\.docx is broken.*w:val"):
        read_document(with_body("<w:p><w:pPr><w:pStyle/></w:pPr><w:r><w:t>x</w:t></w:r></w:p>"), "a.docx")


@pytest.mark.parametrize(("name", "data"), [("a.docx", docx), ("a.pptx", pptx)])
def test_a_password_or_an_old_format_is_told(name: str, data: Any) -> None:
    with pytest.raises(UnreadableFile, match="encrypted or in the format of before 2007") as caught:
        read_document(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + data(), name)
    assert "without a password" in caught.value.hint


@pytest.mark.parametrize("name", ["a.docx", "a.pptx"])
def test_what_would_unpack_beyond_measure_is_refused_before_it_is_unpacked(name: str) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bomb:
        for n in range(4):
            bomb.writestr(f"word/part{n}.xml", b"\0" * 20_000_000)
    with pytest.raises(UnreadableFile, match=rf"{name} would unpack to 80,000,000 bytes.*zip bomb") as caught:
        read_document(out.getvalue(), name)
    assert caught.value.hint
