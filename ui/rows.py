"""Gives answers and passages as the rows that `--json` and `--batch` print."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from assistant.followup import stand_alone
from index_store.errors import LecternError
from ui.batch import Row

if TYPE_CHECKING:  # the packages behind these are slow to import
    from assistant.conversation import Assistant
    from assistant.events import Citation, ToolStep
    from assistant.ways import Way
    from index_store.chunks import Hit
    from index_store.search import Searcher


class TurnFailed(LecternError):
    """A turn that ended in an error; carries the message and hint of its cause."""


def answer_row(assistant: Assistant, row: Row, way: Way = "auto") -> Row:
    """Answer one row's question; give the output row without its id.

    Beside what every row has, it gets `tags` where an abstract was tagged, `limit` where a limit ended the turn, and
    `steps` where tools were called.

    Raises:
        LecternError: when the question cannot be used or the turn failed.
    """
    from assistant.events import Answer, Failure, Refusal, ToolStep
    from assistant.tracing.records import Origin

    async def all_events() -> list[Any]:
        asked = assistant.ask(row["question"], row["history"], Origin(face="batch"), way)
        return [event async for event in asked]

    *events, end = asyncio.run(all_events())
    if isinstance(end, Failure):
        raise TurnFailed(end.message, hint=end.hint)
    assert isinstance(end, Answer | Refusal), f"a turn ended with {end!r}"
    cited = [citation_row(c) for c in end.citations] if isinstance(end, Answer) else []
    found: Row = {"found": isinstance(end, Answer), "answer": end.text, "citations": cited}
    found |= {"trace_id": end.trace_id, "seconds": round(end.seconds, 3)}
    if isinstance(end, Answer) and end.tags is not None:
        found["tags"] = list(end.tags)
    if end.limit:
        found["limit"] = end.limit
    steps = [step_row(e) for e in events if isinstance(e, ToolStep) and e.status != "running"]
    return {**found, "steps": steps} if steps else found


def step_row(step: ToolStep) -> Row:
    """Give a step of the agent as a row."""
    about: Row = {"tool": step.tool, "arguments": dict(step.arguments), "status": step.status}
    about |= {"sources": [path for _, path in step.sources], "seconds": round(step.seconds or 0.0, 3)}
    return about if step.error is None else {**about, "error": step.error}


def citation_row(citation: Citation) -> Row:
    """Give a citation as a row."""
    return {
        "marker": citation.marker,
        "path": citation.path,
        "locator": citation.locator,
        "locator_parts": citation.locator_parts,
        "quote": citation.quote,
        "score": citation.score,
        "title": citation.title,
        **({} if citation.kind == "course" else {"kind": citation.kind, "fetched_at": citation.fetched_at}),
    }


def hits_row(searcher: Searcher, row: Row, top_k: int) -> Row:
    """Search for one row's question (a follow-up is made to stand alone first); give the output row without its id."""
    from assistant.conversation import check_question

    check_question(row["question"])
    hits = searcher.search(stand_alone(row["question"], row["history"]), top_k)
    return {"hits": [hit_row(n, hit) for n, hit in enumerate(hits, start=1)]}


def hit_row(rank: int, hit: Hit) -> Row:
    """Give a hit as a row; `text` is what a prompt reads of it."""
    return {
        "rank": rank,
        "score": round(hit.score, 6),
        "cosine": round(hit.cosine, 4),
        "path": hit.chunk.path,
        "locator": str(hit.chunk.locator),
        "locator_parts": hit.chunk.locator.parts(),
        "title": hit.chunk.title,
        "text": hit.chunk.context,
    }
