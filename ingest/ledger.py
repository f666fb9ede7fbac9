"""What was ingested: a row per document with its receipt, its chunks, and every vector that was computed. SQLite.

The ledger is the truth from which the index can be built again without reading a source or embedding a text.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index_store.chunks import Chunk, chunk_from_json, chunk_to_json
from index_store.errors import IndexDamaged, IndexProblem
from index_store.manifest import MAKE_ROOM
from ingest.receipts import Receipt
from ingest.sources import FETCHED_FROM

_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    id TEXT PRIMARY KEY, source TEXT NOT NULL, path TEXT NOT NULL, hash TEXT NOT NULL, size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL, title TEXT NOT NULL, status TEXT NOT NULL, splitter TEXT NOT NULL, receipt TEXT NOT NULL,
    at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP);
CREATE INDEX IF NOT EXISTS documents_by_source ON documents (source, path);
CREATE INDEX IF NOT EXISTS documents_by_hash ON documents (hash);
CREATE TABLE IF NOT EXISTS chunks (
    id TEXT NOT NULL, document TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE, ordinal INTEGER NOT NULL,
    vector TEXT NOT NULL, payload TEXT NOT NULL, PRIMARY KEY (document, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS chunks_by_id ON chunks (id);
CREATE TABLE IF NOT EXISTS vectors (
    model TEXT NOT NULL, hash TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY (model, hash)) WITHOUT ROWID;
"""

_FIELDS = ("id", "source", "path", "hash", "size", "mtime_ns", "title", "status", "splitter", "receipt", "chunks", "at")

_DOCUMENTS = """
SELECT d.id, d.source, d.path, d.hash, d.size, d.mtime_ns, d.title, d.status, d.splitter, d.receipt,
    (SELECT count(*) FROM chunks c WHERE c.document = d.id), d.at
FROM documents d"""


@dataclass(frozen=True, slots=True)
class Known:
    """A document that the ledger knows."""

    id: str
    source: str
    path: str
    hash: str
    size: int
    mtime_ns: int
    title: str
    status: str
    splitter: str
    receipt: dict[str, Any]
    chunks: int
    at: str = ""
    """When this version of it came in, `2026-11-27 09:30:00` in UTC."""

    @property
    def is_fetched(self) -> bool:
        """Whether its source is an address or a paper, and no folder of this machine."""
        return self.source.startswith(FETCHED_FROM)

    @property
    def is_read(self) -> bool:
        """Whether it can be answered from: what failed at first is known by its failure alone."""
        return self.status != "failed"

    @property
    def argument(self) -> str:
        """What an ingest is given to read it, and nothing beside it, once more."""
        return self.source if self.is_fetched else str(Path(self.source) / self.path)


_FILE = "ledger.sqlite"
BUSY_S = 30.0
"""How long another program may hold the file before that is told."""
CLOSE_IT = "Another program holds it: close that, then run the same command again."


class Ledger:
    """One SQLite file under the home; each change is one transaction.

    Raises, in all that opens or writes it:
        IndexProblem: when the file cannot be opened or written, for example on a full disk.
        IndexDamaged: when it is no ledger.
    """

    @staticmethod
    def is_at(home: Path) -> bool:
        """Tell whether there is one under a home, without making it."""
        return (home / _FILE).exists()

    def __init__(self, home: Path) -> None:
        self.file = home / _FILE
        with self._told():
            home.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(self.file, timeout=BUSY_S, check_same_thread=False)
            try:
                self._db.execute("PRAGMA journal_mode=WAL")
                self._db.execute("PRAGMA synchronous=NORMAL")
                self._db.execute("PRAGMA foreign_keys=ON")
                self._db.executescript(_SCHEMA)
            except sqlite3.Error:
                self._db.close()
                raise
        self._lock = threading.RLock()
        self._read: tuple[tuple[int, int], list[Known]] | None = None

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Tell what goes wrong with the file in words: a full disk or a folder of someone else is no damage."""
        try:
            yield
        except (OSError, sqlite3.OperationalError, sqlite3.IntegrityError) as exc:
            hint = CLOSE_IT if "locked" in str(exc) else MAKE_ROOM
            raise IndexProblem(f"The ledger cannot be used: {self.file} ({exc}).", hint=hint) from exc
        except sqlite3.DatabaseError as exc:
            raise IndexDamaged(
                f"The ledger cannot be read: {self.file} ({exc}).",
                hint="Move that file away and ingest the sources again.",
            ) from exc

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        with self._told(), self._lock, self._db:
            yield self._db

    def _rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._told():
            return self._db.execute(query, values).fetchall()

    def state(self) -> tuple[int, int]:
        """Give two numbers that are others as soon as anybody has changed anything, this process or another.

        Source: https://www.sqlite.org/pragma.html#pragma_data_version, which leaves out what one changes oneself.
        """
        ((others,),) = self._rows("PRAGMA data_version")
        return int(others), self._db.total_changes

    def documents(self, source: str | None = None) -> list[Known]:
        """Give the documents of a source, or all, by source and path; all are read again when something has changed."""
        if source is not None:
            return [_known(row) for row in self._rows(f"{_DOCUMENTS} WHERE d.source = ? ORDER BY 2, 3", (source,))]
        with self._lock:  # not from the middle of a change, which may be taken back
            now = self.state()  # before what is read: what changes in between is read again next time
            if self._read is None or self._read[0] != now:
                self._read = now, [_known(row) for row in self._rows(f"{_DOCUMENTS} ORDER BY 2, 3")]
            return list(self._read[1])

    def sources(self) -> list[str]:
        """Give the ids of all sources."""
        return [row[0] for row in self._rows("SELECT DISTINCT source FROM documents ORDER BY 1")]

    def contents(self) -> str:
        """Give 16 hex digits that are others as soon as any document is."""
        rows = self._rows("SELECT path, hash, splitter FROM documents ORDER BY 1, 2, 3")
        return text_hash(repr(rows))[:16]

    def same_content(self, digest: str, document: str) -> tuple[str, str] | None:
        """Give source and path of another document with the same content."""
        rows = self._rows(
            "SELECT source, path FROM documents WHERE hash = ? AND id != ? AND status = 'done' ORDER BY path LIMIT 1",
            (digest, document),
        )
        return (str(rows[0][0]), str(rows[0][1])) if rows else None

    def chunk_ids(self, document: str | None = None) -> set[str]:
        """Give the ids of a document's chunks, or of all."""
        where, values = ("WHERE document = ?", (document,)) if document is not None else ("", ())
        return {row[0] for row in self._rows(f"SELECT id FROM chunks {where}", values)}  # nosec B608 - `where` is one of two texts of ours

    def documents_of(self, chunks: Iterable[str]) -> dict[str, str]:
        """Give the id of the document that holds each chunk; those that none holds are left out."""
        found: dict[str, str] = {}
        for part in _parts(chunks):
            marks = ",".join("?" * len(part))
            query = f"SELECT id, document FROM chunks WHERE id IN ({marks})"  # nosec B608 - marks: ?,?,?
            found.update((row[0], row[1]) for row in self._rows(query, part))
        return found

    def chunks(self, document: str, first: int = 0, most: int = -1) -> list[Chunk]:
        """Give a document's chunks in order: all, or so many from a place on."""
        query = "SELECT payload FROM chunks WHERE document = ? AND ordinal >= ? ORDER BY ordinal LIMIT ?"
        rows = self._rows(query, (document, first, most))
        return [chunk_from_json(row[0]) for row in rows]

    def record(self, known: Known, chunks: Sequence[Chunk]) -> None:
        """Write a document with its chunks over what was known of it: the last step of its ingestion."""
        with self._change() as db:
            db.execute("DELETE FROM documents WHERE id = ?", (known.id,))
            db.execute(
                "INSERT INTO documents (id, source, path, hash, size, mtime_ns, title, status, splitter, receipt)"
                " VALUES (?,?,?,?,?,?,?,?,?,?)",
                (known.id, known.source, known.path, known.hash, known.size, known.mtime_ns, known.title, known.status)
                + (known.splitter, json.dumps(known.receipt)),
            )
            db.executemany(
                "INSERT INTO chunks (id, document, ordinal, vector, payload) VALUES (?,?,?,?,?)",
                [(c.id, known.id, c.ordinal, text_hash(c.embedded_text), chunk_to_json(c)) for c in chunks],
            )

    def touch(self, document: str, size: int, mtime_ns: int) -> None:
        """Note a file's new size and time where its content is the same, and that it can be read."""
        known = "json_set(receipt, '$.status', status, '$.reason', '', '$.hint', '')"
        query = f"UPDATE documents SET size = ?, mtime_ns = ?, receipt = {known} WHERE id = ?"  # nosec B608 - a text of ours
        with self._change() as db:
            db.execute(query, (size, mtime_ns, document))

    def note_failure(self, receipt: Receipt, document: str, rules: str = "") -> None:
        """Keep the receipt of a file that failed under these rules; what was known of it before stays searchable."""
        with self._change() as db:
            known = db.execute("SELECT 1 FROM documents WHERE id = ?", (document,)).fetchone()
            if known:
                db.execute(
                    "UPDATE documents SET receipt = ?, size = -1,"
                    " splitter = CASE status WHEN 'failed' THEN ? ELSE splitter END WHERE id = ?",
                    (json.dumps(receipt.row()), rules, document),
                )
            else:
                db.execute(
                    "INSERT INTO documents (id, source, path, hash, size, mtime_ns, title, status, splitter, receipt)"
                    " VALUES (?,?,?,'',-1,0,'','failed',?,?)",
                    (document, receipt.source, receipt.path, rules, json.dumps(receipt.row())),
                )

    def forget(self, document: str) -> None:
        """Remove a document and its chunks."""
        with self._change() as db:
            db.execute("DELETE FROM documents WHERE id = ?", (document,))

    def forget_unused_vectors(self) -> int:
        """Remove vectors that no chunk uses; give how many they were."""
        with self._change() as db:
            return db.execute("DELETE FROM vectors WHERE hash NOT IN (SELECT vector FROM chunks)").rowcount

    def vectors(self, model: str, hashes: Iterable[str]) -> dict[str, NDArray[np.float32]]:
        """Give the vectors that are known, by hash of the embedded text."""
        found: dict[str, NDArray[np.float32]] = {}
        for part in _parts(hashes):
            marks = ",".join("?" * len(part))
            query = f"SELECT hash, data FROM vectors WHERE model = ? AND hash IN ({marks})"  # nosec B608 - marks: ?,?,?
            rows = self._rows(query, (model, *part))
            found.update((row[0], np.frombuffer(row[1], dtype=np.float32)) for row in rows)
        return found

    def keep_vectors(self, model: str, vectors: dict[str, NDArray[np.float32]]) -> None:
        """Keep vectors by the hash of their embedded text."""
        with self._change() as db:
            db.executemany(
                "INSERT OR REPLACE INTO vectors (model, hash, data) VALUES (?,?,?)",
                [(model, h, v.astype(np.float32).tobytes()) for h, v in vectors.items()],
            )


def _parts(values: Iterable[str]) -> Iterator[list[str]]:
    """Give values, each once, so many at a time as a statement takes."""
    wanted = list(dict.fromkeys(values))
    for at in range(0, len(wanted), 500):
        yield wanted[at : at + 500]


def _known(row: tuple[Any, ...]) -> Known:
    found = dict(zip(_FIELDS, row, strict=True))
    return Known(**found | {"receipt": json.loads(found["receipt"])})


def text_hash(text: str) -> str:
    """Hash an embedded text."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:40]
