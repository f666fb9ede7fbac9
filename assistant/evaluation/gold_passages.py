"""Finds the passage of a source that says what a reviewer wrote: the unit with most of its words. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from assistant.evaluation.said import in_forms, says
from assistant.terms import content_terms
from assistant.units import units_of

ENOUGH = 0.5
"""Share of the right answer's content words that a passage must have, to be called the one that says it."""


def passage_for(right: str, texts: Iterable[str], must_say: Sequence[Sequence[str]], but: Iterable[str]) -> str:
    """Give the unit of a source's texts that says a right answer best; "" where none has enough of it.

    `must_say` are the groups of words that no other answer had: of each such group of numbers, and of any other, one.
    `but` are quotes of an answer that was wrong: neither these nor what they stand in will be given.
    """
    wanted = frozenset(content_terms(in_forms(right)))
    if not wanted:
        return ""
    wrong = [" ".join(quote.split()) for quote in but if quote.strip()]
    best, most = "", 0.0
    for unit in (unit.text for text in texts for unit in units_of(text)):
        there = frozenset(content_terms(in_forms(unit)))
        share = len(wanted & there) / len(wanted)
        closeness = share + len(wanted & there) / len(wanted | there) / 2  # of two, the one that says less else
        if share < ENOUGH or closeness <= most or _overlaps(" ".join(unit.split()), wrong):
            continue
        if all(any(says(unit, phrase) for phrase in group) for group in must_say):
            best, most = unit, closeness
    return best


def _overlaps(unit: str, quotes: Sequence[str]) -> bool:
    return any(quote in unit or unit in quote for quote in quotes)
