"""What a correction asks of later answers: the one that was wrong must not do, and what the reviewer wrote must."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.evaluation import from_traces
from assistant.evaluation.corrections import Asked
from assistant.evaluation.datasets import Row, read_dataset
from assistant.evaluation.from_traces import add_row, row_of
from assistant.evaluation.metrics import answer_counts, is_as_asked
from assistant.evaluation.said import as_written, numbers_of, says
from index_store.errors import InvalidInput

PATH = "bees/pollination.md"
SOURCE = [
    "# Foraging\n\nA forager visits up to 100 flowers on one trip. Each trip lasts 30 minutes.",
    "In summer a hive is inspected every 7 days. From November on the boxes stay shut until the willows bloom.",
]
QUESTIONS = {
    "flowers": ("How many flowers does a forager visit?", "A forager visits up to 100 flowers on one trip. [1]"),
    "winter": ("How often is a hive inspected in winter?", "In summer a hive is inspected every 7 days. [1]"),
    "exam": ("When is the exam and in which room?", "The exam is on 3 March in room Amber. [1]"),
    "queen": ("Who lays the eggs?", "The workers lay the eggs. [1]"),
    "sting": ("Do drones sting?", "Drones do not sting people. [1]"),
    "heads": ("How many heads does it have?", "It has 6 heads [1]."),
    "day": ("When is the exam?", "It is on 3 May [1]."),
    "examples": ("How many examples should I give?", "Use 3 examples [1]."),
    "some": ("How many examples should I give?", "Use some of them [1]."),
}  # fmt: skip
CORRECTED = [
    ("flowers", "A forager visits as many as two hundred blossoms.", "Up to 200 flowers are visited on each trip. [1]"),
    ("flowers", "200", "It visits two hundred flowers. [1]"),
    ("winter", "Never: in winter a hive is not inspected.", "In winter it is never done. [1]"),
    ("exam", "The exam is on 9 April in room Cobalt.", "On April 9, in Cobalt. [1]"),
    ("queen", "The queen lays them all.", "The eggs are laid by the queen. [1]"),
    ("sting", "Drones sting people.", "Drones sting people. [1]"),
    ("heads", "The base model of 2017 has 8 heads.", "It has 8 heads. [1]"),
    ("heads", "Since 2017 it has eight attention heads.", "It has 8 heads. [1]"),
    ("day", "It is on 12 May.", "On May 12 of 2026. [1]"),
    ("day", "It is on May 4, in room 12.", "On 4 May. [1]"),
    ("examples", "Use 5 examples, see chapter 12.", "Five examples will do. [1]"),
    ("some", "Use 5 examples, see chapter 12.", "Five examples will do. [1]"),
]


def trace(about: str, **review: Any) -> dict[str, Any]:
    question, answer = QUESTIONS[about]
    cited = [{"path": PATH, "quote": answer.removesuffix(" [1]")}]
    return {"id": "t" * 32, "kind": "ask", "status": "ok", "question": question, "searched": None, "tags": None,
            "answer": answer, "citations": cited, "spans": [], "evaluation": None, "started_at": 9.0, "feedback": [],
            "reviews": [{"reviewer": "Ada", **review}]}  # fmt: skip


def read(row: dict[str, Any], folder: Any) -> Row:
    file, _ = add_row(folder, "reviewed", "answers", row)
    return read_dataset(file, "answers").rows[0]


def passes(row: Row, answer: str, path: str = PATH, *, found: bool = True) -> bool:
    return is_as_asked(answer_counts(row, found, answer, [{"path": path, "quote": answer}]))


@pytest.mark.parametrize("sources", [[PATH], []])
@pytest.mark.parametrize("verdict", ["wrong", "partly", None])
@pytest.mark.parametrize(("about", "right", "otherwise"), CORRECTED)
def test_the_answer_that_was_corrected_fails_and_what_the_reviewer_wrote_passes(
    about: str, right: str, otherwise: str, verdict: str | None, sources: list[str], tmp_path: Any
) -> None:
    said = trace(about, verdict=verdict, corrected_answer=right, corrected_sources=sources)
    row = read(row_of(said, passages=lambda _: SOURCE)[1], tmp_path)
    assert not passes(row, said["answer"])
    assert passes(row, right) and passes(row, otherwise)
    assert not passes(row, "The course does not answer that.", found=False)
    assert not passes(row, "It is something else. [1]")
    assert passes(row, right, "bees/other.md") == (not sources)


def test_what_was_wrong_does_not_pass_beside_what_is_right(tmp_path: Any) -> None:
    for about, right, _ in (*CORRECTED[:4], *CORRECTED[6:11]):
        said = trace(about, verdict="wrong", corrected_answer=right)
        assert not passes(read(row_of(said)[1], tmp_path), f"{right} {said['answer']}")


@pytest.mark.parametrize(
    ("about", "right", "still_wrong"),
    [
        ("heads", "The base model of 2017 has 8 heads.", "The base model of 2017 has 6 heads."),
        ("day", "It is on 12 May.", "It is on 3 May, as 12 others are."),
        ("examples", "Use 5 examples, see chapter 12.", "Use 3 examples, see chapter 12 and 5."),
        ("some", "Use 5 examples, see chapter 12.", "Use 6 examples, see chapter 12 and 5."),
    ],
)
def test_a_number_that_only_stands_beside_the_corrected_one_makes_nothing_right(
    about: str, right: str, still_wrong: str, tmp_path: Any
) -> None:
    row = read(row_of(trace(about, verdict="wrong", corrected_answer=right))[1], tmp_path)
    assert passes(row, right) and not passes(row, still_wrong)


def test_a_row_that_its_own_right_answer_would_fail_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(must_contain=(("emperor",),), must_not_contain=("workers lay",))
    monkeypatch.setattr(from_traces, "asked_by", lambda *_, **__: asked)
    with pytest.raises(InvalidInput, match="would fail"):
        row_of(trace("queen", verdict="wrong", corrected_answer="The queen lays them all."))


@pytest.mark.parametrize("verdict", ["wrong", "partly"])
def test_the_passage_of_a_correction_is_the_one_that_says_it_and_no_quote_of_what_was_wrong(verdict: str) -> None:
    for about, right, snippet in (
        ("flowers", "A forager visits 200 blossoms.", ""),
        ("flowers", "A trip of a forager lasts thirty minutes.", "Each trip lasts 30 minutes."),
        ("winter", "From November on the boxes stay closed.", SOURCE[1].split(". ")[1]),
    ):
        said = trace(about, verdict=verdict, corrected_answer=right, corrected_sources=[PATH])
        assert row_of(said, passages=lambda _: SOURCE)[1]["gold"] == [{"path": PATH, "snippet": snippet}]


def test_a_row_that_what_was_wrong_would_pass_is_not_made() -> None:
    for review in (
        {"verdict": "wrong", "corrected_sources": [PATH]},
        {"verdict": "partly", "corrected_answer": QUESTIONS["queen"][1]},
    ):
        with pytest.raises(InvalidInput, match="would pass"):
            row_of(trace("queen", **review))
    with pytest.raises(InvalidInput, match="Nobody has said"):
        row_of(trace("queen", verdict="wrong"))


def test_another_source_alone_is_a_row_of_that_source(tmp_path: Any) -> None:
    row = read(row_of(trace("queen", verdict="wrong", corrected_sources=["bees/hive.md"]))[1], tmp_path)
    assert not passes(row, QUESTIONS["queen"][1]) and passes(row, "It is the queen. [1]", "bees/hive.md")


def test_what_was_refused_and_has_an_answer_is_a_row_that_no_refusal_passes(tmp_path: Any) -> None:
    refused = {"status": "refused", "answer": "The course does not answer that.", "citations": []}
    said = trace("queen", verdict="wrong", corrected_answer="The course says: the queen.") | refused
    row = read(row_of(said)[1], tmp_path)
    assert not passes(row, said["answer"], found=False) and passes(row, "The queen lays them. [1]")


def test_what_should_have_been_refused_is_a_row_that_says_so(tmp_path: Any) -> None:
    row = read(row_of(trace("queen", verdict="refuse"))[1], tmp_path)
    assert row.refuse is True and not passes(row, "The workers. [1]") and passes(row, "No.", found=False)


@pytest.mark.parametrize(
    ("text", "phrase", "does"),
    [
        ("Up to two hundred blossoms.", "200", True), ("1,260 degrees", "1260", True), ("It takes 1200.", "200", False),
        ("rooms two and three", "3", True), ("fired at 990°C", "990", True),
        ("A hundred bees.", "100 bee", True), ("It is noted.", "not", False), ("on the 9th", "9", True),
        ("It isn't so.", "not", True), ("GPT-4 is one", "GPT-4", True), ("Twenty-three cells", "23", True),
    ],
)  # fmt: skip
def test_a_phrase_is_said_in_whole_words_and_a_number_in_words_or_digits(text: str, phrase: str, does: bool) -> None:
    assert says(text, phrase) == does


def test_the_numbers_of_a_text_are_those_that_count_something() -> None:
    assert numbers_of("No one uses GPT-4 for 1,260 rows, two hundred times (3.50) on one 4th.") == [
        "1260", "200", "3.5", "4",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("a hundred and one bees", ["101"]), ("twenty-one cells and one queen", ["21"]),
        ("two hundred three hundred", ["200", "300"]), ("two hundred and three hundred", ["200", "300"]),
        ("two thousand three thousand", ["2000", "3000"]), ("two thousand three hundred thousand", ["2000", "300000"]),
        ("in twenty twenty-four", ["2024"]), ("nineteen eighty four", ["1984"]), ("thirty forty-one", ["30", "41"]),
        ("two hundred and five thousand and six", ["205006"]), ("twelve hundred", ["1200"]),
        ("one point two five, 3.5 million, a dozen", ["1.25", "3500000", "12"]),
        ("two hundred " * 3000, ["200"]), ("hundred " * 3000, ["100"]), (f"{'7' * 5000} million", ["7" * 5000]),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_each_number_in_words_is_read_as_one(text: str, numbers: list[str]) -> None:
    assert numbers_of(text) == numbers


def test_a_number_is_written_as_it_stands_and_not_as_the_beginning_of_another() -> None:
    assert as_written("two hundred bees and two queens", "2", more=1) == "two queens"
