"""The choice of an embedding, and ServerEmbedder over real HTTP against a double of a server on loopback."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from index_store.embeddings import BATCH_TOKENS, ServerEmbedder, batches, make_embedder
from index_store.errors import EmbeddingServerFailed, InvalidInput, SettingsError
from index_store.minilm import MiniLM
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


def test_vectors_are_the_servers_in_order_and_of_unit_length(server: EmbeddingServer, make: Make) -> None:
    vectors = make().embed_texts(["one", "two", "three"])
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, [unit("one"), unit("two"), unit("three")], atol=1e-6)
    assert [(r.path, r.model) for r in server.requests] == [("/v1/embeddings", "double")]


def test_a_query_is_one_vector_and_its_length_is_the_dimension(server: EmbeddingServer, make: Make) -> None:
    embedder = make()
    assert embedder.embed_query("one").shape == (8,)
    assert embedder.dimension == 8
    assert len(server.requests) == 1


def test_the_dimension_is_asked_of_the_server_once(server: EmbeddingServer, make: Make) -> None:
    embedder = make()
    assert (embedder.dimension, embedder.dimension, len(server.requests)) == (8, 8, 1)


def test_no_texts_give_no_request_and_no_rows(server: EmbeddingServer, make: Make) -> None:
    assert len(make().embed_texts([])) == 0
    assert not server.requests


def test_many_texts_go_in_batches_over_one_connection(server: EmbeddingServer, make: Make) -> None:
    texts = [f"text {n}" for n in range(70)]
    vectors = make().embed_texts(texts)
    np.testing.assert_allclose(vectors, [unit(text) for text in texts], atol=1e-6)
    assert [len(r.texts) for r in server.requests] == [32, 32, 6]
    assert server.connections == 1


def test_batches_hold_no_more_tokens_than_a_slow_server_can_take(server: EmbeddingServer, make: Make) -> None:
    text = "word " * 5000
    make(embedding_max_tokens=9000).embed_texts([text] * 8)
    assert [len(r.texts) for r in server.requests] == [BATCH_TOKENS // 5002, 8 - BATCH_TOKENS // 5002]


@given(st.lists(st.integers(1, 50)), st.integers(1, 8), st.integers(1, 100))
def test_batches_keep_order_and_limits_and_lose_nothing(counts: list[int], texts: int, tokens: int) -> None:
    runs = list(batches(counts, texts, tokens))
    assert [i for run in runs for i in run] == list(range(len(counts)))
    for run in runs:
        assert 1 <= len(run) <= texts
        assert len(run) == 1 or sum(counts[i] for i in run) <= tokens


@pytest.mark.parametrize("text", ["", "\0", "a\ud800b", "🙂" * 20, "line\nline"])
def test_odd_text_is_embedded(server: EmbeddingServer, make: Make, text: str) -> None:
    assert np.linalg.norm(make().embed_query(text)) == pytest.approx(1, abs=1e-6)
    assert server.requests[0].texts[0], "an empty text would be refused by OpenAI"


def test_text_beyond_the_models_limit_is_refused_before_anything_is_sent(server: EmbeddingServer, make: Make) -> None:
    with pytest.raises(InvalidInput, match=r"'word word .* longer than compatible:double reads \(512\)"):
        make().embed_texts(["short", "word " * 600])
    assert not server.requests


def test_usage_is_told_once_for_each_request(make: Make) -> None:
    counted: list[int | None] = []
    make(on_usage=counted.append).embed_texts(["one"] * 33)
    assert counted == [32, 1]


def test_a_dimension_that_changes_is_named(server: EmbeddingServer, make: Make) -> None:
    embedder = make()
    embedder.embed_query("one")
    server.default = Reply(dimension=16)
    with pytest.raises(EmbeddingServerFailed, match="vectors of 16 numbers instead of 8") as caught:
        embedder.embed_query("two")
    assert "library rebuild" in caught.value.hint
    server.default = Reply()
    assert embedder.dimension == 8


def test_secrets_are_not_in_any_repr(tmp_path: Path) -> None:
    address = "http://me:hunter2@127.0.0.1:9/v1?token=t0k"
    settings = StoreSettings(tmp_path, "compatible:double", SecretStr(KEY), address)
    embedder = make_embedder(settings)
    shown = f"{settings!r} {settings} {embedder!r} {embedder} {settings.server} {embedder.__dict__['settings']}"
    for secret in (KEY, "hunter2", "t0k"):
        assert secret not in shown
    assert settings.server == "http://127.0.0.1:9/v1"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"embedding": "openai:text-embedding-3-small"}, "no key for OpenAI"),
        ({"embedding": "compatible:bge"}, "no address of a server"),
    ],
)
def test_a_missing_key_or_address_is_told_when_the_embedder_is_made(
    tmp_path: Path, values: dict[str, Any], message: str
) -> None:
    with pytest.raises(SettingsError, match=message) as caught:
        make_embedder(StoreSettings(tmp_path, **values))
    assert "LECTERN_EMBEDDING to minilm" in caught.value.hint


def test_openai_models_are_known_without_a_call_and_go_to_openai_whatever_else_is_set(tmp_path: Path) -> None:
    settings = StoreSettings(tmp_path, "openai:text-embedding-3-small", SecretStr(KEY), "http://127.0.0.1:9/v1")
    embedder = make_embedder(settings)
    assert (embedder.name, embedder.dimension, embedder.max_tokens) == (settings.embedding, 1536, 8191)
    assert settings.server == "https://api.openai.com/v1"


def test_a_model_name_may_hold_a_colon(server: EmbeddingServer, make: Make) -> None:
    embedder = make(embedding="compatible:bge-m3:latest")
    embedder.embed_query("one")
    assert (embedder.name, server.requests[0].model) == ("compatible:bge-m3:latest", "bge-m3:latest")


def test_minilm_is_the_default_and_a_key_alone_changes_nothing(tmp_path: Path) -> None:
    settings = StoreSettings(tmp_path, api_key=SecretStr(KEY), base_url="http://127.0.0.1:9/v1")
    assert isinstance(make_embedder(settings), MiniLM)
    assert settings.server == ""


def test_threads_get_their_own_answers(make: Make) -> None:
    embedder, wrong = make(), []

    def ask(name: str) -> None:
        for n in range(5):
            if not np.allclose(embedder.embed_query(f"{name} {n}"), unit(f"{name} {n}"), atol=1e-6):
                wrong.append(name)

    threads = [threading.Thread(target=ask, args=(f"thread {n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_an_embedder_that_is_dropped_closes_its_connections(
    make: Make, server: EmbeddingServer, tmp_path: Path
) -> None:
    embedder = ServerEmbedder(StoreSettings(tmp_path, "compatible:double", base_url=server.url))
    embedder.embed_query("one")
    http = embedder._connected()._http
    del embedder
    gc.collect()
    assert http.is_closed


def test_after_close_the_next_call_connects_again(server: EmbeddingServer, make: Make) -> None:
    embedder = make()
    embedder.embed_query("one")
    embedder.close()
    embedder.close()
    embedder.embed_query("two")
    assert server.connections == 2


def test_choosing_minilm_does_not_import_the_openai_client(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from index_store.embeddings import make_embedder\n"
        "from index_store.settings import StoreSettings; make_embedder(StoreSettings(Path('x')))\n"
        "assert not {'openai', 'httpx', 'onnxruntime', 'tokenizers', 'torch'} & sys.modules.keys()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
