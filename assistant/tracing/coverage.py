"""Gives what kept turns cited, so that a course team sees what is used and what never is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, Select, select

from assistant.tracing.database import reading
from assistant.tracing.filters import IS_ROW
from assistant.tracing.tables import traces

NEWEST = 10_000
"""Turns that are counted: a map of the course as it is used now."""


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
    return _cited(engine, query.order_by(traces.c.started_at.desc()).limit(NEWEST))


def _cited(engine: Engine, query: Select[Any]) -> list[Cited]:
    found = []
    with reading(engine) as connection:
        for at, rows in connection.execute(query):
            course = [c for c in rows or () if c.get("kind", "course") == "course"]
            found.append(Cited(at, frozenset((str(c["path"]), str(c.get("chunk_id") or "")) for c in course)))
    return found


def citing_turns(engine: Engine) -> list[Cited]:
    """Give what every kept turn cites, of whatever kind it is and however it ended.

    Raises:
        TracesUnavailable: when the store cannot be read.
    """
    return _cited(engine, select(traces.c.started_at, traces.c.citations))
