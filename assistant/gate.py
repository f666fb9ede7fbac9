"""Lets turns in: so many a minute, at once and a day, and whoever waits gets a place in turn with the others.

Places go round the users who wait, the one with the fewest turns under way first: who asks a hundred times at once
waits for themselves. Turns and places are counted in this process; tokens and price come from the store, so that they
hold over restarts and for all processes of one database. Methods are called on one event loop.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from statistics import fmean

from index_store.errors import LimitReached

MINUTE_S = 60.0
DAY_S = 86_400.0
FIRST_GUESS_S = 5.0
"""How long a turn is taken to last before any was timed."""
SMOOTHING = 0.2
WAITING_EACH = 10
"""Turns of one user that wait at most; never more of them than there is room left for others."""
NOBODY = ""


@dataclass(frozen=True, slots=True)
class TurnLimits:
    """What may be asked for; None is no limit. Those of `all_` are of everybody together, a day is one of UTC."""

    turns_a_minute: int | None = None
    turns_at_once: int | None = None
    all_at_once: int | None = None
    queue: int = 200
    tokens_a_day: int | None = None
    usd_a_day: float | None = None
    all_tokens_a_day: int | None = None
    all_usd_a_day: float | None = None


NO_LIMITS = TurnLimits()
"""Nothing is counted then."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What a day's turns have taken so far."""

    tokens: int = 0
    usd: float = 0.0


@dataclass(slots=True, eq=False)
class Ticket:
    """The right to one turn: wait until it is `ready`, and `leave` when the turn is over, however it ended."""

    user: str
    wait_s: float
    """How long it is likely to wait, in seconds; 0 where it need not."""
    _gate: Gate
    _place: asyncio.Future[None] | None = None

    async def ready(self) -> None:
        """Wait for a place."""
        if self._place is not None:
            await self._place
        self._gate.started(self)

    def leave(self) -> None:
        """Give the place to the next, or no longer wait."""
        self._gate.left(self)


@dataclass(slots=True)
class Gate:
    """What lets turns in; `spent` gives what a user, or with None everybody, has taken since a time (s since 1970)."""

    limits: TurnLimits
    spent: Callable[[str | None, float], Spent]
    clock: Callable[[], float] = time.time
    timer: Callable[[], float] = time.monotonic
    """Measures how long something took: the clock may be set meanwhile."""
    _running: Counter[str] = field(default_factory=Counter)
    _waiting: dict[str, deque[Ticket]] = field(default_factory=dict)
    _recent: dict[str, deque[float]] = field(default_factory=dict)
    _began: dict[Ticket, float] = field(default_factory=dict)
    _timed_s: float | None = None

    @property
    def running(self) -> int:
        """Turns that have a place."""
        return self._running.total()

    @property
    def waiting(self) -> int:
        """Turns that wait for one."""
        return sum(map(len, self._waiting.values()))

    async def admit(self, user: str | None, *, turn: bool = True) -> Ticket:
        """Let a turn of a user in, now or after those before it; what is no turn takes a place, and counts for no time.

        Raises:
            LimitReached: the user, or all together, have had what they may have, or too many wait already.
        """
        if self.limits == NO_LIMITS:
            return Ticket(NOBODY, 0.0, self)
        who = user or NOBODY
        if turn:
            self._check_minute(who)
            await self._check_day(user)
            self._check_minute(who)  # once more: others may have come while the day was looked up
        ticket = Ticket(who, 0.0, self)
        if self._is_free(who) and not self._waiting.get(who):
            self._running[who] += 1
        else:
            ticket.wait_s = self._queued(ticket)
        if turn:
            self._recent.setdefault(who, deque()).append(self.timer())
        return ticket

    async def check_day(self, user: str | None) -> None:
        """Check what the day allows, as for one more of the rows of a file that was let in as one turn.

        Raises:
            LimitReached: the user, or all together, have had what they may have.
        """
        if self.limits != NO_LIMITS:
            await self._check_day(user)

    @asynccontextmanager
    async def place(self, user: str | None, *, turn: bool = True) -> AsyncIterator[None]:
        """Hold a place within the block, however long it takes to get one.

        Raises:
            LimitReached: as `admit`.
        """
        ticket = await self.admit(user, turn=turn)
        try:
            await ticket.ready()
            yield
        finally:
            ticket.leave()

    def started(self, ticket: Ticket) -> None:
        """Take note that a turn begins."""
        if self.limits != NO_LIMITS:
            self._began[ticket] = self.timer()

    def left(self, ticket: Ticket) -> None:
        """Take note that a turn is over, or waits no longer."""
        if self.limits == NO_LIMITS:
            return
        queue = self._waiting.get(ticket.user)
        if queue is not None and ticket in queue:
            queue.remove(ticket)
            if not queue:
                del self._waiting[ticket.user]
            return
        if (began := self._began.pop(ticket, None)) is not None:
            took = self.timer() - began
            self._timed_s = took if self._timed_s is None else self._timed_s + SMOOTHING * (took - self._timed_s)
        self._running[ticket.user] -= 1
        if self._running[ticket.user] <= 0:
            del self._running[ticket.user]
        self._let_in()

    def _let_in(self) -> None:
        """Give free places to who waits: to whom has the fewest turns under way, of these to whom waits longest."""
        while free := [user for user in self._waiting if self._is_free(user)]:
            user = min(free, key=lambda u: self._running[u])  # the first of equals: the order is that of coming
            queue = self._waiting.pop(user)
            ticket = queue.popleft()
            if queue:
                self._waiting[user] = queue  # behind the others now
            self._running[user] += 1
            assert ticket._place is not None
            if ticket._place.cancelled():  # its turn was stopped a moment ago, and will say that it left
                continue
            ticket._place.set_result(None)

    def _is_free(self, user: str) -> bool:
        own, every = self.limits.turns_at_once, self.limits.all_at_once
        return (own is None or self._running[user] < own) and (every is None or self.running < every)

    def _queued(self, ticket: Ticket) -> float:
        """Put a turn into the queue; give how long it is likely to wait."""
        queue = self._waiting.get(ticket.user, deque())
        wait = self._likely_wait_s(len(queue))
        room = self.limits.queue - self.waiting
        if room <= 0:
            wait = max(wait, self._all_waited_s())
            raise LimitReached(
                f"The server is busy: {self.waiting} questions wait.",
                hint=f"Try again in {_seconds(wait)}.",
                retry_after_s=wait,
            )
        if len(queue) >= min(WAITING_EACH, room):  # so that others find room, however small the queue is
            yours = "One of your questions waits" if len(queue) == 1 else f"{len(queue)} of your questions wait"
            raise LimitReached(f"{yours} already.", hint=f"Try again in {_seconds(wait)}.", retry_after_s=wait)
        ticket._place = asyncio.get_running_loop().create_future()
        queue.append(ticket)
        self._waiting[ticket.user] = queue
        return wait

    def _likely_wait_s(self, own_ahead: int) -> float:
        """Guess a wait: of all who wait each gets a place in turn, and a place is free after the usual time."""
        own, every = self.limits.turns_at_once, self.limits.all_at_once
        by_own = 0.0 if own is None else (own_ahead + 1) / own
        ahead = sum(min(len(queue), own_ahead + 1) for queue in self._waiting.values())
        by_all = 0.0 if every is None or self.running < every else (ahead + 1) / every
        return max(1.0, max(by_own, by_all) * self._usual_s())

    def _all_waited_s(self) -> float:
        """Guess when all who wait have a place: only then is there surely room, for others come back too."""
        every = self.limits.all_at_once
        return 0.0 if every is None else (self.waiting + 1) / every * self._usual_s()

    def _usual_s(self) -> float:
        """Guess how long a turn lasts: as those that ended did, and no less than those under way have by now."""
        timed = FIRST_GUESS_S if self._timed_s is None else self._timed_s
        return max(timed, self.timer() - fmean(self._began.values())) if self._began else timed

    def _check_minute(self, user: str) -> None:
        most, now = self.limits.turns_a_minute, self.timer()
        recent = self._recent.get(user)
        while recent and recent[0] <= now - MINUTE_S:
            recent.popleft()
        if len(self._recent) > 10_000:  # who has not asked for a while is forgotten
            self._recent = {u: times for u, times in self._recent.items() if times and times[-1] > now - MINUTE_S}
        if most is not None and recent is not None and len(recent) >= most:
            wait = recent[-most] + MINUTE_S - now
            raise LimitReached(
                f"You have asked {most} times within a minute.",
                hint=f"Try again in {_seconds(wait)}.",
                retry_after_s=wait,
            )

    async def _check_day(self, user: str | None) -> None:
        limits, now = self.limits, self.clock()
        midnight = now - now % DAY_S
        for whose, tokens, usd, said in (
            (user, limits.tokens_a_day, limits.usd_a_day, "You have"),
            (None, limits.all_tokens_a_day, limits.all_usd_a_day, "Everybody together has"),
        ):
            if (tokens is None and usd is None) or (whose is None and said == "You have"):
                continue
            spent = await asyncio.to_thread(self.spent, whose, midnight)
            over = (tokens is not None and spent.tokens >= tokens) or (usd is not None and spent.usd >= usd)
            if over:
                raise LimitReached(
                    f"{said} used up what a day allows.",
                    hint=f"It begins anew in {_seconds(midnight + DAY_S - now)}, at midnight UTC.",
                    retry_after_s=midnight + DAY_S - now,
                )


OPEN = Gate(NO_LIMITS, lambda user, since: Spent())
"""Lets everything in, as where one person asks at their own machine."""


def _seconds(seconds: float) -> str:
    """Say how long something takes.

    >>> _seconds(3.2), _seconds(200), _seconds(20_000)
    ('4 s', '4 minutes', '6 hours')
    """
    if seconds < 100:
        return f"{math.ceil(seconds)} s"
    return f"{math.ceil(seconds / 60)} minutes" if seconds < 7200 else f"{math.ceil(seconds / 3600)} hours"
