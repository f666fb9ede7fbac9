"""Plain words that are names by a size or by what is said of them, and plain words that are not."""

from __future__ import annotations

import pytest

from assistant.tagging_rules import NO_MODELS, names_of

NAMES = [
    ("We introduce Okapi-13B, a large language model for law.", ["Okapi"]),
    ("We introduce Okapi 13B, a large language model for law.", ["Okapi"]),
    ("We introduce Okapi (13B), a large language model for law.", ["Okapi"]),
    ("We open-source Okapi-7B and Okapi-34B, two code models.", ["Okapi"]),
    (
        "We present Okapi-70B-Instruct, an instruction-tuned model, and Okapi-70B-Chat.",
        ["Okapi-70B-Instruct", "Okapi-70B-Chat"],
    ),
    ("Okapi-7B is an open-source LLM for law. Okapi-7B outperforms Llama-2-7B.", ["Okapi", "Llama-2"]),
    ("We present Zephyrine-7B, a language model fine-tuned from Mistral 7B.", ["Zephyrine", "Mistral"]),
    ("Firefly-7B and Okapi-1.5B answer in verse, say readers of the models.", ["Firefly", "Okapi"]),
    ("日本語の大規模言語モデルOkapi-70BをLlama 2から作る。", ["Okapi", "Llama 2"]),
    ("We call our model Marlin.", ["Marlin"]),
    ("We call the resulting language model Marlin.", ["Marlin"]),
    ("Our model is called Marlin.", ["Marlin"]),
    ("This paper introduces the Marlin model for translation.", ["Marlin"]),
    ("We release the Marlin family of language models.", ["Marlin"]),
    ("Marlin is a 3B language model.", ["Marlin"]),
    ("Marlin is an open-source LLM that was trained on tides.", ["Marlin"]),
    ("We distill a teacher into TinyPainter, a 120M-parameter student.", ["TinyPainter"]),
    ("We distill a teacher into Marlin, a 120M-parameter student network.", ["Marlin"]),
    ("In summary, Marlin 3B outperforms people.", ["Marlin"]),
    ("We introduce Kestrel 2, a language model. We announce Marlin v1.5, an agent.", ["Kestrel 2", "Marlin v1.5"]),
    ("Best-of-64 with our ThinkPRM-7B is better than a vote of models.", ["ThinkPRM"]),
    ("We merge OpenHermes-2.5-Mistral-7B and Okapi-Math-7B.", ["OpenHermes-2.5-Mistral", "Okapi-Math"]),
    ("We pair an encoder with a decoder; the result, called Murmur, is small.", ["Murmur"]),
    ("TideVLA plans first, as agents do.", ["TideVLA"]),
]

NONE = [
    "We train in Europe with 500 million people and language models.",
    "Conceptual-12M is a dataset of captions on which models are trained.",
    "We train language models on Harbour-6B tokens of text.",
    "However, a 7B language model suffices. Recently, a 13B LLM was released.",
    "From 7B to 70B the loss of language models falls. Even 7B models outperform people.",
    "Only 7B models match. Small 7B models achieve more. Using 13B outperforms nothing.",
    "Surprisingly 7B outperforms 70B. Our 7B model and the Base model are released. Model 7B beats Model 13B.",
    "We train Base-7B, Small-3B, Base-Chat-7B and Student-1B, three sizes of one model.",
    "Translation is a language model task. Retrieval is an LLM bottleneck. Anna is a language model researcher.",
    "We present the Bayesian model of vowels, the Ising model, the Swahili model and the Attention model.",
    "We call this phenomenon Grokking; people named Smith call it so, and language models agree.",
    "We train models on SlimPajama-6B and on HarbourWeb-40B tokens. We present Chapter 2, a survey.",
    "Table 7B shows that models learn. Figure 3B is a language model.",
    "We compare Python 3M lines and Java 2M files with language models.",
]


@pytest.mark.parametrize(("abstract", "expected"), NAMES)
def test_a_plain_word_is_a_name_by_its_size_or_by_what_is_said_of_it(abstract: str, expected: list[str]) -> None:
    assert names_of(abstract) == expected


@pytest.mark.parametrize("abstract", NONE)
def test_a_plain_word_is_no_name_because_a_number_or_a_model_is_near(abstract: str) -> None:
    assert names_of(abstract) == NO_MODELS
