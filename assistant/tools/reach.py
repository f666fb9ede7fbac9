"""Finds out, quickly, whether a host can be reached: so that a tool is off where there is no network, and says why."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Sequence
from urllib.request import getproxies, proxy_bypass

from assistant.tools.apart import apart

Host = tuple[str, int]
WITHIN_S = 1.5
FRESH_S = 30.0


class Reach:
    """Remembers for some seconds which hosts can be reached; many turns may ask at once."""

    def __init__(self, *, within_s: float = WITHIN_S, clock: Callable[[], float] = time.monotonic) -> None:
        self._within_s = within_s
        self._clock = clock
        self._found: dict[Host, tuple[float, bool]] = {}

    async def look(self, hosts: Sequence[Host]) -> None:
        """Try the hosts that were not tried lately, all at once."""
        now = self._clock()
        stale = [h for h in dict.fromkeys(hosts) if h not in self._found or now - self._found[h][0] > FRESH_S]
        answers = await asyncio.gather(*(_try(host, self._within_s) for host in stale))
        self._found.update({host: (now, there) for host, there in zip(stale, answers, strict=True)})

    def is_there(self, host: Host) -> bool:
        """Tell what is known of a host; one that was never tried counts as there."""
        return self._found.get(host, (0.0, True))[1]


_PROXIED = {"http", "https", "all"}  # `no` alone names what needs no proxy


async def _try(host: Host, within_s: float) -> bool:
    if _PROXIED & set(getproxies()) and not proxy_bypass(host[0]):
        return True  # a proxy stands between: only a real request would tell

    def connect() -> bool:
        try:
            with socket.create_connection(host, timeout=within_s):
                return True
        except OSError:
            return False

    try:
        async with asyncio.timeout(within_s + 0.2):  # a look-up of a name has no time limit of its own
            return await apart(connect)
    except TimeoutError:
        return False
