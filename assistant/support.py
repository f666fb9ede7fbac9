"""Judges whether passages support an answer at all.

Three things speak for it: how near the best passage's chunk is to the question, how near the best unit is, and how much
of the question's wording is met by that unit, word by word, each by the nearest word there (a soft coverage: a
"bar exam" meets a "licensing test"). Their weights and the one threshold were set by logistic regression on our own
questions over the sample course (tests/data/sample_questions.jsonl: 83 with an answer, 79 without), then rounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.selection import Candidate, Passage
from assistant.terms import content_terms, words_of
from index_store.chunks import Embedder

PASSAGE, UNIT, WORDING = 0.5, 0.25, 0.25
ENOUGH = 0.475


@dataclass(frozen=True, slots=True)
class Support:
    """How well the passages support an answer, and whether that is enough."""

    score: float
    enough: bool


def judge(question: str, passages: Sequence[Passage], candidates: Sequence[Candidate], embedder: Embedder) -> Support:
    """Judge the support that candidates, best first, give for answering a question."""
    if not candidates:
        return Support(0.0, enough=False)
    best = candidates[0]
    wording = soft_coverage(question, f"{passages[best.passage].heading} {best.unit.text}", embedder)
    passage = max(p.cosine for p in passages)
    score = PASSAGE * passage + UNIT * max(c.cosine for c in candidates) + WORDING * wording
    return Support(score, score >= ENOUGH)


def soft_coverage(question: str, text: str, embedder: Embedder) -> float:
    """Give the mean, over the question's content words, of the cosine with the nearest word of a text, -1 to 1."""
    asked = [w for w in dict.fromkeys(words_of(question)) if content_terms(w)]
    there = [w for w in dict.fromkeys(words_of(text)) if len(w) > 1]
    if not asked or not there:
        return 0.0
    vectors = embedder.embed_texts([*asked, *there])
    return float((vectors[: len(asked)] @ vectors[len(asked) :].T).max(axis=1).mean())
