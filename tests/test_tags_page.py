"""Whole files on the tag page, without a browser: what a file gives stands in its place, and nothing of another's."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.course import write_course
from tests.library import ingest
from ui import wiring
from ui.parts import Parts, parts_of
from ui.tags_page import RULES, TagHandlers
from ui.visitors import visitors_of

REQUEST: Any = SimpleNamespace(cookies={}, headers={})


@pytest.fixture
def parts(clean_environment: Path, tmp_path: Path, minilm: Any) -> Iterator[Parts]:
    ingest(clean_environment, minilm, write_course(tmp_path / "course"))
    with wiring.open_library(wiring.read_environment()) as library:
        yield parts_of(wiring.assistant_of(library), visitors_of(clean_environment))


async def shown(parts: Parts, file: Any) -> list[str]:
    return [told async for told in TagHandlers(parts).tag_file(file, RULES, "", REQUEST)]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("b.csv", "title\nx\n", "b.csv has no column `abstract`; its columns are: title."),
        ("<b>.csv", "title\nx\n", "&lt;b&gt;.csv has no column"),
        ("c.jsonl", "", "c.jsonl holds no row."),
        ("", "", "No file was chosen. Choose a CSV or JSON lines file first."),
    ],
)
def test_a_file_that_fails_takes_the_place_of_the_last_result_with_its_reason(
    parts: Parts, tmp_path: Path, name: str, text: str, told: str
) -> None:
    (tmp_path / "given").write_text(text)
    file = {"path": str(tmp_path / "given"), "orig_name": name} if name else None
    first, *_, last = asyncio.run(shown(parts, file))
    assert first == "" and told in last and "role='alert'" in last


def test_a_file_is_tagged_to_its_end(parts: Parts, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("abstract\nWe fine-tune Llama 2.\n")
    first, *_, last = asyncio.run(shown(parts, {"path": str(tmp_path / "a.csv"), "orig_name": "a.csv"}))
    assert first == "" and "Done: 1 of 1 rows" in last and "tags.csv" in last
