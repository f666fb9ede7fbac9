"""Tells visitors of the page apart by a pseudonym in a signed cookie, until there are accounts. Knows nobody's name.

The cookie is HttpOnly and holds a random id with its HMAC (SHA-256); the key lies in the home, readable to its owner.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "lectern_visitor"
YEAR_S = 365 * 86_400
PAGES = {"Chat": ".", "Tags": "tags", "Library": "library", "Review": "review", "Help": "help"}
"""The pages, by name, and their addresses below that of the app."""
_KEY_FILE = "visitors.key"


class Visitors:
    """Makes and reads the pseudonyms of one home."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def new(self) -> str:
        """Give the cookie of a new visitor."""
        own = secrets.token_hex(16)
        return f"{own}.{self._signed(own)}"

    def read(self, cookie: str | None) -> str | None:
        """Give the pseudonym that a cookie of ours holds, None for any other."""
        own, _, signature = (cookie or "").partition(".")
        expected = self._signed(own)
        return own if own and hmac.compare_digest(signature.encode(), expected.encode()) else None

    def derived(self, purpose: str) -> str:
        """Give a key for another purpose, from which this one cannot be told."""
        return hmac.new(self._key, f"derived for {purpose}".encode(), hashlib.sha256).hexdigest()

    def _signed(self, own: str) -> str:
        return hmac.new(self._key, own.encode(), hashlib.sha256).hexdigest()


def visitors_of(home: Path) -> Visitors:
    """Open the key of a home; it is made where there is none, whole or not at all."""
    file = home / _KEY_FILE
    if not file.exists():
        home.mkdir(parents=True, exist_ok=True)
        draft = home / f"{_KEY_FILE}.{os.getpid()}"
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as opened:
            opened.write(secrets.token_bytes(32))
        try:
            os.link(draft, file)  # refuses where another process was first
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return Visitors(file.read_bytes())


class GiveCookie:
    """ASGI middleware: a request without a cookie of ours is answered with one."""

    def __init__(self, app: ASGIApp, visitors: Visitors) -> None:
        self._app = app
        self._visitors = visitors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http" or self._visitors.read(_cookie_of(scope)) is not None:
            await self._app(scope, receive, send)
            return
        secure = "; Secure" if scope.get("scheme") == "https" else ""
        cookie = f"{COOKIE}={self._visitors.new()}; Path=/; Max-Age={YEAR_S}; HttpOnly; SameSite=Lax{secure}"

        async def with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_page(scope):
                message = {**message, "headers": [*message["headers"], (b"set-cookie", cookie.encode())]}
            await send(message)

        await self._app(scope, receive, with_cookie)


def _is_page(scope: Scope) -> bool:
    """Only a page itself brings a cookie: its many parts, asked for at once, would each bring another."""
    path = scope["path"].removeprefix(scope.get("root_path") or "").strip("/")
    return path in ("", *PAGES.values())


def _cookie_of(scope: Any) -> str | None:
    from starlette.requests import cookie_parser  # as the page reads it: another's bad cookie does not hide ours

    sent = [value.decode("latin-1") for name, value in scope["headers"] if name == b"cookie"]
    return cookie_parser("; ".join(sent)).get(COOKIE)
