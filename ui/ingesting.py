"""Ingests for a page: uploads get a place of their own, the work runs in a thread, its events come back one by one."""

from __future__ import annotations

import asyncio
import shutil
import threading
import uuid
from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from index_store.errors import InvalidInput, LecternError
from ingest.arxiv_ids import parse_id
from ingest.receipts import Finished, IngestEvent, Receipt
from ingest.sources import FETCHED_FROM
from ui import wiring
from ui.environment import Environment
from ui.removal import UPLOADS
from ui.versions import Versions, take_places

LONGEST_NAME = 200
"""Bytes of a file name that most file systems take, with room to spare."""
LONGEST_SHOWN = 120
"""Characters of what was written that an error repeats."""
PATHS = ("/", "~", ".", "file:")
"""How what is meant as a path begins."""
MOST_WAITING = 1_000
Ended = LecternError | None


def web_address(text: str) -> str:
    """Give an address or arXiv id that somebody wrote on a page: a path is the server's, and nobody's to name there.

    Raises:
        InvalidInput: when it is anything else.
    """
    written = text.strip()
    if any(written.lower().startswith(known) and len(written) > len(known) for known in FETCHED_FROM):
        return written
    if (paper := parse_id(written)) is not None:
        return f"arxiv:{paper}"
    path = " Files on the server are added there: lectern ingest PATH" if written.startswith(PATHS) else ""
    raise InvalidInput(
        f"{written[:LONGEST_SHOWN]} is no web address and no arXiv id.",
        hint=f"Write it as https://… or 2210.03629.{path}",
    )


def keep_uploads(home: Path, uploads: Sequence[tuple[Path, str]], taken: Collection[str] = ()) -> Path:
    """Move uploads (file, name as it was given) into a folder of their own under the home; give that folder.

    A name may have folders in it, as the upload of a folder has; none leads out of ours. One that is `taken` by what is
    to be kept beside it gets a number.

    Raises:
        InvalidInput: when there is nothing to keep.
    """
    if not uploads:
        raise InvalidInput("No file was chosen.", hint="Choose files, a folder, or write an address.")
    folder = home / UPLOADS / uuid.uuid4().hex[:12]
    folder.mkdir(parents=True)
    try:
        _move(uploads, folder, taken)
    except OSError:  # what lies there is no upload set that anybody knows
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder


def _move(uploads: Sequence[tuple[Path, str]], folder: Path, taken: Collection[str]) -> None:
    last = {file: n for n, (file, _) in enumerate(uploads)}  # of equal files of one name there is one
    for n, (file, name) in enumerate(uploads):
        target = free_path(folder, safe_name(name), taken)
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.move if last[file] == n else shutil.copyfile)(file, target)
        with suppress(OSError):
            target.chmod(0o600)


def safe_name(name: str) -> PurePosixPath:
    """Give a relative path for an uploaded name: no way up, no hidden file, no control character, not too long."""
    parts = [_safe_part(part) for part in name.replace("\\", "/").split("/")]
    kept = [part for part in parts if part]
    return PurePosixPath(*kept) if kept else PurePosixPath("upload")


def _safe_part(part: str) -> str:
    shown = "".join(c for c in part if c.isprintable()).strip().lstrip(".")
    encoded = shown.encode("utf-8", "ignore")
    if len(encoded) > LONGEST_NAME:
        stem, dot, suffix = shown.rpartition(".")
        ending = f"{dot}{suffix}" if stem and len(suffix) < 10 else ""
        shown = encoded[: LONGEST_NAME - len(ending)].decode("utf-8", "ignore") + ending
    return shown


def free_path(folder: Path, name: PurePosixPath, taken: Collection[str] = ()) -> Path:
    """Give a path of that name that is not taken yet: `notes.md`, then `notes (2).md`."""
    free, number = name, 1
    while (folder / free).exists() or str(free) in taken:
        number += 1
        free = name.with_name(f"{name.stem} ({number}){name.suffix}")
    return folder / free


async def ingested(
    environment: Environment, arguments: Sequence[str], cancelled: threading.Event, in_use: Collection[Path] = ()
) -> AsyncGenerator[IngestEvent, None]:
    """Ingest folders, addresses or arXiv ids; when it is cancelled, what was finished stays.

    Upload sets that are `in_use` wait for their own turn.

    Raises:
        LecternError: as the pipeline does, and when another process writes.
    """
    events: asyncio.Queue[IngestEvent | Ended] = asyncio.Queue(MOST_WAITING)
    loop = asyncio.get_running_loop()

    def tell(event: IngestEvent | Ended) -> None:
        asyncio.run_coroutine_threadsafe(events.put(event), loop).result()

    work = asyncio.create_task(asyncio.to_thread(_ingest, environment, arguments, cancelled, tell, in_use))
    try:
        while True:
            event = await events.get()
            if isinstance(event, LecternError):
                raise event
            if event is None:
                break
            yield event
        await work
    finally:
        cancelled.set()
        while not work.done():  # the thread may wait to tell what nobody hears any more
            with suppress(asyncio.QueueEmpty):
                events.get_nowait()
            await asyncio.sleep(0.01)


def _ingest(
    environment: Environment,
    arguments: Sequence[str],
    cancelled: threading.Event,
    tell: Callable[[Any], None],
    in_use: Collection[Path] = (),
) -> None:
    end: Ended = None
    try:
        with wiring.open_library(environment, write=True) as library:
            uploads = environment.home / UPLOADS
            left_out = {*in_use, *map(Path, arguments)}  # what is still to be read gets its receipt first
            take_places(library, [f for f in uploads.iterdir() if f not in left_out] if uploads.is_dir() else ())
            versions = Versions(library, arguments)
            for event in library.pipeline.ingest(versions.sources()):
                if isinstance(event, Finished):
                    event = _with_doubles(event, library, versions, tell)
                tell(versions.settle(event) if isinstance(event, Receipt) else event)
                if cancelled.is_set() and not isinstance(event, Receipt):  # among receipts a write is under way
                    library.ledger.forget_unused_vectors()  # of what was read in part
                    break
    except LecternError as exc:
        end = exc
    finally:
        tell(end)


def _with_doubles(
    finished: Finished, library: wiring.Library, versions: Versions, tell: Callable[[Any], None]
) -> Finished:
    """Remove the doubles of what was read, tell of each, and give the end with them."""
    doubles = list(versions.remove_doubles())
    if not doubles:
        return finished
    for receipt in doubles:
        tell(receipt)
    counts = {**finished.counts, "removed": finished.counts.get("removed", 0) + len(doubles)}
    return replace(finished, counts=counts, chunks=len(library.ledger.chunk_ids()))
