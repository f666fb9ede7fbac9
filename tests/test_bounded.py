"""A body that does not end, or comes byte by byte, is cut, whoever reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from assistant.tools.search_engines import SearXng
from assistant.tools.wiki_client import WikiClient
from index_store.bounded import TooLong, cut_after, cut_stream_after
from index_store.embeddings import ServerEmbedder
from index_store.errors import EmbeddingServerFailed, ToolFailed
from index_store.settings import StoreSettings
from tests.web_site import Answer, WebSite, dripping, endless


@pytest.fixture
def site() -> Iterator[WebSite]:
    with WebSite() as found:
        yield found


def test_a_body_is_cut_by_its_size_and_by_its_time(site: WebSite) -> None:
    site["/flood"], site["/drip"] = Answer(endless()), Answer(dripping(b"{", pause_s=0.01))
    with httpx.Client(event_hooks={"response": [cut_after(2**20, 0.2)]}) as client:
        with pytest.raises(TooLong, match="0.2 s"):
            client.get(f"{site.url}/drip")
        site.page("/fine", b"x" * 2**20)
        assert len(client.get(f"{site.url}/fine").content) == 2**20
    with (
        httpx.Client(event_hooks={"response": [cut_after(2**20, 60.0)]}) as client,
        pytest.raises(TooLong, match="1 MB"),
    ):
        client.get(f"{site.url}/flood")


async def test_a_stream_is_cut_by_its_size(site: WebSite) -> None:
    site["/flood"] = Answer(endless())
    async with httpx.AsyncClient(event_hooks={"response": [cut_stream_after(2**20)]}) as client:
        with pytest.raises(TooLong, match="1 MB"):
            await client.get(f"{site.url}/flood")


@pytest.mark.parametrize("ask", [lambda w: w.search("clay", 3), lambda w: w.read("Clay")], ids=["search", "read"])
@pytest.mark.parametrize("body", [endless(), dripping(b" ", pause_s=0.01)], ids=["flood", "drip"])
def test_a_wiki_that_never_ends_is_told(site: WebSite, ask: Callable[[WikiClient], object], body: object) -> None:
    site["/api.php"] = Answer(body, content_type="application/json")  # type: ignore[arg-type]
    with pytest.raises(ToolFailed, match="does not end within"):
        ask(WikiClient(f"{site.url}/api.php", "x", timeout_s=0.5))


@pytest.mark.parametrize("body", [endless(), dripping(b" ", pause_s=0.01)], ids=["flood", "drip"])
def test_a_search_engine_that_never_ends_is_told(site: WebSite, body: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.tools.search_engines.TIMEOUT_S", 0.5)
    site["/search"] = Answer(body, content_type="application/json")  # type: ignore[arg-type]
    with pytest.raises(ToolFailed, match="does not end within"):
        SearXng(site.url).search("clay", 3)


@pytest.mark.parametrize("body", [endless(), dripping(b" ", pause_s=0.01)], ids=["flood", "drip"])
def test_an_embedding_server_that_never_ends_is_told_and_not_asked_again(
    site: WebSite, body: object, tmp_path: Path
) -> None:
    site["/v1/embeddings"] = Answer(body, content_type="application/json")  # type: ignore[arg-type]
    settings = StoreSettings(
        tmp_path, embedding="compatible:m", base_url=f"{site.url}/v1", embedding_timeout_s=0.5, backoff_s=0.01
    )
    with pytest.raises(EmbeddingServerFailed, match="does not end within") as told:
        ServerEmbedder(settings).embed_query("clay")
    assert told.value.hint and len(site.asked) == 1
