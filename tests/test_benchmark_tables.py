"""The tables of figures say what was measured, and each result says when, with what and where."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.results import FOLDER, read
from benchmarks.table import BLOCK, FILES, TABLES, rewritten

RESULTS = sorted(FOLDER.glob("*.json"))


@pytest.mark.parametrize("file", FILES, ids=lambda f: f"{f.parent.name}/{f.name}")
def test_tables_match_the_results(file: Path) -> None:
    text = file.read_text("utf-8")
    assert rewritten(text) == text, "Run: python -m benchmarks.table --write"


def test_every_table_stands_somewhere_once() -> None:
    found = [name for file in FILES for _, name, _, _ in BLOCK.findall(file.read_text("utf-8"))]
    assert sorted(found) == sorted(TABLES)


def test_a_figure_that_has_changed_is_noticed() -> None:
    def changed(name: str) -> Any:
        kept = copy.deepcopy(read(name))
        if name == "search_quality":
            kept["figures"]["qa"]["contestants"]["Lectern"]["R@5"][0] = 0.123
        return kept

    text = (FOLDER.parent / "README.md").read_text("utf-8")
    assert rewritten(text, changed) != text


@pytest.mark.parametrize("file", RESULTS, ids=lambda f: f.stem)
def test_a_result_tells_when_where_and_with_what(file: Path) -> None:
    kept = json.loads(file.read_text("utf-8"))
    assert kept["date"] and kept["command"].startswith("python -m benchmarks.")
    assert kept["versions"]["chromadb"] and kept["machine"]["cores"] > 0
    assert len(kept["machine"]["calibration_ms"]) == len(kept["machine"]["load_average"]) == 2


@pytest.mark.parametrize("name", ["search_quality", "search_scale", "ingest_speed", "load"])
def test_a_result_stands_beside_its_plot(name: str) -> None:
    assert (FOLDER / f"{name}.json").is_file() == (FOLDER / f"{name}.svg").is_file()
    assert f"](results/{name}.svg)" in (FOLDER.parent / "README.md").read_text("utf-8")
