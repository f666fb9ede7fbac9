"""`kill -9` in each stage of an ingest, a removal and a rebuild; then the same command is given again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.course import write_course
from tests.faults.places import KILLED, WITHIN_S, Place, lectern
from tests.faults.recording import Watch
from tests.library import agreed, ingest
from ui.cli import cli

FAMILY = "kill -9 in an ingest"
pytestmark = pytest.mark.faults
UNTOUCHED = "How many grams of clay do beginners use?"

INGEST = {
    "while a file is read": Place("ingest.pipeline:read_document"),
    "while texts are embedded": Place("index_store.minilm:MiniLM.embed_texts"),
    "when the vectors are kept": Place("ingest.ledger:Ledger.keep_vectors"),
    "when the index is marked as being written": Place("index_store.index:Index._begin"),
    "between the lexical and the dense half": Place("index_store.dense:Dense.upsert", "before"),
    "when the vectors are in the dense half": Place("index_store.dense:Dense.upsert"),
    "before the old chunks are deleted": Place("index_store.index:Index.delete", "before"),
    "when the old chunks are deleted": Place("index_store.index:Index.delete"),
    "before the lexical half is committed": Place("index_store.lexical:Lexical.commit", "before"),
    "when the lexical half is committed": Place("index_store.lexical:Lexical.commit"),
    "in the middle of the ledger's transaction": Place("ingest.ledger:chunk_to_json"),
    "when one of three files stands in the ledger": Place("ingest.ledger:Ledger.record"),
    "before the index is closed": Place("index_store.index:closed", "before"),
}


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory, minilm: Any) -> Path:
    """A home with the course, and beside it what the course becomes."""
    folder = tmp_path_factory.mktemp("before")
    ingest(folder / "home", minilm, write_course(folder / "course"))
    return folder


@pytest.fixture
def folder(before: Path, tmp_path: Path) -> Path:
    """A folder with a copy of the home."""
    shutil.copytree(before / "home", tmp_path / "home")
    return tmp_path


@pytest.fixture
def course(before: Path) -> Iterator[Path]:
    """The course with one file changed and two new ones; as it was, at the end."""
    found = before / "course"
    (found / "kilns.md").write_text("# Kilns\n\nStoneware is fired at 1,240 degrees, says the new edition.\n")
    (found / "slips.md").write_text("# Slips\n\nA slip is clay in water, as thick as cream.\n")
    (found / "tools.md").write_text("# Tools\n\nA rib is a flat tool that smooths the wall of a pot.\n")
    yield found
    shutil.rmtree(found)
    write_course(found)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    return {}


def again(home: Path, *arguments: str) -> Result:
    return CliRunner(env={"LECTERN_HOME": str(home)}).invoke(cli, list(arguments))


def check_same(home: Path, minilm: Any) -> set[str]:
    return agreed(home, minilm)


@pytest.mark.fault(
    holds="what was there is found meanwhile; the same command ends well, nothing lost, nothing twice",
    within_s=WITHIN_S,
)
@pytest.mark.parametrize("place", INGEST.values(), ids=INGEST)
def test_an_ingest_that_is_killed(
    place: Place, folder: Path, course: Path, minilm: Any, undisturbed: dict[str, set[str]], watch: Watch
) -> None:
    home = folder / "home"
    if not undisturbed:
        shutil.copytree(home, folder / "undisturbed")
        assert again(folder / "undisturbed", "ingest", str(course)).exit_code == 0
        undisturbed["ids"] = check_same(folder / "undisturbed", minilm)
    ended = lectern(home, "ingest", course, module=place.meeting("kill"))
    assert ended.code == KILLED, ended.said
    with watch.answer():
        found = again(home, "search", UNTOUCHED, "--json")
        assert "500 grams" in json.loads(found.output)["hits"][0]["text"], found.output
    with watch.recovery():
        done = again(home, "ingest", str(course))
    assert done.exit_code == 0, done.output
    assert check_same(home, minilm) == undisturbed["ids"]


SHARED = "\n## Tables\n\nBring the blue book of tables, and a pencil.\n"
TITLES = (("A", "Amber"), ("B", "Jade"))
TAKEN_BACK = ("when the vectors are in the dense half", "when the lexical half is committed")


@pytest.mark.fault(holds="what both versions have reads as in the one that is in the ledger", within_s=WITHIN_S)
@pytest.mark.parametrize("place", TAKEN_BACK)
def test_a_new_version_that_is_killed_and_taken_back(place: str, tmp_path: Path, minilm: Any, watch: Watch) -> None:
    home, file = tmp_path / "home", tmp_path / "notes.md"
    old, new = (f"# {title}\n\nThe exam is in room {room}.\n{SHARED}" for title, room in TITLES)
    file.write_text(old)
    ingest(home, minilm, file)
    file.write_text(new)
    ended = lectern(home, "ingest", file, module=INGEST[place].meeting("kill"))
    assert ended.code == KILLED, ended.said
    file.write_text(old)
    with watch.recovery():
        assert again(home, "ingest", str(file)).exit_code == 0
    check_same(home, minilm)
    found = again(home, "search", "blue book of tables", "--json")
    assert "Jade" not in found.output and "Amber" in found.output


REMOVE = {
    "when a document is out of the index": Place("index_store.index:Index.delete"),
    "when that is committed": Place("index_store.index:Index.commit"),
    "when it is out of the ledger": Place("ingest.ledger:Ledger.forget"),
}


@pytest.mark.fault(
    holds="the document is whole or gone; the same command removes the rest; the others are found", within_s=WITHIN_S
)
@pytest.mark.parametrize("place", REMOVE.values(), ids=REMOVE)
def test_a_removal_that_is_killed(place: Place, folder: Path, minilm: Any, watch: Watch) -> None:
    home = folder / "home"
    ended = lectern(home, "library", "remove", "kilns.md", module=place.meeting("kill"))
    assert ended.code == KILLED, ended.said
    with watch.answer():
        found = again(home, "search", UNTOUCHED, "--json")
        assert "500 grams" in json.loads(found.output)["hits"][0]["text"], found.output
    with watch.recovery():
        done = again(home, "library", "remove", "kilns.md")
    assert done.exit_code == 0 or "has no source or document" in done.output, done.output
    left = {hit["path"] for hit in json.loads(again(home, "search", "kiln", "--json").output)["hits"]}
    assert "kilns.md" not in left and left
    check_same(home, minilm)


REBUILD = {
    "when the new index is written beside the old one": Place("ingest.health:restore"),
    "before they are swapped": Place("index_store.index:write_manifest", "before"),
    "when they are swapped, and the old one is still there": Place("index_store.index:write_manifest"),
}


@pytest.mark.fault(holds="the old or the new index answers; a rebuild ends well; one folder is left", within_s=WITHIN_S)
@pytest.mark.parametrize("place", REBUILD.values(), ids=REBUILD)
def test_a_rebuild_that_is_killed(place: Place, folder: Path, minilm: Any, watch: Watch) -> None:
    home = folder / "home"
    ids = check_same(home, minilm)
    ended = lectern(home, "library", "rebuild", module=place.meeting("kill"))
    assert ended.code == KILLED, ended.said
    with watch.answer():
        found = again(home, "search", UNTOUCHED, "--json")
        assert "500 grams" in json.loads(found.output)["hits"][0]["text"], found.output
    with watch.recovery():
        assert again(home, "library", "rebuild").exit_code == 0
    assert check_same(home, minilm) == ids
    assert len([f for f in (home / "index").iterdir() if f.is_dir()]) == 1
