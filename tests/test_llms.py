"""Language models over real HTTP: which one is chosen, what goes over the wire, and replies in any loop or thread."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from typing import Any

import pytest
from llama_index.core.base.llms.types import ChatMessage, ChatResponse
from llama_index.core.llms import MockLLM
from pydantic import SecretStr

from assistant.llms import Model, choose_model, complete, served_models, stream
from assistant.prompts import load
from assistant.settings import DEFAULT_OPENAI_MODEL, AssistantSettings
from assistant.usage import price_of
from index_store.errors import (
    ModelReplyBroken,
    SettingsError,
)
from tests.model_calls import ASK, KEY, settings_for
from tests.model_server import ModelServer, Reply


@pytest.fixture
def model(server: ModelServer) -> Model:
    return choose_model(settings_for(server), None)


def test_an_address_wins_over_a_key_and_without_both_it_is_quoting_mode() -> None:
    quoting = MockLLM()
    local = choose_model(
        AssistantSettings(base_url="http://127.0.0.1:1/v1", api_key=SecretStr(KEY), model="x"), quoting
    )
    hosted = choose_model(AssistantSettings(api_key=SecretStr(KEY)), quoting)
    neither = choose_model(AssistantSettings(model="ignored"), quoting)
    assert (local.mode, local.name, local.label) == ("compatible", "x", "x at http://127.0.0.1:1/v1")
    assert (hosted.mode, hosted.name, hosted.label) == ("openai", DEFAULT_OPENAI_MODEL, "gpt-4.1-mini at OpenAI")
    assert (neither.mode, neither.llm, neither.endpoint) == ("quoting", quoting, None)
    assert neither.label == "quotes only, no language model"


def test_the_default_model_has_a_known_price_and_a_known_window() -> None:
    assert price_of(DEFAULT_OPENAI_MODEL) is not None
    hosted = choose_model(AssistantSettings(api_key=SecretStr(KEY)), None)
    assert hosted.llm.metadata.context_window > 1_000_000
    assert hosted.llm.metadata.is_chat_model
    assert hosted.endpoint is not None and hosted.endpoint.priced


def test_quoting_mode_that_was_not_made_ready_is_an_error() -> None:
    with pytest.raises(SettingsError, match="OPENAI_API_KEY"):
        choose_model(AssistantSettings(), None)


def test_no_secret_is_printed_by_settings_model_or_errors() -> None:
    settings = AssistantSettings(
        base_url="http://me:hunter2@127.0.0.1:9/v1?token=t0k", api_key=SecretStr(KEY), model="m"
    )
    model = choose_model(settings, None)
    shown = f"{settings!r} {settings} {model!r} {model.llm!r} {model.llm.to_dict()} {model.label}"
    for secret in (KEY, "hunter2", "t0k"):
        assert secret not in shown
    assert settings.server == "http://127.0.0.1:9/v1"


def test_the_only_model_of_a_server_is_taken_and_several_are_named(server: ModelServer) -> None:
    server.models = ["only"]
    assert choose_model(settings_for(server, model=None), None).name == "only"
    server.models = ["one", "two"]
    with pytest.raises(SettingsError, match="LECTERN_MODEL to one of them: one, two"):
        choose_model(settings_for(server, model=None), None)
    server.models = []
    with pytest.raises(SettingsError, match="lists no models"):
        choose_model(settings_for(server, model=None), None)
    assert served_models(settings_for(server)) == []


async def test_data_beside_a_message_never_reaches_the_server(server: ModelServer, model: Model) -> None:
    passages = [{"marker": 1, "heading": "h", "locator": "l", "text": "t", "cosine": 0.123456}]
    messages = load("answer").render(question="Why?", passages=passages)
    messages.append(ChatMessage(role="assistant", additional_kwargs={"lectern": {"task": "x"}, "tool_calls": []}))
    await complete(model, messages)
    await model.llm.achat(messages)
    await asyncio.to_thread(model.llm.chat, messages)
    assert len(server.chats) == 3
    for request in server.chats:
        assert b"lectern" not in request.raw and b"0.123456" not in request.raw and b"template" not in request.raw
        assert request.body["messages"][0]["role"] == "system"
        assert set(request.body["messages"][1]) == {"role", "content"}
    assert "lectern" in messages[1].additional_kwargs  # the caller's messages are left alone


async def test_the_request_says_what_the_settings_say(server: ModelServer) -> None:
    settings = settings_for(server, api_key=SecretStr(KEY), temperature=0.3, max_output_tokens=77)
    await complete(choose_model(settings, None), ASK)
    (request,) = server.chats
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.body == {
        "model": "m",
        "temperature": 0.3,
        "max_tokens": 77,
        "messages": [{"role": "user", "content": "Hi"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


async def test_a_compatible_server_gets_nothing_of_the_users_openai_account(
    server: ModelServer, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "of-the-environment")
    await complete(model, ASK)
    assert server.chats[0].headers["authorization"] == "Bearer none"
    assert "of-the-environment" not in str(server.chats[0].headers)


async def test_a_reply_streams_piece_by_piece(server: ModelServer, model: Model) -> None:
    rest = threading.Event()  # what follows the first piece is not sent before that piece has arrived
    server.script(Reply(text="one two three", hang_after=1, until=rest))
    seen = []
    async for piece in stream(model, ASK):
        rest.set()
        seen.append(piece)
    assert len(seen) == 3


async def test_a_whole_reply_is_stripped(server: ModelServer, model: Model) -> None:
    server.script("\n  A reply.  \n")
    assert await complete(model, ASK) == "A reply."


async def test_blocking_calls_from_within_a_running_loop_work_too(server: ModelServer, model: Model) -> None:
    server.script("one", "two", "three")
    assert model.llm.chat(ASK).message.content == "one"
    assert [r.delta for r in model.llm.stream_chat(ASK)] == ["two"]
    assert model.llm.complete("Hi").text == "three"


async def test_ten_replies_at_once_are_not_mixed(server: ModelServer, model: Model) -> None:
    server.default = lambda request: Reply(text=f"echo {request['messages'][0]['content']} end", piece_delay_s=0.01)
    asked = [[ChatMessage(role="user", content=f"<{n}>")] for n in range(10)]
    assert await asyncio.gather(*(complete(model, a) for a in asked)) == [f"echo <{n}> end" for n in range(10)]


def test_one_model_serves_several_event_loops(server: ModelServer, model: Model) -> None:
    for _ in range(3):
        assert asyncio.run(complete(model, ASK)) == Reply().text


class BlankLLM(MockLLM):
    def stream_chat(self, messages: Any, **kwargs: Any) -> Any:
        return (ChatResponse(message=ChatMessage(content=" \n"), delta=piece) for piece in (" ", "\n"))


async def test_an_empty_reply_of_any_model_is_told() -> None:
    with pytest.raises(ModelReplyBroken, match="a blank one answered with nothing"):
        await complete(Model(BlankLLM(), "quoting", "blank", "a blank one"), ASK)


def test_a_test_leaves_no_thread_behind(server: ModelServer, model: Model) -> None:
    before = threading.active_count()
    asyncio.run(complete(model, ASK))
    model.llm.chat(ASK)
    time.sleep(0.05)
    assert threading.active_count() <= before
    assert json.loads(server.chats[0].raw)["model"] == "m"
