"""The double, seen through the real openai client: what it claims to send is what that client makes of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import httpx
import openai
import pytest

from tests.model_server import BY_NAME, ModelServer, Reply, failing, vector_of

ASK = [{"role": "user", "content": "Hi"}]


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


@pytest.fixture
def client(server: ModelServer) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=server.url, api_key="sk-test", max_retries=0, timeout=5) as made:
        yield made


def ask(client: openai.OpenAI, **more: object) -> openai.types.chat.ChatCompletion:
    return client.chat.completions.create(model="m", messages=ASK, **more)  # type: ignore[call-overload,no-any-return]


def test_a_whole_reply_has_text_end_and_usage(server: ModelServer, client: openai.OpenAI) -> None:
    server.script(Reply(text="A b c.", usage=(5, 3), cached=2))
    reply = ask(client)
    assert reply.choices[0].message.content == "A b c."
    assert reply.choices[0].finish_reason == "stop"
    assert reply.usage is not None and reply.usage.prompt_tokens_details is not None
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens) == (5, 3)
    assert reply.usage.prompt_tokens_details.cached_tokens == 2
    assert (reply.model, server.chats[0].body["messages"]) == ("m", ASK)


def test_a_stream_gives_the_pieces_and_its_usage_only_when_asked(server: ModelServer, client: openai.OpenAI) -> None:
    plain = list(ask(client, stream=True))
    asked = list(ask(client, stream=True, stream_options={"include_usage": True}))
    said = "".join(c.choices[0].delta.content or "" for c in plain)  # type: ignore[attr-defined]
    assert said == Reply().text
    assert len(plain) > 4
    assert all(c.usage is None for c in plain)  # type: ignore[attr-defined]
    assert asked[-1].usage.total_tokens == 18 and asked[-1].choices == []  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (failing(429, "Slow down.", headers={"Retry-After": "7"}), openai.RateLimitError),
        (failing(500), openai.InternalServerError),
        (failing(403), openai.PermissionDeniedError),
        (failing(400, code="context_length_exceeded"), openai.BadRequestError),
        (Reply(drop=True), openai.APIConnectionError),
        (BY_NAME["double-garbage"], ValueError),
    ],
)
def test_an_error_is_the_error_that_the_client_knows(
    server: ModelServer, client: openai.OpenAI, reply: Reply, error: type[Exception]
) -> None:
    server.script(reply)
    with pytest.raises(error) as caught:
        ask(client)
    if isinstance(caught.value, openai.RateLimitError):
        assert caught.value.response.headers["retry-after"] == "7"
    if isinstance(caught.value, openai.BadRequestError):
        assert caught.value.code == "context_length_exceeded"


def test_a_cut_stream_breaks_off_after_the_pieces_that_were_sent(server: ModelServer, client: openai.OpenAI) -> None:
    server.script(Reply(text="one two three four", cut_after=2))
    said = ""
    with pytest.raises(httpx.RemoteProtocolError):
        for chunk in ask(client, stream=True):
            said += chunk.choices[0].delta.content or ""  # type: ignore[attr-defined]
    assert said == "one two "


def test_a_client_that_does_not_wait_gets_a_timeout_and_is_seen_to_hang_up(
    server: ModelServer, client: openai.OpenAI
) -> None:
    server.script(Reply(hang=True), Reply(delay_s=3))
    for _ in range(2):
        server.hung_up.clear()
        with pytest.raises(openai.APITimeoutError):
            ask(client.with_options(timeout=0.1))
        assert server.hung_up.wait(2)


def test_a_key_is_checked(server: ModelServer, client: openai.OpenAI) -> None:
    server.key = "sk-right"
    with pytest.raises(openai.AuthenticationError, match="sk-test"):
        ask(client)
    assert ask(client.with_options(api_key="sk-right")).choices


def test_models_are_listed_and_an_unlisted_one_is_refused_when_strict(
    server: ModelServer, client: openai.OpenAI
) -> None:
    server.models, server.strict_models = ["a", "b"], True
    assert [m.id for m in client.models.list()] == ["a", "b"]
    with pytest.raises(openai.NotFoundError, match="does not exist"):
        ask(client)
    server.models = None
    with pytest.raises(openai.NotFoundError, match="page not found"):
        client.models.list()


def test_embeddings_have_unit_length_one_for_each_text_and_usage(server: ModelServer, client: openai.OpenAI) -> None:
    made = client.embeddings.create(model="e", input=["one two", "three"], encoding_format="float")
    assert [d.embedding for d in made.data] == [vector_of("one two", 8), vector_of("three", 8)]
    assert sum(x * x for x in made.data[0].embedding) == pytest.approx(1)
    assert made.usage.prompt_tokens == 3


def test_scripted_replies_come_in_order_then_by_name_then_by_a_function(
    server: ModelServer, client: openai.OpenAI
) -> None:
    server.script("first", lambda request: f"{len(request['messages'])} messages")
    server.default = lambda request: request["messages"][-1]["content"].upper()
    assert [ask(client).choices[0].message.content for _ in range(3)] == ["first", "1 messages", "HI"]
    named = client.chat.completions.create(model="double-refuses", messages=ASK)  # type: ignore[arg-type]
    assert named.choices[0].message.content == BY_NAME["double-refuses"].text


def test_a_double_leaves_no_thread_and_no_open_port_behind() -> None:
    before = set(threading.enumerate())
    with ModelServer() as server:
        address = server.address
        server.script(Reply(hang=True))
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(f"{address}/v1/chat/completions", json={"model": "m"}, timeout=0.05)
    assert set(threading.enumerate()) == before
    with pytest.raises(httpx.ConnectError):
        httpx.get(address, timeout=1)
