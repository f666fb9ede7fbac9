"""Says that documents were read by other rules than today's, and what reads them anew."""

from __future__ import annotations

from pathlib import Path

from index_store.manifest import read_manifest
from ingest.ledger import Ledger
from ingest.rules import outdated


def to_read_anew(home: Path, ledger: Ledger) -> list[str]:
    """Give the line about what is to be read anew, in a list that is empty where nothing is."""
    manifest = read_manifest(home)
    return told(len(outdated(ledger.documents(), manifest.fingerprint))) if manifest is not None else []


def told(count: int) -> list[str]:
    """Give the line about so many documents, in a list that is empty for none."""
    if not count:
        return []
    what, them = ("1 document was", "it") if count == 1 else (f"{count:,} documents were", "them")
    return [f"{what} read by other rules than today's; lectern library rebuild reads {them} anew."]
