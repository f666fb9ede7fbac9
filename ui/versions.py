"""An upload under the name of one before it is a new version of that document, and takes its place once it is read.

The new file waits in a folder of its own; the pipeline reads it as the document that is there already, so that the old
text answers until the new one is in, and passages that are as they were keep their ids. The file follows the ledger.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from ingest.receipts import Receipt
from ingest.sources import Item, Source
from ui.library_commands import counted
from ui.removal import UPLOADS, uploaded_file

if TYPE_CHECKING:
    from ingest.ledger import Known
    from ui.wiring import Library

log = logging.getLogger(__name__)


class Versions:
    """What is to be read of some arguments, uploads among them as versions; the caller holds the writer's lock."""

    def __init__(self, library: Library, arguments: Sequence[str]) -> None:
        self._library = library
        self._arguments = arguments
        self._before = uploaded_documents(library)
        self._newest = {d.path: d for d in self._before}
        self._settled: list[Receipt] = []
        uploads = library.environment.home / UPLOADS
        held = {d.source for d in self._before}
        self._folders = {a: Path(a) for a in arguments if Path(a).parent == uploads and a not in held}

    def sources(self) -> list[Source]:
        """Give what is to be read, each new version as the document that it is of.

        Raises:
            SourceMissing: when an argument leads to nothing.
        """
        found: list[Source] = []
        for argument in self._arguments:
            (source,) = self._library.sources([argument])
            found += self._placed(source) if argument in self._folders else [source]
        return found

    def _placed(self, source: Source) -> list[Source]:
        placed: dict[str, list[Item]] = {}
        for item in source.items():
            before = self._newest.get(item.path)
            # Its time says nothing: it is that of the upload.
            placed.setdefault(before.source if before else source.id, []).append(replace(item, mtime_ns=0))
        return [Source(place, "upload", "", items.__iter__) for place, items in placed.items()]

    def settle(self, receipt: Receipt) -> Receipt:
        """Put the file of a new version where its document has it, once that is read; give what there is to tell."""
        self._settled.append(receipt)
        for folder in self._folders.values():
            file = folder / receipt.path
            if receipt.source == str(folder.resolve()):
                return replace(receipt, notes=(*receipt.notes, *self._told_namesakes(receipt)))
            never_read = receipt.status == "failed" and not receipt.earlier
            place = Path(receipt.source) / receipt.path
            lost = receipt.status == "unchanged" and not place.exists()
            if file.exists() and (receipt.status == "done" or never_read or lost):
                _move(file, place)
        return replace(receipt, notes=(*receipt.notes, *self._told_others(receipt)))

    def _doubles(self, receipt: Receipt) -> tuple[list[Known], list[Known]]:
        """Give the other uploads of this name: of the text that was replaced or is new, and of texts of their own."""
        others = [d for d in self._before if d.path == receipt.path and d.source != receipt.source]
        if not self._folders or receipt.status not in ("done", "unchanged") or not others:
            return [], []
        now = [d for d in uploaded_documents(self._library) if (d.source, d.path) == (receipt.source, receipt.path)]
        known = {d.hash for d in (*now, self._newest[receipt.path])}
        return [d for d in others if d.hash in known], [d for d in others if d.hash not in known]

    def _told_others(self, receipt: Receipt) -> tuple[str, ...]:
        _, others = self._doubles(receipt)
        if not others:
            return ()
        stay = "stays" if len(others) == 1 else "stay"
        return (f"{counted(len(others), 'earlier upload')} of this name with another text {stay} in the library",)

    def _told_namesakes(self, receipt: Receipt) -> tuple[str, ...]:
        """Say where a file without a folder has the name of one in a folder: it may have been meant to replace that."""
        others = [path for path in self._newest if PurePosixPath(path).name == receipt.path != path]
        if receipt.status != "done" or not others:
            return ()
        return (f"{min(others)} stays beside it: a file replaces one of the same folder and name",)

    def remove_doubles(self) -> Iterator[Receipt]:
        """Remove what was uploaded under the same names before uploads had versions, and give a receipt for each."""
        if not self._folders:
            return
        for double in [d for r in self._settled for d in self._doubles(r)[0]]:
            receipt = self._library.pipeline.remove(double)
            if (file := uploaded_file(self._library.environment.home, double)) is not None:
                file.unlink(missing_ok=True)
            yield replace(receipt, reason="an earlier upload of the same name")
        self._library.ledger.forget_unused_vectors()  # of the text that was replaced


def uploaded_documents(library: Library) -> list[Known]:
    """Give the documents that were uploaded, the newest last."""
    home = library.environment.home
    found = [d for d in library.ledger.documents() if uploaded_file(home, d) is not None]
    return sorted(found, key=lambda d: d.at)


def names_taken(library: Library) -> set[str]:
    """Give the names, with folders, that uploads have, those among them that wait to be read."""
    sets = [folder for folder in (library.environment.home / UPLOADS).glob("*") if folder.is_dir()]
    waiting = {f.relative_to(folder).as_posix() for folder in sets for f in folder.rglob("*") if f.is_file()}
    return waiting | {d.path for d in uploaded_documents(library)}


def take_places(library: Library, folders: Iterable[Path]) -> None:
    """Put files of new versions in their places that the ledger has and a kill kept from theirs."""
    for file, place in out_of_place(library, folders):
        _move(file, place)


def out_of_place(library: Library, folders: Iterable[Path]) -> list[tuple[Path, Path]]:
    """Give each file of upload sets whose text the ledger has of a document, with the place that lacks it."""
    documents: dict[str, list[Known]] = {}
    for document in uploaded_documents(library):
        documents.setdefault(document.path, []).append(document)
    found: dict[Path, Path] = {}
    held = {file: folder for folder in folders for file in folder.rglob("*") if file.is_file()}
    for file, folder in held.items():
        same_name = documents.get(file.relative_to(folder).as_posix(), [])
        own = [Path(d.source) / d.path for d in same_name]
        if not same_name or file.resolve() in {f.resolve() for f in own}:
            continue
        digest = _digest(file)
        for document, place in zip(same_name, own, strict=True):
            if document.hash == digest and _digest(place) != digest:
                found.setdefault(file, place)
    return list(found.items())


def _digest(file: Path) -> str:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return ""


def _move(file: Path, place: Path) -> None:
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        file.replace(place)
    except OSError as exc:  # the text is in the library all the same, and the next ingest tries it again
        log.warning("%s could not be put in its place: %s", place, exc)
