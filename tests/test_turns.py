"""Turns of the real assistant are kept: spans, statuses, partial answers; fifty at once; nothing on the wire."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from assistant.conversation import Assistant
from assistant.events import Answer, Failure, Token
from assistant.query_engine import Outcome
from assistant.tracing.capture import span
from assistant.tracing.queries import TraceReader
from assistant.tracing.records import Origin
from assistant.tracing.settings import TraceSettings
from assistant.tracing.store import TraceStore
from assistant.turn import Identity
from index_store.errors import ModelUnreachable, TracesUnavailable


@pytest.fixture
def store(tmp_path: Path) -> Iterator[TraceStore]:
    made = TraceStore(tmp_path, TraceSettings(comet_api_key=SecretStr("k" * 25), comet_url="http://127.0.0.1:9/"))
    yield made
    made.close()


class Engine:
    """Stands where the query engine stands; `script` says what a question meets on its way."""

    def __init__(self, script: str = "") -> None:
        self.script = script
        self.waiting = asyncio.Event()

    async def stream(self, question: str, history: object = ()) -> AsyncGenerator[Any, None]:
        with span("retrieve", f"search {question}", {"question": question}) as step:
            await asyncio.to_thread(lambda: None)
            step.outputs = [question]
        with span("synthesize", f"answer {question}"):
            for n in range(3):
                with span("model", f"piece {n} of {question}"):
                    await asyncio.sleep(0)
                yield Token(f"{question} {n} ")
            if self.script == "unreachable":
                raise ModelUnreachable("The model does not answer.", hint="Start it.")
            if self.script == "bug":
                raise ZeroDivisionError("a bug")
            if self.script == "hang":
                self.waiting.set()
                await asyncio.Event().wait()
        if self.script == "nothing":
            yield Outcome(found=False, text="The course does not answer this.", citations=(), hits=())
            return
        yield Outcome(found=True, text=f"answer to {question}", citations=(), hits=())


def made(engine: Engine, traces: Any) -> Assistant:
    return Assistant(engine, traces, Identity("quoting", "lectern", "quoting", "minilm"))  # type: ignore[arg-type]


async def collect(assistant: Assistant, question: str, origin: Origin | None = None) -> list[Any]:
    return [event async for event in assistant.ask(question, origin=origin or Origin("c"))]


async def test_fifty_conversations_at_once_cross_no_texts(store: TraceStore) -> None:
    assistant = made(Engine(), store)
    questions = [f"question-{n}" for n in range(50)]
    ended = await asyncio.gather(*(collect(assistant, q, Origin(f"c-{q}", f"u-{q}")) for q in questions))
    reader = TraceReader(store.engine)
    for question, events in zip(questions, ended, strict=True):
        record = reader.get(events[-1].trace_id)
        assert (record["question"], record["answer"]) == (question, f"answer to {question}")
        assert (record["conversation_id"], record["user_id"]) == (f"c-{question}", f"u-{question}")
        names = [s["name"] for s in record["spans"]]
        assert names == [f"search {question}", f"answer {question}", *(f"piece {n} of {question}" for n in range(3))]
        parents = {s["name"]: s["parent_id"] for s in record["spans"]}
        own = {s["name"]: s["id"] for s in record["spans"]}
        assert parents[f"search {question}"] is None
        assert {parents[f"piece {n} of {question}"] for n in range(3)} == {own[f"answer {question}"]}


async def test_an_answer_is_told_only_when_it_is_kept(store: TraceStore) -> None:
    async for event in made(Engine(), store).ask("q"):
        status = TraceReader(store.engine).find()[0]["status"]
        assert status == ("ok" if isinstance(event, Answer) else "running")


async def test_a_clock_that_is_set_back_makes_no_turn_end_before_it_began(
    store: TraceStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn = made(Engine(), store).ask("q")
    await anext(turn)
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() - 86_400)
    events = [event async for event in turn]
    assert events[-1].seconds >= 0
    record = TraceReader(store.engine).get(events[-1].trace_id)
    assert record["started_at"] <= record["ended_at"]
    assert all(record["started_at"] <= s["started_at"] <= s["ended_at"] for s in record["spans"])


async def test_a_reader_who_goes_away_leaves_a_stopped_turn_with_what_was_said(store: TraceStore) -> None:
    turn = made(Engine(), store).ask("q")
    async for event in turn:
        if isinstance(event, Token):
            break
    await turn.aclose()
    (row,) = TraceReader(store.engine).find()
    assert (row["status"], row["answer"]) == ("stopped", "q 0 ")


async def test_a_cancelled_turn_is_stopped_and_its_open_spans_are_closed(store: TraceStore) -> None:
    engine = Engine("hang")
    task = asyncio.create_task(collect(made(engine, store), "q"))
    await engine.waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    record = TraceReader(store.engine).get(TraceReader(store.engine).find()[0]["id"])
    assert (record["status"], record["answer"]) == ("stopped", "q 0 q 1 q 2 ")
    assert {s["status"] for s in record["spans"] if s["name"] == "answer q"} == {"stopped"}
    assert all(s["ended_at"] is not None for s in record["spans"])


async def test_a_failed_turn_keeps_its_partial_answer_and_the_reason(store: TraceStore) -> None:
    *_, last = await collect(made(Engine("unreachable"), store), "q")
    assert isinstance(last, Failure)
    (row,) = TraceReader(store.engine).find()
    record = TraceReader(store.engine).get(row["id"])
    assert (record["status"], record["answer"]) == ("error", "q 0 q 1 q 2 ")
    assert (record["error_type"], "does not answer" in record["error"]) == ("ModelUnreachable", True)


async def test_a_bug_is_kept_and_told(store: TraceStore) -> None:
    with pytest.raises(ZeroDivisionError):
        await collect(made(Engine("bug"), store), "q")
    assert TraceReader(store.engine).find()[0]["status"] == "error"


@pytest.mark.parametrize(("said", "kind", "status"), [("Thanks!", "courtesy", "ok"), ("hello", "courtesy", "ok"),
                                                      ("Thanks, and what is a kiln?", "ask", "refused")])  # fmt: skip
async def test_a_courtesy_is_a_kind_of_its_own_and_no_refusal(
    store: TraceStore, said: str, kind: str, status: str
) -> None:
    *_, last = await collect(made(Engine("nothing"), store), said)
    kept = TraceReader(store.engine).get(last.trace_id)
    assert (kept["kind"], kept["status"], kept["answer"]) == (kind, status, last.text)


async def test_a_store_that_cannot_be_written_takes_no_answer_away(caplog: pytest.LogCaptureFixture) -> None:
    class Full:
        def begin(self, *what: object) -> None:
            raise TracesUnavailable("The trace store cannot be written: disk full.")

        finish = begin

    *_, last = await collect(made(Engine(), Full()), "q")
    assert isinstance(last, Answer)
    assert "disk full" in caplog.text


async def test_a_turn_makes_no_connection_of_its_own(store: TraceStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a turn reached for the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    *_, last = await collect(made(Engine(), store), "q")
    assert isinstance(last, Answer)
    (state,) = store.delivery_states()
    assert state.pending == 1
