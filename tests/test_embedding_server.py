"""What a server may do wrong, with the real openai client over real HTTP against a double on loopback."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from index_store.embedding_server import read_answer
from index_store.embeddings import ServerEmbedder
from index_store.errors import EmbeddingServerFailed
from index_store.settings import StoreSettings
from tests.embedding_server import KEY, EmbeddingServer, Reply, embedder_for, unit

Make = Callable[..., ServerEmbedder]


@pytest.fixture
def server() -> Iterator[EmbeddingServer]:
    with EmbeddingServer() as double:
        yield double


@pytest.fixture
def make(server: EmbeddingServer, tmp_path: Path) -> Make:
    return partial(embedder_for, server, tmp_path)


def failure_of(embedder: ServerEmbedder) -> EmbeddingServerFailed:
    with pytest.raises(EmbeddingServerFailed) as caught:
        embedder.embed_query("one")
    assert "double at http://127.0.0.1" in caught.value.message
    assert caught.value.hint
    return caught.value


def test_answers_out_of_order_are_sorted_by_index(server: EmbeddingServer, make: Make) -> None:
    server.script(Reply(backwards=True))
    np.testing.assert_allclose(make().embed_texts(["one", "two"]), [unit("one"), unit("two")], atol=1e-6)


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ("right", 5),
        (None, None),
        ({"total_tokens": 9}, 9),
        ({}, None),
        ({"prompt_tokens": "12"}, None),
        ({"prompt_tokens": -1}, None),
        ([3], None),
    ],
)
def test_usage_is_told_as_reported_and_none_where_it_is_not(
    server: EmbeddingServer, make: Make, sent: Any, told: int | None
) -> None:
    counted: list[int | None] = []
    server.script(Reply(usage=sent))
    make(on_usage=counted.append).embed_texts(["one two", "three four five"])
    assert counted == [told]


@pytest.mark.parametrize(
    "failure",
    [
        Reply(status=429),
        Reply(status=500),
        Reply(status=503, body=b"<html>busy</html>"),
        Reply(drop=True),
        Reply(cut=True),
    ],
)
def test_a_failure_that_passes_is_tried_again(server: EmbeddingServer, make: Make, failure: Reply) -> None:
    server.script(failure, failure)
    np.testing.assert_allclose(make().embed_query("one"), unit("one"), atol=1e-6)
    assert len(server.requests) == 3


def test_retry_after_is_waited_for(server: EmbeddingServer, make: Make) -> None:
    server.script(Reply(status=429, headers={"Retry-After": "0.4"}))
    make().embed_query("one")
    assert server.requests[1].seconds - server.requests[0].seconds >= 0.4


def test_a_redirect_is_followed(server: EmbeddingServer, make: Make) -> None:
    server.script(Reply(status=307, headers={"Location": f"{server.url}/embeddings"}))
    np.testing.assert_allclose(make().embed_query("one"), unit("one"), atol=1e-6)
    assert len(server.requests) == 2


def test_a_wait_of_minutes_is_not_waited_for(server: EmbeddingServer, make: Make) -> None:
    server.script(Reply(status=429, headers={"Retry-After": "3600"}))
    with pytest.raises(EmbeddingServerFailed, match="asks to wait 3600 seconds"):
        make().embed_query("one")
    assert len(server.requests) == 1


def test_waits_grow_between_tries(server: EmbeddingServer, make: Make) -> None:
    server.default = Reply(status=500)
    with pytest.raises(EmbeddingServerFailed):
        make(backoff_s=0.1, max_retries=3).embed_query("one")
    times = [r.seconds for r in server.requests]
    waits = [later - earlier for earlier, later in zip(times, times[1:], strict=False)]
    for number, wait in enumerate(waits):
        assert 0.05 * 2**number <= wait < 0.1 * 2**number + 0.3


def test_a_failure_that_stays_is_told_after_the_retries(server: EmbeddingServer, make: Make) -> None:
    server.default = Reply(status=503, message="Model is loading")
    assert r"(503): Model is loading." in failure_of(make(max_retries=2)).message
    assert len(server.requests) == 3


@pytest.mark.parametrize("status", [400, 404, 413, 422, 501])
def test_a_refusal_is_told_at_once(server: EmbeddingServer, make: Make, status: int) -> None:
    server.default = Reply(status=status, message="No such thing")
    error = failure_of(make())
    assert f"({status}): No such thing." in error.message
    assert len(server.requests) == 1


def test_a_used_up_quota_is_told_at_once(server: EmbeddingServer, make: Make) -> None:
    server.default = Reply(status=429, code="insufficient_quota")
    assert "quota" in failure_of(make()).message
    assert len(server.requests) == 1


def test_a_silent_server_is_told_after_the_time_limit_and_not_asked_again(server: EmbeddingServer, make: Make) -> None:
    server.default = Reply(hang=True)
    start = time.monotonic()
    assert "nothing came for 0.3 seconds" in failure_of(make(embedding_timeout_s=0.3)).message
    assert time.monotonic() - start < 2
    assert len(server.requests) == 1


def test_a_server_that_is_not_there_is_told_within_seconds(make: Make) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
        start = time.monotonic()
        error = failure_of(make(base_url=address, backoff_s=0.5))
    assert "no connection" in error.message
    assert "OPENAI_BASE_URL" in error.hint
    assert time.monotonic() - start < 2.5


def test_an_address_without_v1_is_told_with_the_usual_remedy(server: EmbeddingServer, make: Make) -> None:
    error = failure_of(make(base_url=server.url.removesuffix("/v1")))
    assert "404" in error.message
    assert "/v1" in error.hint


NUMBERS = [1.0, 2.0]


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=b""),
        Reply(body=b'{"data": [{"ind'),
        Reply(body=b"<html>Welcome to nginx</html>"),
        Reply(body=b"null"),
        Reply(body=b'{"data": null}'),
        Reply(body=b'{"error": {"message": "model failed"}}'),
        Reply(body=b"[" * 100_000),
        Reply(body=b"\xff\xfe\x00"),
        Reply(vectors=[]),
        Reply(vectors=[NUMBERS]),
        Reply(vectors=[NUMBERS, NUMBERS, NUMBERS]),
        Reply(vectors=[NUMBERS, [1.0]]),
        Reply(vectors=[NUMBERS, "AACAPwAAAEA="]),
        Reply(vectors=[NUMBERS, None]),
        Reply(vectors=[[], []]),
        Reply(vectors=[1.0, 2.0]),
        Reply(vectors=[[NUMBERS], [NUMBERS]]),
        Reply(vectors=[NUMBERS, [0.0, 0.0]]),
        Reply(vectors=[NUMBERS, [float("nan"), 1.0]]),
        Reply(vectors=[NUMBERS, [float("inf"), 1.0]]),
        Reply(vectors=[NUMBERS, [1e300, 1e300]]),
        Reply(vectors=[NUMBERS, [10**400, 1]]),
        Reply(vectors=[NUMBERS, NUMBERS], indexes=[0, 0]),
        Reply(vectors=[NUMBERS, NUMBERS], indexes=[1, 2]),
        Reply(vectors=[NUMBERS, NUMBERS], indexes=["0", "1"]),
        Reply(vectors=[NUMBERS, NUMBERS, NUMBERS], indexes=[0, 1, None]),
    ],
    ids=lambda reply: str(reply.body if reply.vectors is None else reply.vectors)[:30],
)
def test_nonsense_is_refused_and_never_becomes_a_vector(server: EmbeddingServer, make: Make, reply: Reply) -> None:
    server.default = reply
    with pytest.raises(EmbeddingServerFailed, match=r"The answer of double at http://127.* cannot be used: ") as caught:
        make().embed_texts(["one", "two"])
    assert caught.value.hint
    assert len(server.requests) == 1


@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_are_an_answer_or_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"^it (is|has)"):
        read_answer(body, 1)


def test_a_key_goes_to_the_server_and_without_one_it_goes_too(server: EmbeddingServer, make: Make) -> None:
    make(api_key=SecretStr(KEY)).embed_query("one")
    make().embed_query("one")
    assert [r.authorization for r in server.requests] == [f"Bearer {KEY}", "Bearer none"]


@pytest.mark.parametrize(("key", "why"), [(KEY, "refuses the key"), (None, "wants a key, and none is set")])
def test_a_refused_key_is_told_without_naming_it(tmp_path: Path, key: str | None, why: str) -> None:
    with EmbeddingServer(key="another") as server:
        secret = None if key is None else SecretStr(key)
        embedder = ServerEmbedder(StoreSettings(tmp_path, "compatible:double", secret, server.url))
        error = failure_of(embedder)
        embedder.close()
    assert why in error.message
    assert KEY not in "".join(map(str, [error, error.__cause__, error.hint]))


def test_a_key_that_the_server_repeats_in_an_error_is_masked(server: EmbeddingServer, make: Make) -> None:
    server.default = Reply(status=400, message=f"The key {KEY} may not use this.")
    error = failure_of(make(api_key=SecretStr(KEY)))
    assert "The key *** may not use this." in error.message
    assert KEY not in str(error.__cause__)
