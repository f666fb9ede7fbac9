"""The lesson's exercise from end to end, in six commands: tag, measure, compare, report, Comet, a new test row."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chat_server import run
from tests.comet_server import CometServer
from tests.conftest import REPOSITORY
from tests.model_server import ModelServer

pytestmark = pytest.mark.integration

ROWS = REPOSITORY / "docs" / "abstracts.jsonl"
LABELS = {row["abstract"]: row["tags"] for row in map(json.loads, ROWS.read_text("utf-8").splitlines())}
FEW_SHOT = "tag_abstract@2"


@pytest.fixture
def server() -> Iterator[ModelServer]:
    """A model that is right when it is shown examples, and else knows one name of each abstract."""
    with ModelServer() as double:
        double.default = _reply
        yield double


def _reply(request: dict[str, Any]) -> str:
    asked = str(request["messages"][-1]["content"])
    tags = next(tags for abstract, tags in LABELS.items() if abstract in asked)
    return json.dumps(tags if "<example" in asked else tags[:1])


def _commands() -> list[list[str]]:
    """Give the commands of the lesson as they stand in its page, the word `lectern` left out."""
    page = (REPOSITORY / "docs" / "tagging.md").read_text("utf-8")
    section = page.split("## The lesson in six commands")[1].split("\n## ")[0]
    lines = [line.removeprefix("    $ ") for line in section.splitlines() if line.startswith("    $ ")]
    return [shlex.split(line, comments=True)[1:] for line in lines]


def test_the_lesson_is_done_in_six_commands_as_they_stand_in_its_page(tmp_path: Path, server: ModelServer) -> None:
    home, said = tmp_path / "home", []
    (tmp_path / "docs").symlink_to(REPOSITORY / "docs")
    abstract, tags = next(iter(LABELS.items()))
    (tmp_path / "abstract.txt").write_text(abstract)
    tag, zero_shot, few_shot, compare, deliver, show, correct, add = _commands()
    with CometServer() as comet:
        how = {"OPENAI_BASE_URL": server.url, "LECTERN_MODEL": "gpt-4o", "BROWSER": "true"}
        how |= {"COMET_API_KEY": comet.key, "COMET_URL_OVERRIDE": comet.url, "COMET_WORKSPACE": "w"}

        def do(command: list[str], **names: str) -> str:
            words = [names.get(word, word) for word in command]
            said.append(run(home, *words, merged=True, cwd=tmp_path, **how))
            return said[-1]

        assert json.dumps(tags) in do(tag)
        assert " F1 (strict)" in do(zero_shot)
        assert " F1                    1.000" in do(few_shot)
        assert "- C is better than A: F1" in do(compare) and "C  tag_abstract@2 with gpt-4o" in said[-1]
        assert (tmp_path / "report.html").read_text("utf-8").startswith("<!doctype html>")
        do(deliver)
        comet.wait_for(1 + 6 * len(LABELS))
        assert comet.complaints == []
        _rows_are_in_comet(comet)
        run_id = json.loads(run(home, "eval", "list", "--json", **how).splitlines()[0])["id"]
        shown = do(show, RUN=run_id)
        assert abstract[:60] in shown and f"expected  {json.dumps(tags)}" in shown and '["MinuteLM"]' in shown
        wrong = next(line.split()[-1] for line in shown.splitlines() if line.startswith("1  trace "))
        do(correct, TRACE=wrong)
        guard = do(add, TRACE=wrong).split("Guard it: lectern ")[1].split()
        found = run(home, *guard, "--prompt", "tag_abstract@1", "--json", **how)
        assert next(row["value"] for row in map(json.loads, found.splitlines()) if row.get("figure") == "F1") < 1.0
        assert "Nothing is wrong" in run(home, "eval", "show", _last_run(home, guard, how), **how)


def _last_run(home: Path, guard: list[str], how: dict[str, str]) -> str:
    """Measure the guarded row with the few-shot version; give the id of the run."""
    run(home, *guard, "--prompt", FEW_SHOT, **how)
    return str(json.loads(run(home, "eval", "list", "--json", **how).splitlines()[-1])["id"])


def _rows_are_in_comet(comet: CometServer) -> None:
    chains = [sent["jsonAsset"]["file"] for sent in comet.chains.values()]
    measured = [chain for chain in chains if "evaluation" in chain["metadata"]]
    assert len(measured) == 6 * len(LABELS)
    runs: dict[str, list[dict[str, Any]]] = {}
    for chain in measured:
        runs.setdefault(chain["metadata"]["evaluation"]["run"], []).append(chain)
    assert sorted(map(len, runs.values())) == [len(LABELS)] * 6
    for run_id, sent in runs.items():
        for chain in sent:
            about = chain["metadata"]
            assert about["evaluation"]["expected"]["tags"] == LABELS[chain["chain_inputs"]["question"]]
            assert about["evaluation"]["actual"]["tags"] == chain["chain_outputs"]["tags"]
            assert set(about["evaluation"]["score"]) == {"f1", "exact", "na_accuracy"}
            assert about["prompt"]["template"] == "tag_abstract" and about["prompt"]["version"] in (1, 2)
            assert about["prompt"]["variables"]["abstract"] == chain["chain_inputs"]["question"]
            assert about["usage"]["prompt_tokens"] == 11 and about["model"] in ("gpt-4o", "gpt-4o-mini")
            tags = next(s["tags"] for s in comet.chains.values() if s["jsonAsset"]["file"] is chain)
            assert f"run {run_id}" in tags


def test_a_killed_run_goes_on_where_it_was(tmp_path: Path, server: ModelServer) -> None:
    reached, go_on = threading.Event(), threading.Event()

    def stall(request: dict[str, Any]) -> str:
        if len(server.chats) == 4:
            reached.set()
            go_on.wait(60)
        return _reply(request)

    server.default = stall
    home = tmp_path / "home"
    how = {"OPENAI_BASE_URL": server.url, "LECTERN_MODEL": "m"}
    command = [sys.executable, "-m", "ui", "eval", "tags", str(ROWS), "--jobs", "1", "--json"]
    environment = {**os.environ, "LECTERN_HOME": str(home), **how}
    with subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=subprocess.DEVNULL) as process:
        assert reached.wait(60)
        process.send_signal(signal.SIGKILL)
    go_on.set()
    (begun,) = [json.loads(line) for line in run(home, "eval", "list", "--json", **how).splitlines()]
    assert (begun["done"], begun["rows"]) == (3, len(LABELS))
    run(home, "eval", "tags", str(ROWS), "--jobs", "1", "--json", "--resume", begun["id"], **how)
    assert len(server.chats) == len(LABELS) + 1  # the one under way was asked twice, no other
    (ended,) = [json.loads(line) for line in run(home, "eval", "list", "--json", **how).splitlines()]
    assert (ended["done"], ended["failed"]) == (len(LABELS), 0)
