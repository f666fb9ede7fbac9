"""A new user's first hour, in one browser: ask, look up, tag, upload, complain, review, guard with a test, deliver."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.chat_server import run, served
from tests.comet_server import CometServer
from tests.pages import Page

pytestmark = [pytest.mark.integration, pytest.mark.needs("chromium")]
RIGHT = "A bisque kiln is fired at 990 degrees Celsius."
WRONG = "At how many degrees is a bisque kiln fired?"


def until(holds: Callable[[], bool]) -> None:
    for _ in range(600):
        if holds():
            return
        threading.Event().wait(0.05)
    raise AssertionError("it did not come to be")


def test_a_new_user_asks_looks_up_tags_uploads_and_the_team_reviews_it(
    mediawiki: str, chromium: Any, tmp_path: Path
) -> None:
    home, course = tmp_path / "home", tmp_path / "pottery"
    course.mkdir()
    (course / "kilns.md").write_text("# Kilns\n\nA bisque kiln is fired at 990 degrees, and a glaze kiln hotter.\n")
    (course / "broken.pdf").write_bytes(b"no pdf")
    with CometServer() as comet:
        how = {"COMET_API_KEY": comet.key, "COMET_URL_OVERRIDE": comet.url, "COMET_WORKSPACE": "w"}
        tools = "course_search wikipedia tag_abstract calculate"
        with served(home, LECTERN_WIKIPEDIA_API_URL=mediawiki, **{**how, "LECTERN_TOOLS": tools}) as address:
            page = Page(chromium, address)
            _ask_and_follow_up(page)
            _look_up(page)
            _tag(page)
            _upload(page, course)
            trace_id = _complain(page)
            _review(page)
            page.context.close()
            assert (page.errors, page.outside) == ([], [])
            until(lambda: trace_id in comet.chains and any(key == trace_id for key, _, _ in comet.feedback))
        assert comet.complaints == []
    rows = home / "datasets" / "reviewed-answers.jsonl"
    (row,) = map(json.loads, rows.read_text().splitlines())
    assert row["question"] == WRONG
    assert _hits(home, rows) == 0.0  # the course still says what was found wrong
    (path,) = [source["path"] for source in row["gold"]]
    run(home, "library", "remove", path)
    mended = tmp_path / "mended" / path
    mended.parent.mkdir(parents=True)
    mended.write_text(f"# Kilns\n\n{RIGHT}\n")
    run(home, "ingest", str(tmp_path / "mended"))
    assert _hits(home, rows) == 1.0


def _hits(home: Path, rows: Path) -> float:
    """Measure the one row; give whether its answer says what it must, and that the run shows it where it does not."""
    told = [json.loads(line) for line in run(home, "eval", "answers", str(rows), "--json").splitlines()]
    hit = float(next(row["value"] for row in told if row.get("figure") == "hit"))
    assert bool(run(home, "eval", "show", str(told[-1]["run"]), "--json")) == (hit == 0.0)
    return hit


def _ask_and_follow_up(page: Page) -> None:
    assert "ReAct" in page.ask("What is ReAct and when would I use it?")
    page.page.locator("#chat .bot a[href*='#source-1']").first.click()
    page.page.wait_for_selector("#sources .lectern-chosen mark")
    assert "2022" in page.ask("Who introduced it?")


def _look_up(page: Page) -> None:
    page.page.get_by_label("With tools").check()
    assert "Denver Nuggets" in page.ask("Who won the 2023 NBA finals?")
    assert page.page.locator("#chat", has_text="Looked in Wikipedia").count() == 1
    assert "Not from the course: Wikipedia" in page.page.locator("#sources").inner_text()
    page.page.get_by_label("Automatic").check()


def _tag(page: Page) -> None:
    page.page.goto(f"{page.address}tags")
    page.page.fill(
        "#abstract textarea", "We fine-tune Llama 2 on dialogues of GPT-4 and release PotLM, our model of pottery."
    )
    page.page.click("#find-names")
    page.page.wait_for_selector("mark.lectern-name")
    assert page.page.locator("mark.lectern-name").all_inner_texts() == ["Llama 2", "GPT-4", "PotLM"]


def _upload(page: Page, course: Path) -> None:
    page.page.goto(f"{page.address}library")
    page.page.get_by_role("button", name="A whole folder").click()
    page.page.set_input_files("#folder input[type=file]", str(course))
    page.page.wait_for_function("document.querySelectorAll('#folder tr, #folder .file').length >= 2")
    page.page.click("#add")
    page.page.wait_for_selector("#told >> text=1 done, 1 failed")
    assert "is no PDF that can be read" in page.page.locator("#receipts").inner_text()


def _complain(page: Page) -> str:
    page.page.goto(page.address)
    page.page.wait_for_selector("#question textarea")
    assert "990 degrees" in page.ask(WRONG)
    link = str(page.page.locator("#chat a[href*='turns/']").first.get_attribute("href"))
    page.page.get_by_label("Dislike").last.click()
    page.page.fill("#comment input, #comment textarea", "It should say Celsius.")
    page.page.press("#comment input, #comment textarea", "Enter")
    page.page.wait_for_selector("text=Thank you")
    return link.removeprefix("turns/").partition("#")[0]


def _review(page: Page) -> None:
    page.page.goto(f"{page.address}review")
    page.page.get_by_label("Worst first").check()
    page.page.wait_for_function("document.querySelector('#turns tbody tr')?.innerText.includes('bisque')")
    page.page.locator("#turns button").first.click()
    page.page.wait_for_selector("#detail >> text=It should say Celsius.")
    page.page.fill("#reviewer input, #reviewer textarea", "Ada")
    page.page.get_by_label("partly").check()
    page.page.fill("#right-answer textarea", RIGHT)
    page.page.fill("#right-sources textarea", "kilns.md")
    page.page.click("#keep-review")
    page.page.wait_for_selector("#review-told >> text=Kept.")
    page.page.click("#to-dataset")
    page.page.wait_for_selector("#review-told >> text=lectern eval answers")
    page.page.get_by_role("button", name="Test rows of reviewed turns").click()
    page.page.click("#run-rows")
    page.page.wait_for_selector("#rows-told >> text=Done: 1 of 1 row, 0 as asked, 1 not")
    assert WRONG in page.page.locator("#rows-told button[data-turn]").inner_text()
