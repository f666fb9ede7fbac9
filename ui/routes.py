"""The server's own addresses: the sources of a turn, a cited page as a picture, a conversation to keep.

Each asks whose it is first; another's is answered as one that is not there, but to who reviews.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import FileResponse, HTMLResponse, Response

from assistant.accounts.people import Action
from assistant.events import Citation
from assistant.tracing.queries import TraceReader
from index_store.chunks import Chunk
from index_store.errors import ConversationUnknown, LecternError, TraceUnknown
from ui.cited_files import cited_cell, cited_page, panel
from ui.conversation_export import file_name, to_json, to_markdown
from ui.disclosure import record_for
from ui.kept_turns import chunk_ids_of, citations_of
from ui.parts import Parts
from ui.plain_page import plain_page

_TYPES = {"md": ("text/markdown; charset=utf-8", to_markdown), "json": ("application/json", to_json)}

KEPT = {"cache-control": "private, max-age=3600"}
Shown = TypeVar("Shown")


class Routes:
    """What the addresses give."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def sources(self, trace_id: str, request: Request) -> HTMLResponse:
        """Give the sources of a turn as a page of their own."""
        record = self._turn(trace_id, request)
        title = " ".join(record["question"].split())[:120]
        shown = panel(self._parts, record, "../")
        return HTMLResponse(plain_page(title, shown, request.scope.get("root_path", "")))

    def page(self, trace_id: str, at: int, request: Request) -> Response:
        """Give a cited page of a PDF as a picture, by the citation's place."""
        record = self._turn(trace_id, request)
        cited = citations_of(record, self._parts.chunks(chunk_ids_of(record)))
        if not 0 <= at < len(cited):
            raise HTTPException(404, "The answer cites no such page.")
        picture = _from_file(cited[at], self._parts, lambda chunk: cited_page(cited[at], chunk, cited))
        return Response(picture, media_type="image/png", headers=KEPT)

    def cell_picture(self, trace_id: str, at: int, number: int, request: Request) -> Response:
        """Give a picture of a cited cell of a notebook, by the citation's place and the picture's number from 1."""
        record = self._turn(trace_id, request)
        cited = citations_of(record, self._parts.chunks(chunk_ids_of(record)))
        if not 0 <= at < len(cited):
            raise HTTPException(404, "The answer cites no such cell.")
        pictures = _from_file(cited[at], self._parts, lambda chunk: cited_cell(cited[at], chunk)).pictures
        if not 1 <= number <= len(pictures):
            raise HTTPException(404, "The cell has no such picture.")
        kind, picture = pictures[number - 1]
        return Response(picture, media_type=kind, headers=KEPT)

    def conversation(self, conversation: str, kind: str, request: Request) -> Response:
        """Give a conversation as a file to keep."""
        if kind not in _TYPES:
            raise HTTPException(404, "A conversation is kept as md or json.")
        media_type, write = _TYPES[kind]
        user, book = self._parts.user(request), self._parts.book
        try:
            sees = self._parts.sees_setup(request)
            title, turns = book.title(conversation, user), book.turns(conversation, user)
        except ConversationUnknown as exc:
            raise HTTPException(404, "There is no such conversation of yours.") from exc
        # As RFC 6266 (5) has it: the name of any letters, and a plain one for who does not know that form.
        name = quote(file_name(title, turns, kind))
        named = {"content-disposition": f"attachment; filename=\"conversation.{kind}\"; filename*=UTF-8''{name}"}
        text = write(title, [record_for(turn, sees) for turn in turns])
        return Response(text, media_type=media_type, headers=named)

    async def is_live(self, conversation: str, request: Request) -> dict[str, bool]:
        """Tell whether a turn of a conversation is under way, for a page that may have lost its stream.

        Of one that there is not, or no longer, none is: a page asks while it is being deleted.
        """
        live = self._parts.live.owned(conversation, await asyncio.to_thread(self._parts.user, request))
        return {"live": live is not None and not live.over}

    def results(self, place: str, name: str, request: Request) -> Response:
        """Give what a page worked out for its user, as a file to keep."""
        own = self._parts.incoming.of(self._parts.user(request))
        file = (own / place / name).resolve()
        if own not in file.parents or not file.is_file():
            raise HTTPException(404, "There are no such results of yours; they are kept for some hours.")
        return FileResponse(file, filename=name)

    def _turn(self, trace_id: str, request: Request) -> dict[str, Any]:
        try:
            return self._parts.book.turn(trace_id, self._parts.user(request))
        except (ConversationUnknown, TraceUnknown) as exc:
            raise HTTPException(404, "There is no such turn of yours.") from exc


class Reviewed(Routes):
    """The same of anybody's turn, for the review desk."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._reader = TraceReader(parts.library.traces.engine)

    def passages(self, trace_id: str, request: Request) -> HTMLResponse:
        """Give the sources of a turn as a part of the desk: its files are read when they are looked for, not before."""
        return HTMLResponse(panel(self._parts, self._turn(trace_id, request), "review/"))

    def _turn(self, trace_id: str, request: Request) -> dict[str, Any]:
        if not self._parts.may(self._parts.person(request), Action.REVIEW):
            raise HTTPException(403, "The turns of others are for who reviews.")
        try:
            return self._reader.get(trace_id)
        except TraceUnknown as exc:
            raise HTTPException(404, "There is no such turn.") from exc


def routes_of(parts: Parts) -> APIRouter:
    """Give the routes over the parts of a server."""
    router, routes, reviewed = APIRouter(), Routes(parts), Reviewed(parts)
    router.add_api_route("/review/turns/{trace_id}", reviewed.passages, response_model=None)
    router.add_api_route("/review/turns/{trace_id}/pages/{at}.png", reviewed.page, response_model=None)
    router.add_api_route("/review/turns/{trace_id}/cells/{at}/{number}", reviewed.cell_picture, response_model=None)
    router.add_api_route("/turns/{trace_id}", routes.sources, response_model=None)
    router.add_api_route("/turns/{trace_id}/pages/{at}.png", routes.page, response_model=None)
    router.add_api_route("/turns/{trace_id}/cells/{at}/{number}", routes.cell_picture, response_model=None)
    router.add_api_route("/results/{place}/{name}", routes.results, response_model=None)
    router.add_api_route("/conversations/{conversation}/live", routes.is_live)
    router.add_api_route("/conversations/{conversation}.{kind}", routes.conversation, response_model=None)
    return router


def _from_file(cited: Citation, parts: Parts, read: Callable[[Chunk], Shown]) -> Shown:
    """Read what is to be shown from the file that was ingested."""
    chunk = parts.chunks([cited.chunk_id]).get(cited.chunk_id)
    if chunk is None:
        raise HTTPException(404, f"{cited.path} is no longer in the library.")
    try:
        return read(chunk)
    except OSError as exc:
        raise HTTPException(404, f"{cited.path} is no longer where it was ingested from.") from exc
    except LecternError as exc:
        raise HTTPException(404, str(exc)) from exc
