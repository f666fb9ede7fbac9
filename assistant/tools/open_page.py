"""Reads a web page, through whoever fetches pages with care; see `pages`. Which may be read is not judged here."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from assistant.tools.apart import apart
from assistant.tools.extracts import best_extracts, extracts_of
from assistant.tools.pages import Pages
from assistant.tools.tool import Arguments, Observation, Tool, outside_source
from index_store.chunks import Embedder
from index_store.locators import Locator, clean_heading

MOST_EXTRACTS = 3


class OpenPageArguments(Arguments):
    """Which page, and what to look for."""

    url: str = Field(pattern=r"^https?://\S+$", max_length=2000, description="The page's address.")
    about: str | None = Field(default=None, max_length=400, description="What to look for; else the page's beginning.")


class OpenPage(Tool):
    """Reads a web page and gives the passages that fit `about` best. Only addresses that the user wrote or that
    web_search listed can be opened.
    """

    name = "open_page"
    arguments = OpenPageArguments
    timeout_s = 25.0

    def __init__(self, pages: Pages, embedder: Embedder) -> None:
        self._pages = pages
        self._embedder = embedder

    async def run(self, given: Any) -> Observation:
        """Read it.

        Raises:
            LecternError: when it may not or could not be fetched, or no reader reads it.
        """
        return await apart(self._read, given)

    def _read(self, given: OpenPageArguments) -> Observation:
        page = self._pages.read(given.url)
        extracts = extracts_of(page.sections)
        if given.about:
            extracts = best_extracts(given.about, page.title, extracts, self._embedder, MOST_EXTRACTS)
        sources = tuple(
            outside_source(
                "web",
                page.address,
                page.title,
                extract.text,
                locator=Locator(headings=tuple(map(clean_heading, extract.headings))),
                fetched_at=page.fetched_at,
                cosine=extract.cosine,
            )
            for extract in extracts[:MOST_EXTRACTS]
        )
        return Observation("" if sources else "The page has no text.", sources)
