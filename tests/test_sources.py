"""Sources: which folder a path belongs to, what of it is listed, and how odd names are shown."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from index_store.errors import SourceMissing, UnreadableFile
from ingest.settings import IngestSettings
from ingest.sources import Source, folder_source, read_steadily, shown
from ingest.web_sources import source_of
from tests.library import ingest

LIMIT = 1_000


@pytest.fixture
def course(tmp_path: Path) -> Path:
    folder = tmp_path / "course"
    for path in (
        "week 1/b.md",
        "week 1/a.md",
        "c.txt",
        ".hidden/d.md",
        ".env",
        "node_modules/e.md",
        "__pycache__/f.py",
    ):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(path)
    return folder


def paths(source: Source) -> list[str]:
    return [item.path for item in source.items()]


def test_a_folder_lists_its_files_in_order_without_what_is_hidden_or_a_tool_s(course: Path) -> None:
    source = folder_source(course, [], LIMIT)
    assert (source.id, source.kind, source.below) == (str(course), "folder", "")
    assert paths(source) == ["c.txt", "week 1/a.md", "week 1/b.md"]


def test_a_file_belongs_to_the_folder_it_lies_in(course: Path) -> None:
    source = folder_source(course / "week 1" / "a.md", [], LIMIT)
    assert (source.id, source.below, paths(source)) == (str(course / "week 1"), "a.md", ["a.md"])


def test_a_path_inside_a_known_folder_joins_the_innermost_one(course: Path) -> None:
    known = [str(course), str(course.parent), "https://example.org", "arxiv:2210.03629"]
    source = folder_source(course / "week 1", known, LIMIT)
    assert (source.id, source.below) == (str(course), "week 1")
    assert paths(source) == ["week 1/a.md", "week 1/b.md"]


def test_a_folder_with_a_name_that_only_begins_alike_is_another(course: Path, tmp_path: Path) -> None:
    other = tmp_path / "course 2"
    other.mkdir()
    assert folder_source(other, [str(course)], LIMIT).id == str(other)


def test_the_same_folder_by_another_way_is_the_same_source(course: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(course)
    ways = [course, tmp_path / "link", course / "week 1" / "..", Path(f"{course}/")]
    assert {folder_source(way, [], LIMIT).id for way in ways} == {str(course)}


def test_what_is_not_read_says_why_and_what_to_do(course: Path) -> None:
    (course / "photo.xyz").write_text("x")
    (course / "Makefile").write_text("x")
    (course / "long.txt").write_text("x" * (LIMIT + 1))
    refused = {item.path: item for item in folder_source(course, [], LIMIT).items() if item.refused}
    assert "no reader for .xyz" in refused["photo.xyz"].refused
    assert "without a suffix" in refused["Makefile"].refused
    assert "1,001 bytes; at most 1,000" in refused["long.txt"].refused
    assert all(item.hint for item in refused.values())
    with pytest.raises(UnreadableFile, match=r"photo\.xyz"):
        refused["photo.xyz"].load()


def test_an_item_gives_its_bytes_when_it_is_asked_and_not_before(course: Path) -> None:
    item = next(iter(folder_source(course / "c.txt", [], LIMIT).items()))
    (course / "c.txt").write_text("later")
    assert (item.load().data, item.load().suffix) == (b"later", ".txt")


def test_a_file_that_is_quiet_the_second_time_is_read(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = course / "c.txt"
    real, times = Path.read_bytes, [0]

    def read(path: Path) -> bytes:
        data = real(path)
        times[0] += 1
        if times[0] == 1:
            path.write_text("grown meanwhile")
        return data

    monkeypatch.setattr(Path, "read_bytes", read)
    assert read_steadily(file, "c.txt") == b"grown meanwhile"


def test_bytes_that_are_no_utf_8_are_shown_as_escapes() -> None:
    assert shown(os.fsdecode(b"caf\xe9/\xff.md")) == "caf\\xe9/\\xff.md"
    assert shown("größe\n\u202e.md") == "größe\n\u202e.md"


def test_a_folder_whose_name_is_no_utf_8_is_a_source_like_any_other(
    tmp_path: Path, minilm: Any, clean_environment: Path
) -> None:
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    (folder / "week").mkdir(parents=True)
    (folder / "week" / "a.txt").write_text("Logits are scores.")
    assert ingest(clean_environment, minilm, folder)["week/a.txt"].status == "done"
    assert ingest(clean_environment, minilm, folder / "week")["week/a.txt"].status == "unchanged"


@pytest.mark.parametrize("name", ["nowhere", "a\nb", "x" * 300, "nul\0byte", "~nobody-of-this-name/x"])
def test_a_path_that_leads_nowhere_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(SourceMissing, match="There is nothing at") as caught:
        folder_source(Path(name) if name.startswith("~") else tmp_path / name, [], LIMIT)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("argument", "kind", "name"),
    [
        ("https://example.org/page", "web", "https://example.org/page"),
        ("HTTP://example.org", "web", "HTTP://example.org"),
        ("arxiv:2210.03629", "arxiv", "arxiv:2210.03629"),
        ("https://arxiv.org/abs/2210.03629v2", "arxiv", "arxiv:2210.03629v2"),
    ],
)
def test_addresses_and_ids_become_sources_without_being_fetched(argument: str, kind: str, name: str) -> None:
    source = source_of(argument, [], IngestSettings(Path("/nowhere")))
    assert (source.kind, source.id, paths(source)) == (kind, name, [name])


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ("2210.03629", "arxiv:2210.03629"),
        (" 2210.03629v2 ", "arxiv:2210.03629v2"),
        ("cs/0112017", "arxiv:cs/0112017"),
        ("arxiv.org/abs/2210.03629", "arxiv:2210.03629"),
        ("https://arxiv.org/abs/2210.03629v1", "arxiv:2210.03629v1"),
        ("10.48550/arXiv.2210.03629", "arxiv:2210.03629"),
    ],
)
def test_a_paper_s_id_is_taken_as_people_write_it(written: str, named: str) -> None:
    source = source_of(written, [], IngestSettings(Path("/nowhere")))
    assert (source.id, source.kind) == (named, "arxiv")


@pytest.mark.parametrize("name", ["2210.03629", "cs/0112017"])
def test_a_folder_that_is_there_is_a_folder_whatever_it_is_called(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / name).mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert source_of(name, [], IngestSettings(Path("/nowhere"))).id == str((tmp_path / name).resolve())
