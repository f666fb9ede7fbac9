"""`kill -9` of the server in each stage of a turn and of its delivery; then the server is started again."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from assistant.tracing.queries import TraceReader
from assistant.tracing.settings import TraceSettings
from assistant.tracing.store import TraceStore
from tests import turns
from tests.chat_server import started
from tests.comet_server import CometServer
from tests.faults.places import KILLED, SERVER, WITHIN_S, Place
from tests.faults.recording import Watch
from tests.faults.serving import ANSWER, QUESTION, Said, ask, stream, until
from tests.model_server import ModelServer, Reply

FAMILY = "kill -9 in a turn"
pytestmark = pytest.mark.faults
SUM = "What is 17 * 23?"


@pytest.fixture
def comet() -> Iterator[CometServer]:
    with CometServer() as found:
        yield found


def delivering(comet: CometServer) -> dict[str, str]:
    return {"COMET_API_KEY": comet.key, "COMET_URL_OVERRIDE": comet.url}


@contextmanager
def kept(home: Path) -> Iterator[TraceReader]:
    """Read the store of a home beside its server."""
    store = TraceStore(home)
    try:
        yield TraceReader(store.engine)
    finally:
        store.close()


def statuses(home: Path) -> dict[str, str]:
    """Give the questions and statuses of the turns that are kept."""
    with kept(home) as reader:
        return {row["question"]: row["status"] for row in reader.find()}


def keep_one(home: Path, comet: CometServer) -> str:
    """Keep a turn that was over before, and is not delivered yet; give its question."""
    settings = TraceSettings(comet_api_key=SecretStr(comet.key), comet_url=comet.url)
    store = TraceStore(home, settings)
    begun = turns.start("What is a glaze?")
    store.begin(begun)
    store.finish(begun, turns.end(), turns.steps())
    store.close()
    return begun.question


def ask_in_vain(address: str, question: str, **body: str) -> None:
    """Ask, and see the connection break."""
    with pytest.raises(httpx.TransportError):
        ask(address, question, **body)


PLACES: dict[str, tuple[Place, dict[str, str], set[str]]] = {
    "when its beginning is kept": (Place("assistant.tracing.store:TraceStore.begin"), {}, {"aborted"}),
    "before the course is searched": (Place("index_store.search:Searcher.search", "before"), {}, {"aborted"}),
    "while a tool runs": (
        Place("assistant.tools.calculate:Calculate.run", "before"),
        {"question": SUM, "way": "agent"},
        {"aborted"},
    ),
    "in the middle of the transaction that keeps it": (
        Place("assistant.tracing.outbox:Outbox.add_trace"),
        {},
        {"aborted"},
    ),
    "when it is kept and nobody is told yet": (Place("assistant.tracing.store:TraceStore.finish"), {}, {"ok"}),
}


@pytest.mark.fault(
    holds="earlier turns stay; this one is kept as aborted or whole; the server starts and answers", within_s=WITHIN_S
)
@pytest.mark.parametrize(("place", "asked", "becomes"), PLACES.values(), ids=PLACES)
def test_a_turn_that_is_killed(
    place: Place, asked: dict[str, str], becomes: set[str], home: Path, comet: CometServer, watch: Watch
) -> None:
    earlier = keep_one(home, comet)
    question = asked.get("question", QUESTION)
    with started(home, place.meeting("kill", by=SERVER), **delivering(comet)) as (address, process):
        with watch.answer():
            ask_in_vain(address, **{"question": question, **asked})
        assert process.wait(30) == KILLED
    with watch.recovery(), started(home, (SERVER,), **delivering(comet)) as (address, _):
        found = statuses(home)
        assert found.pop(earlier) == "ok"
        assert set(found) == {question} and set(found.values()) == becomes
        assert ask(address).answered
        until(lambda: len(comet.chains) == 3)  # the aborted one too
    assert comet.complaints == []


@pytest.mark.fault(
    holds="the turn is kept as aborted; after the start the next is answered by the same model", within_s=WITHIN_S
)
def test_while_the_model_streams(home: Path, watch: Watch) -> None:
    with ModelServer() as model:
        model.default = Reply(ANSWER, hang_after=4)
        environment = {"OPENAI_BASE_URL": model.url, "LECTERN_MODEL": "m"}
        with started(home, **environment) as (address, process):
            heard: list[Said] = []
            asking = threading.Thread(target=lambda: _hear(address, heard))
            asking.start()
            until(lambda: model.chats)
            process.kill()
            with watch.answer():
                asking.join()
        assert heard == []
        model.default = Reply(ANSWER)
        with watch.recovery(), started(home, **environment) as (address, _):
            assert statuses(home) == {QUESTION: "aborted"}
            assert stream(address)[2] == {}


def _hear(address: str, heard: list[Said]) -> None:
    with suppress(httpx.TransportError):
        heard.append(ask(address))


DELIVERY = {
    "while the sink takes it, which hangs": ("hung", None, 1),
    "when the sink has taken it and nobody noted it": (
        "fine",
        Place("assistant.tracing.outbox:Queue.delivered", "before"),
        2,
    ),
}


@pytest.mark.fault(holds="the turn arrives after the start under the same id, and is there once", within_s=WITHIN_S)
@pytest.mark.parametrize(("mode", "place", "times"), DELIVERY.values(), ids=DELIVERY)
def test_while_a_turn_is_delivered(
    mode: str, place: Place | None, times: int, home: Path, comet: CometServer, watch: Watch
) -> None:
    comet.mode = mode
    module = (SERVER,) if place is None else place.meeting("kill", by=SERVER)
    with started(home, module, **delivering(comet)) as (address, process):
        with watch.answer():
            assert ask(address).answered
        until(lambda: any(request.method == "POST" for request in comet.arrived))
        if place is None:
            process.kill()
        assert process.wait(30) == KILLED
    comet.mode = "fine"
    with watch.recovery(), started(home, (SERVER,), **delivering(comet)):
        until(lambda: len(comet.stored) == times)
    assert statuses(home) == {QUESTION: "ok"}
    assert len(comet.chains) == 1


@pytest.mark.fault(
    holds="who waits is told; the turn is kept as stopped with what was said; the process ends by itself",
    within_s=WITHIN_S,
)
def test_it_is_told_to_stop_while_the_model_streams(home: Path, watch: Watch) -> None:
    with ModelServer() as model:
        model.default = Reply(ANSWER, hang_after=4)
        environment = {"OPENAI_BASE_URL": model.url, "LECTERN_MODEL": "m"}
        with started(home, **environment) as (address, process):
            heard: list[Said] = []
            asking = threading.Thread(target=lambda: _hear(address, heard))
            asking.start()
            until(lambda: model.chats)
            process.terminate()
            with watch.answer():
                asking.join()
                assert process.wait(60) in (0, -signal.SIGTERM)
        assert heard and heard[0].kind == "ServerStopping", heard
        assert statuses(home) == {QUESTION: "stopped"}
        model.default = Reply(ANSWER)
        with watch.recovery(), started(home, **environment) as (address, _):
            assert ask(address).answered
