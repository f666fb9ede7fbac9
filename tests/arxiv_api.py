"""A double of arXiv's API in its documented format (Atom with OpenSearch and arXiv elements), for a WebSite's path.

    site["/api/query"] = ArxivApi(Record("2310.10631", title="A paper", summary="What it says."))

Format: arXiv API User's Manual, sections 3.3 and 3.4 (https://info.arxiv.org/help/api/user-manual.html). The papers
are made up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

from tests.web_site import Answer, Asked

ATOM = "application/atom+xml; charset=UTF-8"
_SHAPE = re.compile(r"(?:\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?")

_TERM = re.compile(r"all:(?!(?:AND|OR|ANDNOT)\b)(\w+)((?:-\w+)*)")


@dataclass(frozen=True)
class Record:
    """A made-up paper; `versions` is the number of its latest version."""

    number: str
    title: str = "Walking the\n  reading list: a study"
    summary: str = "We read what is given & say what we read.\n  It helps when p < 0.05.\n"
    authors: tuple[str, ...] = ("Ada Example", "Bo Müller")
    categories: tuple[str, ...] = ("cs.CL", "cs.AI", "cs.CL")
    comment: str = ""
    journal: str = ""
    doi: str = ""
    versions: int = 3

    def entry(self, version: int) -> str:
        extras = "".join(
            f'<arxiv:{tag} xmlns:arxiv="http://arxiv.org/schemas/atom">{escape(value)}</arxiv:{tag}>'
            for tag, value in (("doi", self.doi), ("comment", self.comment), ("journal_ref", self.journal))
            if value
        )
        authors = "".join(f"<author>\n      <name>{escape(name)}</name>\n    </author>" for name in self.authors)
        scheme = "http://arxiv.org/schemas/atom"
        categories = "".join(f'<category term="{term}" scheme="{scheme}"/>' for term in self.categories)
        primary = f'<arxiv:primary_category xmlns:arxiv="{scheme}" term="{self.categories[0]}" scheme="{scheme}"/>'
        link = f"http://arxiv.org/abs/{self.number}v{version}"
        return f"""
  <entry>
    <id>{link}</id>
    <updated>2024-03-15T17:59:10Z</updated>
    <published>2023-10-16T17:54:07Z</published>
    <title>{escape(self.title)}</title>
    <summary>  {escape(self.summary)}</summary>
    {authors}{extras}
    <link href="{link}" rel="alternate" type="text/html"/>
    <link title="pdf" href="{link.replace("/abs/", "/pdf/")}" rel="related" type="application/pdf"/>
    {primary}{categories}
  </entry>"""


class ArxivApi:
    """Answers `id_list` queries as arXiv does; an id of another shape gives an error entry, an unknown one no entry.

    A `search_query` of `all:word AND ...` gives the papers that hold every word, latest versions. As there, what
    follows a hyphen must not be in a paper (arXiv/arxiv-search#322), and words like "the" are in none; a query of
    another form gives an error entry.
    """

    def __init__(self, *records: Record) -> None:
        self._records = {record.number: record for record in records}

    def __call__(self, asked: Asked) -> Answer:
        query = parse_qs(urlsplit(asked.path).query)
        if "search_query" in query:
            return self._search(query["search_query"][0], int(query["max_results"][0]))
        wanted = query.get("id_list", [""])[0]
        if not _SHAPE.fullmatch(wanted):
            return Answer(error(f"incorrect id format for {wanted}"), status=400, content_type=ATOM)
        number, _, version = wanted.partition("v")
        record = self._records.get(number)
        if record is None or int(version or 1) > record.versions:
            return Answer(feed("", 0), content_type=ATOM)
        return Answer(feed(record.entry(int(version or record.versions)), 1), content_type=ATOM)

    def _search(self, query: str, most: int) -> Answer:
        terms = [_TERM.fullmatch(term) for term in query.split(" AND ")]
        if None in terms or not 1 <= most <= 2000:
            return Answer(error(f"malformed query {query}"), status=400, content_type=ATOM)
        words = [term[1].lower() for term in terms if term]
        denied = [word.lower() for term in terms if term for word in term[2].split("-") if word]
        held = [
            record
            for record in self._records.values()
            if (text := set(re.findall(r"\w+", f"{record.title} {record.summary}".lower())) - {"the", "of", "and"})
            and text.issuperset(words)
            and text.isdisjoint(denied)
        ][:most]
        return Answer(feed("".join(r.entry(r.versions) for r in held), len(held)), content_type=ATOM)


def feed(entries: str, total: int) -> bytes:
    search = 'xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/"'
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
  <link href="http://arxiv.org/api/query?search_query=&amp;id_list=" rel="self" type="application/atom+xml"/>
  <title type="html">ArXiv Query: search_query=&amp;id_list=&amp;start=0&amp;max_results=1</title>
  <id>http://arxiv.org/api/cHxbiOdZaP56ODnBPIenZhzg5f8</id>
  <updated>2026-01-05T00:00:00-05:00</updated>
  <opensearch:totalResults {search}>{total}</opensearch:totalResults>
  <opensearch:startIndex {search}>0</opensearch:startIndex>
  <opensearch:itemsPerPage {search}>1</opensearch:itemsPerPage>{entries}
</feed>
""".encode()


def error(reason: str) -> bytes:
    return feed(
        f"""
  <entry>
    <id>http://arxiv.org/api/errors#{reason.replace(" ", "_")}</id>
    <title>Error</title>
    <summary>{escape(reason)}</summary>
    <updated>2026-01-05T00:00:00-05:00</updated>
    <author>
      <name>arXiv api core</name>
    </author>
  </entry>""",
        1,
    )
