"""What could not be read: what of it another try would only fail again, and the removal of all of it at once."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from index_store.manifest import Fingerprint
from ingest.ledger import Known
from ingest.rules import is_current
from ui import removal, wiring
from ui.environment import Environment
from ui.removal import uploaded_file


def unread(documents: Iterable[Known]) -> list[Known]:
    """Give the documents that could not be read at all."""
    return [d for d in documents if not d.is_read]


def only_anew(home: Path, documents: Iterable[Known], fingerprint: Fingerprint) -> frozenset[str]:
    """Give the ids of uploads that today's rules have failed on: their files stay as they are, and so would that."""
    return frozenset(
        d.id for d in unread(documents) if is_current(d, fingerprint) and uploaded_file(home, d) is not None
    )


def remove_unread(environment: Environment) -> removal.Certificate:
    """Remove all that could not be read.

    Raises:
        IndexLocked: when another process writes.
    """
    with wiring.open_library(environment, write=True) as library:
        return removal.remove(library, unread(library.ledger.documents()))
