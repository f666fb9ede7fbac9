"""Reads traces back: a list with filters, one whole, or all of them one by one. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Engine, case, func, select

from assistant.tracing.database import reading
from assistant.tracing.judgements import told_dispute
from assistant.tracing.records import PROPOSED_BY, Kind, Vote
from assistant.tracing.redaction import storable
from assistant.tracing.tables import conversations, feedback, outbox, reviews, spans, traces
from index_store.errors import TraceUnknown

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
IS_ROW = traces.c.face == "batch"
"""Whether a turn is a row of a file, an evaluation or a replay: of them come hundreds that nobody has typed."""
_BY_REVIEWERS = ~reviews.c.reviewer.startswith(PROPOSED_BY)
WEAK_SUPPORT = 0.4
"""Cosine: an answer whose best passage is farther from its question deserves a look."""
Order = Literal["newest", "worst"]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which traces: all of the conditions that are given hold."""

    since: float | None = None  # seconds since 1970
    before: float | None = None
    mode: str | None = None
    status: str | None = None
    vote: Vote | None = None
    text: str | None = None  # stands in the question or the answer, in any case
    conversation: str | None = None
    user: str | None = None
    weaker_than: float | None = None  # support: cosine of the best cited passage
    slower_than: float | None = None  # seconds
    dearer_than: float | None = None  # US dollars
    reviewed: bool | None = None
    kind: str | None = None
    kinds: Sequence[Kind] | None = None
    rows: bool | None = None  # rows of files and evaluations alone, or none of these
    evaluation: bool | None = None  # turns of evaluations alone, or none of these
    assigned: bool | None = None  # to somebody, in its latest review


class TraceReader:
    """What reads the store; safe from many threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def find(
        self, wanted: Filter = Filter(), limit: int = 50, offset: int = 0, order: Order = "newest"
    ) -> list[dict[str, Any]]:
        """Give a line of each trace, the newest or the worst first, with its latest `vote`.

        Worst is what was voted down, then what failed, was refused, or stands on a weak passage; the newest of these.

        Raises:
            TracesUnavailable: when the store cannot be read.
        """
        query = (
            select(*_SHOWN)
            .where(*_conditions(wanted))
            .order_by(*([_badness().desc()] if order == "worst" else []), traces.c.started_at.desc(), traces.c.id)
        )
        rows = self._rows(query.limit(limit).offset(offset))
        votes = self.votes([row["id"] for row in rows])  # of these alone: a join would look for those of all
        return [{**row, "vote": votes.get(row["id"])} for row in rows]

    def count(self, wanted: Filter = Filter()) -> int:
        """Count traces.

        Raises:
            TracesUnavailable: when the store cannot be read.
        """
        (found,) = self._rows(select(func.count().label("count")).select_from(traces).where(*_conditions(wanted)))
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

    def each(self, wanted: Filter = Filter()) -> Iterator[dict[str, Any]]:
        """Give traces whole, the oldest first, some at a time."""
        last = (-1.0, "")
        while True:
            after = (traces.c.started_at > last[0]) | ((traces.c.started_at == last[0]) & (traces.c.id > last[1]))
            query = _whole().where(after, *_conditions(wanted)).order_by(traces.c.started_at, traces.c.id)
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
        standing = func.coalesce(func.max(case((_BY_REVIEWERS, reviews.c.id))), func.max(reviews.c.id))
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
        return self._rows(select(*shown).where(_BY_REVIEWERS).order_by(reviews.c.id))

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


def latest_votes() -> Any:
    """Give each trace's latest vote; one that was taken back is NULL."""
    latest = select(func.max(feedback.c.id)).group_by(feedback.c.trace_id)
    return select(feedback.c.trace_id, feedback.c.vote).where(feedback.c.id.in_(latest)).subquery()


def _voted(vote: Vote) -> ColumnElement[bool]:
    """Tell a turn whose latest vote is that one."""
    votes = latest_votes()
    return traces.c.id.in_(select(votes.c.trace_id).where(votes.c.vote == storable(vote)))


def _badness() -> ColumnElement[int]:
    """Give how much a turn asks to be looked at."""
    return (
        case((_voted("down"), 8), else_=0)
        + case((traces.c.status.in_(("error", "aborted")), 4), (traces.c.status == "refused", 2), else_=0)
        + case((traces.c.support < WEAK_SUPPORT, 1), else_=0)
    )


def _conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    found = [condition for condition in _given(wanted) if condition is not None]
    if wanted.vote is not None:
        found.append(_voted(wanted.vote))
    if wanted.text is not None:
        found.append(traces.c.search_text.contains(storable(wanted.text).casefold(), autoescape=True))
    if wanted.user is not None:
        owned = select(conversations.c.id).where(conversations.c.user_id == storable(wanted.user))
        found.append(traces.c.conversation_id.in_(owned))
    latest = select(func.max(reviews.c.id)).where(_BY_REVIEWERS).group_by(reviews.c.trace_id)
    assigned = select(reviews.c.trace_id).where(reviews.c.id.in_(latest), reviews.c.assignee.is_not(None))
    for wish, holds in (
        (wanted.evaluation, traces.c.evaluation.is_not(None)),
        (wanted.rows, IS_ROW),
        (wanted.reviewed, traces.c.id.in_(select(reviews.c.trace_id).where(_BY_REVIEWERS))),
        (wanted.assigned, traces.c.id.in_(assigned)),
    ):
        if wish is not None:
            found.append(holds if wish else ~holds)
    return found


def _given(wanted: Filter) -> Iterator[ColumnElement[bool] | None]:
    """Give the conditions on one column each; None for one that is not asked for."""
    for column, value in (
        (traces.c.mode, wanted.mode),
        (traces.c.kind, wanted.kind),
        (traces.c.status, wanted.status),
        (traces.c.conversation_id, wanted.conversation),
    ):
        yield None if value is None else column == storable(value)
    yield None if wanted.kinds is None else traces.c.kind.in_(wanted.kinds)
    for measured, least in (
        (traces.c.started_at, wanted.since),
        (traces.c.ended_at - traces.c.started_at, wanted.slower_than),
        (traces.c.price_usd, wanted.dearer_than),
    ):
        yield None if least is None else measured >= least
    for measured, most in ((traces.c.started_at, wanted.before), (traces.c.support, wanted.weaker_than)):
        yield None if most is None else measured < most
