"""The library from the command line: an empty one says so, counts read as words, JSON lines where asked for."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ingest.receipts import Finished, IngestEvent, Receipt
from ui import receipts
from ui.cli import cli

EMPTY = "Nothing has been ingested yet."


@pytest.fixture
def course(tmp_path: Path) -> Path:
    folder = tmp_path / "course"
    folder.mkdir()
    (folder / "kilns.md").write_text("# Kilns\n\nA kiln is an oven for clay.\n")
    return folder


def call(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments))


@pytest.mark.parametrize(
    "arguments", [["verify"], ["verify", "--json"], ["rebuild"], ["rebuild", "--json"], ["remove", "x"]]
)
def test_an_empty_library_says_so_and_nothing_is_made(clean_environment: Path, arguments: list[str]) -> None:
    result = call("library", *arguments)
    assert result.exit_code == 3
    assert result.stdout == ""
    assert EMPTY in result.stderr
    assert "lectern ingest FOLDER" in result.stderr
    assert not (clean_environment / "index").exists()


def test_an_empty_list_says_what_to_do(clean_environment: Path) -> None:
    result = call("library", "list")
    assert (result.exit_code, result.stdout.splitlines()[0]) == (0, "The library is empty.")
    assert "lectern ingest FOLDER" in result.output


def test_an_index_that_lost_its_folder_is_no_empty_library(course: Path, clean_environment: Path) -> None:
    call("ingest", str(course))
    shutil.rmtree(clean_environment / "index")
    found = call("library", "verify")
    assert found.exit_code == 3
    assert "not sound" in found.stderr
    assert json.loads(call("library", "rebuild", "--json").stdout) == {"chunks": 1}
    assert call("library", "verify").exit_code == 0


def test_what_was_removed_is_told_in_words(course: Path) -> None:
    call("ingest", str(course))
    said = call("library", "remove", "kilns.md").stdout
    assert said == "Removed 1 document with 1 chunk and 1 vector; nothing of it is left in the index.\n"
    assert call("library", "list").stdout.startswith("The library is empty.")


def test_what_is_gone_from_a_folder_is_told_and_kept(course: Path) -> None:
    (course / "glazes.md").write_text("# Glazes\n\nA glaze is a coat of glass.\n")
    assert "no longer" not in call("ingest", str(course)).stderr
    (course / "glazes.md").unlink()
    assert "1 document is no longer in the folder, and kept; --prune removes" in call("ingest", str(course)).stderr
    assert "no longer" not in call("ingest", str(course), "--prune").stderr
    assert "glazes.md" not in call("library", "list").stdout


def test_a_rebuild_reads_what_was_split_otherwise_anew_and_no_file_beside_it(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (course / "gone.md").write_text("# Clay\n\nClay is soft.\n")
    call("ingest", str(course / "kilns.md"), str(course / "gone.md"))
    (course / "private.md").write_text("# Diary\n\nNobody asked to have this read.\n")
    (course / "gone.md").unlink()
    monkeypatch.setattr("ingest.pipeline.SPLITTER_VERSION", "another")
    result = call("library", "rebuild")
    assert result.exit_code == 1
    assert "gone.md" in result.stderr
    assert "1 done." in result.stdout
    assert "private.md" not in result.output + call("library", "list").stdout
    assert call("library", "rebuild", "--json").stdout.splitlines()[0] == '{"chunks": 2}'


def events() -> Iterator[IngestEvent]:
    yield Receipt("/s", "a.md", "done", "verified")
    yield Finished({"done": 1}, 1, 1, 0.1)


def test_a_pipe_gets_no_empty_line_from_the_bar(capsys: pytest.CaptureFixture[str]) -> None:
    assert receipts.show(events()).counts == {"done": 1}
    said = capsys.readouterr()
    assert said.err == ""
    assert said.out == "1 done. 1 chunk in the library, 1 embedded now, 0.1 s.\n"
