"""The lesson's exercise from end to end, in six commands: tag, measure, compare, report, Comet, a new test row."""

from __future__ import annotations

import json
import os
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


def _wait_for(server: CometServer, count: int) -> None:
    for _ in range(600):
        if len(server.chains) >= count:
            return
        threading.Event().wait(0.05)
    raise AssertionError(f"{len(server.chains)} of {count} arrived")


def _f1(out: str) -> float:
    rows = [json.loads(line) for line in out.splitlines()]
    return float(next(row["value"] for row in rows if row.get("figure") == "F1"))


def test_the_lesson_is_done_in_six_commands(tmp_path: Path, server: ModelServer) -> None:
    home, page = tmp_path / "home", tmp_path / "report.html"
    abstract, tags = next(iter(LABELS.items()))
    (tmp_path / "abstract.txt").write_text(abstract)
    with CometServer() as comet:
        how = {"OPENAI_BASE_URL": server.url, "LECTERN_MODEL": "m-large"}
        how |= {"COMET_API_KEY": comet.key, "COMET_URL_OVERRIDE": comet.url, "COMET_WORKSPACE": "w"}
        few = {**how, "LECTERN_PROMPT_VERSIONS": FEW_SHOT.replace("@", "=")}
        assert json.loads(run(home, "tag", str(tmp_path / "abstract.txt"), **few)) == tags
        zero_shot = _f1(run(home, "eval", "tags", str(ROWS), "--prompt", "tag_abstract@1", "--json", **how))
        few_shot = _f1(run(home, "eval", "tags", str(ROWS), "--prompt", FEW_SHOT, "--json", **how))
        assert few_shot == 1.0 > zero_shot
        given = ("--prompts", "1,2", "--models", "m-large,m-small", "--report", str(page))
        told = run(home, "compare", str(ROWS), *given, **how)
        assert f"{FEW_SHOT} with m-large is better than tag_abstract@1 with m-large" in told
        assert page.read_text("utf-8").startswith("<!doctype html>")
        _wait_for(comet, 1 + 6 * len(LABELS))
        assert comet.complaints == []
        _rows_are_in_comet(comet)
        wrong = json.loads(run(home, "traces", "list", "--text", "minutelm", "-n", "1", "--json", **how))
        run(home, "traces", "correct", wrong["id"], "--tag", "MinuteLM", "--reviewer", "anna", **how)
        run(home, "dataset", "add", "--from-trace", wrong["id"], **how)
        kept = json.loads(run(home, "dataset", "list", "--json", **how))
        assert _f1(run(home, "eval", "tags", kept["path"], "--prompt", FEW_SHOT, "--json", **how)) < 1.0


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
            assert about["usage"]["prompt_tokens"] == 11 and about["model"] in ("m-large", "m-small")
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
