"""Writes traces out: whole as JSON lines, as a table, or as OpenInference spans. Reads no store and no file.

A record is what `queries.TraceReader.get` gives. OpenInference is the convention that Phoenix and others read
(github.com/Arize-ai/openinference, semantic conventions).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from assistant.tracing import records

Record = Mapping[str, Any]
COLUMNS = (
    "id", "conversation", "user", "face", "kind", "status", "started", "seconds", "mode", "model", "question", "answer",
    "citations", "tags", "votes", "comments", "input_tokens", "output_tokens", "price_usd",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_SPAN_KINDS = {"model": "LLM", "retrieve": "RETRIEVER", "tool": "TOOL", "agent": "AGENT", "judge": "EVALUATOR"}
_OTHER_KIND = "CHAIN"


def to_jsonl(record: Record) -> str:
    """Give a record as one line of JSON, with its end."""
    return json.dumps(record, ensure_ascii=False) + "\n"


def csv_rows(found: Iterable[Record]) -> Iterator[str]:
    """Give a table, its head first; a cell that a spreadsheet would take for a formula begins with an apostrophe."""
    yield _line(COLUMNS)
    for record in found:
        yield _line([_cell(value) for value in _row(record).values()])


def _line(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _row(record: Record) -> dict[str, Any]:
    ended = record["ended_at"]
    cited = [f"{c['path']} ({c['locator']})" for c in record["citations"] or []]
    votes = [f["vote"] or "taken back" for f in record["feedback"]]
    values = (
        record["id"], record["conversation_id"], record.get("user_id"), record["face"], record["kind"],
        record["status"], _iso(record["started_at"]),
        None if ended is None else round(ended - record["started_at"], 3),
        record["mode"], record["model"], record["question"], record["answer"], "; ".join(cited),
        "; ".join(record["tags"] or []), "; ".join(votes),
        "; ".join(f["comment"] for f in record["feedback"] if f["comment"]),
        record["input_tokens"], record["output_tokens"], record["price_usd"],
    )  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))


def to_openinference(record: Record) -> list[dict[str, Any]]:
    """Give a turn as spans, its root first: what the turn is, then a span for each step."""
    root_id = record["id"][:16]
    root = {
        "openinference.span.kind": "AGENT" if record["kind"] == "agent" else _OTHER_KIND,
        "input.value": record["question"],
        "output.value": record["answer"],
        "session.id": record["conversation_id"],
        "user.id": record.get("user_id"),
        "tag.tags": [record["kind"], record["mode"], record["status"]],
        "metadata": json.dumps({"index": record["index_fingerprint"], "face": record["face"]}),
        "llm.model_name": record["model"],
        "llm.token_count.prompt": record["input_tokens"],
        "llm.token_count.completion": record["output_tokens"],
    }
    own = {key: record[key] for key in ("started_at", "ended_at", "status", "error")}
    spans = [_span(record["id"], root_id, None, record["kind"], own, root)]
    for step in record["spans"]:
        parent = step["parent_id"] or root_id
        spans.append(_span(record["id"], step["id"], parent, step["name"], step, _attributes(step)))
    return spans


def _span(
    trace_id: str, span_id: str, parent: str | None, name: str, step: Record, attributes: Mapping[str, Any]
) -> dict[str, Any]:
    failed = step["status"] in ("error", "aborted")
    return {
        "trace_id": trace_id,
        "span_id": span_id,
        "parent_id": parent,
        "name": name,
        "start_time": _iso(step["started_at"]),
        "end_time": None if step["ended_at"] is None else _iso(step["ended_at"]),
        "status_code": "ERROR" if failed else "OK",
        "status_message": step["error"] or "",
        "attributes": {key: value for key, value in attributes.items() if value is not None},
    }


def _attributes(step: Record) -> dict[str, Any]:
    said, given = step["attributes"] or {}, step["inputs"]
    found: dict[str, Any] = {"openinference.span.kind": _SPAN_KINDS.get(step["kind"], _OTHER_KIND)}
    found |= {**_value("input", given), **_value("output", step["outputs"]), **said}
    if step["kind"] == "model":
        found |= _model(said, given if isinstance(given, Mapping) else {}, step["outputs"])
    if step["kind"] == "retrieve" and isinstance(step["outputs"], list):
        found |= _documents(step["outputs"])
    if step["kind"] == "tool":
        found["tool.name"] = said.get(records.TOOL_NAME, step["name"])
    return found


def _value(name: str, value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if isinstance(value, str):
        return {f"{name}.value": value, f"{name}.mime_type": "text/plain"}
    return {f"{name}.value": json.dumps(value, ensure_ascii=False), f"{name}.mime_type": "application/json"}


def _model(said: Record, given: Record, outputs: Any) -> dict[str, Any]:
    found = {
        "llm.model_name": said.get(records.RESPONSE_MODEL) or said.get(records.MODEL),
        "llm.provider": said.get(records.PROVIDER),
        "llm.token_count.prompt": said.get(records.INPUT_TOKENS),
        "llm.token_count.completion": said.get(records.OUTPUT_TOKENS),
        "llm.prompt_template.version": said.get(records.TEMPLATE_VERSION),
    }
    for n, message in enumerate(given.get("messages", [])):
        found[f"llm.input_messages.{n}.message.role"] = message.get("role")
        found[f"llm.input_messages.{n}.message.content"] = message.get("content")
    if isinstance(outputs, Mapping):
        found["llm.output_messages.0.message.role"] = "assistant"
        found["llm.output_messages.0.message.content"] = outputs.get("text")
    return found


def _documents(hits: list[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for n, hit in enumerate(hits):
        at = f"retrieval.documents.{n}.document"
        found[f"{at}.id"] = hit.get("chunk_id")
        found[f"{at}.score"] = hit.get("score")
        found[f"{at}.metadata"] = json.dumps({"path": hit.get("path"), "locator": hit.get("locator")})
    return found


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
