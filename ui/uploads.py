"""What was uploaded into the library and is no document of it: nobody could find or remove it, so it goes."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from index_store.errors import IndexLocked, LecternError
from ui import wiring
from ui.environment import Environment
from ui.ingesting import keep_uploads
from ui.removal import UPLOADS, uploaded_file
from ui.versions import names_taken, out_of_place, take_places

ABANDONED_S = 3600.0
"""Seconds after which an upload that no ingest holds is one whose server was killed."""
log = logging.getLogger(__name__)
_naming = threading.Lock()


def discard_unlisted(environment: Environment, folder: Path) -> None:
    """Remove the files of an upload set that have become no document, as those of a cancelled ingest."""
    try:
        with wiring.open_library(environment) as library:
            take_places(library, [folder])  # what could not be moved before may be the only copy
            gone = _unlisted(library, [folder])
    except LecternError as exc:  # a ledger that cannot be read says of no file that it is not needed
        log.warning("What was not ingested of %s stays on the disk: %s", folder, exc)
        return
    _remove(gone)


def keep_beside(environment: Environment, uploads: Sequence[tuple[Path, str]]) -> Path:
    """Keep uploads as `keep_uploads` does, under names that no other upload has.

    Raises:
        InvalidInput: when there is nothing to keep.
        LecternError: when the ledger cannot be read.
    """
    with _naming:  # until the files are there, their names look free to whoever comes next
        with wiring.open_library(environment) as library:
            taken = names_taken(library)
        return keep_uploads(environment.home, uploads, taken)


def sweep_uploads(environment: Environment, in_use: Collection[Path] = (), older_than_s: float = ABANDONED_S) -> None:
    """Remove what a server that was killed left of uploads; not while anybody writes to the library."""
    before = time.time() - older_than_s
    uploads = environment.home / UPLOADS
    if uploads.is_dir():
        _take_places(environment, [f for f in uploads.iterdir() if f not in in_use])
    old = [f for f in uploads.iterdir() if f.stat().st_mtime < before and f not in in_use] if uploads.is_dir() else []
    if not old:
        return
    try:
        with wiring.open_library(environment) as library:
            if not _unlisted(library, old):
                return
        with wiring.open_library(environment, write=True) as library:
            _remove(_unlisted(library, old))
    except IndexLocked:  # at another time
        pass
    except LecternError as exc:
        log.warning("Uploads could not be looked through: %s", exc)


def _take_places(environment: Environment, folders: Iterable[Path]) -> None:
    try:
        with wiring.open_library(environment) as library:
            take_places(library, folders)
    except LecternError as exc:
        log.warning("Uploads could not be looked through: %s", exc)


def _unlisted(library: wiring.Library, folders: Sequence[Path]) -> list[Path]:
    home = library.environment.home
    listed = {uploaded_file(home, document) for document in library.ledger.documents()}
    held = [file for folder in folders for file in folder.rglob("*") if not file.is_dir()]
    awaited = {file for file, _ in out_of_place(library, folders)}
    return [file for file in held if file.resolve() not in listed and file not in awaited]


def _remove(files: Iterable[Path]) -> None:
    for file in files:
        with suppress(OSError):
            file.unlink()
            for folder in file.parents:  # up to that of all uploads, which is not to go
                if folder.name == UPLOADS or any(folder.iterdir()):
                    break
                folder.rmdir()
