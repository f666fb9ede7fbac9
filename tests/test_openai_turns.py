"""Turns through `/v1` over a small course: keys, limits, a scripted model, streams that break, clients that go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from assistant.gate import TurnLimits
from tests.api_server import LIMIT, Keys, Served, extra, people, served_api, user
from tests.model_server import ModelServer, Reply, failing
from ui.openai_replies import WITHDRAWN

KILN = "How hot is stoneware fired?"


@pytest.fixture(scope="module")
def model() -> Iterator[ModelServer]:
    with ModelServer() as found:
        yield found


@pytest.fixture(scope="module")
def modelled(api_home: Path, model: ModelServer) -> Iterator[Served]:
    with served_api(api_home, OPENAI_BASE_URL=model.url, LECTERN_MODEL="double") as found:
        yield found


@pytest.fixture
def asking(modelled: Served) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=modelled.openai, api_key="any", max_retries=2) as found:
        yield found


def test_a_key_that_is_missing_or_wrong_is_told_as_openai_does(guarded: Served) -> None:
    client = openai.OpenAI(base_url=guarded.openai, api_key="nobody", max_retries=0)
    with client, pytest.raises(openai.AuthenticationError) as told:
        client.models.list()
    assert told.value.code == "invalid_api_key"
    bare = httpx.get(f"{guarded.openai}/models")
    assert bare.status_code == 401 and bare.headers["www-authenticate"] == "Bearer"


def test_a_limit_says_when_to_try_again(guarded: Served, keys: Keys) -> None:
    keys.raises = LIMIT
    client = openai.OpenAI(base_url=guarded.openai, api_key="ann", max_retries=0)
    try:
        with client, pytest.raises(openai.RateLimitError) as told:
            client.chat.completions.create(model="lectern", messages=user(KILN))
    finally:
        keys.raises = None
    assert told.value.response.headers["retry-after"] == "8" and told.value.code == "rate_limit_exceeded"


def test_turns_a_minute_are_limited_and_so_are_embeddings(api_home: Path) -> None:
    with served_api(api_home, people(), TurnLimits(turns_a_minute=2)) as served:
        with openai.OpenAI(base_url=served.openai, api_key="ann", max_retries=0) as client:
            assert client.chat.completions.create(model="lectern", messages=user(KILN)).choices
            assert client.embeddings.create(model="lectern-embedding", input="clay").data
            for stream in (False, True):
                with pytest.raises(openai.RateLimitError) as told:
                    client.chat.completions.create(model="lectern", messages=user(KILN), stream=stream)
                assert 50 <= int(told.value.response.headers["retry-after"]) <= 60
            with pytest.raises(openai.RateLimitError):
                client.embeddings.create(model="lectern-embedding", input="clay")
        rows = {"rows": [{"id": n, "abstract": "We train BERT."} for n in range(5)]}
        tags = httpx.post(f"{served.address}/api/tags/batch", json=rows, headers={"authorization": "Bearer ben"})
        assert [row["tags"] for row in tags.json()["rows"]] == [["BERT"]] * 5  # a file takes one place, not five


def test_tokens_are_told_where_the_model_s_server_reported_them(asking: openai.OpenAI, model: ModelServer) -> None:
    model.script("Stoneware is fired at 1,260 degrees Celsius for nine hours. [1]")
    reply = asking.chat.completions.create(model="lectern", messages=user(KILN))
    assert reply.usage is not None
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens, reply.usage.total_tokens) == (11, 7, 18)
    model.script(Reply("Stoneware is fired at 1,260 degrees Celsius for nine hours. [1]", usage=None))
    assert asking.chat.completions.create(model="lectern", messages=user(KILN)).usage is None


@pytest.mark.parametrize("stream", [False, True])
def test_a_failing_model_is_an_error_and_no_second_turn(
    asking: openai.OpenAI, modelled: Served, model: ModelServer, stream: bool
) -> None:
    turns = len(traces(modelled))
    model.script(failing(401, "No such key."))
    with pytest.raises(openai.InternalServerError) as told:
        asking.chat.completions.create(model="lectern", messages=user(KILN), stream=stream)
    assert told.value.status_code == 502 and told.value.type == "server_error"
    assert len(traces(modelled)) == turns + 1  # the client would have tried twice more


def test_a_stream_that_breaks_ends_in_an_error(asking: openai.OpenAI, model: ModelServer) -> None:
    model.script(Reply("Stoneware is fired at 1,260 degrees Celsius [1] for nine hours.", cut_after=9))
    said = ""
    with pytest.raises(openai.APIError) as told:
        for chunk in asking.chat.completions.create(model="lectern", messages=user(KILN), stream=True):
            said += chunk.choices[0].delta.content or ""
    assert said.startswith("Stoneware") and told.value.body["type"] == "server_error"  # type: ignore[index]


def test_words_that_no_source_bears_out_are_taken_back_in_words(asking: openai.OpenAI, model: ModelServer) -> None:
    model.script("Stoneware is fired by moonlight and by nobody else at all.")
    chunks = list(asking.chat.completions.create(model="lectern", messages=user(KILN), stream=True))
    said = "".join(c.choices[0].delta.content or "" for c in chunks)
    about = extra(chunks[-1])
    assert not about["found"] and said.endswith(WITHDRAWN + about["answer"])


def traces(served: Served) -> list[Any]:
    from assistant.tracing.queries import TraceReader

    return TraceReader(served.parts.library.traces.engine).find(limit=1_000)


CALL = {"name": "ask_course", "arguments": {"question": KILN}}
WAYS: dict[str, tuple[str, dict[str, Any]]] = {
    "reply": ("/v1/chat/completions", {"model": "lectern", "messages": user(KILN)}),
    "stream": ("/v1/chat/completions", {"model": "lectern", "messages": user(KILN), "stream": True}),
    "rest": ("/api/ask", {"question": KILN}),
    "mcp": ("/mcp", {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": CALL}),
}


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(15):
        while not holds():
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("way", WAYS)
async def test_a_client_that_hangs_up_ends_its_turn(modelled: Served, model: ModelServer, way: str) -> None:
    model.hung_up.clear()
    model.script(Reply("Stoneware is fired. " * 5, hang_after=3))
    before, (path, body) = len(model.chats), WAYS[way]
    headers = {"accept": "application/json, text/event-stream"}
    async with httpx.AsyncClient(timeout=None) as client:
        asking = asyncio.create_task(client.post(f"{modelled.address}{path}", json=body, headers=headers))
        await until(lambda: len(model.chats) > before)
        asking.cancel()
        await asyncio.wait([asking])
    await until(model.hung_up.is_set)
    await until(lambda: traces(modelled)[0]["status"] != "running")
    assert traces(modelled)[0]["status"] == "stopped"
    await until(lambda: len(modelled.api.turns) == 0)


@pytest.mark.parametrize("way", WAYS)
async def test_a_server_that_stops_keeps_the_turns_under_way(api_home: Path, model: ModelServer, way: str) -> None:
    model.script(Reply("Stoneware is fired. " * 5, hang_after=3))
    before, (path, body) = len(model.chats), WAYS[way]
    headers = {"accept": "application/json, text/event-stream"}
    async with httpx.AsyncClient(timeout=None) as client:
        with served_api(api_home, OPENAI_BASE_URL=model.url, LECTERN_MODEL="double") as served:
            asking = asyncio.create_task(client.post(f"{served.address}{path}", json=body, headers=headers))
            await until(lambda: len(model.chats) > before)
            stopping = asyncio.get_running_loop().run_in_executor(None, served.stop)
            await asyncio.gather(asking, stopping, return_exceptions=True)
            assert traces(served)[0]["status"] == "stopped"


@pytest.mark.parametrize("way", ["reply", "stream", "rest"])
async def test_who_waits_for_a_turn_is_told_that_the_server_stops(
    modelled: Served, model: ModelServer, way: str
) -> None:
    model.script(Reply("Stoneware is fired at 1,260 degrees Celsius. [1] " * 5, hang_after=9))
    before, (path, body) = len(model.chats), WAYS[way]
    async with httpx.AsyncClient(timeout=None) as client:
        asking = asyncio.create_task(client.post(f"{modelled.address}{path}", json=body))
        await until(lambda: len(model.chats) > before)
        await until(lambda: modelled.api.turns)
        await until(lambda: traces(modelled)[0]["status"] == "running")
        closing = asyncio.run_coroutine_threadsafe(modelled.api.turns.close(), loop_of(modelled))
        answer = await asking
        await asyncio.wrap_future(closing)
    assert "The server is being stopped" in answer.text
    assert answer.status_code in ((503,) if way != "stream" else (200, 503))
    assert traces(modelled)[0]["status"] == "stopped"


def loop_of(served: Served) -> asyncio.AbstractEventLoop:
    """Give the event loop that the turns of a server run on."""
    (turn,) = served.api.turns._running
    return turn.task.get_loop()


def test_a_silent_stream_says_that_it_is_there(
    modelled: Served, model: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.openai_api.SILENT_FOR_S", 0.05)
    model.script(Reply("Stoneware is fired at 1,260 degrees Celsius. [1]", piece_delay_s=0.15))
    body = {"model": "lectern", "messages": user(KILN), "stream": True}
    said = httpx.post(f"{modelled.openai}/chat/completions", json=body, timeout=20).text
    assert ": still at work\n\n" in said and said.endswith("data: [DONE]\n\n")


async def test_ten_at_once_are_answered_each_with_their_own(guarded: Served) -> None:
    asked = [KILN, "What is a glaze?", "How much clay do beginners use?", "How many points does late work lose?"] * 3
    async with openai.AsyncOpenAI(base_url=guarded.openai, api_key="ann", max_retries=0) as client:
        replies = await asyncio.gather(
            *(client.chat.completions.create(model="lectern", messages=user(q)) for q in asked)
        )
    paths = [extra(r)["citations"][0]["path"] for r in replies]
    assert paths == ["kilns.md", "glazes.md", "wheel.md", "grading.txt"] * 3
    assert len({r.id for r in replies}) == len(asked)
