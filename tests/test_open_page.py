"""Reading a page for the agent: the guarded fetcher, bad sites over real HTTP, and a cache whose pages have an age."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from assistant.tools.open_page import OpenPage
from assistant.tools.pages import CachedPages, PageText
from index_store.errors import FetchFailed, FetchRefused, LecternError
from ingest.fetch import Fetcher, FetchSettings
from tests.web_site import Answer, WebSite, endless, gzipped, redirect
from ui.outside import FetchedPages

PAGE = b"""<html><head><title>Kilns</title></head><body><nav>Menu</nav><main><h1>Kilns</h1>
<p>A kiln is an oven that hardens clay. It is built of bricks that stand great heat, and it cools for a day.</p>
<h2>Prices</h2><p>A small electric kiln costs some 900 euros. A large one with gas costs ten times as much.</p>
</main></body></html>"""


@pytest.fixture
def site() -> Iterator[WebSite]:
    with WebSite() as double:
        double.page("/kilns.html", PAGE)
        yield double


@pytest.fixture
def pages() -> FetchedPages:
    fetcher = Fetcher(FetchSettings(allow_loopback=True, max_bytes=20_000, timeout_s=5.0))
    return FetchedPages(lambda: fetcher)


async def test_a_page_gives_the_passages_that_fit(site: WebSite, pages: FetchedPages, minilm: Any) -> None:
    asked = OpenPage.arguments(url=f"{site.url}/kilns.html", about="What does a small kiln cost?")
    found = await OpenPage(pages, minilm).run(asked)
    best = max(found.sources, key=lambda s: s.hit.cosine)
    assert "900 euros" in best.hit.chunk.context and best.hit.chunk.path == f"{site.url}/kilns.html"
    assert "Prices" in str(best.hit.chunk.locator) and best.fetched_at
    assert not any("Menu" in s.hit.chunk.context for s in found.sources)


async def test_without_a_wish_a_page_gives_its_beginning(site: WebSite, pages: FetchedPages, minilm: Any) -> None:
    found = await OpenPage(pages, minilm).run(OpenPage.arguments(url=f"{site.url}/kilns.html"))
    assert "hardens clay" in found.sources[0].hit.chunk.context


BAD: dict[str, Answer] = {
    "/private": redirect("http://10.0.0.1/secret"),
    "/metadata": redirect("http://169.254.169.254/latest/meta-data/"),
    "/loop": redirect("/loop"),
    "/picture": Answer(b"\x89PNG", content_type="image/png"),
    "/bomb": gzipped(b"0" * 5_000_000),
    "/endless": Answer(body=endless(), content_type="text/html"),
    "/gone": Answer(status=404),
    "/broken": Answer(status=500),
}


@pytest.mark.parametrize("path", BAD)
async def test_a_bad_page_is_refused_with_the_reason(
    site: WebSite, pages: FetchedPages, minilm: Any, path: str
) -> None:
    site[path] = BAD[path]
    with pytest.raises(LecternError) as told:
        await OpenPage(pages, minilm).run(OpenPage.arguments(url=site.url + path))
    assert isinstance(told.value, FetchFailed | FetchRefused) and told.value.hint


async def test_loopback_is_refused_where_nobody_allows_it(site: WebSite, minilm: Any) -> None:
    guarded = FetchedPages(lambda: Fetcher(FetchSettings()))
    with pytest.raises(FetchRefused):
        await OpenPage(guarded, minilm).run(OpenPage.arguments(url=f"{site.url}/kilns.html"))
    assert site.asked == []


@pytest.mark.parametrize("url", ["", "ftp://x.example", "file:///etc/passwd", "javascript:x", "https://a b", "x"])
def test_what_is_no_address_is_refused_before_anything_is_fetched(url: str) -> None:
    with pytest.raises(ValidationError):
        OpenPage.arguments(url=url)


class Counting:
    """Pages that are counted, and may fail."""

    def __init__(self) -> None:
        self.read_for: list[str] = []
        self.fails = False
        self.gate: threading.Barrier | None = None

    def read(self, address: str) -> PageText:
        self.read_for.append(address)
        if self.fails:
            raise FetchFailed("It failed.")
        return PageText(address, "t", (), f"fetch {len(self.read_for)}")


def test_a_page_is_kept_until_it_is_old() -> None:
    now, inner = [0.0], Counting()
    cached = CachedPages(inner, fresh_s=100, clock=lambda: now[0])
    assert cached.read("a").fetched_at == cached.read("a").fetched_at == "fetch 1"
    assert cached.read("b").fetched_at == "fetch 2"
    now[0] = 101.0
    assert cached.read("a").fetched_at == "fetch 3"


def test_a_failure_is_not_kept() -> None:
    inner = Counting()
    cached = CachedPages(inner)
    inner.fails = True
    with pytest.raises(FetchFailed):
        cached.read("a")
    inner.fails = False
    assert cached.read("a").fetched_at == "fetch 2"


def test_many_threads_fetch_a_page_once() -> None:
    inner = Counting()
    cached = CachedPages(inner)
    threads = [threading.Thread(target=cached.read, args=("a",)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert inner.read_for == ["a"]


def test_no_more_pages_are_kept_than_wanted() -> None:
    inner = Counting()
    cached = CachedPages(inner, most=2)
    for address in ("a", "b", "c", "a"):
        cached.read(address)
    assert inner.read_for == ["a", "b", "c", "a"]
