"""Reads the whole section around a passage of the course that a search has found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from pydantic import Field

from assistant.agent_run import current_run
from assistant.tools.apart import apart
from assistant.tools.tool import Arguments, Observation, Source, Tool
from index_store.chunks import Chunk, Hit
from index_store.errors import InvalidInput

MOST_PASSAGES = 8


class Documents(Protocol):
    """Gives what there is of a document; see the ledger of `ingest`."""

    def chunks(self, document: str) -> Sequence[Chunk]:
        """Give the chunks of a document, by its id, in reading order."""


class ReadSourceArguments(Arguments):
    """Which source to read on in."""

    number: int = Field(ge=1, le=999, description="The number of a source from the course, as it stands in its tag.")


class ReadSource(Tool):
    """Reads the whole section of the course around a source that course_search gave. Use it when a passage breaks off
    before what you need.
    """

    name = "read_source"
    arguments = ReadSourceArguments

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def run(self, given: Any) -> Observation:
        """Give the passages of the section, in reading order.

        Raises:
            InvalidInput: when there is no such source, or it is not from the course.
        """
        sources = current_run().sources
        if given.number > len(sources):
            raise InvalidInput(f"There is no source {given.number} yet.", hint="Search first.")
        source = sources[given.number - 1]
        if source.kind != "course":
            raise InvalidInput(f"Source {given.number} is not from the course.", hint="Open its page instead.")
        found = source.hit.chunk
        chunks = await apart(self._documents.chunks, found.document_id)
        section = _parts([c for c in chunks if c.section == found.section], found)
        text = f"The section of source {given.number}:" if section else "There is no more of that section."
        return Observation(text, tuple(Source(Hit(c, 0.0, source.hit.cosine)) for c in section))


def _parts(section: Sequence[Chunk], found: Chunk) -> list[Chunk]:
    """Choose passages that together give the section once: each the first that shows a window not yet shown."""
    ordered = sorted(section, key=lambda c: c.ordinal)
    near = sorted(ordered, key=lambda c: abs(c.ordinal - found.ordinal))
    chosen: list[Chunk] = []
    for chunk in near:
        if len(chosen) == MOST_PASSAGES:
            break
        if not any(chunk.text in other.context for other in (*chosen, found)):
            chosen.append(chunk)
    return sorted(chosen, key=lambda c: c.ordinal)
