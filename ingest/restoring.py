"""Writes what the ledger holds into an index again: without any source, and without embedding what was embedded."""

from __future__ import annotations

import numpy as np

from index_store.chunks import Embedder
from index_store.index import Index
from ingest.ledger import Ledger, text_hash


def restore(index: Index, ledger: Ledger, embedder: Embedder, wanted: set[str] | None = None) -> int:
    """Write chunks from the ledger into an index, all or those wanted; embed only what the ledger has no vector of."""
    restored = 0
    for document in ledger.documents():
        chunks = [c for c in ledger.chunks(document.id) if wanted is None or c.id in wanted]
        if not chunks:
            continue
        hashes = [text_hash(c.embedded_text) for c in chunks]
        vectors = ledger.vectors(embedder.name, hashes)
        missing = {h: c.embedded_text for h, c in zip(hashes, chunks, strict=True) if h not in vectors}
        if missing:
            new = dict(zip(missing, embedder.embed_texts(list(missing.values())), strict=True))
            ledger.keep_vectors(embedder.name, new)
            vectors.update(new)
        index.upsert(chunks, np.stack([vectors[h] for h in hashes]))
        restored += len(chunks)
    return restored
