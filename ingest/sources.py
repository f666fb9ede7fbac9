"""What can be ingested: folders, files, web addresses, arXiv ids. Lists items and reads their bytes; parses nothing.

A document is known by its source and its path in it. A source is a resolved root folder, an address or an arXiv id; a
path inside a folder that is known already joins that folder.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from index_store.errors import SourceMissing, UnreadableFile
from ingest.readers import SUFFIXES
from ingest.settings import SKIPPED_FOLDERS

Kind = Literal["folder", "upload", "web", "arxiv"]
FETCHED_FROM = ("http://", "https://", "arxiv:")
"""How the name of a source begins that is no folder."""
ATTEMPTS = 2  # a file that changes while it is read is read once more


@dataclass(frozen=True, slots=True)
class Payload:
    """The bytes of an item, the suffix that says which reader, and the path that it is cited by."""

    data: bytes
    suffix: str
    path: str


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to read; `refused` says why it is not read at all."""

    path: str
    size: int
    mtime_ns: int
    load: Callable[[], Payload]
    refused: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A source and what of it was asked for: `below` is the part of a folder that a scan covers."""

    id: str
    kind: Kind
    below: str = ""
    items: Callable[[], Iterator[Item]] = lambda: iter(())


def folder_source(path: Path, known: Sequence[str], max_bytes: int) -> Source:
    """Make a source of a folder or a file on this machine.

    Raises:
        SourceMissing: when there is nothing at the path.
    """
    try:
        real = path.expanduser().resolve(strict=True)
    except (OSError, RuntimeError, ValueError) as exc:  # the last for a NUL in the path
        raise SourceMissing(
            f"There is nothing at {shown(path)}.", hint="Check the path; quote it if it has spaces."
        ) from exc
    root = _root_of(real, known)
    below = "" if real == root else relative(root, real)
    return Source(shown(root), "folder", below, lambda: _walk(root, real, max_bytes))


def _root_of(real: Path, known: Sequence[str]) -> Path:
    """Give the known folder that holds a path, else the folder itself (of a file: the one it lies in)."""
    names = frozenset(known)
    inside = (folder for folder in (real, *real.parents) if shown(folder) in names)
    return next(inside, real if real.is_dir() else real.parent)


def _walk(root: Path, start: Path, max_bytes: int) -> Iterator[Item]:
    if start.is_file():
        yield _file_item(root, start, max_bytes)
        return
    closed: list[OSError] = []
    for folder, folders, files in os.walk(start, followlinks=False, onerror=closed.append):
        here = Path(folder)
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f not in SKIPPED_FOLDERS)
        linked = [f for f in folders if (here / f).is_symlink()]
        folders[:] = [f for f in folders if f not in linked]
        for name in [*linked, *sorted(files)]:
            if not name.startswith("."):
                yield _file_item(root, here / name, max_bytes)
    for problem in closed:
        yield _refused(
            root,
            Path(str(problem.filename)),
            f"the folder cannot be read: {reason_of(problem)}",
            "Give yourself permission to read it.",
        )


def _file_item(root: Path, file: Path, max_bytes: int) -> Item:
    try:
        if file.is_symlink():
            target = file.resolve(strict=True)
            if root not in target.parents or target.is_dir():
                return _refused(
                    root, file, "it is a link that leads out of the folder or to a folder", "Ingest what it leads to."
                )
        state = file.stat()
    except (OSError, RuntimeError) as exc:
        return _refused(root, file, f"it cannot be opened: {reason_of(exc)}", "Check the link or the permissions.")
    if not file.is_file():
        return _refused(root, file, "it is no regular file", "Only files are read.")
    if file.suffix.lower() not in SUFFIXES:
        return _refused(
            root, file, f"there is no reader for {file.suffix or 'files without a suffix'}", "Convert it, or leave it."
        )
    if state.st_size > max_bytes:
        return _refused(
            root,
            file,
            f"it has {state.st_size:,} bytes; at most {max_bytes:,} are read",
            "Split it, or raise LECTERN_MAX_FILE_BYTES.",
        )
    path = relative(root, file)
    return Item(
        path, state.st_size, state.st_mtime_ns, lambda: Payload(read_steadily(file, path), file.suffix.lower(), path)
    )


def _refused(root: Path, file: Path, reason: str, hint: str) -> Item:
    path = relative(root, file)

    def load() -> Payload:
        raise UnreadableFile(f"{path}: {reason}.", hint=hint)

    return Item(path, 0, 0, load, refused=reason, hint=hint)


def read_steadily(file: Path, path: str) -> bytes:
    """Read a file that stays as it is meanwhile.

    Raises:
        UnreadableFile: when it cannot be read, or changed each time.
    """
    for _ in range(ATTEMPTS):
        try:
            before = file.stat()
            data = file.read_bytes()
            after = file.stat()
        except OSError as exc:
            raise UnreadableFile(
                f"{path} cannot be read: {reason_of(exc)}.", hint="Check that it is there and may be read."
            ) from exc
        if (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns) and len(data) == after.st_size:
            return data
    raise UnreadableFile(f"{path} changed while it was read.", hint="Run the ingest again when nothing writes to it.")


def relative(root: Path, file: Path) -> str:
    """Give a path relative to its root with "/", bytes that are no UTF-8 written as escapes."""
    return shown(file.relative_to(root).as_posix() if file != root else file.name)


def shown(path: Path | str) -> str:
    """Give a path as text that any UTF-8 reader takes."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def reason_of(exc: BaseException) -> str:
    """Give an operating system's reason in words."""
    return (exc.strerror or str(exc)) if isinstance(exc, OSError) else str(exc)
