"""Counts failed sign-ins and says how long to wait: a guesser is slowed down, a person who mistypes hardly notices.

Counted are a name from one address, a name from all, and an address for all names; of IPv6 its network (/64), for who
has one address there has all of them. An address may be a whole class's, behind one router: it may fail far more often,
and waits for a minute at most. Beyond what each may fail, every failure doubles the wait, of a name up to a quarter of
an hour; a day without one forgets it. What is kept are hashes: a name that nobody has, perhaps a password that was
typed into the wrong field, is not written down.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from ipaddress import IPv6Address, IPv6Network, ip_address

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from assistant.accounts.tables import attempts
from assistant.tracing.store import TraceStore

FREE = {"both": 5, "name": 30, "from": 300}
"""Failures without a wait, by what they are counted for."""
LONGEST_WAIT_S, LONGEST_OF_AN_ADDRESS_S = 900.0, 60.0
FORGOTTEN_S = 86_400.0


class Attempts:
    """The failed sign-ins of a store."""

    def __init__(self, store: TraceStore, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock

    def take(self, name_key: str, address: str) -> float:
        """Count a try as failed before it is made; where it must wait, give how many seconds, else 0.

        Counted beforehand, for many at once would else all be let through before the first has failed.
        """
        keys, now = _keys(name_key, address), self._clock()

        def write(connection: Connection) -> float:
            connection.execute(delete(attempts).where(attempts.c.last_at < now - FORGOTTEN_S))
            # What is later than now was noted by a clock that has been set back since: nobody shall wait for days.
            ahead = update(attempts).where(attempts.c.key.in_(keys), attempts.c.last_at > now)
            connection.execute(ahead.values(last_at=now))
            rows = connection.execute(select(attempts).where(attempts.c.key.in_(keys)).with_for_update()).all()
            until = (_until(row.key.partition(":")[0], row.failures, row.last_at) for row in rows)
            if (wait := max(until, default=0.0) - now) > 0:
                return wait
            for key in keys:
                _count(connection, key, now)
            return 0.0

        return self._store.write(write)

    def succeeded(self, name_key: str, address: str) -> None:
        """Take a try back that was none: the name is free again from its address."""
        both, *others = _keys(name_key, address)
        fewer = update(attempts).where(attempts.c.key.in_(others), attempts.c.failures > 0)

        def write(connection: Connection) -> None:
            connection.execute(delete(attempts).where(attempts.c.key == both))
            connection.execute(fewer.values(failures=attempts.c.failures - 1))

        self._store.write(write)


def _count(connection: Connection, key: str, now: float) -> None:
    more = update(attempts).where(attempts.c.key == key).values(failures=attempts.c.failures + 1, last_at=now)
    if connection.execute(more).rowcount:
        return
    try:
        with connection.begin_nested():
            connection.execute(insert(attempts), {"key": key, "failures": 1, "last_at": now})
    except IntegrityError:  # another server was first
        connection.execute(more)


def _keys(name_key: str, address: str) -> list[str]:
    address = network_of(address)
    parts = {"both": f"{name_key}\n{address}", "name": name_key, "from": address}
    return [f"{kind}:{hashlib.sha256(text.encode()).hexdigest()}" for kind, text in parts.items()]


def network_of(address: str) -> str:
    """Give what an address is counted as.

    >>> network_of("2001:db8::1"), network_of("10.0.0.9"), network_of("::ffff:10.0.0.9"), network_of("")
    ('2001:db8::/64', '10.0.0.9', '10.0.0.9', '')
    """
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, IPv6Address):
        return str(ip.ipv4_mapped or IPv6Network((int(ip) >> 64 << 64, 64)))
    return str(ip)


def _until(kind: str, failures: int, last_at: float) -> float:
    """Give when the next may come, in seconds since 1970."""
    beyond, longest = failures - FREE[kind], LONGEST_OF_AN_ADDRESS_S if kind == "from" else LONGEST_WAIT_S
    return -math.inf if beyond < 0 else last_at + min(longest, 2.0 ** min(beyond, 20))
