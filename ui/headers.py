"""ASGI middleware: says in each reply what a page of ours may do. What a text smuggles in finds the doors shut."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Gradio's own code needs inline scripts, eval and blob: workers; everything else comes from this server alone.
POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "media-src 'self' blob:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-src 'self'",
        "frame-ancestors 'self'",
    )
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
)

# Gradio names its built files by what is in them: a browser that has one need never ask again. A file of somebody's is
# served behind "file=", whatever its own path.
_BUILT = re.compile(r"\A(?:/[\w.~-]+)*/assets/[^/]+-[\w-]{8}\.(?:js|css|woff2?)\Z")
KEPT_FOR_EVER = (b"cache-control", b"public, max-age=31536000, immutable")


class GiveHeaders:
    """Adds the headers to each reply over HTTP."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                built = message["status"] == 200 and _BUILT.match(scope["path"]) is not None
                added = (*HEADERS, KEPT_FOR_EVER) if built else HEADERS
                names = {name for name, _ in added}
                kept = [header for header in message["headers"] if header[0].lower() not in names]
                message = {**message, "headers": [*kept, *added]}
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)
