"""Takes the pictures of the pages that the README shows: the sample course, quoting mode, a real browser.

python -m docs.make_screenshots [FOLDER]
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.chat_server import browser, served

QUESTION = "What is ReAct and when would I use it?"
NOT_THERE = "How many GPUs were used to train Claude 3?"  # refused, with passages that are near
WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


def chat(page: Any) -> None:
    """Ask, and open a source."""
    for question in (NOT_THERE, QUESTION):
        page.goto(page.url.partition("?")[0])
        page.wait_for_selector("#question textarea")
        page.fill("#question textarea", question)
        page.press("#question textarea", "Enter")
        page.wait_for_selector("#sources .lectern-source")
    page.wait_for_selector("#chat a[href*='turns/']")
    page.wait_for_selector("#chat button.option")  # what to ask next comes after the answer
    page.mouse.move(0, 0)


def tags(page: Any) -> None:
    """Find the names in the example."""
    page.click("#example")
    page.wait_for_function("document.querySelector('#abstract textarea').value !== ''")
    page.click("#find-names")
    page.wait_for_selector("mark.lectern-name")


def library(page: Any) -> None:
    """Show what retrieval finds."""
    page.fill("#try input, #try textarea", "When should I fine-tune a model?")
    page.press("#try input, #try textarea", "Enter")
    page.wait_for_selector("#hits table")


def review(page: Any) -> None:
    """Open the worst turn."""
    page.get_by_label("Worst first").check()
    page.wait_for_function("document.querySelector('#turns tbody tr')?.innerText.includes('refused')")
    page.locator("#turns button").first.click()
    page.wait_for_selector("#detail h3")
    page.wait_for_timeout(1_000)  # it is scrolled to
    page.evaluate("window.scrollTo(0, 0)")


def settled(page: Any) -> None:
    """Wait for what is read at load."""
    page.wait_for_selector("#findings >> text=documents")


PAGES: dict[str, tuple[str, Callable[[Any], None]]] = {
    "chat": ("", chat), "tags": ("tags", tags), "library": ("library", library), "review": ("review", review),
    "help": ("help", settled),
}  # fmt: skip


def main() -> None:
    """Serve the sample course from an empty home, use each page, and save what is seen."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).parent / "images")
    into: Path = parser.parse_args().folder
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        home.mkdir()
        with served(home, LECTERN_TOOLS="course_search calculate tag_abstract") as address, browser() as chromium:
            for name, (at, use) in PAGES.items():
                _picture(chromium, f"{address}{at}", use, into / f"{name}.png", viewport=WIDE)
            _picture(chromium, address, chat, into / "chat-phone-dark.png", viewport=PHONE, color_scheme="dark")


def _picture(chromium: Any, address: str, use: Callable[[Any], None], file: Path, **how: Any) -> None:
    page = chromium.new_context(**how).new_page()
    page.goto(address)
    page.wait_for_selector(".lectern-head")
    use(page)
    page.wait_for_timeout(1_000)  # for the page's own animations
    page.screenshot(path=file)
    page.context.close()


if __name__ == "__main__":
    main()
