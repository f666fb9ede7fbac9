"""Reads PowerPoint files through python-pptx: a page for each slide, its title as heading, its notes behind it.

Shapes, groups, tables, equations and the text of SmartArt are read. Dropped, counted under their name: fields (slide
numbers, dates).
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from typing import Any

from index_store.locators import Locator
from ingest.document import Block, Document
from ingest.readers.office_xml import DRAWING, FALLBACK, row_text, texts_in
from ingest.readers.outline import HEADINGS
from ingest.readers.text import file_title, visible
from ingest.readers.zip_guard import check_zip, told_when_broken

_FIELD = frozenset({f"{DRAWING}fld"})
_Counts = tuple[Counter[str], Counter[str]]  # dropped and added visible characters, by name


def read(data: bytes, name: str) -> Document:
    """Read a .pptx file.

    Raises:
        UnreadableFile: when it is broken, encrypted or a zip bomb.
    """
    from pptx import Presentation
    from pptx.exc import PythonPptxError

    check_zip(data, name, "PowerPoint")
    dropped: Counter[str] = Counter()
    added: Counter[str] = Counter()
    with told_when_broken(name, "PowerPoint", PythonPptxError):
        slides = list(Presentation(io.BytesIO(data)).slides)
        blocks = [block for n, slide in enumerate(slides, start=1) for block in _slide(slide, n, (dropped, added))]
        read_characters = sum(visible("".join(texts_in(part))) for slide in slides for part in _parts(slide))
    return Document(file_title(name), tuple(blocks), read_characters, dict(+dropped), added=dict(+added))


def _slide(slide: Any, number: int, counts: _Counts) -> Iterator[Block]:
    dropped, added = counts
    shape = slide.shapes.title
    title = None if shape is None else shape._element
    heading = "" if title is None else " ".join("".join(_lines(title, None, counts)).split())
    place = Locator(page=number, headings=(heading,) if heading else ())
    main, *diagrams, notes_part = _parts(slide)
    texts = [*_lines(main, title, counts), *(line for part in diagrams for line in _lines(part, None, counts))]
    if heading and texts:
        dropped[HEADINGS] += visible(heading)
    elif heading:
        texts = [heading]
    if texts:
        yield Block("\n".join(texts), place)
    notes = "\n".join(_lines(notes_part, None, counts)).strip()
    if notes:
        added["marks of notes"] += len("Notes:")
        yield Block(f"Notes: {notes}", place)


def _lines(element: Any, left_out: Any, counts: _Counts) -> Iterator[str]:
    """Give the lines of what lies in an element: paragraphs, and table rows with their cells parted by " | "."""
    dropped, added = counts
    for child in element:
        if child is left_out or child.tag == FALLBACK:
            continue
        if child.tag == f"{DRAWING}tr":
            yield from filter(None, [row_text(child, f"{DRAWING}tc", f"{DRAWING}p", added)])
        elif child.tag == f"{DRAWING}p":
            dropped["fields"] += visible("".join(texts_in(child))) - visible("".join(texts_in(child, _FIELD)))
            yield from _paragraph(child, added)
        else:
            yield from _lines(child, left_out, counts)


def _paragraph(paragraph: Any, added: Counter[str]) -> Iterator[str]:
    text = "".join(texts_in(paragraph, _FIELD)).strip()
    properties = paragraph.find(f"{DRAWING}pPr")
    level = "0" if properties is None else properties.get("lvl", "0")
    if text and level != "0":
        added["bullets"] += 1
    if text:
        yield text if level == "0" else f"• {text}"


def _parts(slide: Any) -> list[Any]:
    """Give what holds a slide's text: itself, its SmartArt, which lies in parts of its own, and its notes, last."""
    from lxml import etree

    relations = [r for r in slide.part.rels.values() if not r.is_external]
    diagrams = [r.target_part.blob for r in relations if str(r.reltype).endswith("/diagramData")]
    notes = slide.notes_slide._element if slide.has_notes_slide else ()
    return [slide._element, *map(etree.fromstring, diagrams), notes]
