"""The dense half: what is stored is found by its own vector, however often it is written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from index_store.chunks import Chunk
from index_store.dense import Dense
from index_store.locators import Locator

ALIKE = 1_500
BATCH = 100
FORGIVEN = 1  # an approximate index may miss one
FORGIVEN_MOVED = 5  # and some where vectors moved, each time others, for threads build it; far fewer than moved


def chunk(n: int, title: str = "") -> Chunk:
    text = f"Text {n}."
    return Chunk(text, text, 0, Locator(), "/s", "a.md", title, "prose", "", n)


def alike(clusters: int) -> NDArray[np.float32]:
    """Unit vectors in dense clusters, as papers listed twice or pages of one template give them."""
    rng = np.random.default_rng(1)
    centres = np.repeat(rng.normal(size=(clusters, 384)), ALIKE // clusters, axis=0)
    vectors = centres + rng.normal(scale=0.1, size=(ALIKE, 384))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def write(dense: Dense, vectors: NDArray[np.float32], title: str = "") -> None:
    for at in range(0, len(vectors), BATCH):
        part = vectors[at : at + BATCH]
        dense.upsert([chunk(n, title) for n in range(at, at + len(part))], part)


def lost(dense: Dense, vectors: NDArray[np.float32]) -> int:
    return sum(dense.query(v, 1)[0][0] != chunk(n).id for n, v in enumerate(vectors))


@pytest.mark.parametrize("clusters", [1, 30])
def test_every_vector_is_found_by_itself_however_often_it_is_written(clusters: int, tmp_path: Path) -> None:
    vectors = alike(clusters)
    dense = Dense(tmp_path, create=True)
    write(dense, vectors)
    assert lost(dense, vectors) <= FORGIVEN
    write(dense, vectors, "Another title")
    write(dense, vectors)
    assert lost(dense, vectors) <= FORGIVEN


def test_a_vector_that_changed_is_found_where_it_is_now(tmp_path: Path) -> None:
    vectors = alike(1)
    moved = -vectors[:BATCH]
    dense = Dense(tmp_path, create=True)
    write(dense, vectors)
    write(dense, moved)
    assert dense.count() == ALIKE
    assert lost(dense, np.concatenate([moved, vectors[BATCH:]])) <= FORGIVEN_MOVED
