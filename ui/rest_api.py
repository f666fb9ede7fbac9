"""`/api`: search, ask and tag over plain HTTP, in the rows that the command line prints."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from assistant.tagged import Tagged
from index_store.errors import LecternError
from ui import api_models as models
from ui import api_requests as requests
from ui import rows
from ui.api_entrance import MayAsk, MaySearch, MayTag
from ui.api_errors import reply
from ui.api_turns import ApiTurns, unless_gone
from ui.batch import Row
from ui.disclosure import error_for, sees_setup
from ui.parts import Parts


class RestRoutes:
    """What search, ask and tag give."""

    def __init__(self, parts: Parts, turns: ApiTurns) -> None:
        self._parts = parts
        self._turns = turns

    async def search(self, body: requests.Search, request: Request, who: MaySearch) -> Response:
        """Find the passages that fit a question best."""
        row = {"question": body.question, "history": [said.model_dump() for said in body.history]}
        return reply(await unless_gone(request, self._turns.search(who, row, body.top_k)))

    async def ask(self, body: requests.Question, request: Request, who: MayAsk) -> Response:
        """Answer a question, with citations."""
        turn = self._turns.ask(who, body.question, [said.model_dump() for said in body.history], body.way)
        return reply(rows.turn_row(await unless_gone(request, turn.whole())))

    async def tag(self, body: requests.AbstractToTag, request: Request, who: MayTag) -> Response:
        """Find the names of models in an abstract."""
        return reply(_tagged(await unless_gone(request, self._turns.tag(who, body.abstract))))

    async def tag_rows(self, body: requests.RowsToTag, request: Request, who: MayTag) -> Response:
        """Find the names in several abstracts; one that cannot be tagged gets an error, and the others go on."""
        abstracts = [row.abstract for row in body.rows]
        found = await unless_gone(request, self._turns.tag_all(who, abstracts))
        sees = sees_setup(who)
        named = zip(body.rows, found, strict=True)
        return reply({"rows": [{"id": row.id, **_tagged_or_error(tagged, sees)} for row, tagged in named]})


def _tagged_or_error(found: Tagged | LecternError, sees: bool) -> Row:
    return {"error": str(error_for(found, sees))} if isinstance(found, LecternError) else _tagged(found)


def _tagged(found: Tagged) -> Row:
    return {**rows.tags_row(found), "trace_id": found.trace_id}


def rest_router(parts: Parts, turns: ApiTurns) -> APIRouter:
    """Give the routes, without the prefix `/api`."""
    router, routes = APIRouter(tags=["Questions"]), RestRoutes(parts, turns)
    router.add_api_route("/search", routes.search, methods=["POST"], response_model=models.Hits)
    router.add_api_route("/ask", routes.ask, methods=["POST"], response_model=models.Answered)
    router.add_api_route("/tags", routes.tag, methods=["POST"], response_model=models.Tagged)
    router.add_api_route("/tags/batch", routes.tag_rows, methods=["POST"], response_model=models.TaggedRows)
    return router
