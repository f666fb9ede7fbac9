"""Papers of arXiv by their ids: title, authors, dates and abstract from its API, and the PDF where that is asked for.

Format of the answers: arXiv API User's Manual, sections 3.3 and 3.4 (https://info.arxiv.org/help/api/user-manual.html).
The API is made for programs, so its robots.txt (written for crawlers) is not asked; the PDF goes by robots.txt.
"""

from __future__ import annotations

import re
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from index_store.errors import FetchFailed, InvalidInput, SourceMissing
from ingest.arxiv_ids import PaperId, parse_id, required_id
from ingest.fetch import Fetcher, Page
from ingest.web import Material, material_of

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element  # nosec B405 - the type; defusedxml parses

__all__ = ["Arxiv", "ArxivSettings", "Paper", "PaperId", "parse_id"]

_ATOM, _ARXIV = "{http://www.w3.org/2005/Atom}", "{http://arxiv.org/schemas/atom}"
_MARKUP = re.compile(r"[\\`*_\[\]<>#&]")
_BLOCK = re.compile(r"[#>+*=~`<|-]|\d+[.)]|\[")  # what would make a heading, list, fence or HTML of an abstract
_WITHDRAWN = re.compile(
    r"(?:^|\bthis\s+(?:\w+\s+){0,2}(?:has|have|is|was)\s+(?:been\s+)?)withdrawn\b(?!\s+from\s+(?!(?:the\s+)?arxiv))",
    re.IGNORECASE,
)
_WITHDRAWAL = 120  # characters within which an abstract says that there is none
_SEARCHED = re.compile(r"[^\W_]+")  # no quotes, brackets, colons: operators there; nor hyphens (arXiv/arxiv-search#322)
_IDLE = " a about an and andnot are as at by for from how in is not of on or paper s the to what with "  # AND, OR too
MOST_WORDS, MOST_PAPERS = 12, 10
_BY_HAND = "Paste the abstract, or add the paper as a file"
_LATER = "Try again later: arXiv answers one question in three seconds, and has pauses for maintenance."


@dataclass(frozen=True, slots=True)
class ArxivSettings:
    """Where arXiv is, and how it is asked; `pause_s` seconds lie between two questions, as its terms of use ask."""

    api: str = "https://export.arxiv.org/api/query"
    site: str = "https://arxiv.org"
    full_text: bool = False
    pause_s: float = 3.0


@dataclass(frozen=True, slots=True)
class Paper:
    """What arXiv says of a paper; dates are ISO 8601 days, `address` is the one that was asked for."""

    id: PaperId  # with the version that was found
    address: str
    title: str
    authors: tuple[str, ...]
    published: str
    updated: str
    categories: tuple[str, ...]  # the primary one first
    abstract: str
    comment: str = ""
    journal: str = ""
    doi: str = ""
    fetched_at: str = ""

    def markdown(self) -> str:
        """Write the paper's record as Markdown, for the reader of that format and for prompts."""
        rows = (
            ("Authors", ", ".join(self.authors)),
            ("Published", self.published),
            ("Updated", self.updated if self.updated != self.published else ""),
            ("Categories", ", ".join(self.categories)),
            ("Comment", self.comment),
            ("Journal", self.journal),
            ("DOI", self.doi),
            ("arXiv", f"{self.id}, {self.address}"),
        )
        facts = "\n".join(f"- {name}: {value}" for name, value in rows if value)
        title = _MARKUP.sub(r"\\\g<0>", self.title)
        lead = "Abstract: " if _BLOCK.match(self.abstract) else ""
        return f"# {title}\n\n## Abstract\n\n{lead}{self.abstract}\n\n## Record\n\n{facts}\n"

    def material(self) -> Material:
        """Give the record as material for the readers."""
        return Material(self.address, ".md", self.markdown().encode(), self.fetched_at)


class Arxiv:
    """Asks arXiv through the guarded fetcher, never faster than it wants. May be used by many threads."""

    def __init__(self, fetcher: Fetcher, settings: ArxivSettings | None = None) -> None:
        self._fetcher = fetcher
        self._settings = ArxivSettings() if settings is None else settings
        self._lock = threading.Lock()
        self._next = 0.0  # monotonic seconds before which no question is asked

    def paper(self, paper_id: PaperId | str) -> Paper:
        """Look up a paper.

        Raises:
            InvalidInput: when the text is no arXiv id.
            SourceMissing: when there is no such paper, or it was withdrawn.
            FetchRefused, FetchFailed: when the API could not be asked, or answers nonsense.
        """
        wanted = required_id(paper_id)
        query = urlencode({"id_list": str(wanted), "max_results": 1})
        page = self._paced(f"{self._settings.api}?{query}", robots=False)
        entry = _entry(page.data, wanted)
        return _paper(entry, wanted, f"{self._settings.site}/abs/{wanted}", page.fetched_at)

    def search(self, query: str, most: int = MOST_PAPERS) -> list[Paper]:
        """Search titles, authors and abstracts for all words of a query; give 1 to MOST_PAPERS papers, best first.

        Raises:
            InvalidInput: when the query holds no word.
            FetchRefused, FetchFailed: when the API could not be asked, or answers nonsense.
        """
        most = max(1, min(most, MOST_PAPERS))
        words = [word for word in _SEARCHED.findall(query) if f" {word.lower()} " not in _IDLE][:MOST_WORDS]
        if not words:
            raise InvalidInput("There is no word to search arXiv for.", hint="Give words of a title or abstract.")
        terms = " AND ".join(f"all:{word}" for word in words)
        asked = urlencode({"search_query": terms, "max_results": most, "sortBy": "relevance"})
        page = self._paced(f"{self._settings.api}?{asked}", robots=False)
        return _papers(page.data, self._settings.site, page.fetched_at)[:most]

    def materials(self, paper_id: PaperId | str) -> list[Material]:
        """Give a paper's record and, where the settings ask for the full text, its PDF.

        Raises:
            InvalidInput, SourceMissing, FetchRefused, FetchFailed: as `paper` does.
            UnreadableFile: when what should be the PDF is none.
        """
        paper = self.paper(paper_id)
        if not self._settings.full_text:
            return [paper.material()]
        wanted = required_id(paper_id)
        return [paper.material(), material_of(self._paced(f"{self._settings.site}/pdf/{wanted}"))]

    def _paced(self, url: str, *, robots: bool = True) -> Page:
        with self._lock:  # held all the time: its terms of use allow one connection at a time
            time.sleep(max(0.0, self._next - time.monotonic()))
            try:
                return self._fetcher.fetch(url, robots=robots)
            except FetchFailed as exc:
                raise exc if robots else _unreachable(exc) from exc
            finally:
                self._next = time.monotonic() + self._settings.pause_s


def _unreachable(exc: FetchFailed) -> FetchFailed:
    """Say it without the API's address: who gave an id has written none, and can check none."""
    reason = exc.message.partition(": ")[2].rstrip(".") or exc.message
    answered = exc.__cause__ is None  # it says itself when to come again
    hint = f"{_BY_HAND}, or try again later." if not answered else f"{exc.hint} {_BY_HAND}."
    return FetchFailed(f"arXiv cannot be reached from here ({reason}).", hint=hint)


def _entry(data: bytes, wanted: PaperId) -> Element:
    """Find the one entry of the feed.

    Raises:
        SourceMissing: when there is none, or it says that the id is wrong.
        FetchFailed: when this is no feed, or arXiv says that something else went wrong.
    """
    feed = _feed(data, f"arXiv:{wanted}")
    entry = feed.find(f"{_ATOM}entry")
    if entry is None or not _text(entry, f"{_ATOM}id"):
        raise _unknown(wanted)
    if "/api/errors" in _text(entry, f"{_ATOM}id"):
        reason = _text(entry, f"{_ATOM}summary")[:200]
        if "incorrect id" in reason.lower():
            raise _unknown(wanted)
        raise FetchFailed(f"arXiv:{wanted}: the API says: {reason or 'error'}.", hint=_LATER)
    return entry


def _feed(data: bytes, about: str) -> Element:
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        feed: Element = fromstring(data)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as exc:
        raise FetchFailed(f"{about}: the API's answer is no Atom feed.", hint=_LATER) from exc
    if feed.tag != f"{_ATOM}feed":
        raise FetchFailed(f"{about}: the API's answer is no Atom feed.", hint=_LATER)
    return feed


def _papers(data: bytes, site: str, fetched_at: str) -> list[Paper]:
    """Read the papers of a feed; those that are withdrawn or have no abstract are left out."""
    found: list[Paper] = []
    for entry in _feed(data, "arXiv").findall(f"{_ATOM}entry"):
        said = _text(entry, f"{_ATOM}id")
        if "/api/errors" in said:
            reason = _text(entry, f"{_ATOM}summary")[:200]
            raise FetchFailed(f"arXiv: the API says: {reason or 'error'}.", hint=_LATER)
        paper_id = parse_id(said)
        if paper_id is not None:
            with suppress(SourceMissing):  # withdrawn
                found.append(_paper(entry, paper_id, f"{site}/abs/{paper_id}", fetched_at))
    return found


def _paper(entry: Element, wanted: PaperId, address: str, fetched_at: str) -> Paper:
    found = parse_id(_text(entry, f"{_ATOM}id"))
    if found is None or found.number != wanted.number:
        raise FetchFailed(f"arXiv:{wanted}: the API answers with another paper.", hint=_LATER)
    primary = [e.get("term", "") for e in entry.findall(f"{_ARXIV}primary_category")]
    others = [e.get("term", "") for e in entry.findall(f"{_ATOM}category")]
    paper = Paper(
        id=found,
        address=address,
        title=_text(entry, f"{_ATOM}title"),
        authors=tuple(_text(author, f"{_ATOM}name") for author in entry.findall(f"{_ATOM}author")),
        published=_text(entry, f"{_ATOM}published")[:10],
        updated=_text(entry, f"{_ATOM}updated")[:10],
        categories=tuple(dict.fromkeys(term for term in (*primary, *others) if term)),
        abstract=_text(entry, f"{_ATOM}summary"),
        comment=_text(entry, f"{_ARXIV}comment"),
        journal=_text(entry, f"{_ARXIV}journal_ref"),
        doi=_text(entry, f"{_ARXIV}doi"),
        fetched_at=fetched_at,
    )
    _require_abstract(paper)
    return paper


def _require_abstract(paper: Paper) -> None:
    for said in (paper.comment, paper.abstract[:_WITHDRAWAL]):
        if _WITHDRAWN.search(said):
            raise SourceMissing(
                f"arXiv:{paper.id} was withdrawn: {said[:200]}",
                hint="An earlier version may still be there: name it, as in arxiv:2310.10631v1.",
            )
    if not paper.title or not paper.abstract:
        raise _unknown(paper.id)  # the API lists some ids that do not exist with empty fields


def _unknown(wanted: PaperId) -> SourceMissing:
    return SourceMissing(
        f"arXiv:{wanted}: arXiv has no such paper.", hint=f"Check the id: https://arxiv.org/abs/{wanted}"
    )


def _text(element: Element, tag: str) -> str:
    """Text of a child in one line; empty where there is none."""
    return " ".join((element.findtext(tag) or "").split())
