"""All pages of the web app in one Gradio app, mounted on the server that also has our own routes."""

from __future__ import annotations

import asyncio
import os
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ui.access import AccountAccess
from ui.guard import Guard, Rules, events_of
from ui.headers import GiveHeaders
from ui.incoming import GiveToUser
from ui.operations import Observed, Operations, count_turns, operation_routes
from ui.page_template import name_pages
from ui.parts import Parts
from ui.visitors import GiveCookie

if TYPE_CHECKING:
    import gradio as gr
    from fastapi import FastAPI

MOST_AT_ONCE = 250
"""Events that are under way at once: of Gradio's own 40, the forty-first student waits for another's whole answer."""
PAGES_KEPT = 200
"""Open pages of which Gradio keeps what each component shows, half a megabyte each, until others come: with its own
10,000 a server that runs for weeks grows by gigabytes. A forgotten page works on: nothing of ours is kept there."""
MOST_WAITING = 500
"""Events that wait for a worker: beyond it the page says that the server is busy."""


def build_pages(parts: Parts) -> gr.Blocks:
    """Lay out all pages."""
    import gradio as gr
    from gradio.components import Navbar

    from ui.chat import build_chat
    from ui.help_page import build_help
    from ui.library_page import build_library
    from ui.review_page import build_review
    from ui.tags_page import build_tags

    others = {"tags": build_tags, "library": build_library, "review": build_review, "help": build_help}
    with _no_servers_yet():
        with gr.Blocks(title="Lectern", analytics_enabled=False, fill_width=True) as pages:
            build_chat(parts)
            Navbar(visible=False)
        for name, build in others.items():
            with pages.route(name.title(), name, show_in_navbar=False):
                Navbar(visible=False)
                build(parts)
        pages.max_threads = MOST_AT_ONCE
        pages.state_session_capacity = PAGES_KEPT
        pages.queue(default_concurrency_limit=None, max_size=MOST_WAITING)
    assert isinstance(pages, gr.Blocks)
    return pages


@contextmanager
def _no_servers_yet() -> Iterator[None]:
    """Let Gradio make no server of its own at the end of each page: six that nobody would use, a second in all."""
    from gradio.routes import App

    made = App.create_app
    setattr(App, "create_app", staticmethod(lambda *_, **__: None))  # noqa: B010  # mypy wants no method assigned
    try:
        yield
    finally:
        setattr(App, "create_app", staticmethod(made))  # noqa: B010


def web_app(parts: Parts) -> FastAPI:
    """Give the server: our routes first, then the pages."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read when gradio is imported
    os.environ["GRADIO_TEMP_DIR"] = str(parts.incoming.folder)  # it serves whatever lies there
    import gradio as gr
    from fastapi import FastAPI
    from starlette.exceptions import HTTPException

    from ui.api import Api
    from ui.refusals import by_http
    from ui.routes import routes_of
    from ui.styles import CSS, HEAD, theme

    api = Api(parts)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        sweeping = [asyncio.create_task(kept.keep_swept()) for kept in (parts.incoming, parts.ingests)]
        async with api.running():
            yield
            await parts.close()
        for sweep in sweeping:
            sweep.cancel()

    async def end_turns() -> None:
        await asyncio.gather(api.turns.close(), parts.close())

    app = FastAPI(title="Lectern", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.add_exception_handler(HTTPException, by_http)
    app.state.end_turns = end_turns
    figures = count_turns(parts)
    app.include_router(routes_of(parts))
    app.include_router(operation_routes(Operations(parts, figures)))
    if isinstance(parts.access, AccountAccess):
        _add_accounts(app, parts, parts.access)
    api.mount(app)
    pages = build_pages(parts)
    name_pages()
    warnings.filterwarnings("ignore", "SSR mode is not supported", UserWarning)  # and not asked for
    gr.mount_gradio_app(
        app, pages, path="/", theme=theme(), css=CSS, head=HEAD, show_error=False, footer_links=[], ssr_mode=False,
        mcp_server=False, max_file_size=parts.server.limits.upload_bytes,
    )  # fmt: skip
    pages.has_launched = True  # else Gradio checks no path that an event names
    if not parts.server.accounts:
        app.add_middleware(GiveCookie, visitors=parts.visitors)
    app.add_middleware(GiveToUser, incoming=parts.incoming)
    app.add_middleware(Guard, rules=_rules(parts, pages))
    app.add_middleware(GiveHeaders)
    app.add_middleware(Observed, figures=figures)
    return app


def _add_accounts(app: FastAPI, parts: Parts, access: AccountAccess) -> None:
    """Add signing in, with a password and, where one is configured, with an OpenID provider."""
    from ui.sign_in import SignIn, sign_in_routes

    sign_in = SignIn(parts, access, parts.server)
    app.include_router(sign_in_routes(sign_in))
    if parts.server.oidc is None:
        return
    from starlette.middleware.sessions import SessionMiddleware

    from ui import oidc

    provider = oidc.Oidc(parts.server.oidc, access.accounts, sign_in, parts.server.public_url)
    app.include_router(oidc.oidc_routes(provider))
    https = (parts.server.public_url or "").startswith("https:")
    app.add_middleware(
        SessionMiddleware, secret_key=parts.visitors.derived("oidc"), session_cookie=oidc.COOKIE,
        max_age=oidc.COOKIE_S, same_site="lax", https_only=https, path=parts.server.root_path or "/",
    )  # fmt: skip


def _rules(parts: Parts, pages: gr.Blocks) -> Rules:
    server = parts.server
    public = urlsplit(server.public_url or "")
    known = frozenset({public.hostname} if public.hostname else ())
    hosts = known if known or not server.accounts else None
    origin = f"{public.scheme}://{public.netloc}" if public.netloc else None
    most = server.limits.upload_bytes
    return Rules(parts.access, hosts, origin, server.accounts, events_of(pages), most, parts.incoming)
