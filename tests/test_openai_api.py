"""`/v1` of the whole server under the real openai client, in quoting mode over the sample course."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import openai
import pytest

from tests.api_server import extra, user

ASKED = "What is few-shot prompting?"
ABSTRACT = "We compare Llama 2 with GPT-4 and our model, PotLM, on forty tasks of clay."
REFUSED = "Who won the chess championship of Atlantis?"


@pytest.fixture
def client(web_address: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{web_address}v1", api_key="any", max_retries=0) as found:
        yield found


def test_an_answer_comes_with_its_sources_and_its_trace(client: openai.OpenAI) -> None:
    reply = client.chat.completions.create(model="lectern", messages=user(ASKED), temperature=0, user="ann")
    said, about = reply.choices[0].message.content or "", extra(reply)
    assert "[1]" in said and reply.choices[0].finish_reason == "stop"
    assert about["found"] and about["mode"] == "quotes only, no language model"
    first = about["citations"][0]
    assert first["marker"] == 1 and first["path"] == "03-few-shot.md" and "lines" in first["locator"]
    assert reply.id == f"chatcmpl-{about['trace_id']}"
    assert sorted(about["ignored"]) == ["temperature", "user"]
    assert reply.usage is None and about["usage"]["input_tokens"] is None  # nobody counted tokens, so none are told


def test_a_stream_says_the_same_as_the_whole_reply(client: openai.OpenAI) -> None:
    whole = client.chat.completions.create(model="lectern", messages=user(ASKED))
    options: Any = {"include_usage": True}
    chunks = list(
        client.chat.completions.create(model="lectern", messages=user(ASKED), stream=True, stream_options=options)
    )
    said = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert said == whole.choices[0].message.content
    assert chunks[0].choices[0].delta.role == "assistant"
    (last,) = [c for c in chunks if c.choices and c.choices[0].finish_reason]
    assert last.choices[0].finish_reason == "stop"
    assert extra(last)["citations"] == extra(whole)["citations"] and extra(last)["answer"] == said
    assert chunks[-1].choices == [] and chunks[-1].usage is None
    assert len({c.id for c in chunks}) == 1


async def test_the_asynchronous_client_streams_too(web_address: str) -> None:
    async with openai.AsyncOpenAI(base_url=f"{web_address}v1", api_key="any", max_retries=0) as client:
        stream = await client.chat.completions.create(model="lectern", messages=user(ASKED), stream=True)
        said = [chunk async for chunk in stream]
    assert extra(said[-1])["found"]


def test_the_text_of_parts_is_read_and_a_follow_up_leans_on_the_turn_before(client: openai.OpenAI) -> None:
    before = [*user(ASKED), {"role": "assistant", "content": "Examples in the prompt."}]
    parts = [{"type": "text", "text": "How many of them"}, {"type": "text", "text": "should I give?"}]
    messages: Any = [{"role": "system", "content": "Answer as a pirate."}, *before, *user(parts)]
    reply = client.chat.completions.create(model="lectern", messages=messages)
    assert extra(reply)["citations"][0]["path"] == "03-few-shot.md"
    assert extra(reply)["ignored"] == ["messages[0] (system)"]


def test_a_refusal_says_that_nothing_was_found(client: openai.OpenAI) -> None:
    reply = client.chat.completions.create(model="lectern", messages=user(REFUSED))
    stream = client.chat.completions.create(model="lectern", messages=user(REFUSED), stream=True)
    streamed = "".join(c.choices[0].delta.content or "" for c in stream)
    assert not extra(reply)["found"] and extra(reply)["citations"] == [] and extra(reply)["related"]
    assert streamed == reply.choices[0].message.content


def test_the_agent_shows_its_steps_on_the_stream(client: openai.OpenAI) -> None:
    chunks = list(client.chat.completions.create(model="lectern-agent", messages=user("What is 17 * 23?"), stream=True))
    steps = [c.model_extra["lectern"]["step"] for c in chunks if "step" in (c.model_extra or {}).get("lectern", {})]
    assert [(s["tool"], s["status"]) for s in steps] == [("calculate", "running"), ("calculate", "done")]
    assert "391" in extra(chunks[-1])["answer"] and extra(chunks[-1])["steps"][0]["tool"] == "calculate"


@pytest.mark.parametrize("stream", [False, True])
def test_the_tagger_gives_the_names_as_a_json_list(client: openai.OpenAI, stream: bool) -> None:
    given: Any = client.chat.completions.create(model="lectern-tagger", messages=user(ABSTRACT), stream=stream)
    if stream:
        chunks = list(given)
        said, about = "".join(c.choices[0].delta.content or "" for c in chunks), extra(chunks[-1])
    else:
        said, about = given.choices[0].message.content, extra(given)
    assert json.loads(said) == ["Llama 2", "GPT-4", "PotLM"]
    assert [ABSTRACT[a:b] for a, b in about["spans"]] == ["Llama 2", "GPT-4", "PotLM"]


def test_the_models_are_listed(client: openai.OpenAI) -> None:
    names = [m.id for m in client.models.list()]
    assert names == ["lectern", "lectern-agent", "lectern-tagger", "lectern-embedding"]
    assert client.models.retrieve("lectern-agent").owned_by == "lectern"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("gpt-4o")


def test_embeddings_are_the_library_s_own(client: openai.OpenAI, minilm: Any) -> None:
    texts = ["clay", "a kiln is an oven"]
    as_bytes = client.embeddings.create(model="lectern-embedding", input=texts)  # the client asks for base64 by itself
    as_numbers = client.embeddings.create(model="lectern-embedding", input="clay", encoding_format="float")
    found = np.array([row.embedding for row in as_bytes.data])
    assert np.allclose(found, minilm.embed_texts(texts), atol=1e-6)
    assert np.allclose(found[0], as_numbers.data[0].embedding, atol=1e-6)
    assert as_numbers.usage.prompt_tokens == minilm.count_tokens("clay") + 2


@pytest.mark.parametrize(
    ("given", "param", "said"),
    [
        ({"input": [1, 2, 3]}, "input", ""),
        ({"input": []}, "input", "0 texts"),
        ({"input": ["a", " "]}, "input", "input[1] is empty"),
        ({"input": "clay " * 300}, "input", "302 tokens"),
        ({"input": ["clay"] * 257}, "input", "257 texts"),
        ({"input": "clay", "dimensions": 12}, "dimensions", "384"),
    ],
)
def test_what_cannot_be_embedded_is_told(client: openai.OpenAI, given: Any, param: str, said: str) -> None:
    with pytest.raises(openai.BadRequestError) as told:
        client.embeddings.create(model="lectern-embedding", **given)
    assert (told.value.param or "").startswith(param) and said in str(told.value)


def a_tool() -> list[Any]:
    return [{"type": "function", "function": {"name": "f", "parameters": {}}}]


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"n": 2}, "n"),
        ({"tools": a_tool()}, "tools"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"stop": ["."]}, "stop"),
        ({"logprobs": True}, "logprobs"),
        ({"extra_body": {"strem": True}}, "strem"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "assistant", "content": "Hello."}]}, "messages"),
        ({"messages": [{"role": "tool", "content": "1", "tool_call_id": "x"}]}, "messages[0].role"),
        ({"messages": user([{"type": "image_url", "image_url": {"url": "x"}}])}, "messages[0].content[0].type"),
        ({"messages": user("")}, None),
        ({"messages": user("?" * 30_000)}, None),
    ],
)
def test_what_cannot_be_honoured_is_refused_by_name(client: openai.OpenAI, more: Any, param: str | None) -> None:
    with pytest.raises(openai.BadRequestError) as told:
        client.chat.completions.create(**{"model": "lectern", "messages": user(ASKED), **more})
    assert told.value.param == param
    assert told.value.type == "invalid_request_error" and told.value.status_code == 400


def test_what_asks_for_nothing_is_let_through(client: openai.OpenAI) -> None:
    more: Any = {"n": 1, "tools": [], "response_format": {"type": "text"}, "stop": None, "logprobs": False}
    assert client.chat.completions.create(model="lectern", messages=user(ASKED), max_tokens=5, **more).choices


def test_an_unknown_model_is_not_found(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as told:
        client.chat.completions.create(model="gpt-4o", messages=user(ASKED))
    assert told.value.code == "model_not_found" and "lectern-agent" in str(told.value)
    with pytest.raises(openai.NotFoundError, match=r"Choose lectern-embedding\.") as told:
        client.embeddings.create(model="text-embedding-3-small", input="x")
    assert "lectern-agent" not in str(told.value)
    with pytest.raises(openai.NotFoundError, match="lectern-tagger, lectern-embedding"):
        client.models.retrieve("gpt-4o")


@pytest.mark.parametrize(
    ("method", "path", "sent", "status"),
    [
        ("GET", "v1/nothing", b"", 404),
        ("GET", "v1/models/line%0Aend", b"", 404),
        ("GET", "v1/chat/completions", b"", 405),
        ("POST", "v1/chat/completions", b'{"model": ', 400),
        ("POST", "v1/chat/completions", b'{"model": "lectern", "messages": "\\ud800"}', 400),
        ("POST", "v1/chat/completions", b"[" * 200_000, 400),
        ("POST", "v1/chat/completions", b" " * 4_000_001, 413),
    ],
)
def test_each_error_has_openai_s_shape(web_address: str, method: str, path: str, sent: bytes, status: int) -> None:
    told = httpx.request(method, f"{web_address}{path}", content=sent, headers={"content-type": "application/json"})
    assert told.status_code == status
    assert set(told.json()["error"]) == {"message", "type", "param", "code"}
