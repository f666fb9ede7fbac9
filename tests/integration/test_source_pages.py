"""What an answer stands on, as it is seen: pages and cells in full, the way there and back on a phone, what is kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner

from tests.chat_server import served
from tests.made_files import SLIDES, pdf
from tests.pages import Page, contrast
from ui.cli import cli

pytestmark = [pytest.mark.integration, pytest.mark.needs("chromium")]
PHONE = {"width": 390, "height": 844}
ON_A_PAGE = "In which year did the Transformer replace recurrence by attention?"
ON_SLIDES = "How far away does a swarm settle, and what does the old queen do when a swarm leaves its hive?"
IN_A_CELL = "About how many tokens a second does lab-large write in lab 8?"
# How much of an element is cut off, in pixels, by what it stands in and by the edges of the browser.
CUT = """element => {
    const own = element.getBoundingClientRect();
    let cut = Math.max(0, own.bottom - innerHeight, -own.top);
    for (let e = element.parentElement; e; e = e.parentElement) {
        if (getComputedStyle(e).overflowY === 'visible') continue;
        const box = e.getBoundingClientRect();
        cut = Math.max(cut, own.bottom - box.bottom, box.top - own.top);
    }
    return cut;
}"""
IN_VIEW = "e => { const b = e.getBoundingClientRect(); return b.bottom > 0 && b.top < innerHeight; }"


@pytest.fixture
def phone(chromium: Any, web_address: str) -> Iterator[Page]:
    opened = Page(chromium, web_address, viewport=PHONE)
    yield opened
    opened.close()


def test_the_page_of_a_pdf_is_seen_in_full_above_the_text(opened: Page) -> None:
    opened.ask(ON_A_PAGE)
    opened.page.wait_for_function("document.querySelector('#sources .lectern-page[open] img')?.naturalWidth > 0")
    picture = opened.page.locator("#sources .lectern-page img").first
    opened.page.locator("#chat a[href*='turns/']").first.click()
    opened.page.wait_for_selector("#sources .lectern-chosen")
    assert picture.evaluate("e => !e.closest('.lectern-passage')")
    assert picture.evaluate("e => e.getBoundingClientRect().width") > 300
    assert picture.evaluate(CUT) <= 1


@pytest.fixture(scope="module")
def slides_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A library of one deck of short slides, so that a passage runs over several."""
    folder = tmp_path_factory.mktemp("slides")
    (folder / "course").mkdir()
    (folder / "course" / "swarms.pdf").write_bytes(pdf(*SLIDES))
    home = folder / "home"
    done = CliRunner(env={"LECTERN_HOME": str(home)}).invoke(cli, ["ingest", str(folder / "course")])
    assert done.exit_code == 0, done.output
    with served(home) as found:
        yield found


def test_each_marker_opens_the_page_of_its_own_sentence(chromium: Any, slides_address: str) -> None:
    opened = Page(chromium, slides_address, viewport={"width": 1440, "height": 600})
    opened.ask(ON_SLIDES)
    pages = set()
    markers = opened.page.locator("#chat a[href*='turns/']")
    said = [part.strip() for part in opened.answer().split("[1]")]
    for n in range(markers.count()):
        markers.nth(n).click()
        opened.page.wait_for_function(
            "text => [...document.querySelectorAll('#sources .lectern-chosen .lectern-page[open] summary')]"
            ".some((e) => e.textContent.startsWith(text))",
            arg=f"Page {next(at for at, slide in enumerate(SLIDES, 1) if said[n] in slide)} ",
        )
        pages |= {opened.page.locator("#sources .lectern-page[open] img").get_attribute("src")}
    assert len(pages) > 1
    assert opened.page.evaluate("scrollY") == 0 and opened.page.locator(".lectern-head").first.evaluate(IN_VIEW)
    opened.close()


def test_a_cell_is_seen_with_its_output(opened: Page) -> None:
    opened.ask(IN_A_CELL)
    cell = opened.page.locator("#sources .lectern-cell", has=opened.page.locator("mark")).first
    cell.wait_for()
    assert cell.evaluate("e => !e.closest('.lectern-passage')")
    assert cell.locator("pre", has=opened.page.locator("mark")).last.evaluate(CUT) <= 1


def test_who_reviews_sees_the_page_and_the_cell_as_the_chat_shows_them(chromium: Any, opened: Page) -> None:
    for question, place in ((ON_A_PAGE, ".lectern-page[open] img"), (IN_A_CELL, ".lectern-cell:has(mark)")):
        opened.ask(question)
        opened.page.locator(f"#sources {place}").first.wait_for()
        turn = str(opened.page.locator("#chat a[href*='turns/']").last.get_attribute("href"))
        turn = turn.partition("turns/")[2].partition("#")[0]
        asked: list[str] = []
        desk = Page(chromium, opened.address, "help", "h1")  # somebody else than who asked
        desk.page.on("request", lambda request, asked=asked: asked.append(request.url))
        desk.page.goto(f"{opened.address}review?turn={turn}")
        desk.page.locator("#detail button[data-passage]").first.wait_for()
        assert not [url for url in asked if "review/turns/" in url]  # a turn opens without its files being read
        desk.page.locator("#detail button[data-passage]").first.click()
        desk.page.locator(f"#passages {place}").first.wait_for()
        if "img" in place:
            desk.page.wait_for_function("document.querySelector('#passages .lectern-page[open] img')?.naturalWidth > 0")
        assert desk.page.evaluate("document.activeElement.closest('#passages .lectern-source') !== null")
        desk.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_chosen_is_seen_under_the_mouse(chromium: Any, web_address: str, scheme: str) -> None:
    page = Page(chromium, web_address, color_scheme=scheme)
    try:
        label = page.page.locator("#way label", has_text="Course only")
        label.click()
        radio = label.locator("input")
        radio.hover()
        page.page.wait_for_function("document.querySelector('#way label:has(input:hover) input')?.checked")
        seen = "e => [getComputedStyle(e).backgroundColor, getComputedStyle(e).backgroundImage]"
        under = radio.evaluate(seen)
        page.page.mouse.move(0, 0)
        page.page.wait_for_function("!document.querySelector('#way label:hover')")
        assert under == radio.evaluate(seen) and "255, 255, 255" not in under[0]
    finally:
        page.close()


def test_on_a_phone_a_source_leads_back_to_its_answer_and_conversations_are_above(phone: Page) -> None:
    phone.ask(ON_A_PAGE)
    fold, listed = phone.page.locator("#past-fold button"), phone.page.locator("#conversations")
    marker = phone.page.locator("#chat a[href*='turns/']").first
    marker.click()
    back = phone.page.get_by_role("button", name="Back to the answer")
    back.click()
    phone.page.wait_for_function(f"({IN_VIEW})(document.querySelector(\"#chat a[href*='turns/']\"))")
    assert back.count() == 0
    assert not listed.is_visible()
    fold.click()
    assert listed.get_by_text(ON_A_PAGE[:20]).is_visible()
    places = [part.evaluate("e => e.getBoundingClientRect().top") for part in (fold, phone.page.locator("#chat"))]
    assert places[0] < places[1]


def lost_and_found(page: Page) -> None:
    """Lose the connection, and have it back."""
    page.context.set_offline(True)
    page.page.evaluate("window.dispatchEvent(new Event('offline'))")
    page.page.wait_for_selector(".lectern-lost:not(.lectern-found)")
    page.context.set_offline(False)


def test_what_is_typed_outlives_a_lost_connection(chromium: Any, web_address: str) -> None:
    page = Page(chromium, web_address, "tags", "#abstract textarea")
    page.page.locator("#abstract textarea").press_sequentially("We fine-tune BERT.")
    lost_and_found(page)
    page.page.wait_for_selector(".lectern-found")
    page.errors.clear()  # what could not be fetched meanwhile
    assert page.page.input_value("#abstract textarea") == "We fine-tune BERT."
    page.page.get_by_role("button", name="Find the names").click()
    page.page.wait_for_selector("#tagged mark")  # and the page works on
    page.page.get_by_role("button", name="reading the page anew").click()
    page.page.wait_for_selector(".lectern-found", state="detached")
    page.close()


def test_a_review_that_is_half_written_outlives_a_lost_connection(
    opened: Page, chromium: Any, web_address: str
) -> None:
    opened.ask("What is ReAct?")
    page = Page(chromium, web_address, "review", "button[data-turn]")
    page.page.locator("button[data-turn]").first.click()
    page.page.wait_for_selector("#detail .lectern-said")
    page.page.locator("#right-answer textarea").press_sequentially("It thinks and acts")
    lost_and_found(page)
    page.page.wait_for_selector(".lectern-found")
    page.errors.clear()
    assert page.page.input_value("#right-answer textarea") == "It thinks and acts"
    assert page.page.locator("#detail .lectern-said").first.is_visible()
    page.close()


FORMULAS = r"""# Attention

Scaled dot-product attention weighs the values by how well the query fits each key:
$$\text{Attention}(Q, K, V) = \text{softmax}\left(\frac{QK^T}{\sqrt{d_k}}\right)V$$
Here \(d_k\) is the width of a key, and the root $\sqrt{d_k}$ keeps the softmax from saturating.

A run of the lab costs $5 to $12, and \(\unknown{x}\) stays as it is written.
"""


@pytest.fixture(scope="module")
def formulas_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("formulas")
    (folder / "course").mkdir()
    (folder / "course" / "attention.md").write_text(FORMULAS)
    home = folder / "home"
    done = CliRunner(env={"LECTERN_HOME": str(home)}).invoke(cli, ["ingest", str(folder / "course")])
    assert done.exit_code == 0, done.output
    with served(home) as found:
        yield found


@pytest.mark.parametrize("viewport", [{"width": 1440, "height": 900}, PHONE])
def test_formulas_are_set_in_the_sources_and_in_their_quotes(
    chromium: Any, formulas_address: str, viewport: Any
) -> None:
    opened = Page(chromium, formulas_address, viewport=viewport)
    opened.ask("What keeps the softmax from saturating?")
    passage = opened.page.locator("#sources .lectern-passage").first
    opened.page.wait_for_selector("#sources mark math msqrt")
    assert passage.locator("math").count() == 3
    fraction = passage.locator("math[display=block] mfrac").bounding_box()
    assert fraction is not None and fraction["height"] > 20
    said = passage.inner_text()
    assert "$5 to $12" in said and "\\(\\unknown{x}\\)" in said and "$$" not in said
    assert passage.evaluate("e => e.scrollWidth <= e.clientWidth || getComputedStyle(e).overflowX === 'auto'")
    assert passage.evaluate("e => [...e.querySelectorAll('math')].every(m => getComputedStyle(m).contain === 'paint')")
    assert opened.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    opened.page.evaluate("document.body.classList.add('dark')")
    assert contrast(opened.page, "#sources mark math mi") > 4.5
    opened.close()
