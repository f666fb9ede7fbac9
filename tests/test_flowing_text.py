"""What a page did to a text: what is read on over, and where a piece of the flowing text stands in the original."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.flowing_text import flowing

KNOWN = frozenset({"roberta", "longformer", "llama-adapter", "falcon", "llama"})


@pytest.mark.parametrize(
    ("original", "text"),
    [
        ("RoB-\nERTa and Long-\r\n  formers", "RoBERTa and Longformers"),
        ("a trans-\nformer, pre-\ntrained", "a transformer, pre-trained"),
        (
            "LLaMA-\nAdapter, Falcon-\nbased, GPT-4-\npowered, GPT-\nstyle",
            "LLaMA-Adapter, Falcon-based, GPT-4-powered, GPT-style",
        ),
        ("GPT-\n4, Llama-3.1-\n8B, GPT-4-\n0613", "GPT-4, Llama-3.1-8B, GPT-4-0613"),
        ("Tide-\nMap and later TideMap", "TideMap and later TideMap"),
        ("Tide-\nMap and later Tide-Map", "Tide-Map and later Tide-Map"),
        ("Stable\nDiffusion  XL\t2", "Stable Diffusion XL 2"),
        ("One.\n\nTwo", "One.\nTwo"),
        ("使用BERT模型、GPT-4。", "使用 BERT 模型, GPT-4. "),
        ("（ＢＥＲＴ，T5）", "(BERT, T5) "),
        ("BERTを와GPT를", "BERT を와 GPT 를"),
        ("GPT\u20114 and BERT\u2014a model", "GPT-4 and BERT\u2014a model"),
        ("Con\u00adformer De\ufb01Net ac\u0327aNet", "Conformer DefiNet açaNet"),
        ("The year-\n2019 and so - \n on", "The year-\n2019 and so - \n on".replace("\n ", "\n")),
    ],
)
def test_a_text_is_read_on(original: str, text: str) -> None:
    assert flowing(original, KNOWN).text.split() == text.split()


@pytest.mark.parametrize("text", ["", "BERT is plain - so is this.", "α-Net and β-VAE", "Żółw, naïve"])
def test_what_nothing_was_done_to_stays(text: str) -> None:
    assert flowing(text).text == text
    assert all(flowing(text).place(n, n + 1) == (n, n + 1) for n in range(len(text)))


@given(st.lists(st.sampled_from([*"aB4-\n\r\t 模，、\u00ad\ufb01\u2011\u0301.", "RoB-\nERTa", "  "]), max_size=30))
def test_every_piece_has_a_place_in_order(pieces: list[str]) -> None:
    text = "".join(pieces)
    read = flowing(text, KNOWN)
    places = [read.place(n, n + 1) for n in range(len(read.text))]
    assert all(0 <= start <= end <= len(text) for start, end in places)
    assert all(
        one[0] <= other[0] and one[1] <= max(one[1], other[1]) for one, other in zip(places, places[1:], strict=False)
    )
    assert all(
        c in text[s:e]
        for c, (s, e) in zip(read.text, places, strict=True)
        if c.isascii() and c.isalnum() and c not in "fi"
    )


@pytest.mark.parametrize("piece", ["-\n", "a-\n", "a- \t", "  ", "模a", "e\u0301", "\n", "aB-\r\n"])
def test_no_text_is_read_more_than_a_few_times(piece: str) -> None:
    flowing(piece * (20_000 // len(piece)), KNOWN)
