"""Suggests what to ask next: questions on the material beside what an answer cites, which the course does answer.

Those nearest to the question and to what was quoted come first; what is far from both is none.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from index_store.chunks import Chunk
from ui.next_questions import Candidate, candidates
from ui.parts import Parts
from ui.question_trials import Trials

MOST = 3
MOST_TRIED = 6
"""Candidates that are tried for one answer: each is a search, and in quoting mode an answer too."""
MOST_DOCUMENTS = 3
MOST_READ = 60
"""Passages of a document that questions are made of: a book has thousands."""
MOST_COMPARED = 60
MOST_TOLD = 6
"""The question and the quotes that candidates are compared with."""
NEAR_ENOUGH = 0.3
"""Cosine: below it a question is on something else of the same course."""
Records = Sequence[Mapping[str, Any]]


class Suggester:
    """Makes suggestions and tries them; what it keeps is of the material, and of no user."""

    def __init__(self, parts: Parts, trials: Trials | None = None) -> None:
        self._parts = parts
        self._trials = Trials(parts) if trials is None else trials

    async def suggestions(self, turns: Records) -> list[str]:
        """Give up to three questions near what the last turn of a conversation cites; none where it cites nothing.

        Each is answered by the course, and none was asked in the conversation.
        """
        last = turns[-1] if turns else {}
        if not _cited(last) or last["status"] != "ok" or last["tags"]:
            return []
        self._trials.state()
        near = (await asyncio.to_thread(self._near, last))[:MOST_DOCUMENTS]
        every = [made for at in near for made in await asyncio.to_thread(self._made, at, turns)]
        found: list[Candidate] = []
        left = MOST_TRIED
        for made in await self._by_nearness(every, last):
            if len(found) == MOST:
                break
            if made.form == "about" and any(other.form == "about" for other in found):  # it fits everything
                continue
            if self._trials.answered(made) is None and left:
                left -= 1
                await self._trials.tried(made)
            if self._trials.answered(made):
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

    async def _by_nearness(self, made: Sequence[Candidate], last: Mapping[str, Any]) -> list[Candidate]:
        """Leave out what is far from what was asked and cited, and put the nearest first."""
        every = list({one.question: one for one in made}.values())[:MOST_COMPARED]
        told = [str(last["question"]), *dict.fromkeys(str(c["quote"]) for c in last["citations"])][:MOST_TOLD]
        if not every:
            return []
        embed = self._parts.library.embedder.embed_texts
        vectors = await asyncio.to_thread(embed, [*told, *(one.question for one in every)])
        near = (vectors[len(told) :] @ vectors[: len(told)].T).max(axis=1)
        order = sorted(range(len(every)), key=lambda n: -near[n])
        return [every[n] for n in order if near[n] >= NEAR_ENOUGH]


def _cited(turn: Mapping[str, Any]) -> list[str]:
    """Give the ids of the course's passages that a turn cites."""
    every = turn.get("citations") or []
    return [c["chunk_id"] for c in every if c.get("kind", "course") == "course" and c.get("chunk_id")]


def _found(turn: Mapping[str, Any]) -> list[str]:
    """Give the ids of the passages that were found for a turn."""
    steps = [step["outputs"] for step in turn["spans"] if step["kind"] == "retrieve"]
    return [hit["chunk_id"] for hits in steps if isinstance(hits, list) for hit in hits if "chunk_id" in hit]
