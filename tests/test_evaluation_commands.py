"""Evaluation from the command line: runs that go on, comparisons over real HTTP, a report, reviewed turns as tests."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.evaluation.datasets import read_dataset
from assistant.evaluation.runs import Result, Run
from index_store.errors import InvalidInput, ModelOverloaded
from tests.chat_server import run
from tests.model_server import ModelServer, failing

ROWS = [
    {"id": "1", "abstract": "We present FooNet, a model that beats BERT on three tasks.", "tags": ["FooNet", "BERT"]},
    {"id": "2", "abstract": "We study how people read long texts in the evening.", "tags": ["NA"]},
    {"id": "3", "abstract": "Our system, named Zorg, answers questions about <b>pots</b>.", "tags": ["Zorg"]},
]


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return file


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as double:
        yield double


def figures_of(out: str) -> dict[str, Any]:
    rows = [json.loads(line) for line in out.splitlines()]
    return {row["figure"]: row for row in rows if "figure" in row and "with" not in row}


def test_tags_are_measured_with_the_list_without_it_and_without_the_names_of_the_rows(
    home: Path, dataset: Path
) -> None:
    out = run(home, "eval", "tags", str(dataset), "--json")
    rows = [json.loads(line) for line in out.splitlines()]
    assert {row.get("with") for row in rows if "figure" in row} == {
        None,
        "without the list",
        "without names of these rows",
    }
    assert figures_of(out)["NA accuracy"]["n"] == 3
    listed = json.loads(run(home, "eval", "list", "--json"))
    assert (listed["rows"], listed["done"], listed["failed"]) == (3, 3, 0)
    plain = run(home, "eval", "tags", str(dataset))
    assert "F1" in plain and " to " in plain and "without the list" in plain


def test_wrong_rows_can_be_looked_at(home: Path, dataset: Path) -> None:
    with dataset.open("a") as out:
        out.write(json.dumps({"id": "4", "abstract": "We use BERT here and there.", "tags": ["Nothing of it"]}) + "\n")
    run(home, "eval", "tags", str(dataset))
    run_id = json.loads(run(home, "eval", "list", "--json"))["id"]
    wrong = [json.loads(line) for line in run(home, "eval", "show", run_id, "--json").splitlines()]
    assert "4" in {row["id"] for row in wrong} and all(row["trace_id"] for row in wrong)


def test_searches_and_answers_are_measured(home: Path, tmp_path: Path) -> None:
    (tmp_path / "course").mkdir()
    (tmp_path / "course" / "kilns.md").write_text("# Kilns\n\nStoneware is fired at 1,260 degrees for nine hours.\n")
    run(home, "ingest", str(tmp_path / "course"))
    gold = [{"path": "kilns.md", "snippet": "Stoneware is fired at 1,260 degrees for nine hours"}]
    rows = [
        {"id": "a", "question": "How hot is stoneware fired?", "gold": gold, "keywords": ["1,260"]},
        {"id": "b", "question": "Who won the cup in 1998?", "gold": [], "keywords": []},
    ]
    file = tmp_path / "qa.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert figures_of(run(home, "eval", "search", str(file), "--json"))["R@1"]["value"] == 1.0
    found = figures_of(run(home, "eval", "answers", str(file), "--json"))
    assert [found[name]["value"] for name in ("hit", "cited", "citation recall", "refused", "honest")] == [
        1,
        1,
        1,
        0,
        1,
    ]
    refused = run(home, "eval", "answers", str(file), "--judge", expected=2, merged=True)
    assert "Quoting mode cannot judge" in refused


def test_a_model_judges_with_reasons(home: Path, tmp_path: Path, server: ModelServer) -> None:
    (tmp_path / "course").mkdir()
    (tmp_path / "course" / "kilns.md").write_text("# Kilns\n\nStoneware is fired at 1,260 degrees for nine hours.\n")
    run(home, "ingest", str(tmp_path / "course"))
    gold = [{"path": "kilns.md", "snippet": "Stoneware is fired at 1,260 degrees"}]
    file = tmp_path / "qa.jsonl"
    file.write_text(json.dumps({"id": "a", "question": "How hot is stoneware fired?", "gold": gold}) + "\n")
    server.script("Stoneware is fired at 1,260 degrees [1].", '{"reason": "It is right.", "score": 5}')
    how = {"OPENAI_BASE_URL": server.url, "LECTERN_MODEL": "m"}
    found = figures_of(run(home, "eval", "answers", str(file), "--judge", "--json", **how))
    assert found["judge (1 to 5)"]["value"] == 5.0


def test_a_failing_row_is_a_row_with_an_error_and_is_tried_again(
    home: Path, dataset: Path, server: ModelServer
) -> None:
    how = {"OPENAI_BASE_URL": server.url, "LECTERN_MODEL": "m"}

    def reply(request: dict[str, Any]) -> Any:
        asked = str(request["messages"])
        return failing(400, "odd") if "evening" in asked else '["FooNet"]' if "FooNet, a" in asked else '["Zorg"]'

    server.default = reply
    run(home, "eval", "tags", str(dataset), "--json", expected=1, **how)
    listed = json.loads(run(home, "eval", "list", "--json"))
    assert (listed["done"], listed["failed"]) == (2, 1)
    asked = len(server.chats)
    server.default = '["NA"]'
    out = run(home, "eval", "tags", str(dataset), "--json", "--resume", listed["id"], **how)
    assert len(server.chats) == asked + 1  # only the row that had failed
    assert figures_of(out)["NA accuracy"]["value"] == 1.0


def test_a_run_goes_on_after_half_a_line_and_not_with_other_settings(tmp_path: Path, dataset: Path) -> None:
    data = read_dataset(dataset, "tags")
    begun = Run.begin(tmp_path, data, {"model": "a"})
    (begun.folder / "rows.jsonl").write_text('{"id": "1", "got": ["x"], "counts": {"tp": 1}}\n{"id": "2", "go')
    asked: list[str] = []

    async def runner(row: Any) -> Result:
        asked.append(row.id)
        if row.id == "3":
            raise ModelOverloaded("Busy.")
        return Result(row.id, [], {})

    again = Run.open(tmp_path, begun.about.id[:12])
    done = asyncio.run(again.go(data.rows, runner, jobs=2))
    assert sorted(asked) == ["2", "3"] and done["3"].error == "Busy."
    assert set(Run.open(tmp_path, begun.about.id).results()) == {"1", "2", "3"}
    with pytest.raises(InvalidInput, match="other settings: model"):
        again.check_continues(data, {"model": "b"})
    with pytest.raises(InvalidInput, match="There is no run"):
        Run.open(tmp_path, "nonsense")


def test_prompts_and_models_are_compared_and_the_report_opens_offline(
    home: Path, dataset: Path, server: ModelServer, tmp_path: Path
) -> None:
    def reply(request: dict[str, Any]) -> str:
        asked = str(request["messages"][-1]["content"])
        good = {"FooNet, a": '["FooNet", "BERT"]', "evening": '["NA"]', "pots": '["Zorg"]'}
        right = next(v for k, v in good.items() if k in asked)
        return right if request["model"] == "m-good" else '["NA"]'

    server.default = reply
    page = tmp_path / "out" / "report.html"
    how = {"OPENAI_BASE_URL": server.url, "LECTERN_MODEL": "m-good"}
    given = ("--prompts", "1,tag_abstract@2", "--models", "m-good,m-poor", "--report", str(page))
    out = run(home, "compare", str(dataset), *given, **how)
    assert "By quality: tag_abstract@1 with m-good" in out or "By quality: tag_abstract@2 with m-good" in out
    assert "Not enough data to tell" in out  # the two good ones, which are alike
    assert len([r for r in server.chats]) == 4 * 3
    html = page.read_text("utf-8")
    assert "<script" not in html and "http://" not in html and "https://" not in html
    assert "<b>pots</b>" not in html and "&lt;b&gt;pots" in html
    assert html.count("<svg") >= 1 and "m-poor" in html
    table = list(csv.DictReader(io.StringIO(page.with_suffix(".csv").read_text("utf-8"))))
    assert [row["model"] for row in table] == ["m-good", "m-poor", "m-good", "m-poor"]
    assert {row["F1"] for row in table if row["model"] == "m-good"} == {"1.0000"}


def test_a_model_that_never_answers_is_a_cell_without_a_figure(
    home: Path, dataset: Path, server: ModelServer, tmp_path: Path
) -> None:
    server.default = lambda request: '["NA"]' if request["model"] == "m-good" else failing(404, "No such model.")
    page = tmp_path / "report.html"
    how = {"OPENAI_BASE_URL": server.url, "LECTERN_MODEL": "m-good"}
    given = ("--models", "m-good,m-gone", "--report", str(page))
    out = run(home, "compare", str(dataset), *given, expected=1, **how)
    assert "By quality: tag_abstract@2 with m-good\n" in out
    assert "3 rows failed" in out and "m-gone" in out.split("3 rows failed")[1]
    assert "3 rows failed" in page.read_text("utf-8")
    good, gone = csv.DictReader(io.StringIO(page.with_suffix(".csv").read_text("utf-8")))
    assert (good["NA accuracy"], good["n"], gone["F1"], gone["errors"]) == ("0.3333", "3", "", "3")


def test_a_comparison_that_cannot_be_made_is_refused_before_anything_is_asked(home: Path, dataset: Path) -> None:
    told = run(home, "compare", str(dataset), "--prompts", "1,2", expected=2, merged=True)
    assert "no language model" in told
    told = run(home, "compare", str(dataset) + "x", expected=2, merged=True)
    assert "cannot be read" in told


def test_a_reviewed_turn_becomes_a_test_and_can_be_run_again(home: Path, tmp_path: Path) -> None:
    row = tmp_path / "one.jsonl"
    row.write_text(json.dumps({"id": 1, "abstract": "We use BERT and our Thing for pots."}) + "\n")
    run(home, "tag", "--batch", str(row))
    trace = json.loads(run(home, "traces", "list", "--json"))["id"]
    told = run(home, "dataset", "add", "--from-trace", trace, expected=2, merged=True)
    assert "Nobody has said" in told and "traces correct" in told
    run(home, "traces", "correct", trace, "--tag", "BERT", "--tag", "Thing", "--reviewer", "r")
    run(home, "dataset", "add", "--from-trace", trace[:10])
    listed = json.loads(run(home, "dataset", "list", "--json"))
    kept = json.loads(Path(listed["path"]).read_text())
    assert kept == {"id": trace, "abstract": "We use BERT and our Thing for pots.", "tags": ["BERT", "Thing"]}
    run(home, "traces", "correct", trace, "--tag", "BERT", "--reviewer", "r")
    assert "Replaced" in run(home, "dataset", "add", "--from-trace", trace)
    assert figures_of(run(home, "eval", "tags", listed["path"], "--json"))["F1"]["n"] == 1
    again = json.loads(run(home, "replay", trace, "--json"))
    assert again["before"]["tags"] == again["after"]["tags"] and again["changed"] == []
    assert again["before"]["trace"] != again["after"]["trace"]


def test_a_turn_is_run_again_with_another_model(home: Path, tmp_path: Path, server: ModelServer) -> None:
    (tmp_path / "course").mkdir()
    (tmp_path / "course" / "kilns.md").write_text("# Kilns\n\nStoneware is fired at 1,260 degrees for nine hours.\n")
    run(home, "ingest", str(tmp_path / "course"))
    trace = json.loads(run(home, "ask", "How hot is stoneware fired?", "--json"))["trace_id"]
    server.default = "It is fired very hot, at 1,260 degrees [1]."
    how = {"OPENAI_BASE_URL": server.url, "LECTERN_MODEL": "m"}
    row = json.loads(run(home, "replay", trace, "--model", "other", "--prompt", "answer@1", "--json", **how))
    assert {"answer", "model"} <= set(row["changed"]) and row["after"]["model"] == "other"
    assert "no prompts or models" in run(home, "replay", trace, "--model", "x", expected=2, merged=True)
    assert "No turn is named" in run(home, "replay", expected=2, merged=True)


def test_a_prompt_that_the_measurement_does_not_use_is_told(home: Path, dataset: Path, server: ModelServer) -> None:
    how = {"OPENAI_BASE_URL": server.url, "LECTERN_MODEL": "m-good"}
    given = ("eval", "tags", str(dataset), "--prompt", "answer@1")
    out = run(home, *given, expected=2, merged=True, **how)
    assert "answer is no template that tags are measured with" in out
    assert "tag_abstract" in out
    assert server.chats == []
