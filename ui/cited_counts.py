"""Counts how often each document of the library was cited: by its passages, for two documents may have one path."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from assistant.tracing.coverage import Cited, cited_passages

if TYPE_CHECKING:
    from ingest.ledger import Known
    from ui.wiring import Library


def cited_counts(library: Library, documents: Sequence[Known]) -> Counter[str]:
    """Give how many turns cite each document, by its id.

    Raises:
        TracesUnavailable: when the store cannot be read.
    """
    turns = cited_passages(library.traces.engine)
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
