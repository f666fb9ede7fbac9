"""Counts how often each document of the library was cited: by its passages, for two documents may have one path."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from assistant.tracing.coverage import Cited, cited_passages

if TYPE_CHECKING:
    from ingest.ledger import Known
    from ui.wiring import Library


MOST_KEPT = 8
"""Sets of documents whose counts are kept: what students may know of changes with the dates of a policy."""


class CitedCounts:
    """How often documents were cited; counted again when turns, documents or passages are others, and only then."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turns: dict[str, Cited] = {}
        self._state: object = None
        self._counts: dict[tuple[tuple[str, str], ...], Counter[str]] = {}

    def of(self, library: Library, documents: Sequence[Known]) -> Counter[str]:
        """Give how many turns cite each document, by its id.

        Raises:
            TracesUnavailable: when the store cannot be read.
        """
        asked = tuple((d.id, d.at) for d in documents)  # the ids alone do not say which version was read
        with self._lock:
            self._look(library)
            if asked not in self._counts:
                if len(self._counts) >= MOST_KEPT:
                    self._counts.clear()
                self._counts[asked] = _counted(library, list(self._turns.values()), documents)
            return Counter(self._counts[asked])

    def _look(self, library: Library) -> None:
        """Forget the counts where they are no longer those of today."""
        state = library.ledger.file, library.ledger.state()
        turns = cited_passages(library.traces.engine, self._turns)
        if state != self._state or turns.keys() != self._turns.keys():
            self._counts.clear()
        self._state, self._turns = state, turns


def _counted(library: Library, turns: Sequence[Cited], documents: Sequence[Known]) -> Counter[str]:
    holds = library.ledger.documents_of({chunk for turn in turns for _, chunk in turn.passages if chunk})
    by_path: dict[str, list[Known]] = {}
    for document in documents:
        by_path.setdefault(document.path, []).append(document)
    return Counter(found for turn in turns for found in _cited_by(turn, holds, by_path))


def _cited_by(turn: Cited, holds: dict[str, str], by_path: dict[str, list[Known]]) -> set[str]:
    found = {holds[chunk] for _, chunk in turn.passages if chunk in holds}
    for path, chunk in turn.passages:
        same_path = by_path.get(path, [])
        if chunk not in holds and len(same_path) == 1 and (not chunk or turn.at < _since(same_path[0])):
            found.add(same_path[0].id)  # an earlier version of it; what was said since is of another that is gone
    return found


def _since(document: Known) -> float:
    return datetime.fromisoformat(document.at).replace(tzinfo=UTC).timestamp() if document.at else 0.0
