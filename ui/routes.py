"""The server's own addresses: the sources of a turn, a cited page as a picture, a conversation to keep.

Each asks whose it is first; another's is answered as one that is not there.
"""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from index_store.errors import ConversationUnknown, LecternError, TraceUnknown
from ui.conversation_export import to_json, to_markdown
from ui.kept_turns import chunk_ids_of, citations_of, panel_of
from ui.parts import Parts
from ui.styles import CSS

_TYPES = {"md": ("text/markdown; charset=utf-8", to_markdown), "json": ("application/json", to_json)}


class Routes:
    """What the addresses give."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def healthy(self) -> JSONResponse:
        """Say that the server is there."""
        return JSONResponse({"status": "ok"})

    def sources(self, trace_id: str, request: Request) -> HTMLResponse:
        """Give the sources of a turn as a page of their own."""
        record = self._turn(trace_id, request)
        return HTMLResponse(
            _page(record["question"], panel_of(record, self._parts.chunks(chunk_ids_of(record)), "../"))
        )

    def page(self, trace_id: str, at: int, request: Request) -> Response:
        """Give a cited page of a PDF as a picture, by the citation's place."""
        record = self._turn(trace_id, request)
        cited = citations_of(record, self._parts.chunks(chunk_ids_of(record)))
        if not 0 <= at < len(cited):
            raise HTTPException(404, "The answer cites no such page.")
        picture = _picture(self._parts, cited[at].chunk_id, cited[at].path, [c.quote for c in cited])
        return Response(picture, media_type="image/png", headers={"cache-control": "private, max-age=3600"})

    def conversation(self, conversation: str, kind: str, request: Request) -> Response:
        """Give a conversation as a file to keep."""
        if kind not in _TYPES:
            raise HTTPException(404, "A conversation is kept as md or json.")
        media_type, write = _TYPES[kind]
        user, book = self._parts.user(request), self._parts.book
        try:
            text = write(book.title(conversation, user), book.turns(conversation, user))
        except ConversationUnknown as exc:
            raise HTTPException(404, "There is no such conversation of yours.") from exc
        named = {"content-disposition": f'attachment; filename="conversation.{kind}"'}
        return Response(text, media_type=media_type, headers=named)

    def _turn(self, trace_id: str, request: Request) -> dict[str, Any]:
        try:
            return self._parts.book.turn(trace_id, self._parts.user(request))
        except (ConversationUnknown, TraceUnknown) as exc:
            raise HTTPException(404, "There is no such turn of yours.") from exc


def routes_of(parts: Parts) -> APIRouter:
    """Give the routes over the parts of a server."""
    router, routes = APIRouter(), Routes(parts)
    router.add_api_route("/healthz", routes.healthy)
    router.add_api_route("/turns/{trace_id}", routes.sources, response_model=None)
    router.add_api_route("/turns/{trace_id}/pages/{at}.png", routes.page, response_model=None)
    router.add_api_route("/conversations/{conversation}.{kind}", routes.conversation, response_model=None)
    return router


def _picture(parts: Parts, chunk_id: str, path: str, quotes: list[str]) -> bytes:
    """Draw the page that a chunk stands on, from the file that was ingested."""
    from ingest.page_pictures import page_picture

    chunk = parts.chunks([chunk_id]).get(chunk_id)
    if chunk is None or chunk.locator.page is None:
        raise HTTPException(404, f"{path} is no longer in the library.")
    folder = Path(chunk.source)
    file = (folder / chunk.path).resolve()
    try:
        if folder not in file.parents:  # a link that was put there since
            raise FileNotFoundError(file)
        return page_picture(file.read_bytes(), chunk.path, chunk.locator.page, quotes)
    except OSError as exc:
        raise HTTPException(404, f"{path} is no longer where it was ingested from.") from exc
    except LecternError as exc:
        raise HTTPException(404, str(exc)) from exc


def _page(question: str, panel: str) -> str:
    """Give the sources as a page of their own, for a link that is opened elsewhere."""
    title = html.escape(" ".join(question.split())[:120])
    return (
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>Sources: {title}</title>"
        f"<meta name='viewport' content='width=device-width, initial-scale=1'><style>{CSS}</style></head>"
        f"<body class='lectern-alone'><main><h1>{title}</h1>{panel}</main></body></html>"
    )
