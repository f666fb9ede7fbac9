"""Runs a command of ours in which one call meets a fault: a kill, or a disk that is full from there on.

    python -m tests.faults.launch index_store.dense:Dense.upsert after kill - ingest FOLDER

The call is named by its module and its name within; `before` or `after` it, the first time, one of these is done:

    kill    this process, as by `kill -9`
    fill    the disk under the folder that the fourth argument names, to its last byte
    limit   every file to the size it has: for where nothing can be mounted to be filled

`clock` in place of a call adds the seconds that stand in a file to the clock, whenever it is read.
"""

from __future__ import annotations

import functools
import importlib
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def fill(folder: Path) -> None:
    """Take all of the room that is left."""
    file = os.open(folder / "ballast", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for size in (1 << 20, 4096, 1):
        try:
            while True:
                os.write(file, b"x" * size)
        except OSError:
            continue
    os.close(file)


def act(does: str, folder: str) -> None:
    if does == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif does == "fill":
        fill(Path(folder))
    else:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))


def meet(place: str, when: str, does: str, folder: str) -> None:
    """Put the fault around a call."""
    module, _, path = place.partition(":")
    *outer, name = path.split(".")
    owner: Any = importlib.import_module(module)
    for part in outer:
        owner = getattr(owner, part)
    raw = vars(owner)[name]
    called = raw.__func__ if isinstance(raw, classmethod | staticmethod) else raw
    met = False

    @functools.wraps(called)
    def around(*args: Any, **kwargs: Any) -> Any:
        nonlocal met
        first, met = not met, True
        if first and when == "before":
            act(does, folder)
        result = called(*args, **kwargs)
        if first and when == "after":
            act(does, folder)
        return result

    setattr(owner, name, type(raw)(around) if isinstance(raw, classmethod | staticmethod) else around)


def shift_clock(file: Path) -> None:
    """Add the seconds that stand in a file to the time of day."""
    real: Callable[[], float] = time.time
    time.time = lambda: real() + float(file.read_text() or 0)


def main(arguments: list[str]) -> int:
    if arguments[0] == "clock":
        shift_clock(Path(arguments[1]))
        rest = arguments[2:]
    else:
        meet(*arguments[:4])
        rest = arguments[4:]
    from ui.cli import main as run

    sys.argv = ["lectern", *rest]
    return run() or 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
