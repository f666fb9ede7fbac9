"""The Wikipedia tool and the agent against a real MediaWiki, the software that runs Wikipedia."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from assistant.tools.tool import Observation
from assistant.tools.wiki_client import Article, Choices, WikiClient
from assistant.tools.wikipedia import Wikipedia
from tests.agents import act, answer
from tests.chat_server import run
from tests.conftest import REPOSITORY
from tests.model_server import ModelServer

pytestmark = pytest.mark.integration
NBA = "Who won the 2023 NBA finals?"


@pytest.fixture
def client(mediawiki: str) -> WikiClient:
    return WikiClient(mediawiki, "lectern-tests/1.0")


@pytest.fixture
def tool(mediawiki: str, minilm: Any) -> Wikipedia:
    return Wikipedia(minilm, api_url=mediawiki)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "course").mkdir()
    (tmp_path / "course" / "pots.md").write_text("# Pots\n\nPots are made of clay. They are fired in an oven.\n")
    run(tmp_path / "home", "ingest", str(tmp_path / "course"))
    return tmp_path / "home"


def outside(mediawiki: str, tools: str = "course_search wikipedia calculate") -> dict[str, str]:
    return {"LECTERN_WIKIPEDIA_API_URL": mediawiki, "LECTERN_TOOLS": tools}


async def ask(tool: Wikipedia, **given: Any) -> Observation:
    return await tool.run(Wikipedia.arguments(**given))


def test_a_search_gives_titles(client: WikiClient) -> None:
    assert client.search("mercury", 5)[0][0].startswith("Mercury")
    assert client.search("zzz nothing like this", 5) == ([], None)


def test_an_article_is_found_by_its_text_where_no_title_fits(client: WikiClient) -> None:
    assert "Kiln" in client.search("potters home oven", 5)[0]


def test_an_article_has_text_sections_and_the_address_of_its_revision(client: WikiClient) -> None:
    article = client.read("2023 NBA Finals")
    assert isinstance(article, Article)
    assert "The Denver Nuggets won it" in article.text and "== Games ==" in article.text
    assert "oldid=" in article.address


def test_a_redirect_is_followed_and_told(client: WikiClient) -> None:
    article = client.read("Pottery oven")
    assert isinstance(article, Article) and (article.title, article.is_redirected) == ("Kiln", True)


def test_a_disambiguation_page_gives_its_choices(client: WikiClient) -> None:
    found = client.read("Mercury")
    assert isinstance(found, Choices) and not found.missing
    assert set(found.titles) == {"Mercury (planet)", "Mercury (element)"}


def test_a_missing_page_is_told_with_what_is_near(client: WikiClient) -> None:
    found = client.read("Mercury planets of the sky")
    assert isinstance(found, Choices) and found.missing


def test_a_title_beyond_ascii_is_read(client: WikiClient) -> None:
    article = client.read("Kraków")
    assert isinstance(article, Article) and "Vistula" in article.text and "<ref>" not in article.text


async def test_the_tool_gives_the_passages_that_fit_and_the_beginning(tool: Wikipedia) -> None:
    found = await ask(tool, title="Kiln", about="Which kiln do potters have at home?")
    chunks = [source.hit.chunk for source in found.sources]
    assert chunks[0].context.startswith("A kiln is an oven")
    electric = [c for c in chunks if "most potters at home" in c.context]
    assert electric and str(electric[0].locator) == "§ Kinds > Electric kiln"
    assert all(source.kind == "wikipedia" and source.fetched_at for source in found.sources)


async def test_the_tool_lists_choices_for_the_model(tool: Wikipedia) -> None:
    found = await ask(tool, title="Mercury")
    assert "- Mercury (planet)" in found.text and found.choices[0].startswith("Mercury (")
    assert not found.sources


def test_the_agent_searches_reads_and_answers_with_a_citation_in_quoting_mode(home: Path, mediawiki: str) -> None:
    row = json.loads(run(home, "ask", "--agent", NBA, "--json", **outside(mediawiki)))
    assert row["found"] and "Denver Nuggets won it" in row["answer"]
    assert [s["tool"] for s in row["steps"]] == ["course_search", "wikipedia", "wikipedia"]
    cited = row["citations"][0]
    assert cited["kind"] == "wikipedia" and "2023_NBA_Finals" in cited["path"] and "oldid=" in cited["path"]
    assert "Denver Nuggets won it" in cited["quote"] or "championship" in cited["quote"]


def test_the_conversation_goes_to_the_agent_by_itself_where_the_course_has_nothing(home: Path, mediawiki: str) -> None:
    assert json.loads(run(home, "ask", NBA, "--json", **outside(mediawiki)))["found"]
    assert not json.loads(run(home, "ask", "--course", NBA, "--json", **outside(mediawiki)))["found"]
    inside = json.loads(run(home, "ask", "What are pots made of?", "--json", **outside(mediawiki)))
    assert inside["citations"][0]["path"] == "pots.md" and "steps" not in inside


def test_a_batch_goes_through_the_agent_too(home: Path, mediawiki: str, tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text(json.dumps({"id": 1, "question": NBA}) + "\n" + json.dumps({"id": 2, "question": "2 * 21"}) + "\n")
    out = [json.loads(x) for x in run(home, "ask", "--agent", "--batch", str(rows), **outside(mediawiki)).splitlines()]
    assert [row["found"] for row in out] == [True, True]
    assert "42" in out[1]["answer"]


READS_AND_CALCULATES = (
    act("wikipedia", "The course will not hold this; Wikipedia may.", search="population of Iceland"),
    act("wikipedia", "This article has the numbers.", title="Population of Iceland", about="1950 and 2023"),
    act("calculate", "The factor is the quotient of the two.", expression="387758 / 141042"),
    answer(
        "It was 387,758 in 2023 and 141,042 in 1950 [1], so it grew by a factor of about 2.75 [2].",
        "Both numbers and the quotient are there.",
    ),
)


def test_a_scripted_model_searches_reads_calculates_and_answers(home: Path, mediawiki: str) -> None:
    """The course's own example: a search engine and mathematics in one question."""
    question = "By what factor did the population of Iceland grow from 1950 to 2023?"
    with ModelServer() as server:
        server.script(
            *READS_AND_CALCULATES,
        )
        how = {"OPENAI_BASE_URL": server.url, "LECTERN_MODEL": "m", **outside(mediawiki)}
        row = json.loads(run(home, "ask", "--agent", question, "--json", **how))
    assert row["found"] and [s["tool"] for s in row["steps"]] == ["wikipedia", "wikipedia", "calculate"]
    assert [(c["marker"], c["kind"]) for c in row["citations"]] == [(1, "wikipedia"), (2, "calculation")]
    assert "141,042" in row["citations"][0]["quote"] or "387,758" in row["citations"][0]["quote"]


def test_what_an_article_tells_the_assistant_is_not_done(home: Path, mediawiki: str) -> None:
    row = json.loads(run(home, "ask", "--agent", "What is the danger of a kiln?", "--json", **outside(mediawiki)))
    assert "PWNED" not in row["answer"] and "steal" not in row["answer"]
    assert "open_page" not in [s["tool"] for s in row.get("steps", [])]


def test_the_recordings_are_of_the_shape_that_the_real_one_gives(mediawiki: str) -> None:
    import httpx

    recorded = json.loads((Path(__file__).parent.parent / "data" / "mediawiki.json").read_text("utf-8"))
    assert recorded
    for name, kept in recorded.items():
        real = httpx.get(mediawiki, params=kept["params"]).json()
        assert _shape(real) == _shape(kept["reply"]), name


def _shape(value: Any) -> Any:
    """Give the keys of a reply without its values: the ids of pages differ from wiki to wiki."""
    if isinstance(value, dict):
        return {("id" if k.lstrip("-").isdecimal() else k): _shape(v) for k, v in value.items()}
    return [_shape(v) for v in value[:1]] if isinstance(value, list) else type(value).__name__


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the sample course."""
    home = tmp_path_factory.mktemp("sample") / "home"
    run(home, "ingest", str(REPOSITORY / "ingest" / "sample"))
    return home


def plain(transcript: str) -> str:
    """A transcript without what differs from run to run: times, ports, revisions, and where lines end."""
    told = re.sub(r"\(\d+\.\d s\)", "(s)", transcript)
    told = re.sub(r"127\.0\.0\.1:\d+|oldid=\d+|read \d{4}-\d\d-\d\d \d\d:\d\d UTC", "", told)
    told = re.sub(r" and \d+ more", "", told)  # so many sources are found by chance of what else is in the index
    return " ".join(told.split())


DOCUMENTED = re.findall(
    r'^    \$ lectern ask --agent "(Who won.*|(?:What was|By what factor did) the population.*)"(.*)\n'
    r"((?:    .*\n|\n)+)",
    (REPOSITORY / "docs" / "agent.md").read_text("utf-8"),
    re.MULTILINE,
)


def test_the_transcripts_of_both_modes_are_documented() -> None:
    assert len(DOCUMENTED) == 3


@pytest.mark.parametrize(("question", "redirected", "shown"), DOCUMENTED)
def test_what_the_docs_show_is_what_comes(
    sample: Path, mediawiki: str, question: str, redirected: str, shown: str
) -> None:
    where = {"PATH": os.environ["PATH"], "LECTERN_HOME": str(sample), "LECTERN_WIKIPEDIA_API_URL": mediawiki}
    beside = subprocess.DEVNULL if redirected else subprocess.STDOUT
    asked = [sys.executable, "-m", "ui", "ask", "--agent", question]
    with ModelServer() as server:
        if question.startswith("By what factor"):
            server.script(*READS_AND_CALCULATES)
            where |= {"OPENAI_BASE_URL": server.url, "LECTERN_MODEL": "m"}
        said = subprocess.run(
            asked, env=where, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=beside, text=True, check=True
        )
    assert plain(said.stdout) == plain(shown)
