"""All pages of the web app in one Gradio app, mounted on the server that also has our own routes."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from ui.headers import GiveHeaders
from ui.parts import Parts
from ui.visitors import GiveCookie

if TYPE_CHECKING:
    import gradio as gr
    from fastapi import FastAPI

MOST_WAITING = 500
"""Events that wait for a worker: beyond it the page says that the server is busy."""


def build_pages(parts: Parts) -> gr.Blocks:
    """Lay out all pages."""
    import gradio as gr

    from ui.chat import build_chat

    with gr.Blocks(title="Lectern", analytics_enabled=False, fill_width=True) as pages:
        build_chat(parts)
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
    gr.mount_gradio_app(
        app, pages, path="/", css=CSS, head=HEAD, show_error=False, footer_links=[], ssr_mode=False, mcp_server=False
    )
    app.add_middleware(GiveCookie, visitors=parts.visitors)
    app.add_middleware(GiveHeaders)
    return app
