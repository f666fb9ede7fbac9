"""A conversation is read beside the event loop, for all answers stream on it; and nothing comes between what is one."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from sqlalchemy import event

from assistant.tracing.records import Origin
from tests import turns
from tests.web_parts import visitor
from ui.chat import ChatHandlers
from ui.parts import Parts
from ui.seen_by import SeenBy

ASKED = "At how many degrees is stoneware fired?"
DATA = SimpleNamespace(index=0, value="How long is stoneware fired?")


class Names:
    """Components that are their names."""

    def __getattr__(self, name: str) -> str:
        return name


@pytest.fixture
def asking(parts: Parts) -> Any:
    """Somebody who has asked once, in the conversation "c1"."""
    request = visitor(parts)
    begun = turns.start(ASKED, at=turns.BEGAN, origin=Origin("c1", parts.user(request), "web"))
    parts.library.traces.begin(begun)
    parts.library.traces.finish(begun, turns.end(at=turns.BEGAN + 1), turns.steps(1, turns.BEGAN))
    return request


@pytest.fixture
def does(parts: Parts) -> ChatHandlers:
    return ChatHandlers(parts, Names())  # type: ignore[arg-type]


def kept(parts: Parts, request: Any) -> list[str]:
    return [turn["question"] for turn in parts.book.turns("c1", parts.user(request))]


async def first_of(stream: Any) -> None:
    async for _ in stream:
        return


WAYS: dict[str, Callable[[ChatHandlers, Any], Any]] = {
    "ask": lambda does, who: does.ask("Why do cracks come?", "Course only", "c1", who),
    "again": lambda does, who: does.again("Course only", "c1", who, DATA),  # type: ignore[arg-type]
    "edit": lambda does, who: does.edit("Course only", "c1", who, DATA),  # type: ignore[arg-type]
    "undo": lambda does, who: does.undo("c1", who, DATA),  # type: ignore[arg-type]
    "delete": lambda does, who: does.delete("c1", who),
    "suggest": lambda does, who: does.suggest("c1", who),
    "stream": lambda does, who: first_of(does.stream("c1", who)),
}


@pytest.mark.parametrize("way", list(WAYS))
async def test_the_event_loop_waits_for_no_store(parts: Parts, does: ChatHandlers, asking: Any, way: str) -> None:
    if way == "stream":
        await does.ask("Why do cracks come?", "Course only", "c1", asking)
    loop, asked_by = threading.get_ident(), []

    def note(*_: Any) -> None:
        asked_by.append(threading.get_ident())

    event.listen(parts.library.traces.engine, "before_cursor_execute", note)
    await WAYS[way](does, asking)
    await parts.live.close()
    assert asked_by and loop not in asked_by


async def test_a_double_click_asks_once(parts: Parts, does: ChatHandlers, asking: Any) -> None:
    question = "Why do cracks come?"
    both = await asyncio.gather(*[does.ask(question, "Course only", "c1", asking) for _ in range(2)])
    assert [shown["conversation"] for shown in both] == ["c1", "c1"]
    turn = parts.live.of("c1")
    assert turn is not None and turn.task is not None
    await turn.task
    assert kept(parts, asking) == [ASKED, question]


async def test_of_two_questions_at_once_one_is_refused(parts: Parts, does: ChatHandlers, asking: Any) -> None:
    asked = [
        does.ask(question, "Course only", "c1", asking) for question in ("Why do cracks come?", "How is it dried?")
    ]
    both = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(isinstance(one, gr.Error) for one in both) == 1
    await parts.live.close()


async def test_what_ends_while_a_conversation_is_read_is_read_too(
    parts: Parts, asking: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, loop, asked = parts.book.turns, asyncio.get_running_loop(), ["Why do cracks come?"]

    async def another() -> None:
        turn = parts.live.start(asked.pop(), [], Origin("c1", parts.user(asking), "web"), "course")
        assert turn.task is not None
        await turn.task

    def read(*given: Any) -> Any:
        found = real(*given)
        if asked:
            asyncio.run_coroutine_threadsafe(another(), loop).result(10)
        return found

    monkeypatch.setattr(parts.book, "turns", read)
    seen = await SeenBy(parts).read("c1", asking)
    assert [record["question"] for record in seen.records] == [ASKED, "Why do cracks come?"]


async def test_a_turn_that_was_left_out_for_another_that_cannot_begin_is_back(
    parts: Parts, does: ChatHandlers, asking: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, loop, go = parts.book.leave_out, asyncio.get_running_loop(), asyncio.Event()

    async def held(*given: Any) -> Any:
        yield await go.wait()

    async def another() -> None:
        monkeypatch.setattr(parts.opened.assistant, "ask", held)
        parts.live.start("Why do cracks come?", [], Origin("c1", parts.user(asking), "web"), "course")

    def left_out(*given: Any) -> Any:
        asyncio.run_coroutine_threadsafe(another(), loop).result(10)
        return real(*given)

    monkeypatch.setattr(parts.book, "leave_out", left_out)
    with pytest.raises(gr.Error):
        await does.again("Course only", "c1", asking, DATA)  # type: ignore[arg-type]
    await parts.live.close()
    assert kept(parts, asking) == [ASKED]
