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
from assistant.tracing.content import cited_without_contexts

Record = Mapping[str, Any]
COLUMNS = (
    "id", "conversation", "user", "face", "kind", "status", "started", "seconds", "mode", "model", "question", "answer",
    "citations", "tags", "votes", "comments", "input_tokens", "output_tokens", "price_usd",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # and in full width
_LINE_ENDS = {"\x85": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_SPAN_KINDS = {"model": "LLM", "retrieve": "RETRIEVER", "tool": "TOOL", "agent": "AGENT", "judge": "EVALUATOR"}
_OTHER_KIND = "CHAIN"


def to_jsonl(record: Record) -> str:
    """Give a record as one line of JSON, with its end; what other readers take for the end of a line is escaped."""
    line = json.dumps(record, ensure_ascii=False, default=str)
    for end, escaped in _LINE_ENDS.items():
        line = line.replace(end, escaped)
    return line + "\n"


def csv_rows(found: Iterable[Record]) -> Iterator[str]:
    """Give a table, its head first; a cell that a spreadsheet would take for a formula begins with an apostrophe."""
    yield _line(COLUMNS)
    for record in found:
        yield _line([cell(value) for value in _row(record).values()])


def _line(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()


def cell(value: Any) -> str:
    """Give a value as a cell of a table that a spreadsheet may open, for which a formula is a text of ours."""
    if not isinstance(value, str):
        return "" if value is None else str(value)  # a number below 0 is no formula
    return f"'{value}" if value.startswith(_FORMULA) else value


def _row(record: Record) -> dict[str, Any]:
    ended = record["ended_at"]
    cited = [f"{c.get('path', '?')} ({c.get('locator', '?')})" for c in record["citations"] or []]
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
    """Give a turn as spans in the form that Phoenix takes, its root first: the turn itself, then each step.

    A turn that still runs ends, for now, at the latest time that is known of it.
    """
    root_id, known = record["id"][:16], {step["id"] for step in record["spans"]}
    times = [step["ended_at"] or step["started_at"] for step in record["spans"]]
    latest = max([record["started_at"], *times])
    about = {"session.id": record["conversation_id"], "user.id": record.get("user_id")}
    said = {"status": record["status"], "error": record["error"], "started_at": record["started_at"]}
    turn = {**said, "id": root_id, "name": record["kind"], "ended_at": record["ended_at"] or latest}
    spans = [_span(record["id"], turn, None, {**_root(record), **about})]
    answering = _answering(record)
    for step in record["spans"]:
        parent = step["parent_id"] if step["parent_id"] in known else root_id
        more = _template(record) if step["id"] == answering else {}
        ended = {**step, "ended_at": step["ended_at"] or latest}
        spans.append(_span(record["id"], ended, parent, {**_attributes(step), **more, **about}))
    return spans


def _span(trace_id: str, step: Record, parent: str | None, attributes: Mapping[str, Any]) -> dict[str, Any]:
    code = {"error": "ERROR", "aborted": "ERROR", "running": "UNSET"}.get(step["status"], "OK")
    return {
        "name": step["name"],
        "context": {"trace_id": trace_id, "span_id": step["id"]},
        "span_kind": attributes["openinference.span.kind"],
        "parent_id": parent,
        "start_time": _iso(step["started_at"]),
        "end_time": _iso(step["ended_at"]),
        "status_code": code,
        "status_message": step["error"] or "",
        "attributes": {key: _plain(value) for key, value in attributes.items() if value is not None},
        "events": [],
    }


def _plain(value: Any) -> Any:
    """Give what may be an attribute's value: a text, a number, a bool or a list of them; all else as JSON."""
    listed = value if isinstance(value, list) else [value]
    return value if all(isinstance(one, str | bool | int | float) for one in listed) else _json(value)


def _root(record: Record) -> dict[str, Any]:
    """Give the attributes of the turn; its tokens stand at the model calls, unless none was recorded.

    Whoever adds up tokens adds up those of all spans: standing here too, they would count twice.
    """
    tags = [record["kind"], record["face"], record["mode"], record["status"], *(record["tags"] or [])]
    about = (
        "face",
        "mode",
        "provider",
        "model",
        "index_fingerprint",
        "searched",
        "citations",
        "price_usd",
        "tokens_from",
    )
    known = {name: record[name] for name in about} | {"citations": cited_without_contexts(record) or None}
    found = {
        "openinference.span.kind": "AGENT" if record["kind"] == "agent" else _OTHER_KIND,
        **_value("input", record["question"]),
        **_value("output", record["answer"]),
        "tag.tags": list(dict.fromkeys(tags)),
        "metadata": _json({name: value for name, value in known.items() if value is not None}),
        **_annotations(record),
    }
    if not any(step["kind"] == "model" for step in record["spans"]):
        found |= _tokens(record["input_tokens"], record["output_tokens"]) | _template(record)
    return found


def _annotations(record: Record) -> dict[str, Any]:
    """Give what people said of the turn, each vote and each verdict with its comment."""
    votes = [("vote", f["vote"], f["comment"], {"up": 1, "down": 0}.get(f["vote"])) for f in record["feedback"]]
    verdicts = [("review", r["verdict"], r["comment"], None) for r in record["reviews"]]
    found: dict[str, Any] = {}
    told = [one for one in votes + verdicts if one[1] or one[2]]
    for n, (name, label, comment, score) in enumerate(told):
        at = f"annotations.{n}.annotation"
        found |= {f"{at}.name": name, f"{at}.label": label, f"{at}.score": score}
        found |= {f"{at}.explanation": comment or None, f"{at}.annotator_kind": "HUMAN"}
    return found


def _answering(record: Record) -> str | None:
    """Give the id of the model call that the answer's template went to: the last one with that template."""
    calls = [step for step in record["spans"] if step["kind"] == "model"]
    same = [s for s in calls if (s["attributes"] or {}).get(records.TEMPLATE_HASH) == record["template_hash"]]
    return same[-1]["id"] if same and record["template_hash"] is not None else None


def _template(record: Record) -> dict[str, Any]:
    variables, version = record["template_variables"], record["template_version"]
    return {
        records.TEMPLATE: record["template"],
        "llm.prompt_template.version": None if version is None else str(version),
        "llm.prompt_template.variables": None if variables is None else _json(variables),
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
    return {f"{name}.value": _json(value), f"{name}.mime_type": "application/json"}


def _tokens(given: int | None, made: int | None) -> dict[str, Any]:
    """Give tokens by their names; the sum only where both are known."""
    return {
        "llm.token_count.prompt": given,
        "llm.token_count.completion": made,
        "llm.token_count.total": None if given is None or made is None else given + made,
    }


def _model(said: Record, given: Record, outputs: Any) -> dict[str, Any]:
    version, reasons = said.get(records.TEMPLATE_VERSION), said.get(records.FINISH_REASONS)
    found = {
        "llm.model_name": said.get(records.RESPONSE_MODEL) or said.get(records.MODEL),
        "llm.provider": said.get(records.PROVIDER),
        **_tokens(said.get(records.INPUT_TOKENS), said.get(records.OUTPUT_TOKENS)),
        "llm.token_count.prompt_details.cache_read": said.get(records.CACHED_TOKENS),
        "llm.cost.total": said.get(records.PRICE_USD),
        "llm.finish_reason": reasons[0] if isinstance(reasons, list) and reasons else None,
        "llm.prompt_template.version": None if version is None else str(version),
    }
    for n, message in enumerate(m for m in given.get("messages") or [] if isinstance(m, Mapping)):
        found[f"llm.input_messages.{n}.message.role"] = message.get("role")
        found[f"llm.input_messages.{n}.message.content"] = message.get("content")
    if isinstance(outputs, Mapping):
        found["llm.output_messages.0.message.role"] = "assistant"
        found["llm.output_messages.0.message.content"] = outputs.get("text")
    return found


def _documents(hits: list[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for n, hit in enumerate(hit for hit in hits if isinstance(hit, Mapping)):
        at = f"retrieval.documents.{n}.document"
        found |= {f"{at}.id": hit.get("chunk_id"), f"{at}.score": hit.get("score"), f"{at}.content": hit.get("text")}
        found[f"{at}.metadata"] = _json({name: hit.get(name) for name in ("path", "locator", "title") if name in hit})
    return found


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
