"""Suggests what to ask next, from the material: the sections that stand beside those an answer cites."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from index_store.chunks import Chunk, document_id
from ingest.ledger import Ledger

MOST = 3
LONGEST_HEADING = 70
_DULL = frozenset(("summary", "overview", "introduction", "references", "exercise", "exercises", "contents"))


def suggestions(record: Mapping[str, Any], ledger: Ledger) -> list[str]:
    """Give up to three questions about sections near those that a turn cites; none for a refusal."""
    cited = [c for c in record["citations"] or [] if c.get("kind", "course") == "course" and c.get("chunk_id")]
    if record["status"] != "ok" or record["tags"] or not cited:
        return []
    first = cited[0]
    for source in ledger.sources():
        chunks = ledger.chunks(document_id(source, first["path"]))
        if any(chunk.id == first["chunk_id"] for chunk in chunks):
            used = {c["chunk_id"] for c in cited}
            asked = " ".join([str(record["question"]), *(str(c["locator"]) for c in cited)]).casefold()
            return [f"What does the course say about “{h}”?" for h in headings_beside(chunks, used, asked)]
    return []


def headings_beside(chunks: Sequence[Chunk], used: set[str], asked: str) -> list[str]:
    """Give the headings of sections that are not used yet, those after the last used one first."""
    at = max((n for n, chunk in enumerate(chunks) if chunk.id in used), default=0)
    taken = {chunk.locator.headings[-1] for chunk in chunks if chunk.id in used and chunk.locator.headings}
    found: dict[str, None] = {}
    for chunk in [*chunks[at:], *chunks[:at]]:
        heading = chunk.locator.headings[-1] if chunk.locator.headings else ""
        said = heading.casefold().strip(" ?!.:")
        if heading and heading != chunk.title and heading not in taken and _is_telling(said) and said not in asked:
            found.setdefault(heading.strip())
    return list(found)[:MOST]


def _is_telling(heading: str) -> bool:
    words = heading.split()
    return len(words) >= 2 and len(heading) <= LONGEST_HEADING and not _DULL.issuperset(words)
