"""Measures what the agent adds to the time that its model takes, and how it bears a class of students.

    python -m benchmarks.agent [--turns 60] [--conversations 50] [--over 10] [--json]

Overhead: turns with one course_search over the sample course, from a scripted model that answers at once, over real
HTTP; what the model server itself took for its two replies is taken off, as timed at the server. First step: from the
question to the first thought or call of a tool, in quoting mode. Load: conversations that begin evenly over some
seconds, with a model that says 15 tokens a second, 150 in all; beside it, in the same run and on the same server, a
plain program over LlamaIndex' ReActAgent with one tool over the same search.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from llama_index.core.agent.workflow import ReActAgent
from llama_index.core.tools import FunctionTool
from llama_index.llms.openai_like import OpenAILike

import ingest
from assistant.agent import CourseAgent
from assistant.events import Thought, ToolStep
from assistant.llms import choose_model
from assistant.query_engine import Outcome
from assistant.settings import AssistantSettings
from index_store.minilm import MiniLM
from index_store.search import Searcher
from tests.agents import act, agent_over, answer
from tests.course import searching
from tests.model_server import ModelServer, Reply

QUESTION = "What is ReAct and when would I use it?"
STEP = act("course_search", query=QUESTION, thought="The course first.")
SAID = "In ReAct a model alternates between thoughts, actions that call a tool, and observations of what it gave [1]."
TOKENS = 150
PER_SECOND = 15


def fast(request: dict[str, Any]) -> str:
    """Answer at once: a search, then a short answer."""
    said = request["messages"][-1]["content"]
    return answer(SAID) if "Observation:" in said else STEP


def slow(request: dict[str, Any]) -> Reply:
    """Say 15 tokens a second: 30 for a step, 120 for an answer that names its conversation."""
    said = "\n".join(str(m["content"]) for m in request["messages"])
    number = said.rpartition("conversation number ")[2].split()[0]
    if "Observation:" not in said.rpartition("conversation number ")[2]:
        return paced(act("course_search", query="ReAct", thought=f"For number {number}."), 30)
    return paced(answer(f"For number {number}: ReAct lets a model think and act [1].", thought="Enough."), 120)


def paced(text: str, tokens: int) -> Reply:
    """Cut a text into so many pieces, each after a fifteenth of a second; the last ones fill up with nothing new."""
    size = max(1, len(text) // tokens)
    pieces = [text[n : n + size] for n in range(0, len(text), size)]
    pieces = pieces[: tokens - 1] + ["".join(pieces[tokens - 1 :])]
    return Reply(text=text, pieces=tuple(pieces), piece_delay_s=tokens / PER_SECOND / len(pieces))


@contextmanager
def sample(embedder: MiniLM) -> Iterator[Searcher]:
    """The sample course, ingested."""
    course = Path(ingest.__file__).parent / "sample"
    with tempfile.TemporaryDirectory() as folder, searching(Path(folder) / "home", embedder, course) as searcher:
        yield searcher


async def _turn(agent: CourseAgent, question: str) -> tuple[float, float, Outcome]:
    """Run one turn; give the seconds to the first step, in all, and how it ended."""
    begun, first, end = time.perf_counter(), 0.0, None
    async for step in agent.stream(question):
        if not first and isinstance(step, Thought | ToolStep):
            first = time.perf_counter() - begun
        if isinstance(step, Outcome):
            end = step
    assert end is not None
    return first, time.perf_counter() - begun, end


def overhead(searcher: Searcher, embedder: MiniLM, rounds: int) -> dict[str, float]:
    """Give the median of a turn's time without its model's, and of the search in it, milliseconds."""
    with ModelServer() as server:
        server.default = fast
        agent = agent_over(searcher, embedder, server)
        model = choose_model(_settings(server), None)
        asyncio.run(_turn(agent, QUESTION))
        turns, calls, searches = [], [], []
        for _ in range(rounds):
            turns.append(asyncio.run(_turn(agent, QUESTION))[1])
            calls.append(_two_calls(model))
            begun = time.perf_counter()
            searcher.search(QUESTION, 6)
            searches.append(time.perf_counter() - begun)
    ours = [t - c for t, c in zip(turns, calls, strict=True)]
    named = {"turn_ms": turns, "two_model_calls_ms": calls, "search_ms": searches, "overhead_ms": ours}
    return {name: 1000 * statistics.median(values) for name, values in named.items()}


def _two_calls(model: Any) -> float:
    """Time two bare calls of the same model server, which a turn makes too."""
    from assistant.llms import complete
    from tests.model_calls import ASK

    async def both() -> float:
        begun = time.perf_counter()
        for _ in range(2):
            await complete(model, ASK)
        return time.perf_counter() - begun

    return asyncio.run(both())


def first_step(searcher: Searcher, embedder: MiniLM, rounds: int) -> float:
    """Give the median milliseconds to the first visible step, in quoting mode."""
    agent = agent_over(searcher, embedder)
    asyncio.run(_turn(agent, QUESTION))
    return 1000 * statistics.median(asyncio.run(_turn(agent, QUESTION))[0] for _ in range(rounds))


async def _spread(one: Callable[[int], Awaitable[Any]], count: int, over_s: float) -> tuple[float, list[Any]]:
    """Begin so many conversations evenly over some seconds; give the time until the last is over, and all results."""

    async def later(n: int) -> Any:
        await asyncio.sleep(n * over_s / count)
        return await one(n)

    begun = time.perf_counter()
    results = await asyncio.gather(*(later(n) for n in range(count)))
    return time.perf_counter() - begun, list(results)


def load(searcher: Searcher, embedder: MiniLM, count: int, over_s: float) -> dict[str, float]:
    """Give the throughput of both programs, conversations a second, and how many of ours were mixed."""
    with ModelServer() as server:
        server.default = slow
        agent = agent_over(searcher, embedder, server)

        async def ours(n: int) -> Outcome:
            return (await _turn(agent, f"What is ReAct? This is conversation number {n} ."))[2]

        seconds, ends = asyncio.run(_spread(ours, count, over_s))
        mixed = sum(not end.text.startswith(f"For number {n}:") for n, end in enumerate(ends))
        plain, _ = asyncio.run(_spread(_plain_program(server, searcher), count, over_s))
    ratio = plain / seconds
    return {"ours_per_s": count / seconds, "plain_per_s": count / plain, "ratio": ratio, "mixed": float(mixed)}


def _plain_program(server: ModelServer, searcher: Searcher) -> Callable[[int], Awaitable[Any]]:
    """A program over LlamaIndex' own parts, as its documentation builds one."""

    async def course_search(query: str) -> str:
        """Search the course."""
        hits = await asyncio.to_thread(searcher.search, query, 6)
        return "\n\n".join(f"[{n}] {hit.chunk.context}" for n, hit in enumerate(hits, start=1))

    llm = OpenAILike(model="m", api_base=server.url, api_key="none", is_chat_model=True, max_retries=0, timeout=120)
    agent = ReActAgent(tools=[FunctionTool.from_defaults(async_fn=course_search)], llm=llm)

    async def one(n: int) -> Any:
        handler = agent.run(user_msg=f"What is ReAct? This is conversation number {n} .")
        async for _ in handler.stream_events():
            pass
        return await handler

    return one


def _settings(server: ModelServer) -> AssistantSettings:
    return AssistantSettings(base_url=server.url, model="m", max_retries=0)


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=60)
    parser.add_argument("--conversations", type=int, default=50)
    parser.add_argument("--over", type=float, default=10.0)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    embedder = MiniLM()
    with sample(embedder) as searcher:
        found = overhead(searcher, embedder, given.turns)
        found["first_step_ms"] = first_step(searcher, embedder, given.turns)
        found |= load(searcher, embedder, given.conversations, given.over)
    if given.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name:<20}{value:>10.2f}")


if __name__ == "__main__":
    main()
