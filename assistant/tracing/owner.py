"""Tells whether the process that runs a turn is still there, by a file that it keeps locked for as long as it lives.

The operating system lets go of the lock however the process ends, and no later process can be mistaken for it. A
process of another home or machine (a shared PostgreSQL) has its file elsewhere: it is taken for gone when its turn is
a day old.
"""

from __future__ import annotations

import hashlib
import os
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
        where = hashlib.sha256(os.fsencode(home.resolve())).hexdigest()[:8]
        self._place = f"{socket.gethostname()[:60].replace('/', '_')}/{where}"
        self.name = f"{self._place}/{uuid.uuid4().hex}"
        self._lock = FileLock(self._file(self.name))
        self._lock.acquire(timeout=0)

    def close(self) -> None:
        """Let go."""
        self._lock.release()
        self._file(self.name).unlink(missing_ok=True)

    def is_gone(self, owner: str, age_s: float) -> bool:
        """Tell whether another owner has ended."""
        file = self._file(owner)
        if not file.exists():
            return owner.rpartition("/")[0] == self._place or age_s > STALE_S
        try:
            with FileLock(file, timeout=0):
                return True
        except Timeout:
            return False
        except OSError:  # another user's, which we may not open
            return age_s > STALE_S

    def forget(self, owners: Iterable[str]) -> None:
        """Remove the files of owners that are gone."""
        for owner in owners:
            self._file(owner).unlink(missing_ok=True)

    def _file(self, owner: str) -> Path:
        return self._folder / f"{owner.rpartition('/')[2]}.lock"
