"""Reads Jupyter notebooks (nbformat 3 and 4): every cell and its outputs, with cell numbers, executed or not."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from index_store.errors import UnreadableFile
from index_store.locators import Locator
from ingest.document import Block, Document
from ingest.readers.markdown import blocks_of
from ingest.readers.outline import Outline
from ingest.readers.outputs import clean_output, short_traceback
from ingest.readers.text import decode, file_title, visible

_HINT = "Open it in Jupyter and save it again, or remove it."
_TEXTS = ("text/markdown", "text/plain", "text/latex")


def read(data: bytes, name: str) -> Document:
    """Read a notebook; headings run on from cell to cell, so code and outputs stand under the last one.

    Raises:
        UnreadableFile: when the bytes are no notebook.
    """
    decoded = decode(data, name)
    cells = _cells(decoded.text, name)
    outline = Outline()
    blocks: list[Block] = []
    dropped: Counter[str] = Counter()
    read_characters = 0
    for number, cell in enumerate(cells, start=1):
        kind, source = cell.get("cell_type"), _text(cell.get("source", cell.get("input", "")))
        read_characters += visible(source)
        place = Locator(cell=number)
        if kind in ("markdown", "heading", "raw"):
            source = "#" * int(cell.get("level", 1)) + " " + source if kind == "heading" else source
            found, lost = blocks_of(source, place, outline)
            blocks += found
            dropped += lost
            continue
        if source.strip():
            blocks += outline.filled([Block(source.strip("\n"), _under(place, outline), "code", whole=True)])
        for output in cell.get("outputs") or []:
            if isinstance(output, Mapping):
                text, lost = _output(output)
                read_characters += visible(text) + lost.total()
                dropped += lost
                blocks += outline.filled(list(_output_blocks(text, Locator(cell=number, output=True), outline)))
    blocks += outline.finish()
    return Document(outline.title or file_title(name), tuple(blocks), read_characters, dict(dropped), decoded.notes)


def _under(place: Locator, outline: Outline) -> Locator:
    return Locator(cell=place.cell, output=place.output, headings=outline.path)


def _cells(text: str, name: str) -> list[Mapping[str, Any]]:
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise UnreadableFile(f"{name} is no notebook: {exc}.", hint=_HINT) from exc
    cells = notebook.get("cells") if isinstance(notebook, Mapping) else None
    if cells is None and isinstance(notebook, Mapping) and isinstance(notebook.get("worksheets"), list):
        cells = [c for sheet in notebook["worksheets"] if isinstance(sheet, Mapping) for c in sheet.get("cells") or []]
    if not isinstance(cells, list):
        raise UnreadableFile(f"{name} is no notebook: it has no list of cells.", hint=_HINT)
    return [cell for cell in cells if isinstance(cell, Mapping)]


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""


def _output(output: Mapping[str, Any]) -> tuple[str, Counter[str]]:
    """Give what an output shows as text, and what was dropped of it."""
    dropped: Counter[str] = Counter()
    if output.get("output_type") in ("error", "pyerr"):
        dropped["tracebacks"] = visible("".join(_text(output.get("traceback")).split("\n")))
        return short_traceback(_text(output.get("ename")), _text(output.get("evalue"))), dropped
    raw = output.get("data")
    data: Mapping[str, Any] = raw if isinstance(raw, Mapping) else output
    shown = _text(output.get("text")) or next((t for kind in _TEXTS if (t := _text(data.get(kind)))), "")
    if not shown and _text(data.get("text/html")):
        shown = _table_text(_text(data.get("text/html")))
    for kind, value in data.items():
        if kind.startswith("image/"):
            dropped["images"] += visible(_text(value))
    text, lost = clean_output(shown)
    return text, dropped + lost


def _table_text(markup: str) -> str:
    """Give the text of an HTML output, a line for each table row."""
    from lxml import html
    from lxml.etree import ParserError

    try:
        tree = html.fromstring(markup)
    except (ParserError, ValueError):
        return ""
    for unseen in tree.xpath("//script|//style"):
        unseen.drop_tree()
    rows = [" | ".join(" ".join(cell.text_content().split()) for cell in row) for row in tree.xpath("//tr")]
    return "\n".join(rows) or str(tree.text_content()).strip()


def _output_blocks(text: str, place: Locator, outline: Outline) -> Iterator[Block]:
    """Give an output as blocks, one for each run of lines between blank ones."""
    where = Locator(cell=place.cell, output=True, headings=outline.path)
    for part in text.split("\n\n"):
        if part.strip():
            yield Block(part.strip("\n"), where, "output")
