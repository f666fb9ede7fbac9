"""Rows with their tags, an empty home, a model server and a course, for measuring, comparing and running again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chat_server import run
from tests.model_server import ModelServer

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


@pytest.fixture
def course(home: Path, tmp_path: Path) -> None:
    (tmp_path / "course").mkdir()
    text = "# Kilns\n\nStoneware is fired at 1,260 degrees for nine hours.\n\n# Glazes\n\nCeladon is a green glaze.\n"
    (tmp_path / "course" / "kilns.md").write_text(text)
    run(home, "ingest", str(tmp_path / "course"))


def figures_of(out: str) -> dict[str, Any]:
    rows = [json.loads(line) for line in out.splitlines()]
    return {row["figure"]: row for row in rows if "figure" in row and "with" not in row}
