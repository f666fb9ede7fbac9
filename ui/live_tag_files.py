"""Files of abstracts that are being tagged on the server, row after row."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from assistant.gate import Gate
from assistant.tagged import Tagged
from assistant.tagging import Tagger
from assistant.tracing.records import Origin
from index_store.errors import LecternError
from ui.disclosure import error_for
from ui.incoming import KEPT_S, Incoming
from ui.live_jobs import Job, LiveJobs
from ui.tag_rows import Row, tagged_rows, to_csv, to_jsonl


@dataclass(slots=True, kw_only=True)
class TaggedFile(Job):
    """One file: its rows, what tags them for whom, and the results so far."""

    rows: Sequence[Row]
    tagger: Tagger
    user: str | None
    sees_setup: bool
    done: list[Row] = field(default_factory=list)
    place: str = ""
    """Where the results lie, of those that their user may fetch."""


class TaggedFiles(LiveJobs[TaggedFile]):
    """The files of one server."""

    seen_for_s = KEPT_S  # its results go then

    def __init__(self, gate: Callable[[], Gate], incoming: Incoming) -> None:
        super().__init__()
        self._gate, self._incoming = gate, incoming

    async def work(self, job: TaggedFile) -> None:
        """Tag row after row; what was done is given, however it ends."""
        job.waits = True
        async with self._gate().place(job.user):
            job.waits, job.began = False, time.monotonic()
            job.tell()
            try:
                await self._tag(job)
            finally:
                job.place = await asyncio.to_thread(self._written, job)

    async def _tag(self, job: TaggedFile) -> None:
        async def one(abstract: str) -> Tagged:
            try:
                return await job.tagger.tag(abstract, Origin(None, job.user, "batch"), admitted=True)
            except LecternError as exc:
                raise error_for(exc, job.sees_setup) from exc

        async with aclosing(tagged_rows(job.rows, one)) as results:
            async for row in results:
                job.done.append(row)
                job.tell()
                if job.stopping:
                    break
                await asyncio.sleep(0)  # rows that the rules tag give nobody else a turn

    def _written(self, job: TaggedFile) -> str:
        """Write results where their user, and nobody else, can fetch them; give the name of the place."""
        place = self._incoming.place(job.user)
        (place / "tags.jsonl").write_text(to_jsonl(job.done), "utf-8")
        (place / "tags.csv").write_text(to_csv(job.done), "utf-8")
        return place.name
