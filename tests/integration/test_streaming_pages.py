"""The chat page with a language model: answers stream, stop and go on, and nothing a model says runs or reaches out."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chat_server import run, served
from tests.model_server import ModelServer, Reply
from tests.pages import Page

pytestmark = [pytest.mark.integration, pytest.mark.needs("chromium")]
ASKED = "What is ReAct?"
SENTENCE = "ReAct is a prompting method in which a model alternates between thoughts, actions and observations. [1] "
ENDLESS = Reply(text=SENTENCE * 40, piece_delay_s=0.05)
HOSTILE = [
    "<img src=x onerror=\"document.title='hacked'\">",
    "<script>document.title='hacked'</script>",
    "<div style='position:fixed;inset:0;background:red;z-index:99999'>over all</div>",
    "<form action='https://evil.example'><input name=q><button>Send</button></form>",
    "![x](https://evil.example/p.png?secret=1)",
    "<iframe src='https://evil.example'></iframe>",
    "<a href='javascript:document.title=1'>link</a>",
    "[link](javascript:document.title='hacked')",
    "<svg onload=\"document.title='hacked'\"></svg>",
    "<style>body{display:none}</style>",
    "<base href='https://evil.example/'>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<details open ontoggle=\"document.title='hacked'\">x</details>",
    "`<img src=x onerror=alert(1)>` and ```\n<script>alert(1)</script>\n```",
    "$\\href{javascript:alert(1)}{x}$ and $\\includegraphics{https://evil.example/x.png}$",
]


DANGEROUS = ("img", "iframe", "form", "script", "style", "base", "meta", "[onerror]", "[onload]", "[ontoggle]",
             "a[href^=javascript]", "[style*=fixed]")  # fmt: skip


@pytest.fixture(scope="module")
def model() -> Iterator[ModelServer]:
    with ModelServer() as server:
        yield server


@pytest.fixture(scope="module")
def home(web_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("streaming") / "home"
    shutil.copytree(web_home, folder, ignore=shutil.ignore_patterns("running", "*.lock"))
    return folder


@pytest.fixture(scope="module")
def address(home: Path, model: ModelServer) -> Iterator[str]:
    with served(home, OPENAI_BASE_URL=model.url, LECTERN_MODEL="course-model", LECTERN_TOOLS="calculate") as found:
        yield found


@pytest.fixture
def page(chromium: Any, address: str, model: ModelServer) -> Iterator[Page]:
    model.default = Reply(text=SENTENCE)
    opened = Page(chromium, address)
    opened.page.get_by_label("Course only").check()
    yield opened
    opened.close()


def begin(page: Page, question: str = ASKED) -> None:
    page.page.fill("#question textarea", question)
    page.page.press("#question textarea", "Enter")
    page.page.wait_for_function("document.querySelector('#chat .bot')?.innerText.includes('ReAct is')")


def test_the_model_is_named_and_its_answer_streams(page: Page, model: ModelServer) -> None:
    assert "course-model" in page.page.locator(".lectern-badge").inner_text()
    model.default = Reply(text=SENTENCE, piece_delay_s=0.2)
    whole = " ".join(page.ask(ASKED).split())
    assert "alternates between" in whole
    seen = [" ".join(text.split()) for text in page.page.evaluate("window.seen")]
    assert len({text for text in seen if text and text != whole and whole.startswith(text)}) > 3, seen
    assert page.page.locator("#sources mark").count() > 0


def test_a_question_that_another_tab_keeps_out_is_told_and_covers_nothing(page: Page, model: ModelServer) -> None:
    page.ask(ASKED)
    other = page.context.new_page()
    other.goto(page.page.url)
    other.wait_for_selector("#chat .bot")
    model.default = ENDLESS
    begin(page, "And then?")
    page.page.wait_for_function("document.querySelectorAll('#chat .bot').length > 1")
    other.fill("#question textarea", "What is RAG?")
    other.press("#question textarea", "Enter")
    other.wait_for_selector("[data-testid=toast-body]:has-text('still being answered')")
    other.wait_for_selector("#chat .error", state="attached")
    assert not other.locator("#chat .error").is_visible()
    assert other.input_value("#question textarea") == "What is RAG?"
    page.page.click("#question .stop-button")
    page.settled()


def test_stop_keeps_what_was_said(page: Page, model: ModelServer, home: Path) -> None:
    model.default = ENDLESS
    model.hung_up.clear()
    begin(page)
    page.page.wait_for_selector("#chat .bot strong")  # the first marker
    page.page.click("#question .stop-button")
    page.settled()
    page.page.wait_for_selector("text=Stopped here.")
    assert model.hung_up.wait(5)
    conversation = page.page.url.partition("c=")[2]
    (row,) = [json.loads(r) for r in run(home, "traces", "list", "--conversation", conversation, "--json").splitlines()]
    assert row["status"] == "stopped" and row["answer"].startswith("ReAct is")
    page.page.wait_for_selector("#sources mark")  # what was said stands on something too
    page.page.reload()
    page.page.wait_for_selector("text=Stopped here.")
    page.page.locator("#chat a[href*='turns/']").first.click()
    page.page.wait_for_selector("#sources .lectern-chosen mark")


def test_a_second_question_while_one_is_answered_is_refused_and_stays_in_the_box(
    page: Page, model: ModelServer
) -> None:
    model.default = ENDLESS
    begin(page)
    asked = "And what is RAG?"
    page.page.fill("#question textarea", asked)
    page.page.press("#question textarea", "Enter")
    page.page.wait_for_selector("text=still being answered")
    assert page.page.input_value("#question textarea") == asked
    assert page.page.locator("#chat .user").count() == 1
    page.page.click("#question .stop-button")
    page.settled()
    model.default = Reply(text=SENTENCE)
    page.page.press("#question textarea", "Enter")
    page.page.wait_for_function("document.querySelectorAll('#chat .user').length === 2")
    page.settled()


def test_a_conversation_that_is_deleted_takes_the_turn_under_way_along(
    page: Page, model: ModelServer, home: Path
) -> None:
    page.ask(ASKED)
    conversation = page.page.url.partition("c=")[2]
    page.page.get_by_role("button", name="This conversation").click()
    model.default = ENDLESS
    model.hung_up.clear()
    page.page.fill("#question textarea", "And what is RAG?")
    page.page.press("#question textarea", "Enter")
    page.page.wait_for_function("document.querySelectorAll('#chat .bot').length === 2")
    page.page.on("dialog", lambda dialog: dialog.accept())
    page.page.get_by_role("button", name="Delete this conversation").click()
    page.page.wait_for_function("!document.querySelector('#chat .bot')")
    assert model.hung_up.wait(5)
    assert run(home, "traces", "list", "--conversation", conversation, "--json") == ""


def test_escape_stops_too(page: Page, model: ModelServer) -> None:
    model.default = ENDLESS
    begin(page)
    page.page.keyboard.press("Escape")
    page.settled()
    page.page.wait_for_selector("text=Stopped here.")


def test_a_reload_in_the_middle_shows_the_finished_answer(page: Page, model: ModelServer) -> None:
    model.default = Reply(text=SENTENCE * 3, piece_delay_s=0.05)
    begin(page)
    page.page.wait_for_function("location.search.startsWith('?c=')")
    page.page.reload()
    page.page.wait_for_selector("#chat .bot")
    page.page.wait_for_selector("#sources mark")
    page.settled()
    assert page.answer().count("alternates between") == 3
    assert page.page.locator("#chat .user").count() == 1


def test_six_tabs_of_one_browser_stream_at_once(page: Page, model: ModelServer, address: str) -> None:
    all_began = threading.Event()  # no answer ends before each tab has shown the beginning of its own
    model.default = Reply(text=SENTENCE * 2, hang_after=8, until=all_began)
    tabs = [page.page, *(page.context.new_page() for _ in range(5))]
    for tab in tabs[1:]:
        tab.goto(address)
        tab.wait_for_selector("#question textarea")
    for n, tab in enumerate(tabs):
        tab.fill("#question textarea", f"{ASKED} And number {n}?")
        tab.press("#question textarea", "Enter")
    growing = (
        "document.querySelector('#chat .bot')?.innerText.includes('ReAct')"
        " && document.querySelector('#question .stop-button')"
    )
    for tab in tabs:
        tab.wait_for_function(growing)
    all_began.set()
    for n, tab in enumerate(tabs):
        tab.wait_for_selector("#sources mark")
        assert f"number {n}?" in tab.locator("#chat .user").inner_text()


def test_formulas_and_code_are_set(page: Page, model: ModelServer) -> None:
    paid = "A day costs $5 and a week costs $12."
    told = f"It costs $x^2$, \\(y_1\\) and $$z_2$$ tokens. {paid}"
    model.default = Reply(text=f"{SENTENCE}\n\n{told}\n\n```python\nprint('thought')\n```\n")
    page.ask(ASKED)
    page.page.wait_for_selector("#chat .bot .katex")
    assert set(page.page.locator("#chat .bot .katex annotation").all_text_contents()) == {"x^2", "y_1", "z_2"}
    assert paid in page.answer()
    assert "print" in page.page.locator("#chat .bot pre code").inner_text()


def test_a_model_that_fails_is_told_with_what_to_do(page: Page, model: ModelServer) -> None:
    model.default = Reply(status=401, error={"message": "Bad key.", "type": "x", "param": None, "code": None})
    said = page.ask(ASKED)
    assert "key" in said.lower()
    page.page.reload()
    page.page.wait_for_selector("#chat .bot")
    assert "key" in page.answer().lower()


def harmless(page: Page, said: Any, payload: str) -> None:
    assert page.page.title() == "Lectern", payload
    for wanted in DANGEROUS:
        assert said.locator(wanted).count() == 0, (wanted, payload)
    assert page.page.evaluate("!document.elementFromPoint(700, 20)?.innerText?.startsWith('over all')"), payload
    assert page.outside == [], payload


def test_nothing_a_model_says_runs_is_fetched_or_covers_the_page(page: Page, model: ModelServer) -> None:
    said = page.page.locator("#chat .bot .prose, #chat .bot .md")
    for payload in HOSTILE:
        model.default = Reply(text=f"{SENTENCE}\n\n{payload}\n\n{SENTENCE}")
        page.ask(ASKED)
        harmless(page, said.last, payload)
    page.page.reload()  # once more, as they are read back
    page.page.wait_for_function(
        "n => document.querySelectorAll('#chat .bot .prose, #chat .bot .md').length >= n", arg=len(HOSTILE)
    )
    harmless(page, said, "read back")
