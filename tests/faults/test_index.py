"""The files of the index are damaged: it is told before anything is asked of them, and mended from the ledger."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.faults.places import WITHIN_S, lectern
from tests.faults.recording import Watch
from tests.test_damage import ASKED, ROWS
from ui.cli import cli

FAMILY = "A damaged index"
pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose index is large enough for Chroma to write its HNSW files."""
    folder = tmp_path_factory.mktemp("sound")
    rows = (f"Glaze {n},Glaze number {n} is fired at {n + 900} degrees." for n in range(ROWS))
    (folder / "glazes.csv").write_text("\n".join(["Name,Text", *rows]))
    done = CliRunner(env={"LECTERN_HOME": str(folder / "home")}).invoke(cli, ["ingest", str(folder / "glazes.csv")])
    assert done.exit_code == 0, done.output
    return folder / "home"


@pytest.fixture
def home(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "home"))


def hnsw(home: Path) -> list[Path]:
    return [file for file in home.rglob("chroma/*/*") if file.is_file()]


def hnsw_missing(home: Path) -> None:
    shutil.rmtree(hnsw(home)[0].parent)


def hnsw_cut(home: Path) -> None:
    for file in hnsw(home):
        os.truncate(file, file.stat().st_size // 2)


def hnsw_random(home: Path) -> None:
    for file in hnsw(home):
        file.write_bytes(random.Random(7).randbytes(file.stat().st_size))


def chroma_random(home: Path) -> None:
    (file,) = home.rglob("chroma.sqlite3")
    file.write_bytes(random.Random(7).randbytes(file.stat().st_size))


def tantivy_meta_missing(home: Path) -> None:
    next(home.glob("index/*/lexical/meta.json")).unlink()


def tantivy_cut(home: Path) -> None:
    for file in home.glob("index/*/lexical/*.*"):
        if file.suffix in (".idx", ".store", ".term", ".pos"):
            os.truncate(file, file.stat().st_size // 2)


def manifest_missing(home: Path) -> None:
    (home / "index" / "manifest.json").unlink()


def manifest_garbage(home: Path) -> None:
    (home / "index" / "manifest.json").write_bytes(b"\xff{'folder': ")


def folder_emptied(home: Path) -> None:
    shutil.rmtree(home / "index")
    (home / "index").mkdir()


DAMAGES: dict[str, Callable[[Path], None]] = {
    "the HNSW files are missing": hnsw_missing,
    "the HNSW files are cut in half": hnsw_cut,
    "the HNSW files hold random bytes": hnsw_random,
    "Chroma's database holds random bytes": chroma_random,
    "tantivy's meta.json is missing": tantivy_meta_missing,
    "tantivy's segments are cut in half": tantivy_cut,
    "the manifest is missing": manifest_missing,
    "the manifest is garbage": manifest_garbage,
    "the folder is emptied": folder_emptied,
}


@pytest.mark.fault(
    holds="told in words with the command that mends it, no crash; that command brings all back", within_s=WITHIN_S
)
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_index_is_told_and_mended(damage: Callable[[Path], None], home: Path, watch: Watch) -> None:
    damage(home)
    with watch.answer():
        told = lectern(home, "ask", ASKED)
    assert told.code == 3 and told.in_words and "lectern library rebuild" in told.said, (told.code, told.said)
    with watch.recovery():
        mended = CliRunner(env={"LECTERN_HOME": str(home)}).invoke(cli, ["library", "rebuild"])
        assert mended.exit_code == 0, mended.output
        found = lectern(home, "search", ASKED, "--json")
    assert "1917 degrees" in json.loads(found.out)["hits"][0]["text"]
