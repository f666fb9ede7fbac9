"""The dense half: chunks and their vectors in Chroma. Always our own vectors, never an embedding function."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from index_store.chunks import Chunk, Kind
from index_store.locators import parse_locator

ROWS_A_CALL = 5_000  # Chroma refuses more than 5,461
_COLLECTION = "chunks"


class Dense:
    """A Chroma collection in a folder of its own, by cosine."""

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        from chromadb import PersistentClient
        from chromadb.config import Settings

        client = PersistentClient(str(folder), Settings(anonymized_telemetry=False))
        if create:
            configuration: Any = {"hnsw": {"space": "cosine"}}
            self._collection = client.get_or_create_collection(
                _COLLECTION, configuration=configuration, embedding_function=None
            )
        else:
            self._collection = client.get_collection(_COLLECTION, embedding_function=None)

    def upsert(self, chunks: Sequence[Chunk], vectors: NDArray[np.float32]) -> None:
        """Write chunks with their vectors, (n, dimension) float32, over any of the same ids."""
        for at in range(0, len(chunks), ROWS_A_CALL):
            part = chunks[at : at + ROWS_A_CALL]
            self._collection.upsert(
                ids=[c.id for c in part],
                embeddings=cast(Any, vectors[at : at + ROWS_A_CALL]),
                documents=[c.text for c in part],
                metadatas=[_metadata(c) for c in part],
            )

    def delete(self, ids: Sequence[str]) -> None:
        """Delete chunks; ids that are not there are passed over."""
        for at in range(0, len(ids), ROWS_A_CALL):
            self._collection.delete(ids=list(ids[at : at + ROWS_A_CALL]))

    def get(self, ids: Sequence[str]) -> dict[str, Chunk]:
        """Give the chunks that are there, by id."""
        if not ids:
            return {}
        found = self._collection.get(ids=list(ids), include=["metadatas", "documents"])
        rows = zip(found["ids"], found["metadatas"] or [], found["documents"] or [], strict=True)
        return {chunk_id: _chunk(metadata, text) for chunk_id, metadata, text in rows}

    def vectors(self, ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Give the vectors of chunks, by id."""
        if not ids:
            return {}
        found = self._collection.get(ids=list(ids), include=["embeddings"])
        rows = zip(found["ids"], cast(Any, found["embeddings"]), strict=True)
        return {chunk_id: np.asarray(vector, dtype=np.float32) for chunk_id, vector in rows}

    def ids(self) -> set[str]:
        """Give the ids of all chunks."""
        return set(self._collection.get(include=[])["ids"])

    def count(self) -> int:
        """Count the chunks."""
        return self._collection.count()

    def query(self, vector: NDArray[np.float32], k: int) -> list[tuple[str, float]]:
        """Give the ids of the k nearest chunks with their cosine, best first."""
        k = min(k, self.count())
        if k == 0:
            return []
        found = self._collection.query(query_embeddings=cast(Any, vector[None, :]), n_results=k, include=["distances"])
        distances = cast(Any, found["distances"])[0]
        return [(chunk_id, 1.0 - float(d)) for chunk_id, d in zip(found["ids"][0], distances, strict=True)]


def _metadata(chunk: Chunk) -> Mapping[str, str | int]:
    return {
        "context": chunk.context,
        "window_start": chunk.window_start,
        "locator": str(chunk.locator),
        "source": chunk.source,
        "path": chunk.path,
        "title": chunk.title,
        "kind": chunk.kind,
        "section": chunk.section,
        "ordinal": chunk.ordinal,
        "occurrence": chunk.occurrence,
        "places": json.dumps(chunk.places),
    }


def _chunk(metadata: Mapping[str, Any], text: str) -> Chunk:
    return Chunk(
        text=text,
        context=str(metadata["context"]),
        window_start=int(metadata["window_start"]),
        locator=parse_locator(str(metadata["locator"])),
        source=str(metadata["source"]),
        path=str(metadata["path"]),
        title=str(metadata["title"]),
        kind=cast(Kind, metadata["kind"]),
        section=str(metadata["section"]),
        ordinal=int(metadata["ordinal"]),
        occurrence=int(metadata["occurrence"]),
        places=tuple((int(at), str(where)) for at, where in json.loads(str(metadata["places"]))),
    )
