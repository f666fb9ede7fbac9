"""Writes traces: a row when a turn begins, the rest in one transaction when it ends, so that no kill loses an answer.

SQLite (WAL) under the home by default, PostgreSQL by an address. The text is kept as it was said, but for keys and
tokens, unless the settings ask for more to be redacted. Reading back is in `queries`, what is to be delivered in
`outbox`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, bindparam, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from assistant.own_prices import Prices
from assistant.tracing.database import empty_log, into, open_database, reading, sqlite_url, writing
from assistant.tracing.forgetting import delete_turns, turns_of
from assistant.tracing.outbox import Outbox, SinkState, claimers, free_claims, states
from assistant.tracing.owner import Owner
from assistant.tracing.records import End, Feedback, Review, Span, Start
from assistant.tracing.redaction import Redaction, storable
from assistant.tracing.rows import Rows
from assistant.tracing.settings import TraceSettings
from assistant.tracing.spending import drop_old, keep_late
from assistant.tracing.tables import conversations, feedback, outbox, reviews, spans, traces, users
from index_store.errors import TracesUnavailable, TraceUnknown

T = TypeVar("T")


class TraceStore:
    """The database of the traces; many threads may write at once.

    Raises:
        SettingsError, TracesUnavailable: when it cannot be opened.
    """

    def __init__(
        self,
        home: Path,
        settings: TraceSettings | None = None,
        *,
        clock: Callable[[], float] = time.time,
        prices: Callable[[], Prices] = dict,
    ) -> None:
        self.settings = settings or TraceSettings()
        self.prices = prices  # of the team's own servers: read only where a cost must be estimated
        self.clock = clock
        self.engine: Engine = open_database(self.settings.database_url or sqlite_url(home))
        try:
            self.owner = Owner(home)
        except OSError as exc:
            self.engine.dispose()
            raise TracesUnavailable(
                f"The folder of what runs cannot be written: {exc}.", hint="Set LECTERN_HOME to a folder of yours."
            ) from exc
        self.outbox = Outbox(self.settings, clock)
        self._redact = Redaction(self.settings, everything=self.settings.redact_store)
        self._rows = Rows(self._redact)
        self.unkept = 0  # turns whose end could not be written
        self._begun_here: set[str] = set()  # turns that were written when they began, and run
        self._turn = threading.Lock()  # SQLite lets one write at a time: waiting here is quicker than in its busy loop

    def close(self) -> None:
        """Close the connections; turns of this process that never ended are then found by the next start."""
        self.engine.dispose()
        self.owner.close()

    def begin(self, start: Start) -> None:
        """Write a turn that begins.

        Raises:
            TracesUnavailable: when it cannot be written.
        """
        row = self._rows.begun(start, self.owner.name)
        self.write(lambda connection: self._begin(connection, start, row))
        self._begun_here.add(start.trace_id)

    def _begin(self, connection: Connection, start: Start, row: Mapping[str, Any]) -> None:
        origin = start.origin
        if origin.user_id is not None:
            self._add(connection, users, {"id": origin.user_id, "created_at": start.started_at})
        made = {"id": row["conversation_id"], "created_at": start.started_at}
        self._add(connection, conversations, {**made, "user_id": origin.user_id, "face": origin.face})
        self._add(connection, traces, row)  # a turn that ended before this is written was written whole

    def finish(self, start: Start, end: End, steps: Sequence[Span]) -> None:
        """Write how a turn ended, with its spans, and what is to be delivered of it, all or nothing.

        A turn whose beginning was not written is written whole; one that was forgotten while it ran stays so.

        Raises:
            TracesUnavailable: when it cannot be written.
        """
        try:
            self._finish(start, end, steps)
        except Exception:
            self.unkept += 1
            raise

    def _finish(self, start: Start, end: End, steps: Sequence[Span]) -> None:
        was_there = start.trace_id in self._begun_here
        self._begun_here.discard(start.trace_id)
        begun, row = self._rows.begun(start, self.owner.name), self._rows.ended(start, end, steps)
        rows = [self._rows.step(start.trace_id, n, span) for n, span in enumerate(steps)]

        def write(connection: Connection) -> None:
            if not was_there:
                self._begin(connection, start, begun)
            if connection.execute(_ENDED, {**row, "ended_id": start.trace_id}).rowcount == 0:
                keep_late(connection, start.origin.user_id, {**begun, **row}, self.prices)
                return  # forgotten while it ran
            if rows:
                connection.execute(insert(spans), rows)
            self.outbox.add_trace(connection, {**begun, **row, "user_id": start.origin.user_id, "spans": rows})

        self.write(write)

    def note_said(self, trace_id: str, text: str) -> bool:
        """Write what was said of a turn by now, for a kill leaves no time for it; tell whether the turn still runs.

        Raises:
            TracesUnavailable: when it cannot be written.
        """
        running = update(traces).where(traces.c.id == trace_id, traces.c.status == "running")
        row = self._rows.said(text)
        return self.write(lambda connection: connection.execute(running.values(row)).rowcount > 0)

    def give_feedback(self, said: Feedback) -> int:
        """Keep a vote; give its number.

        Raises:
            TraceUnknown: when there is no such trace.
            TracesUnavailable: when it cannot be written.
        """
        row = {
            "trace_id": said.trace_id,
            "user_id": said.user_id,
            "vote": said.vote,
            "reason": said.reason and storable(said.reason)[:32],
            "comment": self._redact.text(said.comment),
            "created_at": said.created_at,
        }

        def write(connection: Connection) -> int:
            _require(connection, said.trace_id)
            number = int(connection.execute(insert(feedback).returning(feedback.c.id), row).scalar_one())
            self.outbox.add_feedback(connection, {"id": number, **row})
            return number

        return self.write(write)

    def add_review(self, review: Review) -> int:
        """Keep a review; give its number.

        Raises:
            TraceUnknown: when there is no such trace.
            TracesUnavailable: when it cannot be written.
        """
        row = {
            "trace_id": review.trace_id,
            "reviewer": storable(review.reviewer),
            "verdict": review.verdict,
            "corrected_answer": None if review.corrected_answer is None else self._redact.text(review.corrected_answer),
            "corrected_sources": _listed(review.corrected_sources),
            "corrected_tags": _listed(review.corrected_tags),
            "comment": self._redact.text(review.comment),
            "assignee": None if review.assignee is None else storable(review.assignee),
            "created_at": review.created_at,
        }

        def write(connection: Connection) -> int:
            _require(connection, review.trace_id)
            return int(connection.execute(insert(reviews).returning(reviews.c.id), row).scalar_one())

        return self.write(write)

    def as_sent(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """Give what leaves of a trace that was read back: what waits in the outbox, else what would be put there.

        Its votes leave each by itself, after it; here they stand under `feedback`.
        """
        votes = [self.outbox.vote(row, record["started_at"]) for row in record["feedback"]]
        waiting = select(outbox.c.payload).where(outbox.c.item == record["id"], outbox.c.payload.is_not(None))
        with reading(self.engine) as connection:
            payload = connection.execute(waiting.limit(1)).scalar()
        said = {key: value for key, value in record.items() if key not in ("feedback", "reviews")}
        return {**(payload if payload is not None else self.outbox.payload(said)), "feedback": votes}

    def delivery_states(self) -> list[SinkState]:
        """Give how far the delivery is: for each sink that is set up, or has items from when it was."""
        return states(self.engine, self.settings.sinks)

    def abort_orphans(self) -> int:
        """Mark the open turns of processes that are gone as aborted, and free what they claimed; give how many turns.

        Raises:
            TracesUnavailable: when it cannot be written.
        """
        running = traces.c.status == "running"
        with reading(self.engine) as connection:
            found = connection.execute(
                select(traces.c.owner, traces.c.started_at).where(running, traces.c.owner != self.owner.name)
            )
            since = [*found, *claimers(connection)]
            gone = {owner for owner, at in since if self._is_gone(owner, self.clock() - at)}
        if not gone:
            return 0

        def write(connection: Connection) -> int:
            open_turns = select(traces.c.id).where(running, traces.c.owner.in_(gone))
            ids = list(connection.execute(open_turns).scalars())
            free_claims(connection, gone)
            ended = {"status": "aborted", "ended_at": self.clock(), "error": "The process ended before the turn did."}
            connection.execute(update(traces).where(traces.c.id.in_(ids)).values(ended))
            records = select(traces, conversations.c.user_id).join(conversations).where(traces.c.id.in_(ids))
            for record in connection.execute(records).mappings().all():
                self.outbox.add_trace(connection, {**record, "spans": []})
            return len(ids)

        done = self.write(write)
        self.owner.forget(gone)
        return done

    def forget(
        self,
        *,
        user: str | None = None,
        conversation: str | None = None,
        trace: str | None = None,
        before: float | None = None,
    ) -> tuple[int, int]:
        """Delete the turns that all of the given conditions hold for, with all that hangs on them.

        What waits in the outbox goes too. Gives how many turns went, and how many of them had been delivered already.

        Raises:
            ValueError: when no condition is given.
            TracesUnavailable: when it cannot be written.
        """
        chosen = turns_of(user=user, conversation=conversation, trace=trace, before=before)
        done = self.write(lambda connection: delete_turns(connection, chosen, self.clock(), self.prices))
        with suppress(SQLAlchemyError):  # then the next one empties it
            empty_log(self.engine)
        return done

    def retire(self) -> int:
        """Delete what is older than the settings keep it, and costs of other days; give how many turns went."""
        self.write(lambda connection: drop_old(connection, self.clock()))
        days = self.settings.keep_days
        return 0 if days is None else self.forget(before=self.clock() - days * 86_400)[0]

    def write(self, work: Callable[[Connection], T]) -> T:
        """Do some work on the database in one transaction.

        Raises:
            TracesUnavailable: when it cannot be written.
        """
        with self._turn, writing(self.engine) as connection:
            return work(connection)

    def _is_gone(self, owner: str, age_s: float) -> bool:
        return owner != self.owner.name and self.owner.is_gone(owner, age_s)

    def _add(self, connection: Connection, table: Any, row: Mapping[str, Any]) -> None:
        """Insert a row unless there is one of its id."""
        connection.execute(_unless_there(connection.dialect.name, table), row)


_ENDED = update(traces).where(traces.c.id == bindparam("ended_id"))  # made once: making takes longer than running


@cache
def _unless_there(dialect: str, table: Any) -> Any:
    return into(dialect, table).on_conflict_do_nothing(index_elements=["id"])


def _require(connection: Connection, trace_id: str) -> None:
    if connection.execute(select(traces.c.id).where(traces.c.id == trace_id)).scalar() is None:
        raise TraceUnknown(f"There is no trace {trace_id}.", hint="Run: lectern traces list")


def _listed(values: Sequence[str] | None) -> list[str] | None:
    return None if values is None else [storable(value) for value in values]
