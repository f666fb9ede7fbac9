"""The chat page where Gradio's own parts fall short: names, votes, turns that would be dropped, a server that dies."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.chat_server import run, served, started
from tests.integration.conftest import free_port
from tests.model_server import ModelServer, Reply
from tests.pages import Page, faults_of

pytestmark = [pytest.mark.integration, pytest.mark.needs("chromium")]
ASKED = "What is ReAct and when would I use it?"
SECOND = "How many examples should a few-shot prompt have?"
SENTENCE = "ReAct is a prompting method in which a model alternates between thoughts, actions and observations. [1] "


def test_steps_that_are_read_back_have_no_serious_fault_and_say_whether_they_are_open(opened: Page) -> None:
    opened.page.get_by_label("With tools").check()
    opened.ask("What is 12 * 34?")
    opened.page.wait_for_function("location.search.startsWith('?c=')")
    opened.page.reload()
    step = opened.page.locator("#chat .thought-group > [role=button]").first
    step.wait_for()
    assert faults_of(opened) == []
    for way in (step, step.locator(".arrow")):
        was_open = step.get_attribute("aria-expanded")
        way.click()
        opened.page.wait_for_function(
            "was => document.querySelector('#chat .thought-group > [role=button]').ariaExpanded !== was", arg=was_open
        )
    assert step.locator(".duration").inner_text().strip("( )").endswith("s")  # however short it took


def test_two_quick_clicks_are_one_vote_on_the_page_and_in_the_store(opened: Page, web_home: Path) -> None:
    opened.ask(ASKED)
    opened.page.wait_for_function("location.search.startsWith('?c=')")
    conversation = opened.page.url.partition("c=")[2]
    opened.page.get_by_label("Like", exact=True).last.dblclick()
    opened.page.get_by_label("Liked", exact=True).wait_for()
    opened.page.reload()
    opened.page.get_by_label("Liked", exact=True).wait_for()
    listed = run(web_home, "traces", "list", "--conversation", conversation, "--vote", "up", "--json")
    assert len(listed.splitlines()) == 1


def test_an_earlier_question_is_edited_only_when_the_loss_of_later_turns_is_accepted(opened: Page) -> None:
    opened.ask(ASKED)
    opened.ask(SECOND)
    opened.ask("What is chunking?")
    told: list[str] = []
    opened.page.once("dialog", lambda dialog: (told.append(dialog.message), dialog.dismiss()))
    opened.page.get_by_label("Edit").first.click()
    opened.page.locator("#chat textarea").fill("What is a ReAct loop?")
    opened.page.get_by_label("Submit").first.click()
    assert "2 turns after it" in told[0]
    assert opened.page.locator("#chat .user-row").count() == 3
    opened.page.once("dialog", lambda dialog: dialog.accept())
    opened.page.get_by_label("Submit").first.click()
    opened.page.wait_for_function("document.querySelectorAll('#chat .user-row').length === 1")
    opened.settled()


def test_a_conversation_is_kept_as_a_file_of_its_name(opened: Page) -> None:
    opened.ask(ASKED)
    opened.page.wait_for_function("location.search.startsWith('?c=')")
    opened.page.get_by_role("button", name="This conversation").click()
    with opened.page.expect_download() as kept:
        opened.page.get_by_role("link", name="Markdown").click()
    assert kept.value.suggested_filename.startswith("What is ReAct and when would I use it")


def test_the_page_names_itself_to_whoever_shows_a_link_to_it(opened: Page) -> None:
    text = opened.page.request.get(opened.address).text()
    assert 'property="og:title" content="Lectern"' in text
    assert "gradio.app/" not in text.partition("window.gradio_config")[0] and "githubusercontent" not in text


@pytest.fixture
def model() -> Iterator[ModelServer]:
    with ModelServer() as server:
        yield server


def streaming(chromium: Any, address: str) -> Page:
    """Open a page and ask; give it once the answer has begun to stream."""
    page = Page(chromium, address)
    page.page.get_by_label("Course only").check()
    page.page.fill("#question textarea", ASKED)
    page.page.press("#question textarea", "Enter")
    page.page.wait_for_function("document.querySelector('#chat .bot')?.innerText.split('ReAct is').length > 3")
    return page


def test_a_server_that_dies_takes_neither_what_was_said_nor_what_is_typed_and_is_told_once(
    chromium: Any, web_home: Path, tmp_path: Path, model: ModelServer
) -> None:
    home = tmp_path / "home"
    shutil.copytree(web_home, home, ignore=shutil.ignore_patterns("running", "*.lock"))
    model.default = Reply(text=SENTENCE * 40, piece_delay_s=0.05)
    port, how = free_port(), {"OPENAI_BASE_URL": model.url, "LECTERN_MODEL": "course-model"}
    typed = "And who introduced it?"
    with started(home, port=port, **how) as (address, process):
        page = streaming(chromium, address)
        process.kill()
        process.wait(30)
        page.page.locator("#question textarea").press_sequentially(typed)
        page.page.wait_for_selector(".lectern-lost")
        page.page.wait_for_selector("[data-testid=toast-body]:visible", state="detached")
    with closing(page.context), started(home, port=port, **how):
        page.page.wait_for_selector("text=The server was restarted before the answer was finished")
        page.page.wait_for_selector("text=ReAct is a prompting method")
        page.page.wait_for_function("t => document.querySelector('#question textarea').value === t", arg=typed)


# What the server says at the end of each event reaches nothing of the page.
LOSE_ENDS = """() => {
    const parse = JSON.parse;
    window.loses = true;
    JSON.parse = (text, ...given) =>
        parse(String(text).includes('"process_completed"') ? '{"msg": "heartbeat"}' : text, ...given);
}"""


def test_a_page_that_has_lost_the_end_of_a_stream_shows_the_whole_answer(
    chromium: Any, web_home: Path, tmp_path: Path, model: ModelServer
) -> None:
    home = tmp_path / "home"
    shutil.copytree(web_home, home, ignore=shutil.ignore_patterns("running", "*.lock"))
    model.default = Reply(text=SENTENCE * 40, piece_delay_s=0.02)
    with served(home, OPENAI_BASE_URL=model.url, LECTERN_MODEL="course-model") as address:
        page = streaming(chromium, address)
        page.page.evaluate(LOSE_ENDS)
        page.page.locator("#question textarea").press_sequentially("And who")
        page.page.wait_for_function("!window.loses && document.querySelector('#question .submit-button')")
        page.settled()
        assert page.answer().count("ReAct is a prompting") >= 40
        page.page.wait_for_function("document.querySelector('#question textarea').value === 'And who'")
        page.close()


def test_with_own_material_alone_the_examples_are_of_it(chromium: Any, tmp_path: Path) -> None:
    course, home = tmp_path / "course", tmp_path / "home"
    course.mkdir()
    (course / "clay.md").write_text(
        "# Clay\n\n## When to keep a shard\n\nKeep a shard when its glaze is to be copied.\n"
    )
    run(home, "ingest", str(course))
    with served(home) as address:
        page = Page(chromium, address)
        page.page.locator("#chat .examples button, #chat .example").first.click()
        page.page.wait_for_selector("#sources mark")
        page.settled()
        assert page.page.locator("#chat .user").all_inner_texts()[0].strip() == "When should I keep a shard?"
        assert "its glaze" in page.answer()
        page.close()
