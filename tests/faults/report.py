"""Writes what a run of the injected faults came to as a page of Markdown. Runs nothing."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.conftest import REPOSITORY

FILE = REPOSITORY / "benchmarks" / "faults.md"
COMMAND = "make test-faults ARGS=--keep-faults"
ABOUT = """# Faults

Each of these is put in the way on purpose, at an exact place, and the test says what must hold all the same: nothing
that was acknowledged is lost, an answer or an error in words comes within a time limit, and it works again without a
hand once the fault is over. "Answer" is the seconds until the answer or the error in words, "again" the seconds until
it worked again; times depend on the machine and on what else it does. The tests are in `tests/faults`."""


@dataclass(frozen=True)
class Row:
    """One fault: `outcome` is pytest's, seconds are None where nothing was to be timed."""

    name: str
    family: str
    holds: str
    outcome: str
    reason: str = ""
    answer_s: float | None = None
    recovery_s: float | None = None

    @property
    def held(self) -> str:
        return {"passed": "yes", "skipped": f"not run: {self.reason}"}.get(self.outcome, "NO")


def page(rows: Sequence[Row], seconds: float) -> str:
    """Give the page, the faults by what fails."""
    parts = [ABOUT, _sum(rows, seconds)]
    for family in dict.fromkeys(row.family for row in rows):
        own = [row for row in rows if row.family == family]
        head = "| Fault | What must hold | Held | Answer, s | Again, s |\n|---|---|---|---|---|"
        parts.append(f"## {family}\n\n" + "\n".join([head, *map(_line, own)]))
    return "\n\n".join(parts) + "\n"


def _sum(rows: Sequence[Row], seconds: float) -> str:
    held, skipped = (sum(row.outcome == outcome for row in rows) for outcome in ("passed", "skipped"))
    told = f"{len(rows)} faults: {held} held, {len(rows) - held - skipped} did not, {skipped} were not run."
    machine = f"{os.cpu_count()} cores of {_processor()}, load {os.getloadavg()[0]:.1f} at the end"
    return f"**{told}** `{COMMAND}`, {datetime.now(UTC):%Y-%m-%d}, {seconds / 60:.0f} minutes: {machine}."


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "a processor")


def _line(row: Row) -> str:
    told = (row.name, row.holds, row.held, _seconds(row.answer_s), _seconds(row.recovery_s))
    return "| " + " | ".join(text.replace("|", "\\|") for text in told) + " |"


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"
