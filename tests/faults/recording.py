"""Plugin of pytest: notes of each injected fault whether what must hold held, and how long an answer and recovery took.

A test of a fault is marked `fault(holds=..., within_s=...)` and takes the fixture `watch`. With `--keep-faults` the run
writes `benchmarks/faults.md`; without it nothing is written. Works across the processes of xdist.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.faults.report import FILE, Row, page

WITHIN_S = 60.0
"""Seconds in which an answer or a clear error must come, and in which it must work again, unless a test says less."""
BOUND_S = 400.0
"""Seconds that a fault may take as a whole: nothing hangs the suite."""
KEY = "fault"


class Watch:
    """Times one fault; both blocks are cut when their time is over."""

    def __init__(self, noted: dict[str, Any], within_s: float) -> None:
        self._noted = noted
        self._within_s = within_s

    @contextmanager
    def answer(self) -> Iterator[None]:
        """Stand around what ends with the answer, or with an error in words."""
        with self._timed("answer_s", "There was no answer and no error"):
            yield

    @contextmanager
    def recovery(self) -> Iterator[None]:
        """Stand around what must work again, with nobody's help, once the fault is over."""
        with self._timed("recovery_s", "It did not work again"):
            yield

    @contextmanager
    def _timed(self, name: str, late: str) -> Iterator[None]:
        began = time.monotonic()
        with cut_after(self._within_s, f"{late} within {self._within_s:g} s."):
            yield
        self._noted[name] = round(time.monotonic() - began, 2)


@contextmanager
def cut_after(seconds: float, words: str) -> Iterator[None]:
    """Fail within the block when its time is over; blocks may stand in each other."""

    def cut(*_: object) -> None:
        pytest.fail(words)

    before, (left, _) = signal.signal(signal.SIGALRM, cut), signal.setitimer(signal.ITIMER_REAL, seconds)
    began = time.monotonic()
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, max(0.001, left - (time.monotonic() - began)) if left else 0.0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture
def watch(request: pytest.FixtureRequest) -> Watch:
    """The stopwatch of the fault that this test injects."""
    marker = request.node.get_closest_marker("fault")
    return Watch(dict(request.node.user_properties)[KEY], marker.kwargs.get("within_s", WITHIN_S))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--keep-faults", action="store_true", help="write benchmarks/faults.md from this run")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "fault(holds, within_s): an injected fault, and what must hold")
    if not hasattr(config, "workerinput"):  # of xdist's processes the one that gathers
        config.pluginmanager.register(Gathered(config), "gathered faults")


def pytest_runtest_setup(item: pytest.Item) -> None:
    marker = item.get_closest_marker("fault")
    if marker is not None:
        family = str(getattr(item.module, "FAMILY", ""))  # type: ignore[attr-defined]
        noted = {"name": _name(item), "family": family, "holds": marker.kwargs["holds"]}
        item.user_properties.append((KEY, noted))


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Iterator[None]:
    if pyfuncitem.get_closest_marker("fault") is None:
        return (yield)  # type: ignore[return-value]
    with cut_after(BOUND_S, f"The whole took more than {BOUND_S:g} s."):
        return (yield)  # type: ignore[return-value]


def _name(item: pytest.Item) -> str:
    called = getattr(item, "callspec", None)
    words = item.name.removeprefix("test_").replace("_", " ") if called is None else called.id
    return str(words[:1].upper() + words[1:])


class Gathered:
    """What the faults of a whole run came to."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._began = time.monotonic()
        self.rows: list[Row] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        noted = dict(report.user_properties).get(KEY)
        if isinstance(noted, dict) and (report.when == "call" or report.outcome != "passed"):
            reason = str(report.longrepr[2]) if report.skipped and isinstance(report.longrepr, tuple) else ""
            self.rows.append(Row(**noted, outcome=report.outcome, reason=reason.removeprefix("Skipped: ")))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._config.getoption("--keep-faults") and self.rows:
            FILE.write_text(page(self.rows, time.monotonic() - self._began), "utf-8")
