"""A damaged index is found at start and by doctor, in words, and mended without embedding anything again."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from index_store.minilm import MiniLM
from tests.conftest import REPOSITORY
from ui.cli import cli

ROWS = 1_200  # Chroma writes its HNSW files from a thousand vectors on
ASKED = "At how many degrees is glaze number 1017 fired?"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sound")
    rows = (f"Glaze {n},Glaze number {n} is fired at {n + 900} degrees." for n in range(ROWS))
    (folder / "glazes.csv").write_text("\n".join(["Name,Text", *rows]))
    done = CliRunner(env={"LECTERN_HOME": str(folder / "home")}).invoke(cli, ["ingest", str(folder / "glazes.csv")])
    assert done.exit_code == 0, done.output
    assert list((folder / "home").rglob("data_level0.bin"))
    return folder / "home"


@pytest.fixture
def home(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "home"))


def hnsw_files(home: Path) -> list[Path]:
    return [file for file in home.rglob("chroma/*/*") if file.is_file()]


def truncate_hnsw(home: Path) -> None:
    for file in hnsw_files(home):
        os.truncate(file, file.stat().st_size // 2)


def empty_hnsw(home: Path) -> None:
    for file in hnsw_files(home):
        os.truncate(file, 0)


def remove_hnsw(home: Path) -> None:
    shutil.rmtree(hnsw_files(home)[0].parent)


def garble_hnsw(home: Path) -> None:
    for file in hnsw_files(home):
        file.write_bytes(random.Random(7).randbytes(file.stat().st_size))


def garble_sqlite(home: Path) -> None:
    (file,) = home.rglob("chroma.sqlite3")
    file.write_bytes(random.Random(7).randbytes(file.stat().st_size))


def garble_sqlite_inside(home: Path) -> None:
    (file,) = home.rglob("chroma.sqlite3")
    data = bytearray(file.read_bytes())
    data[4096:] = random.Random(7).randbytes(len(data) - 4096)
    file.write_bytes(bytes(data))


def empty_chroma(home: Path) -> None:
    (folder,) = home.glob("index/*/chroma")
    shutil.rmtree(folder)
    folder.mkdir()


def empty_lexical(home: Path) -> None:
    (folder,) = home.glob("index/*/lexical")
    shutil.rmtree(folder)
    folder.mkdir()


def truncate_lexical(home: Path) -> None:
    for file in home.glob("index/*/lexical/*.*"):
        if file.suffix in (".idx", ".store", ".term", ".pos"):
            os.truncate(file, file.stat().st_size // 2)


def remove_index(home: Path) -> None:
    (folder,) = (f for f in home.glob("index/*") if f.is_dir())
    shutil.rmtree(folder)


def empty_index(home: Path) -> None:
    shutil.rmtree(home / "index")
    (home / "index").mkdir()


def garble_manifest(home: Path) -> None:
    (home / "index" / "manifest.json").write_text('{"folder": ')


EVERYDAY = [truncate_hnsw, garble_sqlite, truncate_lexical]  # a file of each part of the index
WHOLE = [remove_hnsw, empty_chroma, empty_index, garble_manifest]
MORE = [empty_hnsw, garble_hnsw, garble_sqlite_inside, empty_lexical, remove_index]
DAMAGES = [
    *EVERYDAY,
    *(pytest.param(damage, marks=pytest.mark.integration) for damage in WHOLE),
    *(pytest.param(damage, marks=pytest.mark.faults) for damage in MORE),
]


def run(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own, which damaged files may crash."""
    command = [sys.executable, "-m", "ui", *arguments]
    environment = {**os.environ, "LECTERN_HOME": str(home)}
    return subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_damage_is_found_at_start_and_mended_without_embedding(
    damage: Callable[[Path], None], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    damage(home)
    found = run(home, "search", ASKED)
    assert found.returncode == 3, found.stdout + found.stderr
    assert "lectern library rebuild" in found.stderr
    assert "Traceback" not in found.stderr

    def refuse(*what: object) -> None:
        raise AssertionError("something was embedded")

    with monkeypatch.context() as patched:
        patched.setattr(MiniLM, "embed_texts", refuse)
        patched.setattr(MiniLM, "embed_query", refuse)
        mended = CliRunner(env={"LECTERN_HOME": str(home)}).invoke(cli, ["library", "rebuild"])
        assert mended.exit_code == 0, mended.output
    again = run(home, "search", ASKED, "--json")
    assert "1917 degrees" in json.loads(again.stdout)["hits"][0]["text"]


@pytest.mark.parametrize("damage", [truncate_hnsw, *(pytest.param(d, marks=pytest.mark.faults) for d in EVERYDAY[1:])])
def test_doctor_and_verify_name_the_damage_and_the_mend(damage: Callable[[Path], None], home: Path) -> None:
    damage(home)
    told = run(home, "doctor")
    assert told.returncode == 3
    assert "lectern library rebuild" in told.stdout
    assert "Traceback" not in told.stderr
    verified = run(home, "library", "verify")
    assert verified.returncode in (1, 3)
    assert "lectern library rebuild" in verified.stdout + verified.stderr


def test_a_sound_index_is_not_suspected(home: Path) -> None:
    assert run(home, "library", "verify").returncode == 0
    assert run(home, "search", ASKED).returncode == 0
