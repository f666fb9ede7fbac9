"""Gives what kept turns cited, so that a course team sees what is used and what never is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Engine, select, true

from assistant.tracing.database import reading
from assistant.tracing.filters import IS_ROW
from assistant.tracing.tables import traces

NEWEST = 10_000
"""Turns that are counted: a map of the course as it is used now."""
READ_AT_ONCE = 500
"""Turns that are in memory at a time."""


@dataclass(frozen=True, slots=True)
class Cited:
    """One turn that somebody typed: when it began, and the path and chunk of each passage of the course it cites."""

    at: float  # seconds since 1970
    passages: frozenset[tuple[str, str]]


def cited_passages(engine: Engine, known: Mapping[str, Cited]) -> dict[str, Cited]:
    """Give what the newest turns cite, by their ids; rows of files and of evaluations are left out: nobody asked them.

    What is `known` from before is not read again, for a turn that has ended cites what it cites.

    Raises:
        TracesUnavailable: when the store cannot be read.
    """
    asked = select(traces.c.id).where(traces.c.status == "ok", ~IS_ROW)
    with reading(engine) as connection:
        ids = list(connection.scalars(asked.order_by(traces.c.started_at.desc()).limit(NEWEST)))
    new = [i for i in ids if i not in known]
    found = {i: known[i] for i in ids if i in known}
    for at in range(0, len(new), READ_AT_ONCE):
        found.update(_cited(engine, traces.c.id.in_(new[at : at + READ_AT_ONCE])))
    return found


def citing_turns(engine: Engine) -> Iterator[Cited]:
    """Give what every kept turn cites, of whatever kind it is and however it ended, one after another.

    Raises:
        TracesUnavailable: when the store cannot be read.
    """
    return (turn for _, turn in _cited(engine, true()))


def _cited(engine: Engine, which: ColumnElement[bool]) -> Iterator[tuple[str, Cited]]:
    query = select(traces.c.id, traces.c.started_at, traces.c.citations).where(which)
    with reading(engine) as connection:
        for i, at, rows in connection.execute(query.execution_options(yield_per=READ_AT_ONCE)):
            course = [c for c in rows or () if c.get("kind", "course") == "course"]
            yield i, Cited(at, frozenset((str(c["path"]), str(c.get("chunk_id") or "")) for c in course))
