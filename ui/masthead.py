"""The head of each page: the name, what answers, what it answers from, and the way to the other pages."""

from __future__ import annotations

import html

import gradio as gr

PAGES = {"Chat": ".", "Tags": "tags", "Library": "library", "Review": "review", "Help": "help"}


def masthead(badge: str, material: str, here: str = "Chat") -> None:
    """Put the head on the page that is being laid out."""
    gr.HTML(masthead_html(badge, material, here), padding=False)


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
