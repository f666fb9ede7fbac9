"""Trying a model's server before anybody waits for it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from llama_index.core.llms import MockLLM

from assistant.llms import choose_model, preflight
from assistant.settings import AssistantSettings
from index_store.errors import (
    LecternError,
    ModelDenied,
    ModelOverloaded,
    ModelUnknown,
    ModelUnreachable,
)
from tests.model_calls import settings_for
from tests.model_server import ModelServer, Reply, failing


async def test_preflight_passes_and_lists_the_models(server: ModelServer) -> None:
    server.models = ["b", "m"]
    model = choose_model(settings_for(server), None)
    assert await preflight(model, asks=False) == ["b", "m"]
    assert not server.chats
    assert await preflight(model) == ["b", "m"]
    assert server.chats[0].body["max_tokens"] == 1


async def test_a_model_that_is_listed_and_cannot_answer_is_told(server: ModelServer) -> None:
    server.models = ["m"]
    model = choose_model(settings_for(server), None)
    server.script(failing(500, "CUDA out of memory"))
    with pytest.raises(ModelOverloaded, match="CUDA out of memory"):
        await preflight(model)


async def test_a_model_that_spends_its_token_on_thinking_works(server: ModelServer) -> None:
    server.models = ["m"]
    refused = failing(400, "Could not finish the message because max_tokens or model output limit was reached.")
    server.script(refused, refused)  # the second time without the usage on streams
    assert await preflight(choose_model(settings_for(server), None)) == ["m"]


async def test_preflight_of_quoting_mode_asks_nobody() -> None:
    assert await preflight(choose_model(AssistantSettings(), MockLLM())) == []


async def test_preflight_names_the_models_that_exist(server: ModelServer) -> None:
    server.models, server.strict_models = [f"model-{n:02}" for n in range(20)], True
    with pytest.raises(ModelUnknown, match="no model 'm'") as caught:
        await preflight(choose_model(settings_for(server), None))
    assert "LECTERN_MODEL to one that it has: model-00, model-01" in caught.value.hint
    assert "and 8 more" in caught.value.hint


async def test_preflight_takes_a_name_that_is_not_listed_but_works(server: ModelServer) -> None:
    server.models = ["other"]
    assert await preflight(choose_model(settings_for(server), None)) == ["other"]
    assert server.chats[0].body["max_tokens"] == 1
    server.models, server.strict_models = ["m:latest"], True  # a short form of it; the refusal is the server's own
    with pytest.raises(ModelUnknown) as caught:
        await preflight(choose_model(settings_for(server), None))
    assert "one that it has: m:latest" not in caught.value.hint


@pytest.mark.parametrize(
    "listing", [None, Reply(body=b"{garbage"), Reply(body=b"{}"), Reply(body=b"[1]"), failing(501)]
)
async def test_preflight_does_without_a_list_of_models(server: ModelServer, listing: Reply | None) -> None:
    server.models, server.models_reply = None, listing
    model = choose_model(settings_for(server), None)
    assert await preflight(model) == []
    server.script(Reply(text="", finish="length"))  # one token may be no word
    assert await preflight(model) == []
    server.script(failing(500))
    with pytest.raises(ModelOverloaded):
        await preflight(model)


@pytest.mark.parametrize(("status", "error"), [(401, ModelDenied), (403, ModelDenied), (503, ModelOverloaded)])
async def test_preflight_tells_why_it_may_not_in(server: ModelServer, status: int, error: type[LecternError]) -> None:
    server.models_reply = failing(status)
    with pytest.raises(error) as caught:
        await preflight(choose_model(settings_for(server), None))
    assert caught.value.hint


async def test_an_address_without_its_path_is_told_as_that(server: ModelServer) -> None:
    settings = replace(settings_for(server), base_url=server.address)
    with pytest.raises(ModelUnreachable, match="no chat completions") as caught:
        await preflight(choose_model(settings, None))
    assert "/v1" in caught.value.hint
