"""Delivery to Opik over loopback, against a server that checks the format; compared with Opik's own client."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from assistant.tracing.opik import OpikSink, trace_id_of
from assistant.tracing.settings import TraceSettings
from index_store.errors import DeliveryProblem, SinkDenied, SinkRefused, SinkUnavailable
from tests import sent
from tests.opik_server import PING, SPANS, TRACES, OpikServer
from tests.turns import BEGAN


@pytest.fixture
def server() -> Iterator[OpikServer]:
    with OpikServer() as running:
        yield running


@pytest.fixture(scope="module")
def record() -> dict[str, Any]:
    return sent.record("opik")


def sink_to(server: OpikServer, *, timeout_s: float = 10.0, **settings: Any) -> OpikSink:
    known = {"opik_api_key": SecretStr(server.key) if server.key else None, "opik_url": server.url}
    return OpikSink(TraceSettings(**{**known, "opik_project": "ml-101", **settings}), timeout_s=timeout_s)


def test_a_turn_arrives_whole_in_one_call_with_its_end_and_its_spans_in_a_second(
    server: OpikServer, record: dict[str, Any]
) -> None:
    sink_to(server, opik_workspace="course").send_trace(record)
    assert server.complaints == []
    assert [(r.method, r.path) for r in server.arrived] == [("POST", TRACES), ("POST", SPANS)]
    assert {r.headers["comet-workspace"] for r in server.arrived} == {"course"}
    (trace,) = server.traces.values()
    assert trace["project_name"] == "ml-101"
    assert trace["thread_id"] == record["conversation_id"] == "c1"
    assert (trace["start_time"], trace["end_time"]) == ("2026-09-21T14:13:20Z", "2026-09-21T14:13:22Z")
    assert trace["input"] == {"question": "What is ReAct?"}
    assert trace["output"] == {"answer": "It thinks and acts. [1]", "citations": record["citations"]}
    assert trace["metadata"]["usage"]["prompt_tokens"] == 11
    assert trace["metadata"]["prompt"]["variables"]["question"] == "What is ReAct?"
    assert trace["metadata"]["trace_id"] == record["id"]
    assert trace["tags"] == ["ask", "model", "ok", "web"]


def test_each_span_has_its_parent_its_times_and_what_is_known_of_it(server: OpikServer, record: dict[str, Any]) -> None:
    sink_to(server).send_trace(record)
    spans = {span["name"]: span for span in server.spans.values()}
    assert {n: s["type"] for n, s in spans.items() if s["type"] != "general"} == {
        "chat gpt-5-mini": "llm",
        "search": "tool",
    }
    assert {span["trace_id"] for span in spans.values()} == set(server.traces)
    assert "parent_span_id" not in spans["run"] and "parent_span_id" not in spans["judge"]
    assert spans["retrieve"]["parent_span_id"] == spans["search"]["id"]
    assert spans["search"]["parent_span_id"] == spans["run"]["id"]
    call = spans["chat gpt-5-mini"]
    assert call["usage"] == {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
    assert (call["model"], call["provider"], call["total_estimated_cost"]) == ("gpt-5-mini", "openai", 0.0001)
    assert spans["judge"]["error_info"] == {"exception_type": "ValueError", "message": "It broke.", "traceback": ""}
    assert spans["search"]["output"] == {"output": "one hit"}


def test_votes_go_to_the_trace_with_their_comment_and_can_be_taken_back(
    server: OpikServer, record: dict[str, Any]
) -> None:
    sink = sink_to(server)
    sink.send_trace(record)
    own = str(trace_id_of(record["id"], BEGAN))
    sink.send_feedback(sent.vote(record["id"], "down", "It is wrong."))
    assert (server.scores[own]["value"], server.scores[own]["reason"]) == (0.0, "It is wrong.")
    sink.send_feedback(sent.vote(record["id"], "up"))
    assert server.scores[own]["value"] == 1.0 and "reason" not in server.scores[own]
    sink.send_feedback(sent.vote(record["id"], None))
    assert server.scores == {} and server.complaints == []


def test_the_store_puts_the_time_of_the_turn_beside_a_vote(tmp_path: Path) -> None:
    from assistant.tracing.outbox import Queue
    from assistant.tracing.records import Feedback
    from assistant.tracing.store import TraceStore
    from tests import turns

    store = TraceStore(tmp_path, TraceSettings(opik_url="http://127.0.0.1:9/api"))
    begun = turns.start()
    store.begin(begun)
    store.finish(begun, turns.end(), [])
    store.give_feedback(Feedback(begun.trace_id, "up", BEGAN + 5))
    queue = Queue(store.engine, "tests")
    queue.delivered(queue.claim("opik", 1)[0])
    (item,) = queue.claim("opik", 1)
    store.close()
    assert item.kind == "feedback" and item.payload["trace_started_at"] == BEGAN


def test_what_is_sent_again_has_the_same_ids(server: OpikServer, record: dict[str, Any]) -> None:
    server.script("fine", "reset")
    sink = sink_to(server)
    with pytest.raises(SinkUnavailable):
        sink.send_trace(record)
    sink.send_trace(record)
    assert [r.raw for r in server.arrived[:2]] == [r.raw for r in server.arrived[2:]]
    assert len(server.traces) == 1 and len(server.spans) == len(record["spans"])


def test_an_installation_without_keys_is_sent_none() -> None:
    with OpikServer(key=None) as server:
        sink_to(server).send_trace(sent.record("opik"))
        assert server.complaints == [] and "authorization" not in server.arrived[0].headers


@pytest.mark.parametrize(
    ("mode", "kind", "words"),
    [
        ("400", SinkRefused, "answered 400"),
        ("413", SinkRefused, "answered 413"),
        ("401", SinkDenied, "refused the key"),
        ("403", SinkDenied, "refused the key"),
        ("404", SinkUnavailable, "gave an answer that is none"),
        ("429", SinkUnavailable, "answered 429"),
        ("500", SinkUnavailable, "answered 500"),
        ("302", SinkUnavailable, "leads elsewhere"),
        ("garbage", SinkUnavailable, "gave an answer that is none"),
        ("cut", SinkUnavailable, "cannot be reached"),
        ("reset", SinkUnavailable, "Connection reset"),
        ("hung", SinkUnavailable, "did not answer in time"),
        ("drip", SinkUnavailable, "did not answer in time"),
        ("drip-head", SinkUnavailable, "did not answer in time"),
    ],
)
def test_a_failure_says_what_the_worker_is_to_do_and_never_the_key(
    server: OpikServer, record: dict[str, Any], mode: str, kind: type[DeliveryProblem], words: str
) -> None:
    server.script("fine", mode)  # the trace arrives, the spans do not
    server.retry_after = "7"
    sink = sink_to(server, timeout_s=0.3 if mode in ("hung", "drip", "drip-head") else 10.0)
    with pytest.raises(kind, match=words) as raised:
        sink.send_trace(record)
    assert type(raised.value) is kind
    assert raised.value.message.startswith("Opik") and raised.value.hint
    assert server.key not in str(raised.value)
    assert getattr(raised.value, "retry_after_s", None) == (7.0 if mode in ("429", "500") else None)
    assert server.complaints == []


def test_a_server_that_is_down_is_told_as_that(record: dict[str, Any]) -> None:
    with OpikServer() as server:
        sink = sink_to(server)
    with pytest.raises(SinkUnavailable, match="cannot be reached: Connection refused"):
        sink.send_trace(record)


@pytest.mark.parametrize(
    "settings", [{"opik_url": "localhost:5173"}, {"opik_api_key": SecretStr("a\nb")}, {"opik_workspace": "a\nb"}]
)
def test_settings_that_make_no_sense_pause_the_sink(
    server: OpikServer, record: dict[str, Any], settings: dict[str, Any]
) -> None:
    with pytest.raises(SinkDenied, match="OPIK_"):
        sink_to(server, **settings).send_trace(record)
    assert server.arrived == []


THEIRS = """
import json, sys
from datetime import datetime
import opik, opik.id_helpers
said = json.load(sys.stdin)
when = datetime.fromisoformat
def own(value):
    names = ("name", "input", "output", "metadata", "tags", "thread_id", "error_info", "project_name", "type", "model",
             "provider", "usage")
    given = {name: value[name] for name in names if name in value}
    if "total_estimated_cost" in value:
        given["total_cost"] = value["total_estimated_cost"]
    return {"id": value["id"], "start_time": when(value["start_time"]), "end_time": when(value["end_time"]), **given}
client = opik.Opik()
trace = client.trace(**own(said["trace"]))
for span in said["spans"]:
    parent = {"parent_span_id": span["parent_span_id"]} if "parent_span_id" in span else {}
    trace.span(**parent, **own({k: v for k, v in span.items() if k != "project_name"}))
client.flush()
score = said["score"]
client.log_traces_feedback_scores([{k: score[k] for k in ("id", "name", "value", "reason")}])
client.flush()
client.rest_client.traces.delete_trace_feedback_score(trace.id, name="user_feedback")
at = when(said["trace"]["start_time"])
import uuid
print(opik.id_helpers.uuid4_to_uuid7(at, str(uuid.UUID(said["own"]))))
client.end()
"""


@pytest.mark.skipif(importlib.util.find_spec("opik") is None, reason="opik is not installed: lectern[opik]")
def test_what_is_sent_is_what_opiks_own_client_sends(record: dict[str, Any], tmp_path: Path) -> None:
    with OpikServer() as ours, OpikServer() as theirs:
        sink = sink_to(ours)
        sink.send_trace(record)
        sink.send_feedback(sent.vote(record["id"], "down", "It is wrong."))
        (trace,), (score,) = ours.traces.values(), ours.scores.values()
        sink.send_feedback(sent.vote(record["id"], None))
        said = {"trace": trace, "spans": list(ours.spans.values()), "score": score, "own": record["id"]}
        printed = _opik(said, theirs, tmp_path)
        assert printed.splitlines()[-1] == trace["id"]
        assert theirs.complaints == ours.complaints == []
        assert _requests(theirs) == _requests(ours)
        (their_trace,) = theirs.traces.values()
        assert _plain(their_trace) == _plain(trace)
        assert {own: _plain(span) for own, span in theirs.spans.items()} == {
            own: _plain(span) for own, span in ours.spans.items()
        }
        assert theirs.last_score is not None and ours.last_score is not None
        assert {k: v for k, v in theirs.last_score.items() if v is not None} == ours.last_score


def _opik(said: dict[str, Any], server: OpikServer, home: Path) -> str:
    settings = {"OPIK_URL_OVERRIDE": server.url, "OPIK_API_KEY": server.key, "OPIK_PROJECT_NAME": "ml-101"}
    quiet = {
        "OPIK_ANALYTICS_ENABLE": "false",
        "OPIK_SENTRY_ENABLE": "false",
        "OPIK_ENABLE_JSON_REQUEST_COMPRESSION": "0",
    }
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    known = {**kept, **settings, **quiet, "OPIK_WORKSPACE": "default", "HOME": str(home)}
    command = [sys.executable, "-W", "ignore", "-c", THEIRS]
    done = subprocess.run(command, input=json.dumps(said), capture_output=True, text=True, cwd=home, env=known)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _requests(server: OpikServer) -> set[tuple[str, str, str, str]]:
    known = [r for r in server.arrived if r.path != PING]
    return {(r.method, r.path, r.headers["authorization"], r.headers["comet-workspace"]) for r in known}


def _plain(item: dict[str, Any]) -> dict[str, Any]:
    """Leave away what the client adds by itself: when it sent it, and each count of tokens a second time."""
    left = {name: value for name, value in item.items() if name != "last_updated_at"}
    if "usage" in left:
        left["usage"] = {name: n for name, n in left["usage"].items() if not name.startswith("original_usage")}
    return left
