"""What the agent's tools and an ingest ask outside fails: pages that never end, a wiki that answers nonsense."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.agents import act, answer
from tests.api_server import Served, served_api
from tests.faults.memory import growth
from tests.faults.recording import Watch
from tests.faults.serving import ANSWER, ask, latest
from tests.model_server import ModelServer, Reply
from tests.web_site import Answer, WebSite, dripping, endless, redirect
from ui.cli import cli

FAMILY = "Pages, and a wiki"
pytestmark = pytest.mark.faults
JSON = "application/json"
SEARCHED = act("course_search", query="stoneware temperature")


@pytest.fixture(scope="module")
def site() -> Iterator[WebSite]:
    with WebSite() as found:
        yield found


@pytest.fixture(scope="module")
def model() -> Iterator[ModelServer]:
    with ModelServer() as found:
        found.default = Reply(ANSWER)
        yield found


@pytest.fixture(scope="module")
def served(api_home: Path, site: WebSite, model: ModelServer) -> Iterator[Served]:
    environment = {
        "OPENAI_BASE_URL": model.url,
        "LECTERN_MODEL": "m",
        "LECTERN_TOOLS": "course_search open_page wikipedia",
        "LECTERN_FETCH_LOOPBACK": "1",
        "LECTERN_WIKIPEDIA_API_URL": f"{site.url}/api.php",
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("assistant.tools.open_page.OpenPage.timeout_s", 4.0)
        patch.setattr("assistant.tools.wikipedia.Wikipedia.timeout_s", 4.0)
        patch.setattr("assistant.toolbox.FAILURES", 1_000)  # else the fourth fault is met by a tool that rests
        with served_api(api_home, **environment) as found:
            yield found


PAGES: dict[str, Answer] = {
    "A page whose body never ends": Answer(endless(b"<p>and so on " * 5_000)),
    "A page that comes byte by byte": Answer(dripping(b"<p>and so on", pause_s=0.05)),
    "A page that unpacks to a thousand times its size": Answer(
        lambda: iter([gzip.compress(b"<p>" + b"x" * 200_000_000, 1)]), headers={"Content-Encoding": "gzip"}
    ),
    "A page that leads in a circle": redirect("/3"),
    "A page that is a film": Answer(b"\x00\x01" * 1_000, content_type="video/mp4"),
    "A page whose headers never end": Answer(raw=lambda: endless(b"X-More: and more\r\n" * 100)()),
    "A page whose site hangs up": Answer(raw=b""),
    "A page whose site is out of order": Answer(b"oops", status=500),
}


@pytest.mark.fault(
    holds="told to the model as the tool's failure; the turn is answered from the course; memory bounded"
)
@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_a_page_that_the_agent_opens(
    page: Answer, served: Served, site: WebSite, model: ModelServer, watch: Watch
) -> None:
    path = f"/{list(PAGES.values()).index(page)}"  # one for each: who asks for the same page waits for the same fetch
    site[path] = page
    before = len(site.asked)
    model.script(act("open_page", url=f"{site.url}{path}"), SEARCHED, answer(ANSWER))
    with watch.answer(), growth() as grown:
        said = ask(served.address, f"How hot is stoneware fired, says {site.url}{path}?", way="agent")
    assert said.answered and "1,260" in said.answer, said
    failed = next(span for span in latest(served)["spans"] if span["name"] == "open_page")
    assert failed["status"] == "error" and failed["error"], failed
    assert len(site.asked) > before, failed["error"]
    assert grown.bytes < 300_000_000, f"{grown.bytes:,}"


WIKI: dict[str, Answer] = {
    "A wiki that answers a page of HTML": Answer(b"<html>Log in</html>"),
    "A wiki that answers JSON of another shape": Answer(b'{"query": {"search": "none"}}', content_type=JSON),
    "A wiki that answers a list": Answer(b"[1]", content_type=JSON),
    "A wiki that answers half of its JSON": Answer(b'{"query": {"sea', content_type=JSON),
    "A wiki that answers bytes that are no UTF-8": Answer(b'{"query": "\xff\xfe"}', content_type=JSON),
    "A wiki that is out of order": Answer(b"oops", status=500),
    "A wiki that asks to wait": Answer(b"slow down", status=429, headers={"Retry-After": "60"}),
    "A wiki whose answer never ends": Answer(endless(), content_type=JSON),
    "A wiki whose answer comes byte by byte": Answer(dripping(b" ", pause_s=0.05), content_type=JSON),
    "A wiki that hangs up": Answer(raw=b""),
}


@pytest.mark.fault(
    holds="told to the model as the tool's failure; the turn is answered from the course; memory bounded"
)
@pytest.mark.parametrize("reply", WIKI.values(), ids=WIKI)
def test_a_wiki_that_the_agent_asks(
    reply: Answer, served: Served, site: WebSite, model: ModelServer, watch: Watch
) -> None:
    site["/api.php"] = reply
    before = len(site.asked)
    model.script(act("wikipedia", search="stoneware"), SEARCHED, answer(ANSWER))
    with watch.answer(), growth() as grown:
        said = ask(served.address, "How hot is stoneware fired, says Wikipedia?", way="agent")
    assert said.answered and "1,260" in said.answer, said
    failed = next(span for span in latest(served)["spans"] if span["name"] == "wikipedia")
    assert failed["status"] == "error" and failed["error"], failed
    assert len(site.asked) > before, failed["error"]
    assert grown.bytes < 300_000_000, f"{grown.bytes:,}"


INGESTED = {
    "An address to ingest whose body never ends": Answer(endless(b"<p>and so on " * 5_000)),
    "An address to ingest that leads in a circle": redirect("/notes"),
    "An address to ingest that hangs up in the middle": Answer(
        raw=b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9000\r\n\r\n<p>Half of"
    ),
}


@pytest.mark.fault(holds="this address fails with its reason, the other is done; the same command then does both")
@pytest.mark.parametrize("page", INGESTED.values(), ids=INGESTED)
def test_an_address_that_is_ingested(page: Answer, site: WebSite, tmp_path: Path, watch: Watch) -> None:
    site["/notes"] = page
    site.page("/fine", b"<html><body><p>A slip is clay in water, as thick as cream.</p></body></html>")
    environment = {"LECTERN_HOME": str(tmp_path / "home"), "LECTERN_FETCH_LOOPBACK": "1"}
    command = ["ingest", f"{site.url}/notes", f"{site.url}/fine", "--json"]
    with watch.answer():
        done = CliRunner(env=environment).invoke(cli, command)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.exit_code == 1 and {row["status"] for row in rows} == {"failed", "done"}, done.output
    assert all(row["reason"] and row["hint"] for row in rows if row["status"] == "failed")
    site.page("/notes", b"<html><body><p>A rib is a flat tool that smooths the wall of a pot.</p></body></html>")
    with watch.recovery():
        again = CliRunner(env=environment).invoke(cli, command)
    assert again.exit_code == 0, again.output
