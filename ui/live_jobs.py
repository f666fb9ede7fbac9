"""Long work of the pages that is the server's, one of a kind for each user: its page may go, come back, be reloaded.

What work had to tell is kept for a while, until its user's next of that kind.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from threading import Event
from typing import Generic, TypeVar

from index_store.errors import InvalidInput, LecternError
from ui.disclosure import FAULT, LATER
from ui.followed import Followed

STOP_WITHIN_S = 5.0
log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Job(Followed):
    """One work: how it began and ended, and whether it is to end."""

    problem: Exception | None = None
    waits: bool = False  # for another's
    stopping: bool = False
    began: float = field(default_factory=time.monotonic)
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    cancelled: Event = field(default_factory=Event)
    task: asyncio.Task[None] | None = None

    @property
    def seconds(self) -> float:
        """How long it has been at work."""
        return time.monotonic() - self.began

    def stop(self) -> None:
        """Ask it to end; what was finished stays."""
        if self.over or self.stopping:
            return
        self.stopping = True
        self.cancelled.set()
        if self.waits and self.task is not None:
            self.task.cancel()
        self.tell()


J = TypeVar("J", bound=Job)


class LiveJobs(ABC, Generic[J]):
    """The work of one kind on one server; all methods are called on its event loop."""

    seen_for_s: float
    """How long the end of one is still shown."""

    def __init__(self) -> None:
        self._last: dict[str, J] = {}
        self._forgetting: dict[str, asyncio.TimerHandle] = {}

    @abstractmethod
    async def work(self, job: J) -> None:
        """Do it; whatever is raised becomes the job's problem."""

    def of(self, user: str | None) -> J | None:
        """Give a user's work that is under way, or was the last."""
        return self._last.get(user or "")

    def check_free(self, user: str | None) -> None:
        """Refuse a second work of a user's.

        Raises:
            InvalidInput: when one is under way.
        """
        known = self.of(user)
        if known is not None and not known.over:
            raise InvalidInput("Another one of yours is under way here.", hint="Wait for it, or cancel it.")

    def start(self, user: str | None, job: J) -> None:
        """Begin a work; it goes on whoever looks on.

        Raises:
            InvalidInput: when another one of this user is under way.
        """
        self.check_free(user)
        self._last[user or ""] = job
        if (earlier := self._forgetting.pop(user or "", None)) is not None:
            earlier.cancel()  # it would hold what the one before has found
        job.task = asyncio.create_task(self._run(job))
        job.task.add_done_callback(lambda _: self._ended(user or "", job))

    async def close(self) -> None:
        """End all, as when the server stops."""
        tasks = [job.task for job in self._last.values() if job.task is not None and not job.over]
        for job in self._last.values():
            job.stop()
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=STOP_WITHIN_S)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=STOP_WITHIN_S)

    def under_way(self) -> list[J]:
        """Give what has not ended."""
        return [job for job in self._last.values() if not job.over]

    async def _run(self, job: J) -> None:
        try:
            await self.work(job)
        except asyncio.CancelledError:  # it was to end while it waited, or its server stops
            log.info("%s was ended", type(job).__name__)
        except (LecternError, OSError) as exc:
            job.problem = exc
        except Exception:  # the edge of a task: nobody awaits it, and the page must not wait for ever
            log.exception("%s ended in an error of ours", type(job).__name__)
            job.problem = LecternError(FAULT, hint=LATER)

    def _ended(self, user: str, job: J) -> None:
        job.over = True
        job.tell()
        self._forgetting[user] = asyncio.get_running_loop().call_later(self.seen_for_s, self._forget, user)

    def _forget(self, user: str) -> None:
        self._forgetting.pop(user, None)
        self._last.pop(user, None)
