"""The writer's lock: one at a time, named, and free again when its holder is gone."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from index_store.errors import IndexLocked
from ingest.lock import writing
from tests.conftest import REPOSITORY

HOLD = """
import sys
from pathlib import Path
from index_store.errors import IndexLocked
from ingest.lock import writing
try:
    with writing(Path(sys.argv[1])):
        print("held", flush=True)
        sys.stdin.read()
except IndexLocked as error:
    print(f"refused {error}", flush=True)
"""
COUNT = """
import sys
from pathlib import Path
from index_store.errors import IndexLocked
from ingest.lock import writing
home, wanted = Path(sys.argv[1]), int(sys.argv[2])
counter = home / "counter"
while wanted:
    try:
        with writing(home):
            seen = int(counter.read_text() or 0) if counter.exists() else 0
            counter.write_text(str(seen + 1))
            wanted -= 1
    except IndexLocked:
        pass
"""


def child(code: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=REPOSITORY, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def test_a_second_writer_is_refused_and_told_who_the_first_is(tmp_path: Path) -> None:
    holder = child(HOLD, tmp_path)
    try:
        assert first_line(holder) == "held\n"
        with pytest.raises(IndexLocked) as caught, writing(tmp_path):
            pass
        assert f"process {holder.pid} on {socket.gethostname()}" in caught.value.message
        assert "since 20" in caught.value.message
        assert "Wait until it has finished" in caught.value.hint
    finally:
        holder.communicate("")
    assert holder.returncode == 0
    with writing(tmp_path):
        pass


def test_who_was_refused_takes_nothing_from_the_holder(tmp_path: Path) -> None:
    with writing(tmp_path):
        for _ in range(2):
            with pytest.raises(IndexLocked, match=f"process {os.getpid()} on"), writing(tmp_path):
                pass


def test_the_lock_of_a_holder_that_was_killed_is_taken_over(tmp_path: Path) -> None:
    holder = child(HOLD, tmp_path)
    assert first_line(holder) == "held\n"
    holder.kill()
    holder.communicate()
    assert json.loads((tmp_path / "writer.json").read_text())["pid"] == holder.pid
    with writing(tmp_path):
        assert json.loads((tmp_path / "writer.json").read_text())["pid"] == os.getpid()
    assert not (tmp_path / "writer.json").exists()


def test_a_number_that_now_belongs_to_another_process_keeps_nobody_out(tmp_path: Path) -> None:
    """The note is for people alone: what counts is whether the system still holds the lock."""
    note = {"pid": os.getppid(), "host": socket.gethostname(), "command": "lectern ingest", "since": "2026-01-01"}
    (tmp_path / "writer.json").write_text(json.dumps(note))
    (tmp_path / "writer.lock").write_text(str(os.getppid()))
    with writing(tmp_path):
        pass


@pytest.mark.parametrize("note", ["", "[]", "null", "{}", '{"pid": 1}', "\0"])
def test_a_note_that_cannot_be_read_is_no_reason_to_fail(note: str, tmp_path: Path) -> None:
    with writing(tmp_path):
        (tmp_path / "writer.json").write_text(note)
        with pytest.raises(IndexLocked, match="left no note"), writing(tmp_path):
            pass


def test_an_error_in_between_frees_the_lock(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), writing(tmp_path):
        raise ZeroDivisionError
    with writing(tmp_path):
        pass


def test_of_processes_that_race_for_it_one_gets_it(tmp_path: Path) -> None:
    racers = [child(HOLD, tmp_path) for _ in range(4)]
    try:
        said = sorted(first_line(racer).split()[0] for racer in racers)
    finally:
        for racer in racers:
            racer.communicate("")
    assert said == ["held", "refused", "refused", "refused"]


def test_two_processes_that_take_turns_lose_no_step_of_each_other(tmp_path: Path) -> None:
    racers = [child(COUNT, tmp_path, 60) for _ in range(2)]
    for racer in racers:
        _, errors = racer.communicate(timeout=100)
        assert racer.returncode == 0, errors
    assert (tmp_path / "counter").read_text() == "120"
