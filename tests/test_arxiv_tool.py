"""The arXiv tool: one paper, a search, an offer to the user; over the documented API on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from assistant.tools.arxiv import ArxivArguments, ArxivLookup
from index_store.errors import FetchFailed, InvalidInput, SourceMissing
from ingest.arxiv import Arxiv, ArxivSettings
from ingest.fetch import Fetcher, FetchSettings
from tests.arxiv_api import ArxivApi, Record
from tests.web_site import Answer, WebSite
from ui.outside import ArxivPapers

KILNS = Record("2310.10631", title="Firing kilns: a study", summary="We fire kilns and measure what the clay does.")
GLAZES = Record("2401.00002", title="Glazes on clay", summary="We melt glazes, and the clay stays.")


@pytest.fixture
def site() -> Iterator[WebSite]:
    with WebSite() as double:
        double["/api/query"] = ArxivApi(KILNS, GLAZES)
        yield double


@pytest.fixture
def arxiv(site: WebSite) -> Arxiv:
    settings = ArxivSettings(api=f"{site.url}/api/query", pause_s=0.0)
    return Arxiv(Fetcher(FetchSettings(allow_loopback=True)), settings)


@pytest.fixture
def tool(arxiv: Arxiv, minilm: Any) -> ArxivLookup:
    return ArxivLookup(ArxivPapers(lambda: arxiv), minilm)


async def test_a_paper_gives_its_abstract_and_an_offer_and_nothing_is_added(tool: ArxivLookup) -> None:
    found = await tool.run(ArxivLookup.arguments(id="arxiv:2310.10631"))
    chunk = found.sources[0].hit.chunk
    assert "We fire kilns" in chunk.context and "Ada Example, Bo Müller" in chunk.context
    assert chunk.path == "https://arxiv.org/abs/2310.10631" and found.sources[0].kind == "arxiv"
    assert [o.command for o in found.offers] == ["lectern ingest arxiv:2310.10631v3"]


async def test_a_search_lists_papers_and_gives_the_first_abstracts(tool: ArxivLookup) -> None:
    found = await tool.run(ArxivLookup.arguments(search="clay"))
    assert "arXiv:2310.10631v3" in found.text and "Glazes on clay" in found.text
    assert found.choices == ("2310.10631v3", "2401.00002v3") and len(found.sources) == 2
    nothing = await tool.run(ArxivLookup.arguments(search="quarks"))
    assert "arXiv has nothing with all words of “quarks”" in nothing.text and not nothing.sources


def test_operators_in_a_search_are_words(arxiv: Arxiv, site: WebSite) -> None:
    assert [p.title for p in arxiv.search('clay) OR all:"kilns', 5)] == []
    assert "search_query=all%3Aclay+AND+all%3Aall+AND+all%3Akilns&" in site.asked[0].path
    with pytest.raises(InvalidInput, match="no word"):
        arxiv.search('"()"', 5)


@pytest.mark.parametrize("said", ["2310.10631", "arXiv:2310.10631v3", "arxiv: 2310.10631", "hep-th/9901001"])
def test_a_search_for_an_id_is_a_look_up(said: str) -> None:
    given = ArxivLookup.arguments(search=said, id="")  # models fill in what they do not need
    assert isinstance(given, ArxivArguments) and (given.id, given.search) == (said, None)
    assert ArxivLookup.arguments(search="v. 2310.10631 of clay").model_dump()["id"] is None


async def test_a_long_list_of_authors_is_shortened_and_only_the_first_abstracts_are_sources(
    arxiv: Arxiv, site: WebSite, minilm: Any
) -> None:
    names = tuple(f"Author {n}" for n in range(12))
    site["/api/query"] = ArxivApi(*(Record(f"2310.0000{n}", title=f"Clay {n}", authors=names) for n in range(1, 7)))
    found = await ArxivLookup(ArxivPapers(lambda: arxiv), minilm).run(ArxivLookup.arguments(search="clay", most=5))
    assert len(found.choices) == 5 and len(found.sources) == len(found.offers) == 3
    assert found.text.splitlines()[1] == "1. arXiv:2310.00001v3 (2023) Clay 1"
    text = found.sources[0].hit.chunk.text
    assert "Author 7 and others\nPublished: 2023-10-16" in text and "Author 8" not in text
    assert found.sources[0].fetched_at.endswith("+00:00") and -1 <= found.sources[0].hit.cosine <= 1


async def test_what_goes_wrong_is_told(tool: ArxivLookup, site: WebSite) -> None:
    with pytest.raises(SourceMissing, match="no such paper"):
        await tool.run(ArxivLookup.arguments(id="2310.99999"))
    with pytest.raises(InvalidInput, match="no arXiv id"):
        await tool.run(ArxivLookup.arguments(id="not an id"))
    site["/api/query"] = Answer(b"<html>", content_type="text/html")
    with pytest.raises(FetchFailed, match="no Atom feed"):
        await tool.run(ArxivLookup.arguments(search="clay"))


@pytest.mark.parametrize(
    "given", [{}, {"search": "clay", "id": "2310.10631"}, {"search": "c"}, {"search": "clay", "most": 11}, {"id": ""}]
)
def test_arguments_out_of_bounds_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ArxivLookup.arguments(**given)
