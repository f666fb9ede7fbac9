"""Ingests that are under way on the server; they run one after another, for the library has one writer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from ingest.receipts import Finished, IngestEvent, Progress, Receipt, Scanned
from ingest.sources import FETCHED_FROM
from ui.environment import Environment
from ui.ingesting import ingested, keep_uploads
from ui.live_jobs import Job, LiveJobs
from ui.uploads import discard_unlisted, keep_beside, sweep_uploads

LOOK_EVERY_S = 1800.0


@dataclass(slots=True, kw_only=True)
class LiveIngest(Job):
    """One ingest: what was asked for, how far it is, and what became of each file."""

    uploads: Sequence[tuple[Path, str]] = ()
    arguments: Sequence[str] = ()
    names: list[str] = field(default_factory=list)
    """What is to be read, as receipts name it."""
    keep_both: bool = False  # what has the name of an upload before it is another document, and no new version
    known: bool = False  # what is read is in the library already
    scanned: Scanned | None = None
    step: Progress | None = None
    finished: Finished | None = None
    receipts: list[Receipt] = field(default_factory=list)
    folder: Path | None = None

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

    def left(self) -> list[str]:
        """Give what was to be read and was not."""
        seen = {receipt.path for receipt in self.receipts}
        fetched = any(receipt.source.startswith(FETCHED_FROM) for receipt in self.receipts)
        return [n for n in self.names if n not in seen and not (fetched and n.startswith(FETCHED_FROM))]


class LiveIngests(LiveJobs[LiveIngest]):
    """The ingests of one server."""

    seen_for_s = 12 * 3600.0  # as long as somebody may be away from a page that works for them

    def __init__(self, environment: Environment) -> None:
        super().__init__()
        self._environment = environment
        self._turn = asyncio.Lock()

    async def keep_swept(self) -> None:
        """Remove what killed servers left of uploads, now and then, until it is cancelled."""
        while True:
            async with self.turn() as in_use:
                await asyncio.to_thread(sweep_uploads, self._environment, in_use)
            await asyncio.sleep(LOOK_EVERY_S)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[Collection[Path]]:
        """Wait for one's turn to write to the library; give the upload sets of those that wait, to be left alone."""
        async with self._turn:
            yield self._in_use()

    def _in_use(self) -> list[Path]:
        return [job.folder for job in self.under_way() if job.folder is not None]

    async def work(self, job: LiveIngest) -> None:
        """Keep the uploads, wait for whose turn it is, and ingest."""
        try:
            await self._ingest(job)
        finally:
            if job.folder is not None:
                await asyncio.to_thread(discard_unlisted, self._environment, job.folder)

    async def _ingest(self, job: LiveIngest) -> None:
        arguments = list(job.arguments)
        if job.uploads:
            home = self._environment.home
            keep = partial(keep_beside, self._environment) if job.keep_both else partial(keep_uploads, home)
            job.folder = folder = await asyncio.to_thread(keep, job.uploads)
            job.names += sorted(f.relative_to(folder).as_posix() for f in folder.rglob("*") if f.is_file())
            arguments.append(str(folder))
        if job.stopping:
            return
        job.waits = self._turn.locked()
        job.tell()
        async with self.turn() as in_use:
            job.waits, job.began = False, time.monotonic()
            work = ingested(self._environment, arguments, job.cancelled, in_use)
            async with aclosing(work) as events:
                async for event in events:
                    job.take(event)
