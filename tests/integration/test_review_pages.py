"""The review desk in a real browser, on a home of its own: lists, corrections, rows, what is delivered."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from assistant.tracing.records import Feedback, Origin, Span
from assistant.tracing.store import TraceStore
from tests import turns
from tests.chat_server import run, served
from tests.comet_server import CometServer
from tests.pages import Page
from ui.review_list import A_PAGE

pytestmark = [pytest.mark.integration, pytest.mark.needs("chromium")]
SHOWN = "#turns table, #turns .lectern-note"
TEXTS = ("right-answer", "review-comment", "assignee")
# Whether something is seen without scrolling.
IN_WINDOW = """selector => {
    const { top, bottom } = document.querySelector(selector).getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight;
}"""
COUNT = "document.querySelectorAll('#turns tbody tr').length"


@pytest.fixture(scope="module")
def home(web_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with sixty turns, a few of each kind that a reviewer looks for."""
    folder = tmp_path_factory.mktemp("review") / "home"
    shutil.copytree(web_home, folder, ignore=shutil.ignore_patterns("running", "*.lock", "traces.sqlite3*"))
    with closing(TraceStore(folder)) as store:
        for n in range(60):
            _keep(store, f"Question number {n}?", n)
        voted = _keep(store, "Was this voted down?", 100)
        store.give_feedback(Feedback(voted, "down", turns.BEGAN, "No."))
        _keep(store, "Was this weak?", 101, support=0.1)
        _keep(store, "Was this slow?", 102, seconds=30)
        _keep(store, "Was this dear?", 103, price_usd=0.5)
        _keep(store, "Was this an error?", 104, status="error", error="It broke.")
        _keep(store, "Was this refused?", 105, status="refused", citations=())
        for n, question in enumerate(("What is a forge?", "How hot is it?", "And who tends it?")):
            searched = "How hot is a forge?" if n == 1 else None
            _keep(store, question, 110 + n, talk="forge", searched=searched)
    return folder


def _keep(
    store: TraceStore, question: str, at: float, seconds: float = 1, support: float = 0.8, talk: str = "", **given: Any
) -> str:
    cited = [{"marker": 1, "path": "05-react.md", "locator": "lines 8-11", "quote": "It thinks.", "score": support}]
    begun = turns.start(question, at=turns.BEGAN + 1_000 * at, origin=Origin(talk or f"c{at}", "u1", "web"))
    store.begin(begun)
    steps: list[Span] = turns.steps(4, begun.started_at)
    end = turns.end(at=begun.started_at + seconds, **{"citations": tuple(cited), **given})
    store.finish(begun, end, steps)
    return begun.trace_id


@pytest.fixture(scope="module")
def comet() -> Iterator[CometServer]:
    with CometServer() as server:
        yield server


@pytest.fixture(scope="module")
def address(home: Path, comet: CometServer) -> Iterator[str]:
    with served(home, COMET_API_KEY=comet.key, COMET_URL_OVERRIDE=comet.url, COMET_WORKSPACE="w") as found:
        yield found


@pytest.fixture
def desk(chromium: Any, address: str) -> Iterator[Page]:
    page = Page(chromium, address, "review", SHOWN)
    yield page
    page.close()


def show(desk: Page, name: str) -> None:
    desk.page.click("#show input")
    desk.page.get_by_role("option", name=name, exact=True).click()


def open_turn(desk: Page, question: str) -> None:
    desk.page.fill("#text input, #text textarea", question)
    desk.page.locator("#turns tr:only-child button", has_text=question).click()
    desk.page.locator("#detail h3", has_text=question).wait_for()


def review(desk: Page, who: str, verdict: str) -> None:
    desk.page.fill("#reviewer input, #reviewer textarea", who)
    desk.page.locator(f"#verdict input[value='{verdict}']").check()
    desk.page.click("#keep-review")
    desk.page.wait_for_selector(f"#detail li >> text={who}: {verdict}")


@pytest.mark.parametrize(
    ("name", "question"),
    [("Refused", "refused"), ("Voted down", "voted down"), ("Weak support", "weak"), ("Errors", "an error"),
     ("Slow", "slow"), ("Dear", "dear")],
)  # fmt: skip
def test_each_filter_finds_its_turn(desk: Page, name: str, question: str) -> None:
    show(desk, name)
    desk.page.wait_for_function(f"{COUNT} === 1")
    assert f"Was this {question}?" in desk.page.locator("#turns").inner_text()
    assert desk.page.locator("#count [role=status]").inner_text() == "1 turn, page 1 of 1."


def test_a_link_to_a_turn_that_is_gone_says_so_in_its_place_and_leads_back(chromium: Any, address: str) -> None:
    page = Page(chromium, address, "review?turn=0123456789abcdef", SHOWN)
    told = page.page.locator("#detail [role=alert]")
    told.wait_for()
    assert "There is no such turn" in told.inner_text()
    assert page.page.locator(".toast-wrap .error, .toast-body").count() == 0
    assert not page.page.locator("#keep-review").is_visible()
    page.page.get_by_role("link", name="All turns").click()
    page.page.wait_for_url("**/review")
    page.page.wait_for_selector(SHOWN)
    assert not page.page.locator("#detail").is_visible()
    page.close()


def test_turns_are_paged_on_the_server(desk: Page) -> None:
    desk.page.wait_for_function(f"{COUNT} === {A_PAGE}")
    assert "page 1 of 4" in desk.page.locator("#count").inner_text()
    desk.page.fill("#page input", "4")
    desk.page.wait_for_selector("#count >> text=page 4 of 4")
    assert "Question number 0?" in desk.page.locator("#turns tbody tr").last.inner_text()
    desk.page.fill("#page input", "0")
    desk.page.wait_for_selector("#count >> text=page 1 of 4")
    assert desk.page.locator(".toast-body").count() == 0
    desk.page.fill("#text input, #text textarea", "number 5")
    desk.page.wait_for_selector("#count >> text=11 turns, page 1 of 1")
    desk.page.wait_for_function(f"{COUNT} === 11")


def test_a_source_that_is_not_in_the_library_is_told_and_not_kept(desk: Page, home: Path) -> None:
    open_turn(desk, "number 41")
    desk.page.fill("#reviewer input, #reviewer textarea", "Ada")
    desk.page.fill("#right-sources textarea", "05-reakt.md")
    desk.page.click("#keep-review")
    desk.page.wait_for_selector("text=Do you mean 05-react.md?")
    (row,) = [json.loads(r) for r in run(home, "traces", "list", "--text", "number 41", "--json").splitlines()]
    assert json.loads(run(home, "traces", "show", row["id"], "--json"))["reviews"] == []
    desk.page.fill("#right-sources textarea", "05-react.md")
    desk.page.click("#keep-review")
    desk.page.wait_for_selector("#detail li >> text=05-react.md")


@pytest.mark.parametrize("refuse", [True, False])
def test_a_review_becomes_a_row_of_a_dataset(desk: Page, home: Path, refuse: bool) -> None:
    question = "number 42" if refuse else "number 43"
    open_turn(desk, question)
    desk.page.click("#to-dataset")
    desk.page.wait_for_selector("text=Nobody has said yet what would have been right")
    if not refuse:
        desk.page.fill("#right-answer textarea", "It was introduced in the year 2022.")
        desk.page.fill("#right-sources textarea", "06-retrieval-augmented-generation.md")
    review(desk, "Ada", "refuse" if refuse else "wrong")
    desk.page.click("#to-dataset")
    desk.page.wait_for_selector("#review-told >> text=lectern eval answers")
    file = home / "datasets" / "reviewed-answers.jsonl"
    (row,) = [r for r in map(json.loads, file.read_text().splitlines()) if question in r["question"]]
    assert [g["path"] for g in row["gold"]] == ([] if refuse else ["06-retrieval-augmented-generation.md"])
    assert row["keywords"] == ([] if refuse else ["2022"])


def form(desk: Page) -> tuple[str, str, str, int]:
    """Give what stands in the form: right answer, comment, for whom; and how many verdicts are chosen."""
    said = [desk.page.locator(f"#{name} textarea, #{name} input").input_value() for name in TEXTS]
    return said[0], said[1], said[2], desk.page.locator("#verdict input:checked").count()


def test_a_review_that_is_begun_stays_with_its_turn_alone_until_it_is_kept(desk: Page) -> None:
    open_turn(desk, "number 21")
    desk.page.locator("#verdict input[value='wrong']").check()
    desk.page.fill("#right-answer textarea", "Half a corr")
    desk.page.fill("#review-comment textarea, #review-comment input", "See the slides.")
    desk.page.fill("#assignee input, #assignee textarea", "Bo")
    open_turn(desk, "number 22")
    desk.page.wait_for_function("!document.querySelector('#right-answer textarea').value")
    assert form(desk) == ("", "", "", 0)
    desk.page.fill("#right-answer textarea", "Another one")
    open_turn(desk, "number 21")
    desk.page.wait_for_selector("#review-told >> text=not kept yet")
    assert form(desk) == ("Half a corr", "See the slides.", "Bo", 1)
    desk.page.reload()  # as after a lost connection: the address names the turn, and the tab has what was begun
    desk.page.wait_for_selector("#review-told >> text=not kept yet")
    assert "number 21" in desk.page.locator("#detail h3").inner_text()
    assert form(desk) == ("Half a corr", "See the slides.", "Bo", 1)
    desk.page.fill("#assignee input, #assignee textarea", "")  # another test looks for what is assigned
    desk.page.fill("#reviewer input, #reviewer textarea", "Ada")
    desk.page.click("#keep-review")
    desk.page.wait_for_selector("#review-told >> text=Kept.")
    assert form(desk) == ("Half a corr", "", "", 0)  # what is right stays to be read
    open_turn(desk, "number 22")
    desk.page.wait_for_selector("#review-told >> text=not kept yet")
    assert form(desk)[0] == "Another one"
    open_turn(desk, "number 21")
    desk.page.wait_for_selector("#review-told >> text=not kept yet", state="detached")
    assert form(desk) == ("Half a corr", "", "", 0)


def test_the_address_of_a_turn_that_is_open_can_be_copied(desk: Page, chromium: Any) -> None:
    open_turn(desk, "number 23")
    desk.page.wait_for_function("location.href.includes('/review?turn=')")
    copied = Page(chromium, desk.address, desk.page.url.removeprefix(desk.address), "#detail h3")
    assert "number 23" in copied.page.locator("#detail h3").inner_text()
    copied.close()


def heading_is(desk: Page, question: str) -> None:
    """Wait until a turn is open and the keyboard stands on its heading."""
    desk.page.wait_for_function(
        "q => document.activeElement?.matches('#detail h3') && document.activeElement.innerText.includes(q)",
        arg=question,
    )


def test_conversations_are_listed_and_lead_to_their_turns_and_these_to_each_other(desk: Page) -> None:
    desk.page.get_by_label("Conversations").check()
    desk.page.fill("#text input, #text textarea", "who tends it")
    desk.page.wait_for_selector("#count >> text=1 conversation, page 1 of 1")
    line = desk.page.locator("#turns tbody tr")
    assert "What is a forge?" in line.inner_text() and "3, 1 of them fit" in line.inner_text()
    line.locator("button").click()
    desk.page.wait_for_selector("#count >> text=3 turns")
    desk.page.locator("#turns button[data-turn]", has_text="How hot is it?").click()
    heading_is(desk, "How hot is it?")
    shown = desk.page.locator("#detail").inner_text()
    assert "Turn 2 of 3 in the conversation What is a forge?" in shown and "Searched as: How hot is a forge?" in shown
    desk.page.locator("#detail .lectern-around button", has_text="And who tends it?").click()
    heading_is(desk, "And who tends it?")
    desk.page.keyboard.press("k")
    heading_is(desk, "How hot is it?")
    desk.page.click("text=Back to the list")
    desk.page.wait_for_selector("#count >> text=1 conversation, page 1 of 1")


def test_keys_and_buttons_go_from_turn_to_turn_and_on_to_the_next_page(desk: Page) -> None:
    desk.page.fill("#text input, #text textarea", "question number")
    desk.page.wait_for_selector("#count >> text=60 turns, page 1 of 3")
    desk.page.wait_for_function(f"{COUNT} === {A_PAGE}")
    desk.page.locator("#turns tbody button").nth(A_PAGE - 2).click()
    heading_is(desk, f"number {60 - A_PAGE + 1}")
    desk.page.keyboard.press("j")
    heading_is(desk, f"number {60 - A_PAGE}?")
    desk.page.keyboard.press("j")
    heading_is(desk, f"number {60 - A_PAGE - 1}?")
    assert "page 2 of 3" in desk.page.locator("#count").inner_text()
    desk.page.get_by_role("button", name="Previous turn").click()
    heading_is(desk, f"number {60 - A_PAGE}?")
    desk.page.keyboard.press("r")
    assert desk.page.evaluate("document.activeElement.id") == "accept"


def test_what_is_seen_and_who_reviews_survive_a_reload_and_can_be_copied(desk: Page, chromium: Any) -> None:
    desk.page.get_by_label("Slowest").check()
    show(desk, "Questions")
    desk.page.fill("#text input, #text textarea", "was this")
    desk.page.wait_for_selector("#count >> text=6 turns, page 1 of 1")
    desk.page.locator("#turns tbody button").first.click()
    heading_is(desk, "Was this slow?")
    desk.page.fill("#reviewer input, #reviewer textarea", "Ada Lovelace")
    desk.page.wait_for_function("location.search.includes('text=was')")
    desk.page.reload()
    heading_is(desk, "Was this slow?")
    desk.page.wait_for_selector("#count >> text=6 turns, page 1 of 1")
    assert (
        desk.page.get_by_label("Slowest").is_checked() and desk.page.locator("#show input").input_value() == "Questions"
    )
    desk.page.wait_for_function(
        "document.querySelector('#reviewer input, #reviewer textarea')?.value === 'Ada Lovelace'"
    )
    copied = Page(chromium, desk.address, desk.page.url.removeprefix(desk.address), "#detail h3")
    copied.page.wait_for_selector("#count >> text=6 turns, page 1 of 1")
    copied.close()


def test_what_became_of_a_review_is_said_in_the_window(desk: Page) -> None:
    open_turn(desk, "number 11")
    desk.page.fill("#reviewer input, #reviewer textarea", "")
    desk.page.click("#accept")
    desk.page.wait_for_selector("#accept-told >> text=Nobody's name")
    desk.page.wait_for_function(IN_WINDOW, arg="#accept-told")
    desk.page.fill("#reviewer input, #reviewer textarea", "Ada")
    desk.page.click("#keep-review")
    desk.page.wait_for_selector("#review-told >> text=nothing to keep")
    desk.page.wait_for_selector("#accept-told [role=alert]", state="detached")
    desk.page.wait_for_function(IN_WINDOW, arg="#review-told")
    desk.page.fill("#review-comment textarea, #review-comment input", "So it is.")
    desk.page.click("#keep-review")
    desk.page.wait_for_selector("#review-told >> text=Kept.")
    desk.page.wait_for_function(IN_WINDOW, arg="#review-told")


def test_a_passage_is_opened_and_ticked_as_a_right_source(desk: Page, home: Path) -> None:
    open_turn(desk, "number 12")
    desk.page.locator("#detail button[data-passage]").first.click()
    desk.page.locator("#passages #source-1 mark").wait_for()
    box = desk.page.locator("#detail input[data-right='05-react.md']")
    box.check()
    written = desk.page.locator("#right-sources textarea")
    assert written.input_value() == "05-react.md"
    written.fill("06-retrieval-augmented-generation.md")
    assert not box.is_checked()
    box.check()
    desk.page.fill("#reviewer input, #reviewer textarea", "Ada")
    desk.page.click("#keep-review")
    desk.page.wait_for_selector("#detail li >> text=06-retrieval-augmented-generation.md; 05-react.md")
    assert box.is_checked()


def test_two_reviewers_and_how_far_they_agree(desk: Page) -> None:
    for question, verdicts in (("number 31", ("right", "right")), ("number 32", ("wrong", "partly"))):
        open_turn(desk, question)
        for who, verdict in zip(("Cleo", "Dan"), verdicts, strict=True):
            review(desk, who, verdict)
    desk.page.get_by_role("button", name="How far reviewers agree").click()
    desk.page.click("#agree")
    desk.page.wait_for_selector("#agreement >> text=Cleo and Dan")
    assert "1 (50%)" in desk.page.locator("#agreement").inner_text()


def test_a_turn_is_assigned_and_found_by_that(desk: Page) -> None:
    open_turn(desk, "number 33")
    desk.page.fill("#reviewer input, #reviewer textarea", "Ada")
    desk.page.fill("#assignee input, #assignee textarea", "Bo")
    desk.page.click("#keep-review")
    desk.page.wait_for_selector("#turns td >> text=for Bo")
    desk.page.fill("#text input, #text textarea", "")
    show(desk, "Assigned")
    desk.page.wait_for_function(f"{COUNT} === 1")
    assert "number 33" in desk.page.locator("#turns").inner_text()


def test_what_was_sent_to_comet_is_shown_with_a_link(
    desk: Page, chromium: Any, address: str, comet: CometServer
) -> None:
    page = Page(chromium, address)
    page.ask("What is ReAct? My address is ada@example.org.")
    page.close()
    link = desk.page.locator("#detail a", has_text="comet: trace delivered")
    for _ in range(40):
        desk.page.reload()
        desk.page.wait_for_selector(SHOWN)
        open_turn(desk, "ada@example.org")
        if link.count():
            break
    (key,) = comet.chains
    assert str(link.get_attribute("href")).endswith(f"experimentKey={key}")
    desk.page.locator("summary", has_text="What is sent of it").click()
    sent = desk.page.locator("details", has_text="What is sent of it").last.locator("pre").inner_text()
    assert "What is ReAct?" in sent and "ada@example.org" not in sent


def test_a_question_is_covered_once_the_course_has_it(desk: Page, chromium: Any, address: str, tmp_path: Path) -> None:
    asked = "How many goals did the winning team score in the 1998 final?"
    page = Page(chromium, address)
    page.page.get_by_label("Course only").check()
    assert "does not answer" in page.ask(asked)
    page.close()
    desk.page.get_by_role("button", name="What the course could not answer").click()
    desk.page.click("#covered")
    line = desk.page.locator("#now tr", has_text=asked)
    line.wait_for()
    assert "still not" in line.inner_text()
    (tmp_path / "finals.md").write_text("# Finals\n\nIn the 1998 final the winning team scored three goals.\n")
    library = Page(chromium, address, "library", "#documents table")
    library.page.set_input_files("#files input[type=file]", str(tmp_path / "finals.md"))
    library.page.wait_for_selector("#files >> text=finals")
    library.page.click("#add")
    library.page.wait_for_selector("#told >> text=chunks in the library")
    library.close()
    desk.page.click("#covered")
    desk.page.locator("#now tr", has_text=asked).get_by_text("answered").wait_for()
