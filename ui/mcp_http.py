"""MCP over HTTP at `/mcp`: each request stands alone, and its key says who calls, as everywhere in the API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from ui.access import Access, OpenAccess
from ui.api_entrance import MOST_BYTES, Entrance, person_of
from ui.api_errors import NotServed, problem, refusal
from ui.api_turns import ApiTurns
from ui.mcp_server import course_server
from ui.parts import Parts

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


class McpFace:
    """The course's tools at an address of the server."""

    def __init__(self, parts: Parts, turns: ApiTurns) -> None:
        self._access = parts.access
        server = course_server(parts.library, turns, person_of)
        server.streamable_http_app(
            stateless_http=True, max_request_body_size=MOST_BYTES, transport_security=_security(parts.access)
        )
        self._sessions: StreamableHTTPSessionManager = server.session_manager

    def mount(self, app: FastAPI) -> None:
        """Add the address to the server's app."""
        app.router.routes.append(Route("/mcp", endpoint=Entrance(self._handle, self._access, problem)))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run what answers, until the server stops."""
        async with self._sessions.run():
            yield

    async def _handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":  # GET would wait for news, of which there are none without sessions
            answer = refusal(problem, NotServed("MCP is spoken here: each message is a POST."), 405)
            answer.headers["allow"] = "POST"
            await answer(scope, receive, send)
            return
        await self._sessions.handle_request(scope, receive, send)


def _security(access: Access) -> TransportSecuritySettings:
    """Answer to no other name than this machine's where no key is asked for.

    A page elsewhere could else reach the server under a name of its own (DNS rebinding). Where a key is asked for, such
    a page has none to send.
    """
    if not isinstance(access, OpenAccess):
        return TransportSecuritySettings(enable_dns_rebinding_protection=False)
    hosts = [name for host in LOOPBACK for name in (host, f"{host}:*")]
    return TransportSecuritySettings(allowed_hosts=hosts, allowed_origins=[f"http://{host}" for host in hosts])
