"""Compares index and ledger, says what is wrong, and builds the index anew beside the old one when asked."""

from __future__ import annotations

from pathlib import Path

from index_store.chunks import Embedder
from index_store.errors import IndexDamaged, LecternError
from index_store.index import Index
from index_store.manifest import (
    REBUILD,
    Fingerprint,
    index_folder,
    is_suspect,
    read_manifest,
    remember_probe,
    stamp_of,
)
from index_store.probe import ProbeReport, probe
from ingest.ledger import Ledger
from ingest.restoring import restore
from ingest.writes import writing_to


def check_at_start(home: Path, ledger: Ledger) -> None:
    """Probe the index where the last process did not close it cleanly or its files are not as it left them.

    Raises:
        IndexDamaged: when the probe finds damage, or there is no index to what the ledger holds.
    """
    manifest = read_manifest(home)
    if manifest is None and (known := len(ledger.chunk_ids())):
        raise IndexDamaged(f"The index is damaged. It is gone; the ledger knows {known:,} chunks of it.", hint=REBUILD)
    if manifest is None or not is_suspect(home, manifest):
        return
    stamp = stamp_of(index_folder(home) / manifest.folder)
    report = probe(home)
    if not report.ok:
        raise IndexDamaged(f"The index is damaged. {' '.join(report.problems)}", hint=REBUILD)
    remember_probe(home, manifest, stamp)


def verify(home: Path, ledger: Ledger) -> ProbeReport:
    """Read the whole index in a process of its own and compare it with the ledger."""
    return probe(home, frozenset(ledger.chunk_ids()))


def rebuild(home: Path, ledger: Ledger, embedder: Embedder, fingerprint: Fingerprint) -> int:
    """Build the index anew from the ledger beside the old one and swap it in; give how many chunks it holds.

    Vectors that the ledger has are not computed again.

    Raises:
        IndexProblem: when it cannot be written; the old one is still the one that counts.
    """
    index = Index.create_beside(home, fingerprint)
    try:
        with writing_to(index, home, "the new index"):
            count = restore(index, ledger, embedder)
    except LecternError:
        index.discard()
        raise
    with writing_to(index, home, "the new index"):
        index.swap_in()
    index.close()
    return count
