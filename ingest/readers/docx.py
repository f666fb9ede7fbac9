"""Reads Word documents through python-docx: headings by their style, paragraphs, lists, tables in their order."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

from index_store.errors import UnreadableFile
from index_store.locators import Locator
from ingest.document import Block, Document
from ingest.readers.outline import Outline
from ingest.readers.text import file_title, visible
from ingest.readers.zip_guard import check_zip

_HEADING = re.compile(r"(?:Heading|Überschrift|Titre) (\d)|(Title)", re.IGNORECASE)


def read(data: bytes, name: str) -> Document:
    """Read a .docx file.

    Raises:
        UnreadableFile: when it is broken, encrypted or a zip bomb.
    """
    check_zip(data, name, "Word")
    outline = Outline()
    blocks: list[Block] = []
    for item in _items(data, name):
        if isinstance(item, tuple):
            blocks += outline.enter(item[0], item[1], Locator())
        else:
            place = Locator(headings=outline.path)
            blocks += outline.filled([Block(item, place, "table" if "\n" in item and " | " in item else "prose")])
    blocks += outline.finish()
    kept = sum(visible(b.text) for b in blocks)
    return Document(outline.title or file_title(name), tuple(blocks), kept)


def _items(data: bytes, name: str) -> Iterator[str | tuple[int, str]]:
    """Give headings as (level, text) and everything else as text."""
    import docx
    from docx.opc.exceptions import PackageNotFoundError
    from docx.table import Table
    from lxml.etree import XMLSyntaxError

    try:
        contents = list(docx.Document(io.BytesIO(data)).iter_inner_content())
    except (PackageNotFoundError, KeyError, ValueError, XMLSyntaxError, AttributeError) as exc:
        raise UnreadableFile(f"{name} is broken: {exc}.", hint="Open it in Word and save it again.") from exc
    for part in contents:
        if isinstance(part, Table):
            yield "\n".join(" | ".join(_cells(row)) for row in part.rows)
        elif part.text.strip():
            heading = _HEADING.match(part.style.name if part.style is not None else "")
            yield (int(heading[1] or 1), part.text) if heading else part.text.strip()


def _cells(row: Any) -> list[str]:
    """Give a row's cells, merged ones once."""
    seen: list[Any] = []
    texts = []
    for cell in row.cells:
        if cell._tc not in seen:
            seen.append(cell._tc)
            texts.append(" ".join(cell.text.split()))
    return texts
