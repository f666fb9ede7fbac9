"""Writes what the ledger holds into an index again: without any source, and without embedding what was embedded."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from index_store.chunks import Chunk, Embedder
from index_store.index import Index
from ingest.ledger import Ledger, text_hash


def restore(index: Index, ledger: Ledger, embedder: Embedder) -> int:
    """Write all chunks from the ledger into an index; embed only what the ledger has no vector of."""
    restored = 0
    for document in ledger.documents():
        chunks = ledger.chunks(document.id)
        if chunks:
            index.upsert(chunks, _vectors(ledger, embedder, chunks))
            restored += len(chunks)
    return restored


def mend(index: Index, ledger: Ledger, embedder: Embedder, documents: Collection[str]) -> int:
    """Write those chunks of documents that an index has not, or not as the ledger has them; give how many they were.

    An id says nothing of a chunk's context, title or place: what two versions of a document share may be of either.
    """
    mended = 0
    for document in documents:
        chunks = ledger.chunks(document)
        if not chunks:
            continue
        vectors = _vectors(ledger, embedder, chunks)
        unlike = index.unlike(chunks, vectors)
        if unlike:
            at = [n for n, c in enumerate(chunks) if c.id in unlike]
            index.upsert([chunks[n] for n in at], vectors[at])
            mended += len(unlike)
    return mended


def _vectors(ledger: Ledger, embedder: Embedder, chunks: list[Chunk]) -> NDArray[np.float32]:
    hashes = [text_hash(c.embedded_text) for c in chunks]
    vectors = ledger.vectors(embedder.name, hashes)
    missing = {h: c.embedded_text for h, c in zip(hashes, chunks, strict=True) if h not in vectors}
    if missing:
        new = dict(zip(missing, embedder.embed_texts(list(missing.values())), strict=True))
        ledger.keep_vectors(embedder.name, new)
        vectors.update(new)
    return np.stack([vectors[h] for h in hashes])
