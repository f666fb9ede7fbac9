"""Which way a turn takes: the course, the agent, or the course and then the agent."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from assistant.conversation import Assistant
from assistant.events import Answer, Event, Failure, Refusal, Retrieved, Token, ToolStep, Withdrawn
from assistant.llms import choose_model
from assistant.refusal import REFUSAL
from tests.agents import Canned, agent_over, page
from tests.course import engine_over
from tests.model_calls import settings_for
from tests.model_server import ModelServer

STONEWARE = "How hot is stoneware fired?"
MOON = "What is the Moon made of?"


class Outside(Canned):
    """A search engine of a kind, on a host that is there or not."""

    port = 9

    @property
    def reaches(self) -> tuple[str, int]:
        return ("127.0.0.1", self.port)


@pytest.fixture
def online(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        monkeypatch.setattr(Outside, "port", listening.getsockname()[1])
        yield


def assistant_over(searcher: Any, minilm: Any, server: ModelServer | None = None) -> tuple[Assistant, Outside]:
    """An assistant with both ways, and a tool outside that knows of the Moon."""
    tool = Outside("web_search", page("The Moon is made of rock and dust. Its core is made of iron."))
    tool.arguments = _Query
    agent = agent_over(searcher, minilm, server, [tool])
    model = None if server is None else choose_model(settings_for(server, max_retries=0), None)
    engine = engine_over(searcher, minilm) if model is None else engine_over(searcher, minilm, model)
    return Assistant(engine, toolbox=agent.toolbox, open_agent=lambda: agent), tool


class _Query(Canned.arguments):  # type: ignore[misc,name-defined]
    query: str


def ask(assistant: Assistant, question: str, way: Any = "auto") -> list[Event]:
    async def events() -> list[Event]:
        return [event async for event in assistant.ask(question, way=way)]

    return asyncio.run(events())


def kinds(events: list[Event]) -> set[type]:
    return {type(e) for e in events}


@pytest.mark.usefixtures("online")
def test_what_the_course_answers_is_answered_from_the_course_alone(searcher: Any, minilm: Any) -> None:
    assistant, tool = assistant_over(searcher, minilm)
    events = ask(assistant, STONEWARE)
    assert isinstance(events[-1], Answer) and ToolStep not in kinds(events) and tool.calls == 0


@pytest.mark.usefixtures("online")
def test_what_the_course_lacks_is_looked_up_and_the_course_is_not_searched_twice(searcher: Any, minilm: Any) -> None:
    assistant, tool = assistant_over(searcher, minilm)
    events = ask(assistant, MOON)
    end = events[-1]
    assert isinstance(end, Answer) and end.citations[0].kind == "web" and tool.calls == 1
    steps = [e for e in events if isinstance(e, ToolStep)]
    assert [(s.tool, s.status) for s in steps] == [
        ("course_search", "running"),
        ("course_search", "done"),
        ("web_search", "running"),
        ("web_search", "done"),
    ]
    assert len([e for e in events if isinstance(e, Retrieved)]) == 1


def test_without_a_network_the_course_says_that_it_does_not_know(searcher: Any, minilm: Any) -> None:
    assistant, tool = assistant_over(searcher, minilm)
    events = ask(assistant, MOON)
    assert isinstance(events[-1], Refusal) and ToolStep not in kinds(events) and tool.calls == 0


@pytest.mark.usefixtures("online")
def test_course_only_means_the_course_only(searcher: Any, minilm: Any) -> None:
    assistant, tool = assistant_over(searcher, minilm)
    assert isinstance(ask(assistant, MOON, "course")[-1], Refusal) and tool.calls == 0
    assert isinstance(ask(assistant, "What is 2 + 2?", "course")[-1], Refusal)


@pytest.mark.usefixtures("online")
@pytest.mark.parametrize("way", ["auto", "course", "agent"])
def test_a_greeting_is_answered_and_nothing_is_searched(searcher: Any, minilm: Any, way: str) -> None:
    assistant, tool = assistant_over(searcher, minilm)
    end = ask(assistant, "Hello!", way)[-1]
    assert isinstance(end, Refusal) and "course" in end.text and REFUSAL not in end.text
    assert end.related == () and tool.calls == 0


def test_arithmetic_needs_no_network(searcher: Any, minilm: Any) -> None:
    assistant, _ = assistant_over(searcher, minilm)
    end = ask(assistant, "What is 2 + 2?")[-1]
    assert isinstance(end, Answer) and end.text.startswith("2 + 2 = 4")


@pytest.mark.usefixtures("online")
def test_the_agent_is_asked_where_the_user_wants_it(searcher: Any, minilm: Any) -> None:
    assistant, _ = assistant_over(searcher, minilm)
    assert ToolStep in kinds(ask(assistant, STONEWARE, "agent"))


@pytest.mark.usefixtures("online")
def test_a_greeting_is_not_looked_up(searcher: Any, minilm: Any) -> None:
    assistant, tool = assistant_over(searcher, minilm)
    assert isinstance(ask(assistant, "Hello there!")[-1], Refusal) and tool.calls == 0


@pytest.mark.usefixtures("online")
def test_a_text_that_cites_nothing_is_withdrawn_before_the_agent_answers(
    searcher: Any, minilm: Any, server: ModelServer
) -> None:
    server.script(
        "It is cheese, I believe.",
        'Thought: Look.\nAction: web_search\nAction Input: {"query": "Moon"}',
        "Thought: Enough.\nAnswer: It is made of rock [9].",
        "Thought: Enough.\nAnswer: It is made of rock [1].",
    )
    assistant, _ = assistant_over(searcher, minilm, server)
    server.default = lambda request: _cite_last(request)
    events = ask(assistant, MOON)
    withdrawn = [n for n, e in enumerate(events) if isinstance(e, Withdrawn)]
    assert len(withdrawn) == 1
    before = "".join(e.text for e in events[: withdrawn[0]] if isinstance(e, Token))
    after = "".join(e.text for e in events[withdrawn[0] :] if isinstance(e, Token))
    assert before == "It is cheese, I believe." and "cheese" not in after
    assert isinstance(events[-1], Answer | Refusal) and "cheese" not in events[-1].text


def _cite_last(request: dict[str, Any]) -> str:
    return f"Thought: Enough.\nAnswer: {REFUSAL}"


def test_a_model_that_fails_is_a_failure_and_not_looked_up(searcher: Any, minilm: Any, server: ModelServer) -> None:
    from tests.model_server import failing

    server.default = failing(500)
    assistant, tool = assistant_over(searcher, minilm, server)
    assert isinstance(ask(assistant, MOON)[-1], Failure) and tool.calls == 0
