"""Measuring from the command line: tags, searches and answers, a judge, runs that go on."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest

from assistant.evaluation.datasets import read_dataset
from assistant.evaluation.runs import Result, Run
from index_store.errors import InvalidInput, ModelOverloaded
from tests.chat_server import run
from tests.integration.evaluation.conftest import figures_of
from tests.model_server import ModelServer, Reply, failing

pytestmark = pytest.mark.integration


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
