"""What each reply says beside its content: what a page may do, and which files a browser need not ask for again."""

from __future__ import annotations

import httpx
import pytest
from starlette.responses import Response

from ui.headers import HEADERS, GiveHeaders


@pytest.mark.parametrize(
    ("path", "status", "is_kept"),
    [
        ("/assets/Index-DiEEvXS6.css", 200, True),
        ("/course/assets/core-Bdx9080F.js", 200, True),  # below a path of its own
        ("/assets/Index-DiEEvXS6.css", 404, False),
        ("/assets/logo.svg", 200, False),
        ("/gradio_api/file=/home/ann/assets/mine-12345678.js", 200, False),
        ("/turns/a-12345678.js/x", 200, False),
        ("/", 200, False),
    ],
)
async def test_a_browser_keeps_what_is_named_by_its_content_and_nothing_else(
    path: str, status: int, is_kept: bool
) -> None:
    app = GiveHeaders(Response("x", status, {"cache-control": "no-cache"}))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1") as client:
        headers = (await client.get(path)).headers
    assert ("immutable" in headers["cache-control"]) == is_kept
    assert all(headers[name.decode()] == value.decode() for name, value in HEADERS)
