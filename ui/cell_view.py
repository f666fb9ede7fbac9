"""Shows a cell of a notebook with its output, the quotes marked in it. Pure functions; every text is escaped."""

from __future__ import annotations

import html
from collections.abc import Sequence

from ingest.notebook_cells import Cell
from ingest.quote_places import quote_places
from ui.passages import code_marked, prose_marked

LONGEST_PART = 6_000
"""Characters of a source or an output that are shown: those around the quote, else the first."""
BEFORE_QUOTE = 1_500
Span = tuple[int, int]


def cell_html(cell: Cell, quotes: Sequence[str], address: str) -> str:
    """Give a cell, its output below it; nothing where no quote stands in it, for then the file has changed since.

    `address` is the one under which its pictures are found, by number.
    """
    parts = [cell.source, *cell.outputs]
    spans = [_spans(part, quotes) for part in parts]
    if not any(spans):
        return ""
    kind = "lectern-code" if cell.is_code else "lectern-prose"
    source = (
        f"<pre class='{kind}' tabindex='0'>{_marked(parts[0], spans[0], cell.is_code)}</pre>" if cell.source else ""
    )
    texts = "".join(
        f"<pre class='lectern-code' tabindex='0'>{_marked(part, found)}</pre>"
        for part, found in zip(parts[1:], spans[1:], strict=True)
    )
    pictures = "".join(
        f"<img loading='lazy' alt='Picture {n} of the output of cell {cell.number}' src='{html.escape(address)}/{n}'>"
        for n in range(1, len(cell.pictures) + 1)
    )
    output = f"<p class='lectern-note'>Output</p>{texts}{pictures}" if texts or pictures else ""
    name = f"Cell {cell.number}" + (" with its output" if output else "")
    note = f"<p class='lectern-note'>{name}</p>"
    return f"<div class='lectern-cell' role='group' aria-label='{name}'>{note}{source}{output}</div>"


def _spans(text: str, quotes: Sequence[str]) -> list[Span]:
    found = (quote_places(text, quote) for quote in quotes)
    return sorted((places[0], places[-1] + 1) for places in found if places)


def _marked(text: str, spans: Sequence[Span], is_code: bool = True) -> str:
    start = max(0, spans[0][0] - BEFORE_QUOTE) if spans and len(text) > LONGEST_PART else 0
    end = min(len(text), start + LONGEST_PART)
    shown = (code_marked if is_code else prose_marked)(text, spans, start, end)
    return "".join(["…\n" if start else "", shown, "\n…" if end < len(text) else ""])
