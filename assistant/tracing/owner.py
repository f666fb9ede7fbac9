"""Tells whether the process that runs a turn is still there, by a file that it keeps locked for as long as it lives.

The operating system lets go of the lock however the process ends, and no later process can be mistaken for it. A
process on another machine (a shared PostgreSQL) is taken for gone when its turn is a day old.
"""

from __future__ import annotations

import socket
import uuid
from collections.abc import Iterable
from pathlib import Path

from filelock import FileLock, Timeout

STALE_S = 86_400.0


class Owner:
    """This process, as the turns that it runs name it."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "running"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._host = socket.gethostname()[:60].replace("/", "_")
        self.name = f"{self._host}/{uuid.uuid4().hex}"
        self._lock = FileLock(self._file(self.name))
        self._lock.acquire(timeout=0)

    def close(self) -> None:
        """Let go."""
        self._lock.release()
        self._file(self.name).unlink(missing_ok=True)

    def is_gone(self, owner: str, age_s: float) -> bool:
        """Tell whether another owner has ended."""
        if owner.partition("/")[0] != self._host:
            return age_s > STALE_S
        file = self._file(owner)
        if not file.exists():
            return True
        try:
            with FileLock(file, timeout=0):
                return True
        except Timeout:
            return False

    def forget(self, owners: Iterable[str]) -> None:
        """Remove the files of owners that are gone."""
        for owner in owners:
            if owner.partition("/")[0] == self._host:
                self._file(owner).unlink(missing_ok=True)

    def _file(self, owner: str) -> Path:
        return self._folder / f"{owner.rpartition('/')[2]}.lock"
