"""The dense half: the vectors of chunks in Chroma. Always our own vectors, never an embedding function.

The text stands beside its vector as metadata, for whoever opens the collection with other tools; as Chroma's "document"
it would go into a full-text index of Chroma's own, which took half the time of writing and is never asked.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from index_store.chunks import Chunk
from index_store.errors import IndexDamaged
from index_store.manifest import REBUILD
from index_store.well_formed import well_formed

if TYPE_CHECKING:
    from chromadb.api import ClientAPI

ROWS_A_CALL = 5_000  # Chroma refuses more than 5,461
_COLLECTION = "chunks"
# Twice Chroma's own links and care: of 5,000 chunks, many of them alike, its defaults left three that no query reached.
_GRAPH = {"space": "cosine", "max_neighbors": 32, "ef_construction": 200}
_OPENING = threading.Lock()


class Dense:
    """A Chroma collection in a folder of its own, by cosine.

    Many threads may search it at once. Each object reads the files as they are when it is made: what another object or
    process has written since is seen by a new one.
    """

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        client = _open_client(folder)
        if create:
            configuration: Any = {"hnsw": _GRAPH}
            self._collection = client.get_or_create_collection(
                _COLLECTION, configuration=configuration, embedding_function=None
            )
        else:
            self._collection = client.get_collection(_COLLECTION, embedding_function=None)

    def upsert(self, chunks: Sequence[Chunk], vectors: NDArray[np.float32]) -> None:
        """Write chunks with their vectors, (n, dimension) float32, over any of the same ids.

        A vector that is there already is left alone, and one that changed is deleted first: hnswlib mends the graph
        around a vector that is written over so badly that others may never be found again.
        """
        for at in range(0, len(chunks), ROWS_A_CALL):
            part, values = chunks[at : at + ROWS_A_CALL], vectors[at : at + ROWS_A_CALL]
            there, same = self._compared(part, values)
            self.delete([c.id for c, kept in zip(part, same, strict=True) if c.id in there and not kept])
            known = [c for c, kept in zip(part, same, strict=True) if kept]
            fresh = [c for c, kept in zip(part, same, strict=True) if not kept]
            if known:
                self._collection.update(ids=[c.id for c in known], metadatas=[_metadata(c) for c in known])
            if fresh:
                self._collection.upsert(
                    ids=[c.id for c in fresh],
                    embeddings=cast(Any, values[~np.array(same)]),
                    metadatas=[_metadata(c) for c in fresh],
                )

    def _compared(self, chunks: Sequence[Chunk], vectors: NDArray[np.float32]) -> tuple[set[str], list[bool]]:
        there = self.vectors([c.id for c in chunks])
        pairs = zip(chunks, vectors, strict=True)
        return set(there), [c.id in there and np.allclose(there[c.id], v, atol=1e-6) for c, v in pairs]

    def unlike(self, chunks: Sequence[Chunk], vectors: NDArray[np.float32]) -> set[str]:
        """Give the ids of those chunks that are not here with this vector; what else is here goes by the id."""
        found: set[str] = set()
        for at in range(0, len(chunks), ROWS_A_CALL):
            part = chunks[at : at + ROWS_A_CALL]
            _, same = self._compared(part, vectors[at : at + ROWS_A_CALL])
            found.update(c.id for c, kept in zip(part, same, strict=True) if not kept)
        return found

    def delete(self, ids: Sequence[str]) -> None:
        """Delete chunks; ids that are not there are passed over."""
        for at in range(0, len(ids), ROWS_A_CALL):
            self._collection.delete(ids=list(ids[at : at + ROWS_A_CALL]))

    def vectors(self, ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Give the vectors of chunks, by id."""
        if not ids:
            return {}
        with _readable():
            found = self._collection.get(ids=list(ids), include=["embeddings"])
        rows = zip(found["ids"], cast(Any, found["embeddings"]), strict=True)
        return {chunk_id: np.asarray(vector, dtype=np.float32) for chunk_id, vector in rows}

    def ids(self) -> set[str]:
        """Give the ids of all chunks."""
        with _readable():
            return set(self._collection.get(include=[])["ids"])

    def count(self) -> int:
        """Count the chunks."""
        with _readable():
            return self._collection.count()

    def query(self, vector: NDArray[np.float32], k: int) -> list[tuple[str, float]]:
        """Give the ids of the k nearest chunks with their cosine, best first."""
        with _readable():
            asked = cast(Any, vector[None, :])
            found = self._collection.query(query_embeddings=asked, n_results=k, include=["distances"])
        distances = cast(Any, found["distances"])[0]
        return [(chunk_id, 1.0 - float(d)) for chunk_id, d in zip(found["ids"][0], distances, strict=True)]


@contextmanager
def _readable() -> Iterator[None]:
    """Tell of files that cannot be read in the index's own words."""
    from chromadb.errors import ChromaError

    try:
        yield
    except ChromaError as exc:
        raise IndexDamaged(f"The index cannot be read: {exc}", hint=REBUILD) from exc


def _metadata(chunk: Chunk) -> dict[str, Any]:
    fields = {"path": chunk.path, "locator": str(chunk.locator), "text": chunk.text}
    return {name: well_formed(value) for name, value in fields.items()}


def _open_client(folder: Path) -> ClientAPI:
    """Open Chroma's files anew.

    Chroma keeps one client for each path in a process, which would go on seeing the files as they were; and its cache
    is not made for threads. So it is emptied behind each opening, one opening at a time; clients that are open stay so.
    """
    from chromadb import PersistentClient
    from chromadb.api.shared_system_client import SharedSystemClient
    from chromadb.config import Settings

    with _OPENING:
        try:
            return PersistentClient(str(folder), Settings(anonymized_telemetry=False))
        finally:
            SharedSystemClient.clear_system_cache()
