"""Comet fails in all its ways while a class asks: no answer waits for it, no turn is lost, each arrives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from assistant.tracing.comet import CometSink
from assistant.tracing.delivery import Worker
from assistant.tracing.outbox import Queue, SinkState
from tests.api_server import Served, served_api
from tests.comet_server import CometServer
from tests.comet_wire import LLM
from tests.faults.recording import Watch
from tests.faults.serving import ask, latest, until
from tests.web_site import closed_port

FAMILY = "Comet"
pytestmark = pytest.mark.faults
LATER: dict[str, str] = {
    "hangs": "hung",
    "sends a byte now and then": "drip",
    "sends a byte of its headers now and then": "drip-head",
    "takes the turn and breaks the connection": "reset",
    "cuts its answer": "cut",
    "answers a page of HTML": "garbage",
    "sends an answer without end": "endless",
    "answers 429": "429",
    "answers 500": "500",
    "answers 502": "502",
    "leads elsewhere (302)": "302",
}


@pytest.fixture(scope="module", autouse=True)
def soon() -> Iterator[None]:
    """Let the back-off begin with a third of a second, not with two."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("assistant.tracing.outbox.FIRST_WAIT_S", 0.3)
        yield


@pytest.fixture(scope="module")
def comet() -> Iterator[CometServer]:
    with CometServer() as found:
        yield found


@pytest.fixture(scope="module")
def served(api_home: Path, comet: CometServer) -> Iterator[Served]:
    with served_api(api_home, COMET_API_KEY=comet.key, COMET_URL_OVERRIDE=comet.url) as found:
        yield found


@pytest.fixture
def worker(served: Served, comet: CometServer) -> Iterator[None]:
    with delivering(served):
        yield
    comet.mode, comet.retry_after = "fine", None


@contextmanager
def delivering(served: Served) -> Iterator[None]:
    """Deliver as the server does, but for shorter waits."""
    store = served.parts.library.traces
    worker = Worker(Queue(store.engine, store.owner.name), [CometSink(store.settings, timeout_s=1.0)], poll_s=0.05)
    worker.start()
    try:
        yield
    finally:
        worker.close()


def state(served: Served) -> SinkState:
    (found,) = served.parts.library.traces.delivery_states()
    return found


def tried(comet: CometServer) -> int:
    return sum(request.path == LLM for request in comet.arrived)


def turn_meets(mode: str, served: Served, comet: CometServer, watch: Watch) -> str:
    """Ask while Comet is in a mode, and wait until the delivery has met it; give the turn's id."""
    before, comet.mode = tried(comet), mode
    with watch.answer():
        assert ask(served.address).answered
    kept = latest(served)
    assert kept["status"] == "ok"
    until(lambda: tried(comet) > before)
    return str(kept["id"])


@pytest.mark.fault(holds="the answer does not wait; the turn is kept, tried again by itself, and there once")
@pytest.mark.parametrize("mode", LATER.values(), ids=LATER)
def test_what_passes_is_tried_again(mode: str, served: Served, comet: CometServer, worker: None, watch: Watch) -> None:
    own = turn_meets(mode, served, comet, watch)
    comet.mode = "fine"
    with watch.recovery():
        until(lambda: state(served).pending == 0)
    assert own in comet.chains and state(served).dead == 0
    assert comet.complaints == []


@pytest.mark.fault(holds="nothing is sent before the time that it asked for; then all of it arrives")
def test_it_answers_429_and_says_when_to_come_back(
    served: Served, comet: CometServer, worker: None, watch: Watch
) -> None:
    comet.retry_after = "2"
    own = turn_meets("429", served, comet, watch)
    comet.mode, comet.retry_after = "fine", None
    assert ask(served.address).answered
    assert own not in comet.chains
    with watch.recovery():
        until(lambda: state(served).pending == 0)
    assert own in comet.chains


@pytest.mark.fault(holds="the delivery pauses and says why; answers go on; with the next start all of it arrives")
@pytest.mark.parametrize("mode", ["401", "403"], ids=lambda mode: f"refuses the key ({mode})")
def test_a_refused_key_pauses(mode: str, served: Served, comet: CometServer, watch: Watch) -> None:
    with delivering(served):
        own = turn_meets(mode, served, comet, watch)
        until(lambda: state(served).paused)
        assert "refused the key" in str(state(served).paused)
        assert ask(served.address).answered
    comet.mode = "fine"
    with watch.recovery(), delivering(served):
        until(lambda: state(served).pending == 0)
    assert own in comet.chains and state(served).paused is None


REFUSED = {"refuses the request (400)": "400", "finds it too large (413)": "413", "fails it under HTTP 200": "item"}


@pytest.mark.fault(holds="the turn is kept as a dead letter with the reason; the others arrive; `deliver` sends it")
@pytest.mark.parametrize("mode", REFUSED.values(), ids=REFUSED)
def test_a_refused_item_lets_the_others_past(
    mode: str, served: Served, comet: CometServer, worker: None, watch: Watch
) -> None:
    own = turn_meets(mode, served, comet, watch)
    until(lambda: state(served).dead == 1)
    comet.mode = "fine"
    assert ask(served.address).answered
    other = latest(served)["id"]
    until(lambda: other in comet.chains)
    store = served.parts.library.traces
    with watch.recovery():
        Queue(store.engine, store.owner.name).revive()  # what `lectern traces deliver` does
        until(lambda: own in comet.chains)
    until(lambda: state(served).dead == state(served).pending == 0)


@pytest.mark.fault(holds="the answer does not wait; all that was kept meanwhile arrives when it is there")
def test_it_is_not_there_and_comes_up_later(api_home: Path, watch: Watch) -> None:
    port = closed_port()
    with CometServer() as elsewhere:
        key = elsewhere.key
    with served_api(api_home, COMET_API_KEY=key, COMET_URL_OVERRIDE=f"http://127.0.0.1:{port}/") as served:
        before = state(served).pending if served.parts.library.traces.delivery_states() else 0
        with delivering(served):
            with watch.answer():
                assert ask(served.address).answered and ask(served.address).answered
            until(lambda: state(served).not_before is not None)
            assert state(served).pending == before + 2
            with watch.recovery(), CometServer(key, port=port) as comet:
                until(lambda: state(served).pending == 0)
                assert len(comet.chains) == before + 2
