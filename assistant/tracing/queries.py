"""Reads traces back: a list with filters, one whole, or all of them one by one. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Engine, case, func, select

from assistant.tracing.database import reading
from assistant.tracing.filters import BY_REVIEWERS, EVERY, Filter, conditions
from assistant.tracing.judgements import told_dispute
from assistant.tracing.orders import Order, ordering
from assistant.tracing.redaction import storable
from assistant.tracing.tables import conversations, feedback, outbox, reviews, spans, traces
from index_store.errors import TraceUnknown

__all__ = ["Filter", "Order", "TraceReader"]

_SHOWN = (
    traces.c.id,
    traces.c.conversation_id,
    traces.c.kind,
    traces.c.face,
    traces.c.status,
    traces.c.started_at,
    traces.c.ended_at,
    traces.c.mode,
    traces.c.model,
    traces.c.question,
    traces.c.answer,
    traces.c.tags,
    traces.c.input_tokens,
    traces.c.output_tokens,
    traces.c.price_usd,
    traces.c.support,
    traces.c.left_out,
)
AT_A_TIME = 200
SHORTEST_ID = 6
"""Characters of an id from which its beginning is enough."""


class TraceReader:
    """What reads the store; safe from many threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def find(
        self, wanted: Filter = EVERY, limit: int = 50, offset: int = 0, order: Order = "newest"
    ) -> list[dict[str, Any]]:
        """Give a line of each trace in an order, with its latest `vote`.

        Raises:
            TracesUnavailable: when the store cannot be read.
        """
        query = select(*_SHOWN).where(*conditions(wanted)).order_by(*ordering(order))
        rows = self._rows(query.limit(limit).offset(offset))
        votes = self.votes([row["id"] for row in rows])  # of these alone: a join would look for those of all
        return [{**row, "vote": votes.get(row["id"])} for row in rows]

    def count(self, wanted: Filter = EVERY) -> int:
        """Count traces.

        Raises:
            TracesUnavailable: when the store cannot be read.
        """
        (found,) = self._rows(select(func.count().label("count")).select_from(traces).where(*conditions(wanted)))
        return int(found["count"])

    def get(self, trace_id: str) -> dict[str, Any]:
        """Give a trace whole: its columns, `user_id`, `spans` in their order, `feedback` and `reviews` oldest first.

        The first six or more digits of the id are enough, as long as they are of one trace only.

        Raises:
            TraceUnknown: when there is none, or more than one.
            TracesUnavailable: when the store cannot be read.
        """
        trace_id = storable(trace_id)
        exact = self._rows(_whole().where(traces.c.id == trace_id))
        found = exact or (self._by_prefix(trace_id) if len(trace_id) >= SHORTEST_ID else [])
        if len(found) > 1:
            raise TraceUnknown(f"Several traces begin with {trace_id!r}.", hint="Give more of the id.")
        if not found:
            short = f" Give at least {SHORTEST_ID} characters of an id." if len(trace_id) < SHORTEST_ID else ""
            raise TraceUnknown(f"There is no trace {trace_id!r}.{short}", hint="Run: lectern traces list")
        return self._with_all(found[0])

    def each(self, wanted: Filter = EVERY) -> Iterator[dict[str, Any]]:
        """Give traces whole, the oldest first, some at a time."""
        last = (-1.0, "")
        while True:
            after = (traces.c.started_at > last[0]) | ((traces.c.started_at == last[0]) & (traces.c.id > last[1]))
            query = _whole().where(after, *conditions(wanted)).order_by(traces.c.started_at, traces.c.id)
            part = self._rows(query.limit(AT_A_TIME))
            yield from map(self._with_all, part)
            if len(part) < AT_A_TIME:
                return
            last = (part[-1]["started_at"], part[-1]["id"])

    def votes(self, trace_ids: Sequence[str]) -> dict[str, str | None]:
        """Give the latest vote of each trace that has one, by id.

        Raises:
            TracesUnavailable: when the store cannot be read.
        """
        latest = select(func.max(feedback.c.id)).where(feedback.c.trace_id.in_(trace_ids)).group_by(feedback.c.trace_id)
        rows = self._rows(select(feedback.c.trace_id, feedback.c.vote).where(feedback.c.id.in_(latest)))
        return {row["trace_id"]: row["vote"] for row in rows}

    def last_reviews(self, trace_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Give the latest review of each trace that has one, by id: reviewer, verdict and assignee.

        With `disagree`: who found what, where reviewers do not agree, else "". What was proposed is given only where no
        reviewer has said anything.

        Raises:
            TracesUnavailable: when the store cannot be read.
        """
        standing = func.coalesce(func.max(case((BY_REVIEWERS, reviews.c.id))), func.max(reviews.c.id))
        latest = select(standing).where(reviews.c.trace_id.in_(trace_ids)).group_by(reviews.c.trace_id)
        shown = (reviews.c.trace_id, reviews.c.reviewer, reviews.c.verdict, reviews.c.assignee)
        rows = self._rows(select(*shown).where(reviews.c.id.in_(latest)))
        every: dict[str, list[dict[str, Any]]] = {row["trace_id"]: [] for row in rows}
        for said in self._rows(select(reviews).where(reviews.c.trace_id.in_(list(every))).order_by(reviews.c.id)):
            every[said["trace_id"]].append(said)
        return {row["trace_id"]: {**row, "disagree": told_dispute(every[row["trace_id"]])} for row in rows}

    def deliveries(self, trace_id: str) -> list[dict[str, Any]]:
        """Give what was or is to be delivered of a trace: sink, kind, state, times, and the error of a refusal.

        Raises:
            TracesUnavailable: when the store cannot be read.
        """
        shown = (outbox.c.sink, outbox.c.kind, outbox.c.state, outbox.c.attempts, outbox.c.delivered_at, outbox.c.error)
        return self._rows(select(*shown).where(outbox.c.trace_id == trace_id).order_by(outbox.c.id))

    def reviews(self) -> list[dict[str, Any]]:
        """Give all that reviewers said, oldest first: trace, reviewer and verdict.

        Raises:
            TracesUnavailable: when the store cannot be read.
        """
        shown = (reviews.c.trace_id, reviews.c.reviewer, reviews.c.verdict)
        return self._rows(select(*shown).where(BY_REVIEWERS).order_by(reviews.c.id))

    def _by_prefix(self, beginning: str) -> list[dict[str, Any]]:
        return self._rows(_whole().where(traces.c.id.startswith(beginning, autoescape=True)).limit(2))

    def _with_all(self, record: dict[str, Any]) -> dict[str, Any]:
        own = record["id"]
        return {
            **record,
            "spans": self._rows(select(spans).where(spans.c.trace_id == own).order_by(spans.c.position)),
            "feedback": self._rows(select(feedback).where(feedback.c.trace_id == own).order_by(feedback.c.id)),
            "reviews": self._rows(select(reviews).where(reviews.c.trace_id == own).order_by(reviews.c.id)),
        }

    def _rows(self, query: Any) -> list[dict[str, Any]]:
        with reading(self._engine) as connection:
            return [dict(row) for row in connection.execute(query).mappings()]


def _whole() -> Any:
    return select(traces, conversations.c.user_id).join(conversations, conversations.c.id == traces.c.conversation_id)
