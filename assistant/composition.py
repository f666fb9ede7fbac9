"""Makes a short answer of scored units: two to five whole sentences, in reading order, each with its marker.

It takes the best unit and what belongs to it (the rest of its list, the line that leads into the list), then further
units that are nearly as good and say something new. Nothing is reworded: only white space is folded, marks that would
be read as our own are left out, and a stretch of speech without sentence ends gets an ellipsis on both sides.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.selection import Candidate, Passage
from assistant.terms import content_terms

_FOREIGN_MARKER = re.compile(r"\s*\[\s*\d{1,3}(?:\s*[,;]\s*\d{1,3})*\s*\](?!\()")


@dataclass(frozen=True, slots=True)
class Shape:
    """How long an answer may get, and how good a further unit has to be."""

    characters: int = 640
    units: int = 5
    within: float = 0.25  # a further unit may score this much less than the best
    repeats: float = 0.6  # share of terms in common from which a unit says nothing new
    list_characters: int = 420


def choose(candidates: Sequence[Candidate], shape: Shape = Shape()) -> list[Candidate]:
    """Choose the units of the answer from candidates that stand best first; give them in reading order."""
    if not candidates:
        return []
    best = candidates[0]
    chosen = _with_its_list(best, candidates, shape)
    for candidate in candidates[1:]:
        if len(chosen) >= shape.units or candidate.score < best.score - shape.within:
            break
        if candidate not in chosen and _fits(candidate, chosen, shape):
            chosen.append(candidate)
    if len(chosen) == 1:
        chosen += _neighbour(best, candidates, shape)
    ranks = {best.passage: -1}
    return sorted(chosen, key=lambda c: (ranks.get(c.passage, c.passage), c.place))


def render(chosen: Sequence[Candidate], passages: Sequence[Passage]) -> str:
    """Write the chosen units as text, a marker behind each; items and lines of code stand on lines of their own."""
    parts: list[str] = []
    for n, candidate in enumerate(chosen):
        apart = candidate.unit.kind in ("item", "row", "line")
        after = n > 0 and (apart or chosen[n - 1].unit.kind in ("item", "row", "line"))
        lead = "" if n == 0 else ("\n" if apart and after else "\n\n") if after else " "
        parts.append(f"{lead}{displayed(candidate)} [{passages[candidate.passage].marker}]")
    return "".join(parts)


def displayed(candidate: Candidate) -> str:
    """Give a unit as the answer shows it."""
    text = _FOREIGN_MARKER.sub("", " ".join(candidate.unit.text.split()))
    if candidate.unit.kind == "line":
        return f"`{text.replace('`', '')}`"
    if text.count("`") % 2:
        text = text.replace("`", "")
    if candidate.unit.kind == "stretch":
        return f"… {text} …"
    return f"- {text}" if candidate.unit.kind == "item" else text


def _with_its_list(best: Candidate, candidates: Sequence[Candidate], shape: Shape) -> list[Candidate]:
    """Take the best unit; where it is part of a list, or leads into one, take the list around it as far as it fits."""
    here = {c.place: c for c in candidates if c.passage == best.passage}
    chosen = [best]
    size = len(best.unit.text)
    if best.unit.text.rstrip("*_ ").endswith(":"):
        steps = _run(here, best.place, +1, ("item", "row", "line", "sentence"))
    elif best.unit.kind == "item":
        steps = _run(here, best.place, +1, ("item",)) + _run(here, best.place, -1, ("item",))
        lead = here.get(min([best.place, *(c.place for c in steps)]) - 1)
        steps += [lead] if lead and lead.unit.text.rstrip("*_ ").endswith(":") else []
    else:
        return chosen
    for candidate in steps:
        size += len(candidate.unit.text)
        if size > shape.list_characters or len(chosen) >= shape.units:
            break
        chosen.append(candidate)
    return chosen


def _run(here: dict[int, Candidate], place: int, step: int, kinds: tuple[str, ...]) -> list[Candidate]:
    found = []
    place += step
    while place in here and here[place].unit.kind in kinds:
        found.append(here[place])
        place += step
    return found


def _fits(candidate: Candidate, chosen: Sequence[Candidate], shape: Shape) -> bool:
    size = sum(len(c.unit.text) for c in chosen) + len(candidate.unit.text)
    if size > shape.characters:
        return False
    terms = set(content_terms(candidate.unit.text))
    return not any(_shared(terms, set(content_terms(c.unit.text))) > shape.repeats for c in chosen)


def _shared(one: set[str], other: set[str]) -> float:
    return len(one & other) / max(1, min(len(one), len(other)))


def _neighbour(best: Candidate, candidates: Sequence[Candidate], shape: Shape) -> list[Candidate]:
    """Give the sentence after the best one (or before it), so that a lone sentence is read in its context."""
    here = {c.place: c for c in candidates if c.passage == best.passage}
    for place in (best.place + 1, best.place - 1):
        near = here.get(place)
        if near and near.unit.kind == best.unit.kind and _fits(near, [best], shape):
            return [near]
    return []
