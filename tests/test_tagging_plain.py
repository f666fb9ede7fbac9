"""Names that are plain words, told by what is said where they stand; and plain words that are none."""

from __future__ import annotations

import pytest

from assistant.tagging_rules import names_of

NAMED = [
    ("With Harrier, we show that pairs of images suffice. Unlike others, Harrier extends the encoder.", ["Harrier"]),
    ("Our agent Harrier plays games with a language model.", ["Harrier"]),
    ("A student network, Dune-Lift, learns from a teacher.", ["Dune-Lift"]),
    ("A policy is learned, and Harrier reaches the goal. A larger Harrier exceeds the baseline model.", ["Harrier"]),
]
ORDINARY = [
    "With Scaling, we show that models improve. Scaling extends them.",
    "Our agent Friday plays with a model.",
    "Attention outperforms recurrence in models.",
]


@pytest.mark.parametrize(("abstract", "expected"), NAMED)
def test_a_plain_word_that_acts_as_a_model_is_its_name(abstract: str, expected: list[str]) -> None:
    assert names_of(abstract) == expected


@pytest.mark.parametrize("abstract", ORDINARY)
def test_a_word_with_the_capital_of_its_sentence_is_no_name(abstract: str) -> None:
    assert names_of(abstract) == ["NA"]
