"""Which language a question is in, over a labelled list, and what is said where the material is in another one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.language_notes import ASK_IN, UNSURE
from assistant.languages import ENGLISH, language_of
from assistant.query_engine import Outcome
from index_store.search import Searcher
from tests.agents import agent_over, outcome, run
from tests.course import engine_over, outcome_of, searching, steps_of

DATA = Path(__file__).parent / "data"
ROWS = [json.loads(line) for line in (DATA / "question_languages.jsonl").read_text("utf-8").splitlines()]
NAMES = {"de": "German", "es": "Spanish", "fr": "French", "it": "Italian", "pt": "Portuguese", "nl": "Dutch"}
FOREIGN = [row for row in ROWS if row["language"] != "en"]
MOSTLY = 0.9
GERMAN = """# Brennöfen

## Der Brand

Ein Brennofen ist ein Ofen, der den Ton durch Hitze hart macht. Steinzeug wird neun Stunden lang bei 1.260 Grad
gebrannt. Risse kommen davon, dass nasser Ton zu schnell erhitzt wird.

## Prüfung

Die Note ist zur Hälfte aus den Töpfen und zur Hälfte aus dem Heft. Wer zu spät abgibt, verliert einen Punkt am Tag.
"""


def ask(searcher: Searcher, minilm: Any, question: str) -> Outcome:
    return outcome_of(asyncio.run(steps_of(engine_over(searcher, minilm), question)))


@pytest.fixture(scope="module")
def german(tmp_path_factory: pytest.TempPathFactory, minilm: Any) -> Iterator[Searcher]:
    """A course in German."""
    folder = tmp_path_factory.mktemp("toepferei")
    (folder / "kurs").mkdir()
    (folder / "kurs" / "ofen.md").write_text(GERMAN, encoding="utf-8")
    with searching(folder / "home", minilm, folder / "kurs") as opened:
        yield opened


@pytest.mark.parametrize("row", [r for r in ROWS if r["language"] == "en"], ids=lambda r: r["question"][:30])
def test_no_english_question_is_taken_for_another_language(row: dict[str, Any]) -> None:
    assert language_of(row["question"]) in (ENGLISH, None)


def test_nearly_every_question_in_another_language_is_told_and_the_language_of_most() -> None:
    told = [language_of(row["question"]) not in (ENGLISH, None) for row in FOREIGN]
    assert sum(told) > MOSTLY * len(told)
    right = [language_of(r["question"]) == NAMES[r["language"]] for r in FOREIGN if r["language"] in NAMES]
    assert sum(right) > MOSTLY * len(right)


@pytest.mark.parametrize(
    "question",
    [
        'What does "Wo ist der Bahnhof und was ist das?" mean?',
        "Translate „Wo ist der Bahnhof“ please",
        "α β γ",
        "λ = 2?",
        "𝑝(𝑥|𝑦) = 𝑝(𝑥)",
        "https://de.example.org/la/que/es/un/sitio",
        "DAN MAN DER",
        "print(len(des)); con.execute(las)",
    ],
)
def test_what_is_quoted_a_formula_an_address_or_code_is_in_no_language(question: str) -> None:
    assert language_of(question) in (ENGLISH, None)


def test_a_question_of_a_thousand_odd_signs_is_told_at_once() -> None:
    for sign in ("“", "'a ", "a.a", "a-", "а", "_"):
        assert language_of(sign * 10_000) in (None, ENGLISH, "Cyrillic")


@pytest.mark.parametrize("question", ["Wie heiß wird Steinzeug gebrannt?", "Что такое глазурь?", "¿Qué es un horno?"])
def test_a_refusal_says_that_the_question_is_in_another_language_than_the_material(
    searcher: Searcher, minilm: Any, question: str
) -> None:
    end = ask(searcher, minilm, question)
    assert not end.found and end.notes == (ASK_IN.format(it=ENGLISH),)
    by_agent = outcome(run(agent_over(searcher, minilm), question))
    assert not by_agent.found and by_agent.notes == end.notes


def test_an_answer_that_was_found_all_the_same_says_that_it_may_be_beside_the_point(
    searcher: Searcher, minilm: Any
) -> None:
    end = ask(searcher, minilm, "Was ist Stoneware, die bei 1,260 degrees Celsius for nine hours fired wird?")
    assert end.found and end.notes == (UNSURE.format(it=ENGLISH),)


@pytest.mark.parametrize("question", ["How hot is stoneware fired?", "Who was the first potter on Mars?", "Celadon?"])
def test_nothing_is_said_of_the_language_of_an_english_question_in_an_english_course(
    searcher: Searcher, minilm: Any, question: str
) -> None:
    assert ask(searcher, minilm, question).notes == ()
    assert not [n for n in outcome(run(agent_over(searcher, minilm), question)).notes if "translate" in n]


def test_a_german_course_is_asked_in_german(german: Searcher, minilm: Any) -> None:
    assert ask(german, minilm, "Was ist ein Brennofen?").notes == ()
    assert ask(german, minilm, "Wer war der erste Töpfer auf dem Mars?").notes == ()
    assert ask(german, minilm, "Who was the first potter on Mars?").notes == (ASK_IN.format(it="German"),)
