"""The Wikipedia tool over real HTTP, with replies that were recorded from a real MediaWiki, and with bad ones."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import wikipedia
from pydantic import ValidationError

from assistant.tools.extracts import Extract, extracts_of, wiki_sections
from assistant.tools.tool import Observation
from assistant.tools.wiki_client import Article, Choices, WikiClient
from assistant.tools.wikipedia import Wikipedia
from index_store.chunks import CONTEXT_CHARACTERS
from index_store.errors import SettingsError, ToolFailed
from tests.web_site import Answer, Asked, WebSite, redirect

RECORDED = json.loads((Path(__file__).parent / "data" / "mediawiki.json").read_text("utf-8"))


def replies(asked: Asked) -> Answer:
    """Answer as the real one did: by the parameters that matter."""
    given = dict(parse_qsl(urlsplit(asked.path).query, keep_blank_values=True))
    for kept in RECORDED.values():
        wanted = {k: str(v) for k, v in kept["params"].items()}
        if {k: v for k, v in given.items() if k not in ("maxlag", "srlimit", "limit")} == {
            k: v for k, v in wanted.items() if k not in ("srlimit", "limit")
        }:
            return Answer(json.dumps(kept["reply"]).encode(), content_type="application/json")
    return Answer(b'{"batchcomplete": "", "query": {"search": []}}', content_type="application/json")


@pytest.fixture
def site() -> Iterator[WebSite]:
    with WebSite() as double:
        double["/api.php"] = replies
        yield double


@pytest.fixture
def client(site: WebSite) -> WikiClient:
    return WikiClient(f"{site.url}/api.php", "lectern-tests/1.0", timeout_s=2.0)


async def ask(tool: Wikipedia, **given: Any) -> Observation:
    return await tool.run(Wikipedia.arguments(**given))


def test_an_article_is_read_with_the_address_of_its_revision(client: WikiClient) -> None:
    article = client.read("Kiln")
    assert isinstance(article, Article)
    assert article.text.startswith("A kiln is an oven")
    revision = next(iter(RECORDED["text"]["reply"]["query"]["pages"].values()))["revisions"][0]["revid"]
    assert article.address.endswith(f"Kiln?oldid={revision}")


def test_redirects_choices_and_missing_pages_are_told_apart(client: WikiClient) -> None:
    leads = client.read("Pottery oven")
    assert isinstance(leads, Article) and leads.is_redirected
    choices = client.read("Mercury")
    assert isinstance(choices, Choices) and choices.titles == ("Mercury (element)", "Mercury (planet)")
    missing = client.read("No such page")
    assert isinstance(missing, Choices) and missing.missing and missing.titles == ()


def test_a_search_that_finds_no_title_is_made_again_in_the_texts(site: WebSite, client: WikiClient) -> None:
    def of_titles_alone(asked: Asked) -> Answer:
        given = dict(parse_qsl(urlsplit(asked.path).query))
        found = [{"title": "Kiln"}] if given.get("srwhat") == "text" else []
        return Answer(json.dumps({"query": {"search": found}}).encode(), content_type="application/json")

    site["/api.php"] = of_titles_alone
    assert client.search("oven that hardens clay", 5)[0] == ["Kiln"]


def test_every_request_names_who_asks(site: WebSite, client: WikiClient) -> None:
    client.search("mercury", 6)
    assert [a.headers["user-agent"] for a in site.asked] == ["lectern-tests/1.0"]


def test_two_clients_and_the_package_itself_share_nothing(site: WebSite, client: WikiClient) -> None:
    before = (wikipedia.wikipedia.API_URL, wikipedia.wikipedia.USER_AGENT)
    other = WikiClient("https://de.wikipedia.org/w/api.php", "other")
    assert before == (wikipedia.wikipedia.API_URL, wikipedia.wikipedia.USER_AGENT)
    assert client.search("mercury", 6)[0] and other.api_url != client.api_url
    assert [urlsplit(a.path).path for a in site.asked] == ["/api.php"]


def test_the_same_search_is_asked_again_and_not_kept_for_good(site: WebSite, client: WikiClient) -> None:
    client.search("mercury", 6)
    client.search("mercury", 6)
    assert len(site.asked) == 2


BAD: dict[str, Answer | Callable[[Asked], Answer]] = {
    "status 429. It asks to wait 7 seconds": Answer(b"slow down", status=429, headers={"Retry-After": "7"}),
    "status 500": Answer(b"oops", status=500),
    "status 302": redirect("https://evil.example/api.php"),
    "no JSON": Answer(b"<html>Log in</html>"),
    "no JSON object": Answer(b"[1]", content_type="application/json"),
    "something unexpected": Answer(b'{"query": {}}', content_type="application/json"),
    "answers: no": Answer(b'{"error": {"code": "x", "info": "no"}}', content_type="application/json"),
}


@pytest.mark.parametrize("told", BAD)
def test_a_bad_answer_is_told_as_what_it_is(site: WebSite, client: WikiClient, told: str) -> None:
    site["/api.php"] = BAD[told]
    for ask_it in (lambda: client.search("x", 3), lambda: client.read("x")):
        with pytest.raises(ToolFailed, match=told) as failed:
            ask_it()
        assert failed.value.hint


def test_a_wiki_that_is_silent_or_gone_is_told(site: WebSite) -> None:
    site["/api.php"] = Answer(raw=lambda: iter(()))
    with pytest.raises(ToolFailed, match="cannot be reached at 127.0.0.1"):
        WikiClient(f"{site.url}/api.php", "x", timeout_s=0.2).search("x", 3)
    with pytest.raises(ToolFailed, match="cannot be reached"):
        WikiClient("http://127.0.0.1:9/api.php", "x", timeout_s=0.5).search("x", 3)


@pytest.mark.parametrize("address", ["", "file:///etc/passwd", "wiki.example/api.php", "http://", "http://x:99999/"])
def test_an_address_that_is_none_is_refused(address: str, minilm: Any) -> None:
    with pytest.raises(SettingsError, match="LECTERN_WIKIPEDIA_API_URL"):
        Wikipedia(minilm, api_url=address)


async def test_the_tool_lists_titles_then_gives_passages(site: WebSite, minilm: Any) -> None:
    tool = Wikipedia(minilm, api_url=f"{site.url}/api.php", contact="staff@example.org")
    listed = await ask(tool, search="mercury")
    assert listed.text.startswith("Articles:\n- Mercury") and listed.choices and not listed.sources
    found = await ask(tool, title="Kiln", about="Which kiln do potters have at home?")
    chunks = [s.hit.chunk for s in found.sources]
    assert len(chunks) == 3 and chunks[0].context.startswith("A kiln is an oven")
    assert any("most potters" in c.context and c.locator.headings == ("Kinds", "Electric kiln") for c in chunks)
    assert {c.title for c in chunks} == {"Kiln (Wikipedia)"}
    assert all(-1 <= s.hit.cosine <= 1 and s.fetched_at for s in found.sources)
    assert all("contact: staff@example.org" in a.headers["user-agent"] for a in site.asked)


async def test_the_tool_tells_of_redirects_choices_and_what_is_not_there(site: WebSite, minilm: Any) -> None:
    tool = Wikipedia(minilm, api_url=f"{site.url}/api.php")
    assert "“Pottery oven” leads to the article “Kiln”." in (await ask(tool, title="Pottery oven")).text
    choices = await ask(tool, title="Mercury")
    assert "may mean several things" in choices.text and choices.choices == ("Mercury (element)", "Mercury (planet)")
    assert "There is no article" in (await ask(tool, title="No such page")).text
    assert "No article was found" in (await ask(tool, search="zzz nothing")).text
    assert "not the Wikipedia in 'de'" in (await ask(tool, search="mercury", language="de")).text


def test_each_language_is_a_wiki_of_its_own_over_https(minilm: Any) -> None:
    tool = Wikipedia(minilm)
    assert tool._client("de").api_url == "https://de.wikipedia.org/w/api.php"
    assert tool._client("de") is tool._client("de") is not tool._client("en")
    assert tool.reaches == ("en.wikipedia.org", 443)


@pytest.mark.parametrize(
    "given",
    [{}, {"search": "a b", "title": "c"}, {"search": "x"}, {"title": ""}, {"title": "a" * 251},
     {"search": "ab", "language": "../x"}, {"search": "ab", "language": "EN"}, {"search": "ab", "more": 1}],
)  # fmt: skip
def test_arguments_out_of_bounds_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Wikipedia.arguments(**given)


def test_sections_keep_their_heading_paths() -> None:
    text = "Lead.\n\n\n== A ==\nOne.\n=== B ===\nTwo.\n== C ==\n\n=== D ===\nThree."
    assert list(wiki_sections(text)) == [((), "Lead."), (("A",), "One."), (("A", "B"), "Two."), (("C", "D"), "Three.")]


def test_extracts_are_verbatim_and_small() -> None:
    text = " ".join(f"Sentence number {n} says something of its own." for n in range(200))
    extracts = extracts_of([(("H",), text)])
    assert len(extracts) > 5 and all(len(e.text) <= CONTEXT_CHARACTERS and e.text in text for e in extracts)
    assert " ".join(e.text for e in extracts) == text
    assert extracts_of([]) == [] and isinstance(extracts[0], Extract)
