"""Long work of a page, such as a file of rows or an ingest, that its user may cancel: a flag for each, and no more."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from index_store.errors import InvalidInput


class Jobs:
    """The work under way on one page, by user; safe from many threads."""

    def __init__(self) -> None:
        self._running: dict[str, threading.Event] = {}
        self._lock = threading.Lock()

    @contextmanager
    def running(self, user: str | None) -> Iterator[threading.Event]:
        """Hold the place of a user's work; the flag is set when it is to end.

        Raises:
            InvalidInput: when work of this user is under way already.
        """
        key, flag = user or "", threading.Event()
        with self._lock:
            if key in self._running:
                raise InvalidInput("Another one of yours is under way here.", hint="Wait for it, or cancel it.")
            self._running[key] = flag
        try:
            yield flag
        finally:
            with self._lock:
                del self._running[key]

    def cancel(self, user: str | None) -> bool:
        """Ask a user's work to end; tell whether there was any."""
        with self._lock:
            flag = self._running.get(user or "")
        if flag is not None:
            flag.set()
        return flag is not None
