"""What has the form of a model's name and is none: data, libraries, code, people; and names that stand twice."""

from __future__ import annotations

import pytest

from assistant.tagging_rules import names_of

ABSTRACTS = [
    ("Training data are drawn from UltraFeedback and UltraChat. The model is small.", ["NA"]),
    ("Our TideChat is trained on HarborChat, and we fine-tune T5 on QuayChat.", ["TideChat", "T5"]),
    ("We train a model on FooNet features and on CLIP embeddings; FooNet learns.", ["FooNet", "CLIP"]),
    ("After tuning on Quay, FooTide outperforms T5 as a model.", ["FooTide", "T5"]),
    ("We tune a model with dialogues of ShareGPT.", ["NA"]),
    ("We train language models with Megatron-DeepSpeed and vLLM.", ["NA"]),
    ("Megatron-LM trains language models.", ["Megatron-LM"]),
    ("BERT is the name of a farmer. GPT-4 is the name of a model.", ["GPT-4"]),
    ("from transformers import AutoModel, AutoTokenizer\nx = AutoModel.from_pretrained(y)\nmodel = FooNet(x)", ["NA"]),
    ("FooNet(ours) beats BERT(base) as a model.", ["FooNet", "BERT"]),
    ("We extract DNA models. DNA learns nothing.", ["NA"]),
]

SPELT_OUT = [
    ("Vision transformers (ViT) are strong. Vision transformers learn.", ["ViT"]),
    ("The Vision Transformer (ViT) is a model.", ["ViT"]),
    ("We extend the Segment Anything Model 2 (SAM 2) to video.", ["SAM 2"]),
    ("The Decision Transformer (DT) acts; DT is small.", ["DT"]),
    ("We prompt Stable Diffusion (v1.5) and Vision Transformers (86M) as models.",
     ["Stable Diffusion", "Vision Transformers"]),
]  # fmt: skip


@pytest.mark.parametrize(("abstract", "expected"), ABSTRACTS)
def test_data_libraries_code_and_people_are_no_models(abstract: str, expected: list[str]) -> None:
    assert names_of(abstract) == expected


@pytest.mark.parametrize(("abstract", "expected"), SPELT_OUT)
def test_of_a_name_and_its_abbreviation_the_abbreviation_is_the_tag(abstract: str, expected: list[str]) -> None:
    assert names_of(abstract) == expected


@pytest.mark.parametrize(
    "abstract",
    [
        "SA-1B contains 11M images. We train a model.",
        "Pretrained on RedPajama-1T, our model is good.",
        "Datasets such as TideText-2B, RedPajama-1T and C4-en-10M are noisy for models.",
        "We train our model on KelpText-3B and DuneWeb-10B.",
        "KelpText-3B and DuneText-2B are used for pretraining language models.",
        "KelpText-3B consists of about 3 billion tokens for language models.",
        "The model learns from Alpaca-52K.",
    ],
)
def test_data_with_a_size_is_no_model(abstract: str) -> None:
    assert names_of(abstract) == ["NA"]


@pytest.mark.parametrize(
    ("abstract", "expected"),
    [
        ("We compare DCLM-7B and Falcon-40B models.", ["DCLM", "Falcon"]),
        ("On LLaMA-2-7B, LLaMA-2-13B and Mistral-7B, models with W4A4 are good.", ["LLaMA-2", "Mistral"]),
        ("On a benchmark of models with KelpNet we test a model called PRISM.", ["KelpNet", "PRISM"]),
        ("We prompt gpt-3.5-turbo-16k, a model.", ["gpt-3.5-turbo-16k"]),
    ],
)
def test_a_model_with_a_size_or_a_window_is_one(abstract: str, expected: list[str]) -> None:
    assert names_of(abstract) == expected


@pytest.mark.parametrize(
    "abstract",
    [
        "Patients with SARS-CoV-2 had more IL-6 than controls, compared with HIV-1 patients.",
        "We fitted a transit model of Kepler-7. The planet is larger than HD-189 b and rivals WASP-12.",
        "We study the Ising model. Its exponents differ from XY-3, and those of YBa2Cu3 are better than with La-2.",
    ],
)
def test_what_is_numbered_and_compared_in_other_sciences_is_no_model(abstract: str) -> None:
    assert names_of(abstract) == ["NA"]
