"""Removes documents and proves it: what is left of them is counted in the index, among the vectors and on the disk."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.tracing.coverage import Cited, citing_turns
from index_store.errors import TracesUnavailable
from ingest.ledger import text_hash

if TYPE_CHECKING:
    from ingest.ledger import Known
    from ui.wiring import Library

UPLOADS = "uploads"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Certificate:
    """What went, and what is left of it: in the index's two halves, and `files_left` of those that were uploaded."""

    documents: int
    chunks: int
    vectors: int
    files: int
    chunks_left: int
    vectors_left: int
    files_left: int
    vectors_shared: int = 0
    """Vectors of it that another document of the same text has too, so that they stay."""
    turns: int | None = 0
    """Kept turns that quote it, None where they cannot be read; what deletes them is no part of a removal."""

    @property
    def nothing_left(self) -> bool:
        """Whether all of it is gone."""
        return self.chunks_left == self.vectors_left == self.files_left == 0


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of one document that was removed."""

    document: Known
    chunks: int
    vectors: int
    files: int


def remove(library: Library, documents: Sequence[Known]) -> Certificate:
    """Remove documents from a library that is open for writing, and files of theirs that we keep ourselves.

    Raises:
        IndexProblem: when the index or the ledger cannot be written.
    """
    return remove_each(library, documents)[0]


def remove_each(library: Library, documents: Sequence[Known]) -> tuple[Certificate, list[Left]]:
    """Remove documents as `remove` does; give what is left of each too.

    Raises:
        IndexProblem: when the index or the ledger cannot be written.
    """
    chunks = {d.id: library.ledger.chunk_ids(d.id) for d in documents}
    gone = set().union(*chunks.values())
    used = {c.embedded_text for d in documents for c in library.ledger.chunks(d.id)}
    for document in documents:
        library.pipeline.remove(document)
    vectors = library.ledger.forget_unused_vectors()
    home = library.environment.home
    own = {d.id: file for d in documents if (file := uploaded_file(home, d)) is not None}
    for file in own.values():
        file.unlink(missing_ok=True)
    each = [_left_of(library, d, chunks[d.id], own.get(d.id)) for d in documents]
    left = (sum(one.chunks for one in each), sum(one.vectors for one in each), sum(one.files for one in each))
    shared = len(library.ledger.vectors(library.embedder.name, map(text_hash, used)))
    turns = quoted_by(library, gone, {d.path for d in documents})
    return Certificate(len(documents), len(gone), vectors, len(own), *left, shared, turns), each


def _left_of(library: Library, document: Known, chunks: Collection[str], file: Path | None) -> Left:
    ids = sorted(chunks)
    kept = file is not None and file.exists()
    return Left(document, len(library.index.get(ids)), len(library.index.dense.vectors(ids)), int(kept))


def quoted_by(library: Library, chunks: Collection[str], paths: Collection[str]) -> int | None:
    """Count the kept turns that quote what went, these chunks and earlier versions of these paths; None: not known."""

    def quotes(turn: Cited) -> bool:
        if any(chunk in chunks for _, chunk in turn.passages):
            return True
        of_paths = {chunk for path, chunk in turn.passages if path in paths}
        return bool(of_paths) and not of_paths <= library.ledger.documents_of(of_paths).keys()

    try:
        return sum(map(quotes, citing_turns(library.traces.engine)))
    except TracesUnavailable as exc:  # what went is gone all the same
        log.warning("Turns that quote what was removed could not be counted: %s", exc)
        return None


def uploaded_file(home: Path, document: Known) -> Path | None:
    """Give the file of a document that was uploaded, None for one that lies elsewhere."""
    uploads = (home / UPLOADS).resolve()
    file = (Path(document.source) / document.path).resolve()
    return file if uploads in file.parents else None
