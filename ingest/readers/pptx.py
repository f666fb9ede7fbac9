"""Reads PowerPoint files through python-pptx: a page for each slide, its title as heading, its notes behind it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from index_store.errors import UnreadableFile
from index_store.locators import Locator
from ingest.document import Block, Document
from ingest.readers.text import file_title, visible
from ingest.readers.zip_guard import check_zip


def read(data: bytes, name: str) -> Document:
    """Read a .pptx file.

    Raises:
        UnreadableFile: when it is broken, encrypted or a zip bomb.
    """
    from lxml.etree import XMLSyntaxError
    from pptx import Presentation
    from pptx.exc import PackageNotFoundError

    check_zip(data, name, "PowerPoint")
    try:
        slides = list(Presentation(io.BytesIO(data)).slides)
        blocks = [block for number, slide in enumerate(slides, start=1) for block in _slide(slide, number)]
    except (PackageNotFoundError, KeyError, ValueError, XMLSyntaxError, AttributeError) as exc:
        raise UnreadableFile(f"{name} is broken: {exc}.", hint="Open it in PowerPoint and save it again.") from exc
    return Document(file_title(name), tuple(blocks), sum(visible(b.text) for b in blocks))


def _slide(slide: Any, number: int) -> Iterator[Block]:
    title = slide.shapes.title
    heading = " ".join(title.text.split()) if title is not None else ""
    place = Locator(page=number, headings=(heading,) if heading else ())
    texts = [t for shape in slide.shapes if title is None or shape.shape_id != title.shape_id for t in _texts(shape)]
    if heading and not texts:
        texts = [heading]
    if texts:
        yield Block("\n".join(texts), place)
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        notes = slide.notes_slide.notes_text_frame.text.strip()
        if notes:
            yield Block(f"Notes: {notes}", place)


def _texts(shape: Any) -> Iterator[str]:
    """Give a shape's lines; groups and tables too."""
    if getattr(shape, "shapes", None) is not None:
        for inner in shape.shapes:
            yield from _texts(inner)
    elif getattr(shape, "has_table", False) and shape.has_table:
        for row in shape.table.rows:
            yield " | ".join(" ".join(cell.text.split()) for cell in row.cells)
    elif shape.has_text_frame:
        for paragraph in shape.text_frame.paragraphs:
            text = "".join(run.text for run in paragraph.runs).strip()
            if text:
                yield f"• {text}" if paragraph.level else text
