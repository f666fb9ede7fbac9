"""Groups the questions that the course could not answer by meaning, so that a team sees what is missing, most first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from index_store.chunks import Embedder

ALIKE = 0.6
"""Cosine of two questions from which they ask for the same; MiniLM gives paraphrases 0.6 to 0.9."""


@dataclass(frozen=True, slots=True)
class Group:
    """Questions that ask for the same; `question` is the one nearest to the others.

    `members` are their places, from 0, among those that were given.
    """

    question: str
    questions: tuple[str, ...]
    members: tuple[int, ...]


def grouped(questions: Sequence[str], embedder: Embedder) -> list[Group]:
    """Group questions, the largest group first; each joins the first group whose leader is near enough.

    The leader algorithm (Hartigan 1975, "Clustering Algorithms", chapter 3): one pass, no number of groups to guess.
    """
    if not questions:
        return []
    vectors = embedder.embed_texts(list(questions))
    leaders: list[int] = []
    members: list[list[int]] = []
    for n, vector in enumerate(vectors):
        near = vectors[leaders] @ vector if leaders else np.zeros(0)
        if near.size and near.max() >= ALIKE:
            members[int(near.argmax())].append(n)
        else:
            leaders.append(n)
            members.append([n])
    groups = [_group(questions, vectors, chosen) for chosen in members]
    return sorted(groups, key=lambda g: -len(g.questions))


def _group(questions: Sequence[str], vectors: np.ndarray, chosen: list[int]) -> Group:
    centre = vectors[chosen].mean(axis=0)
    best = chosen[int((vectors[chosen] @ centre).argmax())]
    return Group(questions[best], tuple(questions[n] for n in chosen), tuple(chosen))
