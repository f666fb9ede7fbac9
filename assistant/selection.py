"""Chooses the sentences of the passages that answer a question: scores every unit, then composes a short answer.

A unit's score is the cosine of its embedding with the question's, part alone and part with its heading in front (a
sentence such as "It has 2.7 billion parameters" says little without), plus the share of the question's terms that it
holds, weighed by how rare they are among the units, plus a little for the rank of its passage. `composition` makes an
answer of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from assistant.addressed import speaks_to_model
from assistant.arrangements import is_code, thing_arranged
from assistant.asked import (
    asked_for,
    asks_address,
    asks_limit,
    asks_number,
    called_by_name,
    has_address,
    has_number,
    tells_limit,
    without_number_words,
)
from assistant.contraries import exclusives, says_not_when, what_not, when_not
from assistant.definitions import defines, term_asked
from assistant.leaning import leans
from assistant.relations import asks_former, relation_asked, role_told_by
from assistant.terms import content_terms, coverage
from assistant.units import Unit, units_of
from index_store.chunks import Embedder


@dataclass(frozen=True, slots=True)
class Passage:
    """A numbered passage of a prompt: what `[marker]` points to."""

    marker: int
    text: str
    heading: str = ""
    cosine: float = 0.0  # of its chunk with the question, where the retriever knows it
    is_outside: bool = False  # not of the course: what speaks to the assistant there is not quoted


@dataclass(frozen=True, slots=True)
class Candidate:
    """A unit of a passage with what speaks for it; `place` counts the units of its passage from 0."""

    passage: int  # index into the passages
    place: int
    unit: Unit
    cosine: float
    coverage: float
    score: float
    told: int = 0  # 1 if it says the relation that is asked for, -1 if another one
    lacks_number: bool = False  # where the question asks for one
    called: float = 0.0  # what its score has for calling what is asked for by its name


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each part of a unit's score counts; set on our own questions over the sample course."""

    alone: float = 0.5
    with_heading: float = 0.5
    coverage: float = 0.1
    rank: float = 0.08
    question_mark: float = 0.35  # taken off a unit that asks instead of answering
    short: float = 0.15  # taken off a unit of fewer than SHORT_WORDS words
    reference: float = 0.25  # taken off a unit that is little more than a link
    code: float = 0.12  # taken off a line of code
    number: float = 0.08  # for a unit with a number, where the question asks for one
    limit: float = 0.5  # for one with a number that says how much is allowed, where that is asked
    address: float = 0.2  # for a unit with an address for mail, where one is asked for
    meaning: float = 0.2  # for a unit that says what the term is that is asked for
    of_another: float = 0.15  # taken off a unit with what is asked for, but of something else: another's room
    called: float = 0.15  # for a unit that calls what is asked for by its name
    relation: float = 0.3  # for a unit that says who did what is asked; off one that says another did, or did before
    beyond_title: float = 0.35  # for what it holds of a question beyond the title of an article from outside


SHORT_WORDS = 5
_LINK = re.compile(r"!?\[[^\]]*\]\([^)\s]*\)|https?://\S+")
NEARLY_AS_GOOD = 0.3
"""Of a score: what says when not is taken alone where it is not much worse than the rest."""
FOR_CONTEXT = -1.0
"""Of a score: nothing is chosen for it."""
MOST_PASSAGES = 6
PROMISING = 30
"""Units that are embedded with their heading too: the nearest without it. More of them took a quarter of the time of an
answer, and made another one of 1 question in 77."""


def candidates_of(
    question: str, passages: Sequence[Passage], embedder: Embedder, weights: Weights = Weights()
) -> list[Candidate]:
    """Score the units of the passages, best first."""
    takes_code = not thing_arranged(question)  # code tells no room
    placed = [
        (p, n, unit)
        for p, passage in enumerate(passages[:MOST_PASSAGES])
        for n, unit in enumerate(units_of(passage.text))
        if _says_something(unit, takes_code=takes_code) and not (passage.is_outside and speaks_to_model(unit.text))
    ]
    if not placed:
        return []
    asked = embedder.embed_query(question)
    alone = embedder.embed_texts([unit.text for _, _, unit in placed]) @ asked
    headed = alone.copy()
    promising = np.argsort(-alone, kind="stable")[:PROMISING]
    texts = [f"{passages[placed[i][0]].heading}\n{placed[i][2].text}" for i in promising]
    headed[promising] = embedder.embed_texts(texts) @ asked
    held = [frozenset(content_terms(unit.text)) for _, _, unit in placed]
    covered = coverage(question, held)
    told = _relations(question, placed, passages)
    of_another = _of_others(question, placed, held, passages)
    limits = [tells_limit(question, unit.text) for _, _, unit in placed] if asks_limit(question) else []
    said = _by_wording(question, placed, passages, told, limits, weights)
    lacking, names = _lack_number(question, placed, limits), called_by_name(question)
    found = []
    for i, (p, n, unit) in enumerate(placed):
        cosine = float(weights.alone * alone[i] + weights.with_heading * headed[i])
        score = cosine + weights.coverage * covered[i] + weights.rank / (1 + p) + said[i]
        score -= weights.of_another * of_another[i]
        named = bool(names) and not of_another[i] and names <= held[i]
        named = named and not (limits and lacking[i])  # how many there are is not how many are allowed
        called = weights.called * named
        found.append(Candidate(p, n, unit, cosine, covered[i], score + called, told[i], lacking[i], called))
    found.sort(key=lambda c: (-c.score, c.passage, c.place))
    found = _that_say_not(found, passages) if when_not(question) else found
    return _not_contrary(question, found, passages)


def _by_wording(
    question: str,
    placed: Sequence[tuple[int, int, Unit]],
    passages: Sequence[Passage],
    told: Sequence[int],
    limits: Sequence[float],
    weights: Weights,
) -> list[float]:
    """Give what the wording of each unit adds to its score, or takes off; `limits` are none where none is asked for."""
    wants_number, term = asks_number(question), term_asked(question)
    beyond = [beyond_title(question, passage) if passage.is_outside else frozenset() for passage in passages]
    wants_address = asks_address(question)
    said = []
    for i, (p, _, unit) in enumerate(placed):
        score = weights.relation * told[i] - _faults(unit, weights)
        if wants_number and any(c.isdigit() for c in _LINK.sub("", unit.text)):
            score += weights.number
        score += weights.limit * limits[i] if limits else 0.0
        score += weights.address if wants_address and has_address(unit.text) else 0.0
        score += weights.meaning * defines(unit.text, term) if term else 0.0
        if beyond[p]:
            met = len(beyond[p].intersection(content_terms(unit.text))) / len(beyond[p])
            score += weights.beyond_title * (met if told[i] == 0 else max(told[i], 0))
        said.append(score)
    return said


def _lack_number(question: str, placed: Sequence[tuple[int, int, Unit]], limits: Sequence[float]) -> list[bool]:
    """Tell of each unit whether it lacks the number that is asked for: what is allowed, if its passage tells that."""
    if not asks_number(question):
        return [False] * len(placed)
    told = {(p, n) for (p, n, _), limit in zip(placed, limits, strict=False) if limit}
    limited = {p for p, _ in told}
    return [(p, n) not in told if p in limited else not has_number(unit.text) for p, n, unit in placed]


def _relations(question: str, placed: Sequence[tuple[int, int, Unit]], passages: Sequence[Passage]) -> list[int]:
    """Tell of each unit whether it says the relation that is asked for, 1, or another one, -1; else 0."""
    asked = relation_asked(question)
    roles = [role_told_by(question, unit.text) for _, _, unit in placed]
    former = asks_former(question) and 1 in roles
    roles = roles if former or -1 in roles else [0] * len(placed)
    if asked is None or former:
        return roles
    before = ["", *(unit.text for _, _, unit in placed)]  # of another passage for its first unit: that points nowhere
    told = [
        asked.told_by(unit.text, f"{passages[p].heading}\n{before[i] if n else ''}")
        for i, (p, n, unit) in enumerate(placed)
    ]
    return [role if role < 0 else said or role for said, role in zip(told, roles, strict=True)]


def _of_others(
    question: str, placed: Sequence[tuple[int, int, Unit]], held: Sequence[frozenset[str]], passages: Sequence[Passage]
) -> list[bool]:
    """Tell of each unit whether it has what is asked for, and nothing of what it is asked of: the room of another.

    Only where its passage tells of that too, and not all of it: else it may be said in other words.
    """
    asked = frozenset(content_terms(" ".join(asked_for(question))))
    of = frozenset(content_terms(question)) - asked
    told_of = {p for here, (p, _, _) in zip(held, placed, strict=True) if of & here and not asked & here}
    if not asked or not told_of:
        return [False] * len(placed)
    told_of -= {p for p in told_of if of & frozenset(content_terms(passages[p].heading))}
    return [
        p in told_of and unit.kind != "stretch" and asked <= here and not of & here and not leans(unit.text)
        for here, (p, _, unit) in zip(held, placed, strict=True)
    ]


def _not_contrary(question: str, found: list[Candidate], passages: Sequence[Passage]) -> list[Candidate]:
    """Leave out what says the contrary of what is asked; give nothing where only that is near."""
    if any(c.told > 0 for c in found):
        found = [c for c in found if c.told >= 0]
    says_not = what_not(question)
    if says_not is not None:
        kept = _if_near([c for c in found if says_not(c.unit.text)], found)
        found = [*kept, *_pointed_to(kept, found)]
    for asked in exclusives(question):
        said = {c: f"{passages[c.passage].heading} {c.unit.text}" for c in found}
        left = [c for c in found if not asked.rules_out(said[c])]
        if left[:1] != found[:1]:  # what is nearest says the contrary
            best = [c for c in left if asked.is_met(said[c])]
            left = [*best[:1], *(c for c in left if c is not best[0])] if _if_near(best, found) else []
        found = left
    return found


def _pointed_to(kept: Sequence[Candidate], found: Sequence[Candidate]) -> list[Candidate]:
    """Give what stands before those that point back to it, to be read with them and for nothing else."""
    wanted = {(c.passage, c.place - 1) for c in kept if leans(c.unit.text)} - {(c.passage, c.place) for c in kept}
    return [replace(c, score=FOR_CONTEXT) for c in found if (c.passage, c.place) in wanted]


def _if_near(some: list[Candidate], found: list[Candidate]) -> list[Candidate]:
    """Give some of the candidates where the best of them is not much worse than the best of all, else none."""
    return some if some and some[0].score >= found[0].score - NEARLY_AS_GOOD else []


def _that_say_not(found: list[Candidate], passages: Sequence[Passage]) -> list[Candidate]:
    """Give what says when not, alone if it is about the matter.

    To an embedding "when to" and "when not to" are nearly the same, and the wrong one of them is worse than no answer.
    """
    negated = [c for c in found if says_not_when(c.unit.text) or _tells_when_not(passages[c.passage].heading)]
    return _if_near(negated, found) or found


def _tells_when_not(heading: str) -> bool:
    """Tell whether a section is about when not to do something, and about nothing else."""
    own = heading.rpartition(">")[2]
    return says_not_when(own) and not re.search(r"\b(?:and|or)\b", own)


def beyond_title(question: str, passage: Passage) -> frozenset[str]:
    """Give the terms of a question that the title of its passage does not hold.

    An article is found by its title, so that each sentence of it seems near: "the capital of Iceland" asks it for a
    capital. Of the words that ask for a number none is such a term.
    """
    title = frozenset(content_terms(passage.heading.partition(" > ")[0]))
    return frozenset(content_terms(without_number_words(question))) - title


def is_reference(text: str) -> bool:
    """Tell whether a unit is little more than a link.

    >>> is_reference("url: https://arxiv.org/abs/2210.03629"), is_reference("See [it](a.md) for how kilns are built.")
    (True, False)
    """
    return bool(_LINK.search(text)) and len(_LINK.sub(" ", text).split()) < SHORT_WORDS < len(text) / 6


def _says_something(unit: Unit, *, takes_code: bool) -> bool:
    left_out = not takes_code and (unit.kind == "line" or is_code(unit.text))
    return any(c.isalnum() for c in unit.text) and not unit.text.startswith("#") and not left_out


def _faults(unit: Unit, weights: Weights) -> float:
    text = unit.text.rstrip("\"'”’*_)`")
    taken = weights.question_mark if text.endswith("?") else 0.0
    taken += weights.reference if is_reference(unit.text) else 0.0
    taken += weights.code if unit.kind == "line" else 0.0
    return taken + (weights.short if len(text.split()) < SHORT_WORDS else 0.0)
