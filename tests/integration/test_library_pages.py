"""Adding to the library in a real browser: folders with their subfolders, failures tried again, cancelling."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import REPOSITORY
from tests.pages import Page

pytestmark = [pytest.mark.integration, pytest.mark.needs("chromium")]
SLIDES = next((REPOSITORY / "ingest" / "sample" / "slides").glob("*.pdf"))


@pytest.fixture
def library(chromium: Any, web_address: str) -> Iterator[Page]:
    page = Page(chromium, web_address, "library", "#documents table")
    yield page
    page.close()


def choose(library: Page, folder: Path, files: int) -> None:
    library.page.get_by_role("button", name="A whole folder").click()
    library.page.set_input_files("#folder input[type=file]", str(folder))
    library.page.wait_for_function("n => document.querySelectorAll('#folder tr.file').length === n", arg=files)


def test_a_folder_keeps_the_names_of_its_subfolders(library: Page, tmp_path: Path) -> None:
    for week, said in (("week1", "Kaolin is white."), ("week2", "Bentonite swells.")):
        (tmp_path / "clays" / week).mkdir(parents=True)
        (tmp_path / "clays" / week / "notes.md").write_text(f"# Notes\n\n{said} It is used in {week} of the course.\n")
        (tmp_path / "clays" / week / "same.txt").write_text("One and the same text about clay in both weeks.\n")
        (tmp_path / "clays" / week / ".hidden.md").write_text("secret")
    choose(library, tmp_path / "clays", 4)
    library.page.click("#add")
    library.page.wait_for_selector("#told >> text=4 done")
    said = library.page.locator("#receipts").inner_text()
    assert all(f"clays/{week}/notes.md" in said for week in ("week1", "week2")) and "hidden" not in said
    assert "has the same content as clays/week1/same.txt" in said
    library.page.wait_for_function("document.querySelectorAll('#folder tr.file').length === 0")
    library.page.fill("#find-document input, #find-document textarea", "clays/week2/notes")
    library.page.wait_for_function("document.querySelectorAll('#documents tbody tr').length === 1")


def test_the_head_counts_what_was_just_added_and_no_receipt_names_a_folder_of_the_server(
    library: Page, tmp_path: Path, web_home: Path
) -> None:
    head = library.page.locator(".lectern-head")
    for name in ("slip.txt", "slip_again.txt"):
        before = head.inner_text()
        (tmp_path / name).write_text("Slip is clay that was stirred into water until it pours.\n")
        library.page.set_input_files("#files input[type=file]", str(tmp_path / name))
        library.page.wait_for_selector(f"#files >> text={name.removesuffix('.txt')}")
        library.page.click("#add")
        library.page.wait_for_selector(f"#receipts td:text-is('{name}')")
        library.page.wait_for_function(
            "before => document.querySelector('.lectern-head').innerText !== before", arg=before
        )
        library.page.wait_for_function("document.querySelectorAll('#files tr.file').length === 0")
    said = library.page.locator("#receipts").inner_text()
    assert "has the same content as slip.txt" in said and str(web_home) not in said


def test_what_failed_is_told_with_its_reason_and_uploaded_again(library: Page, tmp_path: Path, web_home: Path) -> None:
    (tmp_path / "glost.pdf").write_bytes(b"no pdf")
    library.page.set_input_files("#files input[type=file]", str(tmp_path / "glost.pdf"))
    library.page.wait_for_selector("#files >> text=glost")
    library.page.click("#add")
    library.page.wait_for_selector("#receipts >> text=is no PDF that can be read")
    library.page.fill("#find-document input, #find-document textarea", "glost")
    row = library.page.locator("#documents tbody tr")
    library.page.wait_for_function("document.querySelectorAll('#documents tbody tr').length === 1")
    assert "is no PDF" in row.inner_text() and "upload it again" in row.inner_text()
    (tmp_path / "glost.pdf").write_bytes(SLIDES.read_bytes())
    library.page.wait_for_function("document.querySelectorAll('#files tr.file').length === 0")
    library.page.set_input_files("#files input[type=file]", str(tmp_path / "glost.pdf"))
    library.page.wait_for_selector("#files >> text=glost")
    library.page.click("#add")
    library.page.wait_for_selector("#told >> text=1 done")
    library.page.wait_for_selector("#documents .lectern-done")
    assert row.count() == 1 and len(list((web_home / "uploads").glob("*/glost.pdf"))) == 1


def test_what_could_not_be_read_is_removed_at_once(library: Page, tmp_path: Path) -> None:
    for name in ("bisque.pdf", "saggar.pdf"):
        (tmp_path / "failing").mkdir(exist_ok=True)
        (tmp_path / "failing" / name).write_bytes(b"no pdf")
    choose(library, tmp_path / "failing", 2)
    library.page.click("#add")
    library.page.wait_for_selector("#told >> text=2 failed")
    library.page.once("dialog", lambda dialog: dialog.accept())
    library.page.click("#remove-unread")
    library.page.wait_for_selector("#certificate >> text=Removed what could not be read")
    library.page.wait_for_selector("#remove-unread", state="hidden")
    library.page.wait_for_function("!/could not be read/.test(document.querySelector('.lectern-head').innerText)")


def pick(page: Any, name: str) -> None:
    """Choose a document among those to remove, with the keyboard."""
    page.get_by_label("Documents to remove", exact=True).focus()
    page.keyboard.type(name[:8])
    page.get_by_role("option", name=name[:8]).first.wait_for()
    page.keyboard.press("Enter")
    page.locator(f"#several .token:has-text('{name}')").wait_for()
    page.keyboard.press("Escape")


def leave_out(page: Any, name: str) -> None:
    button = page.get_by_role("button", name=f"Leave out {name.removesuffix('.txt')} ({name})", exact=True)
    button.focus()
    page.keyboard.press("Enter")
    button.wait_for(state="detached")


def test_several_are_removed_by_the_keyboard_on_a_phone_after_one_question(
    chromium: Any, web_address: str, tmp_path: Path
) -> None:
    page = Page(chromium, web_address, "library", "#documents details", viewport={"width": 390, "height": 844})
    names = [f"engobe-{letter}-{'slip' * 12}.txt" for letter in "abc"]
    for name in names:
        (tmp_path / name).write_text(f"Engobe {name} is brushed on leather-hard clay.\n")
    page.page.locator("#adding > button").first.click()
    page.page.set_input_files("#files input[type=file]", [str(tmp_path / name) for name in names])
    page.page.wait_for_function("document.querySelectorAll('#files tr.file').length === 3")
    page.page.click("#add")
    page.page.wait_for_selector("#told >> text=3 done")
    page.page.get_by_role("button", name="Remove several documents").focus()
    page.page.keyboard.press("Enter")
    for name in names:
        pick(page.page, name)
    for name in (names[0], names[2]):
        leave_out(page.page, name)
    pick(page.page, names[0])
    page.page.get_by_label("Documents to remove", exact=True).focus()
    asked: list[str] = []
    page.page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    for _ in range(8):
        page.page.keyboard.press("Tab")
        if page.page.evaluate("document.activeElement.closest('#remove-several') !== null"):
            break
    with page.page.expect_event("dialog"):
        page.page.keyboard.press("Enter")
    assert "2 documents" in asked[0] and names[0] in asked[0] and names[1] in asked[0] and names[2] not in asked[0]
    page.page.once("dialog", lambda dialog: dialog.accept())
    page.page.keyboard.press("Enter")
    page.page.wait_for_selector("#certificate >> text=Removed 2 documents.")
    told = page.page.locator("#certificate li").all_inner_texts()
    assert len(told) == 2 and all(name in line for name, line in zip(names[:2], told, strict=True))
    assert all(line.endswith("0 chunks, 0 vectors, 0 files left") for line in told)
    page.page.wait_for_selector("#several .token", state="detached")
    assert page.page.evaluate("document.documentElement.scrollWidth") <= 390
    page.page.fill("#find-document input, #find-document textarea", "engobe")
    page.page.wait_for_function("document.querySelectorAll('#documents tbody tr').length === 1")
    page.errors = [error for error in page.errors if "not removed" not in error]  # how a page calls it off
    page.close()


def test_an_ingest_is_cancelled_and_what_was_finished_stays(library: Page, tmp_path: Path) -> None:
    (tmp_path / "many").mkdir()
    for n in range(60):
        words = " ".join(f"Shard {n} has mark {n * 1000 + m} on its rim." for m in range(400))
        (tmp_path / "many" / f"shard{n}.txt").write_text(words)
    choose(library, tmp_path / "many", 60)
    library.page.click("#add")
    library.page.wait_for_selector("#told progress")
    library.page.wait_for_selector("#told >> text=files ·")
    library.page.click("#cancel")
    library.page.wait_for_selector("#told >> text=Cancelled. What was finished is kept.")
    assert library.page.locator("#receipts .lectern-done").count() < 60
    assert library.page.locator("#receipts .lectern-cancelled").count() > 0


def test_an_ingest_goes_on_while_its_page_is_elsewhere_and_is_there_on_coming_back(
    library: Page, tmp_path: Path
) -> None:
    (tmp_path / "kiln_logs").mkdir()
    for n in range(12):
        words = " ".join(f"Log {n} has entry {n * 1000 + m} of the night." for m in range(100))
        (tmp_path / "kiln_logs" / f"log{n}.txt").write_text(words)
    choose(library, tmp_path / "kiln_logs", 12)
    library.page.click("#add")
    library.page.wait_for_selector("#told >> text=of 12 files")
    library.page.get_by_role("link", name="Chat").first.click()
    library.page.wait_for_selector("#question textarea")
    library.page.goto(f"{library.address}library")
    library.page.wait_for_selector("#told >> text=/12 files|12 done/")
    library.page.reload()
    library.page.wait_for_selector("#told >> text=12 done", timeout=120_000)
    assert library.page.locator("#receipts .lectern-done").count() == 12
    library.page.fill("#find-document input, #find-document textarea", "kiln_logs")
    library.page.wait_for_selector("#documents >> text=of 12")


@pytest.mark.parametrize("path", ["visitors.key", "http://127.0.0.1:9/a.txt", "https://example.org/a.txt"])
@pytest.mark.parametrize("button", ["add", "tag-file"])
def test_an_event_names_no_file_that_was_not_uploaded(library: Page, web_home: Path, path: str, button: str) -> None:
    config = library.page.request.get(f"{library.address}config").json()
    names = {c["id"]: c["props"].get("elem_id") for c in config["components"]}
    event = next(d for d in config["dependencies"] if names.get(d["targets"][0][0]) == button)
    wanted = path if "//" in path else str(web_home / path)
    given = {"path": wanted, "orig_name": "a.csv", "meta": {"_type": "gradio.FileData"}}
    data = [[given], None, "", False] if button == "add" else [given, "", ""]
    reply = library.page.request.post(
        f"{library.address}gradio_api/queue/join",
        data={"data": data, "fn_index": event["id"], "session_hash": "other"},
        headers={"origin": library.address.rstrip("/")},
    )
    assert reply.status == 403 and "was not uploaded" in reply.text()
    assert not list((web_home / "uploads").glob("*/a.csv"))


@pytest.mark.parametrize("width", [390, 1440])
def test_on_a_phone_adding_is_folded_so_that_the_list_is_near(chromium: Any, web_address: str, width: int) -> None:
    page = Page(chromium, web_address, "library", "#documents details", viewport={"width": width, "height": 844})
    bar, box = page.page.locator("#adding > button").first, page.page.locator("#address input, #address textarea")
    if width == 390:
        box.wait_for(state="hidden")
        listed = page.page.locator("#documents summary").bounding_box()
        assert listed is not None and listed["y"] < 844
        bar.click()
    box.wait_for(state="visible")
    assert bar.is_visible() == (width == 390)
    page.close()


def test_a_name_in_the_list_opens_the_document_and_the_choice_is_not_narrowed_with_the_list(library: Page) -> None:
    library.page.fill("#find-document input, #find-document textarea", "glazing")
    library.page.wait_for_function("document.querySelectorAll('#documents tbody tr').length === 1")
    library.page.locator("#documents button[data-look]").click()
    library.page.wait_for_selector("#chunks h3 >> text=glazing.txt")
    assert "1280 degrees" in library.page.locator("#chunks").inner_text()
    library.page.fill("#chosen input", "few-shot")
    library.page.get_by_role("option", name="03-few-shot.md").first.click()
    library.page.wait_for_selector("#chunks h3 >> text=03-few-shot.md")
    asked: list[str] = []
    library.page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    with library.page.expect_event("dialog"):
        library.page.click("#remove")
    assert len(asked) == 1 and "03-few-shot.md" in asked[0] and "glazing" not in asked[0]
    library.errors = [error for error in library.errors if "not removed" not in error]  # how a page calls it off


def test_a_hit_opens_its_document_at_the_passage_that_was_found(library: Page) -> None:
    library.page.fill("#try input, #try textarea", "What does lab-large cost?")
    library.page.press("#try input, #try textarea", "Enter")
    library.page.wait_for_selector("#hits table")
    for hit in library.page.locator("#hits button[data-look]").all()[:3]:
        number = int((hit.get_attribute("data-look") or "").partition(":")[2]) + 1
        hit.click()
        library.page.wait_for_function(
            "n => { const e = document.querySelector('#chunks .lectern-hit')?.closest('tr');"
            " const b = e?.getBoundingClientRect();"
            " return b && e.cells[0].innerText.startsWith(n) && b.top < innerHeight && b.bottom > 0; }",
            arg=str(number),
        )


def test_a_search_is_cleared(library: Page) -> None:
    library.page.fill("#try input, #try textarea", "celadon")
    library.page.press("#try input, #try textarea", "Enter")
    library.page.wait_for_selector("#hits table")
    library.page.click("#clear-search")
    library.page.wait_for_selector("#hits table", state="detached")
    assert library.page.locator("#try input, #try textarea").input_value() == ""


def test_a_page_that_is_no_more_gives_the_nearest_one_and_the_list_goes_on(library: Page) -> None:
    box = library.page.locator("#page input")
    box.fill("99")
    library.page.wait_for_function("Number(document.querySelector('#page input').value) < 99")
    for text, of in (("02-prompt-basics", "n === 1"), ("", "n > 1")):
        box.fill("77")
        library.page.fill("#find-document input, #find-document textarea", text)
        library.page.wait_for_function(
            "() => { const n = Number(/Documents \\d+ to \\d+ of (\\d+)/.exec("
            f"document.querySelector('#documents').innerText)?.[1]); return {of}; }}"
        )
        library.page.wait_for_function("Number(document.querySelector('#page input').value) < 77")
    assert library.page.locator("[data-testid=toast-body]").count() == 0
