"""What a comparison tells and what it does not: ranks, equal cells, many pairs, and how many rows it would take."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from assistant.evaluation.comparison import Comparison, compare, letters
from assistant.evaluation.datasets import Dataset, Row
from assistant.evaluation.metrics import tag_counts
from assistant.evaluation.report import csv_report, html_report
from assistant.evaluation.runs import Result, priced
from ui.comparison_view import print_comparison

ROWS = [Row(str(n), f"We use M{n}.", tags=(f"M{n}",)) for n in range(12)]


def comparison(*cells: tuple[str, int, float, float | None]) -> Comparison:
    """Compare cells given as name, how many rows are right, seconds of a row, price of a row."""
    found = {}
    for name, right, seconds, price in cells:
        got = [row.tags if n < right else ("NA",) for n, row in enumerate(ROWS)]
        results = {
            row.id: Result(row.id, list(tags), tag_counts(row, tags), seconds=seconds, price_usd=price)
            for row, tags in zip(ROWS, got, strict=True)
        }
        found[name] = (name, "m", results)
    return compare(ROWS, found)


def ranks(compared: Comparison, by: str) -> list[list[str]]:
    return [[cell.name for cell in group] for group in compared.ranking(by)]


def test_equal_cells_share_a_rank() -> None:
    compared = comparison(("a", 9, 0.5, None), ("b", 12, 3.0, 0.002), ("c", 9, 0.52, 0.002), ("d", 3, 0.9, 0.0))
    assert ranks(compared, "quality") == [["b"], ["a", "c"], ["d"]]
    assert ranks(compared, "price") == [["d"], ["b", "c"], ["a"]]
    assert ranks(compared, "speed") == [["a", "c"], ["d"], ["b"]]
    assert compared.alike() == [["a", "c"]]


def test_a_difference_that_two_cells_would_show_is_not_clear_among_many() -> None:
    two = comparison(("a", 12, 1, None), ("b", 5, 1, None))
    assert two.verdicts[0].is_clear and "a is better than b" in two.verdicts[0].words
    assert "corrected" not in two.verdicts[0].words and two.caution == ""
    many = comparison(*((name, 12 if name == "a" else 5, 1, None) for name in "abcdef"))
    first = next(v for v in many.verdicts if (v.first, v.second) == ("a", "b"))
    assert not first.is_clear and first.difference.is_clear
    assert first.p == pytest.approx(15 * two.verdicts[0].p)
    assert "corrected for 15 pairs" in first.words and "it would take about 18 rows" in first.words
    assert "15 pairs were compared" in many.caution and not many.is_told_from(many.cells[0], many.cells[1])


def test_what_is_better_here_is_named_first_and_its_interval_is_seen_from_there() -> None:
    for first, second in ((10, 8), (8, 10)):
        (verdict,) = comparison(("a", first, 1, None), ("b", second, 1, None)).verdicts
        better, worse = ("a", "b") if first > second else ("b", "a")
        assert not verdict.is_clear
        assert verdict.brief_as({}).startswith(f"{better} against {worse}: F1 0.")
        low, high = re.search(r"interval (-?[\d.]+) to (-?[\d.]+)", verdict.brief_as({})).groups()  # type: ignore[union-attr]
        assert float(low) < float(high) and float(high) > 0


def test_a_pair_whose_test_says_nothing_is_not_clear_whatever_its_interval_says() -> None:
    (verdict,) = comparison(("a", 12, 1, None), ("b", 8, 1, None)).verdicts
    assert verdict.difference.high < 0 and verdict.difference.p > 0.05  # a percentile interval of a dozen rows
    assert not verdict.difference.is_clear and "it would take about" in verdict.words


def test_rows_that_were_done_before_get_the_price_that_is_named_now() -> None:
    done = {"1": Result("1", input_tokens=1_000, output_tokens=500), "2": Result("2")}
    found = priced(done, {"input": 100.0, "output": 400.0})
    assert found["1"].price_usd == pytest.approx(0.3) and found["2"].price_usd is None
    assert priced(done, None) == done
    known = {"1": Result("1", input_tokens=1_000, output_tokens=500, price_usd=0.5)}
    assert priced(known, {"input": 100.0, "output": 400.0})["1"].price_usd == 0.5  # as it was when it was asked


def given(rows: list[Row], *cells: list[str]) -> Comparison:
    """Compare cells that each gave one name, or NA, in each row."""
    found = {}
    for name, cell in zip("abc", cells, strict=False):
        results = {r.id: Result(r.id, [got], tag_counts(r, [got])) for r, got in zip(rows, cell, strict=True)}
        found[name] = ("p", "m", results)
    return compare(rows, found)


def test_a_reply_that_cannot_be_read_is_no_way_to_the_first_place() -> None:
    rows = [Row(str(n), "abstract", tags=("FooNet",)) for n in range(6)]
    fine = {r.id: Result(r.id, ["FooNet"], tag_counts(r, ["FooNet"])) for r in rows}
    wrong = {**fine, "0": Result("0", ["BarNet"], tag_counts(rows[0], ["BarNet"]))}
    prose = {**fine, **{r.id: Result(r.id, [], tag_counts(r, []), error="It is no list.") for r in rows[:3]}}
    away = {**fine, "5": Result("5", error="The server cannot be reached.")}
    compared = compare(rows, {n: ("p", n, cell) for n, cell in (("wrong", wrong), ("prose", prose), ("away", away))})
    assert compared.n == 5  # what could not be asked is left out of all
    assert ranks(compared, "quality")[-1] == ["prose"]


def test_rows_without_any_name_can_be_compared() -> None:
    rows = [Row(str(n), "We count sheep.", tags=("NA",)) for n in range(8)]
    right, one_wrong = ["NA"] * 8, ["X", *["NA"] * 7]
    same = given(rows, right, right)
    assert same.alike() == [["a", "b"]] and "both are alike" in same.verdicts[0].words
    other = given(rows, one_wrong, right)
    assert [cell.name for (cell,) in other.ranking("quality")] == ["b", "a"]
    assert "it would take about 69 rows" in other.verdicts[0].words  # not 9: the eight of these showed nothing


def test_one_slow_row_makes_no_cell_slow() -> None:
    slow_once = {
        row.id: Result(row.id, ["NA"], tag_counts(row, ["NA"]), seconds=9.0 if row.id == "0" else 1.0) for row in ROWS
    }
    compared = compare(ROWS, {"a": ("p", "m", slow_once)})
    assert compared.cells[0].seconds == 1.0


@pytest.mark.parametrize("width", [80, 120])
def test_the_matrix_fits_the_terminal(
    width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.comparison_view.console.width", width)
    cells = [(f"tag_abstract@{n} with a/rather/long-name-of-a-model-{n}", 12 - n, 1234.5, 0.001234) for n in range(7)]
    print_comparison(comparison(*cells))
    out = capsys.readouterr().out
    table = out[out.index("           F1") : out.index("\n* ")]
    assert all(len(line) <= width for line in table.splitlines()) and "…" not in table
    assert "$0.001234" in table and "1234.500" in table and "1.00–1.00*" in table
    assert "A  tag_abstract@0 with a/rather/long-name-of-a-model-0\n" in out
    assert "* All rows are alike there" in out
    assert (
        " 2. F1 0.957  B  tag_abstract@1 with a/rather/long-name-of-a-model-1 (not clearly less than the first)" in out
    )


def test_an_unknown_price_says_why_and_what_names_it(capsys: pytest.CaptureFixture[str]) -> None:
    for tokens, told in ((None, "the server reports no tokens"), (300, "LECTERN_PRICES")):
        found = {}
        for name in "ab":
            done = {r.id: Result(r.id, ["NA"], tag_counts(r, ["NA"]), input_tokens=tokens) for r in ROWS}
            found[name] = ("p", name, done)
        compared = compare(ROWS, found)
        print_comparison(compared)
        assert told in capsys.readouterr().out
        assert told in html_report(compared, Dataset(Path("rows.jsonl"), "tags", tuple(ROWS), "0" * 16))


def test_there_are_letters_for_many_cells() -> None:
    assert letters(28)[:2] == ["A", "B"] and letters(28)[25:] == ["Z", "A2", "B2"]


def test_the_page_and_the_table_tell_the_same() -> None:
    compared = comparison(("a", 12, 1, 0.0), ("b", 12, 1, None))
    data = Dataset(Path("rows.jsonl"), "tags", tuple(ROWS), "0" * 16)
    page = html_report(compared, data)
    assert "<b>A</b> a</li>" in page and "A = B: on these 12 rows they are equally good" in page
    assert "the server reports no tokens" not in page and "<b>A</b> = <b>B</b>" in page
    unpriced = html_report(comparison(("c", 1, 1, None), ("d", 1, 1, None), ("e", 0, 1, None)), data)
    assert "<b>A</b>, <b>B</b>" in unpriced and '<li value="3"><b>C</b>' in unpriced
    assert "price unknown" in page and "1.00–1.00*" in page
    assert csv_report(compared).count("\n") == 3


def test_cells_that_would_lie_on_one_another_share_a_point_of_the_plot() -> None:
    data = Dataset(Path("rows.jsonl"), "tags", tuple(ROWS), "0" * 16)
    cells = (("a", 12, 1, 0.001), ("b", 12, 1, 0.001), ("c", 3, 1, 0.001), ("d", 12, 1, 0.0001))
    page = html_report(comparison(*cells), data)
    assert page.count("<circle") == 3
    assert ">A B</text>" in page and ">C</text>" in page and ">D</text>" in page
