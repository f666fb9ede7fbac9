"""Looks papers up on arXiv: searches, or gives the abstract of one. Adds nothing to the library by itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Protocol, Self

from pydantic import Field, model_validator

from assistant.tools.apart import apart
from assistant.tools.tool import Arguments, Observation, Offer, Source, Tool, outside_source
from index_store.chunks import Embedder

MOST_ABSTRACTS = 3
_ID = re.compile(r"(?:arxiv:\s*)?(?:\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7})(?:v\d+)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PaperRecord:
    """What arXiv says of a paper; dates are ISO 8601 days, `fetched_at` a time in UTC."""

    id: str
    address: str
    title: str
    authors: tuple[str, ...]
    published: str
    abstract: str
    fetched_at: str


class Papers(Protocol):
    """Asks arXiv; see `ingest.arxiv`. Its calls block."""

    def paper(self, paper_id: str) -> PaperRecord:
        """Look up one paper by its id.

        Raises:
            LecternError: when the text is no id, there is no such paper, or arXiv cannot be asked.
        """

    def search(self, query: str, most: int) -> list[PaperRecord]:
        """Search, best first.

        Raises:
            LecternError: when arXiv cannot be asked.
        """


class ArxivArguments(Arguments):
    """Either what to search for, or the id of one paper."""

    search: str | None = Field(default=None, min_length=2, max_length=200, description="Words of title or abstract.")
    id: str | None = Field(default=None, min_length=4, max_length=60, description="An arXiv id, such as 2210.03629.")
    most: int = Field(default=5, ge=1, le=10, description="With search: how many papers.")

    @model_validator(mode="before")
    @classmethod
    def _as_meant(cls, given: Any) -> Any:
        """Models give "" for what they leave out, and search for ids: a search for the words of an id finds nothing."""
        if not isinstance(given, dict):
            return given
        meant = {name: value for name, value in given.items() if value != ""}
        searched = meant.get("search")
        if "id" not in meant and isinstance(searched, str) and _ID.fullmatch(searched.strip()):
            meant["id"] = meant.pop("search")
        return meant

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.search is None) == (self.id is None):
            raise ValueError("give either search or id")
        return self


class ArxivLookup(Tool):
    """Looks papers up on arXiv. With `id` it gives one paper's abstract, with `search` a list of papers and the
    abstracts of the first. It cannot read whole papers.
    """

    name = "arxiv"
    arguments = ArxivArguments
    timeout_s = 40.0  # arXiv wants three seconds between two questions

    def __init__(self, papers: Papers, embedder: Embedder, host: str = "export.arxiv.org", port: int = 443) -> None:
        self._papers = papers
        self._embedder = embedder
        self._host = (host, port)

    @property
    def reaches(self) -> tuple[str, int]:
        """arXiv's host."""
        return self._host

    async def run(self, given: Any) -> Observation:
        """Look it up.

        Raises:
            LecternError: when there is no such paper, or arXiv cannot be asked.
        """
        return await apart(self._one if given.search is None else self._search, given)

    def _one(self, given: ArxivArguments) -> Observation:
        assert given.id is not None
        paper = self._papers.paper(given.id)
        source = self._source(paper, f"{paper.title} {paper.abstract[:200]}")
        return Observation("", (source,), offers=(_offer(paper),))

    def _search(self, given: ArxivArguments) -> Observation:
        assert given.search is not None
        found = self._papers.search(given.search, given.most)
        if not found:
            return Observation(f"arXiv has nothing with all words of “{given.search}”; fewer words find more.")
        listed = "\n".join(f"{n}. arXiv:{p.id} ({p.published[:4]}) {p.title}" for n, p in enumerate(found, 1))
        first = found[:MOST_ABSTRACTS]
        sources = tuple(self._source(paper, given.search) for paper in first)
        return Observation(f"Papers:\n{listed}", sources, tuple(p.id for p in found), offers=tuple(map(_offer, first)))

    def _source(self, paper: PaperRecord, about: str) -> Source:
        authors = ", ".join(paper.authors[:8]) + (" and others" if len(paper.authors) > 8 else "")
        text = f"{paper.title}\nAuthors: {authors}\nPublished: {paper.published}\n\n{paper.abstract}"
        cosine = float(self._embedder.embed_query(about) @ self._embedder.embed_texts([text])[0])
        title = f"{paper.title} (arXiv:{paper.id})"
        return outside_source("arxiv", paper.address, title, text, fetched_at=paper.fetched_at, cosine=cosine)


def _offer(paper: PaperRecord) -> Offer:
    return Offer(f"Add “{paper.title}” to the library", f"lectern ingest arxiv:{paper.id}")
