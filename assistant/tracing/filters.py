"""Which traces are meant: a filter, and the conditions that it is in SQL. Reads nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select

from assistant.tracing.records import PROPOSED_BY, Kind, Vote
from assistant.tracing.redaction import storable
from assistant.tracing.tables import conversations, feedback, reviews, traces

IS_ROW = traces.c.face == "batch"
"""Whether a turn is a row of a file, an evaluation or a replay: of them come hundreds that nobody has typed."""
TOOK_S = traces.c.ended_at - traces.c.started_at
BY_REVIEWERS = ~reviews.c.reviewer.startswith(PROPOSED_BY)


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


EVERY = Filter()


def latest_votes() -> Any:
    """Give each trace's latest vote; one that was taken back is NULL."""
    latest = select(func.max(feedback.c.id)).group_by(feedback.c.trace_id)
    return select(feedback.c.trace_id, feedback.c.vote).where(feedback.c.id.in_(latest)).subquery()


def voted(vote: Vote) -> ColumnElement[bool]:
    """Tell a turn whose latest vote is that one."""
    votes = latest_votes()
    return traces.c.id.in_(select(votes.c.trace_id).where(votes.c.vote == storable(vote)))


def conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    """Give the conditions that a trace is to meet."""
    found = [condition for condition in _given(wanted) if condition is not None]
    if wanted.vote is not None:
        found.append(voted(wanted.vote))
    if wanted.text is not None:
        found.append(traces.c.search_text.contains(storable(wanted.text).casefold(), autoescape=True))
    if wanted.user is not None:
        owned = select(conversations.c.id).where(conversations.c.user_id == storable(wanted.user))
        found.append(traces.c.conversation_id.in_(owned))
    latest = select(func.max(reviews.c.id)).where(BY_REVIEWERS).group_by(reviews.c.trace_id)
    assigned = select(reviews.c.trace_id).where(reviews.c.id.in_(latest), reviews.c.assignee.is_not(None))
    for wish, holds in (
        (wanted.evaluation, traces.c.evaluation.is_not(None)),
        (wanted.rows, IS_ROW),
        (wanted.reviewed, traces.c.id.in_(select(reviews.c.trace_id).where(BY_REVIEWERS))),
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
        (TOOK_S, wanted.slower_than),
        (traces.c.price_usd, wanted.dearer_than),
    ):
        yield None if least is None else measured >= least
    for measured, most in ((traces.c.started_at, wanted.before), (traces.c.support, wanted.weaker_than)):
        yield None if most is None else measured < most
