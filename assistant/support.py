"""Judges whether passages support an answer at all; its one threshold is set on our own questions (tests/data)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.selection import Candidate, Passage


@dataclass(frozen=True, slots=True)
class Support:
    """How well the passages support an answer, and whether that is enough."""

    score: float
    enough: bool


ENOUGH = 0.5


def judge(question: str, passages: Sequence[Passage], candidates: Sequence[Candidate]) -> Support:
    """Judge the support that the best candidates give."""
    if not candidates:
        return Support(0.0, enough=False)
    best = candidates[0]
    score = best.cosine + 0.3 * best.coverage
    return Support(score, score >= ENOUGH)
