"""A course server with accounts in a process of its own, and people who have signed in to it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from assistant.accounts.accounts import Accounts
from assistant.accounts.keys import PREFIX
from assistant.accounts.people import Role
from assistant.tracing.store import TraceStore
from tests.chat_server import fresh_copy, served
from tests.conftest import REPOSITORY

PASSWORD = "correct horse battery"
NAMES = {"student": Role.STUDENT, "other": Role.STUDENT, "reviewer": Role.REVIEWER, "admin": Role.ADMIN}


@dataclass(frozen=True)
class Person:
    """Somebody before a browser: `client` keeps their cookies, and says where its changes come from as browsers do."""

    name: str
    client: httpx.Client

    def event(
        self, number: int, data: list[Any], session: str = "walk", about: Any = None, **query: str
    ) -> tuple[int, str]:
        """Send an event of a page and wait for its end; give the status, and all that came back.

        `about` is what the event says of itself, `query` what stands in the address of its page.
        """
        asked = {"data": data, "fn_index": number, "session_hash": session, "event_data": about, "trigger_id": None}
        joined = self.client.post("/gradio_api/queue/join", json=asked, params=query)
        if joined.status_code != 200:
            return joined.status_code, joined.text
        told = []
        with self.client.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as lines:
            for line in lines.iter_lines():
                told.append(line)
                if '"msg":"process_completed"' in line or '"msg":"close_stream"' in line:
                    break
        return 200, "\n".join(told)


def secret_of(key: str) -> str:
    """Give the part of an API key that nobody else may learn; it may hold the sign that parts a key."""
    return key.removeprefix(PREFIX).partition("_")[2]


def agreed(home: Path, **environment: str) -> str:
    """Give what is kept of an agreement to the usual text of a server that is set up so."""
    from ui.environment import Environment

    return Environment(home, {**os.environ, "LECTERN_ACCOUNTS": "1", **environment}).server.consent_hash


def make_accounts(home: Path, **environment: str) -> None:
    """Make one account of each name, who have agreed to the usual text of a server that is set up so."""
    store = TraceStore(home)
    accounts = Accounts(store)
    for name, role in NAMES.items():
        made = accounts.add(name, role, PASSWORD)
        accounts.agree(made.id, agreed(home, **environment))
    store.close()


def sign_in(address: str, name: str) -> Person:
    """Sign in with a name; without one, come as nobody."""
    client = httpx.Client(base_url=address, headers={"origin": address.rstrip("/")}, timeout=60.0)
    if name:
        done = client.post("/login", data={"name": name, "password": PASSWORD, "next": "/"})
        assert done.status_code == 303, done.text
    return Person(name, client)


@contextmanager
def course_server(web_home: Path, folder: Path, **environment: str) -> Iterator[str]:
    """Serve a copy of a home with accounts."""
    home = folder / "home"
    fresh_copy(web_home, home)
    make_accounts(home, **environment)
    with served(home, LECTERN_ACCOUNTS="1", **environment) as address:
        yield address


def config_of(person: Person) -> dict[str, Any]:
    """Give what Gradio tells a page: its components and events."""
    found: dict[str, Any] = json.loads(person.client.get("/config").text)
    return found


def layout(home: Path) -> dict[str, Any]:
    """Give what each event of the pages takes, and each path with its methods, Gradio's too, from another process."""
    values = {**os.environ, "LECTERN_HOME": str(home), "LECTERN_ACCOUNTS": "1"}
    command = [sys.executable, "-m", "tests.people"]
    done = subprocess.run(command, cwd=REPOSITORY, env=values, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _laid_out() -> dict[str, Any]:
    from ui import wiring
    from ui.guard import events_of
    from ui.pages import build_pages, web_app
    from ui.parts import parts_of
    from ui.visitors import visitors_of

    environment = wiring.read_environment()
    with wiring.open_library(environment) as library:
        parts = parts_of(wiring.assistant_of(library), visitors_of(environment.home))
        pages = build_pages(parts)
        paths = sorted(set(_walk(web_app(parts).routes, "")))
        return {"events": events_of(pages), "paths": paths, "pages_kept": pages.state_session_capacity}


def _walk(routes: Any, before: str) -> Iterator[tuple[str, str]]:
    """Go through routes and those below them; a place for a value holds an x."""
    for route in routes:
        inner = getattr(route, "original_router", None) or getattr(route, "app", None)
        own = before + (getattr(route, "path", None) or "")
        if getattr(route, "methods", None):
            path = re.sub(r"\{[^}]*\}", "x", own)
            yield from ((path, method) for method in route.methods if method != "HEAD")
        elif hasattr(inner, "routes"):
            prefix = "" if getattr(route, "path", None) else getattr(route, "include_context", None)
            yield from _walk(inner.routes, own + str(getattr(prefix, "prefix", "") or ""))


if __name__ == "__main__":
    print(json.dumps(_laid_out()))  # noqa: T201
