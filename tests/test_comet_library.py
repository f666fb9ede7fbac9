"""What comet_llm itself sends and does, and that ours is the same where it should be, and stays away where not."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from assistant.tracing.comet import CometSink, asset_of, load_comet_llm
from assistant.tracing.settings import TraceSettings
from index_store.errors import SinkDenied, SinkUnavailable
from tests import sent
from tests.comet_server import LLM, METRIC, CometServer
from tests.comet_wire import wrong_with_asset
from tests.model_server import ModelServer

ROOT = Path(__file__).resolve().parent.parent
OF_THE_CLOCK = {"start_timestamp", "end_timestamp", "duration", "chain_duration"}


@pytest.fixture
def server() -> Iterator[CometServer]:
    with CometServer() as running:
        yield running


def sink_to(server: CometServer, **settings: Any) -> CometSink:
    known = {"comet_api_key": SecretStr(server.key), "comet_url": server.url}
    return CometSink(TraceSettings(**{**known, **settings}))


def child(code: str, home: Path, said: Any = None, **environment: str) -> str:
    """Run a program in a process of its own, that has no other settings than the given; give its output."""
    home.mkdir(exist_ok=True)
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TZ") if name in os.environ}
    known = {**kept, "HOME": str(home), "LECTERN_HOME": str(home), "PYTHONPATH": str(ROOT), **environment}
    command = [sys.executable, "-W", "ignore", "-c", code]
    done = subprocess.run(command, input=json.dumps(said), capture_output=True, text=True, cwd=home, env=known)
    assert done.returncode == 0, done.stderr
    return done.stdout


def comet(server: CometServer) -> dict[str, str]:
    return {"COMET_API_KEY": server.key, "COMET_URL_OVERRIDE": server.url}


QUIET = {"COMET_DISABLE_AUTO_LOGGING": "1", "COMET_ERROR_TRACKING_ENABLE": "0"}
THEIRS = """
import json, sys, comet_llm
item = json.load(sys.stdin)
chain = item["jsonAsset"]["file"]
nodes = chain["chain_nodes"]
where = {k: item["createExperimentRequest"][n] for k, n in (("workspace", "workspaceName"), ("project", "projectName"))}

def run(above):
    for node in nodes:
        if node["parent_ids"] == above:
            with comet_llm.Span(node["inputs"], node["category"], node["name"], node["metadata"]) as span:
                run([*above, node["id"]])
                span.set_outputs(node["outputs"])

comet_llm.start_chain(chain["chain_inputs"], metadata=chain["metadata"], tags=item["tags"], **where)
run([])
result = comet_llm.end_chain(chain["chain_outputs"])
comet_llm.log_user_feedback(result.id, 1)
"""


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[CometServer, CometServer]]:
    """The same turn as we send it, and as the public calls of comet_llm, in a process of their own, send it."""
    record = sent.record()
    with CometServer() as ours, CometServer() as theirs:
        sink = sink_to(ours, comet_workspace="course", comet_project="ml-101")
        sink.send_trace(record)
        sink.send_feedback(sent.vote(record["id"], "up"))
        child(THEIRS, tmp_path_factory.mktemp("theirs"), ours.chains[record["id"]], **comet(theirs), **QUIET)
        yield ours, theirs


def numbered(asset: dict[str, Any]) -> dict[str, Any]:
    """Give an asset with what comes from the clock replaced by its type, and with nodes numbered in their order."""
    numbers = {node["id"]: n for n, node in enumerate(asset["chain_nodes"])}

    def plain(value: dict[str, Any]) -> dict[str, Any]:
        return {k: type(v).__name__ if k in OF_THE_CLOCK else v for k, v in value.items()}

    nodes = [
        {**plain(n), "id": numbers[n["id"]], "parent_ids": [numbers[a] for a in n["parent_ids"]]}
        for n in asset["chain_nodes"]
    ]
    return {**plain(asset), "chain_nodes": nodes}


def test_the_same_turn_is_sent_by_the_same_requests_as_by_comet_llm(both: tuple[CometServer, CometServer]) -> None:
    ours, theirs = both
    assert theirs.complaints == ours.complaints == []
    first: dict[str, Any] = {}
    for name, server in (("ours", ours), ("theirs", theirs)):
        first[name] = list(dict.fromkeys((r.method, r.path, r.headers["authorization"]) for r in server.arrived))
    assert first["ours"] == first["theirs"]
    kinds = [{r.path: r.headers.get("content-type") for r in server.arrived} for server in both]
    assert kinds[0] == kinds[1]


def test_the_chain_is_the_same_field_by_field_as_the_one_of_comet_llm(both: tuple[CometServer, CometServer]) -> None:
    (our,), (their,) = (list(server.chains.values()) for server in both)
    assert our.keys() == their.keys()
    assert our["createExperimentRequest"] == their["createExperimentRequest"]
    assert our["tags"] == their["tags"]
    assert [m["metricName"] for m in our["metrics"]] == [m["metricName"] for m in their["metrics"]]
    assert [m.keys() for m in our["metrics"]] == [m.keys() for m in their["metrics"]]
    assert [type(m["metricValue"]) for m in our["metrics"]] == [type(m["metricValue"]) for m in their["metrics"]]
    our_asset, their_asset = our["jsonAsset"].pop("file"), their["jsonAsset"].pop("file")
    assert our["jsonAsset"] == their["jsonAsset"]
    assert numbered(our_asset) == numbered(their_asset)
    assert list(our_asset) == list(their_asset)


def test_parameters_are_those_of_comet_llm_but_for_lists(both: tuple[CometServer, CometServer]) -> None:
    (our,), (their,) = (list(server.chains.values()) for server in both)
    plain = [p for p in their["parameters"] if not isinstance(p["parameterValue"], list)]
    assert our["parameters"] == plain
    assert len(plain) > 15


def test_a_vote_is_the_same_as_the_one_of_comet_llm(both: tuple[CometServer, CometServer]) -> None:
    votes = [[r.body for r in server.arrived if r.path == METRIC] for server in both]
    (our,), (their,) = votes
    assert {**our, "experimentKey": None} == {**their, "experimentKey": None}
    assert type(our["metricValue"]) is type(their["metricValue"])


DELIVER = """
import json, os, sys
from pydantic import SecretStr
import ui.cli
from assistant.tracing.comet import CometSink
from assistant.tracing.settings import TraceSettings
record = json.load(sys.stdin)
key, url = SecretStr(os.environ["COMET_API_KEY"]), os.environ["COMET_URL_OVERRIDE"]
settings = TraceSettings(comet_api_key=key, comet_url=url)
CometSink(settings).send_trace(record)
"""
ASK = """
import os, openai
client = openai.OpenAI(base_url=os.environ["MODELS"], api_key="sk-test", max_retries=0)
asked = client.chat.completions.create(model="double-hello", messages=[{"role": "user", "content": "a secret"}])
assert asked.choices[0].message.content
"""


@pytest.mark.parametrize("first", ["delivery", "openai"])
def test_an_openai_call_of_anyone_else_in_the_process_sends_nothing_to_comet(
    server: CometServer, tmp_path: Path, first: str
) -> None:
    record = sent.record()
    code = DELIVER + ASK if first == "delivery" else "import openai" + DELIVER + ASK
    with ModelServer() as models:
        printed = child(code, tmp_path / "home", record, **comet(server), MODELS=models.url)
        assert len(models.chats) == 1
    assert server.stored == [record["id"]]
    assert b"a secret" not in b"".join(request.raw for request in server.arrived)
    assert printed == ""


def test_that_test_can_fail_comet_llm_as_it_is_sends_the_call(server: CometServer, tmp_path: Path) -> None:
    with ModelServer() as models:
        child("import comet_llm" + ASK, tmp_path / "home", **comet(server), MODELS=models.url)
    assert b"a secret" in b"".join(request.raw for request in server.arrived if request.path == LLM)


def test_nothing_is_printed_even_where_comet_llm_is_told_to_log_everything(server: CometServer, tmp_path: Path) -> None:
    server.mode = "item"  # comet_llm logs the payload of an item that fails
    code = DELIVER.replace("CometSink(settings).send_trace(record)", "") + (
        "from index_store.errors import SinkRefused\n"
        "try:\n    CometSink(settings).send_trace(record)\nexcept SinkRefused:\n    pass\n"
    )
    loud = {**comet(server), "COMET_LOGGING_CONSOLE": "DEBUG"}
    assert child(code, tmp_path / "home", sent.record(), **loud) == ""
    assert not list((tmp_path / "home").glob(".comet*"))


def test_the_packages_load_neither_library_before_something_is_delivered(tmp_path: Path) -> None:
    code = (
        "import sys, assistant, ui.cli, assistant.tracing.delivery as d\n"
        "from pydantic import SecretStr\n"
        "from assistant.tracing.settings import TraceSettings\n"
        "s = d.make_sinks(TraceSettings(comet_api_key=SecretStr('k'), opik_url='http://127.0.0.1:9/api'))\n"
        "assert [x.name for x in s] == ['comet', 'opik']\n"
        "print([m for m in ('comet_llm', 'comet_ml', 'opik') if m in sys.modules])"
    )
    assert child(code, tmp_path / "home", COMET_API_KEY="k" * 25) == "[]\n"


def test_a_library_that_cannot_be_imported_pauses_the_sink(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['comet_ml'] = None\n"
        "from assistant.tracing.comet import load_comet_llm\n"
        "from index_store.errors import SinkDenied\n"
        "try:\n    load_comet_llm()\nexcept SinkDenied as exc:\n    print(exc)"
    )
    said = child(code, tmp_path / "home")
    assert said.startswith("Comet's library cannot be imported: ModuleNotFoundError")
    assert "comet-ml==3.49.0" in said


def test_the_key_is_not_replaced_by_a_password_of_netrc(
    server: CometServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    sink_to(server).send_trace(sent.record())
    assert {request.headers["authorization"] for request in server.arrived} == {server.key}


@pytest.mark.parametrize("key", ["schlüssel", "two\nlines", "", "   "])
def test_a_key_that_is_none_pauses_the_sink_and_is_not_shown(server: CometServer, key: str) -> None:
    with pytest.raises(SinkDenied, match="COMET_API_KEY") as raised:
        sink_to(server, comet_api_key=SecretStr(key)).send_trace(sent.record())
    assert not key.strip() or key not in str(raised.value)
    assert server.arrived == []


def test_a_key_that_names_its_server_is_sent_there_whole(server: CometServer) -> None:
    attributes = base64.b64encode(json.dumps({"baseUrl": server.url}).encode()).decode()
    server.key = f"{'k' * 25}*{attributes}"
    sink_to(server, comet_url=None).send_trace(sent.record())
    assert len(server.chains) == 1 and server.complaints == []


@pytest.mark.parametrize("url", ["not an address", "ftp://127.0.0.1/", "http://", "http://[::1", "http://h:0"])
def test_an_address_that_is_none_is_told(server: CometServer, url: str) -> None:
    with pytest.raises(SinkDenied) as raised:
        sink_to(server, comet_url=url).send_trace(sent.record())
    assert "COMET_URL_OVERRIDE" in str(raised.value) and server.key not in str(raised.value)


def test_a_request_under_way_is_cut_by_another_thread(server: CometServer) -> None:
    sink, record = sink_to(server), sent.record()
    sink.send_trace(record)
    server.mode = "hung"
    failures: list[BaseException] = []

    def send() -> None:
        try:
            sink.send_trace(record)
        except SinkUnavailable as exc:
            failures.append(exc)

    thread = threading.Thread(target=send)
    thread.start()
    while len(server.arrived) < 3:
        thread.join(0.01)
    sink.abandon()
    thread.join(5)
    assert not thread.is_alive() and len(failures) == 1


TURN = {"id": "0" * 32, "kind": "ask", "question": "q", "answer": "a", "conversation_id": "c"}
ids = st.sampled_from([f"{n:016x}" for n in range(8)])
when = st.floats(min_value=1.6e9, max_value=1.9e9)
spans = st.builds(
    dict,
    id=ids,
    parent_id=st.none() | ids,
    kind=st.sampled_from(["rewrite", "retrieve", "model", "tool", "agent", "step"]),
    name=st.text(max_size=5),
    started_at=when,
    ended_at=st.none() | when,
    status=st.sampled_from(["ok", "error", "stopped"]),
    inputs=st.none() | st.text(max_size=5) | st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
    outputs=st.none() | st.lists(st.integers(), max_size=2),
    attributes=st.none() | st.dictionaries(st.sampled_from(["gen_ai.request.model", "x.y", "usage"]), st.integers()),
)


@given(st.lists(spans, max_size=8, unique_by=lambda step: step["id"]), when, st.none() | when)
def test_whatever_tree_was_recorded_the_chain_fits_the_format(
    steps: list[dict[str, Any]], began: float, ended: float | None
) -> None:
    load_comet_llm()
    turn = {**TURN, "started_at": began, "ended_at": ended, "spans": steps}
    asset, _ = asset_of(turn)
    assert wrong_with_asset(asset) == []
    assert len(asset["chain_nodes"]) == len(steps)
