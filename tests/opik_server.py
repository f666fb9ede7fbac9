"""A double of Opik's server, over real HTTP on loopback: what opik 2.2 sends was recorded, and is checked.

It is the double of Comet's server with other paths: the same modes, the same ways to fail.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container
from datetime import datetime
from typing import Any
from uuid import UUID

from tests.comet_server import Arrived, CometServer, Handler

TRACES, SPANS, SCORES = (
    f"/opik/api/v1/private/{path}" for path in ("traces/batch", "spans/batch", "traces/feedback-scores")
)
PING = "/opik/api/is-alive/ping"
_TAKE_BACK = re.compile(r"/opik/api/v1/private/traces/([0-9a-f-]{36})/feedback-scores/delete")


class OpikServer(CometServer):
    """The double; a context manager that leaves no thread and no socket behind."""

    def __init__(self, key: str | None = "k3y" * 8) -> None:
        super().__init__(key or "", handler=_Handler)
        self.traces: dict[str, dict[str, Any]] = {}
        self.spans: dict[str, dict[str, Any]] = {}
        self.scores: dict[str, dict[str, Any]] = {}
        self.last_score: dict[str, Any] | None = None

    @property
    def url(self) -> str:
        """What OPIK_URL_OVERRIDE is set to."""
        return f"{self.address}/opik/api"

    def keep(self, request: Arrived) -> None:
        """Store what a request brought."""
        if request.path == TRACES:
            self.traces |= {trace["id"]: trace for trace in request.body["traces"]}
            self.stored += [trace["id"] for trace in request.body["traces"]]
        elif request.path == SPANS:
            self.spans |= {span["id"]: span for span in request.body["spans"]}
        elif request.path == SCORES:
            self.scores |= {score["id"]: score for score in request.body["scores"]}
            self.last_score = request.body["scores"][-1]
        elif taken := _TAKE_BACK.fullmatch(request.path):
            self.scores.pop(taken[1], None)

    def wrong_with(self, request: Arrived) -> list[str]:
        """Give what does not fit the wire format."""
        wrong = [] if request.headers.get("authorization", "") == self.key else ["Authorization is not the bare key"]
        wrong += [] if request.headers.get("comet-workspace") else ["there is no workspace"]
        checks: dict[tuple[str, str], Callable[[Any], list[str]]] = {
            ("POST", TRACES): lambda body: _wrong_items(body, "traces", _wrong_trace),
            ("POST", SPANS): lambda body: _wrong_items(body, "spans", _wrong_span),
            ("PUT", SCORES): lambda body: _wrong_items(body, "scores", lambda score: _wrong_score(score, self.traces)),
        }
        if request.method == "POST" and _TAKE_BACK.fullmatch(request.path):
            return [*wrong, *([] if request.body == {"name": "user_feedback"} else ["that is no score"])]
        if (request.method, request.path) == ("GET", PING):  # the client asks, we do not
            return wrong
        check = checks.get((request.method, request.path))
        return [*wrong, *(["there is no such path"] if check is None else check(request.body))]


class _Handler(Handler):
    def do_PUT(self) -> None:
        self.handle_request()

    def take(self, request: Arrived) -> None:
        """Answer as Opik does what it takes: with nothing."""
        self.double.keep(request)
        self.send(204, b"")


def _wrong_items(body: Any, name: str, check: Callable[[dict[str, Any]], list[str]]) -> list[str]:
    if not isinstance(body, dict) or body.keys() != {name} or not body[name]:
        return [f"the body holds no {name}"]
    return [text for item in body[name] for text in check(item)]


def _wrong_common(item: dict[str, Any]) -> list[str]:
    wrong = [f"{name} is {item[name]!r}" for name in item if item[name] is None]
    wrong += [] if UUID(item["id"]).version == 7 else [f"{item['id']} is no UUID of version 7"]
    began, ended = datetime.fromisoformat(item["start_time"]), datetime.fromisoformat(item["end_time"])
    wrong += [] if began.tzinfo is not None and ended >= began else [f"the times are {began} and {ended}"]
    if UUID(item["id"]).int >> 80 != int(began.timestamp() * 1000):
        wrong.append(f"{item['id']} is not of {began}")
    wrong += [f"{n} is no object" for n in ("input", "output", "metadata") if not isinstance(item.get(n, {}), dict)]
    about = item.get("error_info", {"exception_type": "", "traceback": ""})
    return [*wrong, *([] if {"exception_type", "traceback"} <= about.keys() else [f"error_info is {about}"])]


def _wrong_trace(trace: dict[str, Any]) -> list[str]:
    wrong = [f"a trace has no {n}" for n in ("name", "thread_id", "start_time", "end_time", "input") if n not in trace]
    return wrong or _wrong_common(trace)


def _wrong_span(span: dict[str, Any]) -> list[str]:
    wrong = [f"a span has no {n}" for n in ("name", "type", "trace_id", "start_time", "end_time") if n not in span]
    if wrong:
        return wrong
    wrong += [] if UUID(span["trace_id"]).version == 7 else [f"no trace can be {span['trace_id']}"]  # it may come later
    wrong += [] if span["type"] in ("general", "tool", "llm", "guardrail") else [f"the type is {span['type']}"]
    usage = span.get("usage", {})
    wrong += [f"usage is {usage}"] if not all(type(tokens) is int for tokens in usage.values()) else []
    return [*wrong, *_wrong_common(span)]


def _wrong_score(score: dict[str, Any], traces: Container[str]) -> list[str]:
    wrong = [] if score.get("id") in traces else [f"no trace is {score.get('id')}"]
    good = score.get("name") == "user_feedback" and score.get("value") in (0, 1) and score.get("source") == "sdk"
    return [*wrong, *([] if good else [f"the score is {score}"])]
