"""Too much at once: a full queue, a flood, ten thousand messages, two servers on one home, no file handles left."""

from __future__ import annotations

import asyncio
import io
import resource
import shutil
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from assistant.gate import TurnLimits
from assistant.tracing.conversations import Conversations, history_of
from assistant.tracing.queries import Filter, TraceReader
from assistant.tracing.records import Origin
from assistant.tracing.store import TraceStore
from tests import turns
from tests.api_server import people, served_api
from tests.chat_server import started
from tests.comet_server import CometServer
from tests.faults.places import SERVER, WITHIN_S
from tests.faults.recording import Watch
from tests.faults.serving import ANSWER, QUESTION, Said, ask, until
from tests.model_server import ModelServer, Reply
from ui.seen import seen_of

FAMILY = "Too much at once"
pytestmark = pytest.mark.faults
TURNS = 5_000
"""Of one conversation: ten thousand messages."""


@contextmanager
def asking(address: str, keys: list[str]) -> Iterator[list[tuple[str, Said, float]]]:
    """Let each key ask once, all at the same time; who was told what comes in the order in which it was told."""
    told: list[tuple[str, Said, float]] = []

    def one(key: str) -> None:
        said = ask(address, key=key)
        told.append((key, said, time.monotonic()))

    threads = [threading.Thread(target=one, args=(key,)) for key in keys]
    for thread in threads:
        thread.start()
    yield told
    for thread in threads:
        thread.join()


@pytest.mark.fault(holds="who finds it full is told at once how long to wait (429); who got in is answered and kept")
def test_the_queue_is_full(home: Path, watch: Watch) -> None:
    limits = TurnLimits(turns_at_once=1, all_at_once=1, queue=2)
    with ModelServer() as model, ExitStack() as stack:
        model.default = Reply(ANSWER, piece_delay_s=0.1)
        environment = {"OPENAI_BASE_URL": model.url, "LECTERN_MODEL": "m"}
        served = stack.enter_context(served_api(home, people(), limits, **environment))
        with watch.answer(), asking(served.address, ["ann"] * 4 + ["ben"] * 4) as told:
            pass
        statuses = Counter(said.status for _, said, _ in told)
        assert statuses == {200: 3, 429: 5}, told
        assert all("again in" in said.hint for _, said, _ in told if said.status == 429)
        with watch.recovery():
            assert ask(served.address, key="ann").answered
        reader = TraceReader(served.parts.library.traces.engine)
        assert [row["status"] for row in reader.find()] == ["ok"] * 4


@pytest.mark.fault(holds="the others are answered before most of the flood is; the flood is answered or told to wait")
def test_one_user_floods(home: Path, watch: Watch) -> None:
    limits = TurnLimits(turns_at_once=2, all_at_once=3, queue=200)
    with ModelServer() as model, ExitStack() as stack:
        model.default = Reply(ANSWER, piece_delay_s=0.03)
        environment = {"OPENAI_BASE_URL": model.url, "LECTERN_MODEL": "m"}
        served = stack.enter_context(served_api(home, people(), limits, **environment))
        with watch.answer(), asking(served.address, ["ann"] * 60) as flood:
            until(lambda: len(model.chats) >= 2)
            began = time.monotonic()
            assert ask(served.address, key="ben").answered
            others = time.monotonic() - began
        ends = [at - began for _, said, at in flood if said.answered]
        assert sum(end < others for end in ends) <= 6 < len(ends)
        assert all(said.answered or said.status == 429 for _, said, _ in flood)
        with watch.recovery():
            assert ask(served.address, key="ann").answered


@pytest.fixture(scope="module")
def long_home(api_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a conversation of ten thousand messages."""
    home = tmp_path_factory.mktemp("long") / "home"
    shutil.copytree(api_home, home, ignore=shutil.ignore_patterns("traces*", "running"))
    store = TraceStore(home)
    for n in range(TURNS):
        begun = turns.start(f"What is slip {n}?", at=turns.BEGAN + n, origin=Origin("long", "u1", "web"))
        store.begin(begun)
        store.finish(begun, turns.end(f"Slip {n} is clay in water. [1]", at=turns.BEGAN + n + 0.5), turns.steps(2))
    store.close()
    return home


@pytest.mark.fault(holds="it is opened whole, goes on with an answer that is kept, and can be listed and deleted")
def test_a_conversation_of_10_000_messages_goes_on(long_home: Path, watch: Watch) -> None:

    with served_api(long_home) as served:
        conversations = Conversations(served.parts.library.traces)
        assistant = served.parts.opened.assistant

        async def go_on() -> Any:
            history = history_of(conversations.turns("long", "u1"))
            assert len(history) == len(seen_of("long", conversations.turns("long", "u1"), ()).messages) == 2 * TURNS
            return [event async for event in assistant.ask(QUESTION, history, Origin("long", "u1", "web"))][-1]

        with watch.answer():
            assert "1,260" in asyncio.run(go_on()).text
        (listed,) = conversations.listed("u1")
        assert listed.turns == TURNS + 1
        with watch.recovery():
            assert conversations.delete("long", "u1") == TURNS + 1
            assert conversations.listed("u1") == []


@pytest.mark.fault(holds="answered, or refused in words with the limit; the model gets no prompt beyond its window")
@pytest.mark.parametrize(
    ("path", "most"),
    [("/v1/chat/completions", 10_000), ("/v1/chat/completions", 10_001), ("/api/ask", 10_000)],
    ids=["10,000 messages at `/v1`", "more than 10,000 messages at `/v1`", "10,000 messages at `/api`"],
)
def test_a_program_sends_10_000_messages(path: str, most: int, home: Path, watch: Watch) -> None:
    said = [{"role": ("user", "assistant")[n % 2], "content": f"What is slip {n}?"} for n in range(most - 1)]
    with ModelServer() as model, ExitStack() as stack:
        model.default = Reply(ANSWER)
        environment = {"OPENAI_BASE_URL": model.url, "LECTERN_MODEL": "m"}
        served = stack.enter_context(served_api(home, **environment))
        bodies = {
            "/v1/chat/completions": {
                "model": "lectern",
                "messages": [*said, {"role": "user", "content": QUESTION}],
            },
            "/api/ask": {"question": QUESTION, "history": said, "way": "course"},
        }
        with watch.answer():
            answer = httpx.post(f"{served.address}{path}", json=bodies[path], timeout=None)
        if answer.status_code == 200:
            assert "1,260" in answer.text
        else:
            assert answer.status_code in (400, 413, 422) and "at most" in answer.json()["error"]["message"], answer.text
        assert all(len(request.raw) < 200_000 for request in model.chats), [len(r.raw) for r in model.chats]
        with watch.recovery():
            assert ask(served.address).answered


@pytest.mark.fault(
    holds="both answer; what one ingests the other finds; turns of both are kept; each arrives once", within_s=WITHIN_S
)
def test_two_servers_on_one_home(home: Path, watch: Watch) -> None:
    notes = [("files", ("slips.md", io.BytesIO(b"# Slips\n\nA slip is clay in water, as thick as cream.\n")))]
    with CometServer() as comet, ExitStack() as stack:
        environment = {"COMET_API_KEY": comet.key, "COMET_URL_OVERRIDE": comet.url}
        (one, _), (other, process) = (stack.enter_context(started(home, (SERVER,), **environment)) for _ in range(2))
        with watch.answer():
            assert ask(one).answered and ask(other).answered
            added = httpx.post(f"{one}api/library/uploads", files=notes, timeout=None)
            assert added.json()["counts"] == {"done": 1}, added.text
            assert "cream" in ask(other, "How thick is a slip?").answer
        with closing(TraceStore(home)) as store:
            kept = [row["id"] for row in TraceReader(store.engine).find()]
        assert len(kept) == 3
        until(lambda: set(kept) <= set(comet.chains))
        process.kill()
        with watch.recovery():
            assert ask(one, "What is a glaze?").answered
        assert Counter(comet.stored).most_common(1)[0][1] == 1


@pytest.mark.fault(holds="the second is refused in words that name the first; the first ends well; then it works")
def test_two_ingests_at_once(home: Path, watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    held, go_on = threading.Event(), threading.Event()
    from index_store.minilm import MiniLM

    embed: Callable[..., Any] = MiniLM.embed_texts

    def slowly(self: MiniLM, texts: Any) -> Any:
        held.set()
        go_on.wait(60)
        return embed(self, texts)

    def upload(served: Any, name: str) -> httpx.Response:
        files = [("files", (f"{name}.md", io.BytesIO(f"# {name}\n\nThe {name} is a tool of the potter.".encode())))]
        return httpx.post(f"{served.address}/api/library/uploads", files=files, timeout=None)

    with served_api(home) as served:
        monkeypatch.setattr(MiniLM, "embed_texts", slowly)
        first: list[httpx.Response] = []
        thread = threading.Thread(target=lambda: first.append(upload(served, "rib")))
        thread.start()
        held.wait(60)
        with watch.answer():
            refused = upload(served, "needle")
        assert refused.status_code == 409 and "Another process is writing" in refused.json()["error"]["message"]
        go_on.set()
        thread.join()
        assert first[0].json()["counts"] == {"done": 1}
        with watch.recovery():
            assert upload(served, "needle").json()["counts"] == {"done": 1}


def leave_handles(process: subprocess.Popen[str], left: int) -> None:
    """Let a process open so many more files, and no others."""
    open_ones = {int(entry.name) for entry in Path(f"/proc/{process.pid}/fd").iterdir()}
    most = next(n for n in count() if n - len([one for one in open_ones if one < n]) > left) - 1
    _, hard = resource.prlimit(process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (most, hard))


def come_late(address: str, late: list[Said]) -> None:
    with suppress(httpx.TransportError):  # it is let in later, or the connection is closed
        late.append(ask(address))


@pytest.mark.fault(holds="who is connected gets an answer or an error in words; with handles again all is as before")
@pytest.mark.parametrize("left", [0, 2], ids=["no file handle is left", "two file handles are left"])
def test_a_server_has_no_file_handles(left: int, home: Path, watch: Watch) -> None:
    with ModelServer() as model, ExitStack() as stack:
        model.default = Reply(ANSWER)
        environment = {"OPENAI_BASE_URL": model.url, "LECTERN_MODEL": "m"}
        address, process = stack.enter_context(started(home, (SERVER,), **environment))
        client = stack.enter_context(httpx.Client(base_url=address, timeout=None))
        body = {"question": QUESTION, "way": "course"}
        assert client.post("/api/ask", json=body).status_code == 200  # and the connection stays open
        before = resource.prlimit(process.pid, resource.RLIMIT_NOFILE)
        leave_handles(process, left)
        late: list[Said] = []
        with watch.answer():
            said = client.post("/api/ask", json=body)
        assert said.status_code == 200 if left else said.json()["error"]["hint"], said.text
        assert "rebuild" not in said.text  # nothing is damaged
        waiting = threading.Thread(target=lambda: come_late(address, late))
        waiting.start()
        time.sleep(1.0)
        assert process.poll() is None
        assert left or not late  # it could not even be let in
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, before)
        with watch.recovery():
            waiting.join()
            assert ask(address).answered
            assert client.post("/api/ask", json=body).status_code == 200
        with closing(TraceStore(home)) as store:
            reader = TraceReader(store.engine)
            assert reader.count(Filter(status="running")) == 0
            assert reader.count(Filter(status="ok")) >= 3
