"""The index: its dense and its lexical half under one manifest, in a folder that can be swapped for a new one.

home/index/manifest.json          which folder counts, and what it was built with
home/index/<folder>/chroma        dense half
home/index/<folder>/lexical       lexical half
"""

from __future__ import annotations

import shutil
import threading
import uuid
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index_store.chunks import Chunk
from index_store.dense import Dense
from index_store.errors import IndexDamaged, IndexEmpty, IndexProblem
from index_store.lexical import Lexical
from index_store.manifest import (
    MAKE_ROOM,
    REBUILD,
    Fingerprint,
    Manifest,
    closed,
    index_folder,
    read_manifest,
    write_manifest,
)


class Index:
    """An open index; a writer calls `commit` after each batch and `close` at the end.

    One thread writes; many may search meanwhile, and `refresh` or `close` takes nothing from under them: a search goes
    on with the `halves` that it began with.
    """

    def __init__(self, home: Path, manifest: Manifest, *, create: bool = False) -> None:
        self._home = home
        self.manifest = manifest
        self._written = False
        self._created = create
        self.settled = manifest.clean  # as long as it is not, the index is not closed as clean: see `settle`
        self._counts = not create  # whether the manifest on disk names this folder
        self._refreshing = threading.Lock()
        self.halves = _open_halves(self.folder, create=create)

    @property
    def dense(self) -> Dense:
        """The dense half."""
        return self.halves[0]

    @property
    def lexical(self) -> Lexical:
        """The lexical half."""
        return self.halves[1]

    @property
    def folder(self) -> Path:
        """The folder of this generation of the index."""
        return index_folder(self._home) / self.manifest.folder

    @classmethod
    def open(cls, home: Path, fingerprint: Fingerprint, *, create: bool = False) -> Index:
        """Open the index under a home; with `create`, make an empty one where there is none.

        Raises:
            IndexEmpty: when there is none and none is to be made.
            IndexMismatch: when it was built with something else.
            IndexDamaged: when its files cannot be opened.
        """
        manifest = read_manifest(home)
        if manifest is None:
            if not create:
                raise IndexEmpty
            return cls.create_beside(home, fingerprint).swap_in()
        manifest.require(fingerprint)
        if not (index_folder(home) / manifest.folder).is_dir():
            raise IndexDamaged(f"The index's folder is missing: {manifest.folder}.", hint=REBUILD)
        return cls(home, manifest)

    @classmethod
    def create_beside(cls, home: Path, fingerprint: Fingerprint) -> Index:
        """Make an empty index beside the one that counts; `swap_in` makes it the one that counts."""
        known = read_manifest_leniently(home)
        generation = known.generation + 1 if known else 1
        return cls(home, Manifest(fingerprint, f"g{uuid.uuid4().hex[:12]}", generation), create=True)

    def swap_in(self) -> Index:
        """Make this the index that counts; folders of earlier ones are removed."""
        self._counts = True
        self.commit()
        for other in index_folder(self._home).iterdir():
            if other.is_dir() and other != self.folder:
                shutil.rmtree(other, ignore_errors=True)
        return self

    def discard(self) -> None:
        """Take away an index that was not built to its end, and never counted."""
        self.settled = False
        self.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def unlike(self, chunks: Sequence[Chunk], vectors: NDArray[np.float32]) -> set[str]:
        """Give the ids of those chunks that are not in both halves just as they are given, with their vectors."""
        there = self.lexical.get([c.id for c in chunks])
        return {c.id for c in chunks if there.get(c.id) != c} | self.dense.unlike(chunks, vectors)

    def settle(self) -> None:
        """Say that the index was compared with the ledger and agrees, whatever a former run had left."""
        self._begin()  # so that it is closed as clean, though there may have been nothing to write
        self.settled = True

    def upsert(self, chunks: Sequence[Chunk], vectors: NDArray[np.float32]) -> None:
        """Write chunks with their vectors, (n, dimension) float32; the lexical half shows them after `commit`.

        What stands in the lexical half as it is to be is left alone: tantivy counts what was written over into its
        word statistics until segments are merged, and a library that was rebuilt would rank worse than a new one.
        """
        self._begin()
        there = self.lexical.get([c.id for c in chunks])
        self.lexical.upsert([c for c in chunks if there.get(c.id) != c])
        self.dense.upsert(chunks, vectors)

    def delete(self, ids: Sequence[str]) -> None:
        """Delete chunks; ids that are not there are passed over."""
        if ids:
            self._begin()
            self.lexical.delete(ids)
            self.dense.delete(ids)

    def _begin(self) -> None:
        """Say on disk that the index is being written, so that a kill from here on is noticed."""
        if not self._written:
            self._written = True
            self.manifest = replace(self.manifest, clean=False)
            self._keep_manifest()

    def commit(self) -> None:
        """Make what was written last, and let other processes know."""
        self.lexical.commit()
        self.manifest = replace(self.manifest, generation=self.manifest.generation + 1)
        self._keep_manifest()

    def _keep_manifest(self) -> None:
        """Write the manifest, unless that would make an index that is still being built the one that counts."""
        if self._counts:
            write_manifest(self._home, self.manifest)

    def close(self) -> None:
        """Close: a writer that is through keeps the state of the files, so that the next start can trust them."""
        try:
            self.lexical.close()
        except Exception:  # tantivy's own, of a write that failed: what that was is being told already
            if self.settled:
                raise
        if (self._written or self._created) and self.settled:
            self.manifest = closed(self.manifest, self._home)
            self._keep_manifest()
            self._written = self._created = False

    def refresh(self) -> None:
        """Open anew where another process has written since.

        Raises:
            IndexMismatch: when it was built anew with something else.
            IndexDamaged: when it is gone, or its files cannot be opened.
        """
        if self._written or not self._is_behind():  # a writer's own index is never behind
            return
        with self._refreshing:
            manifest = self._is_behind()  # another thread may have done it meanwhile
            if manifest:
                manifest.require(self.manifest.fingerprint)
                self.halves = _open_halves(index_folder(self._home) / manifest.folder)
                self.manifest = manifest

    def _is_behind(self) -> Manifest | None:
        """Give the manifest on disk where it is of another state than the one that is open."""
        manifest = read_manifest(self._home)
        if manifest is None:
            raise IndexDamaged("The index is gone.", hint=REBUILD)
        return None if _version(manifest) == _version(self.manifest) else manifest

    def get(self, ids: Sequence[str]) -> dict[str, Chunk]:
        """Give the chunks that are there, by id."""
        return self.lexical.get(ids)

    def count(self) -> tuple[int, int]:
        """Count the chunks of the dense and of the lexical half."""
        return self.dense.count(), self.lexical.count()


def read_manifest_leniently(home: Path) -> Manifest | None:
    """Read the manifest, or None where there is none that can be read."""
    try:
        return read_manifest(home)
    except IndexDamaged:
        return None


def _version(manifest: Manifest) -> tuple[str, int]:
    return manifest.folder, manifest.generation


def _open_halves(folder: Path, *, create: bool = False) -> tuple[Dense, Lexical]:
    if create:
        folder.mkdir(parents=True, exist_ok=True)
    try:
        return Dense(folder / "chroma", create=create), Lexical(folder / "lexical", create=create)
    except Exception as exc:  # whatever the two stores raise over damaged files, it means the same to the user
        if create:
            raise IndexProblem(f"The index cannot be made in {folder}: {exc}.", hint=MAKE_ROOM) from exc
        raise IndexDamaged(f"The index cannot be opened: {exc}", hint=REBUILD) from exc
