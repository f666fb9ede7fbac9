"""Conversations in a real browser: kept, opened by link, renamed, found, exported, deleted, and nobody else's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from assistant.tracing.records import Origin
from assistant.tracing.store import TraceStore
from tests import turns
from tests.chat_server import run
from tests.pages import Page

pytestmark = [pytest.mark.integration, pytest.mark.needs("chromium")]
ASKED = "What is ReAct and when would I use it?"
SEEN = """selector => {
    const box = document.querySelector(selector)?.getBoundingClientRect();
    return Boolean(box?.height) && box.top >= 0 && box.bottom <= innerHeight;
}"""
SECOND = "How many examples should a few-shot prompt have?"


@pytest.fixture
def asked(opened: Page) -> Iterator[Page]:
    """A page on which one question was answered."""
    opened.ask(ASKED)
    opened.page.wait_for_function("location.search.startsWith('?c=')")
    yield opened


def said(page: Page) -> list[str]:
    return [text.strip() for text in page.page.locator("#chat .user").all_inner_texts()]


def test_a_reload_and_the_link_show_the_same_conversation(asked: Page) -> None:
    answer, link = asked.answer(), asked.page.url
    asked.page.reload()
    asked.page.wait_for_selector("#chat .bot")
    assert asked.answer().split() == answer.split()
    assert asked.page.locator("#sources mark").count() > 0
    asked.page.goto(asked.address)
    asked.page.wait_for_selector("#question textarea")
    assert said(asked) == []
    asked.page.goto(link)
    asked.page.wait_for_selector("#chat .bot")
    assert said(asked) == [ASKED]


def test_the_list_leads_from_one_conversation_to_another(asked: Page) -> None:
    asked.page.get_by_role("link", name="New conversation").click()
    asked.page.wait_for_function("location.search === '' && document.querySelector('#question textarea')")
    asked.ask(SECOND)
    asked.page.get_by_role("navigation", name="Conversations").get_by_role("link", name=ASKED).first.click()
    asked.page.wait_for_function("t => document.querySelector('#chat .user')?.innerText.includes(t)", arg="ReAct")
    assert said(asked) == [ASKED]


def test_a_conversation_is_renamed_and_found_by_its_title_and_by_what_was_said(asked: Page) -> None:
    asked.page.get_by_role("button", name="This conversation").click()
    asked.page.wait_for_function("t => document.querySelector('#title input, #title textarea')?.value === t", arg=ASKED)
    title = asked.page.locator("#title input, #title textarea")
    title.select_text()
    title.press_sequentially("Week 5: agents")
    title.press("Enter")
    listed = asked.page.locator("#conversations li a")
    asked.page.wait_for_function("document.querySelector('#conversations li a').innerText === 'Week 5: agents'")
    for text, count in (("week 5", 1), ("observations", 1), ("no such words at all", 0), ("", 1)):
        asked.page.fill("#find input, #find textarea", text)
        asked.page.wait_for_function("n => document.querySelectorAll('#conversations li a').length === n", arg=count)
    assert listed.first.inner_text() == "Week 5: agents"


@pytest.mark.parametrize("how", ["click", "Enter"])
@pytest.mark.parametrize("viewport", [{"width": 1440, "height": 900}, {"width": 390, "height": 844}])
def test_what_opens_below_the_chat_is_seen(asked: Page, viewport: dict[str, int], how: str) -> None:
    asked.page.set_viewport_size(viewport)
    asked.page.evaluate("scrollTo(0, 0)")
    opener = asked.page.locator("#own > button")
    opener.focus()
    opener.click() if how == "click" else asked.page.keyboard.press(how)
    asked.page.wait_for_function(SEEN, arg="#delete")
    assert opener.evaluate("e => e === document.activeElement")
    asked.page.keyboard.press("Home")  # whoever moves on is not called back
    asked.page.wait_for_function("scrollY === 0")
    asked.page.set_viewport_size({**viewport, "width": viewport["width"] - 20})
    asked.page.wait_for_function(
        "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"
    )
    assert asked.page.evaluate("scrollY") == 0


def test_older_conversations_are_listed_when_asked_for_and_a_search_reaches_all(opened: Page, web_home: Path) -> None:
    (user,) = [c["value"].partition(".")[0] for c in opened.context.cookies() if c["name"] == "lectern_visitor"]
    with closing(TraceStore(web_home)) as store:
        for n in range(230):
            begun = turns.start(f"What about kiln {n}?", at=turns.BEGAN + n, origin=Origin(f"{user}{n}", user, "web"))
            store.begin(begun)
            store.finish(begun, turns.end("It is hot."), [])
    opened.page.reload()
    listed, count = (
        opened.page.locator("#conversations li a"),
        "document.querySelectorAll('#conversations li a').length",
    )
    opened.page.wait_for_function(f"{count} === 100")
    assert listed.first.inner_text() == "What about kiln 229?"
    older = opened.page.get_by_role("button", name="Older ones")
    for shown in (200, 230):
        older.click()
        opened.page.wait_for_function(f"{count} === {shown}")
    assert listed.last.inner_text() == "What about kiln 0?" and older.count() == 0
    assert opened.page.evaluate("document.activeElement.innerText") == "What about kiln 29?"
    opened.page.reload()
    opened.page.wait_for_function(f"{count} === 100")
    opened.page.fill("#find input, #find textarea", "kiln 7?")
    opened.page.wait_for_function(f"{count} === 1")
    assert listed.first.inner_text() == "What about kiln 7?"


@pytest.mark.parametrize("kind", ["md", "json"])
def test_a_conversation_is_kept_as_a_file_with_its_quotes(asked: Page, kind: str) -> None:
    conversation = asked.page.url.partition("c=")[2]
    reply = asked.page.request.get(f"{asked.address}conversations/{conversation}.{kind}")
    text = reply.text()
    assert reply.ok and "attachment" in reply.headers["content-disposition"]
    assert ASKED in text and "05-react.md" in text
    if kind == "json":
        (turn,) = json.loads(text)["turns"]
        assert turn["citations"][0]["quote"].split()[0] in turn["answer"]


def test_a_conversation_is_deleted_for_good(asked: Page, web_home: Path) -> None:
    link = asked.page.url
    conversation = link.partition("c=")[2]
    asked.page.get_by_role("button", name="This conversation").click()
    asked.page.on("dialog", lambda dialog: dialog.accept())
    asked.page.get_by_role("button", name="Delete this conversation").click()
    asked.page.wait_for_function("!document.querySelector('#chat .bot')")
    assert run(web_home, "traces", "list", "--conversation", conversation, "--json") == ""
    asked.page.goto(link)
    asked.page.wait_for_selector("text=There is no such conversation of yours.")


def test_two_users_see_nothing_of_each_other(asked: Page, chromium: Any) -> None:
    link, conversation = asked.page.url, asked.page.url.partition("c=")[2]
    turn = asked.page.locator("#chat a[href*='turns/']").first.get_attribute("href")
    assert asked.page.request.get(f"{asked.address}{turn}").ok
    other = Page(chromium, asked.address)
    assert other.page.locator("#conversations li").count() == 0
    for address in (str(turn), f"conversations/{conversation}.md", f"conversations/{conversation}.json"):
        assert other.page.request.get(f"{asked.address}{address}").status == 404
    other.page.goto(link)
    other.page.wait_for_selector("text=There is no such conversation of yours.")
    assert other.page.locator("#chat .bot").count() == 0
    other.ask(SECOND)
    assert conversation not in other.page.url
    other.close()
    asked.page.reload()
    asked.page.wait_for_selector("#chat .bot")
    assert said(asked) == [ASKED]


def test_a_question_is_asked_again_and_the_first_answer_is_left_out(asked: Page, web_home: Path) -> None:
    conversation = asked.page.url.partition("c=")[2]
    asked.page.get_by_label("Retry").last.click()
    asked.settled()
    asked.page.wait_for_function("document.querySelectorAll('#chat .bot').length === 1")
    rows = [
        json.loads(r) for r in run(web_home, "traces", "list", "--conversation", conversation, "--json").splitlines()
    ]
    assert [(r["question"], r["left_out"]) for r in rows] == [(ASKED, False), (ASKED, True)]


def test_a_question_is_asked_in_other_words(asked: Page) -> None:
    asked.page.get_by_label("Edit").first.click()
    asked.page.locator("#chat textarea").fill(SECOND)
    asked.page.get_by_label("Submit").first.click()
    asked.page.wait_for_function("document.querySelector('#chat .bot')?.innerText.includes('few-shot')")
    asked.settled()
    assert said(asked) == [SECOND]


def test_the_last_turn_is_taken_back_into_the_box(asked: Page) -> None:
    asked.ask(SECOND)
    asked.page.get_by_label("Undo").last.click()
    asked.page.wait_for_function("document.querySelectorAll('#chat .user').length === 1")
    assert said(asked) == [ASKED]
    asked.page.wait_for_function("q => document.querySelector('#question textarea').value === q", arg=SECOND)


def test_a_marker_opens_its_source_beside_the_chat_also_of_an_earlier_answer(asked: Page) -> None:
    asked.ask(SECOND)
    asked.page.locator("#chat .bot").first.locator("a[href*='#source-2']").first.click()
    card = asked.page.locator("#sources .lectern-chosen")
    card.wait_for()
    assert card.locator("strong").inner_text().startswith("[2]")
    assert card.locator("mark").count() > 0
    assert asked.page.evaluate("document.activeElement.tagName") == "SUMMARY"
    asked.ask("What is retrieval-augmented generation?")
    assert "retrieval" in asked.page.locator("#sources").inner_text().lower()
    assert card.count() == 0


def test_a_marker_opened_elsewhere_is_a_page_of_its_own(asked: Page) -> None:
    turn = asked.page.locator("#chat a[href*='turns/']").first.get_attribute("href")
    asked.page.goto(f"{asked.address}{turn}")
    assert asked.page.locator("h1").inner_text() == ASKED
    assert asked.page.locator("mark").count() > 0


def test_what_to_ask_next_comes_from_the_material(asked: Page) -> None:
    next_one = asked.page.locator("#chat button.option").first
    question = next_one.inner_text().strip()
    next_one.click()
    asked.page.wait_for_function("document.querySelectorAll('#chat .user').length === 2")
    asked.settled()
    assert said(asked)[1] == question
    assert "does not answer" not in asked.answer()


def test_an_example_begins_a_conversation(opened: Page) -> None:
    opened.page.locator("#chat").get_by_text(SECOND).click()
    opened.page.wait_for_selector("#sources mark")
    opened.settled()
    assert said(opened) == [SECOND]


def test_what_was_wrong_is_kept_in_words_and_one_click_counts_once(asked: Page, web_home: Path) -> None:
    turn = str(asked.page.locator("#chat a[href*='turns/']").first.get_attribute("href"))
    trace_id = turn.removeprefix("turns/").partition("#")[0]
    asked.page.get_by_label("Dislike").last.click()
    asked.page.locator("#comment input, #comment textarea").wait_for()
    asked.page.fill("#comment input, #comment textarea", "It names no year.")
    asked.page.press("#comment input, #comment textarea", "Enter")
    asked.page.wait_for_selector("text=Thank you")
    feedback = json.loads(run(web_home, "traces", "show", trace_id, "--json"))["feedback"]
    assert [(f["vote"], f["comment"]) for f in feedback] == [("down", ""), ("down", "It names no year.")]


def test_the_steps_of_the_agent_are_folded_messages_with_their_time(opened: Page) -> None:
    opened.page.get_by_label("With tools").check()
    answer = opened.ask("What is 12 * 34?")
    assert "408" in answer
    step = opened.page.locator("#chat .thought-group, #chat .message-content .box, #chat button", has_text="Calculated")
    assert "12 * 34" in step.first.inner_text()


def test_a_page_of_a_pdf_is_shown_as_a_picture_with_the_quote_marked(opened: Page) -> None:
    opened.ask("In which year did the Transformer replace recurrence by attention?")
    picture = opened.page.locator("#sources .lectern-page img").first
    opened.page.wait_for_function("document.querySelector('#sources .lectern-page img')?.naturalWidth > 0")
    reply = opened.page.request.get(str(picture.evaluate("i => i.src")))
    assert reply.headers["content-type"] == "image/png" and len(reply.body()) > 5_000


def test_a_cell_of_a_notebook_is_shown_with_its_output_and_the_quote_marked(opened: Page) -> None:
    opened.ask("About how many tokens a second does lab-large write in lab 8?")
    cell = opened.page.locator("#sources .lectern-cell", has_text="Cell 15 with its output").first
    cell.wait_for()
    assert "speeds = [" in cell.inner_text()
    assert "41 tokens a second" in cell.locator("mark").first.inner_text()
    turn = str(opened.page.locator("#chat a[href*='turns/']").first.get_attribute("href"))
    opened.page.goto(f"{opened.address}{turn}")
    assert opened.page.locator(".lectern-cell mark").count() > 0


def test_a_lost_connection_is_said_and_mended(asked: Page) -> None:
    asked.context.set_offline(True)
    asked.page.evaluate("window.dispatchEvent(new Event('offline'))")
    asked.page.wait_for_selector(".lectern-lost")
    asked.errors.clear()
    asked.context.set_offline(False)
    asked.page.wait_for_selector(".lectern-lost", state="detached")
    asked.page.wait_for_selector("#chat .bot")
    assert said(asked) == [ASKED]
    asked.errors.clear()  # what could not be fetched meanwhile


def test_the_main_job_is_done_with_the_keyboard_alone(opened: Page) -> None:
    opened.page.locator("body").press("/")
    opened.page.keyboard.type(ASKED)
    opened.page.keyboard.press("Enter")
    opened.page.wait_for_selector("#sources mark")
    opened.settled()
    for _ in range(60):
        opened.page.keyboard.press("Shift+Tab")
        if opened.page.evaluate("document.activeElement.matches(\"#chat a[href*='turns/']\")"):
            break
    opened.page.keyboard.press("Enter")
    opened.page.wait_for_selector("#sources .lectern-chosen")
    opened.page.keyboard.press("?")
    opened.page.wait_for_url("**/help")
