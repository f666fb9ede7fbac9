"""Names of the list as they are written: with versions and variants, beside words and measures that look like them."""

from __future__ import annotations

import pytest

from assistant.tagging_rules import names_of

WRITTEN = [
    ("We ask Claude Opus 4 and Claude Opus 4.1.", ["Claude Opus 4", "Claude Opus 4.1"]),
    ("Claude Sonnet 4.5 and Claude Haiku 4.5 answer.", ["Claude Sonnet 4.5", "Claude Haiku 4.5"]),
    ("Gemini Pro 1.5 and Mistral Large 2 are LLMs.", ["Gemini Pro 1.5", "Mistral Large 2"]),
    ("We prompt Kimi K2, Kimi-K2-Instruct and ChatGPT-4o.", ["Kimi K2", "Kimi-K2-Instruct", "ChatGPT-4o"]),
    ("DeepSeek R1, MiniMax-M1 and Hunyuan-T1 reason.", ["DeepSeek R1", "MiniMax-M1", "Hunyuan-T1"]),
    ("Phi-3.5-mini and Phi 3 are small.", ["Phi-3.5-mini", "Phi 3"]),
    ("We use MiniMax-M1-80k.", ["MiniMax-M1"]),
    ("Llama Guard and Llama Guard 3 detect half of the attacks.", ["Llama Guard", "Llama Guard 3"]),
    ("FiD reads; its FID falls. UnifiedQA and ShieldGemma do not.", ["FiD", "UnifiedQA", "ShieldGemma"]),
    ("Models on word2vec, fastText and GloVe vectors.", ["word2vec", "fastText", "GloVe"]),
    ("We run BERT 12 times, T5 Large 3 epochs, GPT-4 Turbo 5-shot.", ["BERT", "T5 Large", "GPT-4 Turbo"]),
    ("The BERT-F1 of a model falls.", ["BERT"]),
    ("Palm oil is seen by a network. Opt for models. Clip art is learned.", ["NA"]),
    ("Bert beats T5, and Llama is a model.", ["Bert", "T5", "Llama"]),
]


@pytest.mark.parametrize(("abstract", "expected"), WRITTEN)
def test_a_listed_name_is_given_with_its_version_and_nothing_else(abstract: str, expected: list[str]) -> None:
    assert names_of(abstract) == expected
