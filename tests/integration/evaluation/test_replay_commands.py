"""Kept turns from the command line: one that was reviewed becomes a test, and all can be run again."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.chat_server import run
from tests.integration.evaluation.conftest import figures_of
from tests.model_server import ModelServer

pytestmark = pytest.mark.integration


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
