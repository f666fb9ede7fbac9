"""An ingest of the sample course, killed at any moment and run again, ends as if nothing had happened."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from index_store.probe import probe
from tests.conftest import REPOSITORY
from tests.library import held

SAMPLE = REPOSITORY / "ingest" / "sample"
FILES = 17
COMMAND = [sys.executable, "-m", "ui", "ingest", str(SAMPLE), "--json"]


def start(home: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "LECTERN_HOME": str(home), "PYTHONUNBUFFERED": "1"}
    pipe = subprocess.PIPE
    return subprocess.Popen(
        COMMAND, cwd=REPOSITORY, env=environment, stdout=pipe, stderr=pipe, preexec_fn=_hear_interrupts
    )


def _hear_interrupts() -> None:
    """Undo what a shell does to what it runs in the background: there, an interrupt is ignored from the start."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def finish(home: Path) -> tuple[int, str]:
    process = start(home)
    _, said = process.communicate(timeout=120)
    return process.returncode, said.decode()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, minilm: Any) -> Iterator[set[str]]:
    """The chunk ids of a run that was let alone."""
    home = tmp_path_factory.mktemp("undisturbed")
    code, said = finish(home)
    assert (code, "Traceback" in said) == (0, False), said
    ids, dense, lexical = held(home, minilm)
    assert ids == dense == lexical
    assert len(ids) > 200
    yield ids


def stopped(home: Path, receipts: int, wait_s: float, how: signal.Signals) -> tuple[int, str]:
    """Stop an ingest so many seconds after so many receipts, however busy the machine is; give its code and words."""
    process = start(home)
    assert process.stdout is not None
    for _ in range(receipts):
        process.stdout.readline()
    try:
        process.wait(wait_s)
    except subprocess.TimeoutExpired:
        process.send_signal(how)
    _, said = process.communicate(timeout=60)
    return process.returncode, said.decode()


def kill_and_run_again(home: Path, chance: random.Random, receipts: int) -> None:
    """Kill an ingest at a random moment after so many receipts, and run it again."""
    _, first = stopped(home, receipts, chance.uniform(0.0, 1.0 if receipts else 2.0), signal.SIGKILL)
    assert "Traceback" not in first
    code, said = finish(home)
    assert (code, "Traceback" in said) == (0, False), said


def check(home: Path, minilm: Any, expected: set[str]) -> None:
    ledger, dense, lexical = held(home, minilm)
    assert ledger == expected
    assert dense == expected
    assert lexical == expected
    assert probe(home, frozenset(expected)).problems == ()


@pytest.mark.integration
def test_killed_at_a_random_moment_and_run_again_it_holds_the_same_chunks(
    tmp_path: Path, minilm: Any, undisturbed: set[str]
) -> None:
    kill_and_run_again(tmp_path / "home", random.Random(2), 4)
    check(tmp_path / "home", minilm, undisturbed)


@pytest.mark.faults
@pytest.mark.parametrize("seed", range(20))
def test_twenty_kills_lose_and_double_nothing(seed: int, tmp_path: Path, minilm: Any, undisturbed: set[str]) -> None:
    chance = random.Random(1000 + seed)
    kill_and_run_again(tmp_path / "home", chance, chance.randrange(FILES))
    check(tmp_path / "home", minilm, undisturbed)


@pytest.mark.integration
def test_an_interrupt_ends_in_words_and_leaves_a_sound_index(
    tmp_path: Path, minilm: Any, undisturbed: set[str]
) -> None:
    home = tmp_path / "home"
    code, said = stopped(home, 3, 0.0, signal.SIGINT)
    assert (code, "Stopped. What was finished is kept." in said) == (1, True), said
    assert "Traceback" not in said
    assert finish(home)[0] == 0
    check(home, minilm, undisturbed)
