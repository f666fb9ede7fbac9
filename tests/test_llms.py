"""Language models over real HTTP against the double: choice, streaming, retries, faults, cancelling, preflight."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import AsyncGenerator, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, MessageRole
from llama_index.core.llms import MockLLM
from pydantic import SecretStr

from assistant.chat_calls import Thoughts
from assistant.llms import Model, choose_model, complete, preflight, served_models, stream
from assistant.prompts import load
from assistant.settings import DEFAULT_OPENAI_MODEL, AssistantSettings
from assistant.usage import Call, Meter, metered, metered_steps, price_of
from index_store.errors import (
    LecternError,
    ModelDenied,
    ModelOverloaded,
    ModelProblem,
    ModelReplyBroken,
    ModelUnknown,
    ModelUnreachable,
    SettingsError,
)
from tests.model_server import BY_NAME, ModelServer, Reply, failing

KEY = "sk-test-0123456789"
ASK = [ChatMessage(role=MessageRole.USER, content="Hi")]


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


def settings_for(server: ModelServer, **more: Any) -> AssistantSettings:
    quick = {"request_timeout_s": 5.0, "deadline_s": 10.0, "backoff_s": 0.01, "model": "m"}
    return AssistantSettings(base_url=server.url, **(quick | more))


@pytest.fixture
def model(server: ModelServer) -> Model:
    return choose_model(settings_for(server), None)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def said_by(model: Model) -> str:
    return "".join([piece async for piece in stream(model, ASK)])


# ---- settings and choice


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


@pytest.mark.parametrize(
    "wrong",
    [
        {"base_url": "localhost:11434"},
        {"base_url": "ftp://host/v1"},
        {"base_url": "http://host:99999999/v1"},
        {"base_url": ""},
        {"deadline_s": 0},
        {"max_retries": -1},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        AssistantSettings(**wrong)


def test_settings_are_frozen() -> None:
    with pytest.raises(AttributeError):
        AssistantSettings().model = "x"  # type: ignore[misc]


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


# ---- what goes over the wire


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


# ---- replies


async def test_a_reply_streams_piece_by_piece(server: ModelServer, model: Model) -> None:
    server.script(Reply(text="one two three", piece_delay_s=0.05))
    started, times = time.monotonic(), []
    async for _ in stream(model, ASK):
        times.append(time.monotonic() - started)
    assert len(times) == 3
    assert times[-1] - times[0] >= 0.08


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


@pytest.mark.parametrize(
    ("pieces", "reply"),
    [
        (("<think>", "Let me <b>see</b>", "</think>", "\n\nIt is so."), "It is so."),
        (("\n<thi", "nk>a</thi", "nk> <think>b</think>It", " is so."), "It is so."),
        (("<thin", " ice> is no thought."), "<thin ice> is no thought."),
        (("I <think>", "so</think>."), "I <think>so</think>."),
        (("<th",), "<th"),
    ],
)
async def test_thoughts_at_the_beginning_are_left_out(
    server: ModelServer, model: Model, pieces: tuple[str, ...], reply: str
) -> None:
    server.script(Reply(pieces=pieces))
    assert await said_by(model) == reply


@given(st.text("<>/thinkx \n", max_size=40), st.sampled_from(["", "<think>", " <think>a</think>"]), st.data())
def test_thoughts_are_left_out_however_the_reply_is_cut(text: str, start: str, data: st.DataObject) -> None:
    whole, cut = Thoughts(), Thoughts()
    text = start + text
    at = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    pieces = [text[i:j] for i, j in zip([0, *at], [*at, len(text)], strict=True)]
    assert "".join(map(cut.feed, pieces)) + cut.rest() == whole.feed(text) + whole.rest()


# ---- usage


async def test_usage_of_a_stream_is_counted_and_a_compatible_server_has_no_price(
    server: ModelServer, model: Model
) -> None:
    server.script(Reply(usage=(100, 20), cached=60, model="served-name"))
    with metered() as meter:
        await complete(model, ASK)
    assert meter.calls == [Call("model", "served-name", 100, 20, 60, priced=False, finish="stop")]
    assert meter.usage().price_usd is None


async def test_usage_that_is_not_reported_is_none(server: ModelServer, model: Model) -> None:
    server.script(Reply(usage=None))
    with metered() as meter:
        await complete(model, ASK)
    assert (meter.usage().input_tokens, meter.usage().output_tokens, meter.usage().source) == (None, None, "none")


async def test_a_reply_that_is_abandoned_or_cut_counts_as_a_call_with_unknown_tokens(
    server: ModelServer, model: Model
) -> None:
    server.script(Reply(cut_after=1), Reply(piece_delay_s=0.05))
    with metered() as meter:
        with pytest.raises(ModelReplyBroken):
            await complete(model, ASK)
        pieces = stream(model, ASK)
        await anext(pieces)
        await pieces.aclose()
        await asyncio.sleep(0.05)
    assert [(c.input_tokens, c.finish) for c in meter.calls] == [(None, None), (None, None)]


async def test_a_stream_read_in_steps_counts_on_the_meter_it_began_with(server: ModelServer, model: Model) -> None:
    meter = Meter()
    steps: AsyncGenerator[str, None] = metered_steps(meter, stream(model, ASK))
    while True:
        try:
            await asyncio.create_task(anext(steps))  # type: ignore[arg-type]
        except StopAsyncIteration:
            break
    assert meter.usage().input_tokens == 11


async def test_a_failed_try_is_not_counted(server: ModelServer, model: Model) -> None:
    server.script(failing(500), Reply())
    with metered() as meter:
        await complete(model, ASK)
    assert len(meter.calls) == 1


# ---- what a server does not take


@pytest.mark.parametrize("field", ["stream_options", "temperature", "max_tokens"])
async def test_a_field_that_the_server_refuses_is_left_out_and_not_tried_again(
    server: ModelServer, model: Model, field: str
) -> None:
    server.refused_fields = {field}
    if field == "max_tokens":
        message = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
        server.refused_fields = set()
        server.script(failing(400, message))
    assert await complete(model, ASK) == Reply().text
    assert await complete(model, ASK) == Reply().text
    sent = [field in request.body for request in server.chats]
    assert sent == [True, False, False]
    if field == "max_tokens":
        assert server.chats[-1].body["max_completion_tokens"] == 4096


async def test_a_refusal_for_another_reason_is_told_and_teaches_nothing(server: ModelServer, model: Model) -> None:
    server.script(failing(400, "This is not allowed."), failing(400, "This is not allowed."))
    with pytest.raises(ModelProblem, match="This is not allowed"):
        await complete(model, ASK)
    await complete(model, ASK)
    assert "stream_options" in server.chats[-1].body


async def test_too_long_a_prompt_is_told_as_that(server: ModelServer, model: Model) -> None:
    server.script(failing(400, "This model's maximum context length is 4096 tokens.", code="context_length_exceeded"))
    with pytest.raises(ModelProblem, match="too long for m") as caught:
        await complete(model, ASK)
    assert "longer context" in caught.value.hint
    assert len(server.chats) == 1


# ---- retries


@pytest.mark.parametrize(
    "fault",
    [
        failing(429),
        failing(500),
        failing(503),
        failing(408),
        Reply(drop=True),
        Reply(cut_after=0),
        Reply(events=('{"error": {"message": "overloaded"}}',)),
    ],
)
async def test_a_passing_fault_before_the_first_word_is_tried_again(
    server: ModelServer, model: Model, fault: Reply
) -> None:
    server.script(fault, fault, "Now.")
    assert await complete(model, ASK) == "Now."
    assert len(server.chats) == 3


async def test_the_server_says_how_long_to_wait(server: ModelServer, model: Model) -> None:
    server.script(failing(429, headers={"Retry-After": "0.4"}), failing(503, headers={"retry-after-ms": "200"}), "Now.")
    await complete(model, ASK)
    first, second, third = (request.seconds for request in server.chats)
    assert second - first >= 0.4
    assert 0.2 <= third - second < 0.4


async def test_a_date_in_retry_after_is_understood(server: ModelServer, model: Model) -> None:
    server.script(failing(429, headers={"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}), "Now.")
    assert await complete(model, ASK) == "Now."


async def test_a_wait_beyond_the_deadline_is_not_waited(server: ModelServer, model: Model) -> None:
    server.script(failing(429, headers={"Retry-After": "3600"}))
    started = time.monotonic()
    with pytest.raises(ModelOverloaded):
        await complete(model, ASK)
    assert time.monotonic() - started < 2
    assert len(server.chats) == 1


@pytest.mark.parametrize("name", ["double-overloaded", "double-broken"])
async def test_a_fault_that_stays_is_told_after_the_last_try(server: ModelServer, name: str) -> None:
    model = choose_model(settings_for(server, model=name, max_retries=2), None)
    with pytest.raises(ModelOverloaded, match=r"tried up to 3 times") as caught:
        await complete(model, ASK)
    assert len(server.chats) == 3
    assert "lectern doctor" in caught.value.hint


@pytest.mark.parametrize(
    "fault",
    [
        failing(429, "You exceeded your current quota.", code="insufficient_quota"),
        failing(501),
        failing(404),
        failing(409),
    ],
)
async def test_a_lasting_fault_is_not_tried_again(server: ModelServer, model: Model, fault: Reply) -> None:
    server.script(fault)
    with pytest.raises(ModelProblem):
        await complete(model, ASK)
    assert len(server.chats) == 1


async def test_after_the_first_word_nothing_is_tried_again(server: ModelServer, model: Model) -> None:
    server.script(Reply(text="one two three", cut_after=2))
    pieces = []
    with pytest.raises(ModelReplyBroken, match="broke off") as caught:
        async for piece in stream(model, ASK):
            pieces.append(piece)
    assert "".join(pieces) == caught.value.partial == "one two "
    assert len(server.chats) == 1


# ---- broken replies


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


class BlankLLM(MockLLM):
    def stream_chat(self, messages: Any, **kwargs: Any) -> Any:
        return (ChatResponse(message=ChatMessage(content=" \n"), delta=piece) for piece in (" ", "\n"))


async def test_an_empty_reply_of_any_model_is_told() -> None:
    with pytest.raises(ModelReplyBroken, match="a blank one answered with nothing"):
        await complete(Model(BlankLLM(), "quoting", "blank", "a blank one"), ASK)


# ---- time


async def test_silence_is_told_after_its_time(server: ModelServer) -> None:
    model = choose_model(settings_for(server, model="double-hang", request_timeout_s=0.2), None)
    with pytest.raises(ModelUnreachable, match=r"fell silent for 0\.2 s"):
        await complete(model, ASK)
    assert len(server.chats) == 1


async def test_a_reply_that_trickles_on_for_ever_ends_at_the_deadline(server: ModelServer) -> None:
    server.script(Reply(text="word " * 200, piece_delay_s=0.02))
    model = choose_model(settings_for(server, deadline_s=0.5), None)
    started = time.monotonic()
    with pytest.raises(ModelReplyBroken, match=r"not done within 0\.5 s") as caught:
        await complete(model, ASK)
    assert 0.4 < time.monotonic() - started < 1.5
    assert caught.value.partial.startswith("word word ")
    assert await asyncio.to_thread(server.hung_up.wait, 2)


async def test_a_slow_reader_does_not_use_up_the_time_of_the_model(server: ModelServer) -> None:
    model = choose_model(settings_for(server, request_timeout_s=0.3), None)
    async for _ in stream(model, ASK):
        await asyncio.sleep(0.1)


async def test_the_event_loop_goes_on_while_a_model_is_slow(server: ModelServer, model: Model) -> None:
    server.script(Reply(delay_s=0.3))
    asked = asyncio.create_task(complete(model, ASK))
    ticks = 0
    while not asked.done():
        await asyncio.sleep(0.01)
        ticks += 1
    assert ticks >= 15


# ---- cancelling


async def test_cancelling_closes_the_connection(server: ModelServer, model: Model) -> None:
    server.script(Reply(text="word " * 100, piece_delay_s=0.05))
    asked = asyncio.create_task(complete(model, ASK))
    await asyncio.sleep(0.3)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert await asyncio.to_thread(server.hung_up.wait, 1)


async def test_a_reader_that_stops_closes_the_connection(server: ModelServer, model: Model) -> None:
    server.script(Reply(text="word " * 100, piece_delay_s=0.02))
    pieces = stream(model, ASK)
    await anext(pieces)
    await pieces.aclose()
    assert await asyncio.to_thread(server.hung_up.wait, 1)


async def test_an_abandoned_stream_is_closed_by_the_event_loop(server: ModelServer, model: Model) -> None:
    server.script(Reply(text="word " * 100, piece_delay_s=0.02))
    async for _ in stream(model, ASK):
        break
    assert await asyncio.to_thread(server.hung_up.wait, 1)


async def test_cancelling_while_waiting_for_another_try_ends_at_once(server: ModelServer, model: Model) -> None:
    server.script(failing(429, headers={"Retry-After": "5"}))
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(complete(model, ASK), 0.3)
    assert time.monotonic() - started < 1


# ---- keys and addresses


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


async def test_a_server_that_accepts_and_says_nothing_is_told_by_preflight(server: ModelServer) -> None:
    server.models_reply = Reply(hang=True)
    model = choose_model(settings_for(server, request_timeout_s=0.3), None)
    with pytest.raises(ModelUnreachable, match="fell silent"):
        await preflight(model)


# ---- preflight


async def test_preflight_passes_and_lists_the_models(server: ModelServer) -> None:
    server.models = ["b", "m"]
    assert await preflight(choose_model(settings_for(server), None)) == ["b", "m"]
    assert not server.chats


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
    server.models = ["m:latest"]
    await preflight(choose_model(settings_for(server), None))
    assert len(server.chats) == 1


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


def test_a_test_leaves_no_thread_behind(server: ModelServer, model: Model) -> None:
    before = threading.active_count()
    asyncio.run(complete(model, ASK))
    model.llm.chat(ASK)
    time.sleep(0.05)
    assert threading.active_count() <= before
    assert json.loads(server.chats[0].raw)["model"] == "m"
