"""A page in a real browser that notes what it complained of and where it reached out to; fixtures to open one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.chat_server import browser, served
from ui.cli import cli

WAIT_MS = 40_000
PAGES = {"": "#question textarea", "tags": "#abstract textarea", "library": "#documents summary",
         "review": "#turns table, #turns .lectern-note", "help": "#findings table"}  # fmt: skip
SERIOUS = ("serious", "critical")
UNDER_WAY = ("AbortError", "Unexpected error Connection errored out", "Unexpected error 404: Not Found")
"""What the browser says of requests that were under way when a page was left."""
HOSTILE = """# Glazing <img src=x onerror="document.title='hacked'">

A celadon glaze is fired at 1280 degrees <script>document.title='hacked'</script> in a reduction kiln.
"""
# Notes each text that the newest answer has while it grows.
WATCH = """window.seen = [];
new MutationObserver(() => {
    const text = [...document.querySelectorAll('#chat .bot')].at(-1)?.innerText ?? '';
    if (text !== window.seen.at(-1)) window.seen.push(text);
}).observe(document, {childList: true, subtree: true, characterData: true});
"""


@pytest.fixture(scope="session")
def web_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which the app, finding it empty, put the sample course; and then some hostile material."""
    folder = tmp_path_factory.mktemp("page")
    material = folder / "pottery"
    material.mkdir()
    (material / "glazing.txt").write_text(HOSTILE)
    with served(folder / "home"):
        pass
    done = CliRunner(env={"LECTERN_HOME": str(folder / "home")}).invoke(cli, ["ingest", str(material)])
    assert done.exit_code == 0, done.output
    return folder / "home"


@pytest.fixture(scope="session")
def web_address(web_home: Path) -> Iterator[str]:
    with served(web_home) as found:
        yield found


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as opened:
        yield opened


class Page:
    """A page, with what it complained of and where it reached out to."""

    def __init__(
        self, chromium: Any, address: str, at: str = "", ready: str = "#question textarea", **how: Any
    ) -> None:
        self.context = chromium.new_context(**{"viewport": {"width": 1440, "height": 900}, **how})
        self.page = self.context.new_page()
        self.page.set_default_timeout(WAIT_MS)
        self.errors: list[str] = []
        self.outside: list[str] = []
        self.page.on("console", lambda m: self._complained(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda e: self._complained(str(e)))
        self.page.on("request", self._seen)
        self.page.add_init_script(WATCH)
        self.address = address
        self.page.goto(f"{address}{at}")
        self.page.wait_for_selector(ready)

    def _complained(self, text: str) -> None:
        if not text.startswith(UNDER_WAY):
            self.errors.append(text)

    def _seen(self, request: Any) -> None:
        if not request.url.startswith((self.address, self.address.replace("http", "ws"), "data:", "blob:")):
            self.outside.append(request.url)

    def ask(self, question: str) -> str:
        """Ask, wait for the end of the turn, and give the text of the answer."""
        before = self.page.locator("#chat .bot").count()
        self.page.fill("#question textarea", question)
        self.page.press("#question textarea", "Enter")
        self.page.wait_for_function("n => document.querySelectorAll('#chat .bot').length > n", arg=before)
        self.settled()
        return self.answer()

    def settled(self) -> None:
        """Wait for the end of the turn: the button says Stop while it goes on, and Ask again when it is over."""
        self.page.wait_for_function(
            "document.querySelector('#question .submit-button')"
            " && !document.querySelector('#question .stop-button, #chat .generating, #chat .pending')"
            " && [...document.querySelectorAll('#chat .bot')].at(-1)?.innerText.trim() !== '…'"
        )

    def answer(self) -> str:
        """Give the text of the newest answer."""
        return str(self.page.locator("#chat .bot").last.inner_text())

    def close(self) -> None:
        """Close it, and check that nothing was wrong and nobody else was asked."""
        self.context.close()
        assert self.outside == []
        assert self.errors == []


@pytest.fixture
def opened(chromium: Any, web_address: str) -> Iterator[Page]:
    page = Page(chromium, web_address)
    yield page
    page.close()


def contrast(page: Any, selector: str) -> float:
    """Give the contrast of a text with what is behind it (WCAG 2.2, relative luminance)."""
    colours = page.locator(selector).last.evaluate(
        """element => {
            const own = getComputedStyle(element).color;
            for (let e = element; e; e = e.parentElement) {
                const behind = getComputedStyle(e).backgroundColor;
                if (!/rgba\\(.*, 0\\)|transparent/.test(behind)) return [own, behind];
            }
            return [own, 'rgb(255, 255, 255)'];
        }"""
    )

    def luminance(colour: str) -> float:
        parts = [float(n) / 255 for n in re.findall(r"[\d.]+", colour)[:3]]
        linear = [n / 12.92 if n <= 0.03928 else ((n + 0.055) / 1.055) ** 2.4 for n in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted(map(luminance, colours), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def at(chromium: Any, address: str, name: str, **how: Any) -> Page:
    """Open a page by its name, and wait for what it shows."""
    return Page(chromium, address, name, PAGES[name], **how)


def faults_of(page: Page) -> list[str]:
    """What axe-core finds serious or critical on a page as it is now, once nothing of it fades in any more."""
    from axe_playwright_python.sync_playwright import Axe

    page.page.wait_for_function("!document.querySelector('.pending, .generating')")
    found = [v for v in Axe().run(page.page).response["violations"] if v["impact"] in SERIOUS]
    return [f"{v['id']}: {v['help']} {[n['html'][:160] for n in v['nodes'][:3]]}" for v in found]
