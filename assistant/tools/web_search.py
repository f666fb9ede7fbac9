"""Searches the web; see `search_engines`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pydantic import Field

from assistant.tools.apart import apart
from assistant.tools.search_engines import Host, SearchEngine
from assistant.tools.tool import Arguments, Observation, Tool, outside_source
from index_store.chunks import Embedder


class WebSearchArguments(Arguments):
    """What to search for."""

    query: str = Field(min_length=2, max_length=300, description="What to search for, in key words.")
    most: int = Field(default=5, ge=1, le=8, description="How many results.")


class WebSearch(Tool):
    """Searches the web and lists titles, addresses and snippets. Use it for what neither the course nor Wikipedia
    holds, and for current facts; open_page reads a page that it lists.
    """

    name = "web_search"
    arguments = WebSearchArguments
    timeout_s = 25.0

    def __init__(self, engine: SearchEngine, embedder: Embedder) -> None:
        self._engine = engine
        self._embedder = embedder

    @property
    def reaches(self) -> Host:
        """The engine's host."""
        return self._engine.host

    async def run(self, given: Any) -> Observation:
        """Search.

        Raises:
            ToolFailed: when the engine cannot be reached, refuses or answers nonsense.
        """
        return await apart(self._search, given)

    def _search(self, given: WebSearchArguments) -> Observation:
        found = self._engine.search(given.query, given.most)
        if not found:
            return Observation(f"Nothing was found for “{given.query}”.")
        fetched_at = datetime.now(UTC).isoformat(timespec="seconds")
        listed = "\n".join(f"{n}. {f.title} | {f.address}" for n, f in enumerate(found, start=1))
        said = [f for f in found if f.snippet]
        cosines = self._cosines(given.query, [f"{f.title}\n{f.snippet}" for f in said])
        sources = tuple(
            outside_source("web", f.address, f.title, f.snippet, fetched_at=fetched_at, cosine=cosine)
            for f, cosine in zip(said, cosines, strict=True)
        )
        addresses = tuple(f.address for f in found)
        return Observation(f"Results:\n{listed}", sources, choices=addresses, addresses=addresses)

    def _cosines(self, query: str, texts: list[str]) -> list[float]:
        if not texts:
            return []
        return [float(c) for c in self._embedder.embed_texts(texts) @ self._embedder.embed_query(query)]
