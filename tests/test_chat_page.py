"""The chat page in a real browser: a cited answer with its sources, a refusal, a follow-up, nothing that runs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from assistant.refusal import REFUSAL
from tests.chat_server import HOW_TO_GET_IT, browser, browser_path, run, served
from ui.cli import cli

pytestmark = pytest.mark.skipif(browser_path() is None, reason=HOW_TO_GET_IT)
ASKED = "What is ReAct and when would I use it?"
HOSTILE = """# Glazing <img src=x onerror="document.title='hacked'">

A celadon glaze is fired at 1280 degrees <script>document.title='hacked'</script> in a reduction kiln.
"""
WAIT_MS = 60_000
# Notes each text that the newest answer has while it grows.
WATCH = """window.seen = [];
new MutationObserver(() => {
    const text = [...document.querySelectorAll('#chat .bot')].at(-1)?.innerText ?? '';
    if (text !== window.seen.at(-1)) window.seen.push(text);
}).observe(document, {childList: true, subtree: true, characterData: true});
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which the app, finding it empty, put the sample course; and then some hostile material."""
    folder = tmp_path_factory.mktemp("page")
    material = folder / "pottery"
    material.mkdir()
    (material / "glazing.txt").write_text(HOSTILE)
    with served(folder / "home"):
        pass
    done = CliRunner(env={"LECTERN_HOME": str(folder / "home")}).invoke(cli, ["ingest", str(material)])
    assert done.exit_code == 0, done.output
    return folder / "home"


@pytest.fixture(scope="module")
def address(home: Path) -> Iterator[str]:
    with served(home) as found:
        yield found


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as opened:
        yield opened


class Page:
    """A page, with what it complained of and where it reached out to."""

    def __init__(self, chromium: Any, address: str, **how: Any) -> None:
        self.context = chromium.new_context(**{"viewport": {"width": 1280, "height": 800}, **how})
        self.page = self.context.new_page()
        self.page.set_default_timeout(WAIT_MS)
        self.errors: list[str] = []
        self.outside: list[str] = []
        self.page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda e: self.errors.append(str(e)))
        self.page.on("request", self._seen)
        self.page.add_init_script(WATCH)
        self.address = address
        self.page.goto(address)
        self.page.wait_for_selector("#question textarea")

    def _seen(self, request: Any) -> None:
        if not request.url.startswith((self.address, self.address.replace("http", "ws"), "data:", "blob:")):
            self.outside.append(request.url)

    def ask(self, question: str) -> str:
        """Ask, wait for the end of the turn, and give the text of the answer."""
        before = self.page.locator("#chat .bot").count()
        self.page.fill("#question textarea", question)
        self.page.press("#question textarea", "Enter")
        # The panel is emptied when the turn begins, and filled when it is over.
        self.page.wait_for_function(
            "n => document.querySelectorAll('#chat .bot').length > n"
            " && document.querySelector('#sources .lectern-source, #sources .lectern-note')"
            " && !document.querySelector('#chat .generating, #chat .pending')",
            arg=before,
        )
        text: str = self.page.locator("#chat .bot").last.inner_text()
        return text


@pytest.fixture
def opened(chromium: Any, address: str) -> Iterator[Page]:
    page = Page(chromium, address)
    yield page
    page.context.close()
    assert page.outside == []
    assert page.errors == []


def test_an_answer_has_markers_and_its_sources_stand_beside_it_with_the_quotes_marked(opened: Page) -> None:
    answer = opened.ask(ASKED)
    assert "ReAct" in answer
    assert "[1]" in answer
    source = opened.page.locator("#sources .lectern-source").first
    assert "05-react.md" in source.inner_text()
    quotes = [" ".join(q.split()) for q in source.locator("mark").all_inner_texts()]
    assert quotes
    assert all(quote in " ".join(answer.split()) for quote in quotes)


def test_an_answer_grows_while_it_comes(opened: Page) -> None:
    answer = opened.ask(ASKED)
    seen = [" ".join(text.split()) for text in opened.page.evaluate("window.seen")]
    whole = " ".join(answer.split())
    assert any(text and text != whole and whole.startswith(text) for text in seen), seen


def test_what_is_typed_while_an_answer_comes_stays(opened: Page) -> None:
    opened.page.fill("#question textarea", ASKED)
    opened.page.press("#question textarea", "Enter")
    opened.page.wait_for_function("document.querySelector('#question textarea').value === ''")
    opened.page.fill("#question textarea", "Who introduced it?")
    opened.page.wait_for_selector("#sources mark")
    opened.page.wait_for_selector("#chat .generating, #chat .pending", state="detached")
    assert opened.page.input_value("#question textarea") == "Who introduced it?"


def test_a_card_names_the_place_of_each_quote(opened: Page) -> None:
    opened.ask(ASKED)
    places = opened.page.locator("#sources .lectern-source").first.locator("summary span").all_inner_texts()
    assert re.fullmatch(r"05-react.md · similarity 0\.\d\d", places[0])
    assert any("When to use ReAct" in place for place in places[1:])


def test_the_page_says_that_it_only_quotes(opened: Page) -> None:
    assert opened.page.locator(".lectern-badge").inner_text() == "quotes only, no language model"


def test_what_the_material_does_not_say_is_refused_with_the_nearest_passages(opened: Page) -> None:
    assert REFUSAL in opened.ask("How many goals did the winning team score in the 1998 final?")
    assert "Not an answer" in opened.page.locator("#sources").inner_text()
    assert opened.page.locator("#sources mark").count() == 0


def test_a_follow_up_is_understood(opened: Page) -> None:
    opened.ask(ASKED)
    assert "ReAct" in opened.ask("Who introduced it?")


def test_tags_in_a_question_and_in_the_material_are_text(opened: Page) -> None:
    answer = opened.ask("At what temperature is a celadon glaze fired? <img src=x onerror=\"document.title='hacked'\">")
    assert "1280 degrees" in answer
    shown = opened.page.locator("#sources").inner_text()
    assert "<script>" in shown
    assert "<img src=x" in opened.page.locator("#chat .user").last.inner_text()
    assert opened.page.title() == "Lectern"
    assert opened.page.locator("#chat img[src=x], #sources img, #sources script").count() == 0


@pytest.mark.parametrize("trick", ["x ``` {}", "\\`{}\\`", "`x\n`{}`", "~~~\n```\n~~~\n{}"])
def test_what_only_looks_like_code_fetches_nothing(opened: Page, trick: str) -> None:
    bait = f"<img src={opened.address}bait.png> ![x]({opened.address}bait.png)"
    fetched: list[str] = []
    opened.page.on("request", lambda request: fetched.append(request.url) if "bait" in request.url else None)
    opened.ask("At what temperature is a celadon glaze fired? " + trick.replace("{}", bait))
    assert opened.page.locator("#chat img[src*=bait]").count() == 0
    assert fetched == []


def test_a_thumb_is_kept_with_its_turn_and_its_visitor(opened: Page, home: Path) -> None:
    opened.ask(ASKED)
    opened.page.get_by_label("Dislike").last.click()
    opened.page.wait_for_timeout(200)
    rows: list[dict[str, Any]] = []
    for _ in range(100):
        rows = [json.loads(line) for line in run(home, "traces", "list", "--vote", "down", "--json").splitlines()]
        if rows:
            break
        opened.page.wait_for_timeout(100)
    assert [row["question"] for row in rows] == [ASKED]
    record = json.loads(run(home, "traces", "show", rows[0]["id"], "--json"))
    (cookie,) = [c for c in opened.context.cookies() if c["name"] == "lectern_visitor"]
    assert cookie["httpOnly"]
    assert cookie["value"].startswith(record["user_id"] + ".")
    assert record["feedback"][0]["user_id"] == record["user_id"]
    assert record["face"] == "web"


def test_a_visitor_stays_the_same_and_a_forged_cookie_is_replaced(chromium: Any, address: str) -> None:
    opened = Page(chromium, address)
    first = opened.context.cookies()[0]["value"]
    opened.page.reload()
    assert opened.context.cookies()[0]["value"] == first
    forged = "0" * 32 + "." + "0" * 64
    opened.context.add_cookies([{"name": "lectern_visitor", "value": forged, "url": address}])
    opened.page.reload()
    assert opened.context.cookies()[0]["value"] not in (first, forged)
    opened.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_and_can_be_read(chromium: Any, address: str, scheme: str) -> None:
    opened = Page(chromium, address, viewport={"width": 390, "height": 844}, color_scheme=scheme)
    opened.ask(ASKED)
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 390
    for selector in ("#chat .bot", ".lectern-passage", ".lectern-passage mark", ".lectern-badge", ".lectern-head p"):
        assert contrast(opened.page, selector) >= 4.5, selector
    opened.context.close()
    assert (opened.errors, opened.outside) == ([], [])


def contrast(page: Any, selector: str) -> float:
    """Give the contrast of a text with what is behind it (WCAG 2.2, relative luminance)."""
    colours = page.locator(selector).last.evaluate(
        """element => {
            const own = getComputedStyle(element).color;
            for (let e = element; e; e = e.parentElement) {
                const behind = getComputedStyle(e).backgroundColor;
                if (!/rgba\\(.*, 0\\)|transparent/.test(behind)) return [own, behind];
            }
            return [own, 'rgb(255, 255, 255)'];
        }"""
    )

    def luminance(colour: str) -> float:
        parts = [float(n) / 255 for n in re.findall(r"[\d.]+", colour)[:3]]
        linear = [n / 12.92 if n <= 0.03928 else ((n + 0.055) / 1.055) ** 2.4 for n in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted(map(luminance, colours), reverse=True)
    return (light + 0.05) / (dark + 0.05)
