"""Takes the picture of the chat page that the README shows: the sample course, quoting mode, a real browser.

python -m docs.make_screenshot [--phone] [--dark] [FILE]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tests.chat_server import browser, served

QUESTION = "What is ReAct and when would I use it?"
WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


def main() -> None:
    """Serve the sample course from an empty home, ask, and save what is seen."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", default=str(Path(__file__).parent / "images" / "chat.png"))
    parser.add_argument("--phone", action="store_true")
    parser.add_argument("--dark", action="store_true")
    given = parser.parse_args()
    Path(given.file).parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        home.mkdir()
        with served(home) as address, browser() as chromium:
            scheme = "dark" if given.dark else "light"
            page = chromium.new_page(viewport=PHONE if given.phone else WIDE, color_scheme=scheme)
            page.goto(address)
            page.fill("#question textarea", QUESTION)
            page.press("#question textarea", "Enter")
            page.wait_for_selector("#sources mark")
            page.mouse.move(0, 0)
            page.wait_for_timeout(500)  # for the page's own animations
            page.screenshot(path=given.file)


if __name__ == "__main__":
    main()
