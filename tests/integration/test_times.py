"""Times are those of who reads them, in a real browser that is in another zone than UTC."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from assistant.tracing.records import Feedback, Origin
from assistant.tracing.store import TraceStore
from tests import turns
from tests.chat_server import served
from tests.pages import Page, at

pytestmark = [pytest.mark.integration, pytest.mark.needs("chromium")]
ZONE = "Asia/Kolkata"
WIDER = "document.documentElement.scrollWidth - innerWidth"
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def address(web_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("times") / "home"
    shutil.copytree(web_home, folder, ignore=shutil.ignore_patterns("running", "*.lock", "traces.sqlite3*"))
    with closing(TraceStore(folder)) as store:
        begun = turns.start("When was this?", at=turns.BEGAN, origin=Origin("c1", "u1", "web"))
        store.begin(begun)
        store.finish(begun, turns.end(at=turns.BEGAN + 1), turns.steps(2, turns.BEGAN))
        store.give_feedback(Feedback(begun.trace_id, "down", turns.BEGAN + 60, "No."))
    with served(folder) as found:
        yield found


def is_local(page: Page, place: str, seconds: float) -> None:
    """Check that a time is in the words of the reader's zone, and that its title is the exact one in UTC."""
    time = page.page.locator(f"{place} time[title]").first
    time.wait_for()
    known = datetime.fromtimestamp(seconds, UTC)
    here = known.astimezone(ZoneInfo(ZONE))
    assert time.get_attribute("title") == f"{known:%Y-%m-%d %H:%M:%S} UTC"
    said = time.inner_text()
    assert all(part in said for part in (f"{here:%H:%M:%S}", f"{here.day} {here:%b}", str(here.year)))
    assert "UTC" not in said


@pytest.mark.parametrize("viewport", [PHONE, {"width": 1440, "height": 900}])
def test_the_review_desk_tells_times_in_the_zone_of_its_reader(
    chromium: Any, address: str, viewport: dict[str, int]
) -> None:
    desk = at(chromium, address, "review", timezone_id=ZONE, locale="en-GB", viewport=viewport)
    is_local(desk, "#turns", turns.BEGAN)
    assert desk.page.evaluate(WIDER) <= 0
    desk.page.locator("#turns button", has_text="When was this?").click()  # what comes later too
    is_local(desk, "#detail .lectern-facts", turns.BEGAN)
    is_local(desk, "#detail li:has-text('No.')", turns.BEGAN + 60)
    desk.page.locator("#by label", has_text="Conversations").click()
    desk.page.locator("#turns button[data-conversation]").wait_for()
    is_local(desk, "#turns", turns.BEGAN)
    assert desk.page.evaluate(WIDER) <= 0
    desk.close()


def test_the_library_tells_times_in_the_zone_of_its_reader(chromium: Any, address: str) -> None:
    library = at(chromium, address, "library", timezone_id=ZONE, locale="en-GB")
    times = library.page.locator("#documents time")
    library.page.wait_for_function("[...document.querySelectorAll('#documents time')].every((t) => t.title)")
    kept = datetime.fromisoformat(str(times.first.get_attribute("datetime")))
    assert f"{kept.astimezone(ZoneInfo(ZONE)):%H:%M}" in times.first.inner_text()
    library.close()
