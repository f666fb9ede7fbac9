"""Which tools are on, the network they need, their rests; and the tools that read the course."""

from __future__ import annotations

import asyncio
import contextvars
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from assistant.agent_run import RUN, AgentLimits, AgentRun
from assistant.toolbox import FAILURES, REST_S, Breaker, Off, Toolbox
from assistant.tools.apart import apart
from assistant.tools.calculate import Calculate
from assistant.tools.course_search import CourseSearch
from assistant.tools.reach import FRESH_S, Reach
from assistant.tools.read_source import ReadSource
from assistant.tools.tool import Observation, Source
from index_store.chunks import Chunk, Hit
from index_store.errors import InvalidInput, SettingsError
from index_store.locators import Locator
from index_store.retriever import CourseRetriever
from tests.agents import Canned, page


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening


class Reaching(Canned):
    """A tool that needs a host."""

    host = ("127.0.0.1", 9)


def test_a_tool_whose_host_cannot_be_reached_is_off_and_says_so(listener: socket.socket) -> None:
    tool = Reaching("look", page("x"))
    box = Toolbox([tool, Calculate()])
    assert box.reaches_outside  # nobody has looked yet
    asyncio.run(box.look_around())
    assert box.states() == {"look": Off("127.0.0.1 cannot be reached from here"), "calculate": None}
    assert not box.reaches_outside and box.names() == {"calculate"}
    Reaching.host = ("127.0.0.1", listener.getsockname()[1])
    asyncio.run(box.look_around())
    assert box.states()["look"] is None and box.reaches_outside
    Reaching.host = ("127.0.0.1", 9)


def test_what_is_known_of_a_host_is_kept_for_some_seconds(listener: socket.socket) -> None:
    now = [0.0]
    reach = Reach(clock=lambda: now[0])
    host = ("127.0.0.1", listener.getsockname()[1])
    asyncio.run(reach.look([host]))
    listener.close()
    asyncio.run(reach.look([host]))
    assert reach.is_there(host)
    now[0] = FRESH_S + 1
    asyncio.run(reach.look([host]))
    assert not reach.is_there(host)


def test_behind_a_proxy_only_a_request_would_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    reach = Reach()
    asyncio.run(reach.look([("127.0.0.1", 9)]))
    assert reach.is_there(("127.0.0.1", 9))


def test_a_tool_that_is_not_switched_on_reaches_nothing() -> None:
    box = Toolbox([Reaching("look", page("x"))], allowed=())
    asyncio.run(box.look_around())
    off = box.states()["look"]
    assert off is not None and (str(off), off.told) == ("switched off by LECTERN_TOOLS", "switched off here")


def test_a_breaker_opens_after_failures_in_a_row_and_closes_after_a_success() -> None:
    now = [0.0]
    breaker = Breaker(lambda: now[0])
    for failed in (True, True, False, True, True):
        breaker.note(failed=failed)
    assert breaker.rests_s <= 0
    breaker.note(failed=True)
    assert FAILURES == 3 and breaker.rests_s == REST_S
    now[0] = REST_S
    assert breaker.rests_s <= 0
    breaker.note(failed=True)  # after a rest one failure is enough
    assert breaker.rests_s == REST_S


@pytest.mark.parametrize("limits", [{"steps": 0}, {"seconds": -1.0}, {"tokens": 0}, {"price_usd": 0.0}])
def test_a_limit_that_makes_no_sense_is_refused(limits: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match=next(iter(limits))):
        AgentLimits(**limits)


def test_the_same_passage_keeps_its_number() -> None:
    run = AgentRun("q")
    found = page("One.")
    assert run.take(found) == (1,)
    assert run.take(page("Two.", path="https://b.example")) == (2,)
    assert run.take(Observation(sources=(*found.sources, *found.sources))) == (1,)


async def test_a_blocking_call_sees_the_context_and_does_not_hold_up_the_loop() -> None:
    variable: contextvars.ContextVar[int] = contextvars.ContextVar("variable", default=0)
    variable.set(7)
    gate = threading.Event()

    def work() -> int:
        gate.wait(10)
        return variable.get()

    task = asyncio.create_task(apart(work))
    await asyncio.sleep(0)
    gate.set()
    assert await task == 7

    def fail() -> None:
        raise ValueError("ours")

    with pytest.raises(ValueError, match="ours"):
        await apart(fail)


async def test_whoever_waits_for_a_blocking_call_may_go() -> None:
    gate = threading.Event()
    task = asyncio.create_task(apart(gate.wait, 10))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    gate.set()


async def test_course_search_gives_what_the_retriever_finds(searcher: Any) -> None:
    tool = CourseSearch(CourseRetriever(searcher))
    found = await tool.run(CourseSearch.arguments(query="stoneware", top_k=2))
    assert [s.hit.chunk.id for s in found.sources] == [h.chunk.id for h in searcher.search("stoneware", 2)]
    assert {s.kind for s in found.sources} == {"course"} and found.text == ""


def chunk(n: int, section: str = "s", text: str = "", context: str = "") -> Chunk:
    said = text or f"Part {n} of the section."
    return Chunk(said, context or said, 0, Locator(lines=(n, n)), "/c", "a.md", "A", "prose", section, n)


class Kept:
    """A document of some chunks."""

    def __init__(self, *chunks: Chunk) -> None:
        self._chunks = chunks
        self.asked: list[str] = []

    def chunks(self, document: str) -> list[Chunk]:
        self.asked.append(document)
        return list(self._chunks)


async def read_on(documents: Kept, number: int, *sources: Source) -> Observation:
    run = AgentRun("q")
    run.take(Observation(sources=sources))
    token = RUN.set(run)
    try:
        return await ReadSource(documents).run(ReadSource.arguments(number=number))
    finally:
        RUN.reset(token)


async def test_reading_on_gives_the_rest_of_the_section_in_order() -> None:
    kept = Kept(chunk(3), chunk(1), chunk(2), chunk(9, section="other"))
    found = await read_on(kept, 1, Source(Hit(chunk(2), 1.0, 0.5)))
    assert [s.hit.chunk.ordinal for s in found.sources] == [1, 3]
    assert kept.asked == [chunk(2).document_id] and "section of source 1" in found.text


async def test_reading_on_repeats_nothing_that_was_read() -> None:
    whole = chunk(2, context="Part 1 of the section. Part 2 of the section. Part 3 of the section.")
    found = await read_on(Kept(chunk(1), whole, chunk(3)), 1, Source(Hit(whole, 1.0, 0.5)))
    assert not found.sources and "no more" in found.text


async def test_reading_on_needs_a_source_of_the_course() -> None:
    with pytest.raises(InvalidInput, match="no source 5"):
        await read_on(Kept(), 5)
    with pytest.raises(InvalidInput, match="not from the course"):
        await read_on(Kept(), 1, *page("x").sources)


@pytest.mark.parametrize(("set_", "there"), [({"NO_PROXY": "localhost"}, False), ({"HTTPS_PROXY": "http://p:1"}, True)])
async def test_only_a_proxy_that_stands_between_keeps_a_look_from_telling(
    set_: dict[str, str], there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in set_.items():
        monkeypatch.setenv(name, value)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        host = taken.getsockname()
        reach = Reach()
        await reach.look([host])
        assert reach.is_there(host) is there
