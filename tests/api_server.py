"""The faces for programs alone, served on loopback from a thread of this process, with whatever tells who asks."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest

from assistant.accounts.people import Person, Role
from assistant.gate import TurnLimits
from index_store.errors import LimitReached, SignInRefused
from tests.course import write_course
from tests.library import ingest

if TYPE_CHECKING:  # slow to import, and every run of the tests loads the fixtures
    from fastapi import FastAPI

    from ui.access import Access, Asking
    from ui.api import Api
    from ui.parts import Parts

TOOLS = "course_search read_source tag_abstract calculate"


class Keys:
    """Knows people by keys that are written down here; raises what it is told to."""

    def __init__(self, **people: Person) -> None:
        self.people = people
        self.raises: Exception | None = None

    def person(self, request: Asking | None) -> Person | None:
        return None

    def client(self, request: Asking) -> Person | None:
        if self.raises is not None:
            raise self.raises
        key = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        if key and key not in self.people:
            raise SignInRefused("This key is not accepted.", hint="Make another one.")
        return self.people.get(key)


def people() -> Keys:
    """Give an admin, a reviewer and two students, under keys of those names."""
    return Keys(
        root=Person("id-root", Role.ADMIN, "root"),
        rita=Person("id-rita", Role.REVIEWER, "rita"),
        ann=Person("id-ann", Role.STUDENT, "ann"),
        ben=Person("id-ben", Role.STUDENT, "ben"),
    )


def user(text: Any) -> list[Any]:
    """Give a question as the openai client takes it."""
    return [{"role": "user", "content": text}]


def extra(reply: Any) -> dict[str, Any]:
    """Give what we add to a reply or to the last piece of a stream."""
    found: dict[str, Any] = reply.model_extra["lectern"]
    return found


LIMIT = LimitReached("You have asked 20 times within a minute.", hint="Wait.", retry_after_s=7.2)


@dataclass(frozen=True)
class Served:
    """Where it is served, and what stands behind it."""

    address: str
    parts: Parts
    api: Api
    stop: Callable[[], None]
    """Stops serving, and waits for it; the library stays open."""

    @property
    def openai(self) -> str:
        return f"{self.address}/v1"


@contextmanager
def served_api(
    home: Path,
    access: Access | None = None,
    limits: TurnLimits | None = None,
    model: Mapping[str, Any] = MappingProxyType({}),
    store: Mapping[str, Any] = MappingProxyType({}),
    loop: str = "auto",
    unread_bytes: int | None = None,
    **environment: str,
) -> Iterator[Served]:
    """Serve a home's library until the end of the block; `model` and `store` are settings that no variable sets.

    `unread_bytes` bounds what the system takes for a client that does not read: by itself some megabytes.
    """
    from fastapi import FastAPI

    from ui import wiring
    from ui.api import Api
    from ui.app import bound
    from ui.parts import parts_of
    from ui.visitors import visitors_of

    values = {"LECTERN_HOME": str(home), "LECTERN_TOOLS": TOOLS, **environment}
    read = wiring.read_environment(values)
    vars(read).update(assistant=replace(read.assistant, **model), store=replace(read.store, **store))
    with wiring.open_library(read) as library:
        library.limits = limits
        found = parts_of(wiring.assistant_of(library), visitors_of(home))
        parts = found if access is None else replace(found, access=access)
        api = Api(parts)
        app = FastAPI(lifespan=lambda _: api.running(), openapi_url=None)
        api.mount(app)
        with bound("127.0.0.1", 0) as listening, _running(app, listening, loop) as (port, stop):
            if unread_bytes is not None:
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, unread_bytes)  # its connections inherit it
            yield Served(f"http://127.0.0.1:{port}", parts, api, stop)


@contextmanager
def _running(app: FastAPI, listening: object, loop: str) -> Iterator[tuple[int, Callable[[], None]]]:
    import uvicorn

    server = uvicorn.Server(uvicorn.Config(app, loop=loop, log_level="warning", ws="none", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    until = time.monotonic() + 20
    while not server.started and time.monotonic() < until:
        time.sleep(0.01)
    assert server.started

    def stop() -> None:
        server.should_exit = True
        thread.join(10)
        assert not thread.is_alive()

    try:
        yield listening.getsockname()[1], stop  # type: ignore[attr-defined]
    finally:
        stop()


@pytest.fixture(scope="session")
def api_home(tmp_path_factory: pytest.TempPathFactory, minilm: Any) -> Path:
    """A home with the small course; each module that serves it has turns of its own in it."""
    folder = tmp_path_factory.mktemp("api")
    ingest(folder / "home", minilm, write_course(folder / "course"))
    return folder / "home"


@pytest.fixture(scope="module")
def keys() -> Keys:
    return people()


@pytest.fixture(scope="module")
def guarded(api_home: Path, keys: Keys) -> Iterator[Served]:
    """The faces for programs, where a key says who asks."""
    with served_api(api_home, keys, LECTERN_FETCH_LOOPBACK="1") as found:
        yield found
