"""Shared by all tests: no test reaches the network (loopback is let through), and none sees the user's settings."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from tests.needs import need

if TYPE_CHECKING:  # slow to import, and every run of the tests loads the fixtures
    from assistant.accounts.accounts import Accounts
    from assistant.tracing.store import TraceStore
    from index_store.search import Searcher
    from tests.model_server import ModelServer
    from ui.parts import Parts

# Everyday runs try the same examples each time, so that a change is judged by what it changed; `make test-faults`
# looks for new ones. A deadline would time the machine.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("searching", max_examples=1_000, deadline=None)
settings.load_profile("steady")

REPOSITORY = Path(__file__).resolve().parent.parent
SHARED = REPOSITORY.parent / "shared"
LOOPBACK = {"127.0.0.1", "::1", "localhost", "0.0.0.0", "", None}


def _is_loopback(host: object) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    return name in LOOPBACK or (isinstance(name, str) and name.startswith("127."))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Look for the programs that a test is marked to need, before any of its fixtures is made."""
    for mark in item.iter_markers("needs"):
        need(*mark.args)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[object]]:
    """Refuse every look-up and connection that leaves the machine, and fail the test that tried."""
    attempts: list[object] = []
    real_lookup, real_connect = socket.getaddrinfo, socket.socket.connect

    def lookup(host: Any, *args: Any, **kwargs: Any) -> Any:
        if not _is_loopback(host):
            attempts.append(host)
            raise socket.gaierror(f"tests reach no network: {host}")
        return real_lookup(host, *args, **kwargs)

    def connect(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
            attempts.append(address)
            raise ConnectionRefusedError(f"tests reach no network: {address}")
        return real_connect(self, address)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    monkeypatch.setattr(socket.socket, "connect", connect)
    yield attempts
    assert not attempts, f"the test tried to reach {attempts}"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Give every test an empty home of its own and none of the user's keys."""
    for name in list(os.environ):
        if name.startswith(("LECTERN_", "OPENAI_", "COMET_", "OPIK_", "TAVILY_", "SERPAPI_")):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    monkeypatch.setenv("LECTERN_HOME", str(home))
    # Tools that look outside are switched on by the tests that bring something to look at.
    monkeypatch.setenv("LECTERN_TOOLS", "course_search read_source tag_abstract calculate")
    return home


@pytest.fixture
def shared() -> Path:
    """The folder with the labelled sets and real course material; tests that use it skip where it is missing."""
    if not SHARED.is_dir():
        pytest.skip(f"the labelled sets are not here: {SHARED}")
    return SHARED


@pytest.fixture(scope="session")
def minilm() -> Any:
    """The real embedding model, opened once."""
    from index_store.minilm import MiniLM

    return MiniLM()


@pytest.fixture(scope="session")
def searcher(tmp_path_factory: pytest.TempPathFactory, minilm: Any) -> Iterator[Searcher]:
    """The course of four files, open for search."""
    from tests.course import searching, write_course

    folder = tmp_path_factory.mktemp("pottery")
    with searching(folder / "home", minilm, write_course(folder / "course")) as opened:
        yield opened


@pytest.fixture
def server() -> Iterator[ModelServer]:
    """A server of models that says what it is told to."""
    from tests.model_server import ModelServer

    with ModelServer() as running:
        yield running


class Clock:
    """A clock that goes on when it is told to, in seconds since 1970."""

    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[TraceStore]:
    """A trace store of its own, empty."""
    from assistant.tracing.store import TraceStore

    made = TraceStore(tmp_path)
    yield made
    made.close()


@pytest.fixture
def parts(clean_environment: Path, tmp_path: Path, minilm: Any) -> Iterator[Parts]:
    """What the pages of a server share, over a small course."""
    from tests.web_parts import opened_parts

    with opened_parts(clean_environment, minilm, tmp_path) as opened:
        yield opened


@pytest.fixture
def accounts(tmp_path: Path, clock: Clock) -> Iterator[Accounts]:
    """The accounts of a store of their own."""
    from assistant.accounts.accounts import Accounts
    from assistant.tracing.store import TraceStore

    store = TraceStore(tmp_path, clock=clock)
    yield Accounts(store, clock=clock)
    store.close()
