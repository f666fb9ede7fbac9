"""What the index was built with, which folder holds it, and how it was last closed: one small file, replaced whole."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from index_store.errors import IndexDamaged, IndexMismatch, IndexProblem

REBUILD = "Run: lectern library rebuild"
MAKE_ROOM = "Check that the disk has room and that the folder may be written to, then run the same command again."
TOUCHED = (".sqlite3", ".bin", ".pickle")
_FILE = "manifest.json"
_PROBED = "probed.json"


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What decides whether vectors and windows fit together: a change in any of it asks for a rebuild."""

    model: str
    dimension: int
    window_tokens: int
    splitter: str

    def __str__(self) -> str:
        return f"{self.model} ({self.dimension}), windows of {self.window_tokens} tokens, splitter {self.splitter}"


@dataclass(frozen=True, slots=True)
class Manifest:
    """The state of the index on disk; `stamp` is (files, bytes, newest change in ns) at its last close."""

    fingerprint: Fingerprint
    folder: str
    generation: int = 0
    clean: bool = True
    stamp: tuple[int, int, int] = (0, 0, 0)

    def require(self, wanted: Fingerprint) -> None:
        """Check that the index was built with what the settings ask for.

        Raises:
            IndexMismatch: naming both.
        """
        if self.fingerprint != wanted:
            raise IndexMismatch(
                f"The index was built with {self.fingerprint}; the settings ask for {wanted}.", hint=REBUILD
            )


def index_folder(home: Path) -> Path:
    """Give the folder that holds the manifest and the generations of the index."""
    return home / "index"


def read_manifest(home: Path) -> Manifest | None:
    """Read the manifest, or None where there is no index.

    Raises:
        IndexDamaged: when the file cannot be understood.
        IndexProblem: when it cannot be opened, which says nothing about what is in it.
    """
    file = index_folder(home) / _FILE
    try:
        data = json.loads(file.read_text("utf-8"))
        return Manifest(
            Fingerprint(**data["fingerprint"]),
            str(data["folder"]),
            int(data["generation"]),
            bool(data["clean"]),
            (int(data["stamp"][0]), int(data["stamp"][1]), int(data["stamp"][2])),
        )
    except FileNotFoundError:
        return None
    except OSError as exc:
        told = f"The index's manifest cannot be opened: {file} ({exc.strerror or exc})."
        raise IndexProblem(told, hint="Look at its permissions, and at how many files may be open at once.") from exc
    except (ValueError, KeyError, TypeError, IndexError) as exc:
        raise IndexDamaged(f"The index's manifest cannot be read: {file}.", hint=REBUILD) from exc


def write_manifest(home: Path, manifest: Manifest) -> None:
    """Replace the manifest in one step, on disk before it counts."""
    _replace(index_folder(home) / _FILE, asdict(manifest))


def _replace(file: Path, data: object) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    with draft.open("w", encoding="utf-8") as opened:
        json.dump(data, opened)
        opened.flush()
        os.fsync(opened.fileno())
    draft.replace(file)


def stamp_of(folder: Path) -> tuple[int, int, int]:
    """Give count, size and newest change of a folder's files; SQLite's own side files are left out.

    Chroma writes its files anew, at their old size, when they are only opened, so the times of those do not count.
    """
    count = size = newest = 0
    for file in folder.rglob("*"):
        if file.is_file() and not file.name.endswith(("-wal", "-shm", "-journal", ".lock")):
            state = file.stat()
            changed = 0 if file.suffix in TOUCHED else state.st_mtime_ns
            count, size, newest = count + 1, size + state.st_size, max(newest, changed)
    return count, size, newest


def closed(manifest: Manifest, home: Path) -> Manifest:
    """Give the manifest of an index that was closed cleanly just now."""
    return replace(manifest, clean=True, stamp=stamp_of(index_folder(home) / manifest.folder))


def is_suspect(home: Path, manifest: Manifest) -> bool:
    """Tell whether the index should be probed: it is not as it was closed, nor as the last good probe left it."""
    stamp = stamp_of(index_folder(home) / manifest.folder)
    return not (manifest.clean and stamp == manifest.stamp) and _read_probed(home) != [manifest.folder, *stamp]


def remember_probe(home: Path, manifest: Manifest, stamp: tuple[int, int, int]) -> None:
    """Note that the index was probed and found sound; `stamp` is from before the probe.

    A file of its own, because a reader must not write the manifest: a writer may be doing so. Where it cannot be
    written, on a full disk or as another user, the next start probes again.
    """
    with suppress(OSError):
        _replace(index_folder(home) / _PROBED, [manifest.folder, *stamp])


def _read_probed(home: Path) -> object:
    try:
        return json.loads((index_folder(home) / _PROBED).read_text("utf-8"))
    except (OSError, ValueError):
        return None
