"""Papers for the agent, looked up by `ingest`: two packages that do not know each other meet."""

from __future__ import annotations

from assistant.tools.arxiv import PaperRecord
from ingest.arxiv import Arxiv, Paper


class ArxivPapers:
    """Looks papers up for the agent."""

    def __init__(self, arxiv: Arxiv) -> None:
        self._arxiv = arxiv

    def paper(self, paper_id: str) -> PaperRecord:
        """Look up one paper.

        Raises:
            InvalidInput, SourceMissing, FetchRefused, FetchFailed: as `Arxiv.paper`.
        """
        return _record(self._arxiv.paper(paper_id))

    def search(self, query: str, most: int) -> list[PaperRecord]:
        """Search.

        Raises:
            FetchRefused, FetchFailed: as `Arxiv.search`.
        """
        return [_record(paper) for paper in self._arxiv.search(query, most)]


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
