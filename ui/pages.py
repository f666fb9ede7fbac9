"""All pages of the web app in one Gradio app, mounted on the server that also has our own routes."""

from __future__ import annotations

import os
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from ui.headers import GiveHeaders
from ui.parts import Parts
from ui.visitors import GiveCookie

if TYPE_CHECKING:
    import gradio as gr
    from fastapi import FastAPI

MOST_AT_ONCE = 250
"""Events that are under way at once: of Gradio's own 40, the forty-first student waits for another's whole answer."""
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

    with gr.Blocks(title="Lectern", analytics_enabled=False, fill_width=True) as pages:
        build_chat(parts)
        Navbar(visible=False)
    for name, build in (
        ("tags", build_tags),
        ("library", build_library),
        ("review", build_review),
        ("help", build_help),
    ):
        with pages.route(name.title(), name, show_in_navbar=False):
            Navbar(visible=False)
            build(parts)
    pages.max_threads = MOST_AT_ONCE
    pages.queue(default_concurrency_limit=None, max_size=MOST_WAITING)
    assert isinstance(pages, gr.Blocks)
    return pages


def web_app(parts: Parts) -> FastAPI:
    """Give the server: our routes first, then the pages."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read when gradio is imported
    import gradio as gr
    from fastapi import FastAPI

    from ui.routes import routes_of
    from ui.styles import CSS, HEAD

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        await parts.live.close()

    app = FastAPI(title="Lectern", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.include_router(routes_of(parts))
    pages = build_pages(parts)
    warnings.filterwarnings("ignore", "SSR mode is not supported", UserWarning)  # and not asked for
    gr.mount_gradio_app(
        app, pages, path="/", css=CSS, head=HEAD, show_error=False, footer_links=[], ssr_mode=False, mcp_server=False
    )
    app.add_middleware(GiveCookie, visitors=parts.visitors)
    app.add_middleware(GiveHeaders)
    return app
