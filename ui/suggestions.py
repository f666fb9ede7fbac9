"""Suggests what to ask next: questions on the material beside what an answer cites, which the course does answer.

They are tried beside the turns that people wait for, so no more than one at a time; where a trial is an answer, as in
quoting mode, none begins while a turn is under way. What was tried is known until the material changes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from index_store.chunks import Chunk
from ui.next_questions import Candidate, candidates
from ui.parts import Parts

MOST = 3
MOST_TRIED = 6
"""Candidates that are tried for one answer: each is a search, and in quoting mode an answer too."""
MOST_DOCUMENTS = 3
MOST_READ = 60
"""Passages of a document that questions are made of: a book has thousands."""
MOST_KNOWN = 5_000
NEAR = 5
"""Among how many passages that are found for a question one has to be of the section that it was made of."""
Records = Sequence[Mapping[str, Any]]


class Suggester:
    """Makes suggestions and tries them; what it keeps is of the material, and of no user."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._known: dict[Candidate, bool] = {}
        self._of = ("", 0)
        self._one_at_a_time = asyncio.Lock()

    async def suggestions(self, turns: Records) -> list[str]:
        """Give up to three questions near what the last turn of a conversation cites; none where it cites nothing.

        Each is answered by the course, and none was asked in the conversation.
        """
        last = turns[-1] if turns else {}
        if not _cited(last) or last["status"] != "ok" or last["tags"]:
            return []
        self._forget_if_changed()
        found: list[Candidate] = []
        left = MOST_TRIED
        for at in (await asyncio.to_thread(self._near, last))[:MOST_DOCUMENTS]:
            for made in await asyncio.to_thread(self._made, at, turns):
                if len(found) == MOST:
                    break
                if made.question in {other.question for other in found} or (
                    made.form == "about" and any(other.form == "about" for other in found)  # it fits everything
                ):
                    continue
                if made not in self._known and left:
                    left -= 1
                    await self._try(made)
                if self._known.get(made):
                    found.append(made)
        return [made.question for made in found]

    def _near(self, last: Mapping[str, Any]) -> list[Chunk]:
        """Give, of each document that a turn cites, the last such passage; then one of others that were found."""
        cited, found = _cited(last), _found(last)
        chunks = self._parts.chunks(list(dict.fromkeys([*cited, *found])))  # none that is hidden, or gone
        by_document: dict[str, Chunk] = {}
        for chunk in (chunks[chunk_id] for chunk_id in cited if chunk_id in chunks):
            known = by_document.setdefault(chunk.document_id, chunk)
            by_document[chunk.document_id] = max(known, chunk, key=lambda c: c.ordinal)
        for chunk in (chunks[chunk_id] for chunk_id in found if chunk_id in chunks):
            by_document.setdefault(chunk.document_id, chunk)
        return list(by_document.values())

    def _made(self, at: Chunk, turns: Records) -> list[Candidate]:
        """Make questions of what follows a passage, and where that is not much of the beginning of its document."""
        ledger, document = self._parts.library.ledger, at.document_id
        chunks = ledger.chunks(document, at.ordinal, MOST_READ)
        if left := min(at.ordinal, MOST_READ - len(chunks)):
            chunks += ledger.chunks(document, 0, left)
        asked = [str(turn["question"]) for turn in turns]
        places = [str(citation["locator"]) for citation in turns[-1]["citations"]]
        used = {chunk for turn in turns for chunk in _cited(turn)}
        return candidates(chunks, used, [*asked, " ".join([asked[-1], *places])])

    async def _try(self, made: Candidate) -> None:
        """Note whether the course answers a question, unless somebody waits for an answer meanwhile."""
        async with self._one_at_a_time:
            quotes = self._parts.library.environment.assistant.mode == "quoting"
            if made not in self._known and not (quotes and len(self._parts.live)):
                answers = await self._is_answered(made) if quotes else await asyncio.to_thread(self._is_found, made)
                self._known[made] = answers

    async def _is_answered(self, made: Candidate) -> bool:
        outcome = await self._parts.opened.assistant.looked_up(made.question)
        cited = {citation.chunk_id for citation in outcome.citations}
        return outcome.found and any(
            hit.chunk.id in cited and hit.chunk.document_id == made.document for hit in outcome.hits
        )

    def _is_found(self, made: Candidate) -> bool:
        """Tell whether the section is found by its question: a model is not asked for what nobody asked."""
        hits = self._parts.library.searcher.search(made.question, NEAR)
        return any((hit.chunk.document_id, hit.chunk.section) == (made.document, made.section) for hit in hits)

    def _forget_if_changed(self) -> None:
        manifest = self._parts.library.index.manifest
        if self._of != (manifest.folder, manifest.generation) or len(self._known) > MOST_KNOWN:
            self._known, self._of = {}, (manifest.folder, manifest.generation)


def _cited(turn: Mapping[str, Any]) -> list[str]:
    """Give the ids of the course's passages that a turn cites."""
    every = turn.get("citations") or []
    return [c["chunk_id"] for c in every if c.get("kind", "course") == "course" and c.get("chunk_id")]


def _found(turn: Mapping[str, Any]) -> list[str]:
    """Give the ids of the passages that were found for a turn."""
    steps = [step["outputs"] for step in turn["spans"] if step["kind"] == "retrieve"]
    return [hit["chunk_id"] for hits in steps if isinstance(hits, list) for hit in hits if "chunk_id" in hit]
