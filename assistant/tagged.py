"""What was found in a paste: names and places of each abstract, all of them once, and what a reader should know of it.

Finds nothing: `tagging` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain

from assistant.abstracts import Paste
from assistant.events import Usage
from assistant.tag_replies import Placed, excerpt
from assistant.tagging_rules import NO_MODELS, Tag
from assistant.turn import Turn

DROPPED_SHOWN = 5
MARKED = "LaTeX marks were read through: they are no part of a tag, and its place has them."

PARTED = "A tag that a line end parts is given as it stands in the text."


@dataclass(frozen=True, slots=True)
class TaggedAbstract:
    """One abstract of several, with its own tags; places are those in what was pasted."""

    start: int
    end: int
    tags: list[str]
    spans: list[list[int]]
    notes: tuple[str, ...] = ()  # what is to be said of this one


@dataclass(frozen=True, slots=True)
class Tagged:
    """What was found; `spans` are [start, end) in characters of the paste, one for each tag, none where `tags` is
    NO_MODELS. LaTeX marks stand in the place of a tag and not in the tag.

    `abstracts` has what was found in each where several were pasted; `tags` is then all of it. `dropped` counts the
    strings that a model gave and that do not stand in the abstract; `notes` are sentences for the user, `of_all` those
    of them that are of no single one of several. `by_rules`: no model was asked, and the names are a heuristic's.
    """

    trace_id: str
    tags: list[str]
    spans: list[list[int]]
    by_rules: bool = False
    dropped: int = 0
    notes: tuple[str, ...] = ()
    of_all: tuple[str, ...] = ()
    abstracts: tuple[TaggedAbstract, ...] = ()
    failed: int = 0  # of several abstracts, those whose reply could not be read: they have no list
    usage: Usage = field(default_factory=Usage)
    seconds: float = 0.0


def tagged_of(turn: Turn, paste: Paste, found: Sequence[Placed], *, by_rules: bool) -> Tagged:
    """Put together what was found in each abstract, in places of the paste."""
    each = _pasted(paste, found)
    once = _once(each)
    several = tuple(
        TaggedAbstract(
            one.start,
            one.start + len(one.text),
            [] if placed.error else _names(tags),
            _spans(tags),
            _of_one(placed),
        )
        for one, tags, placed in zip(paste.abstracts, each, found, strict=True)
    )
    of_all = _of_all(paste, each)
    return Tagged(
        trace_id=turn.start.trace_id,
        tags=_names(once),
        spans=_spans(once),
        by_rules=by_rules,
        dropped=sum(len(placed.dropped) for placed in found),
        notes=(*of_all, *_of_each(found)),
        of_all=of_all,
        failed=sum(bool(placed.error) for placed in found),
        abstracts=several if len(several) > 1 else (),
        usage=turn.meter.usage(),
        seconds=turn.seconds,
    )


def names_and_notes(paste: Paste, found: Sequence[Placed]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the names of all abstracts once, NO_MODELS where there are none, and the notes on them."""
    each = _pasted(paste, found)
    return tuple(_names(_once(each))), (*_of_all(paste, each), *_of_each(found))


def _pasted(paste: Paste, found: Sequence[Placed]) -> list[list[Tag]]:
    """Give the tags of each abstract, in places of the paste."""
    return [[one.pasted(t) for t in placed.tags] for one, placed in zip(paste.abstracts, found, strict=True)]


def _once(each: Iterable[Iterable[Tag]]) -> list[Tag]:
    """Give each name once, as it stands in the first place that has it."""
    once: dict[str, Tag] = {}
    for one in chain.from_iterable(each):
        once.setdefault(" ".join(one.name.casefold().split()), one)
    return list(once.values())


def _of_all(paste: Paste, each: Sequence[Sequence[Tag]]) -> tuple[str, ...]:
    """Say what a reader of the tags should know of the paste, and of how a tag is given."""
    marked = any(t.name not in one.text for one, tags in zip(paste.abstracts, each, strict=True) for t in tags)
    parted = any("\n" in t.name for tags in each for t in tags)
    return (*paste.notes, *((MARKED,) if marked else ()), *((PARTED,) if parted else ()))


def _of_each(found: Sequence[Placed]) -> tuple[str, ...]:
    """Say of which of several abstracts there is what to know."""
    return tuple(
        f"Abstract {n}: {note}" if len(found) > 1 else note
        for n, placed in enumerate(found, start=1)
        for note in _of_one(placed)
    )


def _of_one(placed: Placed) -> tuple[str, ...]:
    if placed.error:
        return (f"It has no tags, for the model gave no list of names, also when it was asked again: {placed.error}.",)
    if not placed.dropped:
        return ()
    shown = ", ".join(excerpt(name) for name in placed.dropped[:DROPPED_SHOWN])
    more = f" and {len(placed.dropped) - DROPPED_SHOWN} more" if len(placed.dropped) > DROPPED_SHOWN else ""
    count = len(placed.dropped)
    return (f"Names that the model gave and the abstract does not have were dropped ({count}): {shown}{more}.",)


def _names(tags: Iterable[Tag]) -> list[str]:
    return [t.name for t in tags] or list(NO_MODELS)


def _spans(tags: Iterable[Tag]) -> list[list[int]]:
    return [[t.start, t.end] for t in tags]
