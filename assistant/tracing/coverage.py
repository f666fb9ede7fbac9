"""Gives what kept turns cited, so that a course team sees what is used and what never is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, Select, select

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


def cited_passages(engine: Engine) -> list[Cited]:
    """Give what the newest turns cite; rows of files and of evaluations are left out, for nobody asked them.

    Raises:
        TracesUnavailable: when the store cannot be read.
    """
    query = select(traces.c.started_at, traces.c.citations).where(traces.c.status == "ok", ~IS_ROW)
    return list(_cited(engine, query.order_by(traces.c.started_at.desc()).limit(NEWEST)))


def _cited(engine: Engine, query: Select[Any]) -> Iterator[Cited]:
    with reading(engine) as connection:
        for at, rows in connection.execute(query.execution_options(yield_per=READ_AT_ONCE)):
            course = [c for c in rows or () if c.get("kind", "course") == "course"]
            yield Cited(at, frozenset((str(c["path"]), str(c.get("chunk_id") or "")) for c in course))


def citing_turns(engine: Engine) -> Iterator[Cited]:
    """Give what every kept turn cites, of whatever kind it is and however it ended, one after another.

    Raises:
        TracesUnavailable: when the store cannot be read.
    """
    return _cited(engine, select(traces.c.started_at, traces.c.citations))
