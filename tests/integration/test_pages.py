"""All pages in a real browser: they fit, can be read and used without sight, and reach out to nobody."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.pages import PAGES, Page, at, contrast, faults_of

pytestmark = [pytest.mark.integration, pytest.mark.needs("chromium")]
PHONE, WIDE = {"width": 390, "height": 844}, {"width": 1440, "height": 900}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_serious_fault_for_those_who_cannot_see_it(chromium: Any, web_address: str, name: str) -> None:
    page = at(chromium, web_address, name)
    assert faults_of(page) == []
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_phone_and_can_be_read(chromium: Any, web_address: str, name: str, scheme: str) -> None:
    page = at(chromium, web_address, name, viewport=PHONE, color_scheme=scheme)
    assert page.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    for selector in (".lectern-badge", ".lectern-head nav a"):
        assert contrast(page.page, selector) >= 4.5, selector
    page.close()


def test_every_page_is_reached_from_every_other(chromium: Any, web_address: str) -> None:
    page = at(chromium, web_address, "")
    for name in ("Tags", "Library", "Review", "Help", "Chat"):
        page.page.get_by_role("navigation", name="Pages").get_by_role("link", name=name).click()
        page.page.wait_for_selector(f".lectern-head a[aria-current]:text-is('{name}')")
    page.close()


def test_a_page_may_load_and_run_nothing_from_elsewhere(chromium: Any, web_address: str) -> None:
    page = at(chromium, web_address, "")
    policy = page.page.request.get(web_address).headers["content-security-policy"]
    for part in ("img-src 'self' data: blob:", "connect-src 'self'", "form-action 'self'", "object-src 'none'"):
        assert part in policy
    refused = page.page.evaluate("fetch('http://127.0.0.1:9/x').then(() => 'reached', () => 'refused')")
    assert refused == "refused"
    page.context.close()


@pytest.mark.parametrize("name", ["visitors.key", "traces.sqlite3", "ledger.sqlite"])
def test_no_file_of_the_home_is_served(chromium: Any, web_address: str, web_home: Path, name: str) -> None:
    assert (web_home / name).exists()
    page = at(chromium, web_address, "")
    for way in ("gradio_api/file=", "file="):
        assert page.page.request.get(f"{web_address}{way}{web_home / name}").status in (403, 404)
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_answer_with_its_sources_has_no_serious_fault(chromium: Any, web_address: str, scheme: str) -> None:
    page = at(chromium, web_address, "", color_scheme=scheme)
    page.ask("What is ReAct?")
    page.page.wait_for_selector("#sources mark")
    assert faults_of(page) == []
    page.close()


@pytest.fixture
def library(chromium: Any, web_address: str) -> Iterator[Page]:
    page = at(chromium, web_address, "library")
    yield page
    page.close()


def add(page: Page, *files: str) -> str:
    page.page.set_input_files("#files input[type=file]", list(files))
    page.page.wait_for_function("n => document.querySelectorAll('#files tr, #files .file').length >= n", arg=len(files))
    page.page.click("#add")
    page.page.wait_for_selector("#told >> text=chunks in the library")
    return str(page.page.locator("#receipts").inner_text())


def test_an_upload_with_a_broken_file_tells_what_became_of_each(library: Page, tmp_path: Any) -> None:
    (tmp_path / "raku.md").write_text("# Raku\n\nRaku bowls are taken from the kiln at 980 degrees.\n")
    (tmp_path / "broken.pdf").write_bytes(b"no pdf")
    said = add(library, str(tmp_path / "raku.md"), str(tmp_path / "broken.pdf"))
    assert "is no PDF that can be read" in said and "print it to a new PDF" in said
    library.page.fill("#try input, #try textarea", "At how many degrees are raku bowls taken out?")
    library.page.press("#try input, #try textarea", "Enter")
    library.page.wait_for_selector("#hits table")
    assert "980 degrees" in library.page.locator("#hits tbody tr").first.inner_text()
    library.page.fill("#find-document input, #find-document textarea", "raku")
    library.page.wait_for_function("document.querySelectorAll('#documents tbody tr').length === 1")


def test_a_document_is_looked_into_and_removed_with_its_certificate(library: Page, tmp_path: Any) -> None:
    (tmp_path / "engobe.md").write_text("# Engobe\n\nEngobe is liquid clay that colours a pot before it is fired.\n")
    add(library, str(tmp_path / "engobe.md"))
    library.page.get_by_role("button", name="Look into a document").click()
    library.page.fill("#chosen input", "Engobe")
    library.page.get_by_role("option", name="Engobe").first.click()
    library.page.wait_for_selector("#chunks table")
    assert "liquid clay" in library.page.locator("#chunks").inner_text()
    asked: list[str] = []
    library.page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.accept()))
    library.page.click("#remove")
    library.page.wait_for_selector("#certificate >> text=Removed Engobe")
    assert len(asked) == 1 and "engobe.md" in asked[0]
    assert "0 chunks, 0 vectors, 0 files left" in library.page.locator("#certificate").inner_text()


FORMATS = {
    "a.txt": b"Terracotta is fired at 1000 degrees.",
    "b.html": b"<html><body><main><p>Porcelain is fired at 1300 degrees in a kiln.</p></main></body></html>",
    "c.csv": b"Name,Text\nFaience,Faience is fired at 950 degrees.\n",
    "d.vtt": b"WEBVTT\n\n00:01.000 --> 00:04.000\nBone china is fired at 1250 degrees.\n",
    "e.ipynb": b'{"cells":[{"cell_type":"markdown","metadata":{},"source":["Slip is fired at 1100 degrees."]}],'
    b'"metadata":{},"nbformat":4,"nbformat_minor":5}',
    "f.py": b'"""Fires at 1200 degrees."""\n\ndef fire():\n    return 1200\n',
    "g.srt": b"1\n00:00:01,000 --> 00:00:04,000\nMajolica is fired at 1050 degrees.\n",
    "h.mdx": b"import X from 'y'\n\n# Glaze\n\nCeladon is fired at 1280 degrees.\n",
}


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_is_taken_from_an_upload(library: Page, tmp_path: Any, name: str) -> None:
    (tmp_path / name).write_bytes(FORMATS[name])
    assert "done" in add(library, str(tmp_path / name))


def test_the_map_shows_what_was_never_cited(library: Page) -> None:
    library.page.get_by_role("button", name="The map of the course").click()
    library.page.click("#draw")
    library.page.wait_for_selector(".lectern-map li")
    assert "were never cited" in library.page.locator("#map").inner_text()


def test_an_address_on_this_machine_is_refused_in_words(library: Page) -> None:
    library.page.fill("#address input, #address textarea", "http://127.0.0.1:9/secret")
    library.page.click("#add")
    library.page.wait_for_selector("#receipts table")
    assert "127.0.0.1" in library.page.locator("#receipts").inner_text()


@pytest.fixture
def refused(opened: Page, chromium: Any) -> Iterator[Page]:
    """A review desk after a question that was refused and voted down."""
    opened.ask("How many goals did the winning team score in the 1998 final?")
    opened.page.get_by_label("Dislike").last.click()
    opened.page.locator("#comment input, #comment textarea").wait_for()
    desk = at(chromium, opened.address, "review")
    yield desk
    desk.close()


def first_of(desk: Page) -> Any:
    return desk.page.locator("#turns tbody tr").first


def test_the_worst_turns_come_first_and_filters_hold(refused: Page) -> None:
    refused.page.get_by_label("Worst first").check()
    refused.page.wait_for_function("document.querySelector('#turns tbody tr')?.innerText.includes('down')")
    assert "1998 final" in first_of(refused).inner_text()
    refused.page.fill("#text input, #text textarea", "no such words anywhere")
    refused.page.wait_for_selector("text=No turn fits.")
    refused.page.fill("#text input, #text textarea", "1998 FINAL")
    refused.page.wait_for_selector("#turns button")
    assert "refused" in first_of(refused).inner_text()


def test_a_turn_is_shown_as_a_tree_reviewed_and_made_a_test_row(refused: Page) -> None:
    refused.page.locator("#turns button", has_text="1998 final").first.click()
    refused.page.wait_for_selector("#detail h3")
    assert "search the course" in refused.page.locator("#detail .lectern-tree").first.inner_text()
    assert faults_of(refused) == []
    refused.page.fill("#reviewer input, #reviewer textarea", "Ada")
    refused.page.get_by_label("refuse").check()
    refused.page.fill("#review-comment input, #review-comment textarea", "Not of this course.")
    refused.page.click("#keep-review")
    refused.page.wait_for_selector("#detail >> text=Not of this course.")
    refused.page.click("#to-dataset")
    refused.page.wait_for_selector("#review-told >> text=lectern eval answers")


def test_a_review_needs_a_name(refused: Page) -> None:
    refused.page.locator("#turns button").first.click()
    refused.page.wait_for_selector("#detail h3")
    refused.page.click("#accept")
    refused.page.wait_for_selector("text=Nobody's name is given.")


def test_what_the_course_lacks_is_grouped_and_tried_again(refused: Page) -> None:
    refused.page.get_by_role("button", name="What the course could not answer").click()
    refused.page.click("#group")
    refused.page.wait_for_selector("#groups table")
    assert "1998 final" in refused.page.locator("#groups").inner_text()
    refused.page.click("#covered")
    refused.page.wait_for_selector("#now table")
    assert "still not" in refused.page.locator("#now").inner_text()


def test_figures_over_time_are_drawn(refused: Page) -> None:
    refused.page.get_by_role("button", name="Over time").click()
    refused.page.click("#draw")
    refused.page.wait_for_selector("#plots svg rect")
    assert refused.page.locator("#plots svg").first.get_attribute("role") == "img"
    assert "Price in US dollars: not reported" in refused.page.locator("#plots").inner_text()


def test_help_says_what_is_missing_and_how_to_mend_it(chromium: Any, web_address: str) -> None:
    page = at(chromium, web_address, "help")
    page.page.wait_for_selector("#findings >> text=Set OPENAI_BASE_URL")
    page.close()
