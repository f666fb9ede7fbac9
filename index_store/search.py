"""Finds the passages that fit a question: dense and lexical halves, fused, without near-copies.

Both halves are asked for more than is wanted. Each half's scores are put on one scale and summed (Bruch, Gai and
Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval", TOIS 2023, found such convex combinations above
reciprocal rank fusion). Windows are small, so that they are found; what is read is their context, so a window that
stands in a better hit's context, or nearly repeats it in another file, would only take a place and is dropped.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from index_store.chunks import Chunk, Embedder, Hit
from index_store.dense import Dense
from index_store.index import Index
from index_store.lexical import Lexical

Allows = Callable[[str], bool]
"""Tells something of a document by its path."""
POOL = 100
WIDER = 4  # times the pool, where near-copies took so many places that too few were left
STEP = 3  # hits read at a time, for each one that is wanted
DENSE_WEIGHT = 0.45
SHINGLE_WORDS = 5
COPIED = 0.5  # share of a window's shingles in a better hit from which it is a near-copy
_WORD = re.compile(r"\w+")


@dataclass(slots=True)
class _Found:
    cosine: float | None = None
    bm25: float = 0.0
    dense_rank: int | None = None
    lexical_rank: int | None = None


class Searcher:
    """Searches an index; many threads may do so at once."""

    def __init__(
        self,
        index: Index,
        embedder: Embedder,
        *,
        dense_weight: float = DENSE_WEIGHT,
        hides: Allows | None = None,
    ) -> None:
        self.index = index
        self.embedder = embedder
        self._dense_weight = dense_weight
        self._hides = hides  # documents that no search finds now

    def search(self, question: str, k: int = 6, allows: Allows | None = None) -> list[Hit]:
        """Give the k passages that fit best, best first; fewer where the index holds fewer that differ.

        With `allows` only passages of documents whose path it allows are found.
        """
        self.index.refresh()
        if k < 1:
            return []
        halves = self.index.halves
        vector = self.embedder.embed_query(question)
        pool = max(POOL, STEP * k)
        while True:
            found = _pooled(halves, question, vector, pool)
            ranked = _hits(halves[1], _fused(found, self._dense_weight), found, STEP * k)
            hits = distinct(self._shown(ranked, allows), k)
            if len(hits) == k or pool >= halves[0].count():
                return _with_cosines(halves[0], hits, vector)
            pool *= WIDER

    def _shown(self, hits: Iterator[Hit], allows: Allows | None) -> Iterator[Hit]:
        """Leave out the hits of documents that are hidden, or not allowed."""
        hides = self._hides
        if hides is None and allows is None:
            return hits
        return (
            hit
            for hit in hits
            if (allows is None or allows(hit.chunk.path)) and (hides is None or not hides(hit.chunk.path))
        )


def _pooled(halves: tuple[Dense, Lexical], question: str, vector: NDArray[np.float32], pool: int) -> dict[str, _Found]:
    """Ask each half for so many chunks."""
    dense, lexical = halves
    found: dict[str, _Found] = {}
    for rank, (chunk_id, cosine) in enumerate(dense.query(vector, pool), start=1):
        found[chunk_id] = _Found(cosine=cosine, dense_rank=rank)
    for rank, (chunk_id, score) in enumerate(lexical.query(question, pool), start=1):
        entry = found.setdefault(chunk_id, _Found())
        entry.bm25, entry.lexical_rank = score, rank
    return found


def _hits(lexical: Lexical, ranked: Sequence[tuple[str, float]], found: dict[str, _Found], step: int) -> Iterator[Hit]:
    """Give what was found, best first; chunks are read some at a time, for most are never looked at."""
    for at in range(0, len(ranked), step):
        part = ranked[at : at + step]
        chunks = lexical.get([i for i, _ in part])
        yield from (_hit(chunks[i], found[i], score) for i, score in part if i in chunks)


def _with_cosines(dense: Dense, hits: Sequence[Hit], vector: NDArray[np.float32]) -> list[Hit]:
    """Fill in the cosine of hits that only the lexical half found."""
    stored = dense.vectors([h.chunk.id for h in hits if h.dense_rank is None])
    return [replace(h, cosine=float(stored[h.chunk.id] @ vector)) if h.chunk.id in stored else h for h in hits]


def _fused(found: dict[str, _Found], dense_weight: float) -> list[tuple[str, float]]:
    """Scale each half to 0..1 over what it found, and sum; equal sums stand in the order of their ids.

    What only one half found gets nothing from the other: there it is below the other's worst.
    """
    if not found:
        return []
    cosines = [e.cosine for e in found.values() if e.cosine is not None] or [0.0]
    low, span = min(cosines), max(cosines) - min(cosines) or 1.0
    best = max(e.bm25 for e in found.values()) or 1.0
    scores = {
        i: (dense_weight * (e.cosine - low) / span if e.cosine is not None else 0.0)
        + (1 - dense_weight) * e.bm25 / best
        for i, e in found.items()
    }
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))


def _hit(chunk: Chunk, found: _Found, score: float) -> Hit:
    return Hit(chunk, score, found.cosine or 0.0, found.dense_rank, found.lexical_rank)


def distinct(hits: Iterable[Hit], k: int) -> list[Hit]:
    """Keep the first k hits, best first, that say something which no better one's context says; count what does not."""
    kept: list[Hit] = []
    contexts: list[frozenset[tuple[str, ...]]] = []
    copies: Counter[int] = Counter()
    for hit in hits:
        if len(kept) == k:
            break
        own = shingles(hit.chunk.text)
        same = (n for n, other in enumerate(kept) if _stands_in(hit.chunk, other.chunk))
        copied = (n for n, context in enumerate(contexts) if len(own & context) > COPIED * len(own))
        if (known := next(chain(same, copied), None)) is not None:
            copies[known] += 1
            continue
        kept.append(hit)
        contexts.append(shingles(hit.chunk.context))
    return [replace(hit, copies=copies[n]) if copies[n] else hit for n, hit in enumerate(kept)]


def _stands_in(chunk: Chunk, other: Chunk) -> bool:
    return (chunk.source, chunk.path) == (other.source, other.path) and chunk.text in other.context


def shingles(text: str) -> frozenset[tuple[str, ...]]:
    """Give the runs of SHINGLE_WORDS words (Broder 1997); a shorter text is one run."""
    words = _WORD.findall(text.lower())
    if len(words) <= SHINGLE_WORDS:
        return frozenset([tuple(words)])
    return frozenset(zip(*(words[i:] for i in range(SHINGLE_WORDS)), strict=False))
