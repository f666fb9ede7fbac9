"""SQLite's files are locked by another program, or damaged: of the traces, of the ledger, of the index."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result

from assistant.tracing.store import TraceStore
from tests import turns
from tests.api_server import Served, served_api
from tests.faults.recording import Watch
from tests.faults.serving import ask, latest
from ui.cli import cli

FAMILY = "SQLite locked and damaged"
pytestmark = pytest.mark.faults
QUESTION = "How hot is stoneware fired?"
TURNS = 300
HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def locked(file: Path) -> Iterator[Callable[[], None]]:
    """Let another process hold a database; give what lets it go."""
    command = [sys.executable, "-c", HOLD, str(file)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None and process.stdout is not None
    assert process.stdout.readline() == "held\n"

    def let_go() -> None:
        process.communicate(timeout=30)

    try:
        yield let_go
    finally:
        if process.poll() is None:
            let_go()


@pytest.fixture(scope="module")
def kept(api_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the small course and some hundred turns."""
    home = tmp_path_factory.mktemp("kept") / "home"
    shutil.copytree(api_home, home, ignore=shutil.ignore_patterns("traces*", "running"))
    store = TraceStore(home)
    for n in range(TURNS):
        begun = turns.start(f"What is slip {n}?")
        store.begin(begun)
        store.finish(begun, turns.end(), turns.steps())
    store.close()
    return home


@pytest.fixture
def home(kept: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(kept, tmp_path / "home"))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait a second for a lock, not thirty."""
    monkeypatch.setattr("assistant.tracing.database.BUSY_S", 1.0)
    monkeypatch.setattr("ingest.ledger.BUSY_S", 1.0)


def run(home: Path, *arguments: str) -> Result:
    return CliRunner(env={"LECTERN_HOME": str(home)}).invoke(cli, list(arguments))


def ready(served: Served) -> int:
    return httpx.get(f"{served.address}/readyz").status_code


@pytest.mark.fault(holds="the turn waits, is answered, and kept")
def test_the_traces_are_locked_for_a_moment(home: Path, watch: Watch) -> None:
    with served_api(home) as served, locked(home / "traces.sqlite3") as let_go:
        threading.Timer(1.0, let_go).start()
        with watch.answer():
            assert ask(served.address).answered
        assert latest(served)["status"] == "ok"


@pytest.mark.fault(holds="the answer comes, and it is counted that it could not be kept; then turns are kept again")
def test_the_traces_are_locked_for_long(home: Path, impatient: None, watch: Watch) -> None:
    with served_api(home) as served:
        store = served.parts.library.traces
        with locked(home / "traces.sqlite3"):
            with watch.answer():
                assert ask(served.address).answered
            assert store.unkept == 1
        with watch.recovery():
            assert ask(served.address).answered
            assert latest(served)["status"] == "ok"


@pytest.mark.fault(holds="questions are answered; an ingest says who is in the way, then it ends well")
def test_the_ledger_is_locked(home: Path, tmp_path: Path, impatient: None, watch: Watch) -> None:
    (tmp_path / "slips.md").write_text("# Slips\n\nA slip is clay in water.\n")
    with served_api(home) as served:
        with locked(home / "ledger.sqlite"):
            with watch.answer():
                assert ask(served.address).answered
                told = run(home, "ingest", str(tmp_path / "slips.md"))
            assert told.exit_code == 3 and "locked" in told.output and "Another program" in told.output, told.output
        with watch.recovery():
            assert run(home, "ingest", str(tmp_path / "slips.md")).exit_code == 0
            assert ask(served.address, "What is a slip?").answered


@pytest.mark.fault(holds="an answer, or an error in words; when it is free again, answers as before")
def test_the_database_of_the_index_is_locked(home: Path, watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.query_engine.SEARCH_WITHIN_S", 2.0)
    with served_api(home) as served:
        assert ask(served.address).answered
        with locked(next(home.rglob("chroma.sqlite3"))), watch.answer():
            said = ask(served.address)
        assert said.answered or said.hint, said
        with watch.recovery():
            assert ask(served.address).answered


def no_header(file: Path) -> None:
    with file.open("r+b") as data:
        data.write(random.Random(7).randbytes(100))


def bad_pages(file: Path) -> None:
    """Random bytes over most of its pages but the first ones, which say what is where."""
    with file.open("r+b") as data:
        data.seek(file.stat().st_size // 4)
        data.write(random.Random(7).randbytes(file.stat().st_size // 2))


def cut_in_half(file: Path) -> None:
    with file.open("r+b") as data:
        data.truncate(file.stat().st_size // 2)


def no_database(file: Path) -> None:
    file.write_text("These are the notes of the second lecture.\n" * 200)


DAMAGES = {
    "has another header": no_header,
    "has random bytes in its middle": bad_pages,
    "is cut in half": cut_in_half,
    "is another file": no_database,
}


@pytest.mark.fault(holds="an answer, or an error that names file and next step; nothing is made anew over it")
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=[f"The file of the traces {name}" for name in DAMAGES])
def test_the_traces_are_damaged(damage: Callable[[Path], None], home: Path, tmp_path: Path, watch: Watch) -> None:
    file = home / "traces.sqlite3"
    shutil.copy(file, tmp_path / "copy")
    damage(file)
    with watch.answer():
        ended = [run(home, *command) for command in (("ask", QUESTION), ("traces", "list"), ("traces", "export"))]
    for one in ended:
        assert one.exit_code == 0 or "Error: " in one.output, (one.output[-2000:], one.exception)
    assert any(one.exit_code == 3 for one in ended)
    assert all("traces.sqlite3" in one.output or "cannot be read" in one.output for one in ended if one.exit_code)
    with watch.recovery():
        shutil.copy(tmp_path / "copy", file)
        for side in ("-wal", "-shm"):
            file.with_name(file.name + side).unlink(missing_ok=True)
        assert run(home, "ask", QUESTION, "--json").exit_code == 0
        listed = run(home, "traces", "list", "-n", "1000", "--json").output.splitlines()
    assert len(listed) == TURNS + 1


@pytest.mark.fault(holds="questions are answered, or told in words; nothing is made anew over it; a copy works again")
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=[f"The file of the ledger {name}" for name in DAMAGES])
def test_the_ledger_is_damaged(damage: Callable[[Path], None], home: Path, tmp_path: Path, watch: Watch) -> None:
    file = home / "ledger.sqlite"
    shutil.copy(file, tmp_path / "copy")
    damage(file)
    course = sqlite3.connect(tmp_path / "copy").execute("SELECT source FROM documents").fetchone()[0]
    with watch.answer():
        ended = [run(home, *command) for command in (("search", QUESTION), ("ingest", course), ("library", "list"))]
    for one in ended:
        assert one.exit_code in (0, 1) or "Error: " in one.output, (one.output[-2000:], one.exception)
    assert any(one.exit_code == 3 and "ledger" in one.output for one in ended), [one.output for one in ended]
    with watch.recovery():
        shutil.copy(tmp_path / "copy", file)
        for side in ("-wal", "-shm"):
            file.with_name(file.name + side).unlink(missing_ok=True)
        assert run(home, "ingest", course).exit_code == 0
        found = json.loads(run(home, "search", QUESTION, "--json").output)
    assert found["hits"]


@pytest.mark.fault(holds="what the file holds without it is read; questions are answered; turns are kept again")
def test_the_log_of_a_killed_writer_is_lost(kept: Path, tmp_path: Path, watch: Watch) -> None:
    home = Path(shutil.copytree(kept, tmp_path / "home"))
    store = TraceStore(home)
    begun = turns.start("What was asked last?")
    store.begin(begun)
    store.finish(begun, turns.end(), turns.steps())
    killed = Path(shutil.copytree(home, tmp_path / "killed"))  # as a kill leaves it
    store.close()
    assert (killed / "traces.sqlite3-wal").stat().st_size
    for side in ("-wal", "-shm"):
        (killed / f"traces.sqlite3{side}").unlink()
    with watch.answer():
        assert run(killed, "ask", QUESTION, "--json").exit_code == 0
    listed = run(killed, "traces", "list", "-n", "1000", "--json").output.splitlines()
    assert len(listed) in (TURNS + 1, TURNS + 2)
