"""Spans make one clean tree a turn, however many turns run at once and whatever breaks off."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import AsyncGenerator

import pytest

from assistant.own_context import in_own_context
from assistant.tracing.capture import RECORDING, Recording, current_recording, recorded, span
from assistant.tracing.records import Span


def tree(recording: Recording) -> dict[str, list[str]]:
    names = {s.id: s.name for s in recording.spans}
    found: dict[str, list[str]] = {}
    for step in recording.spans:
        found.setdefault(names[step.parent_id] if step.parent_id else "", []).append(step.name)
    return found


def test_a_span_is_below_the_one_that_is_open() -> None:
    with recorded(Recording()) as turn:
        with span("agent", "a"), span("model", "b"):
            pass
        with span("tool", "c"):
            pass
    assert tree(turn) == {"": ["a", "c"], "a": ["b"]}
    assert [s.status for s in turn.spans] == ["ok"] * 3
    assert all(s.ended_at is not None and s.ended_at >= s.started_at for s in turn.spans)


def test_outside_of_a_turn_a_span_is_thrown_away() -> None:
    with span("tool", "a") as step:
        step.outputs = "x"
    assert (step.status, current_recording()) == ("ok", None)


def test_an_error_is_on_its_span_and_on_those_above() -> None:
    with recorded(Recording()) as turn, pytest.raises(ValueError, match="no such thing"):  # noqa: SIM117
        with span("agent", "a"), span("tool", "b"):
            raise ValueError("no such thing")
    assert [(s.status, s.error, s.attributes["error.type"]) for s in turn.spans] == [
        ("error", "no such thing", "ValueError")
    ] * 2


def test_what_nobody_ended_is_ended_with_the_turn() -> None:
    turn = Recording(clock=lambda: 7.0)
    turn.spans.append(Span("1", None, "model", "abandoned stream", 3.0))
    (step,) = turn.close("ok")
    assert (step.ended_at, step.status) == (7.0, "stopped")


async def conversation(n: int, started: asyncio.Event) -> AsyncGenerator[str, None]:
    with span("rewrite", f"rewrite {n}"):
        await asyncio.sleep(0)
    await started.wait()
    with span("synthesize", f"synthesize {n}"):
        for piece in range(3):
            with span("model", f"model {n}.{piece}"):
                await asyncio.to_thread(in_a_thread, n)
            yield f"{n}.{piece}"
            await asyncio.gather(*(asyncio.create_task(in_a_task(n)) for _ in range(2)))


def in_a_thread(n: int) -> None:
    with span("tool", f"thread {n}"):
        pass


async def in_a_task(n: int) -> None:
    with span("tool", f"task {n}"):
        await asyncio.sleep(0)


async def test_fifty_turns_at_once_that_are_read_in_turns_stay_apart() -> None:
    started = asyncio.Event()
    turns = [Recording() for _ in range(50)]
    streams = [in_own_context(conversation(n, started), {RECORDING: (turns[n], None)}) for n in range(50)]
    started.set()
    for _ in range(3):  # one reader takes a step of each: all contexts but their own would mix
        for stream in streams:
            await anext(stream)
    for stream in streams:
        assert [piece async for piece in stream] == []
    for n, turn in enumerate(turns):
        expected = {
            "": [f"rewrite {n}", f"synthesize {n}"],
            f"synthesize {n}": [f"model {n}.0", *[f"task {n}"] * 2, f"model {n}.1", *[f"task {n}"] * 2]
            + [f"model {n}.2", *[f"task {n}"] * 2],
        }
        for piece in range(3):
            expected[f"model {n}.{piece}"] = [f"thread {n}"]
        assert tree(turn) == expected
    assert current_recording() is None


async def test_a_reader_who_goes_away_leaves_closed_spans() -> None:
    turn, started = Recording(), asyncio.Event()
    started.set()
    stream = in_own_context(conversation(1, started), {RECORDING: (turn, None)})
    await anext(stream)
    await stream.aclose()
    assert {s.name: s.status for s in turn.spans}["synthesize 1"] == "stopped"
    assert all(s.ended_at is not None for s in turn.spans)


async def test_cancelling_the_reader_stops_what_runs_for_it() -> None:
    turn = Recording()

    async def slow() -> AsyncGenerator[str, None]:
        with span("tool", "slow"):
            await asyncio.Event().wait()
            yield "never"

    async def read() -> None:
        async for _ in in_own_context(slow(), {RECORDING: (turn, None)}):
            pass

    reader = asyncio.create_task(read())
    while not turn.spans:
        await asyncio.sleep(0)
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    assert turn.spans[0].status == "stopped"


async def test_what_a_step_sets_is_there_in_the_next_and_not_with_the_reader() -> None:
    variable: contextvars.ContextVar[int] = contextvars.ContextVar("variable", default=0)

    async def counting() -> AsyncGenerator[int, None]:
        for _ in range(3):
            variable.set(variable.get() + 1)
            yield variable.get()

    assert [n async for n in in_own_context(counting(), {variable: 10})] == [11, 12, 13]
    assert variable.get() == 0
