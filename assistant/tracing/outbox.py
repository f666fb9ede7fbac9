"""What is still to be delivered: written with the trace, taken by a worker, kept until it has arrived or is refused.

An item is pending, delivered, or dead (the sink refused it: it waits for `lectern traces deliver`). A worker claims
what it sends for a while, so that two workers do not send the same; a worker that is killed lets its claim run out, and
then an item may arrive twice, under the same id. The payload is redacted here, when it is written, and dropped when it
has arrived. A vote goes after its trace.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, and_, func, insert, or_, select, update

from assistant.tracing.database import into, reading, writing
from assistant.tracing.redaction import Redaction
from assistant.tracing.settings import TraceSettings
from assistant.tracing.tables import feedback, outbox, sinks, traces

CLAIM_S = 180.0
"""How long a claim holds: more than the sending of one item can take."""
FIRST_WAIT_S, LONGEST_WAIT_S = 2.0, 900.0
LONGEST_ASKED_S = 86_400.0
"""The longest that a sink may ask to be left alone."""
STEP_S = 60.0
"""A clock that goes back by more was set."""
_KEY = ["sink", "kind", "item"]
_LEFT_OUT = ("owner", "search_text")  # of no use to anybody else


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to deliver; `payload` is what leaves, before the sink puts it into its own words."""

    number: int
    sink: str
    kind: str
    trace_id: str
    attempts: int
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class SinkState:
    """How far the delivery to one sink is; `paused` says why nothing is sent, None if it is."""

    name: str
    pending: int = 0
    dead: int = 0
    delivered: int = 0
    paused: str | None = None
    not_before: float | None = None


class Outbox:
    """Puts items in, within the transaction that writes what they are about."""

    def __init__(self, settings: TraceSettings, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._clock = clock
        self._redact = Redaction(settings, everything=True)

    def add_trace(self, connection: Connection, record: Mapping[str, Any]) -> None:
        """Put a finished trace in, for each sink, if it is sampled."""
        names = self._settings.sinks
        if names and sampled(record["id"], self._settings.sample):
            payload = self.payload(record)
            rows = [self._row(name, "trace", record["id"], record["id"], payload) for name in names]
            # There is one already of a turn that was taken for aborted and then ended after all.
            again = {"payload": payload, "state": "pending", "attempts": 0, "due_at": self._clock()}
            made = into(connection.dialect.name, outbox)
            connection.execute(made.on_conflict_do_update(index_elements=_KEY, set_=again), rows)
            for early in connection.execute(select(feedback).where(feedback.c.trace_id == record["id"])).mappings():
                self.add_feedback(connection, dict(early))

    def add_feedback(self, connection: Connection, row: Mapping[str, Any]) -> None:
        """Put a vote in, for each sink that was to get its trace."""
        about = select(outbox.c.sink).where(outbox.c.kind == "trace", outbox.c.trace_id == row["trace_id"])
        began = connection.execute(select(traces.c.started_at).where(traces.c.id == row["trace_id"])).scalar()
        payload = self.vote(row, began)
        for name in connection.execute(about).scalars().all():
            made = into(connection.dialect.name, outbox)
            item = self._row(name, "feedback", row["trace_id"], str(row["id"]), payload)
            connection.execute(made.on_conflict_do_nothing(index_elements=_KEY), item)

    def payload(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """Give what leaves of a trace."""
        left: dict[str, Any] = self._redact.value({k: v for k, v in record.items() if k not in _LEFT_OUT})
        return left

    def vote(self, row: Mapping[str, Any], began: float | None) -> dict[str, Any]:
        """Give what leaves of a vote; when its turn began is in the ids that Opik wants."""
        left: dict[str, Any] = self._redact.value({**row, "trace_started_at": began})
        return left

    def _row(self, sink: str, kind: str, trace_id: str, item: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        now = self._clock()
        named = {"sink": sink, "kind": kind, "trace_id": trace_id, "item": item, "payload": payload}
        return {**named, "state": "pending", "created_at": now, "due_at": now}


def sampled(trace_id: str, share: float) -> bool:
    """Tell whether a trace is among the share that is delivered: always the same for the same trace.

    >>> sampled("0" * 32, 0.0), sampled("f" * 32, 1.0)
    (False, True)
    """
    return int(trace_id[:8], 16) / 2**32 < share


class Queue:
    """The outbox as a worker sees it."""

    def __init__(self, engine: Engine, worker: str, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._worker = worker
        self._clock = clock
        self._failures: Counter[str] = Counter()  # in a row, by sink
        self._latest: float | None = None

    def claim(self, sink: str, limit: int, *, even_if_not_due: bool = False) -> list[Item]:
        """Take what is due for a sink, what has been due longest first; none while it is paused."""
        now = self._clock()
        with writing(self._engine) as connection:
            self._mind_the_clock(connection, now)
            state = connection.execute(select(sinks).where(sinks.c.name == sink)).one_or_none()
            if state is not None and (state.paused_at is not None or (state.not_before or 0) > now):
                return []
            due = [outbox.c.sink == sink, outbox.c.state == "pending", _free(now), _after_its_trace()]
            if not even_if_not_due:
                due.append(outbox.c.due_at <= now)
            # In the order of the index, so that a long outbox is not sorted while every turn waits for the lock.
            oldest = select(outbox).where(*due).order_by(outbox.c.due_at, outbox.c.id).limit(limit)
            rows = connection.execute(oldest.with_for_update(skip_locked=True, of=outbox)).all()
            claimed = {"claimed_by": self._worker, "claimed_until": now + CLAIM_S}
            connection.execute(update(outbox).where(outbox.c.id.in_([r.id for r in rows])).values(claimed))
        return [Item(r.id, r.sink, r.kind, r.trace_id, r.attempts, r.payload) for r in rows]

    def _mind_the_clock(self, connection: Connection, now: float) -> None:
        """Bring forward what waits for times that a clock ahead of this one has set: it would wait for days.

        Looked for at the start, where only what no wait explains is taken for such, and when the clock was set back.
        """
        first, back = self._latest is None, self._latest is not None and now < self._latest - STEP_S
        self._latest = now
        if not first and not back:
            return
        far = now if back else now + LONGEST_ASKED_S
        waits = outbox.c.state == "pending"
        connection.execute(update(outbox).where(waits, outbox.c.due_at > far).values(due_at=now))
        connection.execute(
            update(outbox)
            .where(waits, outbox.c.claimed_until > now + CLAIM_S)
            .values(claimed_by=None, claimed_until=None)
        )
        connection.execute(update(sinks).where(sinks.c.not_before > far).values(not_before=None))

    def holds(self, item: Item) -> bool:
        """Tell whether a claimed item is still there to be sent: it may have been forgotten, or the claim run out."""
        own = select(outbox.c.claimed_by).where(outbox.c.id == item.number, outbox.c.state == "pending")
        with reading(self._engine) as connection:
            return connection.execute(own).scalar() == self._worker

    def delivered(self, item: Item) -> None:
        """Note that an item has arrived."""
        self._failures[item.sink] = 0
        self._end(item, state="delivered", payload=None, delivered_at=self._clock(), error=None)

    def dead(self, item: Item, error: str) -> None:
        """Note that an item was refused for good."""
        self._end(item, state="dead", error=error)

    def later(self, item: Item, error: str, retry_after_s: float | None) -> None:
        """Try an item again later, and its sink not before: it could not take anything."""
        self._failures[item.sink] += 1
        wait = waiting_time(self._failures[item.sink] - 1) if retry_after_s is None else retry_after_s
        # The item waits longer than its sink, so that one which always fails does not stand in the way of the others.
        own = max(wait if retry_after_s is not None else 2 * wait, waiting_time(item.attempts))
        self._end(item, error=error, due_at=self._clock() + own)
        self._sink(item.sink, not_before=self._clock() + wait)

    def pause(self, item: Item, reason: str) -> None:
        """Stop sending to a sink until somebody mends it; the item waits."""
        self._end(item, error=reason)
        self._sink(item.sink, paused_at=self._clock(), reason=reason)

    def sent_by_others(self) -> int:
        """Count what other workers have claimed and are sending now."""
        theirs = [
            outbox.c.state == "pending",
            outbox.c.claimed_until > self._clock(),
            outbox.c.claimed_by != self._worker,
        ]
        with reading(self._engine) as connection:
            return int(connection.execute(select(func.count()).select_from(outbox).where(*theirs)).scalar_one())

    def release(self, items: list[Item]) -> None:
        """Give back what was claimed and not sent."""
        free = {"claimed_by": None, "claimed_until": None}
        with writing(self._engine) as connection:
            connection.execute(update(outbox).where(outbox.c.id.in_([i.number for i in items])).values(free))

    def revive(self) -> int:
        """Put dead letters back and end all pauses; give how many letters there were."""
        with writing(self._engine) as connection:
            back = {"state": "pending", "attempts": 0, "due_at": self._clock()}
            count = connection.execute(update(outbox).where(outbox.c.state == "dead").values(back)).rowcount
            connection.execute(update(sinks).values(paused_at=None, reason=None, not_before=None))
        return int(count)

    def resume(self, sink: str) -> None:
        """End a pause, as a new key or a new start of the program does."""
        self._sink(sink, paused_at=None, reason=None, not_before=None)

    def _end(self, item: Item, **values: Any) -> None:
        changed = {"attempts": item.attempts + 1, "claimed_by": None, "claimed_until": None, **values}
        with writing(self._engine) as connection:
            connection.execute(update(outbox).where(outbox.c.id == item.number).values(changed))

    def _sink(self, name: str, **values: Any) -> None:
        with writing(self._engine) as connection:
            if connection.execute(update(sinks).where(sinks.c.name == name).values(values)).rowcount == 0:
                connection.execute(insert(sinks), {"name": name, **values})


def waiting_time(attempts: int) -> float:
    """Give the seconds until the next try: doubling, with jitter, up to a quarter of an hour."""
    most = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(attempts, 20))
    return float(most * random.uniform(0.5, 1.0))  # nosec B311 - jitter, no secret


def states(engine: Engine, names: tuple[str, ...] = ()) -> list[SinkState]:
    """Give how far the delivery is: of the named sinks, and of any other that has items."""
    with reading(engine) as connection:
        counted = connection.execute(
            select(outbox.c.sink, outbox.c.state, func.count()).group_by(outbox.c.sink, outbox.c.state)
        ).all()
        known = {row.name: row for row in connection.execute(select(sinks))}
    counts: dict[str, dict[str, int]] = {name: {} for name in names}
    for sink, state, count in counted:
        counts.setdefault(sink, {})[state] = count
    return [
        SinkState(
            name,
            paused=known[name].reason if name in known and known[name].paused_at is not None else None,
            not_before=known[name].not_before if name in known else None,
            **by_state,
        )
        for name, by_state in sorted(counts.items())
    ]


def dead_letters(engine: Engine) -> list[dict[str, Any]]:
    """Give what was refused, oldest first: sink, kind, trace_id, attempts, error."""
    columns = (outbox.c.sink, outbox.c.kind, outbox.c.trace_id, outbox.c.attempts, outbox.c.error)
    with reading(engine) as connection:
        found = connection.execute(select(*columns).where(outbox.c.state == "dead").order_by(outbox.c.id))
        return [dict(row._mapping) for row in found]


def claimers(connection: Connection) -> list[tuple[str, float]]:
    """Give who has claimed something, and when they did so last."""
    claims = select(outbox.c.claimed_by, func.max(outbox.c.claimed_until)).where(outbox.c.claimed_by.is_not(None))
    return [(owner, until - CLAIM_S) for owner, until in connection.execute(claims.group_by(outbox.c.claimed_by))]


def free_claims(connection: Connection, owners: Collection[str]) -> None:
    """Give back what processes that are gone had claimed, so that nobody waits for their claims to run out."""
    free = update(outbox).where(outbox.c.claimed_by.in_(owners), outbox.c.state == "pending")
    connection.execute(free.values(claimed_by=None, claimed_until=None))


def _free(now: float) -> Any:
    return or_(outbox.c.claimed_until.is_(None), outbox.c.claimed_until < now)


def _after_its_trace() -> Any:
    """Let a trace through, and a vote only when its trace has arrived and no earlier vote on it waits."""
    about = outbox.alias()
    same = and_(about.c.sink == outbox.c.sink, about.c.trace_id == outbox.c.trace_id, about.c.state != "delivered")
    waits = select(about.c.id).where(same, about.c.id < outbox.c.id).exists()
    return or_(outbox.c.kind == "trace", ~waits)
