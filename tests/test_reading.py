"""The account of what the readers read: it adds up, and says so where it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import reading
from index_store.locators import Locator
from ingest.document import Block, Document
from ingest.readers.outline import HEADINGS
from tests.conftest import REPOSITORY
from tests.made_files import MADE


def test_each_format_has_a_row_that_adds_up(tmp_path: Path) -> None:
    for suffix, made in MADE.items():
        (tmp_path / f"a{suffix}").write_bytes(made())
    (tmp_path / "a.md").write_text("---\ntitle: A\n---\n\n# Head\n\ntext <b>bold</b>\n")
    (tmp_path / "b.md").write_text("")
    rows = {row["format"]: row for row in reading.rows_of(tmp_path)}
    assert set(rows) == {".md", *MADE}
    for row in rows.values():
        assert row["unexplained"] == 0
        assert row["read"] + row["added"] == row["kept"] + row["dropped"]
        assert row["dropped"] == sum(row["dropped_by"].values())
    assert (rows[".md"]["files"], rows[".md"]["failed"]) == (2, 1)
    assert rows[".md"]["dropped_by"] == {"front matter": 13, "HTML tags": 7, HEADINGS: 5}
    assert "b.md is empty" in rows[".md"]["odd"][0]


def test_text_that_no_rule_explains_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.txt").write_text("some words")
    lossy = Document("a", (Block("some", Locator()),), characters_read=9)
    monkeypatch.setattr(reading, "read_document", lambda *_, **__: lossy)
    (row,) = reading.rows_of(tmp_path)
    assert (row["unexplained"], row["odd"]) == (5, ["a.txt: +5 characters unexplained"])


def check(folder: Path) -> None:
    rows = reading.rows_of(folder)
    assert sum(row["files"] for row in rows) > 10
    assert [line for row in rows for line in row["odd"]] == []


def test_no_character_of_the_sample_course_is_lost_unnamed() -> None:
    check(REPOSITORY / "ingest" / "sample")


def test_no_character_of_real_course_material_is_lost_unnamed(shared: Path) -> None:
    check(shared / "corpus")
