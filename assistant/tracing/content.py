"""What is sent of a trace, the same to every sink: inputs, outputs, metadata, tags. Knows no wire format.

Names that Comet and Opik know and count by (`model`, `usage.prompt_tokens`) take the place of our own. What was not
reported is left out, so that nobody takes it for 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assistant.tracing import records

LONGEST_TITLE = 80
_THEIRS = {
    records.MODEL: ("model",),
    records.PROVIDER: ("provider",),
    records.PRICE_USD: ("price_usd",),
    records.INPUT_TOKENS: ("usage", "prompt_tokens"),
    records.OUTPUT_TOKENS: ("usage", "completion_tokens"),
    records.CACHED_TOKENS: ("usage", "cached_tokens"),
    records.TOKENS_FROM: ("usage", "reported_by"),
    records.TEMPLATE: ("prompt", "template"),
    records.TEMPLATE_VERSION: ("prompt", "version"),
    records.TEMPLATE_HASH: ("prompt", "hash"),
}
_OF_A_TRACE = (
    *("kind", "face", "mode", "status", "provider", "model", "price_usd", "index_fingerprint"),
    *("conversation_id", "user_id", "error", "error_type"),
)


def inputs_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """Give what a turn was asked: `question`, and `searched` where another question was searched with."""
    return _told({"question": record["question"], "searched": record.get("searched")})


def outputs_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """Give what a turn answered: `answer`, `citations`, and what else there is of it.

    Without the contexts of quotes: they are for the pages here, and what the model read is sent with the steps.
    """
    more = {name: record.get(name) or None for name in ("related", "tags", "error")}
    return {"answer": record["answer"], "citations": cited_without_contexts(record), **_told(more)}


def cited_without_contexts(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give the rows of a turn's citations without the passages around their quotes."""
    return [{name: v for name, v in row.items() if name != "context"} for row in record.get("citations") or []]


def metadata_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """Give what else is known of a turn; `usage` in tokens, `price_usd` in dollars, `prompt` with its variables."""
    given, made = record.get("input_tokens"), record.get("output_tokens")
    usage = {
        "prompt_tokens": given,
        "completion_tokens": made,
        "total_tokens": None if given is None or made is None else given + made,
        "embedding_tokens": record.get("embedding_tokens"),
        "reported_by": record.get("tokens_from"),
    }
    prompt = {
        "template": record.get("template"),
        "version": record.get("template_version"),
        "hash": record.get("template_hash"),
        "variables": record.get("template_variables"),
    }
    known = {name: record.get(name) for name in _OF_A_TRACE}
    about = {"usage": _told(usage) or None, "prompt": _told(prompt) or None, "evaluation": record.get("evaluation")}
    return _told({**known, **about})


def step_metadata_of(step: Mapping[str, Any]) -> dict[str, Any]:
    """Give what is known of a span beside its inputs and outputs; the words of `metadata_of` where they fit."""
    about: dict[str, Any] = {"kind": step["kind"], "status": step["status"], "error": step.get("error")}
    for name, value in (step.get("attributes") or {}).items():
        *group, last = _THEIRS.get(name, (name,))
        place = about.setdefault(group[0], {}) if group else about
        if value is not None:
            place[last] = value
    return {name: value for name, value in _told(about).items() if value != {}}


def tags_of(record: Mapping[str, Any]) -> list[str]:
    """Give the words that a turn is found by: its kind, mode, status and face, each once; and the run that it is of."""
    words = [str(record[name]) for name in ("kind", "mode", "status", "face") if record.get(name)]
    run = (record.get("evaluation") or {}).get("run")
    return list(dict.fromkeys([*words, *([f"run {run}"] if run else [])]))


def scores_of(record: Mapping[str, Any]) -> dict[str, float]:
    """Give the scores of a turn that was measured on a labelled row, none of any other."""
    return dict((record.get("evaluation") or {}).get("score") or {})


def title_of(record: Mapping[str, Any]) -> str:
    """Give one short line that a turn is listed under."""
    return " ".join(str(record["question"]).split())[:LONGEST_TITLE] or str(record["kind"])


def _told(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
