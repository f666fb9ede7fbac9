"""What a question asks for: a number, a thing by its name, what is about a thing that it names."""

from __future__ import annotations

import pytest

from assistant.asked import asked_for, asks_number, called_by_name, has_number, things_named


@pytest.mark.parametrize(
    "question",
    [
        "How many pots fit in?",
        "how long does the firing take",
        "When was the kiln built?",
        "What firing temperature limit does stoneware have?",
        "Which version of the glaze is used?",
        "What is the highest price of a vase?",
        "What's the success rate of celadon?",
        "Down to what fraction of its size does clay shrink?",
    ],
)
def test_a_number_is_asked_for(question: str) -> None:
    assert asks_number(question)


@pytest.mark.parametrize(
    "question",
    [
        "What is a learning rate?",
        "What is the learning rate?",
        "When should I open the kiln?",
        "How does a rate limit work?",
        "What is the number one rule?",
        "Why is the loss high?",
        "How can I rate an answer?",
    ],
)
def test_no_number_is_asked_for(question: str) -> None:
    assert not asks_number(question)


@pytest.mark.parametrize(
    "text", ["It took 9 hours.", "about $12", "Twelve of them", "Fired twice", "~40%", "In May 1998."]
)
def test_a_number_may_be_in_words(text: str) -> None:
    assert has_number(text)


@pytest.mark.parametrize("text", ["GPT-4 and Lab-3 did it.", "Some of them.", ""])
def test_a_digit_in_a_name_is_no_number(text: str) -> None:
    assert not has_number(text)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("Which learning rate did they use?", ["learning", "rate"]),
        ("How many kilns are there?", ["kilns"]),
        ("What flux does celadon need?", ["flux"]),
        ("What is a kiln?", []),
        ("Tell me of kilns.", []),
        ("What does the old kiln do?", []),
        ("Say what the kiln is for.", []),
    ],
)
def test_what_a_question_asks_for_is_read_off_its_wording(question: str, words: list[str]) -> None:
    assert asked_for(question) == words


@pytest.mark.parametrize(
    ("question", "terms"),
    [
        ("What is the dropout rate of Mixtral?", {"dropout", "rate"}),
        ("Which optimizers does it use?", {"optim"}),
        ("What is the purpose of a kiln?", set()),
        ("What are the main advantages of it?", set()),
        ("Why is it hot?", set()),
    ],
)
def test_a_rank_has_a_name_and_a_reason_has_none(question: str, terms: set[str]) -> None:
    assert called_by_name(question) == terms


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("How do I load a LoRA adapter into Pinecone?", ["LoRA", "Pinecone"]),
        ("What is GPT-4's context window?", ["GPT-4"]),
        ("Does it work? Kilns are hot.", []),
        ("Is The Course Free Of Charge?", []),
        ("WHAT IS A KILN?", []),
        ("what does useEffect do", ["useEffect"]),
        ("Welche Lernrate wurde im Notebook verwendet?", []),
        ("Who wrote 'Thinking'? Was it Kahneman?", ["Thinking", "Kahneman"]),
    ],
)
def test_names_are_told_by_their_capitals(question: str, names: list[str]) -> None:
    assert things_named(question) == names
