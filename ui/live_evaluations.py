"""The test rows of reviewed turns that are being measured on the server, row after row; the runs are kept as others."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from assistant.evaluation.datasets import Dataset, Kind, Row, read_dataset
from assistant.evaluation.from_traces import FOLDER
from assistant.evaluation.runners import asking, tagging
from assistant.evaluation.runs import Result, Run, Runner
from index_store.errors import InvalidInput
from ui.live_jobs import Job, LiveJobs
from ui.measuring import answers_settings, tag_settings

if TYPE_CHECKING:
    from pathlib import Path

    from ui.wiring import Opened

KINDS: tuple[Kind, ...] = ("answers", "tags")
SEEN_FOR_S = 3600.0


@dataclass(slots=True, kw_only=True)
class Evaluation(Job):
    """One run over all test rows: these, for whom, and the results so far by kind and row."""

    data: tuple[Dataset, ...]
    user: str | None
    sees_setup: bool
    done: list[tuple[Row, Result]] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many rows there are."""
        return sum(len(data.rows) for data in self.data)


class Evaluations(LiveJobs[Evaluation]):
    """The runs of one server."""

    seen_for_s = SEEN_FOR_S

    def __init__(self, opened: Callable[[], Opened]) -> None:
        super().__init__()
        self._opened = opened

    async def work(self, job: Evaluation) -> None:
        """Measure row after row, each in a place of its own as a turn takes one; what was done stays."""
        job.waits = True  # what is being measured may be left at any time: its run goes on from there
        job.began = time.monotonic()
        for data in job.data:
            settings, runner_of = await asyncio.to_thread(self._how, data, job.user)
            run = await asyncio.to_thread(Run.begin, self._opened().library.environment.home, data, settings)
            before = len(job.done)
            results = await run.go(data.rows, _telling(job, runner_of(run.about.id)))
            job.done[before:] = [(row, results[row.id]) for row in data.rows]  # those that failed among them

    def _how(self, data: Dataset, user: str | None) -> tuple[dict[str, object], Callable[[str], Runner]]:
        """Give what rows are measured with, and what does one."""
        from ui import wiring

        opened = self._opened()
        library = opened.library
        if data.kind == "tags":
            tagger = wiring.tagger_of(library)
            prompts = None if tagger.uses_rules else wiring.prompts_of(library.environment)
            settings = tag_settings(library.environment, prompts, None if prompts is None else opened.model)
            return settings, lambda run_id: tagging(tagger, run_id, user)
        used = answers_settings(library, opened.model, data)
        return used, lambda run_id: asking(opened.assistant, run_id, user=user)


def _telling(job: Evaluation, runner: Runner) -> Runner:
    async def one(row: Row) -> Result:
        result = await runner(row)
        job.done.append((row, result))
        job.tell()
        return result

    return one


def reviewed_data(home: Path) -> tuple[Dataset, ...]:
    """Read the test rows that were made of reviewed turns.

    Raises:
        InvalidInput: when there is none, or a file of them cannot be read.
    """
    files = [(home / FOLDER / f"reviewed-{kind}.jsonl", kind) for kind in KINDS]
    found = tuple(read_dataset(file, kind) for file, kind in files if file.exists())
    if not found:
        raise InvalidInput("There is no test row yet.", hint="Review a turn, then make a test row of it.")
    return found
