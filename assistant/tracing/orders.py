"""In which order traces are listed, and what makes one of them worse than another. Reads nothing."""

from __future__ import annotations

from typing import Any, Literal

from sqlalchemy import ColumnElement, case, func, select

from assistant.tracing.filters import BY_REVIEWERS, TOOK_S, voted
from assistant.tracing.tables import reviews, traces

Order = Literal["newest", "oldest", "worst", "weakest", "slowest", "dearest"]
WEAK_SUPPORT = 0.4
"""Cosine: an answer whose best passage is farther from its question deserves a look."""
SLOW_S = 10.0
DEAR_USD = 0.01
"""From these on a turn is slow, or dear: bounds that hold everywhere, for each course has a slowest twentieth."""


def ordering(order: Order) -> tuple[ColumnElement[Any], ...]:
    """Give what traces are sorted by; where they are alike in that, the newest are first.

    Worst is what was voted down, then what failed, was refused, stands on a weak passage, was dear, was slow, each the
    weakest first; what its reviewers found right is behind all others. What is not known is the last of its order.
    """
    newest = (traces.c.started_at.desc(), traces.c.id)
    if order == "oldest":
        return traces.c.started_at, traces.c.id
    by = measure(order)
    if by is None:
        return newest
    if order == "worst":  # always known, and dear: it is not asked for a second time
        return by, func.coalesce(traces.c.support, 1.0), *newest
    return by.is_(None), by, *newest


def measure(order: Order) -> ColumnElement[Any] | None:
    """Give by what an order goes, the least first; None where it goes by time alone."""
    if order == "worst":
        return -_badness()
    return {"weakest": traces.c.support, "slowest": -TOOK_S, "dearest": -traces.c.price_usd}.get(order)


def _badness() -> ColumnElement[int]:
    """Give how much a turn asks to be looked at: each sign of it outweighs all that are less."""
    signs = (
        case((voted("down"), 32), else_=0)
        + case((traces.c.status.in_(("error", "aborted")), 16), (traces.c.status == "refused", 8), else_=0)
        + case((traces.c.support < WEAK_SUPPORT, 4), else_=0)
        + case((traces.c.price_usd >= DEAR_USD, 2), else_=0)
        + case((TOOK_S >= SLOW_S, 1), else_=0)
    )
    return case((_found_right(), -1), else_=signs)


def _found_right() -> ColumnElement[bool]:
    """Tell a turn that each reviewer who judged it found right last: neither stands over the other."""
    judged = (BY_REVIEWERS, reviews.c.verdict.is_not(None))
    latest = select(func.max(reviews.c.id)).where(*judged).group_by(reviews.c.trace_id, reviews.c.reviewer)
    counted = select(reviews.c.trace_id).where(reviews.c.id.in_(latest)).group_by(reviews.c.trace_id)
    return traces.c.id.in_(
        counted.having(func.min(reviews.c.verdict) == "right", func.max(reviews.c.verdict) == "right")
    )
