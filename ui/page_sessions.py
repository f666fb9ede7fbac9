"""Whose each session of a page is, and how much each person has uploaded: what Gradio itself does not keep apart.

Gradio tells whoever names a session what happens in it. A session is therefore its first user's alone. All of this is
counted in one process, which is where a session lives.
"""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from cachetools import LRUCache

from index_store.errors import LimitReached

MOST_SESSIONS = 50_000
HOUR_S = 3600.0
UPLOADED_AN_HOUR = 100_000_000
"""Bytes that one person who does not keep the library may upload; what they upload are tables of abstracts."""


class PageSessions:
    """Who named which session first; called on one event loop."""

    def __init__(self) -> None:
        self._owners: LRUCache[str, str] = LRUCache(MOST_SESSIONS)

    def belongs(self, session: Any, person: str) -> bool:
        """Tell whether a session is a person's; one that nobody has is theirs from now on."""
        if not isinstance(session, str):
            return session is None
        return self._owners.setdefault(session[:200], person) == person


class Uploads:
    """How much each person has uploaded within the last hour; called on one event loop."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._recent: LRUCache[str, deque[tuple[float, int]]] = LRUCache(MOST_SESSIONS)

    def take(self, person: str, size: int) -> None:
        """Count an upload of so many bytes.

        Raises:
            LimitReached: it would be more than an hour allows.
        """
        now, recent = self._clock(), self._recent.setdefault(person, deque())
        while recent and recent[0][0] <= now - HOUR_S:
            recent.popleft()
        if recent and sum(taken for _, taken in recent) + size > UPLOADED_AN_HOUR:
            wait = recent[0][0] + HOUR_S - now
            most = f"You have uploaded what an hour allows ({UPLOADED_AN_HOUR:,} bytes)."
            raise LimitReached(most, hint=f"Try again in {max(1, round(wait / 60))} minutes.", retry_after_s=wait)
        recent.append((now, size))


def session_of(path: str, query: Any, body: bytes) -> Any:
    """Give the session that a call of a page names: in its address, its query or its body; None for none."""
    _, beat, named = path.partition("/heartbeat/")
    if beat:
        return named
    if not body:
        return query.get("session_hash")
    told = json.loads(body)
    return told.get("session_hash") if isinstance(told, dict) else None
