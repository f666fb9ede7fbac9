"""Visitors are told apart by a signed cookie, whatever stands beside it; old turns go while the web app runs."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from assistant.tracing.queries import TraceReader
from assistant.tracing.settings import TraceSettings
from assistant.tracing.store import TraceStore
from index_store.errors import TracesUnavailable
from tests import turns
from tests.test_trace_store import keep
from tests.turns import BEGAN
from ui.delivery import delivery_problems, kept_up
from ui.visitors import COOKIE, GiveCookie, Visitors, visitors_of


async def cookies_given(visitors: Visitors, cookie: str, path: str = "/") -> list[str]:
    """Ask for a page with a cookie; give those that the answer sets."""
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "path": path, "scheme": "https", "headers": [(b"cookie", cookie.encode("latin-1"))]}
    await GiveCookie(app, visitors)(scope, None, send)  # type: ignore[arg-type]
    return [value.decode() for name, value in sent[0]["headers"] if name == b"set-cookie"]


async def test_a_visitor_gets_a_signed_cookie_that_no_script_reads(tmp_path: Path) -> None:
    visitors = visitors_of(tmp_path)
    (given,) = await cookies_given(visitors, "")
    assert {"HttpOnly", "SameSite=Lax", "Secure"} <= set(given.split("; "))
    own = given.partition("=")[2].partition(";")[0]
    assert visitors_of(tmp_path).read(own) == own.partition(".")[0]
    assert (tmp_path / "visitors.key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("beside", ["", "a b=1; ", 'x={"a":1,"b":[2]}; ', "\xff=\xfe; ", "bare; "])
async def test_a_visitor_stays_the_same_whatever_other_cookies_are_sent(tmp_path: Path, beside: str) -> None:
    visitors = visitors_of(tmp_path)
    assert await cookies_given(visitors, f"{beside}{COOKIE}={visitors.new()}") == []


@pytest.mark.parametrize("forged", ["", ".", "abc", "abc.def", "abc.\xff", f"{'a' * 32}.{'0' * 64}"])
async def test_a_cookie_that_is_not_ours_is_nobody_s(tmp_path: Path, forged: str) -> None:
    visitors = visitors_of(tmp_path)
    assert visitors.read(forged) is None
    assert len(await cookies_given(visitors, f"{COOKIE}={forged}")) == 1
    assert await cookies_given(visitors, f"{COOKIE}={forged}", "/theme.css") == []


def test_a_turn_that_could_not_be_kept_is_told_on_the_page(tmp_path: Path) -> None:
    store = TraceStore(tmp_path)
    assert delivery_problems(store) == []
    with store.engine.begin() as connection:
        connection.execute(text("DROP TABLE outbox"))
        connection.execute(text("DROP TABLE traces"))
    with pytest.raises(TracesUnavailable):
        store.finish(turns.start(), turns.end(), [])
    lost, unreadable = delivery_problems(store)
    assert lost.startswith("Turns that could not be kept since the start: 1.")
    assert "cannot be read" in unreadable
    store.close()


def test_what_grows_old_goes_while_the_web_app_runs(tmp_path: Path) -> None:
    now = [BEGAN]
    retired = threading.Event()

    class Watched(TraceStore):
        def retire(self) -> int:
            gone = super().retire()
            if gone:
                retired.set()
            return gone

    store = Watched(tmp_path, TraceSettings(keep_days=1.0), clock=lambda: now[0])
    keep(store)
    with kept_up(store, every_s=0.01):
        now[0] += 2 * 86_400
        assert retired.wait(30)
    assert TraceReader(store.engine).count() == 0
    store.close()
