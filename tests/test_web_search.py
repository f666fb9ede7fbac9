"""Web search over four engines: each spoken to over real HTTP in its own wire format, good replies and bad ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from assistant.tools.search_engines import (
    Ddgs,
    Found,
    SearchEngine,
    SearXng,
    SerpApi,
    Tavily,
    choose_engine,
    cleaned,
    results,
)
from assistant.tools.web_search import WebSearch
from index_store.errors import ToolFailed
from tests.web_site import Answer, WebSite

KEY = "tvly-secret-0123456789"
ROWS = {
    "tavily": {"results": [{"title": "Kilns &<b>p</b>", "url": "https://k.example/a", "content": "Hot ovens."}]},
    "serpapi": {"organic_results": [{"title": "Kilns", "link": "https://k.example/a", "snippet": "Hot ovens."}]},
    "searxng": {"results": [{"title": "Kilns", "url": "https://k.example/a", "content": "Hot ovens."}]},
}  # fmt: skip
PATHS = {"tavily": "/search", "serpapi": "/search.json", "searxng": "/search"}
ENGINES = sorted(ROWS)


@pytest.fixture
def site() -> Iterator[WebSite]:
    with WebSite() as double:
        yield double


def engine(name: str, site: WebSite) -> SearchEngine:
    if name == "tavily":
        return Tavily(SecretStr(KEY), site.url)
    return SerpApi(SecretStr(KEY), site.url) if name == "serpapi" else SearXng(f"{site.url}/")


def says(site: WebSite, name: str, reply: Any, status: int = 200) -> None:
    body = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
    site[PATHS[name]] = Answer(body, status=status, content_type="application/json")


@pytest.mark.parametrize("name", ENGINES)
def test_each_engine_is_asked_in_its_own_format(site: WebSite, name: str) -> None:
    says(site, name, ROWS[name])
    found = engine(name, site).search("kilns and pots", 3)
    assert [f.address for f in found] == ["https://k.example/a"]
    assert found[0].title.startswith("Kilns") and found[0].snippet == "Hot ovens."
    asked = site.asked[0]
    query = parse_qs(urlsplit(asked.path).query)
    if name == "tavily":
        assert asked.headers["authorization"] == f"Bearer {KEY}" and not query
        assert json.loads(asked.body) == {"query": "kilns and pots", "max_results": 3}
    elif name == "serpapi":
        assert (query["q"], query["engine"], query["api_key"]) == (["kilns and pots"], ["google"], [KEY])
    else:
        assert (query["q"], query["format"]) == (["kilns and pots"], ["json"])


BAD = [
    (b"", 401, "refuses"),
    (b"", 403, "refuses"),
    (b"", 429, "status 429"),
    (b"", 500, "status 500"),
    (b"<html>", 200, "no JSON"),
    (b"[]", 200, "no JSON object"),
    (b'{"results": 1, "organic_results": 1}', 200, "something unexpected"),
]


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize(("body", "status", "told"), BAD)
def test_a_bad_reply_is_told_and_no_key_with_it(site: WebSite, name: str, body: bytes, status: int, told: str) -> None:
    says(site, name, body, status)
    with pytest.raises(ToolFailed, match=told) as failed:
        engine(name, site).search("kilns", 3)
    assert failed.value.hint and KEY not in str(failed.value)
    assert failed.value.__cause__ is None or KEY not in str(failed.value.__cause__)


@pytest.mark.parametrize("name", ENGINES)
def test_an_engine_that_is_gone_is_told_and_no_key_with_it(name: str) -> None:
    class Gone:
        url = "http://127.0.0.1:9"

    with pytest.raises(ToolFailed, match="cannot be reached") as failed:
        engine(name, Gone()).search("kilns", 3)  # type: ignore[arg-type]
    assert KEY not in str(failed.value) and failed.value.__cause__ is None


@pytest.mark.parametrize("name", ENGINES)
def test_nothing_found_is_an_empty_list(site: WebSite, name: str) -> None:
    says(site, name, {"error": "Google hasn't returned any results for this query."} if name == "serpapi" else {})
    assert engine(name, site).search("kilns", 3) == []


def test_searxng_without_json_says_how_to_turn_it_on(site: WebSite) -> None:
    says(site, "searxng", b"", 403)
    with pytest.raises(ToolFailed) as failed:
        engine("searxng", site).search("kilns", 3)
    assert "formats" in failed.value.hint


def test_a_key_is_not_shown() -> None:
    assert KEY not in repr(Tavily(SecretStr(KEY))) + repr(SerpApi(SecretStr(KEY)))


def test_what_is_set_up_chooses_the_engine() -> None:
    key = SecretStr(KEY)
    assert isinstance(choose_engine(), Ddgs)
    assert isinstance(choose_engine(serpapi_key=key), SerpApi)
    assert isinstance(choose_engine(tavily_key=key, serpapi_key=key), Tavily)
    assert isinstance(choose_engine(tavily_key=key, searxng="http://s.example:8080"), SearXng)
    assert choose_engine(searxng="http://s.example:8080").host == ("s.example", 8080)
    assert choose_engine(tavily_key=key).host == ("api.tavily.com", 443)


def test_the_keyless_engine_is_called_as_its_package_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    from ddgs import ddgs
    from ddgs.exceptions import DDGSException, RatelimitException, TimeoutException

    given: list[Any] = []

    def search(self: Any, category: str, query: str, **how: Any) -> list[dict[str, str]]:
        given.append((category, query, how))
        return [{"title": "Kilns", "href": "https://k.example/a", "body": "Hot ovens."}]

    monkeypatch.setattr(ddgs.DDGS, "_search_sync", search)  # below its public `text`, above the network
    assert Ddgs().search("kilns", 3) == [Found("Kilns", "https://k.example/a", "Hot ovens.")]
    assert given == [("text", "kilns", {"max_results": 3})]
    raised = {
        RatelimitException("x"): "too many",
        TimeoutException("x"): "in time",
        DDGSException("odd"): "failed: odd",
    }
    for exc, told in raised.items():

        def fail(self: Any, *given: Any, exc: Exception = exc, **how: Any) -> None:
            raise exc

        monkeypatch.setattr(ddgs.DDGS, "_search_sync", fail)
        with pytest.raises(ToolFailed, match=told):
            Ddgs().search("kilns", 3)

    def nothing(self: Any, *given: Any, **how: Any) -> None:
        raise DDGSException("No results found.")

    monkeypatch.setattr(ddgs.DDGS, "_search_sync", nothing)
    assert Ddgs().search("kilns", 3) == []


async def test_the_tool_gives_a_list_addresses_and_citable_snippets(site: WebSite, minilm: Any) -> None:
    rows = [{"title": f"Page {n}", "url": f"https://k.example/{n}", "content": f"Kilns {n} are hot."} for n in range(9)]
    says(site, "searxng", {"results": [*rows, rows[0], {"title": "x", "url": "ftp://x"}, {"title": "no address"}]})
    found = await WebSearch(engine("searxng", site), minilm).run(WebSearch.arguments(query="kilns", most=4))
    assert found.addresses == found.choices == tuple(f"https://k.example/{n}" for n in range(4))
    assert found.text.splitlines()[1] == "1. Page 0 | https://k.example/0"
    assert [s.hit.chunk.context for s in found.sources] == [f"Kilns {n} are hot." for n in range(4)]
    assert {s.kind for s in found.sources} == {"web"} and all(s.fetched_at for s in found.sources)


async def test_the_tool_says_when_nothing_was_found(site: WebSite, minilm: Any) -> None:
    says(site, "searxng", {"results": []})
    found = await WebSearch(engine("searxng", site), minilm).run(WebSearch.arguments(query="kilns"))
    assert "Nothing was found" in found.text and not found.sources


@given(st.text(max_size=200))
def test_cleaned_text_is_one_plain_line(text: str) -> None:
    done = cleaned(text)
    assert "\n" not in done and done == done.strip()
    assert not any(ord(c) < 32 or c in "\u202e\u2066\u200f\x7f\x85" for c in done)


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=30), st.text(max_size=20)), max_size=6))
def test_only_web_addresses_come_through_each_once(rows: list[tuple[str, str, str]]) -> None:
    given_rows = [
        *rows,
        ("A", "https://a.example/x", "s"),
        ("B", "https://a.example/x", "t"),
        ("C", "javascript:x", ""),
    ]
    found = results(given_rows)
    assert [f.address for f in found].count("https://a.example/x") == 1
    assert all(f.address.startswith(("http://", "https://")) for f in found)


def test_what_is_no_text_is_passed_over() -> None:
    assert results([(None, None, None), (1, 2, 3), ("t", "https://a.example", None)]) == [
        Found("t", "https://a.example", "")
    ]
