"""One cell of a notebook as its author saw it: its source, what it printed, its pictures. Indexes nothing."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from index_store.errors import UnreadableFile
from ingest.readers.notebook import cells_of, output_text, source_of
from ingest.readers.text import decode

PICTURES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
"""The kinds of picture that are shown, and how each begins; an SVG is a document of its own and is not."""
LARGEST_PICTURE = 8_000_000
"""Characters of base64."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell by its number, from 1; each output's text apart, each picture as (media type, bytes)."""

    number: int
    is_code: bool
    source: str
    outputs: tuple[str, ...]
    pictures: tuple[tuple[str, bytes], ...]


def notebook_cell(data: bytes, name: str, number: int) -> Cell:
    """Give a cell, counted from 1 as a locator counts.

    Raises:
        UnreadableFile: when the bytes are no notebook, or it has no such cell.
    """
    cells = cells_of(decode(data, name).text, name)
    if not 1 <= number <= len(cells):
        raise UnreadableFile(f"{name} has no cell {number}.", hint="Ingest it again: it has changed.")
    cell = cells[number - 1]
    given = cell.get("outputs")
    outputs = [output for output in given if isinstance(output, Mapping)] if isinstance(given, list) else []
    texts = (output_text(output) for output in outputs)
    return Cell(
        number,
        cell.get("cell_type") not in ("markdown", "heading", "raw"),
        source_of(cell).strip("\n"),
        tuple(text.strip("\n") for text in texts if text.strip()),
        tuple(picture for output in outputs for picture in _pictures(output)),
    )


def _pictures(output: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    shown = output.get("data")
    for kind, begins in PICTURES.items():
        value = shown.get(kind) if isinstance(shown, Mapping) else None
        text = "".join(map(str, value)) if isinstance(value, list) else value
        if not isinstance(text, str) or len(text) > LARGEST_PICTURE:
            continue
        try:
            picture = b64decode(text)
        except (binascii.Error, ValueError):
            continue
        if picture.startswith(begins):
            yield kind, picture
            return
