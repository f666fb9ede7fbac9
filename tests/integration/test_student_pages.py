"""The pages as a student of a course sees them in a real browser: what answers, what failed, what was half written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chat_server import fresh_copy, started
from tests.integration.conftest import free_port
from tests.model_server import ModelServer, Reply
from tests.pages import Page, contrast
from tests.people import course_server, sign_in
from ui.kept_turns import INTERRUPTED

pytestmark = [pytest.mark.integration, pytest.mark.needs("chromium")]
BOX = "#question textarea"
ASKED = "What is ReAct?"
SENTENCE = "ReAct is a prompting method in which a model alternates between thoughts, actions and observations. [1] "
DOWN = Reply(status=401, error={"message": "Bad key.", "type": "x", "param": None, "code": None})


@pytest.fixture(scope="module")
def model() -> Iterator[ModelServer]:
    with ModelServer() as server:
        yield server


@pytest.fixture(scope="module")
def course(web_home: Path, tmp_path_factory: pytest.TempPathFactory, model: ModelServer) -> Iterator[str]:
    values = {"OPENAI_BASE_URL": model.url, "LECTERN_MODEL": "course-model", "LECTERN_TOOLS": "calculate"}
    with course_server(web_home, tmp_path_factory.mktemp("students"), **values) as found:
        yield found


def opened_by(name: str, chromium: Any, address: str, at: str = "", ready: str = "#question textarea") -> Page:
    client = sign_in(address, name).client
    cookies = [{"name": c.name, "value": c.value, "url": address} for c in client.cookies.jar]
    client.close()
    return Page(chromium, address, at, ready, storage_state={"cookies": [
        {**c, "domain": "127.0.0.1", "path": "/", "expires": -1, "httpOnly": True, "secure": False, "sameSite": "Lax"}
        for c in ({k: v for k, v in cookie.items() if k != "url"} for cookie in cookies)
    ], "origins": []})  # fmt: skip


@pytest.fixture
def student(chromium: Any, course: str, model: ModelServer) -> Iterator[Page]:
    model.default = Reply(text=SENTENCE)
    opened = opened_by("student", chromium, course)
    opened.page.get_by_label("Course only").check()
    yield opened
    opened.close()


@pytest.mark.parametrize(("name", "sees"), [("student", False), ("reviewer", False), ("admin", True)])
def test_only_an_admin_reads_where_the_model_is_served_and_how_its_server_is_mended(
    chromium: Any, course: str, model: ModelServer, name: str, sees: bool
) -> None:
    model.default = DOWN
    opened = opened_by(name, chromium, course)
    opened.page.wait_for_selector(".lectern-head[data-reader]")  # the head of a reader comes after everybody's
    assert opened.page.locator(".lectern-badge").inner_text() == f"course-model{f' at {model.url}' if sees else ''}"
    assert model.url not in opened.page.request.get(f"{course}config").text()
    opened.page.get_by_label("Course only").check()
    said = opened.ask(ASKED)
    assert ("tell the course team" in said, "OPENAI_API_KEY" in said, model.url in said) == (not sees, sees, sees)
    opened.page.reload()
    opened.page.wait_for_selector("#chat .bot")
    assert (model.url in opened.answer()) == sees
    opened.close()


@pytest.mark.parametrize(("name", "decides"), [("student", False), ("reviewer", True)])
def test_what_a_student_says_of_tags_is_a_proposal_and_the_model_is_the_courses(
    chromium: Any, course: str, model: ModelServer, name: str, decides: bool
) -> None:
    model.default = Reply(text='["PotNet"]')
    opened = opened_by(name, chromium, course, "tags", "#abstract textarea")
    opened.page.wait_for_selector(f"#model input:{'enabled' if decides else 'disabled'}, #model textarea:"
                                  f"{'enabled' if decides else 'disabled'}")  # fmt: skip
    opened.page.fill("#abstract textarea", "We propose PotNet, a neural network that outperforms GlazeNet on tiles.")
    opened.page.click("#find-names")
    opened.page.get_by_text("Correct this").click()
    opened.page.fill("#right textarea", "PotNet, GlazeNet")
    opened.page.click("#keep")
    said = opened.page.locator("#kept [role=status]").inner_text()
    assert ("proposal" in said, "test row" in said) == (not decides, decides)
    opened.close()


def draft(page: Any, text: str) -> None:
    """Write into the box what a page must not lose, as soon as the page knows whose it is."""
    page.wait_for_selector(".lectern-head[data-reader]", state="attached")
    page.fill(BOX, text)
    page.wait_for_function("t => (sessionStorage.getItem('lectern-draft') ?? '').includes(t)", arg=text)


def restored(page: Any, text: str) -> None:
    page.wait_for_function("t => document.querySelector('#question textarea')?.value === t", arg=text)


def test_a_draft_outlives_a_reload_and_a_new_conversation_until_it_is_asked(student: Page) -> None:
    student.ask(ASKED)
    draft(student.page, "What is few-shot")
    student.page.reload()
    restored(student.page, "What is few-shot")
    student.page.wait_for_selector("#chat .bot")
    student.page.focus("#sources-title")
    student.page.keyboard.press("n")
    student.page.wait_for_url(student.address)
    restored(student.page, "What is few-shot")
    student.page.press(BOX, "Enter")
    student.page.wait_for_function("sessionStorage.getItem('lectern-draft')?.includes('few-shot') !== true")
    student.settled()
    student.page.reload()
    student.page.wait_for_selector("#chat .bot")
    student.page.wait_for_function("window.lectern.reader !== undefined")
    assert student.page.input_value(BOX) == ""


def test_a_draft_outlives_a_reload_while_an_answer_comes(student: Page, model: ModelServer) -> None:
    model.default = Reply(text=SENTENCE * 10, piece_delay_s=0.05)
    student.page.fill(BOX, ASKED)
    student.page.press(BOX, "Enter")
    student.page.wait_for_function("document.querySelector('#chat .bot')?.innerText.includes('ReAct is')")
    draft(student.page, "And when")
    student.page.reload()
    student.page.wait_for_selector("#question .stop-button")
    restored(student.page, "And when")
    student.page.click("#question .stop-button")
    student.settled()
    assert student.page.input_value(BOX) == "And when"


def test_a_draft_is_not_shown_to_who_signs_in_after(student: Page, course: str) -> None:
    draft(student.page, "A private half")
    other = sign_in(course, "other").client
    token = next(c for c in other.cookies.jar)
    other.close()
    student.context.add_cookies([{"name": token.name, "value": token.value or "", "url": course}])
    student.page.goto(course)
    student.page.wait_for_function("window.lectern?.reader !== undefined")
    assert student.page.input_value(BOX) == ""
    assert "A private half" not in (student.page.evaluate("sessionStorage.getItem('lectern-draft')") or "")


def test_after_a_kill_the_draft_is_there_and_the_turn_says_what_to_do(
    chromium: Any, web_home: Path, tmp_path: Path, model: ModelServer
) -> None:
    home, port = tmp_path / "home", free_port()
    fresh_copy(web_home, home)
    values = {"OPENAI_BASE_URL": model.url, "LECTERN_MODEL": "course-model", "LECTERN_TOOLS": "calculate"}
    model.default = Reply(text=SENTENCE * 40, piece_delay_s=0.05)
    with started(home, port=port, **values) as (address, process):
        opened = Page(chromium, address)
        opened.page.get_by_label("Course only").check()
        opened.page.fill(BOX, ASKED)
        opened.page.press(BOX, "Enter")
        opened.page.wait_for_function("document.querySelector('#chat .bot')?.innerText.includes('ReAct is')")
        draft(opened.page, "And RAG")
        process.kill()
        process.wait()
        opened.page.evaluate("window.dispatchEvent(new Event('offline'))")
        opened.page.wait_for_selector(".lectern-lost")
    with started(home, port=port, **values):
        opened.page.wait_for_selector(f"text={INTERRUPTED}", timeout=60_000)
        restored(opened.page, "And RAG")
        assert "process" not in opened.answer()
        opened.errors.clear()  # what could not be fetched meanwhile
        opened.close()


def test_help_asks_nobody_for_what_they_may_not_do(chromium: Any, course: str) -> None:
    for name, wanted in (
        ("student", "Search the material"),
        ("reviewer", "Search the material"),
        ("admin", "upload a file"),
    ):
        opened = opened_by(name, chromium, course, "help", "#tries")
        opened.page.wait_for_selector(f"#tries >> text={wanted}")
        assert ("upload" in opened.page.locator("#tries").inner_text()) == (name == "admin")
        opened.close()


def test_a_retry_that_a_limit_keeps_out_leaves_the_answer_where_it_was(
    chromium: Any, web_home: Path, tmp_path: Path
) -> None:
    with course_server(web_home, tmp_path, LECTERN_LIMITS="turns_a_minute=1") as address:
        opened = opened_by("student", chromium, address)
        first = opened.ask(ASKED)
        opened.page.get_by_label("Retry").last.click()
        opened.page.wait_for_function("document.querySelector('#chat').innerText.includes('a minute')")
        opened.settled()
        shown = opened.page.locator("#chat").inner_text()
        assert first[:60] in shown and "a minute" in shown
        opened.ask("What is <b>celadon</b>?")
        opened.ask("And what is a kiln?")
        for _ in range(2):  # as it was told, and as a reload shows it
            shown = opened.page.locator("#chat").inner_text()
            assert first[:60] in shown and shown.count("a minute") == 3
            assert "<b>celadon</b>" in shown and "And what is a kiln?" in shown
            assert "nothing was looked up" in opened.page.locator("#sources").inner_text()
            opened.page.reload()
            opened.page.wait_for_selector("#chat .bot")
        opened.page.get_by_label("Undo").last.click()
        opened.page.wait_for_function("document.querySelector('#question textarea').value.endsWith('a kiln?')")
        opened.page.wait_for_function("!document.querySelector('#chat').innerText.includes('a kiln?')")
        opened.close()


def test_an_account_fits_a_phone_in_dark_colours_and_its_keys_can_be_revoked(chromium: Any, course: str) -> None:
    opened = opened_by("student", chromium, course)
    page = opened.page
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark")
    page.goto(f"{course}account")
    page.fill("input[name=label]", "a script with a long name that runs each night")
    page.check("input[name=scope-ask]")
    page.click("text=Make a key")
    page.goto(f"{course}account")
    revoke = page.get_by_role("button", name="Revoke").bounding_box()
    assert revoke is not None and revoke["x"] + revoke["width"] <= 390
    assert all(contrast(page, wanted) >= 4.5 for wanted in ("main p", "main a", "main h1", ".lectern-table td"))
    behind = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert max(int(part) for part in behind[4:-1].split(",")) < 64
    opened.close()
