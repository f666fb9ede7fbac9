"""Proves that what was stored is found by its own text; what is not takes the place of no version that was."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from index_store.chunks import Chunk, Embedder
from index_store.index import Index
from ingest.ledger import Ledger, text_hash
from ingest.restoring import mend

SAME = 0.999
"""Cosine from which on two texts are one to a reader, so that either may be found for the other."""
NOT_FOUND = "what was stored is not found by its own text"
MEND = "Run: lectern library rebuild, and then add it again."


def settled(
    index: Index, ledger: Ledger, document: str, chunks: Sequence[Chunk], vector: NDArray[np.float32], *, keep: bool
) -> bool:
    """Tell whether chunks that were written, the first with this vector, are found; take away what they replace.

    Those that are not found are taken away themselves where the version before is to be kept.
    """
    own, before = {c.id for c in chunks}, ledger.chunks(document)
    held = {c.id for c in before}
    found = _is_found(index, chunks[0], vector, [c for c in before if c.id not in own])
    index.delete(sorted(held - own if found or not keep else own - held))
    return found


def _is_found(index: Index, first: Chunk, vector: NDArray[np.float32], gone: Sequence[Chunk]) -> bool:
    """Look for a chunk by its vector, past the same text of the version before: that proves nothing of this one."""
    same = text_hash(first.embedded_text)
    replaced = {c.id for c in gone}
    hits = index.dense.query(vector, 1 + sum(text_hash(c.embedded_text) == same for c in gone))
    return any(i == first.id or (cosine > SAME and i not in replaced) for i, cosine in hits)


def put_back(index: Index, ledger: Ledger, embedder: Embedder, documents: Collection[str]) -> None:
    """Write what the ledger has of documents over what was committed of them in its place."""
    if mend(index, ledger, embedder, documents):
        index.commit()
