"""What the machine refuses (no permission, a full disk, a home of someone else), and the command line's answers."""

from __future__ import annotations

import errno
import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from index_store.dense import Dense
from index_store.errors import IndexProblem
from index_store.index import Index
from index_store.lexical import Lexical
from index_store.manifest import read_manifest, write_manifest
from ingest.health import rebuild
from ingest.ledger import Ledger
from ingest.lock import writing
from ingest.pipeline import fingerprint_of
from ingest.settings import IngestSettings
from tests.conftest import REPOSITORY
from tests.library import CountingEmbedder, held, ingest


def lectern(home: Path, *arguments: str | Path, limit: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line; `limit` is the most bytes that it may write into any one file, as a full disk would."""

    def confine() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    command = [sys.executable, "-m", "ui", *map(str, arguments)]
    return subprocess.run(
        command,
        cwd=REPOSITORY,
        env={**os.environ, "LECTERN_HOME": str(home), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        preexec_fn=confine if limit else None,
    )


@pytest.fixture
def embedder(minilm: Any) -> CountingEmbedder:
    return CountingEmbedder(minilm)


@pytest.fixture
def course(tmp_path: Path) -> Path:
    folder = tmp_path / "course"
    folder.mkdir()
    (folder / "a.txt").write_text("Temperature scales the logits before the softmax.")
    return folder


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can reach, as pytest's own is not."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    for path in folder.rglob("*"):
        path.chmod(0o755)
    shutil.rmtree(folder)


def test_what_may_not_be_read_is_told_and_stays_in_the_library(open_folder: Path) -> None:
    course, home, locked = open_folder / "course", open_folder / "home", open_folder / "locked"
    for folder in (course / "private", home, locked):
        folder.mkdir(parents=True)
    for name in ("a.txt", "closed.txt", "private/inside.txt"):
        (course / name).write_text(f"The words of {name}.")
    command = [sys.executable, "-m", "tests.unprivileged", str(course), str(home), str(locked)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert set(said["first"].values()) == {"done"}
    second = {row["path"]: row for row in said["second"]}
    assert {path: row["status"] for path, row in second.items()} == {
        "a.txt": "unchanged",
        "closed.txt": "failed",
        "private": "skipped",
    }
    assert "closed.txt cannot be read: Permission denied" in second["closed.txt"]["reason"]
    assert "the folder cannot be read: Permission denied" in second["private"]["reason"]
    assert all(row["hint"] for row in second.values() if row["status"] != "unchanged")
    assert said["kept"]
    assert str(locked / "home") in said["refused"]["message"]
    assert "Permission denied" in said["refused"]["message"]
    assert said["refused"]["hint"]


def test_the_command_line_says_what_became_of_each_file(course: Path, tmp_path: Path) -> None:
    (course / "b\nc.pdf").write_bytes(b"no pdf")
    with (course / "huge.txt").open("wb") as file:
        file.truncate(600_000_000)
    done = lectern(tmp_path / "home", "ingest", course, "--json")
    rows = {row["path"]: row for row in map(json.loads, done.stdout.splitlines())}
    assert done.returncode == 1
    assert {path: row["status"] for path, row in rows.items()} == {
        "a.txt": "done",
        "b\nc.pdf": "failed",
        "huge.txt": "skipped",
    }
    assert "at most 500,000,000" in rows["huge.txt"]["reason"]
    assert all(row["reason"] and row["hint"] for row in rows.values() if row["status"] != "done")
    small = lectern(tmp_path / "home", "ingest", course / "a.txt", LECTERN_MAX_FILE_BYTES="10")
    assert "a.txt" in small.stderr
    assert "at most 10 are read" in small.stderr


@pytest.mark.parametrize(("name", "code"), [("nowhere", 2), ("empty", 2)])
def test_a_folder_that_is_missing_or_empty_is_named(name: str, code: int, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = lectern(tmp_path / "home", "ingest", tmp_path / name, "--json")
    assert (done.returncode, done.stdout) == (code, "")
    assert str(tmp_path / name) in done.stderr
    assert len(done.stderr.strip().splitlines()) == 2


@pytest.mark.parametrize("room", [1_000, 60_000])
def test_a_disk_that_is_full_from_the_start_is_told(room: int, course: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    done = lectern(home, "ingest", course, limit=room)
    assert (done.returncode, "Traceback" in done.stderr) == (3, False), done.stderr
    assert str(home) in done.stderr
    assert "room" in done.stderr


def test_a_disk_that_fills_up_loses_nothing_and_the_next_run_goes_on(
    course: Path, embedder: Any, clean_environment: Path
) -> None:
    home = clean_environment
    ingest(home, embedder, course)
    before = held(home, embedder)
    for n in range(40):
        (course / f"more {n}.txt").write_text(f"Lesson {n} is on sampling. " * 60)
    largest = max(file.stat().st_size for file in home.rglob("*") if file.is_file())
    full = lectern(home, "ingest", course, "--json", limit=largest + 50_000)
    assert (full.returncode, "Traceback" in full.stderr) == (3, False), full.stderr
    assert str(home) in full.stderr
    assert "room" in full.stderr
    assert before[0] <= held(home, embedder)[0]
    done = lectern(home, "ingest", course, "--json")
    assert done.returncode == 0, done.stderr
    ledger, dense, lexical = held(home, embedder)
    assert ledger == dense == lexical
    assert before[0] < ledger


def fails(error: Exception) -> Any:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


FULL = OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(
    ("owner", "method", "error"),
    [
        (Ledger, "keep_vectors", IndexProblem("The ledger cannot be written.")),
        (Dense, "upsert", RuntimeError("Error in compaction")),
        (Dense, "delete", RuntimeError("Error in compaction")),
        (Lexical, "commit", ValueError("An IO error occurred")),
        (Index, "_keep_manifest", FULL),
        (Ledger, "record", sqlite3.OperationalError("database or disk is full")),
    ],
)
def test_a_write_that_fails_anywhere_leaves_what_was_there(
    owner: type, method: str, error: Exception, course: Path, embedder: Any, clean_environment: Path
) -> None:
    """The file goes back to what it was, so that nothing but the comparison with the ledger mends the index."""
    file, words = course / "a.txt", (course / "a.txt").read_text()
    state = file.stat()
    ingest(clean_environment, embedder, course)
    before = held(clean_environment, embedder)
    file.write_text("Top-p sampling keeps the smallest set of tokens.")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, method, fails(error))
        with pytest.raises(IndexProblem, match=r"cannot be written") as caught:
            ingest(clean_environment, embedder, course)
        assert caught.value.hint or isinstance(error, IndexProblem)
    file.write_text(words)
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert ingest(clean_environment, embedder, course)["a.txt"].status == "unchanged"
    assert held(clean_environment, embedder) == before


def test_what_failed_is_told_though_closing_fails_over_it_too(
    course: Path, embedder: Any, clean_environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Dense, "upsert", fails(RuntimeError("Error in compaction")))
    monkeypatch.setattr(Lexical, "close", fails(ValueError("A worker thread encountered an error")))
    with pytest.raises(IndexProblem, match="Error in compaction"):
        ingest(clean_environment, embedder, course)


def test_a_rebuild_that_finds_no_room_is_told_and_leaves_what_was_there(
    course: Path, embedder: Any, clean_environment: Path
) -> None:
    ingest(clean_environment, embedder, course)
    before = held(clean_environment, embedder)
    fingerprint = fingerprint_of(embedder, IngestSettings(clean_environment))
    with pytest.MonkeyPatch.context() as patch, closing(Ledger(clean_environment)) as ledger:
        patch.setattr(Dense, "upsert", fails(RuntimeError("database or disk is full")))
        with pytest.raises(IndexProblem, match="cannot be written") as told:
            rebuild(clean_environment, ledger, embedder, fingerprint)
    assert told.value.hint
    assert len([folder for folder in (clean_environment / "index").iterdir() if folder.is_dir()]) == 1
    assert held(clean_environment, embedder) == before


def test_a_sound_index_is_used_though_the_probe_cannot_be_noted(
    course: Path, embedder: Any, clean_environment: Path
) -> None:
    ingest(clean_environment, embedder, course)
    before = held(clean_environment, embedder)
    manifest = read_manifest(clean_environment)
    assert manifest is not None
    write_manifest(clean_environment, replace(manifest, clean=False))
    (clean_environment / "index" / "probed.json").mkdir()  # in the way of the note, as a full disk is
    assert ingest(clean_environment, embedder, course)["a.txt"].status == "unchanged"
    assert held(clean_environment, embedder) == before


def test_a_home_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    with pytest.raises(IndexProblem, match="folder cannot be written to") as caught, writing(tmp_path / "home"):
        pass
    assert caught.value.hint
