"""Asks robots.txt whether an address may be fetched (RFC 9309), and keeps the answer of each site for a while.

Fetching the file is left to who asks, so that it goes the same guarded way as everything else.
"""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from index_store.errors import FetchRefused
from ingest.addresses import Address

MAX_BYTES = 512 * 1024  # RFC 9309, 2.5: at least 500 KiB are to be read, the rest may be left out
TOKEN = "Lectern"  # nosec B105 - a name
"""The name by which a robots.txt can speak to us."""
_MOST_SITES = 256
_OTHERS = "x-any-other"
_AGENT = re.compile(r"user[- ]?agent(?:\s*:|\s)", re.IGNORECASE)
_PRODUCT = re.compile(r"[A-Za-z_-]+")


@dataclass(frozen=True, slots=True)
class RobotsAnswer:
    """What came of asking for a robots.txt: its text, or None with the status under which there was none."""

    status: int
    text: str | None


class _Rules(Protocol):
    def can_fetch(self, url: str, user_agent: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class _Entry:
    rules: _Rules | None  # None: everything may be fetched
    until: float  # on the monotonic clock


class Robots:
    """Rules by site, kept for `max_age_s` seconds (RFC 9309 allows a day at most). May be used by many threads."""

    def __init__(self, *, max_age_s: float) -> None:
        self._max_age_s = max_age_s
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._lock = threading.Lock()

    def require(self, address: Address, ask: Callable[[Address], RobotsAnswer]) -> None:
        """Pass where the site lets us; `ask` fetches a robots.txt and is only called where none is kept.

        Raises:
            FetchRefused: when robots.txt forbids the address, or answers 5xx, which forbids everything.
            FetchFailed: what `ask` raises when the site cannot be reached.
        """
        entry = self._kept(address.origin)
        if entry is None:
            entry = self._learn(address, ask)
        if entry.rules is not None and not entry.rules.can_fetch(str(address), TOKEN):
            raise FetchRefused(
                f"{address.printable}: not fetched, because the site's robots.txt forbids it.",
                hint="If you may use the page, save it in a browser and ingest the file.",
            )

    def _kept(self, origin: str) -> _Entry | None:
        with self._lock:
            entry = self._entries.get(origin)
            return entry if entry is not None and time.monotonic() < entry.until else None

    def _learn(self, address: Address, ask: Callable[[Address], RobotsAnswer]) -> _Entry:
        answer = ask(Address(address.scheme, address.host, address.port, "/robots.txt"))
        if answer.status >= 500:  # RFC 9309, 2.3.1.4; not kept, for it may be over in a moment
            raise FetchRefused(
                f"{address.printable}: not fetched, because the site's robots.txt cannot be had "
                f"(status {answer.status}), and then nothing may be fetched from it.",
                hint="Try again later, or save the page in a browser and ingest the file.",
            )
        entry = _Entry(None if answer.text is None else _parse(answer.text), time.monotonic() + self._max_age_s)
        with self._lock:
            self._entries[address.origin] = entry
            self._entries.move_to_end(address.origin)
            if len(self._entries) > _MOST_SITES:
                self._entries.popitem(last=False)
        return entry


def _parse(text: str) -> _Rules:
    from protego import Protego

    rules: _Rules = Protego.parse("\n".join(_renamed(line) for line in text.splitlines()))
    return rules


def _renamed(line: str) -> str:
    """Give all other programs one name, so that a group for each of 20,000 names is one group.

    The parser's time is the product of names and rules (83 s for a hostile file of 512 KiB), and it takes the start of
    our name for our name, where RFC 9309, 2.2.1, wants the whole.
    """
    plain = line.partition("#")[0].strip()
    match = _AGENT.match(plain)
    if match is None:
        return line
    name = plain[match.end() :].strip()
    if name == "*":
        return "User-agent: *"
    token = _PRODUCT.match(name)
    ours = token is not None and token[0].lower() == TOKEN.lower()
    return f"User-agent: {TOKEN if ours else _OTHERS}"
