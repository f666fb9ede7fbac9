"""Looks things up in Wikipedia: searches titles, reads an article, lists what a title may mean. See `wiki_client`."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from assistant.tools.apart import apart
from assistant.tools.extracts import Extract, best_extracts, extracts_of, wiki_sections
from assistant.tools.tool import Arguments, Observation, Source, Tool, outside_source
from assistant.tools.wiki_client import Article, Choices, WikiClient, checked_address
from index_store.chunks import Embedder
from index_store.locators import Locator, clean_heading

MOST_TITLES = 6
MOST_EXTRACTS = 3
LANGUAGE = r"[a-z]{2,3}(?:-[a-z]{2,8}){0,2}"
PLAIN_AGENT = "lectern/0.1 (course assistant; looks up what a student asks)"


class WikipediaArguments(Arguments):
    """Either what to search for, or the title of the article to read."""

    search: str | None = Field(default=None, min_length=2, max_length=200, description="Words to search for.")
    title: str | None = Field(default=None, min_length=1, max_length=250, description="Exact title of one article.")
    about: str | None = Field(default=None, max_length=400, description="With title: what to look for in the article.")
    language: str = Field(default="en", pattern=rf"^{LANGUAGE}$", description="Language of the Wikipedia, such as de.")

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.search is None) == (self.title is None):
            raise ValueError("give either search or title")
        return self


class Wikipedia(Tool):
    """Looks things up in Wikipedia. With `search` it lists titles of articles; with `title` it gives the passages of
    that article that fit `about` best. Search first, then read the article that fits.
    """

    name = "wikipedia"
    arguments = WikipediaArguments

    def __init__(
        self, embedder: Embedder, *, api_url: str | None = None, contact: str = "", timeout_s: float = 8.0
    ) -> None:
        self._embedder = embedder
        self._api_url = None if api_url is None else checked_address(api_url)
        self._agent = f"{PLAIN_AGENT[:-1]}; contact: {contact})" if contact else PLAIN_AGENT
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._clients: dict[str, WikiClient] = {}

    @property
    def reaches(self) -> tuple[str, int]:
        """The wiki's host."""
        parts = urlsplit(self._address("en"))
        return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)

    async def run(self, given: Any) -> Observation:
        """Search, or read.

        Raises:
            ToolFailed: when Wikipedia cannot be reached, or answers nonsense.
        """
        return await apart(self._search if given.title is None else self._read, given)

    def _search(self, given: WikipediaArguments) -> Observation:
        assert given.search is not None
        titles, suggestion = self._client(given.language).search(given.search, MOST_TITLES)
        if not titles:
            other = f" Another spelling: {suggestion}." if suggestion else ""
            choices = (suggestion,) if suggestion else ()
            return Observation(f"No article was found for “{given.search}”.{other}{self._note(given)}", choices=choices)
        listed = "\n".join(f"- {title}" for title in titles)
        return Observation(f"Articles:\n{listed}{self._note(given)}", choices=tuple(titles))

    def _read(self, given: WikipediaArguments) -> Observation:
        assert given.title is not None
        found = self._client(given.language).read(given.title)
        if isinstance(found, Choices):
            return Observation(f"{_choices(found)}{self._note(given)}", choices=found.titles)
        fetched_at = datetime.now(UTC).isoformat(timespec="seconds")
        text = f"“{found.asked}” leads to the article “{found.title}”." if found.is_redirected else ""
        chosen = self._extracts(found, given.about)
        sources = tuple(_source(found, extract, fetched_at) for extract in chosen)
        return Observation((text + self._note(given)).strip() or ("" if sources else "The article is empty."), sources)

    def _extracts(self, article: Article, about: str | None) -> list[Extract]:
        """Give the article's beginning, which says what it is about, and what fits best of the rest."""
        extracts = extracts_of(list(wiki_sections(article.text)))
        if not about:
            return extracts[:MOST_EXTRACTS]
        chosen = best_extracts(about, article.title, extracts, self._embedder, MOST_EXTRACTS)
        first = best_extracts(about, article.title, extracts[:1], self._embedder, 1)
        return chosen if not first or first[0].text in {e.text for e in chosen} else [*first, *chosen[:-1]]

    def _address(self, language: str) -> str:
        return self._api_url or f"https://{language}.wikipedia.org/w/api.php"

    def _client(self, language: str) -> WikiClient:
        address = self._address(language)
        with self._lock:
            if address not in self._clients:
                self._clients[address] = WikiClient(address, self._agent, timeout_s=self._timeout_s)
            return self._clients[address]

    def _note(self, given: WikipediaArguments) -> str:
        if self._api_url is None or given.language == "en":
            return ""
        return f"\n(The wiki that is set up here is asked, not the Wikipedia in {given.language!r}.)"


def _choices(found: Choices) -> str:
    listed = "\n".join(f"- {title}" for title in found.titles)
    if found.missing:
        return f"There is no article “{found.title}”." + (f" Near it:\n{listed}" if listed else "")
    return f"“{found.title}” may mean several things. Choose one:\n{listed}"


def _source(article: Article, extract: Extract, fetched_at: str) -> Source:
    return outside_source(
        "wikipedia",
        article.address,
        f"{article.title} (Wikipedia)",
        extract.text,
        locator=Locator(headings=tuple(map(clean_heading, extract.headings))),
        fetched_at=fetched_at,
        cosine=extract.cosine,
    )
