"""One writer at a time: a lock that the system frees when its holder dies, with a note that names the holder."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from index_store.errors import IndexLocked, IndexProblem
from index_store.manifest import MAKE_ROOM


@contextlib.contextmanager
def writing(home: Path) -> Iterator[None]:
    """Hold the right to write to a home.

    Raises:
        IndexLocked: naming who holds it.
        IndexProblem: when the home cannot be written to.
    """
    note = home / "writer.json"
    lock = FileLock(home / "writer.lock")
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
        note.write_text(json.dumps(_self()), "utf-8")
    except Timeout as exc:
        raise IndexLocked(
            f"Another process is writing to the library: {_holder(note)}.",
            hint="Wait until it has finished, or stop it; what it has finished is kept.",
        ) from exc
    except OSError as exc:
        lock.release()
        raise IndexProblem(
            f"The library's folder cannot be written to: {home} ({exc.strerror or exc}).", hint=MAKE_ROOM
        ) from exc
    try:
        yield
    finally:
        note.unlink(missing_ok=True)
        lock.release()


def _self() -> dict[str, str | int]:
    since = datetime.now(UTC).isoformat(timespec="seconds")
    command = " ".join(Path(sys.argv[0]).name.split() + sys.argv[1:3])
    return {"pid": os.getpid(), "host": socket.gethostname(), "command": command, "since": since}


def _holder(note: Path) -> str:
    try:
        who = json.loads(note.read_text("utf-8"))
        return f"process {who['pid']} on {who['host']} ({who['command']}) since {who['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return f"a process that left no note in {note}"
