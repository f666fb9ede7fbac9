"""Reads Word documents through python-docx: headings by their style, paragraphs, lists, tables in their order.

Text boxes, content controls, tracked insertions, equations, footnotes and endnotes are read too. Dropped, each counted
under its name: page headers and footers, comments, and what a damaged file has outside of paragraphs. What was deleted
under tracking is not there.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from index_store.chunks import Kind
from index_store.locators import Locator
from ingest.document import Block, Document
from ingest.readers.office_xml import WORD, found, paragraph_text, row_text, texts_in
from ingest.readers.outline import HEADINGS, Outline
from ingest.readers.text import file_title, visible
from ingest.readers.zip_guard import check_zip, told_when_broken

_HEADING = re.compile(r"(?:Heading|Überschrift|Titre) (\d)|(Title)", re.IGNORECASE)
_BLOCKS = (f"{WORD}p", f"{WORD}tbl")
_DROPPED_PARTS = {"header": "headers and footers", "footer": "headers and footers", "comments": "comments"}
_NOTES = ("footnotes", "endnotes")
_Item = tuple[int, str]  # a heading's level, 0 for a paragraph and -1 for a table; and the text


def read(data: bytes, name: str) -> Document:
    """Read a .docx file.

    Raises:
        UnreadableFile: when it is broken, encrypted or a zip bomb.
    """
    import docx
    from docx.exceptions import PythonDocxError
    from docx.opc.exceptions import OpcError
    from docx.oxml.exceptions import XmlchemyError

    check_zip(data, name, "Word")
    dropped: Counter[str] = Counter()
    added: Counter[str] = Counter()
    with told_when_broken(name, "Word", PythonDocxError, OpcError, XmlchemyError):
        document = docx.Document(io.BytesIO(data))
        notes = list(_other_parts(document, dropped))
        body = visible("".join(texts_in(document.element.body)))
        items = [*_items(document.element.body, document, added), *notes]
    outline = Outline()
    blocks: list[Block] = []
    for level, text in items:
        if level > 0:
            blocks += outline.enter(level, text, Locator())
        else:
            kind: Kind = "table" if level < 0 else "prose"
            blocks += outline.filled([Block(text, Locator(headings=outline.path), kind, whole=level < 0)])
    blocks += outline.finish()
    whole = sum(visible(text) for _, text in items)
    noted = sum(visible(text) for _, text in notes)
    read_characters = body + noted + dropped.total()
    dropped[HEADINGS] += whole - sum(visible(b.text) for b in blocks)
    dropped["text outside paragraphs"] += body + noted + added.total() - whole
    return Document(
        outline.title or file_title(name), tuple(blocks), read_characters, dict(+dropped), added=dict(+added)
    )


def _items(element: Any, document: Any, added: Counter[str]) -> Iterator[_Item]:
    """Give headings, paragraphs (with the text boxes anchored in them behind) and tables, in order."""
    for part in found(element, *_BLOCKS):
        if part.tag == f"{WORD}tbl":
            rows = [row_text(row, f"{WORD}tc", f"{WORD}p", added) for row in found(part, f"{WORD}tr")]
            if any(rows):
                yield -1, "\n".join(filter(None, rows))
            continue
        text = paragraph_text(part)
        if text:
            yield _level(part, document), text
        for box in found(part, f"{WORD}txbxContent"):
            yield from _items(box, document, added)


def _level(paragraph: Any, document: Any) -> int:
    from docx.text.paragraph import Paragraph

    style = Paragraph(paragraph, document._body).style
    heading = _HEADING.match((style.name or "") if style is not None else "")
    return max(1, int(heading[1] or 1)) if heading else 0


def _other_parts(document: Any, dropped: Counter[str]) -> Iterator[_Item]:
    """Give the foot- and endnotes, and count what the other parts hold."""
    from lxml import etree

    for relation in document.part.rels.values():
        kind = str(relation.reltype).rpartition("/")[2]
        if relation.is_external or kind not in (*_DROPPED_PARTS, *_NOTES):
            continue
        root = etree.fromstring(relation.target_part.blob)
        if kind in _NOTES:
            texts = (" ".join(paragraph_text(p) for p in found(note, f"{WORD}p")) for note in root)
            yield from ((0, text) for text in texts if text.strip())
        else:
            dropped[_DROPPED_PARTS[kind]] += visible("".join(texts_in(root)))
