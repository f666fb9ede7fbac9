"""Answers a request that the server's own addresses refuse: a browser gets a page, a program JSON."""

from __future__ import annotations

import html

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from ui.plain_page import plain_page

_TITLES = {401: "Not signed in", 403: "Not for you", 404: "Nothing here", 429: "Not now"}


def refused(request: Request, status: int, message: str, hint: str = "") -> Response:
    """Say that a request goes no further, why, and what to do."""
    if not wants_page(request):
        return JSONResponse({"error": {"message": message, "hint": hint}}, status)
    told = "".join(f"<p>{html.escape(text)}</p>" for text in (message, hint) if text)
    root = request.scope.get("root_path", "")
    home = f"<p><a href='{html.escape(root, quote=True)}/'>Back to Lectern</a></p>"
    return HTMLResponse(plain_page(_TITLES.get(status, "Not possible"), told + home, root), status)


def wants_page(request: Request) -> bool:
    """Tell whether somebody looks at the answer: browsers say that they want HTML where it is to be a page."""
    return request.method in ("GET", "HEAD") and "text/html" in request.headers.get("accept", "")


async def by_http(request: Request, exc: Exception) -> Response:
    """Answer what an address of ours refuses."""
    assert isinstance(exc, HTTPException)
    answer = refused(request, exc.status_code, str(exc.detail))
    answer.headers.update(exc.headers or {})
    return answer
