"""The agent when something is in the way: tools and models that fail, its limits, and Stop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from assistant.agent_ending import UNFINISHED
from assistant.agent_run import AgentLimits
from assistant.events import Thought
from assistant.refusal import REFUSAL
from assistant.tools.reach import Reach
from index_store.errors import ModelOverloaded, ModelReplyBroken, ToolFailed
from tests.agents import (
    SEARCH,
    STONEWARE,
    Canned,
    act,
    agent_over,
    answer,
    calls,
    outcome,
    page,
    run,
    said,
)
from tests.model_server import ModelServer, Reply, failing


def test_a_tool_that_fails_is_an_observation_and_rests_after_three_failures(
    searcher: Any, minilm: Any, server: ModelServer
) -> None:
    now = [0.0]
    broken = Canned("look", ToolFailed("The site is down.", hint="Go on."))
    agent = agent_over(searcher, minilm, server, [broken], clock=lambda: now[0])
    for _ in range(4):
        server.script(act("look"), answer(REFUSAL))
        steps = run(agent, STONEWARE)
    assert broken.calls == 3
    assert "left alone for 60 seconds" in str(calls(steps)[0].error)
    assert "- look:" not in server.chats[-1].body["messages"][0]["content"]  # and the model is not offered it
    now[0] = 61.0
    server.script(act("look"), answer(REFUSAL))
    run(agent, STONEWARE)
    assert broken.calls == 4


def test_a_tool_that_takes_too_long_is_left(
    searcher: Any, minilm: Any, server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Canned("look", page("late"), wait_s=60)
    monkeypatch.setattr(Canned, "timeout_s", 0.05)
    server.script(act("look"), answer(REFUSAL))
    steps = run(agent_over(searcher, minilm, server, [slow]), STONEWARE)
    assert "did not answer in time" in str(calls(steps)[0].error)


def test_a_fault_of_ours_in_a_tool_ends_the_turn_as_what_it_is(searcher: Any, minilm: Any, server: ModelServer) -> None:
    server.script(act("look"), answer("Hot [1]."))
    with pytest.raises(ZeroDivisionError, match="ours"):
        run(agent_over(searcher, minilm, server, [Canned("look", ZeroDivisionError("ours"))]), STONEWARE)


LIMITS = [
    (AgentLimits(steps=2), "limit of 2 steps"),
    (AgentLimits(tokens=30), "limit of 30 tokens"),
]


@pytest.mark.parametrize(("limits", "told"), LIMITS)
def test_a_limit_ends_the_turn_with_the_best_answer_so_far(
    searcher: Any, minilm: Any, server: ModelServer, limits: AgentLimits, told: str
) -> None:
    server.script(SEARCH, *(act("course_search", query=f"stoneware {n}") for n in range(9)))
    steps = run(agent_over(searcher, minilm, server, limits=limits), STONEWARE)
    end = outcome(steps)
    assert told in end.limit
    assert end.found and "1,260 degrees" in end.text and end.citations
    assert said(steps) == end.text
    assert len(server.chats) == 2


def test_at_a_limit_each_part_of_a_question_is_answered_from_what_was_found(searcher: Any, minilm: Any) -> None:
    both = f"{STONEWARE} Who was the first potter on the Moon?"
    end = outcome(run(agent_over(searcher, minilm, limits=AgentLimits(steps=2)), both))
    assert "2 steps" in end.limit and end.found and "1,260 degrees" in end.text


def test_the_limit_of_the_price_holds_where_the_price_is_known(
    searcher: Any, minilm: Any, server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from assistant import usage

    monkeypatch.setattr(usage.Call, "price_usd", property(lambda self: 0.3))
    server.script(SEARCH, *(act("course_search", query=f"stoneware {n}") for n in range(9)))
    end = outcome(run(agent_over(searcher, minilm, server, limits=AgentLimits(price_usd=0.5)), STONEWARE))
    assert "$0.5" in end.limit and len(server.chats) == 2


def test_the_limit_of_seconds_ends_a_turn_whose_model_is_silent(
    searcher: Any, minilm: Any, server: ModelServer
) -> None:
    server.script(SEARCH, Reply(hang=True))
    end = outcome(run(agent_over(searcher, minilm, server, limits=AgentLimits(seconds=1.0)), STONEWARE))
    assert "limit of 1 seconds" in end.limit
    assert end.found and "1,260 degrees" in end.text


def test_a_limit_before_anything_was_found_is_not_laid_to_the_course(
    searcher: Any, minilm: Any, server: ModelServer
) -> None:
    server.script(Reply(hang=True))
    end = outcome(run(agent_over(searcher, minilm, server, limits=AgentLimits(seconds=0.3)), STONEWARE))
    assert (end.found, end.text) == (False, UNFINISHED) and end.limit


def test_the_first_step_does_not_wait_for_a_host_that_drops_packets(searcher: Any, minilm: Any) -> None:
    class Dropping(Reach):
        async def look(self, hosts: Sequence[Any]) -> None:
            await asyncio.Event().wait()

    async def first() -> Any:
        steps = agent_over(searcher, minilm, reach=Dropping()).stream(STONEWARE)
        try:
            return await asyncio.wait_for(anext(steps), 5)
        finally:
            await steps.aclose()

    assert isinstance(asyncio.run(first()), Thought)


@pytest.mark.parametrize("reply", [Reply(text=SEARCH, piece_delay_s=0.05), Reply(hang=True)])
def test_stopping_ends_the_turn_at_once_while_the_model_speaks(
    searcher: Any, minilm: Any, server: ModelServer, reply: Reply
) -> None:
    server.script(reply)
    assert _stopped_when(lambda: bool(server.chats), agent_over(searcher, minilm, server)) < 1.0
    assert server.hung_up.wait(5)


def test_stopping_ends_the_turn_at_once_while_a_tool_runs(searcher: Any, minilm: Any, server: ModelServer) -> None:
    server.script(act("look"))
    slow = Canned("look", page("late"), wait_s=60)
    assert _stopped_when(lambda: slow.calls == 1, agent_over(searcher, minilm, server, [slow])) < 1.0


def _stopped_when(begun: Callable[[], bool], agent: Any) -> float:
    """Stop a turn once that has begun; give how long it took. The bound is the product's promise: within a second."""

    async def turn() -> float:
        async def read() -> None:
            async for _ in agent.stream(STONEWARE):
                pass

        task = asyncio.create_task(read())
        while not begun():
            assert not task.done(), "the turn ended before it could be stopped"
            await asyncio.sleep(0.005)
        told = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return time.monotonic() - told

    return asyncio.run(turn())


@pytest.mark.parametrize(
    ("reply", "error"), [(failing(500), ModelOverloaded), (Reply(text=SEARCH, cut_after=2), ModelReplyBroken)]
)
def test_a_model_that_fails_is_told_as_what_it_is(
    searcher: Any, minilm: Any, server: ModelServer, reply: Reply, error: type[Exception]
) -> None:
    server.default = reply
    with pytest.raises(error):
        run(agent_over(searcher, minilm, server), STONEWARE)
