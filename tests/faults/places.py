"""Names an exact place in the product, and runs a command of ours that meets a fault there; see `launch`."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import REPOSITORY

KILLED = -9
NO_FOLDER = "-"
WITHIN_S = 150
"""Seconds for what starts a process of its own, on a machine that has much else to do."""
SERVER = "tests.faults.server"


@dataclass(frozen=True)
class Place:
    """A call within the product, as `module:Class.method`, and whether the fault comes before or after it."""

    call: str
    when: str = "after"

    def meeting(self, does: str, folder: Path | None = None, by: str = "tests.faults.launch") -> tuple[str, ...]:
        """Give what `python -m` runs in place of `ui`, so that the fault is met here."""
        where = NO_FOLDER if folder is None else str(folder)
        return (by, self.call, self.when, does, where)


def lectern(home: Path, *arguments: str | Path, module: tuple[str, ...] = ("ui",), **environment: str) -> Ended:
    """Run the command line to its end."""
    done = subprocess.run(
        [sys.executable, "-m", *module, *map(str, arguments)],
        cwd=REPOSITORY,
        env={**os.environ, "LECTERN_HOME": str(home), **environment},
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    said: str
    """What it wrote to standard error."""

    @property
    def in_words(self) -> bool:
        """Whether what went wrong was told in words with a next step, and no traceback."""
        return "Error: " in self.said and "\n  " in self.said and "Traceback" not in self.said
