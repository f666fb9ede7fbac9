"""Searching arXiv: which query is asked, and which papers are given."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from index_store.errors import FetchFailed, InvalidInput
from ingest.arxiv import Arxiv, ArxivSettings, PaperId
from ingest.fetch import Fetcher, FetchSettings, Page
from tests.arxiv_api import ATOM, ArxivApi, Record, error, feed
from tests.web_site import Answer, WebSite


@pytest.fixture
def site() -> Iterator[WebSite]:
    with WebSite() as running:
        yield running


@pytest.fixture
def arxiv(site: WebSite) -> Arxiv:
    settings = ArxivSettings(api=f"{site.url}/api/query", site=site.url, pause_s=0.0)
    return Arxiv(Fetcher(FetchSettings(allow_loopback=True, timeout_s=5)), settings)


CLAY = (
    Record("2310.10631", title="Clay, a study"),
    Record("2401.00002", title="Zero-shot clay"),
    Record("hep-th/9901001"),
)


def test_search_gives_papers_that_hold_all_words_in_the_order_of_the_feed(arxiv: Arxiv, site: WebSite) -> None:
    site["/api/query"] = ArxivApi(*CLAY)
    found = arxiv.search("What is the clay paper about?")
    assert [(p.id, p.title) for p in found] == [
        (PaperId("2310.10631", 3), "Clay, a study"),
        (PaperId("2401.00002", 3), "Zero-shot clay"),
    ]
    assert found[0].address == f"{site.url}/abs/2310.10631v3" and found[0].fetched_at.endswith("+00:00")
    assert site.paths == ["/api/query?search_query=all%3Aclay&max_results=10&sortBy=relevance"]


def test_hyphenated_word_is_searched_as_two(arxiv: Arxiv, site: WebSite) -> None:
    site["/api/query"] = ArxivApi(*CLAY)
    assert [p.title for p in arxiv.search("zero-shot")] == ["Zero-shot clay"]


@pytest.mark.parametrize(("most", "asked"), [(1, 1), (0, 1), (99, 10)])
def test_search_gives_no_more_than_asked_and_never_more_than_ten(
    arxiv: Arxiv, site: WebSite, most: int, asked: int
) -> None:
    site["/api/query"] = ArxivApi(*(Record(f"2310.{n:05}") for n in range(1, 20)))
    assert len(arxiv.search("reading list", most)) == asked
    assert f"max_results={asked}&" in site.paths[0]
    site["/api/query"] = Answer(feed("".join(Record(f"2310.{n:05}").entry(1) for n in range(1, 20)), 19))
    assert len(arxiv.search("reading list", most)) == asked


def test_search_that_finds_nothing_is_an_empty_list(arxiv: Arxiv, site: WebSite) -> None:
    site["/api/query"] = ArxivApi(*CLAY)
    assert arxiv.search("quarks") == []


def test_withdrawn_and_empty_papers_are_left_out_of_a_search(arxiv: Arxiv, site: WebSite) -> None:
    gone = Record("2310.00001", comment="This paper has been withdrawn by the author")
    entries = gone.entry(1) + "<entry/>" + Record("2310.00002", summary=" ").entry(1) + Record("2310.00003").entry(2)
    site["/api/query"] = Answer(feed(entries, 4), content_type=ATOM)
    assert [str(p.id) for p in arxiv.search("reading")] == ["2310.00003v2"]


def test_search_that_goes_wrong_is_an_error(arxiv: Arxiv, site: WebSite) -> None:
    site["/api/query"] = Answer(error("the index is being rebuilt"), content_type=ATOM)
    with pytest.raises(FetchFailed, match="the index is being rebuilt"):
        arxiv.search("clay")
    site["/api/query"] = Answer(b"<html><body>Rate exceeded.</body></html>")
    with pytest.raises(FetchFailed, match="no Atom feed"):
        arxiv.search("clay")
    with pytest.raises(InvalidInput, match="no word"):
        arxiv.search("of the")


@given(st.text(max_size=60))
@example('all:"a b" ANDNOT (cat:cs.* OR x-y) TO [1 2] ~ ^ \\')
def test_no_text_is_a_query_of_another_form(text: str) -> None:
    asked: list[str] = []

    class Listening:
        def fetch(self, url: str, *, robots: bool) -> Page:
            asked.append(parse_qs(urlsplit(url).query)["search_query"][0])
            return Page(url, url, 200, ATOM, "", feed("", 0), "")

    try:
        found = Arxiv(Listening(), ArxivSettings(pause_s=0.0)).search(text)  # type: ignore[arg-type]
    except InvalidInput:
        return
    assert found == [] and re.fullmatch(r"all:[^\W_]+(?: AND all:[^\W_]+)*", asked[0])
    assert not re.search(r"all:(?:AND|OR|ANDNOT)\b", asked[0])
