"""A library on the real parts for tests: ledger, Chroma, tantivy and MiniLM under one home."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from index_store.index import Index
from ingest.health import check_at_start
from ingest.ledger import Ledger, text_hash
from ingest.lock import writing
from ingest.pipeline import Pipeline, fingerprint_of
from ingest.receipts import Finished, Receipt
from ingest.settings import IngestSettings
from ingest.sources import folder_source


class CountingEmbedder:
    """An embedder that counts the texts it is asked to embed."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self.embedded = 0
        self.name, self.dimension, self.max_tokens = model.name, model.dimension, model.max_tokens
        self.count_tokens, self.embed_query = model.count_tokens, model.embed_query

    def embed_texts(self, texts: Any) -> Any:
        self.embedded += len(texts)
        return self._model.embed_texts(texts)


@contextmanager
def opened(home: Path, embedder: Any, **settings: Any) -> Iterator[Pipeline]:
    """A pipeline that holds the writer's lock; its ledger and index are attributes of it."""
    chosen = IngestSettings(home, **settings)
    with writing(home):
        ledger = Ledger(home)
        check_at_start(home, ledger)
        index = Index.open(home, fingerprint_of(embedder, chosen), create=True)
        try:
            yield Pipeline(chosen, ledger, index, embedder)
        finally:
            index.close()
            ledger.close()


def ingest(home: Path, embedder: Any, *paths: Path, prune: bool = False, **settings: Any) -> dict[str, Receipt]:
    """Ingest files or folders; give the receipts by path."""
    with opened(home, embedder, **settings) as pipeline:
        limit = pipeline._settings.max_file_bytes
        sources = [folder_source(p, pipeline._ledger.sources(), limit) for p in paths]
        events = list(pipeline.ingest(sources, prune=prune))
    assert isinstance(events[-1], Finished)
    return {e.path: e for e in events if isinstance(e, Receipt)}


def agreed(home: Path, embedder: Any) -> set[str]:
    """Give the chunk ids of a library in which both halves have each chunk and its vector as the ledger has them."""
    ids, dense, lexical = held(home, embedder)
    assert ids == dense == lexical
    ledger = Ledger(home)
    index = Index.open(home, fingerprint_of(embedder, IngestSettings(home)))
    try:
        kept = {c.id: c for d in ledger.documents() for c in ledger.chunks(d.id)}
        assert index.get(list(kept)) == kept
        vectors = index.dense.vectors(list(kept))
        known = ledger.vectors(embedder.name, [text_hash(c.embedded_text) for c in kept.values()])
        for chunk in kept.values():
            np.testing.assert_allclose(vectors[chunk.id], known[text_hash(chunk.embedded_text)], atol=1e-6)
        return ids
    finally:
        index.close()
        ledger.close()


def held(home: Path, embedder: Any) -> tuple[set[str], set[str], set[str]]:
    """Give the chunk ids of ledger, dense and lexical half."""
    ledger = Ledger(home)
    index = Index.open(home, fingerprint_of(embedder, IngestSettings(home)))
    try:
        dense, lexical = index.dense.ids(), index.lexical.ids()
        assert index.count() == (len(dense), len(lexical))
        return ledger.chunk_ids(), dense, lexical
    finally:
        index.close()
        ledger.close()
