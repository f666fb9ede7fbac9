"""Suggests what to ask next: questions on the material beside what an answer cites, which the course does answer."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from index_store.chunks import Chunk, document_id
from ingest.ledger import Ledger
from ui.next_questions import Candidate, candidates
from ui.parts import Parts

MOST = 3
MOST_TRIED = 6
"""Candidates that are tried for one answer: each is a search, and in quoting mode an answer too."""
NEAR = 5
"""Among how many passages that are found for a question one has to be of the section that it was made of."""


class Suggester:
    """Makes suggestions and tries them; what it keeps is of the material, and of no user."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._answers = lru_cache(2_000)(self._tried)

    def suggestions(self, record: Mapping[str, Any]) -> list[str]:
        """Give up to three questions near what a turn cites, each of them answered by the course; none for a refusal.

        Not to be called on an event loop: it searches.
        """
        cited = [c for c in record["citations"] or [] if c.get("kind", "course") == "course" and c.get("chunk_id")]
        if record["status"] != "ok" or record["tags"] or not cited:
            return []
        chunks = _document_of(self._parts.library.ledger, cited[0])
        asked = " ".join([str(record["question"]), *(str(c["locator"]) for c in cited)])
        found: list[str] = []
        for made in candidates(chunks, {c["chunk_id"] for c in cited}, asked)[:MOST_TRIED]:
            if len(found) < MOST and self._answers(made):
                found.append(made.question)
        return found

    def _tried(self, made: Candidate) -> bool:
        """Tell whether the section is found by its question, and in quoting mode whether that gets an answer."""
        hits = self._parts.library.searcher.search(made.question, NEAR)
        if all((hit.chunk.document_id, hit.chunk.section) != (made.document, made.section) for hit in hits):
            return False
        if self._parts.library.environment.assistant.mode != "quoting":  # a model is not asked for what nobody asked
            return True
        return asyncio.run(self._parts.opened.assistant.covers(made.question))


def _document_of(ledger: Ledger, cited: Mapping[str, Any]) -> list[Chunk]:
    """Give the chunks of the document that a citation is of, none where it is gone."""
    for source in ledger.sources():
        chunks = ledger.chunks(document_id(source, cited["path"]))
        if any(chunk.id == cited["chunk_id"] for chunk in chunks):
            return chunks
    return []
