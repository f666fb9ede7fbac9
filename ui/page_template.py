"""Gives Gradio's page our own name: what a link to it is shown with must not be Gradio's. Reads no page of a user."""

from __future__ import annotations

import re
from collections.abc import Callable

from jinja2 import BaseLoader, Environment

ABOUT = "A course assistant that shows where in the material each answer stands."
NAMED = f"""<meta property="og:title" content="Lectern" />
\t\t<meta property="og:type" content="website" />
\t\t<meta property="og:description" content="{ABOUT}" />
\t\t<meta name="description" content="{ABOUT}" />
"""
_OF_GRADIO = re.compile(r"[ \t]*<meta\s+(?:property|name)=\"(?:og|twitter):[^>]*>[ \t]*\n?")
_BEGINNING = re.compile(r"<meta charset=[^>]*>\s*")


class OwnName(BaseLoader):
    """Loads the templates of another loader with our own metadata in the place of theirs."""

    def __init__(self, other: BaseLoader) -> None:
        self._other = other

    def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, Callable[[], bool] | None]:
        """Give a template's text, where it is, and whether it is still the same."""
        text, place, is_same = self._other.get_source(environment, template)
        return named(text), place, is_same


def named(text: str) -> str:
    """Put our own metadata into a page that has some."""
    rest, replaced = _OF_GRADIO.subn("", text)
    return _BEGINNING.sub(lambda found: f"{found[0]}{NAMED}\t\t", rest, count=1) if replaced else text


def name_pages() -> None:
    """Have the pages of Gradio named so from now on."""
    from gradio import routes

    known = routes.templates.env.loader
    if known is not None and not isinstance(known, OwnName):
        routes.templates.env.loader = OwnName(known)
