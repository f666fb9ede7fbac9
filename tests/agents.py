"""The agent over a small real library, for tests: with quoting mode, or with a scripted server of models."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from assistant.agent import AgentStep, CourseAgent
from assistant.agent_run import AgentLimits
from assistant.events import Thought, Token, ToolStep
from assistant.llms import Model, choose_model
from assistant.prompts import PromptSet
from assistant.query_engine import Outcome
from assistant.quoting import QuotingLLM
from assistant.settings import AssistantSettings
from assistant.tagging import Tagger
from assistant.toolbox import Toolbox
from assistant.tools.calculate import Calculate
from assistant.tools.course_search import CourseSearch
from assistant.tools.reach import Reach
from assistant.tools.tag_abstract import TagAbstract
from assistant.tools.tool import Arguments, Observation, Tool, outside_source
from index_store.retriever import CourseRetriever
from index_store.search import Searcher
from tests.model_calls import settings_for
from tests.model_server import ModelServer


class NoArguments(Arguments):
    """Nothing."""


class Canned(Tool):
    """Gives what it was made with, or raises it."""

    arguments = NoArguments
    host: tuple[str, int] | None = None

    def __init__(self, name: str, found: Observation | Exception, wait_s: float = 0.0) -> None:
        self.name = name  # type: ignore[misc]  # a tool's name is its class's
        self._found = found
        self._wait_s = wait_s
        self.calls = 0

    @property
    def reaches(self) -> tuple[str, int] | None:
        """The host that it would ask."""
        return self.host

    async def run(self, given: Any) -> Observation:
        """Give it."""
        self.calls += 1
        await asyncio.sleep(self._wait_s)
        if isinstance(self._found, Exception):
            raise self._found
        return self._found


class CutOff(Reach):
    """No host can be reached."""

    async def look(self, hosts: Sequence[Any]) -> None:
        """Find none."""
        self._found = {host: (0.0, False) for host in hosts}


def page(text: str, *, path: str = "https://pages.example/a", kind: Any = "web", note: str = "") -> Observation:
    """An observation of one page from outside."""
    source = outside_source(kind, path, "A page", text, fetched_at="2026-11-23T12:00:00+00:00", cosine=0.5)
    return Observation(note, (source,), addresses=(path,))


def agent_over(
    searcher: Searcher,
    embedder: Any,
    server: ModelServer | None = None,
    tools: Sequence[Tool] = (),
    limits: AgentLimits | None = None,
    **box: Any,
) -> CourseAgent:
    """An agent with course_search, calculate, tag_abstract and more tools."""
    model = quoting(embedder) if server is None else choose_model(settings_for(server, max_retries=0), None)
    tagging = TagAbstract(lambda: Tagger(None, model=model))
    own: list[Tool] = [CourseSearch(CourseRetriever(searcher)), Calculate(), tagging, *tools]
    return CourseAgent(Toolbox(own, embedder=embedder, **box), model, PromptSet(), embedder, limits=limits)


def quoting(embedder: Any) -> Model:
    """Quoting mode."""
    return choose_model(AssistantSettings(), QuotingLLM(embedder))


def act(tool: str, thought: str = "Look.", **arguments: Any) -> str:
    """A reply that calls a tool."""
    return f"Thought: {thought}\nAction: {tool}\nAction Input: {json.dumps(arguments)}"


def answer(text: str, thought: str = "Enough.") -> str:
    """A reply that answers."""
    return f"Thought: {thought}\nAnswer: {text}"


def run(agent: CourseAgent, question: str, history: Any = ()) -> list[AgentStep]:
    """All steps of one turn."""

    async def steps() -> list[AgentStep]:
        return [step async for step in agent.stream(question, history)]

    return asyncio.run(steps())


def outcome(steps: Sequence[AgentStep]) -> Outcome:
    """The last step."""
    assert isinstance(steps[-1], Outcome)
    return steps[-1]


def said(steps: Sequence[AgentStep]) -> str:
    """The text that was streamed."""
    return "".join(s.text for s in steps if isinstance(s, Token))


def thoughts(steps: Sequence[AgentStep]) -> list[str]:
    """The thoughts."""
    return [s.text for s in steps if isinstance(s, Thought)]


def calls(steps: Sequence[AgentStep]) -> list[ToolStep]:
    """The calls of tools that are over."""
    return [s for s in steps if isinstance(s, ToolStep) and s.status != "running"]


STONEWARE = "How hot is stoneware fired?"
SEARCH = act("course_search", query="stoneware temperature")
