"""Delivers traces to Opik, Comet's successor, in plain HTTP: a turn in one call with its end, its spans in a second.

Opik's own client is not used: it queues in memory, gives up on 401 and 500 without a word, reports its use to others,
and brings 275 MB. The four requests below are those that it makes itself; `tests/test_opik.py` compares them with it
where the extra `lectern[opik]` is installed. All ids are made from ours, so that what is sent twice is there once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import requests

from assistant.tracing.content import (
    inputs_of,
    metadata_of,
    outputs_of,
    scores_of,
    step_metadata_of,
    tags_of,
    title_of,
)
from assistant.tracing.records import ERROR_TYPE, INPUT_TOKENS, MODEL, OUTPUT_TOKENS, PRICE_USD, PROVIDER
from assistant.tracing.sending import Judge, TimedSession, address_of, address_within, key_of
from assistant.tracing.settings import TraceSettings
from index_store.errors import SinkDenied, SinkRefused

CLOUD = "https://www.comet.com/opik/api/"
CHECK = "OPIK_URL_OVERRIDE, OPIK_API_KEY and OPIK_WORKSPACE"
SCORE = "user_feedback"
TYPES = {"model": "llm", "tool": "tool"}
"""What Opik calls a kind of span; the others are "general"."""


class OpikSink:
    """Sends to Opik; for one thread at a time."""

    name = "opik"

    def __init__(self, settings: TraceSettings, *, timeout_s: float = 10.0) -> None:
        self._settings = settings
        self._session = TimedSession(timeout_s)
        self._judge = Judge("Opik", CHECK, "")
        self._url = ""

    def send_trace(self, record: dict[str, Any]) -> None:
        """Send a trace, then all of its spans, under ids that are always the same.

        Raises:
            SinkDenied, SinkRefused, SinkUnavailable: when Opik did not take it.
        """
        project = self._project()
        self._request("POST", "v1/private/traces/batch", {"traces": [{**project, **trace_of(record)}]})
        spans = [{**project, **span} for span in spans_of(record)]
        if spans:
            self._request("POST", "v1/private/spans/batch", {"spans": spans})
        own = str(trace_id_of(record["id"], record["started_at"]))
        scores = [
            {**project, "id": own, "name": name, "value": float(value), "source": "sdk"}
            for name, value in scores_of(record).items()
        ]
        if scores:
            self._request("PUT", "v1/private/traces/feedback-scores", {"scores": scores})

    def send_feedback(self, item: dict[str, Any]) -> None:
        """Send a vote on a trace that was sent before, with its comment; one without a vote takes the score away.

        Raises:
            SinkDenied, SinkRefused, SinkUnavailable: when Opik did not take it.
        """
        began = item.get("trace_started_at")
        if began is None:
            raise SinkRefused("Opik cannot be told of this vote: it does not say when its turn began.")
        own = str(trace_id_of(item["trace_id"], began))
        if item["vote"] is None:
            self._request("POST", f"v1/private/traces/{own}/feedback-scores/delete", {"name": SCORE})
            return
        said = {"reason": item["comment"]} if item.get("comment") else {}
        score = {"id": own, "name": SCORE, "value": float(item["vote"] == "up"), "source": "sdk", **said}
        self._request("PUT", "v1/private/traces/feedback-scores", {"scores": [{**self._project(), **score}]})

    def close(self) -> None:
        """Close connections."""
        self._session.close()

    def abandon(self) -> None:
        """Cut a request that is under way, from another thread: it counts as one that got no answer."""
        self._session.abandon()

    def _project(self) -> dict[str, str]:
        return {"project_name": self._settings.opik_project} if self._settings.opik_project else {}

    def _connect(self) -> None:
        """Find out where to, and what to show there; without a key, as Opik's own installations have none.

        Raises:
            SinkDenied: when the settings make no sense.
        """
        headers = {"Comet-Workspace": self._settings.opik_workspace or "default"}
        if not headers["Comet-Workspace"].isascii() or not headers["Comet-Workspace"].isprintable():
            raise SinkDenied("OPIK_WORKSPACE holds characters that no name has.", hint="Check OPIK_WORKSPACE.")
        key = ""
        if self._settings.opik_api_key is not None:
            key = headers["Authorization"] = key_of(self._settings.opik_api_key, "OPIK_API_KEY")
        within = address_within(key)
        chosen = self._settings.opik_url or (within and f"{within.rstrip('/')}/opik/api") or CLOUD
        self._url = f"{address_of(chosen, 'OPIK_URL_OVERRIDE').rstrip('/')}/"
        self._judge = Judge("Opik", CHECK, key)
        self._session.headers.update(headers)

    def _request(self, method: str, path: str, body: dict[str, Any]) -> None:
        if not self._url:
            self._connect()
        try:
            answer = self._session.request(method, self._url + path, json=body)
            answer.raise_for_status()
        except requests.RequestException as exc:
            if exc.response is not None and exc.response.status_code in (404, 405):  # of the address, not of an item
                raise self._judge.garbage(self._url) from exc
            raise self._judge.of_failure(exc, self._url) from exc
        if answer.status_code not in (200, 201, 202, 204) or b"<html" in answer.content[:500].lower():
            raise self._judge.garbage(self._url)


def trace_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """Give a turn in Opik's words."""
    return {
        "id": str(trace_id_of(record["id"], record["started_at"])),
        "name": title_of(record),
        "input": inputs_of(record),
        "output": outputs_of(record),
        "metadata": {**metadata_of(record), "trace_id": record["id"]},
        "tags": tags_of(record),
        "thread_id": record["conversation_id"],
        "source": "sdk",
        **_times(record),
        **_error(record.get("error"), record.get("error_type")),
    }


def spans_of(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give the spans of a turn in Opik's words, in their order."""
    trace = str(trace_id_of(record["id"], record["started_at"]))
    ids = {step["id"]: str(_span_id(record["id"], step["id"], step["started_at"])) for step in record["spans"]}
    return [_span(step, trace, ids) for step in record["spans"]]


def trace_id_of(own: str, started_at: float) -> UUID:
    """Give the id of a turn as Opik wants it: a UUID of version 7, of the time and of our own random bits.

    RFC 9562, section 5.7; the same as `uuid4_to_uuid7` in Opik's id_helpers.py.

    >>> str(trace_id_of("00112233445546778899aabbccddeeff", 1_700_000_000.0))
    '018bcfe5-6800-7677-8899-aabbccddeeff'
    """
    return _version_7(started_at, bytes.fromhex(own))


def _span_id(trace: str, own: str, started_at: float) -> UUID:
    return _version_7(started_at, hashlib.sha256(f"{trace}/{own}".encode()).digest()[:16])


def _version_7(at: float, bits: bytes) -> UUID:
    made = bytearray(bits)
    made[0:6] = int(at * 1000).to_bytes(6, "big")
    made[6] = 0x70 | (made[6] & 0x0F)
    made[8] = 0x80 | (made[8] & 0x3F)
    return UUID(bytes=bytes(made))


def _span(step: Mapping[str, Any], trace: str, ids: Mapping[str, str]) -> dict[str, Any]:
    known: Mapping[str, Any] = step.get("attributes") or {}
    given, made = known.get(INPUT_TOKENS), known.get(OUTPUT_TOKENS)
    usage = {"prompt_tokens": given, "completion_tokens": made}
    if given is not None and made is not None:
        usage["total_tokens"] = given + made
    usage = {name: tokens for name, tokens in usage.items() if tokens is not None}
    parent = step["parent_id"] if step["parent_id"] != step["id"] else None
    about = {
        "parent_span_id": ids.get(parent) if parent is not None else None,
        "input": _named("input", step["inputs"]),
        "output": _named("output", step["outputs"]),
        "model": known.get(MODEL),
        "provider": known.get(PROVIDER),
        "usage": usage or None,
        "total_estimated_cost": known.get(PRICE_USD),
    }
    return {
        "id": ids[step["id"]],
        "trace_id": trace,
        "name": step["name"],
        "type": TYPES.get(step["kind"], "general"),
        "metadata": step_metadata_of(step),
        "source": "sdk",
        **{name: value for name, value in about.items() if value is not None},
        **_times(step),
        **_error(step.get("error"), known.get(ERROR_TYPE)),
    }


def _named(name: str, value: Any) -> Any:
    """Give what Opik takes as an input or output: an object."""
    return value if value is None or isinstance(value, dict) else {name: value}


def _times(timed: Mapping[str, Any]) -> dict[str, str]:
    began, ended = timed["started_at"], timed["ended_at"]
    return {"start_time": _iso(began), **({} if ended is None else {"end_time": _iso(max(began, ended))})}


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")


def _error(words: str | None, kind: str | None) -> dict[str, Any]:
    if words is None:
        return {}
    return {"error_info": {"exception_type": kind or "Error", "message": words, "traceback": ""}}
