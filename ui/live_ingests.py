"""Ingests that are under way on the server, one for each user: their page may go, come back and be reloaded.

They run one after another, for the library has one writer. What an ingest had to tell is kept until its user's next.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from index_store.errors import InvalidInput, LecternError
from ingest.receipts import Finished, IngestEvent, Progress, Receipt, Scanned
from ingest.sources import FETCHED_FROM
from ui.disclosure import FAULT, LATER
from ui.environment import Environment
from ui.followed import Followed
from ui.ingesting import ingested, keep_uploads
from ui.uploads import discard_unlisted, sweep_uploads

SEEN_FOR_S = 12 * 3600.0  # as long as somebody may be away from a page that works for them
LOOK_EVERY_S = 1800.0
STOP_WITHIN_S = 5.0
log = logging.getLogger(__name__)


@dataclass(slots=True)
class LiveIngest(Followed):
    """One ingest: what was asked for, how far it is, and what became of each file."""

    uploads: Sequence[tuple[Path, str]] = ()
    arguments: Sequence[str] = ()
    names: list[str] = field(default_factory=list)
    """What is to be read, as receipts name it."""
    known: bool = False  # what is read is in the library already
    scanned: Scanned | None = None
    step: Progress | None = None
    finished: Finished | None = None
    receipts: list[Receipt] = field(default_factory=list)
    problem: Exception | None = None
    waits: bool = False  # for another's
    stopping: bool = False
    began: float = field(default_factory=time.monotonic)
    folder: Path | None = None
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    cancelled: Event = field(default_factory=Event)
    task: asyncio.Task[None] | None = None

    @property
    def seconds(self) -> float:
        """How long it has been at work."""
        return time.monotonic() - self.began

    def take(self, event: IngestEvent) -> None:
        """Note what the pipeline tells."""
        match event:
            case Scanned():
                self.scanned = event
            case Progress():
                self.step = event
            case Receipt():
                self.receipts.append(event)
            case Finished():
                self.finished = event
        self.tell()

    def stop(self) -> None:
        """Ask it to end; what was finished stays."""
        if self.over or self.stopping:
            return
        self.stopping = True
        self.cancelled.set()
        if self.waits and self.task is not None:
            self.task.cancel()
        self.tell()

    def left(self) -> list[str]:
        """Give what was to be read and was not."""
        seen = {receipt.path for receipt in self.receipts}
        fetched = any(receipt.source.startswith(FETCHED_FROM) for receipt in self.receipts)
        return [n for n in self.names if n not in seen and not (fetched and n.startswith(FETCHED_FROM))]


class LiveIngests:
    """The ingests of one server; all methods are called on its event loop."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._last: dict[str, LiveIngest] = {}
        self._turn = asyncio.Lock()

    def of(self, user: str | None) -> LiveIngest | None:
        """Give a user's ingest that is under way, or was the last."""
        return self._last.get(user or "")

    def check_free(self, user: str | None) -> None:
        """Refuse a second ingest of a user's.

        Raises:
            InvalidInput: when one is under way.
        """
        known = self.of(user)
        if known is not None and not known.over:
            raise InvalidInput("Another one of yours is under way here.", hint="Wait for it, or cancel it.")

    def start(self, user: str | None, job: LiveIngest) -> None:
        """Begin an ingest; it goes on whoever looks on.

        Raises:
            InvalidInput: when another one of this user is under way.
        """
        self.check_free(user)
        self._last[user or ""] = job
        job.task = asyncio.create_task(self._run(job))
        job.task.add_done_callback(lambda _: self._ended(user or "", job))

    async def close(self) -> None:
        """End all, as when the server stops."""
        tasks = [job.task for job in self._last.values() if job.task is not None and not job.over]
        for job in self._last.values():
            job.stop()
        if tasks:
            await asyncio.wait(tasks, timeout=STOP_WITHIN_S)

    async def keep_swept(self) -> None:
        """Remove what killed servers left of uploads, now and then, until it is cancelled."""
        while True:
            in_use = [job.folder for job in self._last.values() if job.folder is not None and not job.over]
            await asyncio.to_thread(sweep_uploads, self._environment, in_use)
            await asyncio.sleep(LOOK_EVERY_S)

    async def _run(self, job: LiveIngest) -> None:
        try:
            await self._ingest(job)
        except asyncio.CancelledError:  # it was to end while it waited
            log.info("An ingest ended before it began")
        except (LecternError, OSError) as exc:
            job.problem = exc
        except Exception:  # the edge of a task: nobody awaits it, and the page must not wait for ever
            log.exception("An ingest ended in an error of ours")
            job.problem = LecternError(FAULT, hint=LATER)
        finally:
            if job.folder is not None:
                await asyncio.to_thread(discard_unlisted, self._environment, job.folder)

    async def _ingest(self, job: LiveIngest) -> None:
        arguments = list(job.arguments)
        if job.uploads:
            job.folder = folder = await asyncio.to_thread(keep_uploads, self._environment.home, job.uploads)
            job.names += sorted(f.relative_to(folder).as_posix() for f in folder.rglob("*") if f.is_file())
            arguments.append(str(folder))
        if job.stopping:
            return
        job.waits = self._turn.locked()
        job.tell()
        async with self._turn:
            job.waits, job.began = False, time.monotonic()
            async with aclosing(ingested(self._environment, arguments, job.cancelled)) as events:
                async for event in events:
                    job.take(event)

    def _ended(self, user: str, job: LiveIngest) -> None:
        job.over = True
        job.tell()
        asyncio.get_running_loop().call_later(SEEN_FOR_S, self._forget, user, job)

    def _forget(self, user: str, job: LiveIngest) -> None:
        if self._last.get(user) is job:
            del self._last[user]
