"""The agent's tools that look beyond the course, and what `ingest` does for them: the two do not know each other.

Nothing of `ingest` is loaded before a page is read or a paper looked up.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from assistant.tools.arxiv import ArxivLookup, PaperRecord
from assistant.tools.open_page import OpenPage
from assistant.tools.pages import CachedPages, PageText
from assistant.tools.search_engines import choose_engine
from assistant.tools.tool import Tool
from assistant.tools.web_search import WebSearch
from assistant.tools.wikipedia import Wikipedia
from index_store.chunks import Embedder
from ui.environment import Environment

if TYPE_CHECKING:
    from ingest.arxiv import Arxiv, Paper
    from ingest.fetch import Fetcher


def outside_tools(environment: Environment, embedder: Embedder) -> list[Tool]:
    """Build the tools that look beyond the course; what they fetch by an address goes through one guarded fetcher."""
    contact = environment.get("LECTERN_CONTACT") or ""
    allow = environment.get("LECTERN_FETCH_LOOPBACK") == "1"

    @cache
    def fetcher() -> Fetcher:
        from ingest.fetch import Fetcher, FetchSettings

        return Fetcher(FetchSettings(max_bytes=5_000_000, timeout_s=20.0, contact=contact, allow_loopback=allow))

    @cache
    def arxiv() -> Arxiv:
        from ingest.arxiv import Arxiv

        return Arxiv(fetcher())

    engine = choose_engine(
        environment.secret("TAVILY_API_KEY"),
        environment.secret("SERPAPI_API_KEY"),
        environment.get("LECTERN_SEARXNG_URL"),
    )
    return [
        Wikipedia(embedder, api_url=environment.get("LECTERN_WIKIPEDIA_API_URL"), contact=contact),
        WebSearch(engine, embedder),
        OpenPage(CachedPages(FetchedPages(fetcher)), embedder),
        ArxivLookup(ArxivPapers(arxiv), embedder),
    ]


def paper_abstract(environment: Environment, paper_id: str) -> str | None:
    """Give title and abstract of a paper on arXiv, None where the text is no id of one.

    Raises:
        SourceMissing, FetchRefused, FetchFailed: when there is no such paper, or it could not be fetched.
    """
    from ingest.arxiv import parse_id

    wanted = parse_id(paper_id)
    if wanted is None:
        return None
    contact, allow = environment.get("LECTERN_CONTACT") or "", environment.get("LECTERN_FETCH_LOOPBACK") == "1"
    paper = _one_arxiv(contact, allow).paper(wanted)
    return f"{paper.title}\n\n{paper.abstract}"


@cache
def _one_arxiv(contact: str, allow_loopback: bool) -> Arxiv:
    """Give the same arXiv each time: it keeps the pause between two questions, whoever asks them."""
    from ingest.arxiv import Arxiv
    from ingest.fetch import Fetcher, FetchSettings

    return Arxiv(Fetcher(FetchSettings(contact=contact, allow_loopback=allow_loopback)))


class FetchedPages:
    """Reads a page for the agent; `open_fetcher` gives the same fetcher each time."""

    def __init__(self, open_fetcher: Callable[[], Fetcher]) -> None:
        self._open_fetcher = open_fetcher

    def read(self, address: str) -> PageText:
        """Fetch and read a page.

        Raises:
            FetchRefused, FetchFailed: when it may not or could not be fetched.
            UnreadableFile: when no reader reads what came.
        """
        from ingest.web import page_material, read_material

        material = page_material(self._open_fetcher(), address)
        document = read_material(material)
        sections: dict[tuple[str, ...], list[str]] = {}
        for block in document.blocks:
            sections.setdefault(block.locator.headings, []).append(block.text)
        texts = tuple((headings, "\n\n".join(parts)) for headings, parts in sections.items())
        return PageText(material.path, document.title, texts, material.fetched_at)


class ArxivPapers:
    """Looks papers up for the agent; `open_arxiv` gives the same client each time, so that its pauses are kept."""

    def __init__(self, open_arxiv: Callable[[], Arxiv]) -> None:
        self._open_arxiv = open_arxiv

    def paper(self, paper_id: str) -> PaperRecord:
        """Look up one paper.

        Raises:
            InvalidInput, SourceMissing, FetchRefused, FetchFailed: as `Arxiv.paper`.
        """
        return _record(self._open_arxiv().paper(paper_id))

    def search(self, query: str, most: int) -> list[PaperRecord]:
        """Search.

        Raises:
            FetchRefused, FetchFailed: as `Arxiv.search`.
        """
        return [_record(paper) for paper in self._open_arxiv().search(query, most)]


def _record(paper: Paper) -> PaperRecord:
    return PaperRecord(
        id=str(paper.id),
        address=paper.address,
        title=paper.title,
        authors=paper.authors,
        published=paper.published,
        abstract=paper.abstract,
        fetched_at=paper.fetched_at,
    )
