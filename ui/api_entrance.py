"""ASGI middleware before all that programs ask: who it is, before any of the body is read; and how much they send."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request

from assistant.accounts.people import Action, Person, authorize
from index_store.errors import LecternError, NotSignedIn
from ui.access import Access
from ui.api_errors import NotServed, Said, refusal

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES = 4_000_000
"""Of a body of JSON: a question with a long history, or some hundred abstracts."""


Larger = Mapping[str, tuple[int, Action]]
"""By the end of a path: the bytes that it takes, and what somebody must be allowed to do."""


class Entrance:
    """Lets in who is known, as `request.state.person`, with a body that is not too large.

    `larger` are the paths below the app's that take more bytes than MOST_BYTES, and what somebody must be allowed to do
    to send them: a body is kept on the disk before a route looks at who sent it.
    """

    def __init__(self, app: ASGIApp, access: Access, said: Said, larger: Larger | None = None) -> None:
        self._app = app
        self._access = access
        self._said = said
        self._larger = larger or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Look at who asks, then pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        larger = (more for path, more in self._larger.items() if scope["path"].endswith(path))
        most, needed = next(larger, (MOST_BYTES, None))
        try:
            person = await run_in_threadpool(self._access.client, request)
            if person is None:
                raise NotSignedIn
            if needed is not None:
                authorize(person, needed)
        except LecternError as exc:
            await refusal(self._said, exc)(scope, receive, send)
            return
        declared = request.headers.get("content-length", "")
        if declared.isdigit() and int(declared) > most:
            await refusal(self._said, NotServed(_too_large(most)), 413)(scope, receive, send)
            return
        request.state.person = person
        await self._app(scope, _bounded(receive, most), send)


def allowed(action: Action) -> Any:
    """Give what a route depends on: the person who asks, who may do that."""

    async def check(request: Request) -> Person:
        return authorize(person_of(request), action)

    return Depends(check)


def person_of(request: Request) -> Person:
    """Give who asks, as the entrance found it."""
    person: Person = request.state.person
    return person


MayAsk = Annotated[Person, allowed(Action.ASK)]
MayTag = Annotated[Person, allowed(Action.TAG)]
MaySearch = Annotated[Person, allowed(Action.SEARCH)]
MaySeeLibrary = Annotated[Person, allowed(Action.LIBRARY)]
MayChangeLibrary = Annotated[Person, allowed(Action.LIBRARY_CHANGE)]
MaySeeOwn = Annotated[Person, allowed(Action.OWN)]
MayReview = Annotated[Person, allowed(Action.REVIEW)]


def _bounded(receive: Receive, most: int) -> Callable[[], Any]:
    """Count what comes, for a body may come without saying how large it is."""
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > most:
            raise HTTPException(413, _too_large(most))
        return message

    return counted


def _too_large(most: int) -> str:
    return f"The body is larger than {most:,} bytes."
