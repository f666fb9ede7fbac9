"""Tries whether the course answers a question that was made of its material, and knows it until the material changes.

One is tried at a time, beside the turns that people wait for; where a trial is an answer, as in quoting mode, none
begins while a turn is under way.
"""

from __future__ import annotations

import asyncio

from ui.next_questions import Candidate
from ui.parts import Parts

MOST_KNOWN = 5_000
NEAR = 5
"""Among how many passages that are found for a question one has to be of the section that it was made of."""
State = tuple[str, int]


class Trials:
    """What was tried, of the material and of no user."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._known: dict[Candidate, bool] = {}
        self._of: State = ("", 0)
        self._one_at_a_time = asyncio.Lock()

    def state(self) -> State:
        """Give what the material is by now; what was tried of another is forgotten."""
        manifest = self._parts.library.index.manifest
        now = (manifest.folder, manifest.generation)
        if self._of != now or len(self._known) > MOST_KNOWN:
            self._known, self._of = {}, now
        return now

    def answered(self, made: Candidate) -> bool | None:
        """Tell whether the course answers a question, None where that was not tried."""
        return self._known.get(made)

    async def tried(self, made: Candidate) -> None:
        """Note whether the course answers a question, unless somebody waits for an answer meanwhile."""
        async with self._one_at_a_time:
            quotes = self._parts.library.environment.assistant.mode == "quoting"
            known = self._known  # of the material as it is now, whatever becomes of that meanwhile
            if made not in known and not (quotes and len(self._parts.live)):
                known[made] = await self._is_answered(made) if quotes else await asyncio.to_thread(self._is_found, made)

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
