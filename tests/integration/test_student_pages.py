"""The pages as a student of a course sees them in a real browser: what answers, what failed, what was half written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chat_server import HOW_TO_GET_IT, browser_path
from tests.model_server import ModelServer, Reply
from tests.pages import Page
from tests.people import course_server, sign_in

pytestmark = [pytest.mark.integration, pytest.mark.skipif(browser_path() is None, reason=HOW_TO_GET_IT)]
ASKED = "What is ReAct?"
SENTENCE = "ReAct is a prompting method in which a model alternates between thoughts, actions and observations. [1] "
DOWN = Reply(status=401, error={"message": "Bad key.", "type": "x", "param": None, "code": None})


@pytest.fixture(scope="module")
def model() -> Iterator[ModelServer]:
    with ModelServer() as server:
        yield server


@pytest.fixture(scope="module")
def course(web_home: Path, tmp_path_factory: pytest.TempPathFactory, model: ModelServer) -> Iterator[str]:
    values = {"OPENAI_BASE_URL": model.url, "LECTERN_MODEL": "course-model", "LECTERN_TOOLS": "calculate"}
    with course_server(web_home, tmp_path_factory.mktemp("students"), **values) as found:
        yield found


def opened_by(name: str, chromium: Any, address: str, at: str = "", ready: str = "#question textarea") -> Page:
    client = sign_in(address, name).client
    cookies = [{"name": c.name, "value": c.value, "url": address} for c in client.cookies.jar]
    client.close()
    return Page(chromium, address, at, ready, storage_state={"cookies": [
        {**c, "domain": "127.0.0.1", "path": "/", "expires": -1, "httpOnly": True, "secure": False, "sameSite": "Lax"}
        for c in ({k: v for k, v in cookie.items() if k != "url"} for cookie in cookies)
    ], "origins": []})  # fmt: skip


@pytest.fixture
def student(chromium: Any, course: str, model: ModelServer) -> Iterator[Page]:
    model.default = Reply(text=SENTENCE)
    opened = opened_by("student", chromium, course)
    opened.page.get_by_label("Course only").check()
    yield opened
    opened.close()


@pytest.mark.parametrize(("name", "sees"), [("student", False), ("reviewer", False), ("admin", True)])
def test_only_an_admin_reads_where_the_model_is_served_and_how_its_server_is_mended(
    chromium: Any, course: str, model: ModelServer, name: str, sees: bool
) -> None:
    model.default = DOWN
    opened = opened_by(name, chromium, course)
    opened.page.wait_for_selector(".lectern-head nav a")
    assert opened.page.locator(".lectern-badge").inner_text() == f"course-model{f' at {model.url}' if sees else ''}"
    assert model.url not in opened.page.request.get(f"{course}config").text()
    opened.page.get_by_label("Course only").check()
    said = opened.ask(ASKED)
    assert ("tell the course team" in said, "OPENAI_API_KEY" in said, model.url in said) == (not sees, sees, sees)
    opened.page.reload()
    opened.page.wait_for_selector("#chat .bot")
    assert (model.url in opened.answer()) == sees
    opened.close()
