"""What goes wrong with a model's server, over real HTTP, and what the user is told."""

from __future__ import annotations

import socket
import time

import pytest
from pydantic import SecretStr

from assistant.llms import Model, choose_model, complete, preflight
from assistant.settings import AssistantSettings
from assistant.usage import metered
from index_store.errors import (
    ModelDenied,
    ModelOverloaded,
    ModelProblem,
    ModelReplyBroken,
    ModelUnknown,
    ModelUnreachable,
)
from tests.model_calls import ASK, KEY, settings_for
from tests.model_server import BY_NAME, ModelServer, Reply, failing


@pytest.fixture
def model(server: ModelServer) -> Model:
    return choose_model(settings_for(server), None)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (BY_NAME["double-empty"], "empty reply, ended with 'stop'"),
        (BY_NAME["double-blank"], "empty reply, ended with 'stop'"),
        (Reply(text="", finish="content_filter"), "content_filter"),
        (Reply(pieces=("<think>", "for ever"), finish="length"), "limit of 4096 tokens before its first word"),
        (BY_NAME["double-garbage"], "no stream of chunks but 'application/json'"),
        (Reply(body=b"<html>Welcome</html>", content_type="text/html"), "no stream of chunks but 'text/html'"),
        (Reply(body=b"", content_type="text/event-stream"), "no stream of chunks"),
        (Reply(events=("{not json",)), "not what a server of this kind sends"),
        (Reply(events=("\udcff\udcfe",)), "not what a server of this kind sends"),
        (Reply(events=("5",)), "not what a server of this kind sends"),
        (Reply(events=('"text"',)), "not what a server of this kind sends"),
        (Reply(events=("[1]",)), "not what a server of this kind sends"),
        (Reply(events=("null",)), "cannot be used"),
        (Reply(events=('{"choices": [{"delta": {"content": 5}}]}',)), "not what a server of this kind sends"),
        (Reply(events=('{"choices": 5}',)), "not what a server of this kind sends"),
        (
            Reply(events=("{}", '{"choices": null}', '{"choices": [{}]}', '{"choices": [{"delta": null}]}')),
            "cut before",
        ),
        (Reply(finish=None, pieces=()), "cut before the end"),
    ],
)
async def test_a_reply_that_is_none_is_told_with_its_reason(server: ModelServer, fault: Reply, reason: str) -> None:
    server.default = fault
    model = choose_model(settings_for(server, max_retries=1), None)
    with pytest.raises(ModelReplyBroken, match=reason) as caught:
        await complete(model, ASK)
    assert caught.value.hint
    assert caught.value.partial == ""


@pytest.mark.parametrize(
    "fault",
    [
        Reply(text="one two three", finish=None),
        Reply(text="one two three", finish=None, done=False),
        Reply(text="one two three", hang_after=2),
        Reply(events=('{"choices": [{"delta": {"content": "one two "}}]}', "{garbage")),
        Reply(events=('{"choices": [{"delta": {"content": "one two "}}]}', '{"error": {"message": "out of memory"}}')),
    ],
)
async def test_a_reply_that_breaks_off_carries_what_was_said(server: ModelServer, fault: Reply) -> None:
    server.script(fault)
    model = choose_model(settings_for(server, request_timeout_s=0.2), None)
    with pytest.raises(ModelReplyBroken, match="broke off") as caught:
        await complete(model, ASK)
    assert caught.value.partial.startswith("one two ")


async def test_a_reply_that_ends_without_done_but_with_a_reason_is_whole(server: ModelServer, model: Model) -> None:
    server.script(Reply(text="All of it.", done=False))
    assert await complete(model, ASK) == "All of it."


async def test_a_reply_cut_at_its_limit_is_given_and_recorded_as_such(server: ModelServer, model: Model) -> None:
    server.script(Reply(text="As far as", finish="length"))
    with metered() as meter:
        assert await complete(model, ASK) == "As far as"
    assert meter.calls[0].finish == "length"


async def test_a_wrong_key_is_told_without_showing_it(server: ModelServer) -> None:
    server.key = "sk-right"
    model = choose_model(settings_for(server, api_key=SecretStr(KEY)), None)
    with pytest.raises(ModelDenied, match="refuses the key") as caught:
        await complete(model, ASK)
    assert "OPENAI_API_KEY" in caught.value.hint
    assert KEY not in str(caught.value)
    assert len(server.chats) == 1


async def test_a_missing_key_is_told(server: ModelServer, model: Model) -> None:
    server.key = "sk-right"
    with pytest.raises(ModelDenied, match="none is set"):
        await complete(model, ASK)


async def test_a_key_that_a_server_repeats_is_masked(server: ModelServer) -> None:
    model = choose_model(settings_for(server, api_key=SecretStr(KEY), max_retries=0), None)
    server.script(failing(500, f"worker for {KEY} died"))
    with pytest.raises(ModelOverloaded, match=r"worker for \*\*\* died"):
        await complete(model, ASK)


@pytest.mark.parametrize("asked", ["complete", "preflight"])
async def test_a_refused_connection_is_told_within_three_seconds(asked: str) -> None:
    address = f"http://127.0.0.1:{free_port()}/v1"
    model = choose_model(AssistantSettings(base_url=address, model="m", backoff_s=6), None)
    started = time.monotonic()
    with pytest.raises(ModelUnreachable, match="connection was refused") as caught:
        await (complete(model, ASK) if asked == "complete" else preflight(model))
    assert time.monotonic() - started < 3
    assert "OPENAI_BASE_URL" in caught.value.hint


async def test_an_address_that_never_connects_is_told_after_its_time() -> None:
    with socket.socket() as listening, socket.socket() as first, socket.socket() as second:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for waiting in (first, second):  # they fill the queue; who comes after them hears nothing
            waiting.setblocking(False)
            waiting.connect_ex(listening.getsockname())
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
        model = choose_model(AssistantSettings(base_url=address, model="m", connect_timeout_s=0.3), None)
        with pytest.raises(ModelUnreachable, match=r"no connection within 0\.3 s"):
            await complete(model, ASK)


async def test_a_model_that_the_server_does_not_have_is_told_when_it_is_asked(server: ModelServer) -> None:
    server.strict_models = True
    with pytest.raises(ModelUnknown, match="has no model 'm'"):
        await complete(choose_model(settings_for(server), None), ASK)
    assert len(server.chats) == 1


@pytest.mark.parametrize(
    "said", ["/chat/completions: Invalid model name passed in model=m.", "The model `m` does not exist."]
)
async def test_a_server_that_refuses_the_name_of_the_model_is_told_too(server: ModelServer, said: str) -> None:
    server.default = failing(400, said)
    with pytest.raises(ModelUnknown, match="has no model 'm'"):
        await complete(choose_model(settings_for(server), None), ASK)
    server.default = failing(400, "The model's context is too small for these messages.")
    with pytest.raises(ModelProblem, match="refused the request"):
        await complete(choose_model(settings_for(server), None), ASK)


async def test_a_server_that_accepts_and_says_nothing_is_told_by_preflight(server: ModelServer) -> None:
    server.models_reply = Reply(hang=True)
    model = choose_model(settings_for(server, request_timeout_s=0.3), None)
    with pytest.raises(ModelUnreachable, match="fell silent"):
        await preflight(model)
