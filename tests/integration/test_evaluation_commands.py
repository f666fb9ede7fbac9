"""Evaluation from the command line: runs that go on, comparisons over real HTTP, a report, reviewed turns as tests."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.evaluation.datasets import read_dataset
from assistant.evaluation.runs import Result, Run
from index_store.errors import InvalidInput, ModelOverloaded
from tests.chat_server import run
from tests.model_server import ModelServer, Reply, failing

pytestmark = pytest.mark.integration
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
    assert re.search(
        r"4 of 4 rows  F1 0\.\d{3} \(0\.\d{3} to [01]\.\d{3}\)  tagging rules  rows.jsonl", run(home, "eval", "list")
    )
    wrong = {row["id"]: row for row in map(json.loads, run(home, "eval", "show", run_id, "--json").splitlines())}
    assert wrong["4"]["asked"].startswith("We use BERT here") and wrong["4"]["trace_id"]
    assert (wrong["4"]["expected"], wrong["4"]["got"]) == (["Nothing of it"], ["BERT"])
    plain = run(home, "eval", "show", run_id[:15])
    assert 'asked     We use BERT here and there.\n  expected  ["Nothing of it"]\n  given     ["BERT"]\n' in plain
    assert f"{len(wrong)} of 4 rows were wrong or failed." in plain


def test_a_run_without_a_fault_says_so(home: Path, tmp_path: Path) -> None:
    (tmp_path / "one.jsonl").write_text(json.dumps({"abstract": "We use BERT.", "tags": ["BERT"]}) + "\n")
    assert "There is none yet" in run(home, "eval", "list")
    run(home, "eval", "tags", str(tmp_path / "one.jsonl"))
    run_id = json.loads(run(home, "eval", "list", "--json"))["id"]
    assert run(home, "eval", "show", run_id) == "Nothing is wrong: all 1 rows are right.\n"


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
    out = run(home, "eval", "answers", str(file), "--judge", "--json", **how)
    assert figures_of(out)["judge (1 to 5)"]["value"] == 5.0
    costs = json.loads(out.splitlines()[-1])
    assert costs["tokens a row"] == costs["judge's tokens a row"] == sum(Reply().usage or ())


@pytest.fixture
def course(home: Path, tmp_path: Path) -> None:
    (tmp_path / "course").mkdir()
    text = "# Kilns\n\nStoneware is fired at 1,260 degrees for nine hours.\n\n# Glazes\n\nCeladon is a green glaze.\n"
    (tmp_path / "course" / "kilns.md").write_text(text)
    run(home, "ingest", str(tmp_path / "course"))


JUDGED = {
    "a": ('{"reason": "It is right and supported.", "score": 5}',),
    "b": ('Let me see.\n```json\n{"reason": "The hours are missing.", "score": 3}\n```',),
    "c": ('{"reason": "It is cut o', '{"reason": "Right after all.", "score": 4}'),
    "d": ("I cannot help with judging people.", "I cannot help with that."),
    "e": ('{"reason": "Beyond praise.", "score": 11}', '{"reason": "Still.", "score": "five"}'),
}
"""What a judge says on each row, the second time too where the first holds no score."""


def test_a_judge_that_stumbles_loses_no_answer_and_invents_no_score(
    home: Path, course: None, tmp_path: Path, server: ModelServer
) -> None:
    gold = [{"path": "kilns.md", "snippet": "Stoneware is fired at 1,260 degrees"}]
    history = [{"role": "user", "content": "Tell me of stoneware."}, {"role": "assistant", "content": "It is fired."}]
    asked = {row_id: f"How hot is stoneware fired, kiln {row_id}?" for row_id in JUDGED}
    rows = [{"id": i, "question": q, "gold": gold, "answer": "1,260 degrees for nine hours"} for i, q in asked.items()]
    rows[1]["history"] = history
    file = tmp_path / "qa.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    said = {row_id: list(replies) for row_id, replies in JUDGED.items()}

    def reply(request: dict[str, Any]) -> str:
        text = str(request["messages"])
        if "Rubric" not in text:
            return "Stoneware is fired at 1,260 degrees for nine hours [1]."
        return said[next(row_id for row_id in asked if f"kiln {row_id}?" in text)].pop(0)

    server.default = reply
    how = {"OPENAI_BASE_URL": server.url, "LECTERN_MODEL": "m"}
    told = run(home, "eval", "answers", str(file), "--judge", "--jobs", "1", merged=True, **how)
    assert re.search(r"judge \(1 to 5\) +4\.000 ", told)
    assert "judge 3  b: The hours are missing." in told and "judge 4  c: Right after all." in told
    assert (
        "2 of 5 answers could not be judged. The first, d: The judge gave no score from 1 to 5. It said: I can" in told
    )
    assert all(not replies for replies in said.values())
    listed = json.loads(run(home, "eval", "list", "--json"))
    assert (listed["done"], listed["failed"]) == (5, 0)
    shown = run(home, "eval", "show", listed["id"], "--judged")
    assert "judge     no score: The judge gave no score" in shown and "judge     5: It is right and supported." in shown
    found = [json.loads(line) for line in run(home, "eval", "show", listed["id"], "--judged", "--json").splitlines()]
    assert [(row["id"], row["got"]["judge"]) for row in found] == [
        ("d", None), ("e", None), ("b", 3), ("c", 4), ("a", 5)
    ]  # fmt: skip
    asked_judge = [r for r in server.chats if "Rubric" in str(r.body["messages"])]
    assert "1,260 degrees for nine hours" in str(asked_judge[0].body["messages"])


def test_a_turn_that_was_to_be_refused_becomes_a_row_that_guards_it(home: Path, course: None) -> None:
    trace = json.loads(run(home, "ask", "How hot is stoneware fired?", "--json"))["trace_id"]
    run(home, "traces", "correct", trace, "--verdict", "refuse", "--reviewer", "r")
    file = run(home, "dataset", "add", "--from-trace", trace).split(" in ", 1)[1].strip()
    found = figures_of(run(home, "eval", "answers", file, "--json"))
    assert (found["honest"]["value"], found["honest"]["n"]) == (0.0, 1)
    assert found["hit"]["value"] is None and found["hit"]["n"] == 0
    plain = run(home, "eval", "answers", file)
    assert "nan" not in plain and "no such row" in plain
    run_id = json.loads(run(home, "eval", "list", "--json").splitlines()[-1])["id"]
    assert 'expected  {"refuse": true}' in run(home, "eval", "show", run_id)


def test_a_failing_row_is_a_row_with_an_error_and_is_tried_again(
    home: Path, dataset: Path, server: ModelServer
) -> None:
    how = {"OPENAI_BASE_URL": server.url, "LECTERN_MODEL": "m"}

    def reply(request: dict[str, Any]) -> Any:
        asked = str(request["messages"])
        return failing(400, "odd") if "evening" in asked else '["FooNet"]' if "FooNet, a" in asked else '["Zorg"]'

    server.default = reply
    told = run(home, "eval", "tags", str(dataset), "--model", "m2", expected=1, merged=True, **how)
    listed = json.loads(run(home, "eval", "list", "--json"))
    assert (listed["done"], listed["failed"]) == (2, 1)
    again = f"lectern eval tags {dataset} --model m2 --resume {listed['id']}"
    assert "1 of 3 rows failed: " in told and f"Try them again: {again}\n" in told
    other = run(home, "eval", "tags", str(dataset), "--resume", listed["id"], expected=2, merged=True, **how)
    assert "model was m2, is m." in other and "without --resume" in other
    asked = len(server.chats)
    server.default = '["NA"]'
    out = run(home, *again.split()[1:], "--json", **how)
    assert len(server.chats) == asked + 1  # only the row that had failed
    assert figures_of(out)["NA accuracy"]["value"] == 1.0


def test_a_reply_that_cannot_be_read_is_a_miss_and_gets_no_second_chance(
    home: Path, dataset: Path, server: ModelServer
) -> None:
    how = {"OPENAI_BASE_URL": server.url, "LECTERN_MODEL": "m"}
    server.default = lambda request: "Zorg it is." if "Zorg" in str(request["messages"]) else '["NA"]'
    told = run(home, "eval", "tags", str(dataset), expected=1, merged=True, **how)
    assert "1 of these gave no list of names: each counts as a miss." in told and "--resume" not in told
    run_id, asked = json.loads(run(home, "eval", "list", "--json"))["id"], len(server.chats)
    server.default = '["Zorg"]'
    out = run(home, "eval", "tags", str(dataset), "--resume", run_id, "--json", expected=1, **how)
    assert len(server.chats) == asked and json.loads(out.splitlines()[-1])["tokens a row"]


def test_a_run_of_which_every_row_failed_has_failed(home: Path, dataset: Path, server: ModelServer) -> None:
    server.default = failing(404, "No such model.")
    how = {"OPENAI_BASE_URL": server.url, "LECTERN_MODEL": "m"}
    told = run(home, "eval", "tags", str(dataset), expected=3, merged=True, **how)
    assert "3 of 3 rows failed: " in told and "Try them again: lectern eval tags" in told


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
    with pytest.raises(InvalidInput, match="other settings: model was a, is b"):
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
    page = tmp_path / "report.html"
    how = {"OPENAI_BASE_URL": server.url, "LECTERN_MODEL": "m-good"}
    given = ("--prompts", "1,tag_abstract@2", "--models", "m-good,m-poor", "--report", str(page))
    out = run(home, "compare", str(dataset), *given, **how)
    assert "A  tag_abstract@1 with m-good" in out and "D  tag_abstract@2 with m-poor" in out
    assert "By quality:\n 1. F1 1.000  A and C, equal\n 3. F1 0.000  B and D, equal" in out
    assert "Not enough data to tell\n" in out and "- A and C apart: on these 3 rows they are equally good." in out
    assert "corrected for 6 pairs" in out
    assert len(server.chats) == 4 * 3 + 2  # each model is asked once before it is timed
    assert all(len(line) <= 80 for line in out.split("\n* ")[0].splitlines())
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
    assert "By quality:\n 1. F1 0.000  A  tag_abstract@2 with m-good\n" in out
    assert "3 rows failed" in out and "m-gone" in out.split("3 rows failed")[1]
    assert "3 rows failed" in page.read_text("utf-8")
    good, gone = csv.DictReader(io.StringIO(page.with_suffix(".csv").read_text("utf-8")))
    assert (good["NA accuracy"], good["n"], gone["F1"], gone["errors"]) == ("0.3333", "3", "", "3")


def test_the_order_of_the_cells_does_not_make_one_slow(home: Path, dataset: Path, server: ModelServer) -> None:
    first_s = 4.0

    def slow_at_first(request: dict[str, Any]) -> Reply:
        return Reply(text='["NA"]', delay_s=first_s if len(server.chats) == 1 else 0.0)

    server.default = slow_at_first
    run(home, "compare", str(dataset), "--prompts", "1,2", OPENAI_BASE_URL=server.url, LECTERN_MODEL="m")
    kept = [file.read_text("utf-8") for file in home.glob("evaluations/*/rows.jsonl")]
    rows = [json.loads(line) for text in kept for line in text.splitlines()]
    assert len(rows) == 2 * 3 and all(row["seconds"] < first_s for row in rows)


def test_the_rules_have_no_price(home: Path, dataset: Path) -> None:
    out = run(home, "compare", str(dataset))
    assert "none" in out and "unknown" not in out
    page = home / "evaluations" / "comparison.html"
    assert "no price" in page.read_text("utf-8") and "price unknown" not in page.read_text("utf-8")


def test_a_report_goes_into_a_folder_that_exists_or_is_refused_before_anything_is_asked(
    home: Path, dataset: Path, server: ModelServer, tmp_path: Path
) -> None:
    how = {"OPENAI_BASE_URL": server.url, "LECTERN_MODEL": "m"}
    for place, said in ((tmp_path / "nope" / "x.html", "there is no folder"), (tmp_path, "is a folder")):
        assert said in run(home, "compare", str(dataset), "--report", str(place), expected=2, merged=True, **how)
    assert not (tmp_path / "nope").exists() and server.chats == []


def test_without_a_browser_the_place_of_the_page_is_told(home: Path, dataset: Path) -> None:
    out = run(
        home, "compare", str(dataset), "--open", merged=True, DISPLAY="", WAYLAND_DISPLAY="", BROWSER="", PATH="/"
    )
    assert f"Open this file in one: {home / 'evaluations' / 'comparison.html'}" in out and "xdg" not in out


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


def test_a_turn_of_the_course_alone_is_not_taken_to_the_tools_when_it_is_run_again(home: Path, tmp_path: Path) -> None:
    (tmp_path / "kilns.md").write_text("# Kilns\n\nStoneware is fired at 1,260 degrees for nine hours.\n")
    run(home, "ingest", str(tmp_path / "kilns.md"))
    for how, tools in (("--course", []), ("--agent", ["calculate"])):
        trace = json.loads(run(home, "ask", "What is 17 * 23?", how, "--json"))["trace_id"]
        row = json.loads(run(home, "replay", trace, "--json"))
        assert (row["after"]["tools"], row["changed"]) == (tools, [])


def test_a_turn_is_run_again_with_another_model(home: Path, tmp_path: Path, server: ModelServer) -> None:
    (tmp_path / "course").mkdir()
    (tmp_path / "course" / "kilns.md").write_text("# Kilns\n\nStoneware is fired at 1,260 degrees for nine hours.\n")
    run(home, "ingest", str(tmp_path / "course"))
    trace = json.loads(run(home, "ask", "How hot is stoneware fired?", "--json"))["trace_id"]
    server.default = "It is fired very hot, at 1,260 degrees [1]."
    how = {"OPENAI_BASE_URL": server.url, "LECTERN_MODEL": "m"}
    row = json.loads(run(home, "replay", trace, "--model", "other", "--prompt", "answer@1", "--json", **how))
    assert {"answer", "model"} <= set(row["changed"]) and row["after"]["model"] == "other"
    shown = run(home, "replay", trace, "--model", "other", **how)
    assert re.search(r"new trace: [0-9a-f]{32}\n", shown) and re.search(r"price: none in [\d.]+ s -> unknown in", shown)
    assert "no prompts or models" in run(home, "replay", trace, "--model", "x", expected=2, merged=True)
    assert "No turn is named" in run(home, "replay", expected=2, merged=True)


def test_a_prompt_that_the_measurement_does_not_use_is_told(home: Path, dataset: Path, server: ModelServer) -> None:
    how = {"OPENAI_BASE_URL": server.url, "LECTERN_MODEL": "m-good"}
    given = ("eval", "tags", str(dataset), "--prompt", "answer@1")
    out = run(home, *given, expected=2, merged=True, **how)
    assert "answer is no template that tags are measured with" in out
    assert "tag_abstract" in out
    assert server.chats == []
    out = run(home, "replay", "--down", "--prompt", "judge@1", expected=2, merged=True, **how)
    assert "judge is no template" in out


def test_answers_are_measured_with_the_agents_prompt_only_where_rows_are_for_the_agent(
    home: Path, course: None, tmp_path: Path, server: ModelServer
) -> None:
    how = {"OPENAI_BASE_URL": server.url, "LECTERN_MODEL": "m"}
    row = {"id": "a", "question": "What is 17 * 23?", "keywords": ["391"]}
    file = tmp_path / "qa.jsonl"
    file.write_text(json.dumps(row) + "\n")
    out = run(home, "eval", "answers", str(file), "--prompt", "react@1", expected=2, merged=True, **how)
    assert "react@1 would change nothing here" in out and server.chats == []
    file.write_text(json.dumps({**row, "way": "agent"}) + "\n")
    assert figures_of(run(home, "eval", "answers", str(file), "--json"))["hit"]["value"] == 1.0


def test_a_run_does_not_go_on_in_another_library(home: Path, course: None, tmp_path: Path) -> None:
    file = tmp_path / "qa.jsonl"
    file.write_text(json.dumps({"id": "a", "question": "How hot is it?", "keywords": ["1,260"]}) + "\n")
    run(home, "eval", "answers", str(file), "--json")
    run_id = json.loads(run(home, "eval", "list", "--json"))["id"]
    (tmp_path / "course" / "more.md").write_text("# More\n\nA raku firing is short.\n")
    run(home, "ingest", str(tmp_path / "course"))
    told = run(home, "eval", "answers", str(file), "--resume", run_id, expected=2, merged=True)
    assert "library was " in told
