"""Pages for the agent, by `ingest`'s guarded fetcher and readers: two packages that do not know each other meet."""

from __future__ import annotations

from assistant.tools.pages import PageText
from ingest.fetch import Fetcher
from ingest.web import page_material, read_material


class FetchedPages:
    """Reads a page for the agent."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher

    def read(self, address: str) -> PageText:
        """Fetch and read a page.

        Raises:
            FetchRefused, FetchFailed: when it may not or could not be fetched.
            UnreadableFile: when no reader reads what came.
        """
        material = page_material(self._fetcher, address)
        document = read_material(material)
        sections: dict[tuple[str, ...], list[str]] = {}
        for block in document.blocks:
            sections.setdefault(block.locator.headings, []).append(block.text)
        texts = tuple((headings, "\n\n".join(parts)) for headings, parts in sections.items())
        return PageText(material.path, document.title, texts, material.fetched_at)
