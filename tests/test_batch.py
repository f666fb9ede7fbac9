"""Batches: a row in, a row out, in order, whatever the rows are."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.evaluation.row_files import table
from index_store.errors import InvalidInput
from ui.batch import Given, Row, check_row, dump, parse_history, parse_object, run_batch

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
ROWS = st.fixed_dictionaries({}, optional={"id": JSON, "question": JSON, "history": JSON, "x": JSON})
LINES = st.lists(ROWS.map(json.dumps) | st.text(st.characters(exclude_characters="\r\n")) | JSON.map(json.dumps))


def echo(row: Row) -> Row:
    return {"said": row["question"], "turns": len(row["history"])}


def batch(lines: Sequence[Given], answer: Any = echo) -> tuple[bool, list[Row]]:
    out, heard = io.StringIO(), []
    done = run_batch(lines, answer, out, heard.append)
    rows = [json.loads(line) for line in out.getvalue().split("\n")[:-1]]
    assert heard == list(range(1, len(rows) + 1))
    assert (done.rows, done.failed) == (len(rows), sum("error" in row for row in rows))
    assert done.first == next((row["error"] for row in rows if "error" in row), "")
    return not done.failed, rows


@given(LINES)
def test_each_line_that_is_not_blank_gives_one_row_in_order(lines: list[str]) -> None:
    fine, rows = batch(lines)
    assert len(rows) == sum(bool(line.strip()) for line in lines)
    assert fine == all("error" not in row for row in rows)
    assert all(set(row) in ({"id", "said", "turns"}, {"id", "error"}) for row in rows)


@pytest.mark.parametrize("row_id", ["a", 7, None, 1.5, ["x"], {"n": 1}, ""])
def test_an_id_comes_back_as_it_was_also_beside_an_error(row_id: object) -> None:
    _, rows = batch([json.dumps({"id": row_id, "question": "q"}), json.dumps({"id": row_id})])
    assert [row["id"] for row in rows] == [row_id, row_id]
    assert "error" in rows[1]


def test_a_row_without_an_id_gets_the_number_of_its_line() -> None:
    assert [row["id"] for row in batch(["\n", '{"question": "q"}', " ", "no json"])[1]] == [2, 4]


def test_a_row_of_a_table_is_told_by_the_number_of_its_line_and_keeps_its_id() -> None:
    rows = table('id,question\na,"two\nlines"\nb,\n,\n,why\n', Path("q.csv"), "question")
    found = batch(rows)[1]
    assert [row["id"] for row in found] == ["a", "b", 5, 6]
    assert [row.get("error", "").split(" has")[0] for row in found] == ["", "Row 4", "Row 5", ""]


def test_ids_that_stand_more_than_once_are_told() -> None:
    lines = [json.dumps({"id": row_id, "question": "q"}) for row_id in ("a", 7, "a", "7")]
    assert run_batch(lines, echo, io.StringIO(), lambda done: None).repeated == ("a", "7")


def test_a_hint_names_what_a_row_needs() -> None:
    with pytest.raises(InvalidInput) as failed:
        parse_object("[]", 1, "abstract")
    assert '"abstract"' in failed.value.hint


@pytest.mark.parametrize(
    "line", ["{", "[]", "7", "null", '"text"', '{"x": NaN}', '{"x": Infinity}', "[" * 100_000, "1" * 5_000, "{'a': 1}"]
)
def test_what_is_no_json_object_is_told_with_its_number(line: str) -> None:
    with pytest.raises(InvalidInput, match="Row 12 "):
        parse_object(line, 12)


@pytest.mark.parametrize(
    "history",
    ["none", {}, [1], [{}], [{"role": "system", "content": "x"}], [{"role": "user", "content": 1}], 0, False, ""],
)
def test_a_history_that_is_none_is_told(history: object) -> None:
    with pytest.raises(InvalidInput, match="Row 3 has a history"):
        check_row({"question": "q", "history": history}, 3)


def test_a_history_keeps_what_turns_are_made_of() -> None:
    turn = {"role": "user", "content": "q", "name": "ann"}
    assert parse_history([turn], 1) == [{"role": "user", "content": "q"}]
    assert check_row({"question": "q", "history": None}, 1)["history"] == []


def test_a_fault_of_ours_in_one_row_loses_no_other(caplog: pytest.LogCaptureFixture) -> None:
    def broken(row: Row) -> Row:
        if row["question"] == "b":
            raise ZeroDivisionError("oh")
        return echo(row)

    fine, rows = batch([json.dumps({"id": q, "question": q}) for q in "abc"], broken)
    assert not fine
    assert [("error" in row) for row in rows] == [False, True, False]
    assert "ZeroDivisionError" in rows[1]["error"]
    assert "row 2 failed" in caplog.text


def test_a_row_is_one_line_that_any_reader_takes() -> None:
    assert dump({"x": "ü\n\u2028 \ud800"}) == '{"x": "ü\\n\\u2028 ?"}'
    assert dump({"x": "a\x85b"}).isascii()
