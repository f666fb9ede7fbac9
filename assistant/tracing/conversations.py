"""Conversations as their user sees them: listed, read back, titled, searched, and turns left out that were asked anew.

A turn that is left out stays in the store, for the course team reviews what was said; its conversation goes on without.
Each method takes the user whose conversation it must be: nobody reads or changes another's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select, update

from assistant.accounts.people import owns
from assistant.tracing.database import reading
from assistant.tracing.queries import TraceReader
from assistant.tracing.redaction import storable
from assistant.tracing.store import TraceStore
from assistant.tracing.tables import conversations, spans, traces
from index_store.errors import ConversationUnknown

LONGEST_TITLE = 120
MOST_LISTED = 100
Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Listed:
    """One conversation in a list; `last_at` is when its newest turn began, in seconds since 1970."""

    id: str
    title: str
    last_at: float
    turns: int


class Conversations:
    """What reads and changes the conversations of a store; safe from many threads."""

    def __init__(self, store: TraceStore) -> None:
        self._store = store
        self._reader = TraceReader(store.engine)

    def listed(self, user: str | None, text: str = "", limit: int = MOST_LISTED) -> list[Listed]:
        """Give a user's conversations, the one with the newest turn first; with `text`, those in which it was said.

        Raises:
            TracesUnavailable: when the store cannot be read.
        """
        if user is None:
            return []
        own = [conversations.c.user_id == storable(user), conversations.c.face == "web"]
        if wanted := storable(text).casefold().strip():
            own.append(_says(wanted))
        last = func.max(traces.c.started_at).label("last_at")
        query = (
            select(conversations.c.id, conversations.c.title, last, func.count().label("turns"))
            .join(traces, traces.c.conversation_id == conversations.c.id)
            .where(*own)
            .group_by(conversations.c.id, conversations.c.title)
            .order_by(last.desc())
            .limit(limit)
        )
        with reading(self._store.engine) as connection:
            rows = connection.execute(query).mappings().all()
            first = first_questions(connection, [r["id"] for r in rows if not r["title"]])
        return [Listed(r["id"], r["title"] or first.get(r["id"], ""), r["last_at"], r["turns"]) for r in rows]

    def turns(self, conversation: str, user: str | None) -> list[dict[str, Any]]:
        """Give the turns of a conversation that count, oldest first, each with its `spans` and latest `vote`.

        Raises:
            ConversationUnknown: when there is none of this user by that id.
        """
        self._require(conversation, user)
        query = (
            select(traces)
            .where(traces.c.conversation_id == storable(conversation), traces.c.left_out.is_(False))
            .order_by(traces.c.started_at, traces.c.id)
        )
        with reading(self._store.engine) as connection:
            rows = [dict(row) for row in connection.execute(query).mappings()]
            steps = select(spans).where(spans.c.trace_id.in_([r["id"] for r in rows])).order_by(spans.c.position)
            found = [dict(row) for row in connection.execute(steps).mappings()]
        votes = self._reader.votes([r["id"] for r in rows])
        by_turn: dict[str, list[dict[str, Any]]] = {}
        for step in found:
            by_turn.setdefault(step["trace_id"], []).append(step)
        return [{**r, "spans": by_turn.get(r["id"], []), "vote": votes.get(r["id"])} for r in rows]

    def turn(self, trace_id: str, user: str | None) -> dict[str, Any]:
        """Give one turn whole.

        Raises:
            ConversationUnknown: when it is none of this user's.
            TraceUnknown: when there is none.
        """
        record = self._reader.get(trace_id)
        self._require(record["conversation_id"], user)
        return record

    def title(self, conversation: str, user: str | None) -> str:
        """Give what a conversation is called.

        Raises:
            ConversationUnknown: when there is none of this user by that id.
        """
        given = self._require(conversation, user)["title"]
        with reading(self._store.engine) as connection:
            return given or first_questions(connection, [conversation]).get(conversation, "")

    def rename(self, conversation: str, user: str | None, title: str) -> None:
        """Call a conversation something else; an empty title gives it its first question back.

        Raises:
            ConversationUnknown: when there is none of this user by that id.
        """
        self._require(conversation, user)
        said = " ".join(storable(title).split())[:LONGEST_TITLE] or None
        change = update(conversations).where(conversations.c.id == storable(conversation)).values(title=said)
        self._store.write(lambda connection: connection.execute(change))

    def delete(self, conversation: str, user: str | None) -> int:
        """Delete a conversation with all its turns; give how many.

        Raises:
            ConversationUnknown: when there is none of this user by that id.
        """
        self._require(conversation, user)
        return self._store.forget(conversation=conversation)[0]

    def leave_out(self, conversation: str, user: str | None, from_trace: str) -> list[str]:
        """Leave a turn and those after it out of their conversation; give the ids of those that are left out by this.

        Raises:
            ConversationUnknown: when there is none of this user by that id.
        """
        self._require(conversation, user)
        of_it = traces.c.conversation_id == storable(conversation)
        since = select(traces.c.started_at).where(of_it, traces.c.id == storable(from_trace)).scalar_subquery()
        wanted = select(traces.c.id).where(of_it, traces.c.started_at >= since, traces.c.left_out.is_(False))

        def change(connection: Connection) -> list[str]:
            ids = list(connection.execute(wanted).scalars())
            connection.execute(update(traces).where(traces.c.id.in_(ids)).values(left_out=True))
            return ids

        return self._store.write(change)

    def take_back(self, conversation: str, user: str | None, ids: Sequence[str]) -> None:
        """Take turns that were left out into their conversation again.

        Raises:
            ConversationUnknown: when there is none of this user by that id.
        """
        self._require(conversation, user)
        of_it = (traces.c.conversation_id == storable(conversation), traces.c.id.in_(ids))
        change = update(traces).where(*of_it).values(left_out=False)
        self._store.write(lambda connection: connection.execute(change))

    def _require(self, conversation: str, user: str | None) -> Record:
        query = select(conversations).where(conversations.c.id == storable(conversation))
        with reading(self._store.engine) as connection:
            found = connection.execute(query).mappings().first()
        if found is None or not owns(None if user is None else storable(user), found["user_id"]):
            raise ConversationUnknown(
                "There is no such conversation of yours.", hint="Choose one from the list, or begin a new one."
            )
        return dict(found)


def first_questions(connection: Connection, ids: list[str]) -> dict[str, str]:
    """Give the first question of each conversation."""
    earliest = (
        select(traces.c.conversation_id, func.min(traces.c.started_at).label("at"))
        .where(traces.c.conversation_id.in_(ids))
        .group_by(traces.c.conversation_id)
        .subquery()
    )
    query = select(traces.c.conversation_id, traces.c.question).join(
        earliest,
        (traces.c.conversation_id == earliest.c.conversation_id) & (traces.c.started_at == earliest.c.at),
    )
    return {row[0]: " ".join(row[1].split())[:LONGEST_TITLE] for row in connection.execute(query)}


def history_of(records: Iterable[Record]) -> list[dict[str, str]]:
    """Give turns, oldest first, as they were said: rows of {"role", "content"}, as the next turn is given them."""
    return [
        {"role": role, "content": str(record[column])}
        for record in records
        for role, column in (("user", "question"), ("assistant", "answer"))
    ]


def answers_in(store: TraceStore, conversation: str) -> list[str]:
    """Give all that was answered in a conversation, in turns that were left out of it too.

    Raises:
        TracesUnavailable: when the store cannot be read.
    """
    query = select(traces.c.answer).where(traces.c.conversation_id == storable(conversation))
    with reading(store.engine) as connection:
        return list(connection.execute(query).scalars())


def _says(wanted: str) -> ColumnElement[bool]:
    """Tell a conversation in whose title or turns a text stands, in any case."""
    said = select(traces.c.conversation_id).where(traces.c.search_text.contains(wanted, autoescape=True))
    titled = func.lower(conversations.c.title).contains(wanted, autoescape=True)
    return conversations.c.id.in_(said) | titled
