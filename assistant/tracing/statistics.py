"""Figures over time from the kept turns: how much is asked, refused and disliked, how long it takes, what it costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median, quantiles
from typing import Any

from sqlalchemy import Engine, select

from assistant.tracing.database import reading
from assistant.tracing.filters import IS_ROW, latest_votes
from assistant.tracing.records import QUESTIONS
from assistant.tracing.tables import traces

MOST_ROWS = 200_000


@dataclass(frozen=True, slots=True)
class Day:
    """One day of one model and prompt version; times in seconds, price in US dollars, None where nothing is known.

    `questions`, `refused` and the times are of what people asked; votes and costs are of all turns, rows of files too.
    """

    day: str  # YYYY-MM-DD, UTC
    answered_by: str  # model, and prompt with version
    questions: int
    refused: int
    up: int
    down: int
    median_s: float | None
    p95_s: float | None
    tokens: int | None
    price_usd: float | None


def by_day(engine: Engine, since: float) -> list[Day]:
    """Give the figures of each day since a time, oldest first.

    Raises:
        TracesUnavailable: when the store cannot be read.
    """
    votes = latest_votes()
    columns = (
        traces.c.started_at, traces.c.ended_at, traces.c.status, traces.c.model, traces.c.template,
        traces.c.template_version, traces.c.kind, IS_ROW.label("is_row"),
        traces.c.input_tokens, traces.c.output_tokens, traces.c.price_usd,
    )  # fmt: skip
    query = (
        select(*columns, votes.c.vote)
        .join_from(traces, votes, votes.c.trace_id == traces.c.id, isouter=True)
        .where(traces.c.started_at >= since)
        .order_by(traces.c.started_at.desc())
        .limit(MOST_ROWS)
    )
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    with reading(engine) as connection:
        for found in connection.execute(query).mappings():
            row = dict(found)
            day = datetime.fromtimestamp(row["started_at"], UTC).strftime("%Y-%m-%d")
            groups.setdefault((day, _answered_by(row)), []).append(row)
    return [_day(*key, rows) for key, rows in sorted(groups.items())]


def _answered_by(row: Mapping[str, Any]) -> str:
    prompt = f", {row['template']} v{row['template_version']}" if row["template"] else ""
    return f"{row['model']}{prompt}"


def _day(day: str, answered_by: str, rows: list[Mapping[str, Any]]) -> Day:
    asked = [r for r in rows if r["kind"] in QUESTIONS and not r["is_row"]]
    took = [r["ended_at"] - r["started_at"] for r in asked if r["ended_at"] is not None]
    return Day(
        day=day,
        answered_by=answered_by,
        questions=len(asked),
        refused=sum(r["status"] == "refused" for r in asked),
        up=sum(r["vote"] == "up" for r in rows),
        down=sum(r["vote"] == "down" for r in rows),
        median_s=median(took) if took else None,
        p95_s=quantiles(took, n=20, method="inclusive")[-1] if len(took) > 1 else (took[0] if took else None),
        tokens=_sum(r[name] for r in rows for name in ("input_tokens", "output_tokens")),
        price_usd=_sum(r["price_usd"] for r in rows),
    )


def _sum(values: Iterable[Any]) -> Any:
    """Sum what is known; None where nothing is."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None
