"""ASGI middleware before everything: what is not allowed by name is refused, pages, events and files alike.

Who asks must come under the server's own name (against DNS rebinding), from one of its own pages where something is
changed (against forged requests), and with the right to what is asked for. An event of a page names a function by its
number: the guard knows which right each takes, for Gradio would call any of them for anybody. The addresses of the API
ask for keys themselves.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse

from assistant.accounts.people import Action, Person, authorize
from index_store.errors import AccessProblem, NotAllowed, NotSignedIn
from ui.access import LOCAL, Access
from ui.incoming import SERVED, UPLOAD, USER, Incoming
from ui.page_sessions import PageSessions, Uploads, session_of
from ui.refusals import refused
from ui.visitors import PAGES

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

PAGE_ACTIONS = {
    "": Action.ASK,
    "tags": Action.TAG,
    "library": Action.LIBRARY,
    "review": Action.REVIEW,
    "help": Action.OWN,
}
"""What it takes to see a page, and what its events take unless they are marked otherwise."""
OPEN = frozenset({"/healthz", "/readyz", "/login", "/favicon.ico", "/robots.txt", "/manifest.json", "/theme.css"})
OPEN_BELOW = ("/assets/", "/static/", "/svelte/", "/pwa_icon", "/oidc/", "/gradio_api/theme.css")
WITH_KEYS = frozenset({"/mcp", "/metrics"})
WITH_KEYS_BELOW = ("/v1/", "/api/")
"""Addresses that ask for a key themselves."""
OWN = frozenset({"/config", "/config/", "/account", "/logout"})
OWN_BELOW = ("/account/", "/turns/", "/conversations/", "/results/")
REVIEW_BELOW = ("/review/turns/",)
EVENT = "/gradio_api/queue/join"
CANCEL = "/gradio_api/cancel"
GRADIO = (
    "/gradio_api/queue/data", "/gradio_api/upload_progress", "/gradio_api/heartbeat/",
    "/gradio_api/reset", "/gradio_api/startup-events", "/gradio_api/app_id",
)  # fmt: skip
"""What a page of Gradio's calls beside its events; the rest of its addresses is closed."""
LARGEST_EVENT = 20_000_000
LARGEST_TABLE = 10_000_000
"""Bytes of an upload of who may not change the library: a table of abstracts to tag."""
_log = logging.getLogger(__name__)
_CHANGES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True, slots=True)
class Rules:
    """What a server lets in: `hosts` are the names it answers to, None any; `events` the right that each takes."""

    access: Access
    hosts: frozenset[str] | None
    origin: str | None
    """Where changes may come from beside the origin under which the server was called."""
    accounts: bool
    events: Mapping[int, Action]
    upload_bytes: int
    incoming: Incoming


class Refused(Exception):
    """A request that goes no further: with which status, why, and what to do."""

    def __init__(self, status: int, message: str, hint: str = "") -> None:
        super().__init__(status, message, hint)


class Led(Exception):
    """A request that is led elsewhere."""

    def __init__(self, to: str) -> None:
        super().__init__(to)
        self.to = to


class Guard:
    """Lets a request on, or answers it."""

    def __init__(self, app: ASGIApp, rules: Rules) -> None:
        self._app = app
        self._rules = rules
        self._sessions = PageSessions()
        self._uploads = Uploads()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Look at a request before anything else does."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # no page needs a web socket
            return
        request = Request(scope, receive)
        try:
            self._right_place(request)
            replayed = await self._allowed(request, path_of(scope))
        except Refused as exc:
            await refused(request, *exc.args)(scope, receive, send)
            return
        except Led as led:
            await RedirectResponse(led.to, 303)(scope, receive, send)
            return
        await self._app(scope, replayed or receive, send)

    def _right_place(self, request: Request) -> None:
        """Check the name that was called, and where a change comes from."""
        hosts, headers = self._rules.hosts, request.headers
        if hosts is not None and not _is_known(_host(headers.get("host", "")), hosts):
            _log.warning("Called as %r: set LECTERN_PUBLIC_URL, if that is this server's name", headers.get("host", ""))
            local = "http://127.0.0.1 and this port"
            hint = f"Use {'the address that you were given' if self._rules.accounts else local}."
            raise Refused(421, "This server does not answer to that name.", hint)
        if not self._rules.accounts and ("x-forwarded-for" in headers or "forwarded" in headers):
            _log.warning("A proxy shows this server to others: set LECTERN_ACCOUNTS=1")
            hint = "Whoever runs this server finds in its log what to do."
            raise Refused(403, "A proxy stands before this server, and its accounts are off.", hint)
        if request.method not in _CHANGES:
            return
        origin = headers.get("origin")
        own = (f"{request.url.scheme}://{headers.get('host', '')}", self._rules.origin)
        elsewhere = headers.get("sec-fetch-site", "none") not in ("none", "same-origin")
        unknown = elsewhere or (self._rules.accounts and "cookie" in headers)  # a browser would have said
        if unknown if origin is None else origin not in own:
            raise Refused(403, "This change was asked for by another site.", "Use the pages of this server.")

    async def _allowed(self, request: Request, path: str) -> Receive | None:
        """Check the right to what is asked for; give a way to read the body again where it had to be read."""
        if path in OPEN or path in WITH_KEYS or path.startswith((*OPEN_BELOW, *WITH_KEYS_BELOW)):
            return None
        person = await run_in_threadpool(self._rules.access.person, request)
        if person is None and not self._rules.accounts:
            person = LOCAL  # on their first visit
        request.scope[USER] = None if person is None else person.id
        page = path.strip("/") if path.strip("/") in PAGE_ACTIONS else None
        try:
            if path in (EVENT, CANCEL) and request.method == "POST":
                who = authorize(person, Action.OWN)  # before anything of a stranger's is read
                body = await _body(request)
                authorize(who, self._action(body))
                self._check_files(body, who)
                self._check_session(request, path, who, body)
                return _again(body)
            who = authorize(person, self._needed(path, page, person))
            self._check_upload(request, path, who)
            self._check_session(request, path, who)
        except AccessProblem as exc:
            self._lead(request, person, page)
            raise Refused(status_of(exc), exc.message, exc.hint) from exc
        return None

    def _needed(self, path: str, page: str | None, person: Person | None) -> Action:
        if page is not None:
            return PAGE_ACTIONS[page]
        if path == UPLOAD:
            return Action.TAG
        if path.startswith(SERVED):  # Gradio would serve anybody's, and fetch an address
            own = person is not None and self._rules.incoming.holds(path.removeprefix(SERVED), person.id)
            return Action.OWN if own else _nothing_here("There is no such file.")
        if path in OWN or path.startswith((*OWN_BELOW, *GRADIO)):
            return Action.OWN
        if path.startswith(REVIEW_BELOW):
            return Action.REVIEW
        return _nothing_here()

    def _check_upload(self, request: Request, path: str, who: Person) -> None:
        """Check how much is uploaded: students' uploads are small, and not many."""
        if path != UPLOAD:
            return
        keeper, most = who.may(Action.LIBRARY_CHANGE), self._rules.upload_bytes
        most = most if keeper else min(most, LARGEST_TABLE)
        size = int(request.headers.get("content-length") or most + 1)
        if size > most:
            raise Refused(413, f"An upload holds at most {most:,} bytes.", "Send fewer files at once.")
        if not keeper:
            self._uploads.take(who.id, size)

    def _check_session(self, request: Request, path: str, who: Person, body: bytes = b"") -> None:
        """Check that what a page listens to, or has done, is its own."""
        session = session_of(path, request.query_params, body) if path.startswith("/gradio_api/") else None
        if self._rules.accounts and not self._sessions.belongs(session, who.id):
            raise Refused(403, "This is the session of somebody else's page.", "Reload the page.")

    def _action(self, body: bytes) -> Action:
        """Give what an event takes; one that is not known takes what nobody has."""
        try:
            number = json.loads(body)["fn_index"]
        except (ValueError, KeyError, TypeError, RecursionError) as exc:
            raise Refused(400, "This is no event of a page.", "Reload the page.") from exc
        action = self._rules.events.get(number) if type(number) is int else None
        if action is None:
            raise Refused(404, "There is no such event.", "Reload the page.")
        return action

    def _check_files(self, body: bytes, who: Person) -> None:
        if not self._rules.incoming.holds_all(json.loads(body), who.id):
            raise Refused(403, "This event names a file that was not uploaded.", "Choose the file again.")

    def _lead(self, request: Request, person: Person | None, page: str | None) -> None:
        """Lead who may not see a page to where that can be mended, where it can.

        Raises:
            Led: then.
        """
        root = request.scope.get("root_path", "")
        if page is not None and request.method == "GET" and self._rules.accounts:
            back = quote(f"{'/' + page}?{request.url.query}".rstrip("?"))
            if person is None:
                raise Led(f"{root}/login?next={back}")
            if not person.agreed:
                raise Led(f"{root}/account/agreement?next={back}")


def path_of(scope: Any) -> str:
    """Give the path of a request below that of the server."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path") or "") or "/"


def status_of(problem: AccessProblem) -> int:
    """Give the HTTP status that says why somebody may not."""
    return 403 if isinstance(problem, NotAllowed) else 401 if isinstance(problem, NotSignedIn) else 429


def events_of(pages: Any) -> dict[int, Action]:
    """Give the right that each event of the pages takes: its mark's, else that of the page it is on."""
    found = {}
    for number, event in pages.fns.items():
        page = (event.page or "").strip("/")
        found[number] = getattr(event.fn, "action", None) or PAGE_ACTIONS[page]
    return found


def _nothing_here(told: str = "There is nothing here.") -> Action:
    raise Refused(404, told)


def _host(header: str) -> str:
    try:
        return (urlsplit(f"//{header}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_known(host: str, hosts: frozenset[str]) -> bool:
    """Tell whether a name is one of the server's: those given, and whatever means this machine."""
    try:
        return ip_address(host).is_loopback or host in hosts
    except ValueError:
        return host in hosts or host == "localhost"


async def _body(request: Request) -> bytes:
    parts, size = [], 0
    async for part in request.stream():
        parts.append(part)
        size += len(part)
        if size > LARGEST_EVENT:
            raise Refused(413, f"An event holds at most {LARGEST_EVENT:,} bytes.", "Upload it as a file.")
    return b"".join(parts)


def _again(body: bytes) -> Receive:
    """Give the body once more, and then say, as long as anybody listens, nothing."""
    told = False

    async def receive() -> Message:
        nonlocal told
        if told:
            await asyncio.Event().wait()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


assert set(PAGES[name].strip(".") for name in PAGES) == set(PAGE_ACTIONS)
