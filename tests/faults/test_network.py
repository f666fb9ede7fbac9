"""Names are not found, clients hang up, stall or talk nonsense: the others are served."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from assistant.tracing.comet import CometSink
from assistant.tracing.delivery import Worker
from assistant.tracing.outbox import Queue
from assistant.tracing.queries import Filter, TraceReader
from tests.api_server import Served, served_api
from tests.comet_server import CometServer
from tests.faults.recording import Watch
from tests.faults.serving import ANSWER, QUESTION, ask, latest, until
from tests.model_server import ModelServer, Reply
from tests.web_site import WebSite
from ui.cli import cli

FAMILY = "Names and clients"
pytestmark = pytest.mark.faults
QUICK = {"connect_timeout_s": 1.0, "request_timeout_s": 3.0, "deadline_s": 6.0, "backoff_s": 0.1}


class Names:
    """Looks names that end in `.invalid` up as it is told to; every other one as before."""

    def __init__(self) -> None:
        self.mode = "found"
        self._real = socket.getaddrinfo

    def __call__(self, host: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else str(host)
        if not name.endswith(".invalid"):
            return self._real(host, *args, **kwargs)
        if self.mode == "hangs":
            time.sleep(8)
        if self.mode != "found":
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return self._real("127.0.0.1", *args, **kwargs)


@pytest.fixture
def names(no_network: object, monkeypatch: pytest.MonkeyPatch) -> Names:
    found = Names()
    monkeypatch.setattr(socket, "getaddrinfo", found)
    monkeypatch.setenv("NO_PROXY", "*")
    return found


@pytest.mark.fault(holds="an error in words within the time for a connection; with the name back it answers")
@pytest.mark.parametrize("mode", ["fails", "hangs"], ids=lambda m: f"The look-up of the model's server {m}")
def test_the_model_s_name(mode: str, names: Names, api_home: Path, watch: Watch) -> None:
    with ModelServer() as model:
        model.default = Reply(ANSWER)
        address = model.url.replace("127.0.0.1", "model.invalid")
        with served_api(  # uvloop has a look-up of its own
            api_home, model=QUICK, loop="asyncio", OPENAI_BASE_URL=address, LECTERN_MODEL="m"
        ) as served:
            names.mode = mode
            with watch.answer():
                said = ask(served.address)
            assert said.kind == "ModelUnreachable" and "model.invalid" in said.error and said.hint, said
            names.mode = "found"
            with watch.recovery():
                assert ask(served.address).answered


@pytest.mark.fault(holds="the answer does not wait; with the name back the turn arrives by itself")
@pytest.mark.parametrize("mode", ["fails", "hangs"], ids=lambda m: f"The look-up of Comet {m}")
def test_comet_s_name(mode: str, names: Names, api_home: Path, watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.tracing.outbox.FIRST_WAIT_S", 0.3)
    with CometServer() as comet:
        address = comet.url.replace("127.0.0.1", "comet.invalid")
        names.mode = mode
        with served_api(api_home, COMET_API_KEY=comet.key, COMET_URL_OVERRIDE=address) as served:
            store = served.parts.library.traces
            worker = Worker(
                Queue(store.engine, store.owner.name), [CometSink(store.settings, timeout_s=1.0)], poll_s=0.05
            )
            worker.start()
            with watch.answer():
                assert ask(served.address).answered
            own = latest(served)["id"]
            time.sleep(0.5)
            names.mode = "found"
            with watch.recovery():
                until(lambda: own in comet.chains)
            worker.close()


@pytest.mark.fault(holds="the address fails with its reason, the file beside it is done; then both are")
def test_the_look_up_of_a_page_to_ingest_fails(names: Names, tmp_path: Path, watch: Watch) -> None:
    (tmp_path / "slips.md").write_text("# Slips\n\nA slip is clay in water, as thick as cream.\n")
    with WebSite() as site:
        site.page("/ribs", b"<html><body><p>A rib is a flat tool that smooths the wall of a pot.</p></body></html>")
        command = ["ingest", f"http://pages.invalid:{site.port}/ribs", str(tmp_path / "slips.md"), "--json"]
        run = CliRunner(env={"LECTERN_HOME": str(tmp_path / "home"), "LECTERN_FETCH_LOOPBACK": "1"})
        names.mode = "fails"
        with watch.answer():
            done = run.invoke(cli, command)
        rows = {row["path"]: row for row in map(json.loads, done.stdout.splitlines())}
        assert done.exit_code == 1 and rows["slips.md"]["status"] == "done", done.output
        (failed,) = (row for row in rows.values() if row["status"] == "failed")
        assert "pages.invalid" in failed["reason"] and failed["hint"]
        names.mode = "found"
        with watch.recovery():
            assert run.invoke(cli, command).exit_code == 0


@pytest.fixture(scope="module")
def model() -> Iterator[ModelServer]:
    with ModelServer() as found:
        yield found


@pytest.fixture(scope="module")
def served(api_home: Path, model: ModelServer) -> Iterator[Served]:
    with served_api(api_home, model=QUICK, OPENAI_BASE_URL=model.url, LECTERN_MODEL="m") as found:
        yield found


@pytest.fixture(autouse=True)
def sound(model: ModelServer) -> Iterator[None]:
    model.default = Reply(ANSWER)
    yield
    model.default = Reply(ANSWER)


@contextmanager
def connected(served: Served, unread_bytes: int | None = None) -> Iterator[socket.socket]:
    """Connect to a server; `unread_bytes` bounds what waits here to be read."""
    host, _, port = served.address.removeprefix("http://").partition(":")
    with closing(socket.socket()) as found:
        if unread_bytes is not None:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, unread_bytes)
        found.settimeout(30)
        found.connect((host, int(port)))
        yield found


def request(stream: bool = True, length: int | None = None) -> bytes:
    """Give a question as it goes over the wire, perhaps with another length than it has."""
    asked = {"model": "lectern", "stream": stream, "messages": [{"role": "user", "content": QUESTION}]}
    body = json.dumps(asked).encode()
    lines = ("POST /v1/chat/completions HTTP/1.1", "Host: x", "Content-Type: application/json")
    head = "\r\n".join([*lines, f"Content-Length: {length or len(body)}", "", ""])
    return head.encode() + body


def break_off(connection: socket.socket) -> None:
    """Hang up at once, as a client that was killed does (RST)."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def running(served: Served) -> int:
    reader = TraceReader(served.parts.library.traces.engine)
    return reader.count(Filter(status="running"))


@pytest.mark.fault(holds="the turn ends, is kept as stopped with what was said, and the model is asked no further")
def test_a_client_hangs_up_in_mid_stream(served: Served, model: ModelServer, watch: Watch) -> None:
    model.default = Reply(ANSWER * 20, piece_delay_s=0.1)
    model.hung_up.clear()
    with connected(served) as connection:
        connection.sendall(request())
        while b"Stoneware" not in connection.recv(4_096):
            continue
        break_off(connection)
    with watch.answer():
        until(lambda: latest(served)["status"] == "stopped")
        until(model.hung_up.is_set)
    assert latest(served)["answer"].startswith("Stoneware")
    model.default = Reply(ANSWER)
    with watch.recovery():
        assert ask(served.address).answered


@pytest.mark.fault(holds="all of their turns end and are kept; the next question is answered")
def test_thirty_clients_hang_up_at_once(served: Served, model: ModelServer, watch: Watch) -> None:
    model.default = Reply(ANSWER * 20, piece_delay_s=0.1)
    before = len(model.chats)
    with suppress(OSError):
        open_ones = []
        for _ in range(30):
            host, _, port = served.address.removeprefix("http://").partition(":")
            open_ones.append(socket.create_connection((host, int(port)), timeout=30))
            open_ones[-1].sendall(request())
        until(lambda: len(model.chats) >= before + 30)
        for connection in open_ones:
            break_off(connection)
    with watch.answer():
        until(lambda: running(served) == 0)
    model.default = Reply(ANSWER)
    with watch.recovery():
        assert ask(served.address).answered


SENTENCES = 400
"""More than a server, a client and the system between them hold: whoever sends these waits for the reader."""


@pytest.mark.fault(holds="its turn is answered and kept though it reads nothing; others are answered meanwhile")
def test_a_client_reads_nothing(api_home: Path, model: ModelServer, watch: Watch) -> None:
    model.default = Reply(pieces=(f"{ANSWER} ",) * SENTENCES)  # QUICK would be too quick for it on a busy machine
    few = 4_096
    with served_api(api_home, unread_bytes=few, OPENAI_BASE_URL=model.url, LECTERN_MODEL="m") as served:
        with connected(served, unread_bytes=few) as connection:
            before = len(model.chats)
            connection.sendall(request())
            until(lambda: len(model.chats) > before)
            with watch.answer():
                until(lambda: running(served) == 0)
            kept = latest(served)
            assert kept["status"] == "ok" and kept["answer"].count("Stoneware") == SENTENCES, kept
            model.default = Reply(ANSWER)
            assert ask(served.address).answered
        with watch.recovery():
            assert ask(served.address).answered


STALLED = {
    "A client sends half of its question and no more": request(length=4_000),
    "A client sends half of its headers and no more": request()[:60],
    "A client sends nothing": b"",
    "A client greets with TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 500,
    "A client sends headers without end": b"GET / HTTP/1.1\r\n" + b"X-More: and more\r\n" * 20_000,
    "A client announces a body that is too large": request(length=10_000_000_000),
    "A client sends a question that is no JSON": request().replace(b'"model"', b'"model '),
}


@pytest.mark.fault(holds="others are answered meanwhile and after it; no turn begins for it")
@pytest.mark.parametrize("sent", STALLED.values(), ids=STALLED)
def test_a_client_stalls_or_talks_nonsense(sent: bytes, served: Served, model: ModelServer, watch: Watch) -> None:
    before = len(model.chats)
    ten = [
        socket.create_connection(("127.0.0.1", int(served.address.rpartition(":")[2])), timeout=30) for _ in range(10)
    ]
    try:
        for connection in ten:
            with suppress(OSError):  # it hangs up on some of these, as it should
                connection.sendall(sent)
        with watch.answer():
            assert ask(served.address).answered
        assert len(model.chats) == before + 1
    finally:
        for connection in ten:
            connection.close()
    with watch.recovery():
        assert ask(served.address).answered


@pytest.mark.fault(holds="each gets an answer or an error in words; the answered ones are kept")
def test_the_model_s_server_dies_while_ten_are_answered(api_home: Path, watch: Watch) -> None:
    with ModelServer() as model:
        model.default = Reply(ANSWER, piece_delay_s=0.3)
        with served_api(api_home, model=QUICK, OPENAI_BASE_URL=model.url, LECTERN_MODEL="m") as served:
            told: list[Any] = []
            asking = [threading.Thread(target=lambda: told.append(ask(served.address))) for _ in range(10)]
            for thread in asking:
                thread.start()
            until(lambda: len(model.chats) == 10)
            model.stopping.set()
            with watch.answer():
                for thread in asking:
                    thread.join()
            assert len(told) == 10 and all(said.answered or said.hint for said in told), told
            model.stopping.clear()
            with watch.recovery():
                assert ask(served.address).answered
