"""Makes a short answer of scored units: two to five whole sentences, what answers best first, each with its marker.

It takes the best unit and what belongs to it (the rest of its list, the line that leads into the list), then further
units that are nearly as good and say something new. Nothing is reworded: only white space is folded, marks that would
be read as our own are left out, and a stretch of speech without sentence ends gets an ellipsis on both sides.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from assistant.displayed import ends_displayed
from assistant.leaning import leans
from assistant.selection import SHORT_WORDS, Candidate, Passage, is_reference
from assistant.terms import content_terms
from assistant.wording import begins_item, written, written_code

FEW_WORDS = 14
CAPTION_WORDS = 12
_ENDS = (".", "!", "?", ":", "…", "。", "！", "？")
CLEARLY_BETTER = 0.1
"""Of a score: the best sentence opens the answer where it is by so much better than what stands before it."""
NUMBER_WITHIN = 2
LISTED = ("item", "row", "line")


@dataclass(frozen=True, slots=True)
class Shape:
    """How long an answer may get, and how good a further unit has to be."""

    characters: int = 640
    units: int = 5
    within: float = 0.25  # a further unit may score this much less than the best
    leaning_within: float = 0.12  # the same for one that points back to a sentence that is not in the answer
    repeats: float = 0.6  # share of terms in common from which a unit says nothing new
    list_characters: int = 420


def choose(candidates: Sequence[Candidate], shape: Shape = Shape()) -> list[Candidate]:
    """Choose the units of the answer from candidates that stand best first; give them as they are to be read.

    The best sentence opens the answer, with those around it; the others follow in the order of their passages.
    """
    if not candidates:
        return []
    best = candidates[0]
    chosen = _with_what_it_leans_on(_with_its_list(best, candidates, shape), candidates, shape)
    chosen += _number_near(best, chosen, candidates, shape)
    for candidate in candidates[1:]:
        if len(chosen) >= shape.units or candidate.score < best.score - shape.within:
            break
        close = candidate.score >= best.score - shape.leaning_within
        if candidate not in chosen and _reads_on(candidate, chosen, close) and _fits(candidate, chosen, shape):
            chosen.append(candidate)
    if len(chosen) == 1:
        chosen += _neighbour(best, candidates, shape)
    ranks = {best.passage: -1}
    ordered = sorted(chosen, key=lambda c: (ranks.get(c.passage, c.passage), c.place))
    if len(ordered) > 2 and ordered[0] != best and _is_left_over(ordered[0].unit.text):
        ordered = ordered[1:]
    return _opened_by(best, ordered)


def render(chosen: Sequence[Candidate], passages: Sequence[Passage]) -> str:
    """Write the chosen units as text, a marker behind each; items have their lines, lines of code are one block."""
    parts: list[str] = []
    before: Candidate | None = None
    for run in _runs(chosen):
        passage = passages[run[0].passage]
        lead = _between(before, run[0], passage.text) if before else ""
        before = run[-1]
        if len(run) > 1:
            said = written_code(passage.text, run[0].unit.start, run[-1].unit.end)
        else:
            said = f"{written(run[0].unit, passage.text)} "
        parts.append(f"{lead}{said}[{passage.marker}]")
    return "".join(parts)


def _runs(chosen: Sequence[Candidate]) -> list[list[Candidate]]:
    """Put lines of code that follow on each other together; all else stands alone."""
    runs: list[list[Candidate]] = []
    for candidate in chosen:
        last = runs[-1][-1] if runs else None
        if last and last.unit.kind == candidate.unit.kind == "line" and _follows(last, candidate):
            runs[-1].append(candidate)
        else:
            runs.append([candidate])
    return runs


def _opened_by(best: Candidate, ordered: list[Candidate]) -> list[Candidate]:
    """Put the best sentence, with what it points back to and what follows on it, before the others.

    Lists stay as they are.
    """
    if best.unit.kind != "sentence":
        return ordered
    first = last = ordered.index(best)
    while first and _needs(ordered[first], ordered[first - 1], best) and _follows(ordered[first - 1], ordered[first]):
        first -= 1
    while ordered[first] != best and leans(ordered[first].unit.text):  # it points back to what is not there
        first += 1
    while last + 1 < len(ordered) and _follows(ordered[last], ordered[last + 1]):
        last += 1
    return ordered[first : last + 1] + ordered[:first] + ordered[last + 1 :]


def _needs(opening: Candidate, before: Candidate, best: Candidate) -> bool:
    """Tell whether an answer opens before this sentence: it points back, or the best one is not much the best."""
    has_the_number = before.lacks_number and not best.lacks_number
    clearly = best.told > 0 or has_the_number or best.score - before.score >= CLEARLY_BETTER
    return leans(opening.unit.text) or not clearly


def _follows(before: Candidate, after: Candidate) -> bool:
    """Tell whether a unit comes straight after another in the same passage."""
    return (before.passage, before.place + 1) == (after.passage, after.place)


def _between(before: Candidate, after: Candidate, passage: str) -> str:
    """Give the space between two units: a list keeps its lines, and the sentences of one item stay in its line."""
    listed = [c.unit.kind in LISTED for c in (before, after)]
    follows = _follows(before, after)
    if after.unit.kind == "item" and not begins_item(after.unit, passage):
        return " " if follows and before.unit.kind == "item" else "\n\n"
    if any(listed):
        return "\n" if listed[1] else "\n\n"
    parted = follows and "\n\n" in passage[before.unit.end : after.unit.start]
    return "\n\n" if parted else " "


def _with_its_list(best: Candidate, candidates: Sequence[Candidate], shape: Shape) -> list[Candidate]:
    """Take the best unit; where it is part of a list, or leads into one, take the list around it as far as it fits."""
    here = {c.place: c for c in candidates if c.passage == best.passage}
    chosen = [best]
    size = len(best.unit.text)
    if _leads_in(best):
        steps = _run(here, best.place, +1, ("item", "row", "line", "sentence"))
    elif best.unit.kind == "item":
        steps = _run(here, best.place, +1, ("item",)) + _run(here, best.place, -1, ("item",))
        lead = here.get(min([best.place, *(c.place for c in steps)]) - 1)
        steps += [lead] if lead and _leads_in(lead) else []
    else:
        return chosen
    for candidate in steps:
        if is_reference(candidate.unit.text):
            continue
        size += len(candidate.unit.text)
        if size > shape.list_characters or len(chosen) >= shape.units:
            break
        chosen.append(candidate)
    return chosen


def _reads_on(candidate: Candidate, chosen: Sequence[Candidate], close: bool) -> bool:
    """Tell whether a further unit can be read here: it is no title, leads into nothing, and has what it points back to.

    What is nearly as good (`close`) as the best one may point back to what is not there.
    """
    if _leads_in(candidate) or _is_caption(candidate):
        return False
    if close or candidate.unit.kind != "sentence" or not leans(candidate.unit.text):
        return True
    return any(_follows(c, candidate) for c in chosen)


def _is_caption(candidate: Candidate) -> bool:
    """Tell a title, a caption or the words of a picture: a few words that end like no sentence."""
    text = candidate.unit.text.rstrip("\"'”’*_) ")
    ends = text.endswith(_ENDS) or ends_displayed(text)
    return candidate.unit.kind == "sentence" and not ends and len(text.split()) < CAPTION_WORDS


def _leads_in(candidate: Candidate) -> bool:
    return candidate.unit.text.rstrip("*_ ").endswith(":")


def _is_left_over(opening: str) -> bool:
    """Tell whether an opening sentence says little without what it points back to, which is not in the answer."""
    return leans(opening) and len(opening.split()) < FEW_WORDS


def _with_what_it_leans_on(chosen: list[Candidate], candidates: Sequence[Candidate], shape: Shape) -> list[Candidate]:
    """Put the sentence before the best one with it, where that one points back to it."""
    best = chosen[0]
    if len(chosen) > 1 or best.unit.kind != "sentence" or not leans(best.unit.text):
        return chosen
    for candidate in candidates:
        if _follows(candidate, best) and _is_sentence(candidate):
            size = len(best.unit.text) + len(candidate.unit.text)
            return [best, candidate] if size <= shape.characters else chosen
    return chosen


def _number_near(
    best: Candidate, chosen: Sequence[Candidate], candidates: Sequence[Candidate], shape: Shape
) -> list[Candidate]:
    """Give the sentence near the best one that has the number which is asked for, where that one has none."""
    if any(not c.lacks_number for c in chosen):
        return []
    here = {c.place: c for c in candidates if c.passage == best.passage and not c.lacks_number}
    near = [here[n] for n in (*range(best.place + 1, best.place + 1 + NUMBER_WITHIN), best.place - 1) if n in here]
    return [c for c in near if _is_sentence(c) and _fits(c, chosen, shape)][:1]


def _is_sentence(candidate: Candidate) -> bool:
    """Tell a sentence from a caption or a title that stands on a line of its own."""
    text = candidate.unit.text.rstrip("\"'”’*_) ")
    ends = text.endswith((".", "!", "?", ":")) or ends_displayed(text)
    return candidate.unit.kind == "sentence" and ends and len(text.split()) >= SHORT_WORDS


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
    """Give the sentence after the best one, or before a short one, so that a lone sentence is read in its context."""
    here = {c.place: c for c in candidates if c.passage == best.passage}
    before = [best.place - 1] if len(best.unit.text.split()) < FEW_WORDS else []
    for place in (best.place + 1, *before):
        near = here.get(place)
        if near and near.unit.kind == best.unit.kind and not _is_caption(near) and _fits(near, [best], shape):
            return [near]
    return []


_MARKERS = re.compile(r"(?:\[\d+\]\s*)+")


def said_once(answers: Sequence[str]) -> list[str]:
    """Give answers to several questions with each cited sentence in one of them, where it answers best.

    What opens an answer stands there and not further down in one before; of what opens two, the first has it. An answer
    of which nothing is left is left out.
    """
    pieces = [_cited_pieces(answer) for answer in answers]
    opening = [_bare(own[0]) if own else "" for own in pieces]
    told: list[str] = []
    seen: set[str] = set()
    for n, own in enumerate(pieces):
        here = own[:1] if opening[n] not in opening[:n] else []
        left = here + [p for p in own[1:] if _bare(p) not in seen and _bare(p) not in opening[n + 1 :]]
        seen.update(map(_bare, own))
        if said := "".join(left).strip():
            told.append(said)
    return told


def _cited_pieces(answer: str) -> list[str]:
    """Part an answer behind its markers; what stands behind the last one is a piece too, if it is more than a sign."""
    ends = [match.end() for match in _MARKERS.finditer(answer)]
    if ends and not any(c.isalnum() for c in answer[ends[-1] :]):
        ends[-1] = len(answer)
    return [answer[a:b] for a, b in pairwise([0, *ends, len(answer)]) if answer[a:b].strip()]


def _bare(piece: str) -> str:
    return " ".join(piece.split())
