"""Conversations as reviewers see them: those in which a turn fits a filter, and what is around a turn. Writes nothing.

Who asked is not told: a reviewer judges what was said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, case, func, select

from assistant.tracing.conversations import first_questions
from assistant.tracing.database import reading
from assistant.tracing.filters import TOOK_S, Filter, conditions
from assistant.tracing.orders import Order, measure
from assistant.tracing.redaction import storable
from assistant.tracing.tables import conversations, feedback, traces

NEAR = 4
"""Turns before one, and after it, that are shown with it."""
_WORST = ("error", "aborted", "refused", "stopped", "running", "ok")
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reviewed:
    """One conversation in a list, with all of its turns; `last_at` is when its newest began, in seconds since 1970."""

    id: str
    title: str
    turns: int
    fit: int  # of the turns, those that the filter finds
    status: str  # the worst of its turns
    down: int  # turns whose latest vote is down
    support: float | None  # the weakest
    seconds: float | None  # the slowest turn
    price_usd: float | None  # of all turns together
    last_at: float


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the conversations that were looked for; `total` of all of them, `number` of the page from 1."""

    rows: Sequence[Reviewed]
    total: int
    number: int


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around a turn: its conversation, and the turns next to it, oldest first."""

    conversation: str
    title: str
    before: Sequence[Row]
    after: Sequence[Row]
    earlier: int  # all turns before it, those that are not shown too
    later: int


class ConversationReader:
    """What reads conversations for those who review; safe from many threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def page(self, wanted: Filter, size: int, number: int, order: Order = "newest") -> Page:
        """Give a page, from 1, of the conversations in which a turn fits, in the order of the first turn of each.

        Of a number that there is not the nearest page is given.

        Raises:
            TracesUnavailable: when the store cannot be read.
        """
        with reading(self._engine) as connection:
            found = _fitting(connection, wanted, size, number, order)
            if not found and number > 1:  # how many there are is told by rows alone
                first = _fitting(connection, wanted, 1, 1, order)
                number = max(1, -(-(first[0]["total"] if first else 0) // size))
                found = _fitting(connection, wanted, size, number, order)
            ids = [row["id"] for row in found]
            whole, titles, down = _whole(connection, ids), _titles(connection, ids), _down(connection, ids)
        rows = [
            Reviewed(**whole[r["id"]], title=titles.get(r["id"], ""), fit=r["fit"], down=down.get(r["id"], 0))
            for r in found
            if r["id"] in whole  # else it was deleted just now
        ]
        return Page(rows, found[0]["total"] if found else 0, number)

    def title(self, conversation: str) -> str:
        """Give what a conversation is called, or nothing where there is none by that id.

        Raises:
            TracesUnavailable: when the store cannot be read.
        """
        with reading(self._engine) as connection:
            return _titles(connection, [storable(conversation)]).get(conversation, "")

    def around(self, trace: Row, most: int = NEAR) -> Around:
        """Give what stands around a turn: of each neighbour its id, question, answer, status and whether it counts.

        Raises:
            TracesUnavailable: when the store cannot be read.
        """
        own, at, conversation = trace["id"], trace["started_at"], trace["conversation_id"]
        started, of_it = traces.c.started_at, traces.c.conversation_id == conversation
        shown = (traces.c.id, traces.c.question, traces.c.answer, traces.c.status, traces.c.left_out)
        is_before = of_it & ((started < at) | ((started == at) & (traces.c.id < own)))
        is_after = of_it & ((started > at) | ((started == at) & (traces.c.id > own)))

        with reading(self._engine) as connection:

            def near(which: ColumnElement[bool], *order: Any) -> list[Row]:
                query = select(*shown).where(which).order_by(*order).limit(most)
                return [dict(row) for row in connection.execute(query).mappings()]

            def counted(which: ColumnElement[bool]) -> int:
                return int(connection.execute(select(func.count()).select_from(traces).where(which)).scalar_one())

            return Around(
                conversation=conversation,
                title=_titles(connection, [conversation]).get(conversation, ""),
                before=near(is_before, started.desc(), traces.c.id.desc())[::-1],
                after=near(is_after, started, traces.c.id),
                earlier=counted(is_before),
                later=counted(is_after),
            )


def _fitting(connection: Connection, wanted: Filter, size: int, number: int, order: Order) -> list[Row]:
    """Give the ids of conversations on a page, how many of their turns fit, and the total; all in one go.

    To filter for some words takes long, and to count anew would take as long again.
    """
    by = measure(order)
    first: list[Any] = [] if by is None else [func.min(by)]
    if order != "worst":  # which is always known
        first = [part for f in first for part in (f.is_(None), f)]
    query = (
        select(traces.c.conversation_id.label("id"), func.count().label("fit"), func.count().over().label("total"))
        .where(*conditions(wanted))
        .group_by(traces.c.conversation_id)
        .order_by(*first, func.max(traces.c.started_at).desc(), traces.c.conversation_id)
    )
    rows = connection.execute(query.limit(size).offset((number - 1) * size)).mappings()
    return [dict(row) for row in rows]


def _whole(connection: Connection, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Give what the lines say of all turns of each conversation."""
    rank = case({status: n for n, status in enumerate(_WORST)}, value=traces.c.status, else_=len(_WORST) - 1)
    query = (
        select(
            traces.c.conversation_id.label("id"),
            func.count().label("turns"),
            func.min(rank).label("status"),
            func.min(traces.c.support).label("support"),
            func.max(TOOK_S).label("seconds"),
            func.sum(traces.c.price_usd).label("price_usd"),
            func.max(traces.c.started_at).label("last_at"),
        )
        .where(traces.c.conversation_id.in_(ids))
        .group_by(traces.c.conversation_id)
    )
    rows = connection.execute(query).mappings()
    return {row["id"]: {**row, "status": _WORST[row["status"]]} for row in rows}


def _titles(connection: Connection, ids: Sequence[str]) -> dict[str, str]:
    """Give what each conversation is called: by its user, or by its first question."""
    given = connection.execute(select(conversations.c.id, conversations.c.title).where(conversations.c.id.in_(ids)))
    titles = {row[0]: row[1] or "" for row in given}
    return titles | first_questions(connection, [own for own, title in titles.items() if not title])


def _down(connection: Connection, ids: Sequence[str]) -> dict[str, int]:
    """Count the turns of each conversation whose latest vote is down."""
    of_these = select(traces.c.id).where(traces.c.conversation_id.in_(ids))
    latest = select(func.max(feedback.c.id)).where(feedback.c.trace_id.in_(of_these)).group_by(feedback.c.trace_id)
    query = (
        select(traces.c.conversation_id, func.count())
        .join(feedback, feedback.c.trace_id == traces.c.id)
        .where(feedback.c.id.in_(latest), feedback.c.vote == "down")
        .group_by(traces.c.conversation_id)
    )
    return {own: count for own, count in connection.execute(query)}
