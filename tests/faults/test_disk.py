"""The disk is full from an exact write on; then there is room again, and the same command is given again."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result

from assistant.tracing.queries import TraceReader
from tests.api_server import served_api
from tests.course import write_course
from tests.faults.disks import Disk, small_disk
from tests.faults.places import WITHIN_S, Place, lectern
from tests.faults.recording import Watch
from tests.faults.serving import ask, latest
from tests.library import held, ingest
from ui.cli import cli

FAMILY = "A full disk"
pytestmark = pytest.mark.faults
UNTOUCHED = "How many grams of clay do beginners use?"


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory, minilm: Any) -> Path:
    folder = tmp_path_factory.mktemp("before")
    ingest(folder / "home", minilm, write_course(folder / "course"))
    (folder / "course" / "kilns.md").write_text(
        "# Kilns\n\nStoneware is fired at 1,240 degrees, says the new edition.\n"
    )
    for n in range(30):
        (folder / "course" / f"slips {n}.md").write_text(f"# Slips {n}\n\nSlip {n} is clay in water. " * 40)
    return folder


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with small_disk(tmp_path / "disk") as found:
        yield found


@pytest.fixture
def home(before: Path, disk: Disk) -> Path:
    return Path(shutil.copytree(before / "home", disk.folder / "home"))


def again(home: Path, *arguments: str) -> Result:
    return CliRunner(env={"LECTERN_HOME": str(home)}).invoke(cli, list(arguments))


def found(home: Path) -> bool:
    """Tell whether what was there before is found."""
    told = again(home, "search", UNTOUCHED, "--json")
    return told.exit_code == 0 and "500 grams" in json.loads(told.output)["hits"][0]["text"]


LIBRARY: dict[str, tuple[Place, tuple[str, ...]]] = {
    "when the lock of the writer is written": (Place("ingest.lock:_self", "before"), ("ingest", "COURSE")),
    "when vectors are kept in the ledger": (Place("ingest.ledger:Ledger.keep_vectors", "before"), ("ingest", "COURSE")),
    "when the index is marked as being written": (
        Place("index_store.index:write_manifest", "before"),
        ("ingest", "COURSE"),
    ),
    "when the lexical half is written": (Place("index_store.lexical:Lexical.upsert", "before"), ("ingest", "COURSE")),
    "when the dense half is written": (Place("index_store.dense:Dense.upsert", "before"), ("ingest", "COURSE")),
    "when the lexical half is committed": (Place("index_store.lexical:Lexical.commit", "before"), ("ingest", "COURSE")),
    "when a document is written into the ledger": (
        Place("ingest.ledger:Ledger.record", "before"),
        ("ingest", "COURSE"),
    ),
    "when the index is closed": (Place("index_store.index:closed", "before"), ("ingest", "COURSE")),
    "when a document is removed": (
        Place("index_store.index:Index.delete", "before"),
        ("library", "remove", "wheel.md"),
    ),
    "when the index is built anew": (Place("ingest.health:restore", "before"), ("library", "rebuild")),
}


@pytest.mark.fault(
    holds="told in words with the next step; with room again what was there is found; the same command ends well",
    within_s=WITHIN_S,
)
@pytest.mark.parametrize(("place", "command"), LIBRARY.values(), ids=LIBRARY)
def test_a_change_of_the_library(
    place: Place, command: tuple[str, ...], home: Path, before: Path, disk: Disk, minilm: Any, watch: Watch
) -> None:
    arguments = [str(before / "course") if word == "COURSE" else word for word in command]
    with watch.answer():
        ended = lectern(home, *arguments, module=place.meeting(*disk.fault))
    assert ended.code == 3 and ended.in_words, (ended.code, ended.said[-3000:])
    meanwhile = again(home, "search", UNTOUCHED, "--json")
    assert meanwhile.exit_code == 0 or "Error: " in meanwhile.output, meanwhile.output
    disk.free()
    assert "wheel.md" in command or found(home)
    with watch.recovery():
        done = again(home, *arguments)
    assert done.exit_code == 0, done.output
    ledger, dense, lexical = held(home, minilm)
    assert ledger == dense == lexical


TURN = {
    "when the beginning of a turn is kept": Place("assistant.tracing.store:TraceStore.begin", "before"),
    "when the end of a turn is kept": Place("assistant.tracing.store:TraceStore.finish", "before"),
}


@pytest.mark.fault(holds="the answer is given all the same, and that it could not be kept is told", within_s=WITHIN_S)
@pytest.mark.parametrize("place", TURN.values(), ids=TURN)
def test_a_turn(place: Place, home: Path, disk: Disk, watch: Watch) -> None:
    with watch.answer():
        ended = lectern(home, "ask", UNTOUCHED, "--json", module=place.meeting(*disk.fault))
    assert ended.code == 0 and json.loads(ended.out)["found"], ended.said
    assert "could not be kept" in ended.said and "Traceback" not in ended.said, ended.said
    disk.free()
    with watch.recovery():
        assert again(home, "ask", UNTOUCHED, "--json").exit_code == 0
    rows = [json.loads(line) for line in again(home, "traces", "list", "--json").output.splitlines()]
    assert rows[0]["status"] == "ok" and {row["status"] for row in rows[1:]} <= {"aborted"}


@pytest.mark.fault(holds="told in words; the rows that are done stay; --resume does the others", within_s=WITHIN_S)
def test_a_run_of_an_evaluation(home: Path, disk: Disk, tmp_path: Path, watch: Watch) -> None:
    data = tmp_path / "rows.jsonl"
    rows = ({"id": n, "abstract": f"We train BERT on {n} poems.", "tags": ["BERT"]} for n in range(300))
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    place = Place("assistant.evaluation.runs:_run", "before")
    with watch.answer():
        ended = lectern(home, "eval", "tags", data, "--jobs", "1", module=place.meeting(*disk.fault))
    assert ended.code == 3 and ended.in_words and "cannot be written" in ended.said, ended.said
    disk.free()
    (run,) = (folder.name for folder in (home / "evaluations").iterdir())
    with watch.recovery():
        done = again(home, "eval", "tags", str(data), "--resume", run, "--json")
    assert done.exit_code == 0, done.output


@pytest.mark.fault(holds="told in words; the turns are as they were; then the export is whole", within_s=WITHIN_S)
def test_an_export_of_turns(home: Path, disk: Disk, watch: Watch) -> None:
    assert again(home, "ask", UNTOUCHED, "--json").exit_code == 0
    place, target = Place("assistant.tracing.queries:TraceReader.each", "before"), disk.folder / "turns.jsonl"
    with watch.answer():
        ended = lectern(home, "traces", "export", "-o", target, module=place.meeting(*disk.fault))
    assert ended.code == 3 and ended.in_words and "cannot be written" in ended.said, ended.said
    disk.free()
    with watch.recovery():
        assert again(home, "traces", "export", "-o", str(target)).exit_code == 0
    assert json.loads(target.read_text())["question"] == UNTOUCHED


@pytest.mark.fault(holds="questions are answered, an upload is refused in words; with room both are kept again")
def test_a_server_that_runs(home: Path, disk: Disk, watch: Watch) -> None:
    if not disk.mounted:
        pytest.skip("no disk may be mounted here: be root, or run it under `unshare -Urm`")
    notes = [("files", ("notes.md", io.BytesIO(b"# Slips\n\nA slip is clay in water, as thick as cream.\n")))]
    with served_api(home) as served:
        address = f"{served.address}/api/library/uploads"
        assert ask(served.address, UNTOUCHED).answered
        disk.fill()
        with watch.answer():
            assert ask(served.address, UNTOUCHED).answered
            refused = httpx.post(address, files=notes, timeout=None)
        assert refused.status_code >= 500 and refused.json()["error"]["hint"], refused.text
        assert served.parts.library.traces.unkept >= 1
        disk.free()
        with watch.recovery():
            assert ask(served.address, UNTOUCHED).answered
            assert latest(served)["status"] == "ok"
            notes[0][1][1].seek(0)
            assert httpx.post(address, files=notes, timeout=None).json()["counts"] == {"done": 1}
        reader = TraceReader(served.parts.library.traces.engine)
        assert [row["status"] for row in reader.find()].count("ok") >= 2
