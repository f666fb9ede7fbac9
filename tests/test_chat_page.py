"""The chat page in a real browser: a cited answer with its sources, a refusal, a follow-up, nothing that runs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from assistant.refusal import REFUSAL
from tests.chat_server import run
from tests.pages import Page, contrast

pytestmark = pytest.mark.needs("chromium")
ASKED = "What is ReAct and when would I use it?"


def test_an_answer_has_markers_and_its_sources_stand_beside_it_with_the_quotes_marked(opened: Page) -> None:
    answer = opened.ask(ASKED)
    assert "ReAct" in answer
    assert "[1]" in answer
    source = opened.page.locator("#sources .lectern-source").first
    assert "05-react.md" in source.inner_text()
    quotes = [" ".join(q.split()) for q in source.locator("mark").all_inner_texts()]
    assert quotes
    assert all(quote in " ".join(answer.split()) for quote in quotes)


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
    assert REFUSAL in opened.ask("How many GPUs were used to train Claude 3?")
    assert "Not an answer" in opened.page.locator("#sources").inner_text()
    assert opened.page.locator("#sources mark").count() == 0


def test_what_is_near_to_nothing_shows_no_passage(opened: Page) -> None:
    assert REFUSAL in opened.ask("How many goals did the winning team score in the 1998 final?")
    assert "Nothing in the material comes near" in opened.page.locator("#sources").inner_text()


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


def test_a_thumb_is_kept_with_its_turn_and_its_visitor(opened: Page, web_home: Path) -> None:
    opened.ask(ASKED)
    opened.page.wait_for_function("location.search.startsWith('?c=')")
    own = opened.page.url.partition("c=")[2]
    opened.page.get_by_label("Dislike").last.click()
    rows: list[dict[str, Any]] = []
    for _ in range(100):
        rows = [
            json.loads(line)
            for line in run(web_home, "traces", "list", "--conversation", own, "--vote", "down", "--json").splitlines()
        ]
        if rows:
            break
        opened.page.wait_for_timeout(100)
    assert [row["question"] for row in rows] == [ASKED]
    record = json.loads(run(web_home, "traces", "show", rows[0]["id"], "--json"))
    (cookie,) = [c for c in opened.context.cookies() if c["name"] == "lectern_visitor"]
    assert cookie["httpOnly"]
    assert cookie["value"].startswith(record["user_id"] + ".")
    assert record["feedback"][0]["user_id"] == record["user_id"]
    assert record["face"] == "web"


def test_a_visitor_stays_the_same_and_a_forged_cookie_is_replaced(chromium: Any, web_address: str) -> None:
    opened = Page(chromium, web_address)
    first = opened.context.cookies()[0]["value"]
    opened.page.reload()
    assert opened.context.cookies()[0]["value"] == first
    forged = "0" * 32 + "." + "0" * 64
    opened.context.add_cookies([{"name": "lectern_visitor", "value": forged, "url": web_address}])
    opened.page.reload()
    assert opened.context.cookies()[0]["value"] not in (first, forged)
    opened.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_and_can_be_read(chromium: Any, web_address: str, scheme: str) -> None:
    opened = Page(chromium, web_address, viewport={"width": 390, "height": 844}, color_scheme=scheme)
    opened.ask("What is a long question whose words would make the list of conversations wider than a phone?")
    opened.page.goto(opened.address)
    opened.page.wait_for_selector("#question textarea")
    opened.ask(ASKED)
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 390
    opened.page.locator("#past-fold button").click()
    for selector in ("#question .submit-button", "#way", "#chat", "#sources", "#conversations"):
        box = opened.page.locator(selector).bounding_box()
        assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 390, selector
    for selector in ("#chat .bot", ".lectern-passage", ".lectern-passage mark", ".lectern-badge", ".lectern-head p"):
        assert contrast(opened.page, selector) >= 4.5, selector
    opened.context.close()
    assert (opened.errors, opened.outside) == ([], [])
