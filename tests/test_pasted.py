"""An abstract is recognised among what people paste; a question, a lesson or another wish is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.pasted import abstract_in, wants_else, wishes_beside
from assistant.ways import is_for_agent
from tests.conftest import REPOSITORY

ABSTRACT = (
    "We present PotteryNet, a neural network that predicts how a glaze looks after firing. In this paper we compare it"
    " with BERT and GPT-4 on a data set of 3,000 glazes, and show that it outperforms both baselines by four points."
    " Our experiments suggest that a model of moderate size is enough where the recipe of the glaze is known."
)


SHORT = "We propose PotteryNet, a small neural network for glazes. It outperforms BERT on our benchmark."
LATEX = (
    r"We present \textsc{Pot-Adapter}, a way to fine-tune \textbf{LLaMA} with $1.2$M parameters. It reaches $92.3\%$"
    r" on GlazeQA~\cite{pot2024}, outperforming GPT-3.5."
)
HEADED = (
    "Background: Language models such as BERT fail on notes of potters.\nMethods: We fine-tuned KilnBERT and Llama 2 on"
    " 10,000 notes.\nResults: KilnBERT reached an F1 of 0.87.\nConclusions: Small models suffice."
)
CHINESE = "我们提出了一种新的陶艺模型KilnLM-6B，它在多个基准测试上优于LLaMA和GPT-3。实验结果表明它在中文上具有优势。"
GERMAN = (
    "In dieser Arbeit stellen wir TonBERT vor, ein Sprachmodell für Töpfer. Wir zeigen in Experimenten, dass TonBERT"
    " mehrsprachige Modelle wie mBERT auf fünf Datensätzen übertrifft."
)
NO_VOICE = (
    "Transformers are widely used. BERT and RoBERTa set the state of the art on GLUE, and GPT-3 showed few-shot"
    " abilities. This survey covers 120 works published between 2018 and 2023, and names open problems."
)
GUIDE = (
    "Your task is to extract model names from abstracts of papers. Your response is an array of the names in the format"
    ' ["model_name"]. If you are not sure, or find none, return ["NA"].\n\nAbstract: '
)


@pytest.mark.parametrize("abstract", [SHORT, LATEX, HEADED, CHINESE, GERMAN, NO_VOICE, f"{ABSTRACT}\n\n{LATEX}"])
@pytest.mark.parametrize("around", [("", ""), ("Tag this: ", ""), ("", "\n\nTag this, please.")])
def test_abstracts_of_many_kinds_are_found(abstract: str, around: tuple[str, str]) -> None:
    assert abstract_in(around[0] + abstract + around[1]) == abstract


@pytest.mark.parametrize(
    "behind",
    ["\n\nTag this please.", "\nWhich models are mentioned?", "\n\nExtract the model names from the abstract above",
     " Tag this abstract.", "\n\nModel names:"]
)  # fmt: skip
def test_an_abstract_is_found_before_what_asks_for_its_tags(behind: str) -> None:
    assert abstract_in(ABSTRACT + behind) == ABSTRACT


def test_a_title_and_authors_above_the_word_abstract_do_no_harm() -> None:
    pasted = f"PotteryNet: Glazes with Networks\n\nA. Potter, B. Kiln\n\nAbstract\n{ABSTRACT}"
    assert ABSTRACT in str(abstract_in(pasted))


@pytest.mark.parametrize(
    "lead", ["", "Abstract: ", "Abstract\n", "Tag this abstract:\n\n", "Which models are named here?\n\n",
             "Please extract the model names: ", "Tag: ",
             "Could you please tag the following abstract: ", "I need the models from this abstract: ", GUIDE,
             "Here's an abstract, please tag it: ", "What models are mentioned in this abstract? ", "names pls\n",
             "请提取模型名称：", "Perform named entity recognition for models on: ", "**Abstract** ", "Summary. "]
)  # fmt: skip
def test_an_abstract_is_found_behind_what_asks_for_its_tags(lead: str) -> None:
    assert abstract_in(lead + ABSTRACT) == ABSTRACT


@pytest.mark.parametrize(
    "message",
    [
        "",
        "What is ReAct?",
        f"Summarise this abstract:\n\n{ABSTRACT}",
        f"Explain: {ABSTRACT}",
        f"{ABSTRACT} Is that true?",
        f"tl;dr: {ABSTRACT}",
        f"{ABSTRACT}\n\nExplain this in simple words.",
        f"{ABSTRACT}\nTranslate this to German.",
        f"{ABSTRACT}\n\nWhat is the main contribution?",
        f"I read this abstract and wonder whether RAG helps here:\n\n{ABSTRACT}",
        f"Write a review of this abstract: {ABSTRACT}",
        f"总结：{ABSTRACT}",
        "In this lesson we introduce few-shot prompting. We show examples to a language model, a method from GPT-3 on.",
        "a new family of models that are fine-tuned from Llama 2; outperforms baselines on our benchmarks for pottery",
        "I have a question about my project: you said that our model should be evaluated on a test set, and I wonder"
        " whether you mean the one from lesson three or the one that my group made, because in our experiments the"
        " results differ a lot and we do not know which baseline you would like us to report in the notebook",
        "The kiln is heated by a hundred degrees an hour until the clay is dry, and then the highest heat is held for"
        " half an hour. After that it cools down for a whole day, and nobody opens the door before it is below one"
        " hundred and twenty degrees, because cold air breaks the pots that stand on the shelves inside.",
    ],
)
def test_anything_else_is_no_abstract(message: str) -> None:
    assert abstract_in(message) is None


def test_most_abstracts_of_the_labelled_set_are_recognised(shared: Path) -> None:
    rows = [json.loads(line) for line in (shared / "eval" / "tagging" / "dev.jsonl").read_text("utf-8").splitlines()]
    missed = [row["abstract"][:60] for row in rows if abstract_in(row["abstract"]) is None]
    assert len(missed) <= 0.05 * len(rows), missed


def test_no_question_of_the_labelled_sets_is_taken_for_one(shared: Path) -> None:
    rows = [json.loads(line) for line in (shared / "eval" / "qa" / "dev.jsonl").read_text("utf-8").splitlines()]
    more = (shared / "eval" / "papers" / "dev.jsonl").read_text("utf-8").splitlines()
    rows += [json.loads(line) for line in more]
    assert [row["question"] for row in rows if is_for_agent(row["question"], outside=False)] == []


@pytest.mark.parametrize(
    ("question", "inside", "outside"),
    [
        (ABSTRACT, True, True),
        ("What is 2 + 2?", True, True),
        ("What is the weather today?", False, True),
        ("What does arXiv:2210.03629 say?", True, True),
        ("What does https://pages.example/a say?", True, True),
        ("What is chain of thought?", False, False),
        ("Which latest techniques does lesson 3 name?", False, False),
    ],
)
def test_the_way_is_chosen_by_the_question(question: str, inside: bool, outside: bool) -> None:
    assert (is_for_agent(question, outside=False), is_for_agent(question, outside=True)) == (inside, outside)


@given(st.text(max_size=400))
def test_what_is_found_stands_in_the_message(message: str) -> None:
    found = abstract_in(f"{message}\n\n{ABSTRACT}")
    assert found is None or found in f"{message}\n\n{ABSTRACT}"


def test_short_abstracts_that_name_models_are_recognised() -> None:
    rows = (REPOSITORY / "docs" / "abstracts.jsonl").read_text("utf-8").splitlines()
    abstracts = [json.loads(row)["abstract"] for row in rows]
    assert sum(abstract_in(abstract) is not None for abstract in abstracts) >= 0.8 * len(abstracts)
    assert sum(abstract_in(f"Abstract: {abstract}") is not None for abstract in abstracts) >= 0.8 * len(abstracts)


BROUGHT = "A kiln is fired for nine hours and cooled for twenty. Pots crack where the door is opened early, we found."


@pytest.mark.parametrize(
    "message",
    [
        f"Summarise this abstract: {BROUGHT}",
        f"Translate into German:\n{BROUGHT}",
        f"Please rewrite my paragraph: {BROUGHT}",
        f"{BROUGHT}\nSummarise this in one sentence.",
        f"What is missing in this text? {BROUGHT}",
        f"Explain: {ABSTRACT}",
        f"Write a review of it: {ABSTRACT}",
    ],
)
def test_a_wish_for_something_else_with_a_text_is_known(message: str) -> None:
    assert wants_else(message)


@pytest.mark.parametrize(
    "message",
    [
        "Compare the two firings of the lecture: which temperature does stoneware need, which one earthenware,"
        " and why does one of them have to be held for so much longer than the other?",
        "Please explain what https://pages.example/kilns says about how hot a kiln has to be and what is done with the"
        " pots when they are cold again and can be taken out",
        f"Explain the firing:\n{BROUGHT}",
        "Describe these for my notes:\n- temperature of the glaze\n- time of the firing\n- what cracks and why it does"
        " when the door is opened too early, and when not",
        ABSTRACT,
        f"Tag this abstract: {ABSTRACT}",
    ],
)
def test_an_ordinary_question_is_no_such_wish(message: str) -> None:
    assert not wants_else(message)


@pytest.mark.parametrize("wish", ["Which datasets are used?", "Who wrote this?", "How large is the data set?"])
@pytest.mark.parametrize("form", ["{wish}\n\n{text}", "{text}\n\n{wish}", "{text} {wish}", "{wish} {text}"])
def test_a_question_beside_an_abstract_is_a_wish_for_something_else(wish: str, form: str) -> None:
    assert wants_else(form.format(wish=wish, text=ABSTRACT))


@pytest.mark.parametrize(
    "wish",
    ["Are there any models in this text?", "Is there a model in this abstract?", "Does this paper mention any LLMs?"],
)
@pytest.mark.parametrize("form", ["{wish} {text}", "{wish}\n\n{text}", "{text}\n\n{wish}"])
def test_whether_there_are_models_asks_for_their_names(wish: str, form: str) -> None:
    assert abstract_in(form.format(wish=wish, text=ABSTRACT)) == ABSTRACT
    assert not wishes_beside(form.format(wish=wish, text=ABSTRACT))


def test_what_stands_before_an_abstract_and_asks_something_else_is_named() -> None:
    assert wishes_beside(f"Which datasets are used? {ABSTRACT}") == ("Which datasets are used?",)
    assert wishes_beside(ABSTRACT) == ()


@pytest.mark.parametrize(
    ("message", "wishes"),
    [
        (f"Please tag this and summarise it: {ABSTRACT}", ("summarise it",)),
        (f"Tag this abstract and translate it into French: {ABSTRACT}", ("translate it into French",)),
        (f"Summarise this in a sentence, then list the models: {ABSTRACT}", ("Summarise this in a sentence",)),
        (f"Can you tag, explain and shorten this abstract?\n\n{ABSTRACT}", ("explain", "shorten this abstract?")),
        (f"{ABSTRACT} Tag it, and also tell me who fired the first kiln", ("tell me who fired the first kiln",)),
        (f"{ABSTRACT}\nWhich models are in it, and what is a glaze?", ("what is a glaze?",)),
        (f"Tag this abstract. Also, who are its authors?\n\n{ABSTRACT}", ("who are its authors?",)),
        (f"{ABSTRACT}\nTag it. What is a glaze and when is it used?", ("What is a glaze and when is it used?",)),
        (f"Tag this: {ABSTRACT}\n\nWhat is a glaze?", ("What is a glaze?",)),
        (f"{ABSTRACT} Tag it, and what is clay? What is a glaze?", ("what is clay?", "What is a glaze?")),
        (f"{ABSTRACT}\n\nTag it. Then write a short summary.", ("write a short summary",)),
        (f"Extract the model names and return them as a JSON list: {ABSTRACT}", ()),
        (GUIDE + ABSTRACT, ()),
    ],
)
def test_what_is_wanted_beside_the_tags_is_known(message: str, wishes: tuple[str, ...]) -> None:
    assert abstract_in(message) == ABSTRACT
    assert wishes_beside(message) == wishes


def test_a_short_text_whose_tags_are_asked_for_is_one_where_it_has_a_name() -> None:
    assert abstract_in("Tag this: GPT-4 beats Claude 2.") == "GPT-4 beats Claude 2."
    assert abstract_in("Tag this: the kiln is hot.") is None
