"""Gives answers and passages as the rows that `--json` and `--batch` print."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from assistant.followup import stand_alone
from index_store.errors import LecternError
from ui.batch import Row

if TYPE_CHECKING:  # the packages behind these are slow to import
    from assistant.conversation import Assistant
    from assistant.events import Citation, Event, Restricted, ToolStep
    from assistant.tagged import Tagged
    from assistant.ways import Way
    from index_store.chunks import Hit
    from index_store.search import Searcher


class TurnFailed(LecternError):
    """A turn that ended in an error; carries the message and hint of its cause, and the name of its class as `kind`."""

    def __init__(self, message: str, *, hint: str = "", kind: str = "") -> None:
        super().__init__(message, hint=hint)
        self.kind = kind


def answer_row(assistant: Assistant, row: Row, way: Way = "auto") -> Row:
    """Answer one row's question; give the output row without its id, as `turn_row` does.

    Raises:
        LecternError: when the question cannot be used or the turn failed.
    """
    from assistant.tracing.records import Origin

    async def all_events() -> list[Event]:
        asked = assistant.ask(row["question"], row["history"], Origin(face="batch"), way)
        return [event async for event in asked]

    return turn_row(asyncio.run(all_events()))


def turn_row(turn: Sequence[Event]) -> Row:
    """Give a turn that is over, from all its events, as a row.

    Beside what every row has, it gets `tags` where an abstract was tagged, `limit` where a limit ended the turn,
    `notes` where there is something to say about it, `policy` where a rule of the course held, and `steps` where tools
    were called.

    Raises:
        TurnFailed: when it ended in an error.
    """
    from assistant.events import Answer, Failure, Refusal, Restricted, ToolStep

    *events, end = turn
    if isinstance(end, Failure):
        raise TurnFailed(end.message, hint=end.hint, kind=end.kind)
    assert isinstance(end, Answer | Refusal), f"a turn ended with {end!r}"
    cited = [citation_row(c) for c in end.citations] if isinstance(end, Answer) else []
    found: Row = {"found": isinstance(end, Answer), "answer": end.text, "citations": cited}
    found |= {"trace_id": end.trace_id, "seconds": round(end.seconds, 3)}
    if isinstance(end, Answer) and end.tags is not None:
        found["tags"] = list(end.tags)
    if end.limit:
        found["limit"] = end.limit
    if end.notes:
        found["notes"] = list(end.notes)
    for held in (e for e in events if isinstance(e, Restricted)):
        found["policy"] = policy_row(held)
    steps = [step_row(e) for e in events if isinstance(e, ToolStep) and e.status != "running"]
    return {**found, "steps": steps} if steps else found


def policy_row(rule: Restricted) -> Row:
    """Give the rule of a turn as a row; `until` is in seconds since 1970."""
    return {"text": rule.text, "mode": rule.mode, "assignments": list(rule.assignments), "until": rule.until}


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


def tags_row(found: Tagged) -> Row:
    """Give what was found in an abstract as a row; what is unusual is added only where there is something to tell."""
    row: Row = {"tags": found.tags, "spans": found.spans, "by": "rules" if found.by_rules else "model"}
    if found.abstracts:
        row["abstracts"] = [{"span": [a.start, a.end], "tags": a.tags, "spans": a.spans} for a in found.abstracts]
    if found.dropped:
        row["dropped"] = found.dropped
    return {**row, "notes": list(found.notes)} if found.notes else row


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
