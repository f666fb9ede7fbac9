"""Names that come from outside (files, titles, people, assignments) are text on every page, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from assistant.accounts.accounts import Accounts
from assistant.accounts.people import Role
from assistant.tracing.store import TraceStore
from tests.chat_server import run, served
from tests.people import PASSWORD, agreed

pytestmark = [pytest.mark.integration, pytest.mark.needs("chromium")]
HOSTILE = "<img src=x onerror=window.hacked=1>'\""
POLICY = """
[course]
name = '''{hostile}'''

[[assignment]]
name = '''Lab {hostile}'''
about = ["how hot is a celadon glaze fired"]
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "course").mkdir()
    text = f"# Glazes {HOSTILE}\n\n## Celadon {HOSTILE}\n\nA celadon glaze is fired at 1280 degrees in a kiln.\n"
    (folder / "course" / f"{HOSTILE.replace('/', '')}.md").write_text(text)
    (folder / "policy.toml").write_text(POLICY.format(hostile=HOSTILE))
    run(folder / "home", "ingest", str(folder / "course"))
    store = TraceStore(folder / "home")
    with closing(store):
        accounts = Accounts(store)
        made = accounts.add(HOSTILE, Role.ADMIN, PASSWORD)
        accounts.agree(made.id, agreed(folder / "home"))
    how = {"LECTERN_ACCOUNTS": "1", "LECTERN_POLICY": str(folder / "policy.toml")}
    with served(folder / "home", **how) as found:
        yield found


def test_no_name_becomes_an_element_on_any_page(chromium: Any, address: str) -> None:
    page = chromium.new_context().new_page()
    page.goto(f"{address}login?next=/")
    page.fill("input[name=name]", HOSTILE)
    page.fill("input[name=password]", PASSWORD)
    page.click("button")
    page.wait_for_selector("#question textarea")
    page.fill("#question textarea", f"How hot is a celadon glaze fired? {HOSTILE}")
    page.keyboard.press("Enter")
    page.wait_for_selector("#chat [data-testid=bot]")
    page.wait_for_selector("#sources mark, #sources .lectern-card")
    for at in ("", "tags", "library", "review", "help", "account", "account/agreement"):
        page.goto(f"{address}{at}")
        page.wait_for_selector("h1")
        page.wait_for_load_state("networkidle", timeout=20_000) if at.startswith("account") else page.wait_for_timeout(
            1
        )
        if at in ("library", "review"):
            page.wait_for_selector("text=window.hacked")  # it is shown, as text
        assert page.locator("img[onerror], img[src=x]").count() == 0, at
        assert page.evaluate("window.hacked") is None, at
    page.context.close()
