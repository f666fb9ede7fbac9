"""Support: what answers is enough, what is only near or asks nothing is not."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.selection import Passage, Weights, candidates_of
from assistant.support import ENOUGH, judge, met

TEXT = (
    "A kiln is an oven that hardens clay by heat. Stoneware is fired at 1,260 degrees Celsius for nine hours. "
    "Open the door only below 120 degrees, because cold air breaks the pots."
)


def support(question: str, minilm: Any, text: str = TEXT) -> tuple[float, bool]:
    """Judge a question over one passage whose cosine is what the search would give."""
    cosine = float(minilm.embed_texts([f"Kilns > Firing\n{text}"])[0] @ minilm.embed_query(question))
    passages = [Passage(1, text, "Kilns > Firing", cosine)]
    judged = judge(question, passages, candidates_of(question, passages, minilm), minilm)
    assert judged.enough == (judged.score >= ENOUGH)
    return judged.score, judged.enough


@pytest.mark.parametrize(
    "question",
    ["What is a kiln?", "At which temperature is stoneware fired?", "Why should I not open the kiln's door early?"],
)
def test_what_the_passage_answers_is_supported(minilm: Any, question: str) -> None:
    assert support(question, minilm)[1]


@pytest.mark.parametrize(
    "question",
    ["Who won the world cup in 1998?", "How do I bake bread?", "What is the tax rate in Norway?", "Who are you?"],
)
def test_what_it_does_not_is_not(minilm: Any, question: str) -> None:
    assert not support(question, minilm)[1]


@pytest.mark.parametrize("message", ["hi", "Hello there!", "thanks a lot", "ok", "Thank you very much."])
def test_a_greeting_or_thanks_asks_nothing_whatever_the_passage_says(minilm: Any, message: str) -> None:
    assert support(message, minilm, f"{message} Hello, thanks, ok and hi are greetings. {TEXT}") == (0.0, False)


def test_a_question_is_supported_less_where_what_it_asks_for_is_not_there(minilm: Any) -> None:
    wanted, _ = support("Which import duty does stoneware need?", minilm)
    plain, _ = support("Does stoneware need an import duty?", minilm)  # the same words, but asking for yes or no
    assert wanted < plain - 0.05


@pytest.mark.parametrize(
    ("question", "other"),
    [
        ("How many pots does a kiln hold?", "Which pots does a kiln hold?"),  # no number of pots is told
        ("Can a kiln harden clay for Wedgwood?", "Can a kiln harden clay for potters?"),
        ("What is the colour of a kiln?", "What is the heat of a kiln?"),
    ],
)
def test_what_is_asked_for_and_not_there_is_taken_off(minilm: Any, question: str, other: str) -> None:
    text = "A kiln is an oven that hardens clay by heat. Potters stack it with pots before they close the door."
    assert support(question, minilm, text)[0] < support(other, minilm, text)[0] - 0.05


def test_a_name_that_is_misspelt_is_there(minilm: Any) -> None:
    text = "Wedgwood hardened clay in a kiln. The kiln was an oven."
    right, wrong, other = (
        support(f"What did {name} harden in a kiln?", minilm, text)[0] for name in ("Wedgwood", "Wedgewood", "Spode")
    )
    assert other < wrong - 0.05 and other < right - 0.05


def test_without_a_candidate_nothing_is_supported(minilm: Any) -> None:
    judged = judge("What is a kiln?", [Passage(1, "---", "Kilns", 0.9)], [], minilm)
    assert (judged.score, judged.enough) == (0.0, False)


def test_wording_is_met_softly(minilm: Any) -> None:
    same = met(["oven"], "The oven is hot", minilm)
    near = met(["furnace"], "The oven is hot", minilm)
    far = met(["bicycle"], "The oven is hot", minilm)
    assert same is not None and near is not None and far is not None
    assert same == pytest.approx(1.0, abs=0.01) and same > near > far
    assert met(["the", "of"], "The oven", minilm) is None
    assert met(["oven"], "", minilm) is None


@pytest.mark.parametrize(
    ("question", "answered"),
    [
        ("What is the capital of Norland?", False),
        ("How many people live in Norland?", True),
        ("Which sports are played in Norland?", False),
        ("When was the census of Norland?", True),
        ("What is the population of Norland?", True),
    ],
)
def test_an_article_that_is_only_about_the_same_thing_is_no_answer(minilm: Any, question: str, answered: bool) -> None:
    text = "The population of Norland was 387,758 at the census of 2023. In 1950 it was 141,042."
    passages = [Passage(1, text, "Population of Norland", 0.6, is_outside=True)]
    assert judge(question, passages, candidates_of(question, passages, minilm), minilm).enough is answered


def test_of_a_name_that_no_passage_has_nothing_is_said(minilm: Any) -> None:
    text = "The context window of KilnLM-2 is 8,192 tokens: so many does it read at once."
    assert support("What is the context window of KilnLM-2?", minilm, text)[1]
    assert not support("What is the context window of KilnLM-3?", minilm, text)[1]


def test_that_the_name_of_what_is_asked_for_is_there_supports_nothing(minilm: Any) -> None:
    text = "Potters stack the kiln from below and close it at night. A list of fees hangs on the door."
    question = "What fee does the museum of ceramics take?"
    passages = [Passage(1, text, "Kilns", 0.3)]
    found = candidates_of(question, passages, minilm)
    assert any(c.called for c in found)
    assert judge(question, passages, found, minilm) == judge(
        question, passages, candidates_of(question, passages, minilm, Weights(called=0.0)), minilm
    )


def test_who_did_the_same_to_something_else_supports_nothing(minilm: Any) -> None:
    text = "Ash glazing was introduced by Byrne in 1911. It melts at once. Salt glazing covers the pot in the kiln."
    assert not support("Who introduced salt glazing?", minilm, text)[1]
    assert support("Who invented ash glazing?", minilm, text)[1]


def test_a_passage_headed_by_another_year_answers_nothing(minilm: Any) -> None:
    text = "The potters of Delft won the finals against Sèvres in the 2022-23 season."
    passages = [Passage(1, text, "2023 finals", 0.7)]

    def enough(question: str) -> bool:
        return judge(question, passages, candidates_of(question, passages, minilm), minilm).enough

    assert [enough(f"Who won the {year} finals?") for year in (2023, 2022)] == [True, False]


@pytest.mark.parametrize(
    ("question", "answered"),
    [("Do bees cost much?", False), ("How fast do bees fly?", False), ("Do bees fan?", True),
     ("Why do bees cap the cells?", True)],
)  # fmt: skip
def test_a_short_question_whose_rare_word_nothing_meets_is_not_answered_by_what_is_about_the_same(
    minilm: Any, question: str, answered: bool
) -> None:
    text = "Bees build combs of wax. Bees fan their wings to cool the hive. Bees cap the cells when the honey is ripe."
    cosine = float(minilm.embed_texts([f"Bees\n{text}"])[0] @ minilm.embed_query(question))
    passages = [Passage(1, text, "Bees", cosine)]
    assert judge(question, passages, candidates_of(question, passages, minilm), minilm).enough == answered
