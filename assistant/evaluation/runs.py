"""Runs of an evaluation: kept row by row, so that a run that was killed goes on where it was. Computes no figure.

HOME/evaluations/ID/run.json     what was run: data set, settings, model, templates, index
HOME/evaluations/ID/rows.jsonl   a line for each row that is done; a failing row is a row with an error
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assistant.evaluation.datasets import Dataset, Kind, Row
from assistant.evaluation.row_files import read_objects
from assistant.usage import Call
from index_store.errors import InvalidInput, LecternError

FOLDER = "evaluations"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class About:
    """What was run; two runs with the same settings and data set may be continued, not mixed."""

    id: str
    kind: Kind
    dataset: str
    dataset_hash: str
    rows: int
    settings: Mapping[str, Any]
    begun_at: str  # ISO 8601, UTC


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one row: `got` is what was given, `counts` what it got right; or `error` in words.

    A reply that could not be read has both: the model was asked, and gave nothing that is right.
    `asked` and `expected` are the row's own, so that a run can be read without its data set.
    """

    id: str
    got: Any = None
    counts: Mapping[str, float] = field(default_factory=dict)
    error: str | None = None
    seconds: float = 0.0
    input_tokens: int | None = None
    output_tokens: int | None = None
    price_usd: float | None = None
    judge_tokens: int | None = None
    judge_usd: float | None = None
    trace_id: str | None = None
    asked: str = ""
    expected: Any = None
    place: int = 0  # of the row in its data set, from 1

    @property
    def is_measured(self) -> bool:
        """Whether it counts: what could not even be asked says nothing of a model."""
        return self.error is None or bool(self.counts)


def priced(results: Mapping[str, Result], prices: Mapping[str, float] | None) -> dict[str, Result]:
    """Give results whose tokens are known and whose price is not the price that the settings name now."""
    if prices is None:
        return dict(results)

    def with_price(result: Result) -> Result:
        if result.price_usd is not None or result.input_tokens is None:
            return result
        call = Call("model", None, result.input_tokens, result.output_tokens, own_prices=prices)
        return replace(result, price_usd=call.price_usd)

    return {row_id: with_price(result) for row_id, result in results.items()}


Runner = Callable[[Row], Awaitable[Result]]


class Run:
    """One run on disk."""

    def __init__(self, folder: Path, about: About) -> None:
        self.folder = folder
        self.about = about

    @classmethod
    def begin(cls, home: Path, dataset: Dataset, settings: Mapping[str, Any]) -> Run:
        """Begin a new run."""
        now = datetime.now(UTC)
        run_id = f"{now:%Y%m%d-%H%M%S}-{dataset.kind}-{uuid.uuid4().hex[:4]}"
        about = About(
            run_id,
            dataset.kind,
            str(dataset.path),
            dataset.hash,
            len(dataset.rows),
            dict(settings),
            now.isoformat(timespec="seconds"),
        )
        folder = home / FOLDER / run_id
        folder.mkdir(parents=True)
        run = cls(folder, about)
        run._write()
        return run

    @classmethod
    def open(cls, home: Path, run_id: str) -> Run:
        """Open a run by its id, or the beginning of one.

        Raises:
            InvalidInput: when there is none, or several begin so.
        """
        found = [path for path in _folders(home) if run_id and path.name.startswith(run_id)]
        exact = [path for path in found if path.name == run_id] or found
        if len(exact) != 1:
            what = "There is no run" if not exact else f"{len(exact)} runs begin with"
            raise InvalidInput(f"{what} {run_id!r}.", hint="Give more of the id: `lectern eval list` shows them.")
        try:
            about = About(**json.loads((exact[0] / "run.json").read_text("utf-8")))
        except (OSError, ValueError, TypeError) as exc:
            raise InvalidInput(f"The run {run_id} cannot be read: {exc}.", hint="Run it anew.") from exc
        return cls(exact[0], about)

    def results(self) -> dict[str, Result]:
        """Give what is done, by row, in the data set's order; of a row the last line counts, half a line does not."""
        found: dict[str, Result] = {}
        for row in read_objects(self.folder / "rows.jsonl"):
            with suppress(TypeError):  # a line of another program
                result = Result(**row)
                found[result.id] = result
        return dict(sorted(found.items(), key=lambda item: item[1].place))

    def check_continues(self, dataset: Dataset, settings: Mapping[str, Any]) -> None:
        """Refuse to go on with something else than was begun.

        Raises:
            InvalidInput: when the data set or a setting is another one.
        """
        name = self.about.id
        anew = "Begin a new run: give the command without --resume."
        if dataset.hash != self.about.dataset_hash or dataset.kind != self.about.kind:
            raise InvalidInput(f"The run {name} was begun on another data set, {self.about.dataset}.", hint=anew)
        before, now = dict(self.about.settings), dict(settings)
        changed = [
            f"{k} was {before.get(k)}, is {now.get(k)}"
            for k in sorted(before.keys() | now.keys())
            if before.get(k) != now.get(k)
        ]
        if changed:
            raise InvalidInput(
                f"The run {name} was begun with other settings: {'; '.join(changed)}.",
                hint=f"Give the same --prompt, --model and other options again. Or: {anew.lower()}",
            )

    def extend(self, rows: int) -> None:
        """Take in more rows of the data set than the run was begun with."""
        if rows > self.about.rows:
            self.about = replace(self.about, rows=rows)
            self._write()

    def _write(self) -> None:
        part = self.folder / "run.part"
        part.write_text(json.dumps(asdict(self.about), indent=1, ensure_ascii=False) + "\n", "utf-8")
        part.replace(self.folder / "run.json")

    async def go(
        self, rows: Sequence[Row], runner: Runner, *, jobs: int = 1, tell: Callable[[int], None] = lambda done: None
    ) -> dict[str, Result]:
        """Do the rows that are not done, so many at a time; `tell` hears how many are done in all."""
        # What a model could not say in the form that was asked for is not asked again: that would be a second chance.
        done = {row_id: r for row_id, r in self.results().items() if r.is_measured}
        waiting = [(place, row) for place, row in enumerate(rows, start=1) if row.id not in done]
        limit = asyncio.Semaphore(jobs)
        with (self.folder / "rows.jsonl").open("a", encoding="utf-8") as out:
            if out.tell() and not _ends_a_line(self.folder / "rows.jsonl"):
                out.write("\n")  # half a line, from a kill

            async def one(place: int, row: Row) -> None:
                async with limit:
                    result = replace(await _run(row, runner), place=place)
                out.write(json.dumps(asdict(result), ensure_ascii=False) + "\n")
                out.flush()
                done[row.id] = result
                tell(len(done))

            tell(len(done))
            await asyncio.gather(*(one(place, row) for place, row in waiting))
            os.fsync(out.fileno())
        return done


async def _run(row: Row, runner: Runner) -> Result:
    begun = time.monotonic()
    try:
        result = await runner(row)
    except LecternError as exc:
        result = Result(row.id, error=str(exc), seconds=round(time.monotonic() - begun, 3))
    except Exception as exc:  # a row is a request: a fault of ours in one must not lose the others
        _log.exception("row %s failed", row.id)
        result = Result(row.id, error=f"The row met an unexpected fault: {type(exc).__name__}: {exc}")
    return replace(result, asked=row.asked, expected=row.labels())


def _ends_a_line(file: Path) -> bool:
    with file.open("rb") as data:
        data.seek(-1, os.SEEK_END)
        return data.read(1) == b"\n"


def _folders(home: Path) -> list[Path]:
    folder = home / FOLDER
    return sorted(p for p in folder.iterdir() if (p / "run.json").exists()) if folder.is_dir() else []


def list_runs(home: Path) -> list[Run]:
    """Give all runs, oldest first; one that cannot be read is logged, and hides no other."""
    found = []
    for path in _folders(home):
        try:
            found.append(Run.open(home, path.name))
        except InvalidInput as exc:
            _log.warning("%s", exc)
    return found
