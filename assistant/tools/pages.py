"""What the agent needs of whoever fetches pages: a protocol, and a cache whose pages have an age. Fetches nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from cachetools import LRUCache, TTLCache

FRESH_S = 900.0
MOST_PAGES = 128


@dataclass(frozen=True, slots=True)
class PageText:
    """A page as it was read: its sections are heading paths with their text; `fetched_at` is ISO 8601 in UTC."""

    address: str  # where the redirects ended
    title: str
    sections: tuple[tuple[tuple[str, ...], str], ...]
    fetched_at: str


class Pages(Protocol):
    """Reads pages through the guarded fetcher of `ingest`; its calls block."""

    def read(self, address: str) -> PageText:
        """Read a page.

        Raises:
            LecternError: when it may not or could not be fetched, or no reader reads it.
        """


class CachedPages:
    """Keeps pages for a while; many threads may ask at once, and a page is fetched by one of them."""

    def __init__(
        self,
        pages: Pages,
        *,
        fresh_s: float = FRESH_S,
        most: int = MOST_PAGES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pages = pages
        self._kept: TTLCache[str, PageText] = TTLCache(most, fresh_s, timer=clock)
        self._lock = threading.Lock()
        self._fetching: LRUCache[str, threading.Lock] = LRUCache(most)

    def read(self, address: str) -> PageText:
        """Read a page, from the cache while it is fresh; a failure is not kept.

        Raises:
            LecternError: as `Pages.read`.
        """
        with self._lock:
            mine = self._fetching.setdefault(address, threading.Lock())
        with mine:
            with self._lock:
                page: PageText | None = self._kept.get(address)
            if page is None:
                page = self._pages.read(address)
                with self._lock:
                    self._kept[address] = page
            return page
