"""Reads, splits, embeds, indexes and verifies what is asked for; a receipt for each file. Killed anywhere, it resumes.

For each file the new chunks are written over any of the same ids, those that are no longer there are deleted, and the
ledger's row comes last. So a kill leaves at most chunks that the ledger does not know yet, or knows as they were, and
the next run's first step (`reconcile`) makes index and ledger agree. Files are written in batches, because a commit for
each would cost too much.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from index_store.chunks import Chunk, Embedder, document_id
from index_store.errors import LecternError, SourceProblem, UnreadableFile
from index_store.index import Index
from index_store.manifest import Fingerprint
from ingest.earlier import named, no_longer_there, read_before, version_before
from ingest.ledger import Known, Ledger, text_hash
from ingest.proving import MEND, NOT_FOUND, put_back, settled
from ingest.readers import read_document
from ingest.receipts import Finished, IngestEvent, Progress, Receipt, Scanned
from ingest.restoring import mend
from ingest.rules import is_current, outdated, rules_of
from ingest.settings import IngestSettings
from ingest.sources import Item, Payload, Source
from ingest.splitting import SPLITTER_VERSION, split, without_repeats
from ingest.writes import writing_to

TOLD_CHUNKS = 32
"""Chunks that are embedded between two words on how far it is: a second or so, and an ingest may end between them."""
_log = logging.getLogger(__name__)
_Embedding = Generator[Progress, None, tuple[NDArray[np.float32], frozenset[str]]]


def fingerprint_of(embedder: Embedder, settings: IngestSettings) -> Fingerprint:
    """Give the fingerprint of what this embedder and these settings build."""
    return Fingerprint(embedder.name, embedder.dimension, settings.window_tokens, SPLITTER_VERSION)


@dataclass(slots=True)
class _Prepared:
    """A file that is read and split, and waits to be embedded and written."""

    known: Known
    receipt: Receipt
    chunks: list[Chunk]
    size: int
    started: float
    before: Known | None = None
    """The version before that can be answered from."""


class Pipeline:
    """Brings sources into the index; the caller holds the writer's lock."""

    def __init__(self, settings: IngestSettings, ledger: Ledger, index: Index, embedder: Embedder) -> None:
        self._settings = settings
        self._ledger = ledger
        self._index = index
        self._embedder = embedder
        self._fingerprint = fingerprint_of(embedder, settings)
        self._files = self._bytes = self._chunks = 0
        self._begun: dict[str, tuple[str, str]] = {}  # content hash -> source and path, of what this run has split
        self._gone = 0  # documents that are no longer in their source, and are kept

    def ingest(self, sources: Sequence[Source], *, prune: bool = False) -> Iterator[IngestEvent]:
        """Ingest sources; give events, a receipt for every file among them, Finished last.

        With `prune`, documents of a source that are no longer there are removed, unless nothing was found at all.

        Raises:
            EmbeddingProblem: when texts cannot be embedded; what was finished is kept.
            IndexProblem: when the index or the ledger cannot be written, for example on a full disk.
        """
        started = time.monotonic()
        counts: Counter[str] = Counter()
        embedded = 0
        self.reconcile()
        listed = [(source, list(source.items())) for source in sources]
        yield Scanned(sum(len(i) for _, i in listed), sum(item.size for _, items in listed for item in items))
        for event in self._run(listed, prune):
            if isinstance(event, Receipt):
                counts[event.status] += 1
                embedded += event.embedded
            yield event
        seconds = time.monotonic() - started
        anew = len(outdated(self._ledger.documents(), self._fingerprint))
        yield Finished(dict(counts), len(self._ledger.chunk_ids()), embedded, seconds, self._gone, anew)

    def _run(self, listed: Sequence[tuple[Source, list[Item]]], prune: bool) -> Iterator[IngestEvent]:
        waiting: list[_Prepared] = []
        for source, items in listed:
            known = {k.path: k for k in self._ledger.documents(source.id)}
            for item in items:
                yield Progress(item.path, "queued", self._files, self._bytes, self._chunks)
                step = self._prepare(source, item, known)
                if isinstance(step, Receipt):
                    self._files, self._bytes = self._files + 1, self._bytes + item.size
                    yield step
                    continue
                waiting.append(step)
                if sum(len(p.chunks) for p in waiting) >= self._settings.batch_chunks:
                    yield from self._write(waiting)
                    waiting = []
            yield from self._write(waiting)
            waiting = []
            gone = no_longer_there(source, items, known)
            self._gone += 0 if prune else len(gone)
            for document in gone if prune else ():
                yield self.remove(document)

    def _prepare(self, source: Source, item: Item, known: Mapping[str, Known]) -> _Prepared | Receipt:
        started = time.monotonic()
        receipt = Receipt(source.id, item.path, "failed", earlier=version_before(known.get(item.path)))
        if item.refused:
            return replace(receipt, status="skipped", reason=item.refused, hint=item.hint)
        before = self._current(known.get(item.path))
        if before and (before.size, before.mtime_ns) == (item.size, item.mtime_ns) and item.mtime_ns:
            return replace(receipt, status="unchanged", stage="verified", chunks=before.chunks, earlier="")
        try:
            payload = item.load()
            digest = sha256(payload.data).hexdigest()
            before = self._current(known.get(payload.path))  # of a page: where redirects led
            if before and before.hash == digest:
                self._ledger.touch(before.id, item.size, item.mtime_ns)
                same = replace(receipt, path=before.path, status="unchanged", stage="verified")
                return replace(same, chunks=before.chunks, earlier="")
            prepared = self._split(source, item, payload, digest, started)
            prepared.receipt = replace(prepared.receipt, earlier=version_before(known.get(payload.path), digest))
            prepared.before = read_before(known.get(payload.path))
            return prepared
        except SourceProblem as exc:
            problem: LecternError = exc
        except LecternError:
            raise  # not the file's fault: the weights are missing, say
        except Exception as exc:  # a file is a request: a fault of ours over one must not stop the others
            _log.exception("reading %s failed", item.path)
            problem = UnreadableFile(
                f"{item.path}: reading it met an unexpected fault ({type(exc).__name__}: {exc}).",
                hint="Please report it with the file; the other files are not affected.",
            )
        failed = replace(
            receipt, stage="read", reason=problem.message, hint=problem.hint, seconds=time.monotonic() - started
        )
        rules = rules_of(self._fingerprint, PurePosixPath(item.path).suffix)
        self._ledger.note_failure(failed, document_id(source.id, item.path), rules)
        return failed

    def _current(self, known: Known | None) -> Known | None:
        """Give what is known of a file if it was finished with the settings of today."""
        return known if known and known.status == "done" and is_current(known, self._fingerprint) else None

    def _split(self, source: Source, item: Item, payload: Payload, digest: str, started: float) -> _Prepared:
        document = read_document(payload.data, payload.path, suffix=payload.suffix)
        every = split(
            document,
            source=source.id,
            path=payload.path,
            embedder=self._embedder,
            window_tokens=self._settings.window_tokens,
        )
        chunks = without_repeats(every)
        if not chunks:
            raise UnreadableFile(f"{payload.path} holds no text.", hint="There is nothing in it to search.")
        own = document_id(source.id, payload.path)
        receipt = Receipt(
            source.id,
            payload.path,
            "done",
            "split",
            chunks=len(chunks),
            characters_read=document.characters_read,
            characters_kept=document.characters_kept,
            dropped=dict(document.dropped),
            notes=(*document.notes, *_told_repeats(len(every) - len(chunks))),
            duplicate_of=named(self._ledger.same_content(digest, own) or self._begun.get(digest), source.id),
        )
        self._begun.setdefault(digest, (source.id, payload.path))
        known = Known(
            own,
            source.id,
            payload.path,
            digest,
            item.size,
            item.mtime_ns,
            document.title,
            "done",
            rules_of(self._fingerprint, payload.suffix),
            {},
            0,
        )
        return _Prepared(known, receipt, chunks, item.size, started)

    def _write(self, waiting: Sequence[_Prepared]) -> Iterator[IngestEvent]:
        """Embed, index and verify files that are split, and record them in the ledger."""
        if not waiting:
            return
        last = waiting[-1].known.path
        chunks = [c for p in waiting for c in p.chunks]
        size = sum(p.size for p in waiting)
        vectors, fresh = yield from self._embed(chunks, last, size)
        yield Progress(last, "indexed", self._files, self._bytes + size, self._chunks)
        with writing_to(self._index, self._settings.home, last):
            self._index.upsert(chunks, vectors)
            at, found = 0, []
            for p in waiting:
                found.append(settled(self._index, self._ledger, p.known.id, p.chunks, vectors[at], keep=bool(p.before)))
                at += len(p.chunks)
            self._index.commit()
            kept = [p.known.id for p, is_found in zip(waiting, found, strict=True) if p.before and not is_found]
            put_back(self._index, self._ledger, self._embedder, kept)
            for prepared, is_found in zip(waiting, found, strict=True):
                yield self._record(prepared, is_found, fresh)

    def _embed(self, chunks: Sequence[Chunk], path: str, size: int) -> _Embedding:
        """Embed what the ledger has no vector of; give all vectors, and the hashes of the texts that were embedded.

        `size` is of the files that the chunks are from, in bytes: so much is done when all of them are embedded.
        """
        hashes = [text_hash(c.embedded_text) for c in chunks]
        found = self._ledger.vectors(self._embedder.name, hashes)
        texts = {h: c.embedded_text for h, c in zip(hashes, chunks, strict=True) if h not in found}
        missing = list(texts)
        step = min(TOLD_CHUNKS, self._settings.batch_chunks)
        for at in range(0, len(missing), step):
            part = missing[at : at + step]
            computed = self._embedder.embed_texts([texts[h] for h in part])
            new = dict(zip(part, computed, strict=True))
            self._ledger.keep_vectors(self._embedder.name, new)
            found.update(new)
            self._chunks += len(part)
            done = at + len(part)
            read = self._bytes + size * done // len(missing)
            yield Progress(path, "embedded", self._files, read, self._chunks, done, len(missing))
        return np.stack([found[h] for h in hashes]), frozenset(missing)

    def _record(self, prepared: _Prepared, found: bool, fresh: frozenset[str]) -> Receipt:
        receipt = replace(
            prepared.receipt,
            stage="verified" if found else "indexed",
            status="done" if found else "failed",
            reason="" if found else NOT_FOUND,
            hint="" if found else MEND,
            embedded=len({h for c in prepared.chunks if (h := text_hash(c.embedded_text)) in fresh}),
            seconds=time.monotonic() - prepared.started,
        )
        if prepared.before is not None and not found:
            receipt = replace(receipt, chunks=0, earlier=prepared.before.at)
            self._ledger.note_failure(receipt, prepared.known.id)
        else:
            known = replace(prepared.known, receipt=receipt.row(), status=receipt.status)
            self._ledger.record(known, prepared.chunks)
        self._files, self._bytes = self._files + 1, self._bytes + prepared.size
        return receipt

    def remove(self, document: Known) -> Receipt:
        """Remove a document from index and ledger; the receipt counts the chunks that are gone."""
        ids = self._ledger.chunk_ids(document.id)
        with writing_to(self._index, self._settings.home, document.path):
            self._index.delete(sorted(ids))
            self._index.commit()
            self._ledger.forget(document.id)
        return Receipt(document.source, document.path, "removed", "indexed", chunks=len(ids))

    def reconcile(self) -> int:
        """Make the index agree with the ledger where a kill left them apart; give how many chunks were touched."""
        expected = self._ledger.chunk_ids()
        if self._index.settled and self._index.count() == (len(expected), len(expected)):
            return 0
        with writing_to(self._index, self._settings.home, "what a former run left"):
            held = self._index.dense.ids() | self._index.lexical.ids()
            extra = sorted(held - expected)
            self._index.delete(extra)
            every = [d.id for d in self._ledger.documents()]
            mended = mend(self._index, self._ledger, self._embedder, every)
            if extra or mended:
                self._index.commit()
            self._index.settle()
        return len(extra) + mended


def _told_repeats(count: int) -> tuple[str, ...]:
    return (f"{count:,} passages repeat others of it word for word, and are not kept",) if count else ()
