"""The head of each page: the name, what answers, what it answers from, and the way to the other pages."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

import gradio as gr

from assistant.accounts.people import Person
from ui.guard import PAGE_ACTIONS
from ui.parts import Parts
from ui.visitors import PAGES

Refresh = tuple[Callable[..., str], None, gr.HTML]
"""What a listener is given to show the head anew: how, from nothing, where."""

LIBRARY = "Library"
"""The page on which what could not be read can be mended: only there the head speaks of it."""


def masthead(parts: Parts, here: str = "Chat") -> Refresh:
    """Put the head on the page that is being laid out, anew each time that the page is loaded."""
    # What is laid out goes to whoever asks for a page; who that is shows when it is loaded.
    head = gr.HTML(masthead_html(parts.badge(not parts.server.accounts), "", here), padding=False)

    def loaded(request: gr.Request) -> str:
        badge = parts.badge(parts.sees_setup(request))
        return masthead_html(badge, parts.material(failures=here == LIBRARY), here, parts.person(request))

    root: Any = gr.context.Context.root_block
    root.load(  # not the component's own way to load: on an app of many pages it loads once for each page after it
        loaded, None, head, api_visibility="private", show_progress="hidden"
    )
    return loaded, None, head


def masthead_html(badge: str, material: str, here: str, person: Person | None = None) -> str:
    """Give the head; links are relative, so that the app can live under any path, and lead where somebody may go."""
    shown = [name for name, at in PAGES.items() if person is None or person.may(PAGE_ACTIONS[at.strip(".")])]
    links = "".join(
        f"<a href='{'./' if PAGES[name] == '.' else './' + PAGES[name]}'"
        f"{' aria-current=page' if name == here else ''}>{name}</a>"
        for name in shown
    )
    # Whose the page is, by pseudonym: what the browser keeps for one reader is no other's.
    reader = "" if person is None else f" data-reader='{html.escape(person.id, quote=True)}'"
    own = f"<a href='./account'>{html.escape(person.name)}</a>" if person is not None and person.name else ""
    return (
        f"<header class='lectern-head'{reader}><h1>Lectern</h1>"
        f"<nav aria-label='Pages'>{links}{own}</nav>"
        f"<p><span class='lectern-badge'>{html.escape(badge)}</span> {html.escape(material)}</p></header>"
    )
