"""An ingest of the sample course, killed at any moment and run again, ends as if nothing had happened."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from index_store.probe import probe
from tests.conftest import REPOSITORY
from tests.library import held

SAMPLE = REPOSITORY / "ingest" / "sample"
COMMAND = [sys.executable, "-m", "ui", "ingest", str(SAMPLE), "--json"]


def start(home: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "LECTERN_HOME": str(home), "PYTHONUNBUFFERED": "1"}
    pipe = subprocess.PIPE
    return subprocess.Popen(COMMAND, cwd=REPOSITORY, env=environment, stdout=pipe, stderr=pipe)


def finish(home: Path) -> tuple[int, str]:
    process = start(home)
    _, said = process.communicate(timeout=120)
    return process.returncode, said.decode()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, minilm: Any) -> Iterator[tuple[set[str], float]]:
    """The chunk ids of a run that was let alone, and the seconds it took."""
    home = tmp_path_factory.mktemp("undisturbed")
    began = time.monotonic()
    code, said = finish(home)
    took = time.monotonic() - began
    assert (code, "Traceback" in said) == (0, False), said
    ids, dense, lexical = held(home, minilm)
    assert ids == dense == lexical
    assert len(ids) > 200
    yield ids, took


def kill_and_run_again(home: Path, moment_s: float, stop: signal.Signals) -> int:
    """Stop an ingest after so many seconds, unless it is done before; run it again; give the first exit code."""
    process = start(home)
    try:
        process.wait(moment_s)
    except subprocess.TimeoutExpired:
        process.send_signal(stop)
    _, first = process.communicate(timeout=60)
    code, said = finish(home)
    assert (code, "Traceback" in said) == (0, False), said
    assert "Traceback" not in first.decode()
    return process.returncode


def check(home: Path, minilm: Any, expected: set[str]) -> None:
    ledger, dense, lexical = held(home, minilm)
    assert ledger == expected
    assert dense == expected
    assert lexical == expected
    assert probe(home, frozenset(expected)).problems == ()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_killed_at_a_random_moment_and_run_again_it_holds_the_same_chunks(
    seed: int, tmp_path: Path, minilm: Any, undisturbed: tuple[set[str], float]
) -> None:
    ids, took = undisturbed
    # Thirds of the run, so that the three moments are not all in its first second.
    moment = took * (seed - 1 + random.Random(seed).random()) / 3
    kill_and_run_again(tmp_path / "home", moment, signal.SIGKILL)
    check(tmp_path / "home", minilm, ids)


@pytest.mark.faults
@pytest.mark.parametrize("seed", range(20))
def test_twenty_kills_lose_and_double_nothing(
    seed: int, tmp_path: Path, minilm: Any, undisturbed: tuple[set[str], float]
) -> None:
    ids, took = undisturbed
    kill_and_run_again(tmp_path / "home", took * random.Random(1000 + seed).random(), signal.SIGKILL)
    check(tmp_path / "home", minilm, ids)


def test_an_interrupt_ends_in_words_and_leaves_a_sound_index(
    tmp_path: Path, minilm: Any, undisturbed: tuple[set[str], float]
) -> None:
    ids, took = undisturbed
    home = tmp_path / "home"
    process = start(home)
    try:
        process.wait(took * 0.6)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, "Stopped. What was finished is kept." in said.decode()) == (1, True), said
    assert "Traceback" not in said.decode()
    assert finish(home)[0] == 0
    check(home, minilm, ids)
