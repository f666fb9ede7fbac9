"""How much memory this process took more of, at most, within a block."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Growth:
    """Bytes that the process had in memory at most, less those at the beginning."""

    bytes: int = 0


def resident() -> int:
    """Give the bytes of this process that are in memory now."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))


@contextmanager
def growth(every_s: float = 0.05) -> Iterator[Growth]:
    """Watch the memory of this process."""
    grown, over, before = Growth(), threading.Event(), resident()

    def look() -> None:
        while not over.wait(every_s):
            grown.bytes = max(grown.bytes, resident() - before)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield grown
    finally:
        over.set()
        thread.join()
