"""The estimate against cl100k_base, whose vocabulary comes with llama-index, so nothing is downloaded."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiktoken import Encoding
from tiktoken.load import load_tiktoken_bpe

from index_store.token_estimate import estimate_tokens

SAMPLE = Path(__file__).resolve().parent.parent / "ingest" / "sample"
CL100K = "9b5ad71b2ce5302211f9c61530b329a4922fc6a4"  # the name under which tiktoken caches it: sha1 of its address
PATTERN = (
    r"""'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+"""
    r"""|\s++$|\s*[\r\n]|\s+(?!\S)|\s"""
)


@pytest.fixture(scope="module")
def cl100k() -> Encoding:
    spec = find_spec("llama_index.core")
    assert spec is not None and spec.origin is not None
    file = Path(spec.origin).parent / "_static" / "tiktoken_cache" / CL100K
    return Encoding("cl100k", pat_str=PATTERN, mergeable_ranks=load_tiktoken_bpe(str(file)), special_tokens={})


def passages() -> list[str]:
    files = sorted(path for path in SAMPLE.rglob("*") if path.suffix in (".md", ".csv", ".vtt"))
    texts = [path.read_text(encoding="utf-8") for path in files]
    return [text[at : at + 1000] for text in texts for at in range(0, len(text) - 1000, 1000)]


def test_the_estimate_of_course_text_is_high_but_not_by_much(cl100k: Encoding) -> None:
    found = passages()
    ratios = sorted(estimate_tokens(text) / len(cl100k.encode_ordinary(text)) for text in found)
    assert len(ratios) > 50
    assert ratios[0] >= 1.0
    assert ratios[len(ratios) // 2] <= 1.35


@pytest.mark.parametrize(
    "text",
    [
        "iVBORw0KGgoAAAANSUhEUgAAAoAAAAHgCAYAAAA10dzkAAAAOXRFWHRTb2Z0d2FyZQBNYXRwbG90bGliIHZlcnNpb24" * 5,
        "検索拡張生成は文書を検索してから答えを書く。" * 10,
        "Цепочка рассуждений просит модель записать ход мысли. " * 10,
        "🙂🤖📚" * 30,
        "def f(x):\n        return {k: v ** 2 for k, v in x.items()}\n\n\n" * 10,
        "3.14159265358979323846264338327950288" * 5,
        "a" * 500,
    ],
    ids=["base64", "Japanese", "Russian", "emoji", "code", "digits", "endless"],
)
def test_the_estimate_is_not_below_the_count_for_what_is_no_prose(cl100k: Encoding, text: str) -> None:
    assert estimate_tokens(text) >= len(cl100k.encode_ordinary(text))


@given(st.text(), st.text())
def test_any_text_has_a_count_that_grows_with_it(first: str, second: str) -> None:
    assert estimate_tokens(first) >= (1 if first.strip() else 0)
    assert estimate_tokens(f"{first}. {second}") >= estimate_tokens(first)
