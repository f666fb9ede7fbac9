"""Units are scored by what answers the question: nearness, wording, rank; what only looks like an answer loses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from assistant.selection import (
    MOST_PASSAGES,
    Candidate,
    Passage,
    Weights,
    beyond_title,
    candidates_of,
    coverage,
    is_reference,
)
from assistant.terms import content_terms

KILN = Passage(1, "A kiln is an oven that hardens clay by heat. It was built in 1911. Potters like tea.", "Kilns")


def best(question: str, text: str, minilm: Any) -> str:
    return candidates_of(question, [Passage(1, text, "Kilns")], minilm)[0].unit.text


def scored(found: list[Candidate], begins: str) -> float:
    return next(c.score for c in found if c.unit.text.startswith(begins))


def test_the_sentence_that_answers_stands_first(minilm: Any) -> None:
    assert candidates_of("What is a kiln?", [KILN], minilm)[0].unit.text.startswith("A kiln is an oven")


def test_every_unit_is_a_candidate_once_best_first(minilm: Any) -> None:
    found = candidates_of("What is a kiln?", [KILN, Passage(2, "Glaze is glass.", "Glazes")], minilm)
    assert {(c.passage, c.place) for c in found} == {(0, 0), (0, 1), (0, 2), (1, 0)}
    assert [c.score for c in found] == sorted((c.score for c in found), reverse=True)


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        (
            "How does a kiln harden clay?",
            "How does a kiln harden clay? A kiln heats clay until it is hard.",
            "A kiln heats",
        ),
        ("What is a kiln made of?", "Kiln bricks\n\nA kiln is made of bricks that stand great heat.", "A kiln is made"),
        (
            "What is known of kilns?",
            "[All about kilns](https://example.org/kilns/all)\n\nKilns are ovens for clay.",
            "Kilns are",
        ),
        (
            "How many degrees does a kiln reach?",
            "A kiln gets very hot indeed. A kiln reaches 1,300 degrees.",
            "A kiln reaches",
        ),
    ],
    ids=["a question", "a title", "a link", "no number where one is asked for"],
)
def test_what_only_looks_like_an_answer_loses(minilm: Any, question: str, text: str, expected: str) -> None:
    assert best(question, text, minilm).startswith(expected)


@pytest.mark.parametrize(
    ("question", "begins", "fault"),
    [("How is the heat held?", "kiln.hold", "code"), ("How many hours is the heat held?", "The kiln", "number")],
)
def test_code_is_marked_down_and_a_number_up_where_one_is_asked_for(
    minilm: Any, question: str, begins: str, fault: str
) -> None:
    passages = [Passage(1, "The kiln holds its heat for 9 hours.\n\n```\nkiln.hold_heat(hours=9)\n```")]
    weights = Weights()
    with_it = scored(candidates_of(question, passages, minilm, weights), begins)
    without = scored(candidates_of(question, passages, minilm, replace(weights, **{fault: 0.0})), begins)
    sign = -1 if fault == "code" else 1
    assert with_it - without == pytest.approx(sign * getattr(weights, fault))


def test_a_number_counts_for_nothing_where_none_is_asked_for(minilm: Any) -> None:
    passages = [Passage(1, "The kiln holds its heat for 9 hours.")]
    plain = candidates_of("What is a kiln?", passages, minilm)
    assert candidates_of("What is a kiln?", passages, minilm, Weights(number=0.0)) == plain


def test_of_two_equal_sentences_that_of_the_better_passage_wins(minilm: Any) -> None:
    same = "A kiln is an oven that hardens clay."
    found = candidates_of("What is a kiln?", [Passage(1, same), Passage(2, same)], minilm)
    assert [c.passage for c in found] == [0, 1] and found[0].score > found[1].score


def test_the_heading_says_what_a_sentence_leaves_out(minilm: Any) -> None:
    texts = ("It needs nine hours.", "It needs nine hours.")
    found = candidates_of(
        "How long does a stoneware firing take?",
        [Passage(1, texts[0], "The bus to town"), Passage(2, texts[1], "Firing stoneware")],
        minilm,
    )
    nearness = {c.passage: c.cosine for c in found}
    assert nearness[1] > nearness[0]


def test_marks_and_headings_are_no_candidates_and_nothing_gives_none(minilm: Any) -> None:
    assert candidates_of("What?", [], minilm) == []
    assert candidates_of("What?", [Passage(1, "---\n\n# Kilns\n\n***\n")], minilm) == []


def test_no_more_passages_are_read_than_the_limit(minilm: Any) -> None:
    passages = [Passage(n, f"Kiln number {n} is hot and red.") for n in range(1, MOST_PASSAGES + 3)]
    assert {c.passage for c in candidates_of("Which kiln is hot?", passages, minilm)} == set(range(MOST_PASSAGES))


def test_coverage_is_the_share_of_the_questions_terms_and_rare_ones_count_more() -> None:
    texts = ["The kiln is red.", "The kiln holds celadon.", "The kiln is old.", "Tea."]
    held = [frozenset(content_terms(text)) for text in texts]
    whole = coverage("Does the kiln hold celadon?", held)
    assert whole[1] == pytest.approx(1.0) and whole[3] == 0.0
    assert 0 < whole[0] == whole[2] < 1 / 3
    assert coverage("What is it?", held) == [0.0] * 4


def test_a_reference_is_little_more_than_a_link() -> None:
    assert is_reference("- [Paper](https://arxiv.org/abs/2210.03629)")
    assert not is_reference("Short.")


SLOW = "Use the slow kiln when a pot has thick walls. Do not use it for tiles: they crack."
WHEN = Passage(1, SLOW, "When to use it")
WHEN_NOT = Passage(2, "A fast kiln does as well for plates. Tiles crack in it.", "When not to use the slow kiln")


@pytest.mark.parametrize(
    "question",
    [
        "When should I not use the slow kiln?",
        "When shouldn't I use the slow kiln?",
        "When should I avoid the slow kiln?",
        "In which cases is the slow kiln a bad choice?",
        "What is the slow kiln and when would I use it? When should I not use it?",
    ],
)
def test_asked_when_not_nothing_says_when(minilm: Any, question: str) -> None:
    found = [c.unit.text for c in candidates_of(question, [WHEN, WHEN_NOT], minilm)]
    assert "Do not use it for tiles: they crack." in found and "A fast kiln does as well for plates." in found
    assert not [text for text in found if text.startswith("Use the slow kiln")]


@pytest.mark.parametrize(
    "question",
    [
        "When should I use the slow kiln?",
        "Why should I not open a kiln early?",
        "When do I use the slow kiln to avoid cracks?",
        "In which cases does the slow kiln help avoid cracks?",
        "Where is the slow kiln used, and is it not the same as the fast one?",
        "When is the slow kiln free if I do not come on time?",
    ],
)
def test_asked_anything_else_all_is_a_candidate(minilm: Any, question: str) -> None:
    assert len(candidates_of(question, [WHEN, WHEN_NOT], minilm)) == 4


def test_where_nothing_says_when_not_the_rest_stays(minilm: Any) -> None:
    only = replace(WHEN, text="Use the slow kiln when a pot has thick walls.")
    assert candidates_of("When should I not use the slow kiln?", [only], minilm)


ARTICLE = "The Old Mill was built of stone. It has four sails. In 1902 it burnt down, and in 1910 it was rebuilt."


def test_an_article_is_asked_for_what_its_title_does_not_say(minilm: Any) -> None:
    mill = Passage(1, ARTICLE, "Old Mill > History", is_outside=True)
    asked = "When was the Old Mill rebuilt?"
    assert beyond_title(asked, mill) == {"rebuilt"}
    assert candidates_of(asked, [mill], minilm)[0].unit.text.startswith("In 1902")
    assert not beyond_title("What is the Old Mill?", mill)


def test_what_calls_the_thing_that_is_asked_for_by_its_name_is_marked_up(minilm: Any) -> None:
    passages = [Passage(1, "The museum is open on Sundays. Its authors chose three glazes for it.", "Kilns")]
    question = "Which glazes does the study take?"
    found = candidates_of(question, passages, minilm)
    without = candidates_of(question, passages, minilm, Weights(called=0.0))
    gained = [scored(found, begins) - scored(without, begins) for begins in ("Its", "The")]
    assert gained == [pytest.approx(Weights().called), 0.0]


def test_a_question_in_marks_of_code_asks_too(minilm: Any) -> None:
    text = "We asked it `How hot does the raku kiln get?` It said that the raku kiln gets to 980 degrees."
    assert best("How hot does the raku kiln get?", text, minilm).startswith("It said")
