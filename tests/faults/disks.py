"""A small disk of its own to be filled, where this machine lets one be mounted."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.launch import fill

MEGABYTES = 96


class Disk:
    """A disk in memory; without one (mounting needs root, or `unshare -Urm`) a limit on files stands in for it."""

    def __init__(self, folder: Path, mounted: bool) -> None:
        self.folder = folder
        self.mounted = mounted

    @property
    def fault(self) -> tuple[str, Path]:
        """What a process does at its place: see `launch`."""
        return ("fill" if self.mounted else "limit"), self.folder

    def fill(self) -> None:
        """Take all of the room."""
        fill(self.folder)

    def free(self) -> None:
        """Give the room back."""
        (self.folder / "ballast").unlink(missing_ok=True)


@contextmanager
def small_disk(folder: Path) -> Iterator[Disk]:
    """Mount a disk until the end of the block."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "none", str(folder)]
    mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    try:
        yield Disk(folder, mounted)
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
