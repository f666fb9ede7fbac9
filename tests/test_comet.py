"""Delivery to Comet with the real comet_llm, over loopback, against a server that checks the recorded wire format."""

from __future__ import annotations

import email.utils
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from assistant.tracing.comet import ALREADY_THERE, KEY_CODES, LONGEST_PARAMETER, CometSink
from assistant.tracing.settings import TraceSettings
from index_store.errors import DeliveryProblem, SinkDenied, SinkRefused, SinkUnavailable
from tests import sent
from tests.comet_server import ALIVE, LLM, METRIC, CometServer


@pytest.fixture
def server() -> Iterator[CometServer]:
    with CometServer() as running:
        yield running


@pytest.fixture(scope="module")
def record() -> dict[str, Any]:
    return sent.record()


def sink_to(server: CometServer, *, timeout_s: float = 10.0, **settings: Any) -> CometSink:
    known = {"comet_api_key": SecretStr(server.key), "comet_url": server.url}
    return CometSink(TraceSettings(**{**known, **settings}), timeout_s=timeout_s)


def stored(server: CometServer, trace_id: str) -> dict[str, Any]:
    asset: dict[str, Any] = server.chains[trace_id]["jsonAsset"]["file"]
    return asset


def test_a_turn_arrives_whole_in_the_recorded_format_and_a_vote_after_it(
    server: CometServer, record: dict[str, Any], capfd: pytest.CaptureFixture[str]
) -> None:
    sink = sink_to(server, comet_workspace="course", comet_project="ml-101")
    sink.send_trace(record)
    sink.send_feedback(sent.vote(record["id"], "down", "It is wrong."))
    sink.send_feedback(sent.vote(record["id"], "up"))
    sink.close()
    assert server.complaints == []
    assert [(r.method, r.path) for r in server.arrived] == [("GET", ALIVE), ("POST", LLM), *[("POST", METRIC)] * 2]
    assert server.feedback == [(record["id"], "user_feedback", 0), (record["id"], "user_feedback", 1)]
    item = server.chains[record["id"]]
    assert item["createExperimentRequest"] == {"workspaceName": "course", "projectName": "ml-101", "type": "LLM"}
    assert item["tags"] == ["ask", "model", "ok", "web"]
    chain = item["jsonAsset"]["file"]
    assert chain["chain_inputs"] == {"question": "What is ReAct?"}
    assert chain["chain_outputs"] == {"answer": "It thinks and acts. [1]", "citations": record["citations"]}
    times = (chain["start_timestamp"], chain["end_timestamp"], chain["chain_duration"])
    assert times == (1_790_000_000_000, 1_790_000_002_000, 2_000)
    assert capfd.readouterr() == ("", "")


def test_each_span_is_a_node_with_its_parents_times_and_what_is_known_of_it(
    server: CometServer, record: dict[str, Any]
) -> None:
    sink_to(server).send_trace(record)
    nodes = {node["name"]: node for node in stored(server, record["id"])["chain_nodes"]}
    assert {name: node["category"] for name, node in nodes.items()} == {
        "run": "agent",
        "chat gpt-5-mini": "llm-call",
        "search": "tool",
        "retrieve": "retrieval",
        "synthesize": "synthesize",
        "judge": "judge",
    }
    assert nodes["run"]["parent_ids"] == nodes["judge"]["parent_ids"] == []
    assert nodes["retrieve"]["parent_ids"] == [nodes["run"]["id"], nodes["search"]["id"]]
    call = nodes["chat gpt-5-mini"]
    assert (call["start_timestamp"], call["duration"]) == (1_790_000_000_100, 400)
    assert call["inputs"] == {"messages": [{"role": "user", "content": "What is ReAct?"}]}
    usage = {"prompt_tokens": 11, "completion_tokens": 7, "reported_by": "server"}
    assert call["metadata"]["usage"] == usage
    assert call["metadata"]["model"] == "gpt-5-mini" and call["metadata"]["price_usd"] == 0.0001
    assert call["metadata"]["prompt"] == {"template": "answer", "version": 2}
    assert nodes["judge"]["metadata"]["error"] == "It broke."
    assert nodes["search"]["outputs"] == {"output": "one hit"}


def test_the_metadata_says_what_a_course_team_filters_by(server: CometServer, record: dict[str, Any]) -> None:
    sink_to(server).send_trace(record)
    about = stored(server, record["id"])["metadata"]
    assert about["usage"] == {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18, "reported_by": "server"}
    assert about["prompt"]["version"] == 1 and about["prompt"]["variables"]["question"] == "What is ReAct?"
    known = ("model", "provider", "mode", "status", "face", "conversation_id", "user_id", "index_fingerprint")
    assert {name: about[name] for name in known} == {name: record[name] for name in known}
    flat = {p["parameterName"]: p["parameterValue"] for p in server.chains[record["id"]]["parameters"]}
    assert flat["usage.prompt_tokens"] == 11 and flat["prompt.hash"] == record["template_hash"]
    assert flat["conversation_id"] == "c1"


def test_tokens_that_were_not_reported_are_left_out_and_never_0(server: CometServer) -> None:
    unknown = sent.record(input_tokens=None, output_tokens=None, price_usd=None, tokens_from="none", prompt=None)
    sink_to(server).send_trace(unknown)
    about = stored(server, unknown["id"])["metadata"]
    assert about["usage"] == {"reported_by": "none"}
    assert "price_usd" not in about and "prompt" not in about
    assert "None" not in json.dumps(server.chains[unknown["id"]]["parameters"])


def test_long_values_are_in_the_metadata_but_in_no_parameter(server: CometServer, record: dict[str, Any]) -> None:
    long = {**record, "template_variables": {"passage": "x" * (LONGEST_PARAMETER + 1), "passages": [{"a": 1}]}}
    sink_to(server).send_trace(long)
    assert stored(server, record["id"])["metadata"]["prompt"]["variables"] == long["template_variables"]
    names = [p["parameterName"] for p in server.chains[record["id"]]["parameters"]]
    assert not [name for name in names if name.startswith("prompt.variables")]


def test_a_vote_that_is_taken_back_is_not_sent_for_comet_cannot_forget_it(
    server: CometServer, record: dict[str, Any]
) -> None:
    sink = sink_to(server)
    sink.send_trace(record)
    sink.send_feedback(sent.vote(record["id"], None))
    assert [request.path for request in server.arrived] == [ALIVE, LLM]


def test_the_double_refuses_a_vote_on_a_chain_that_it_does_not_know(server: CometServer) -> None:
    with pytest.raises(SinkRefused, match="no chain is"):
        sink_to(server).send_feedback(sent.vote("0" * 32, "up"))


REFUSALS = [
    ("item", SinkRefused, "answered 400"),
    ("400", SinkRefused, "answered 400"),
    ("413", SinkRefused, "answered 413"),
    ("401", SinkDenied, "refused the key"),
    ("403", SinkDenied, "refused the key"),
    ("429", SinkUnavailable, "answered 429"),
    ("500", SinkUnavailable, "answered 500"),
    ("302", SinkUnavailable, "leads elsewhere"),
    ("garbage", SinkUnavailable, "gave an answer that is none"),
    ("cut", SinkUnavailable, "cannot be reached"),
    ("reset", SinkUnavailable, "Connection reset"),
    ("hung", SinkUnavailable, "did not answer in time"),
    ("drip", SinkUnavailable, "did not answer in time"),
    ("drip-head", SinkUnavailable, "did not answer in time"),
]


@pytest.mark.parametrize(
    ("what", "mode", "kind", "words"),
    [("trace", *case) for case in REFUSALS] + [("vote", *case) for case in REFUSALS if case[0] != "item"],
)
def test_a_failure_says_what_the_worker_is_to_do_and_never_the_key(
    server: CometServer, record: dict[str, Any], what: str, mode: str, kind: type[DeliveryProblem], words: str
) -> None:
    sink = sink_to(server, timeout_s=10.0 if mode not in ("hung", "drip", "drip-head") else 1.5)
    sink.send_trace(record)
    server.mode = mode
    with pytest.raises(kind, match=words) as raised:
        sink.send_trace(record) if what == "trace" else sink.send_feedback(sent.vote(record["id"], "up"))
    assert type(raised.value) is kind
    assert raised.value.message.startswith("Comet") and raised.value.hint
    assert server.key not in str(raised.value)
    assert server.complaints == []


@pytest.mark.parametrize("code", sorted(KEY_CODES))
@pytest.mark.parametrize("mode", ["item", "400"])
def test_a_key_or_workspace_that_comet_does_not_know_pauses_though_it_says_400(
    server: CometServer, record: dict[str, Any], mode: str, code: int
) -> None:
    server.mode, server.code = mode, code
    server.item = {"status": 400, "content": {"msg": f"{server.key} is unknown.", "sdk_error_code": code}}
    with pytest.raises(SinkDenied, match="refused the key") as raised:
        sink_to(server).send_trace(record)
    assert server.key not in str(raised.value)


@pytest.mark.parametrize(
    "content", [None, "no", [], {}, {"msg": "No."}, {"sdk_error_code": None}, {"sdk_error_code": "34323"}]
)
@pytest.mark.parametrize(("status", "kind"), [(400, SinkRefused), (500, SinkUnavailable), (0, SinkRefused)])
def test_an_item_that_failed_is_a_failure_whatever_is_said_of_it(
    server: CometServer, record: dict[str, Any], content: Any, status: int, kind: type[DeliveryProblem]
) -> None:
    server.mode, server.item = "item", {"status": status, "content": content}
    with pytest.raises(kind, match=f"answered {status}"):
        sink_to(server).send_trace(record)


@pytest.mark.parametrize("item", [None, "no", {}, {"status": "200"}, {"content": {}}])
def test_an_answer_without_a_status_is_none(server: CometServer, record: dict[str, Any], item: Any) -> None:
    server.mode, server.item = "item", item
    with pytest.raises(SinkUnavailable, match="gave an answer that is none"):
        sink_to(server).send_trace(record)


def test_an_answer_about_another_chain_is_none(server: CometServer, record: dict[str, Any]) -> None:
    server.mode, server.item_key = "item", "f" * 32
    server.item = {"status": 200, "content": {}}
    with pytest.raises(SinkUnavailable, match="gave an answer that is none"):
        sink_to(server).send_trace(record)


def test_an_answer_without_an_end_is_not_kept(server: CometServer, record: dict[str, Any]) -> None:
    server.mode = "endless"
    with pytest.raises(SinkUnavailable, match="gave an answer that is none"):
        sink_to(server).send_trace(record)


def test_a_server_that_is_slow_is_waited_for(server: CometServer, record: dict[str, Any]) -> None:
    server.mode = "slow"
    sink_to(server).send_trace(record)
    assert server.stored == [record["id"]]


def test_a_server_that_is_down_is_told_as_that(record: dict[str, Any]) -> None:
    with CometServer() as server:
        sink = sink_to(server)
    with pytest.raises(SinkUnavailable, match="cannot be reached: Connection refused"):
        sink.send_trace(record)


@pytest.mark.parametrize("mode", ["hung", "drip", "drip-head", "garbage", "404", "500", "reset"])
def test_a_server_that_does_not_even_say_its_version_is_asked_again_later(
    server: CometServer, record: dict[str, Any], mode: str
) -> None:
    sink = sink_to(server, timeout_s=0.3 if mode in ("hung", "drip", "drip-head") else 10.0)
    server.alive_mode = mode
    with pytest.raises(SinkUnavailable):
        sink.send_trace(record)
    server.alive_mode = "fine"
    sink_to(server).send_trace(record)
    assert server.stored[-1] == record["id"]


@pytest.mark.parametrize("version", ["3.25.79", "2.99.0", "garbage", ""])
def test_a_server_that_takes_no_chains_is_asked_again_later(record: dict[str, Any], version: str) -> None:
    with CometServer(version=version) as server, pytest.raises(SinkUnavailable):
        sink_to(server).send_trace(record)
    assert server.stored == []


def test_retry_after_is_told_in_seconds_and_as_a_date(server: CometServer, record: dict[str, Any]) -> None:
    sink = sink_to(server)
    later = email.utils.formatdate(time.time() + 3_000, usegmt=True)
    for asked, least, most in (("7", 7, 7), (later, 2_000, 3_001), ("99999999", 86_400, 86_400)):
        server.retry_after = asked
        server.script("429")
        with pytest.raises(SinkUnavailable) as raised:
            sink.send_trace(record)
        assert raised.value.retry_after_s is not None
        assert least <= raised.value.retry_after_s <= most
    for asked in ("soon", "-5", "nan"):
        server.retry_after = asked
        server.script("429")
        with pytest.raises(SinkUnavailable) as raised:
            sink.send_trace(record)
        assert raised.value.retry_after_s is None


def test_what_was_taken_without_an_answer_is_sent_again_under_the_same_key_and_is_there_once(
    server: CometServer, record: dict[str, Any]
) -> None:
    sink = sink_to(server)
    server.script("reset", "item")
    with pytest.raises(SinkUnavailable):
        sink.send_trace(record)
    first = server.arrived[-1].raw
    server.item = {"status": 400, "content": {"msg": "It exists.", "sdk_error_code": ALREADY_THERE}}
    sink.send_trace(record)
    assert server.arrived[-1].raw == first
    assert list(server.chains) == server.stored == [record["id"]]
