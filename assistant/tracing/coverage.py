"""Counts what kept turns cited, so that a course team sees what is used and what never is."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import Engine, select

from assistant.tracing.database import reading
from assistant.tracing.tables import traces

NEWEST = 10_000
"""Turns that are counted: a map of the course as it is used now."""


def cited_counts(engine: Engine) -> dict[str, int]:
    """Give how many of the newest turns cite each path.

    Raises:
        TracesUnavailable: when the store cannot be read.
    """
    query = select(traces.c.citations).where(traces.c.status == "ok").order_by(traces.c.started_at.desc())
    counts: Counter[str] = Counter()
    with reading(engine) as connection:
        for (cited,) in connection.execute(query.limit(NEWEST)):
            counts.update({str(c["path"]) for c in cited or [] if c.get("kind", "course") == "course"})
    return dict(counts)
