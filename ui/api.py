"""What programs may ask of the server, put together: `/v1` as OpenAI has it, `/api` in plain HTTP, and MCP at `/mcp`.

Each is an app of its own, because each tells its errors in another shape, also those of addresses that it has not.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import Response
from starlette.responses import Response as Plain
from starlette.routing import Mount

from assistant.accounts.people import Action
from ui import openai_models as openai
from ui.api_entrance import Entrance, Larger
from ui.api_errors import Said, openai_problem, problem, reply, tell_errors
from ui.api_models import ProblemBody
from ui.api_turns import ApiTurns, ClientGone
from ui.mcp_http import McpFace
from ui.openai_api import openai_router
from ui.parts import Parts
from ui.rest_api import rest_router
from ui.rest_library import library_router
from ui.rest_traces import traces_router

PROBLEMS = {
    400: "It cannot be used as it is.",
    401: "There is no key, or it is not accepted.",
    403: "The key may not do that.",
    404: "There is no such thing of yours.",
    409: "Something else is writing to the library.",
    413: "It is too large.",
    422: "It is not as described here.",
    429: "It is more than may be asked for now; `Retry-After` says when to try again.",
    500: "A fault of the server.",
    502: "What the server asked, such as the language model, refused or failed.",
    503: "What the server needs cannot be reached, or there is nothing in the library, or it is being stopped.",
}
CLIENT_GONE = 499
"""Nobody reads it; nginx's number for it stands in its log."""
DESCRIPTION = """Ask a course with its sources. Send a key as `Authorization: Bearer KEY`; where accounts are off any
will do. `/v1` speaks OpenAI's protocol, with sources and trace under `lectern`; `/api` gives the rows of the command
line's `--json`."""


class Api:
    """The faces for programs, over the parts of a server."""

    def __init__(self, parts: Parts) -> None:
        self.turns = ApiTurns(parts.opened)
        self._routers = {
            "/v1": [openai_router(parts, self.turns)],
            "/api": [rest_router(parts, self.turns), library_router(parts), traces_router(parts)],
        }
        self._openai = _app(parts, self._routers["/v1"], openai_problem, 400)
        uploads: Larger = {"/library/uploads": (parts.server.limits.upload_bytes, Action.LIBRARY_CHANGE)}
        self._rest = _app(parts, self._routers["/api"], problem, 422, uploads)
        self._rest.add_api_route("/openapi.json", self._description, include_in_schema=False)
        self._mcp = McpFace(parts, self.turns)
        self._described: dict[str, Any] | None = None

    def mount(self, app: FastAPI) -> None:
        """Add the addresses to the server's app."""
        for prefix, face in (("/v1", self._openai), ("/api", self._rest)):
            below = Mount(prefix, face)
            # Else an address with a line's end in it is none of theirs, and told as the pages tell it.
            below.path_regex = re.compile(below.path_regex.pattern, re.DOTALL)
            app.router.routes.append(below)
        self._mcp.mount(app)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run what the server runs beside its requests; at the end all turns are ended."""
        async with self._mcp.running():
            try:
                yield
            finally:
                await self.turns.close()

    def description(self) -> dict[str, Any]:
        """Give the OpenAPI description of `/v1` and `/api`."""
        if self._described is None:
            whole = APIRouter()
            for prefix, routers in self._routers.items():
                shape = openai.OpenAIProblemBody if prefix == "/v1" else ProblemBody
                told: dict[int | str, Any] = {n: {"model": shape, "description": s} for n, s in PROBLEMS.items()}
                for router in routers:
                    whole.include_router(router, prefix=prefix, responses=told)
            found = get_openapi(title="Lectern", version="1", description=DESCRIPTION, routes=whole.routes)
            found["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
            found["security"] = [{"key": []}]
            stream = {"text/event-stream": {"schema": {"type": "string"}}}
            found["paths"]["/v1/chat/completions"]["post"]["responses"]["200"]["content"].update(stream)
            self._described = found
        return self._described

    def _description(self, request: Request) -> Response:
        """Give the description, with the address under which the server is seen."""
        root = request.scope.get("root_path", "").removesuffix("/api")
        return reply({**self.description(), "servers": [{"url": root or "/"}]})


def _app(parts: Parts, routers: list[APIRouter], said: Said, invalid: int, larger: Larger | None = None) -> FastAPI:
    """Give an app of some routes; `invalid` is the status of a body that is not as described."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    for router in routers:
        app.include_router(router)
    tell_errors(app, said, invalid)
    app.add_exception_handler(ClientGone, _nobody_reads)
    app.add_middleware(Entrance, access=parts.access, said=said, larger=larger)
    return app


async def _nobody_reads(request: Request, exc: Exception) -> Plain:
    return Plain(status_code=CLIENT_GONE)
