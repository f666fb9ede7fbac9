"""Names told by what they are compared with, or by what is done to them: invented ones, so that no list knows them."""

from __future__ import annotations

import pytest

from assistant.tagging_rules import names_of

COMPARED = [
    ("Our network outperforms TideReader, Egret and Tidal Net by three points.", ["TideReader", "Egret", "Tidal Net"]),
    ("The model is well above KelpRank and is on par with DuneLM-base.", ["KelpRank", "DuneLM-base"]),
    ("Our encoder is right in 57% of cases, against 9% for KelpRank and 4% for ReefBot.", ["KelpRank", "ReefBot"]),
    (
        "The speaker similarity of the model exceeds that of KelpVoice, Osprey 2 and Heron.",
        ["KelpVoice", "Osprey 2", "Heron"],
    ),
    ("Compared to KelpNorm and DuneIR, the model has fewer parameters.", ["KelpNorm", "DuneIR"]),
    ("The adapter, inserted into KelpX-R and dT7, helps both encoders.", ["KelpX-R", "dT7"]),
    ("The layers of DuneBase-2 hold syntax, those of its small variant KelpMini do not.", ["DuneBase-2", "KelpMini"]),
    (
        "We probe KelpMo, DuneXL and a non-contextual ReefFast for syntax with a model.",
        ["KelpMo", "DuneXL", "ReefFast"],
    ),
]
BY_FORM = [
    (
        "Detectors such as KelpScan, Binoculars and DuneZero miss half of the model texts.",
        ["KelpScan", "Binoculars", "DuneZero"],
    ),
    ("We combine GPT-4 for plans, KelpNet for images and Dune-1 for filtering.", ["GPT-4", "KelpNet", "Dune-1"]),
    ("Starting from a Kelp-TasNet student and a DUNECS teacher, the model learns.", ["Kelp-TasNet", "DUNECS"]),
    ("The audio model needs Kelp-large-v3, KelpGAN+ and KelpT-4o.", ["Kelp-large-v3", "KelpGAN+", "KelpT-4o"]),
    ("BERT and Heron learn as a model with attention does.", ["BERT", "Heron"]),
    ("People preferred KelpSign over KelpPose models.", ["KelpSign", "KelpPose"]),
    ("Our language models: KGReader injects a prefix. Others fail.", ["KGReader"]),
]
NOT_COMPARED = [
    "The n-gram baseline model is trained with KelpLM.",
    "We release KelpInstruct-1M, the instruction data we used for the model.",
    "The corpus is larger than KelpText and harder than DuneQuiz for every model.",
    "Our network outperforms Kalman filters and Bayesian Optimization.",
    "We propose an optimizer for language models. It converges faster than KelpOpt and DuneGrad.",
    "We propose a pruning method for networks that is better than KelpPrune.",
    "These networks were integrated into the KELP standard library.",
    "Models are compared with English, Google and Random Forests.",
    "Language-Quantized Autoencoder training is stable.",
    "The model is better than its maximum-likelihood (MLK) objective. It improves over MLK.",
]


@pytest.mark.parametrize(("abstract", "expected"), COMPARED + BY_FORM)
def test_what_a_model_is_compared_with_or_what_is_worked_on_is_a_model(abstract: str, expected: list[str]) -> None:
    assert names_of(f"Neural networks are compared. {abstract}") == expected


@pytest.mark.parametrize("abstract", NOT_COMPARED)
def test_data_techniques_and_ordinary_words_in_a_comparison_are_no_models(abstract: str) -> None:
    assert names_of(f"Neural networks are compared. {abstract}") == ["NA"]


def test_an_ordinary_word_beside_a_name_is_none() -> None:
    assert names_of("BERT and English are compared, and BERT and Flickr images, and BERT and Google.") == ["BERT"]


def test_one_name_of_a_list_tells_the_others_on_both_sides_of_it() -> None:
    text = "With KelpA, Egret, Heron, DuneB and GPT-4 the error of models is small."
    assert names_of(text) == ["KelpA", "Egret", "Heron", "DuneB", "GPT-4"]
