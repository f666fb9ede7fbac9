"""The clock of a server jumps, by hours and by days, forwards and back, while people ask."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.chat_server import started
from tests.comet_server import CometServer
from tests.faults.places import SERVER, WITHIN_S
from tests.faults.recording import Watch
from tests.faults.serving import ask, until

FAMILY = "A clock that jumps"
pytestmark = pytest.mark.faults
HOUR, DAY = 3_600, 86_400
JUMPS = {
    "an hour forwards": HOUR,
    "an hour back": -HOUR,
    "three days forwards": 3 * DAY,
    "three days back": -3 * DAY,
    "four years forwards": 1_461 * DAY,
    "four years back": -1_461 * DAY,
}


@dataclass(frozen=True)
class Running:
    """A server whose clock is set by a file."""

    address: str
    home: Path
    clock: Path
    comet: CometServer

    def turns(self) -> list[tuple[str, float, float]]:
        """Give status, beginning and end of each turn."""
        with closing(sqlite3.connect(self.home / "traces.sqlite3")) as connection:
            return connection.execute("SELECT status, started_at, ended_at FROM traces").fetchall()

    def waits(self) -> bool:
        """Tell whether it is noted that Comet asked to be left alone."""
        with closing(sqlite3.connect(self.home / "traces.sqlite3")) as connection:
            found = connection.execute("SELECT not_before FROM sinks").fetchone()
        return found is not None and found[0] is not None and found[0] > time.time() + float(self.clock.read_text())


@pytest.fixture(scope="module")
def running(api_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("clock")
    home, clock = folder / "home", folder / "clock"
    shutil.copytree(api_home, home, ignore=shutil.ignore_patterns("traces*", "running"))
    clock.write_text("0")
    with CometServer() as comet:
        environment = {"COMET_API_KEY": comet.key, "COMET_URL_OVERRIDE": comet.url}
        with started(home, (SERVER, "clock", str(clock)), **environment) as (address, _):
            yield Running(address, home, clock, comet)


@pytest.mark.fault(
    holds="turns go on, none ends before it began, none is lost; what waited for Comet arrives", within_s=WITHIN_S
)
@pytest.mark.parametrize("seconds", JUMPS.values(), ids=JUMPS)
def test_the_clock_jumps_while_a_delivery_waits(seconds: int, running: Running, watch: Watch) -> None:
    comet = running.comet
    before = len(running.turns())
    comet.mode, comet.retry_after = "429", "3000"
    assert ask(running.address).answered
    until(running.waits)
    running.clock.write_text(str(seconds))
    comet.mode, comet.retry_after = "fine", None
    with watch.answer():
        assert ask(running.address).answered
    kept = running.turns()
    assert len(kept) == before + 2
    assert all(status == "ok" and began <= ended for status, began, ended in kept)
    with watch.recovery():
        until(lambda: len(comet.chains) == before + 2, WITHIN_S)
    running.clock.write_text("0")
    assert ask(running.address).answered
    until(lambda: len(comet.chains) == before + 3, WITHIN_S)
