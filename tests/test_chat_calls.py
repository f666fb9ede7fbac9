"""One chat completion over real HTTP: retries, refused fields, time, cancelling, thoughts."""

from __future__ import annotations

import asyncio
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.chat_calls import Thoughts
from assistant.llms import Model, Schema, choose_model, complete, stream
from index_store.errors import (
    ModelOverloaded,
    ModelProblem,
    ModelReplyBroken,
    ModelUnreachable,
)
from tests.model_calls import ASK, settings_for
from tests.model_server import ModelServer, Reply, failing


@pytest.fixture
def model(server: ModelServer) -> Model:
    return choose_model(settings_for(server), None)


@given(st.text("<>/thinkx \n", max_size=40), st.sampled_from(["", "<think>", " <think>a</think>"]), st.data())
def test_thoughts_are_left_out_however_the_reply_is_cut(text: str, start: str, data: st.DataObject) -> None:
    whole, cut = Thoughts(), Thoughts()
    text = start + text
    at = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    pieces = [text[i:j] for i, j in zip([0, *at], [*at, len(text)], strict=True)]
    assert "".join(map(cut.feed, pieces)) + cut.rest() == whole.feed(text) + whole.rest()


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
    assert await complete(model, ASK) == reply


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


@pytest.mark.parametrize(
    ("message", "kept"),
    [
        ("Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.", True),
        ("Extra inputs are not permitted.", True),
        ("Unknown field: stream_options", False),
    ],
)
async def test_a_form_that_the_server_does_not_know_is_left_out_before_usage_is(
    server: ModelServer, model: Model, message: str, kept: bool
) -> None:
    server.script(failing(400, message))
    form = Schema("names", {"names": {"type": "array"}})
    assert [await complete(model, ASK, form) for _ in range(2)] == [Reply().text] * 2
    bodies = [request.body for request in server.chats]
    assert ["response_format" in body for body in bodies] == [True, not kept, not kept]
    assert ["stream_options" in body for body in bodies] == [True, kept, kept]


async def test_a_server_that_takes_neither_form_nor_usage_is_asked_without_both(
    server: ModelServer, model: Model
) -> None:
    server.script(failing(422, "Bad request."), failing(422, "Bad request."))
    assert await complete(model, ASK, Schema("names", {"names": {"type": "array"}})) == Reply().text
    assert not {"response_format", "stream_options"} & server.chats[-1].body.keys()


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
    server.script(failing(429, headers={"Retry-After": "2"}), failing(503, headers={"retry-after-ms": "200"}), "Now.")
    await complete(model, ASK)
    first, second, third = (request.seconds for request in server.chats)
    assert second - first >= 2
    assert 0.2 <= third - second < 2  # milliseconds, and not the wait before


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


@pytest.mark.parametrize(
    ("flood", "limit"),
    [
        (Reply(endless=b"x" * 65_536), "32 MB"),
        (Reply(endless=b"data: " + b"x" * 65_536), "32 MB"),
        (Reply(pieces=("words " * 40_000,)), "200,000 characters"),
        (Reply(pieces=("<think>", *["and so on "] * 30_000)), "200,000 characters"),
    ],
    ids=["no line ends", "one line", "one piece", "thoughts"],
)
async def test_a_reply_without_end_is_cut_by_its_length_and_not_tried_again(
    server: ModelServer, model: Model, flood: Reply, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.chat_calls._until", lambda deadline, awaited: awaited)  # no clock helps
    server.default = flood
    with pytest.raises(ModelReplyBroken, match=f"longer than {limit}"):
        await complete(model, ASK)
    assert len(server.chats) == 1


async def test_a_slow_reader_does_not_use_up_the_time_of_the_model(server: ModelServer) -> None:
    model = choose_model(settings_for(server, request_timeout_s=1.0), None)
    async for _ in stream(model, ASK):
        await asyncio.sleep(0.3)


async def test_the_event_loop_goes_on_while_a_model_is_slow(server: ModelServer, model: Model) -> None:
    server.script(Reply(delay_s=1.0))
    asked = asyncio.create_task(complete(model, ASK))
    ticks = 0
    while not asked.done():
        await asyncio.sleep(0.01)
        ticks += 1
    assert ticks >= 15


async def test_cancelling_closes_the_connection(server: ModelServer, model: Model) -> None:
    server.script(Reply(text="word " * 100, piece_delay_s=0.05))
    asked = asyncio.create_task(complete(model, ASK))
    while not server.chats:
        await asyncio.sleep(0.005)
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
