"""Shows turns that were kept, as `turn_view` shows one that goes on: pure functions of a trace's row."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, cast

from assistant.events import Answer, Citation, Refusal, ToolStep
from assistant.link_guard import without_links_in
from assistant.passages import written_links
from assistant.policy.values import POLICY_STEP
from assistant.refusal import REFUSAL
from assistant.tools.tool import Offer
from index_store.chunks import Chunk, Hit
from index_store.locators import parse_locator
from ui.render import answer_markdown, neutral, related_html, sources_html
from ui.turn_view import NO_SOURCES, Message, ending, notice_markdown, step_message

Record = Mapping[str, Any]
STOPPED = "*Stopped here.*"
INTERRUPTED = "The server was restarted before the answer was finished. Ask again with Retry."


def messages_of(record: Record) -> list[Message]:
    """Give the messages of one turn: the question, each step folded, the reply."""
    links = _links(record)
    steps = [step_message(_step(span, links), "") for span in record["spans"] if span["kind"] == "tool"]
    reply: Message = {"role": "assistant", "content": notice_markdown(_notice(record)) + _reply(record)}
    return [{"role": "user", "content": neutral(record["question"])}, *steps, reply]


def panel_of(
    record: Record | None,
    chunks: Mapping[str, Chunk],
    cells: Mapping[int, str] = MappingProxyType({}),
    pages: Mapping[int, str] = MappingProxyType({}),
    gone: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Give the sources panel of a turn: cited passages, or under a refusal the nearest ones.

    `cells` and `pages` have the cells and pages to show, as HTML, by the place of their citation; `gone` says what
    became of a chunk that the library no longer holds, by its id.
    """
    if record is None:
        return NO_SOURCES
    if record["status"] == "refused":
        return related_html(_related(record, chunks)) or NO_SOURCES
    return sources_html(citations_of(record, chunks), cells, pages, gone) or NO_SOURCES


def chunk_ids_of(record: Record | None) -> list[str]:
    """Give the ids of the chunks that a turn cites or offers."""
    rows = [*(record["citations"] or []), *(record["related"] or [])] if record else []
    return [row["chunk_id"] for row in rows if row.get("chunk_id")]


def citations_of(record: Record, chunks: Mapping[str, Chunk]) -> list[Citation]:
    """Give a turn's citations; what neither the library nor the turn holds is shown by its quote alone."""
    rows = record["citations"] or []
    kept = [(row["marker"], str(row["context"])) for row in rows if row.get("context")]
    found = []
    for row in rows:
        chunk = chunks.get(row.get("chunk_id", ""))
        contexts = [] if chunk is None else [chunk.context]
        contexts += [context for marker, context in kept if marker == row["marker"]]
        found.append(_citation(row, next((c for c in contexts if str(row["quote"]) in c), str(row["quote"]))))
    return found


def _citation(row: Record, context: str) -> Citation:
    locator, kind = str(row.get("locator", "")), row.get("kind", "course")
    return Citation(
        marker=int(row["marker"]),
        path=str(row["path"]),
        locator=locator,
        locator_parts=parse_locator(locator).parts() if locator and kind == "course" else {},
        quote=str(row["quote"]),
        score=float(row.get("score", 0.0)),
        title=str(row.get("title", "")),
        context=context,
        chunk_id=str(row.get("chunk_id", "")),
        kind=kind,
        fetched_at=str(row.get("fetched_at", "")),
    )


def _related(record: Record, chunks: Mapping[str, Chunk]) -> list[Hit]:
    rows = record["related"] or []
    return [Hit(chunks[r["chunk_id"]], 0.0, float(r["cosine"])) for r in rows if r.get("chunk_id") in chunks]


def _links(record: Record) -> frozenset[str]:
    """Give the addresses that the steps of a turn may show: what was found, and what the user wrote, then or before."""
    found = {str(citation["path"]) for citation in record["citations"] or ()} | written_links(record["question"])
    for span in record["spans"]:
        outputs, inputs = _mapping(span["outputs"]), _mapping(span["inputs"])
        found |= {str(source.get("path")) for source in outputs.get("sources") or ()}
        found |= set(map(str, outputs.get("addresses") or ()))
        said = [t.get("content", "") for t in inputs.get("history") or () if t.get("role") == "user"]
        found |= written_links("\n".join(said))
    return frozenset(found)


def _mapping(kept: Any) -> Record:
    return kept if isinstance(kept, Mapping) else {}


def _step(span: Record, links: frozenset[str]) -> ToolStep:
    outputs, inputs = _mapping(span["outputs"]), _mapping(span["inputs"])
    return ToolStep(
        id=span["id"],
        tool=span["name"],
        arguments=without_links_in(inputs, links),
        status="failed" if span["status"] == "error" else "done",
        observation=without_links_in(str(outputs.get("text") or _named(outputs)), links),
        error=without_links_in(span["error"], links),
        seconds=None if span["ended_at"] is None else span["ended_at"] - span["started_at"],
    )


def _named(outputs: Record) -> str:
    """Name the sources that a step brought, where it kept no text of its own."""
    titles = dict.fromkeys(str(s.get("title") or s.get("path")) for s in outputs.get("sources") or [])
    return "\n".join(f"- {title}" for title in titles)


def _notice(record: Record) -> str:
    """Give what the reader was told of the course's rule for the turn."""
    told = (s["outputs"] for s in record["spans"] if s["kind"] == "step" and s["name"] == POLICY_STEP)
    return next((str(outputs.get("text") or "") for outputs in told if isinstance(outputs, Mapping)), "")


def _told_below(record: Record) -> dict[str, Any]:
    """Give what was told below the answer: which limit ended the turn, notes, offers."""
    kept = (span["outputs"] for span in record["spans"] if span["kind"] in ("agent", "judge"))
    told = {name: value for outputs in kept if isinstance(outputs, Mapping) for name, value in outputs.items()}
    offers = (o for o in told.get("offers") or () if isinstance(o, Mapping))
    return {
        "limit": str(told.get("limit") or ""),
        "notes": tuple(str(note) for note in told.get("notes") or ()),
        "offers": tuple(Offer(str(o.get("text")), str(o.get("command"))) for o in offers),
    }


def _reply(record: Record) -> str:
    status, trace_id = record["status"], record["id"]
    if status == "refused":
        return ending(Refusal(trace_id, record["answer"] or REFUSAL, (), **_told_below(record)))[0]
    if status == "ok":
        tags = tuple(record["tags"]) if record["tags"] else None
        by_rules = record["mode"] == "quoting"
        answer = Answer(trace_id, record["answer"], (), tags=cast(Any, tags), by_rules=by_rules, **_told_below(record))
        return ending(answer)[0]
    said = answer_markdown(record["answer"], trace_id, {int(row["marker"]) for row in record["citations"] or ()})
    if status == "aborted":
        return f"{said}\n\n*{INTERRUPTED}*".strip()
    note = STOPPED if status in ("stopped", "running") else f"**{neutral(record['error'] or 'It did not end.')}**"
    return f"{said}\n\n{note}".strip()
