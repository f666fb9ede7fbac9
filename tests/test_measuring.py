"""What the commands that measure share: what a run is made with, rows that fail, going on, and what is warned of."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.evaluation.datasets import read_dataset
from assistant.evaluation.runs import Result, Run
from assistant.llms import choose_model
from tests.chat_server import run
from tests.model_server import ModelServer, failing
from ui.environment import Environment
from ui.measuring import tag_settings
from ui.wiring import prompts_of

ROWS = [
    {"id": str(n), "abstract": f"We present Net{n}, a model that reads long texts.", "tags": [f"Net{n}"]}
    for n in range(1, 5)
]


def write(folder: Path, *rows: dict[str, Any]) -> Path:
    file = folder / "rows.jsonl"
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return file


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as double:
        double.default = lambda request: json.dumps([f"Net{n}" for n in range(5) if f"Net{n}," in asked(request)])
        yield double


def asked(request: dict[str, Any]) -> str:
    return str(request["messages"][-1]["content"])


def test_a_row_that_no_tagger_takes_is_one_error_and_the_others_are_measured(home: Path, tmp_path: Path) -> None:
    rows = write(tmp_path, ROWS[0], {"id": "long", "abstract": "word " * 5_000, "tags": ["word"]}, ROWS[1])
    told = run(home, "eval", "tags", str(rows), expected=1, merged=True)
    assert "1 of 3 rows failed: The text has 25,000 characters" in told and "without the list: F1" in told


def test_a_tag_that_an_abstract_does_not_have_is_warned_of(home: Path, tmp_path: Path) -> None:
    rows = write(tmp_path, {**ROWS[0], "tags": ["Net1, BERT"]}, ROWS[1])
    told = run(home, "eval", "tags", str(rows), merged=True)
    assert "Tags that their abstracts do not have, so that nothing can give them: row 1: 'Net1, BERT'." in told


def test_a_run_over_few_rows_goes_on_over_more(home: Path, tmp_path: Path) -> None:
    rows = write(tmp_path, *ROWS)
    run(home, "eval", "tags", str(rows), "--limit", "2")
    (begun,) = map(json.loads, run(home, "eval", "list", "--json").splitlines())
    run(home, "eval", "tags", str(rows), "--resume", begun["id"])
    run(home, "eval", "tags", str(rows), "--limit", "1", "--resume", begun["id"])
    (ended,) = map(json.loads, run(home, "eval", "list", "--json").splitlines())
    assert (begun["done"], begun["rows"]) == (2, 2) and (ended["done"], ended["rows"]) == (4, 4)


def test_a_comparison_goes_on_with_the_rows_that_are_not_done(home: Path, tmp_path: Path, server: ModelServer) -> None:
    rows, how = write(tmp_path, *ROWS), {"OPENAI_BASE_URL": server.url, "LECTERN_MODEL": "m"}
    right = server.default
    assert callable(right)
    server.default = lambda request: (
        failing(400, "odd") if request["model"] == "b" and "Net3," in asked(request) else right(request)
    )
    command = ("compare", str(rows), "--models", "a,b")
    told = run(home, *command, expected=1, merged=True, **how)
    assert "Try the rows that failed again: the same command and --resume" in told
    server.default, before = right, len(server.chats)
    out = run(home, *command, "--resume", **how)
    assert "By quality:\n 1. F1 1.000  A and B, equal" in out
    assert len(server.chats) == before + 2 + 1  # both models are waked, one row is asked for
    assert len(run(home, "eval", "list").splitlines()) == 2
    run(home, *command, **how)
    assert len(run(home, "eval", "list").splitlines()) == 4  # without the option all is asked anew


def test_a_comparison_in_which_all_failed_has_failed(home: Path, tmp_path: Path, server: ModelServer) -> None:
    server.default = failing(404, "No such model.")
    run(home, "compare", str(write(tmp_path, *ROWS)), expected=3, OPENAI_BASE_URL=server.url, LECTERN_MODEL="m")


def test_a_fault_of_ours_in_a_row_is_an_error_of_that_row(tmp_path: Path) -> None:
    data = read_dataset(write(tmp_path, *ROWS), "tags")
    begun = Run.begin(tmp_path, data, {})

    async def runner(row: Any) -> Result:
        if row.id == "2":
            raise ZeroDivisionError("none")
        await asyncio.sleep(0)
        return Result(row.id, [], {})

    done = asyncio.run(begun.go(data.rows, runner, jobs=2))
    assert "unexpected fault: ZeroDivisionError" in str(done["2"].error)
    assert [r.error for name, r in done.items() if name != "2"] == [None] * 3


def test_the_rows_of_a_run_are_kept_whatever_signs_they_hold_and_stand_in_order(tmp_path: Path) -> None:
    rows = [{**row, "abstract": f"{row['abstract']}\u2028Really.\x85"} for row in ROWS]
    data = read_dataset(write(tmp_path, *rows), "tags")
    begun = Run.begin(tmp_path, data, {})

    async def runner(row: Any) -> Result:
        for _ in range(0 if row.id == "4" else 5):
            await asyncio.sleep(0)
        return Result(row.id, [], {})

    asyncio.run(begun.go(data.rows, runner, jobs=4))
    lines = (begun.folder / "rows.jsonl").read_text("utf-8").split("\n")
    assert json.loads(lines[0])["id"] == "4"  # the first to end
    assert list(Run.open(tmp_path, begun.about.id).results()) == ["1", "2", "3", "4"]


def test_all_that_changes_tags_is_a_setting_of_a_run(tmp_path: Path) -> None:
    def settings(version: int, **values: str) -> dict[str, Any]:
        server = {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1", "LECTERN_MODEL": "m"}
        environment = Environment(tmp_path, server | values)
        model = choose_model(environment.assistant, None)
        return tag_settings(environment, prompts_of(environment, tag_abstract=version), model)

    assert settings(1) == settings(1, LECTERN_EXAMPLES="random:2:7")  # zero-shot shows no examples
    few = [settings(2, **how) for how in ({}, {"LECTERN_EXAMPLES": "fixed:2"}, {"LECTERN_EXAMPLES": "random:2:7"})]
    assert len({json.dumps(one) for one in few}) == 3 and "random:2:7 of " in few[2]["examples"]
    assert "extract_tags" in settings(4) and "extract_tags" not in settings(1)
    (tmp_path / "names.txt").write_text("Zorg\n")
    assert tag_settings(Environment(tmp_path, {})) == {"model": "tagging rules"}
    assert "names" in tag_settings(Environment(tmp_path, {"LECTERN_NAMES": str(tmp_path / "names.txt")}))
