"""The head of each page: the name, what answers, what it answers from, and the way to the other pages."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

import gradio as gr

from ui.visitors import PAGES


def masthead(badge: str, material: Callable[[], str], here: str = "Chat") -> None:
    """Put the head on the page that is being laid out; `material` is asked each time that the page is loaded."""
    head = gr.HTML(masthead_html(badge, "", here), padding=False)
    root: Any = gr.context.Context.root_block
    root.load(  # not the component's own way to load: on an app of many pages it loads once for each page after it
        lambda: masthead_html(badge, material(), here), None, head, api_visibility="private", show_progress="hidden"
    )


def masthead_html(badge: str, material: str, here: str) -> str:
    """Give the head; links are relative, so that the app can live under any path."""
    links = "".join(
        f"<a href='{'./' if at == '.' else './' + at}'{' aria-current=page' if name == here else ''}>{name}</a>"
        for name, at in PAGES.items()
    )
    return (
        "<header class='lectern-head'><h1>Lectern</h1>"
        f"<nav aria-label='Pages'>{links}</nav>"
        f"<p><span class='lectern-badge'>{html.escape(badge)}</span> {html.escape(material)}</p></header>"
    )
