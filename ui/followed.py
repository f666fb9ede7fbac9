"""Work on the server that pages look on at: it tells when it has changed, and whoever follows it is shown that."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import TypeVar


@dataclass(slots=True, kw_only=True)
class Followed:
    """What may be followed by any number of pages, from its beginning or later."""

    changes: int = 0
    over: bool = False
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self) -> None:
        """Wake whoever follows."""
        self.changes += 1
        self.changed.set()
        self.changed = asyncio.Event()


F = TypeVar("F", bound=Followed)


async def changes_of(work: F, pause_s: Callable[[], float]) -> AsyncIterator[F]:
    """Give work whenever it has changed, with `pause_s` seconds between, and at its end."""
    seen = -1
    while True:
        changed = work.changed
        if work.changes == seen and not work.over:
            await changed.wait()
        seen, told = work.changes, time.monotonic()
        yield work
        if work.over and work.changes == seen:
            return
        await asyncio.sleep(max(0.0, pause_s() - (time.monotonic() - told)))
