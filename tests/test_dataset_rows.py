"""Reviewed turns as rows of a dataset: what a reviewer said is right, and what nobody said is not made up."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from assistant.evaluation.datasets import Row, read_dataset
from assistant.evaluation.from_traces import add_row, row_of
from assistant.evaluation.metrics import answer_counts
from assistant.evaluation.row_files import read_objects
from assistant.tracing.judgements import told_dispute
from index_store.errors import InvalidInput
from ui.review_sources import known_sources

CITED = [{"path": "a.md", "quote": "It is so."}, {"path": "b.md", "quote": "Or so."}]


def trace(*reviews: dict[str, Any], **given: Any) -> dict[str, Any]:
    known = {"id": "t" * 32, "kind": "ask", "status": "ok", "question": "Q?", "searched": None, "tags": None,
             "answer": "It is 42. [1]", "citations": CITED, "spans": [],
             "evaluation": None, "started_at": 9.0, "reviews": list(reviews), "feedback": []}  # fmt: skip
    return {**known, **given}


def gold(row: dict[str, Any]) -> list[str]:
    return [g["path"] for g in row["gold"]]


def test_what_was_right_is_a_row_as_it_was() -> None:
    for said in (trace({"verdict": "right"}), trace(feedback=[{"vote": "up"}])):
        kind, row = row_of(said)
        assert (kind, gold(row), row["answer"]) == ("answers", ["a.md", "b.md"], "It is 42. [1]")


def test_a_correction_takes_the_place_of_what_was_said() -> None:
    _, row = row_of(trace({"verdict": "wrong", "corrected_sources": ["b.md"], "corrected_answer": "43"}))
    assert row["gold"] == [{"path": "b.md", "snippet": ""}] and row["keywords"] == ["43"]


def test_a_corrected_answer_alone_is_a_row_of_words() -> None:
    said = "It is fired at 1,260 degrees for 9 hours in step 1. [1]"
    kind, row = row_of(trace({"verdict": "wrong", "corrected_answer": said}))
    assert kind == "answers" and "gold" not in row and row["keywords"] == ["1,260"]


def test_a_turn_of_the_agent_is_a_row_that_is_asked_in_its_way_after_what_it_leans_on(tmp_path: Path) -> None:
    before = {**trace(), "question": "What is 17 * 23?", "answer": "17 * 23 = 391 [1]", "started_at": 1.0}
    for question, leans in (("And half of that?", True), ("What is a kiln?", False)):
        half = trace({"verdict": "right"}, kind="agent", question=question)
        kind, row = row_of(half, [half, before])
        assert row["way"] == "agent" and ("history" in row) == leans
        file, _ = add_row(tmp_path, f"reviewed-{leans}", kind, row)
        read = read_dataset(file, "answers").rows[0]
        assert read.way == "agent" and len(read.history) == (2 if leans else 0)
    assert "way" not in row_of(trace({"verdict": "right"}))[1]


def test_of_a_message_with_an_abstract_the_abstract_is_the_row() -> None:
    step = {"kind": "tool", "name": "tag_abstract", "inputs": {"abstract": "We present FooNet."}}
    asked = trace(question="Tag this: We present FooNet.", kind="agent", tags=["FooNet"], spans=[step])
    assert row_of({**asked, "reviews": [{"verdict": "right"}]})[1]["abstract"] == "We present FooNet."


def test_every_quote_of_a_right_source_is_kept() -> None:
    said = trace({"verdict": "right"}, citations=[*CITED, {"path": "a.md", "quote": "And more."}])
    assert [g["snippet"] for g in row_of(said)[1]["gold"]] == ["It is so.", "And more.", "Or so."]


def test_a_marker_is_no_number_of_the_answer() -> None:
    row = Row("1", "How many?", keywords=("1",))
    assert answer_counts(row, True, "It is made of cheese [1].", ())["hit"] == 0.0
    assert answer_counts(row, True, "There is 1 [2].", ())["hit"] == 1.0


def test_many_reviewers_add_rows_at_once(tmp_path: Path) -> None:
    def add(n: int) -> None:
        add_row(tmp_path, "reviewed", "tags", {"id": str(n), "abstract": f"Abstract {n}.", "tags": ["NA"]})

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(add, range(20)))
    assert len(read_dataset(tmp_path / "datasets" / "reviewed.jsonl", "tags").rows) == 20


def test_half_a_letter_of_a_row_that_was_cut_is_left_out(tmp_path: Path) -> None:
    whole = b'{"id": "1"}\n'
    (tmp_path / "rows.jsonl").write_bytes(whole + '{"id": "ö'.encode()[:-1])
    assert read_objects(tmp_path / "rows.jsonl") == [{"id": "1"}]


def test_a_later_comment_or_assignment_takes_no_correction_back() -> None:
    _, row = row_of(
        trace({"corrected_sources": ["b.md"]}, {"verdict": None, "comment": "See it, Bo.", "assignee": "Bo"})
    )
    assert gold(row) == ["b.md"]


@pytest.mark.parametrize("status", ["ok", "refused"])
def test_what_must_be_refused_is_a_row_without_gold(status: str, tmp_path: Any) -> None:
    kind, row = row_of(trace({"verdict": "refuse"}, status=status))
    file, _ = add_row(tmp_path, "reviewed", kind, row)
    assert [r.gold for r in read_dataset(file, "answers").rows] == [()]
    assert row_of(trace({"verdict": "right"}, status="refused", answer="No source."))[1]["gold"] == []


@pytest.mark.parametrize("reviews", [[], [{"verdict": "wrong"}]])
@pytest.mark.parametrize("status", ["ok", "refused"])
def test_what_nobody_said_is_not_made_up(reviews: list[dict[str, Any]], status: str) -> None:
    with pytest.raises(InvalidInput, match="what would have been right"):
        row_of(trace(*reviews, status=status))


@pytest.mark.parametrize("verdict", ["right", "refuse"])
def test_a_courtesy_is_no_test_of_the_course_unless_somebody_says_what_it_asks(verdict: str) -> None:
    thanked = {"kind": "courtesy", "question": "thanks!", "answer": "You are welcome!", "citations": []}
    with pytest.raises(InvalidInput, match="no question of the course"):
        row_of(trace({"verdict": verdict}, **thanked))
    assert gold(row_of(trace({"verdict": "wrong", "corrected_sources": ["b.md"]}, **thanked))[1]) == ["b.md"]


ADA = {"reviewer": "Ada", "verdict": "wrong", "corrected_answer": "It is 43.", "corrected_sources": ["b.md"]}


@pytest.mark.parametrize("status", ["ok", "refused"])
def test_who_finds_right_what_another_corrected_disagrees_and_no_row_is_made_of_it(status: str) -> None:
    said = trace(ADA, {"reviewer": "Bob", "verdict": "right"}, status=status)
    with pytest.raises(InvalidInput, match="Ada corrected it, and Bob found it right as it was"):
        row_of(said)


@pytest.mark.parametrize(
    ("first", "then", "told"),
    [
        (
            {"verdict": "refuse"},
            {"verdict": "right"},
            "Ada found that it should have been refused, and Bob found it right",
        ),
        ({"verdict": "right"}, {**ADA}, "Ada found it right as it was, and Bob corrected it"),
        (
            {"verdict": "wrong"},
            {"verdict": "refuse"},
            "Ada found it wrong, and Bob found that it should have been refused",
        ),
    ],
)
def test_reviewers_who_do_not_agree_are_named_and_no_row_is_made(
    first: dict[str, Any], then: dict[str, Any], told: str
) -> None:
    said = trace({**first, "reviewer": "Ada"}, {**then, "reviewer": "Bob"}, feedback=[{"vote": "up"}])
    with pytest.raises(InvalidInput, match=told):
        row_of(said)
    assert told_dispute(said["reviews"]) == f"Ada: {first['verdict']}; Bob: {then['verdict']}"
    assert told_dispute(said["reviews"][:1]) == ""


@pytest.mark.parametrize(
    ("settled", "paths"),
    [
        ([ADA, {"reviewer": "Bob", "verdict": "right"}, {**ADA, "reviewer": "Bob"}], ["b.md"]),
        ([ADA, {"reviewer": "Bob", "verdict": "right"}, {"reviewer": "Ada", "verdict": "right"}], ["a.md", "b.md"]),
        ([ADA, {"reviewer": "Ada", "verdict": "right"}], ["a.md", "b.md"]),
        ([{**ADA, "reviewer": "visitor 1"}, {"reviewer": "Bob", "verdict": "right"}], ["a.md", "b.md"]),
        ([{"reviewer": "Ada", "verdict": "right"}, {**ADA, "reviewer": "Bob"}, {**ADA, "verdict": "partly"}], ["b.md"]),
    ],
)
def test_a_disagreement_is_settled_by_who_comes_round(settled: list[dict[str, Any]], paths: list[str]) -> None:
    assert gold(row_of(trace(*settled))[1]) == paths


def test_tags_that_another_corrected_are_not_taken_back_by_an_accept() -> None:
    better = {"reviewer": "Ada", "verdict": "wrong", "corrected_tags": ["BarNet"]}
    with pytest.raises(InvalidInput, match="Ada corrected it"):
        row_of(trace(better, {"reviewer": "Bob", "verdict": "right"}, kind="tag", tags=["FooNet"]))


PATHS = ["week1/notes.md", "week2/notes.md", "kilns.md", "week2/kilns/raku.md"]


@pytest.mark.parametrize(("given", "found"), [("kilns.md", "kilns.md"), ("raku.md", "week2/kilns/raku.md"),
                                              ("week1/notes.md", "week1/notes.md")])  # fmt: skip
def test_a_source_is_known_by_its_path_or_by_the_end_of_it(given: str, found: str) -> None:
    assert known_sources(PATHS, [given, given]) == (found,)


@pytest.mark.parametrize(("given", "told"), [("kiln.md", "Do you mean kilns.md"), ("notes.md", "week1/notes.md"),
                                             ("zzz", "library page"), ("ilns.md", "no document")])  # fmt: skip
def test_a_source_that_the_library_does_not_hold_is_told(given: str, told: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        known_sources(PATHS, [given])
    assert told in str(caught.value) + caught.value.hint
