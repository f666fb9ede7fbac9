"""Opens the file that a citation leads into and shows the place in it: a page of a PDF, a cell of a notebook."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from assistant.events import Citation
from assistant.quotes import citation_at
from index_store.chunks import Chunk
from index_store.errors import LecternError
from ingest.notebook_cells import Cell, notebook_cell
from ingest.page_pictures import page_picture, quotes_on_page
from ui.cell_view import cell_html
from ui.kept_turns import Record, chunk_ids_of, citations_of, panel_of
from ui.page_view import page_html
from ui.parts import Parts

REMOVED = "Removed from the library since: only what was quoted is kept, with the answer."
CHANGED = "Changed in the library since: this is what was quoted then."
_log = logging.getLogger(__name__)


def panel(parts: Parts, record: Record | None, root: str = "", marker: tuple[int, int] | None = None) -> str:
    """Give the sources panel of a turn, its pages and cells read from the files that were ingested.

    The page is open that a `marker` stands for, given by its number and which of these in the answer, from 0; where
    there is none, that of the first quote of each source.
    """
    if record is None:
        return panel_of(None, {})
    chunks = parts.chunks(chunk_ids_of(record))
    cited = citations_of(record, chunks)
    address = f"{root}turns/{record['id']}"
    chosen = None if marker is None else citation_at(str(record["answer"] or ""), *marker, cited)
    cells, pages = cells_shown(cited, chunks, address), pages_shown(cited, chunks, address, chosen)
    return panel_of(record, chunks, cells, pages, gone(parts, cited, chunks))


def gone(parts: Parts, cited: Sequence[Citation], chunks: Mapping[str, Chunk]) -> dict[str, str]:
    """Say of each cited passage that the library no longer holds what became of it, by the chunk's id."""
    policy = parts.library.policy
    missing = {
        c.chunk_id: c.path
        for c in cited
        if c.kind == "course" and c.chunk_id and c.chunk_id not in chunks and not (policy and policy.hides(c.path))
    }
    if not missing:
        return {}
    there = {d.path for d in parts.library.ledger.documents()}
    return {chunk: CHANGED if path in there else REMOVED for chunk, path in missing.items()}


def cells_shown(cited: Sequence[Citation], chunks: Mapping[str, Chunk], address: str) -> dict[int, str]:
    """Give each cited cell of a notebook as HTML, by the first citation of it; a file that is gone gives none."""
    found = {}
    for (_, path, number), places in _by_place(cited, chunks, "cell").items():
        first = cited[places[0]]
        try:
            cell = cited_cell(first, chunks[first.chunk_id])
        except (OSError, LecternError) as exc:
            _log.info("cell %d of %s is not shown: %s", number, path, exc)
            continue
        found[places[0]] = cell_html(cell, [cited[at].quote for at in places], f"{address}/cells/{places[0]}")
    return found


def pages_shown(
    cited: Sequence[Citation], chunks: Mapping[str, Chunk], address: str, chosen: Citation | None = None
) -> dict[int, str]:
    """Give each cited page of a PDF as HTML, by the first citation of it; a file that is gone gives none."""
    found: dict[int, str] = {}
    groups = _by_place([c if _is_pdf(c.path) else None for c in cited], chunks, "page")
    open_at: dict[int, int] = {}
    for (marker, _, _), places in groups.items():
        if chosen in [cited[at] for at in places]:
            open_at[marker] = places[0]
        open_at.setdefault(marker, places[0])
    for (marker, path, number), places in groups.items():
        quotes = [cited[at].quote for at in places]
        try:
            marked = quotes_on_page(cited_bytes(chunks[cited[places[0]].chunk_id]), path, number, quotes)
        except (OSError, LecternError) as exc:
            _log.info("page %d of %s is not shown: %s", number, path, exc)
            continue
        is_open = open_at[marker] == places[0]
        # Where it cannot be told just now, nothing is said to be missing.
        count = len(quotes if marked is None else marked)
        found[places[0]] = page_html(number, f"{address}/pages/{places[0]}", count, len(quotes), is_open=is_open)
    return found


def cited_cell(citation: Citation, chunk: Chunk) -> Cell:
    """Give the cell that a citation leads to.

    Raises:
        OSError: when the file is no longer where it was ingested from.
        UnreadableFile: when it has no such cell, or is no notebook.
    """
    return notebook_cell(cited_bytes(chunk), chunk.path, _number(citation, "cell"))


def cited_page(citation: Citation, chunk: Chunk, cited: Sequence[Citation]) -> bytes:
    """Draw the page of a PDF that a citation leads to, as a PNG, with what its marker quotes from there.

    A passage may run over several pages: the page is that of the quote.

    Raises:
        OSError: when the file is no longer where it was ingested from.
        UnreadableFile: when it has no such page, or is no PDF.
    """
    page = _number(citation, "page")
    here = [c.quote for c in cited if (c.marker, c.path, _number(c, "page")) == (citation.marker, citation.path, page)]
    return page_picture(cited_bytes(chunk), chunk.path, page, here)


def cited_bytes(chunk: Chunk) -> bytes:
    """Read the file that a chunk was ingested from.

    Raises:
        OSError: when it is no longer there.
    """
    folder = Path(chunk.source)
    file = (folder / chunk.path).resolve()
    if folder not in file.parents:  # a link that was put there since
        raise FileNotFoundError(str(file))
    return file.read_bytes()


def _by_place(
    cited: Sequence[Citation | None], chunks: Mapping[str, Chunk], part: str
) -> dict[tuple[int, str, int], list[int]]:
    """Group the places of citations by marker, file and the page or cell that they lead to."""
    groups: dict[tuple[int, str, int], list[int]] = {}
    for at, citation in enumerate(cited):
        if citation is not None and citation.chunk_id in chunks and (number := _number(citation, part)):
            groups.setdefault((citation.marker, citation.path, number), []).append(at)
    return groups


def _is_pdf(path: str) -> bool:
    """Tell a PDF of a folder; of one from the web there is no file."""
    return path.lower().endswith(".pdf") and not path.startswith(("http://", "https://"))


def _number(citation: Citation, part: str) -> int:
    number = citation.locator_parts.get(part)
    return number if isinstance(number, int) else 0
