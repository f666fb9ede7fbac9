"""Opens the file that a citation leads into and shows the place in it: a page of a PDF, a cell of a notebook."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from assistant.events import Citation
from index_store.chunks import Chunk
from index_store.errors import LecternError
from ingest.notebook_cells import Cell, notebook_cell
from ingest.page_pictures import page_picture
from ui.cell_view import cell_html
from ui.kept_turns import Record, chunk_ids_of, citations_of, panel_of
from ui.parts import Parts

_log = logging.getLogger(__name__)


def panel(parts: Parts, record: Record | None, root: str = "") -> str:
    """Give the sources panel of a turn, the cells of notebooks in it read from the files that were ingested."""
    chunks = parts.chunks(chunk_ids_of(record))
    cells = cells_shown(record, chunks, root) if record is not None else {}
    return panel_of(record, chunks, root, cells)


def cells_shown(record: Record, chunks: Mapping[str, Chunk], root: str = "") -> dict[int, str]:
    """Give each cited cell of a notebook as HTML, by the first citation of it; a file that is gone gives none."""
    cited = citations_of(record, chunks)
    groups: dict[tuple[int, str, int], list[int]] = {}
    for at, citation in enumerate(cited):
        if citation.chunk_id in chunks and (number := _cell_number(citation)):
            groups.setdefault((citation.marker, citation.path, number), []).append(at)
    found = {}
    for (_, path, number), places in groups.items():
        try:
            cell = notebook_cell(cited_bytes(chunks[cited[places[0]].chunk_id]), path, number)
        except (OSError, LecternError) as exc:
            _log.info("cell %d of %s is not shown: %s", number, path, exc)
            continue
        address = f"{root}turns/{record['id']}/cells/{places[0]}"
        found[places[0]] = cell_html(cell, [cited[at].quote for at in places], address)
    return found


def cited_cell(citation: Citation, chunk: Chunk) -> Cell:
    """Give the cell that a citation leads to.

    Raises:
        OSError: when the file is no longer where it was ingested from.
        UnreadableFile: when it has no such cell, or is no notebook.
    """
    return notebook_cell(cited_bytes(chunk), chunk.path, _cell_number(citation))


def cited_page(chunk: Chunk, quotes: Sequence[str]) -> bytes:
    """Draw the page of a PDF that a chunk stands on, as a PNG.

    Raises:
        OSError: when the file is no longer where it was ingested from.
        UnreadableFile: when it has no such page, or is no PDF.
    """
    return page_picture(cited_bytes(chunk), chunk.path, chunk.locator.page or 0, quotes)


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


def _cell_number(citation: Citation) -> int:
    number = citation.locator_parts.get("cell")
    return number if isinstance(number, int) else 0
