"""Sessions of pages belong to who named them first; uploads are counted by the hour."""

from __future__ import annotations

import pytest

from index_store.errors import LimitReached
from ui.page_sessions import HOUR_S, UPLOADED_AN_HOUR, PageSessions, Uploads, session_of


def test_a_session_is_its_first_users() -> None:
    sessions = PageSessions()
    assert sessions.belongs("s", "ann")
    assert not sessions.belongs("s", "bob")
    assert sessions.belongs("s", "ann")
    assert sessions.belongs(None, "bob")  # a call that names none
    assert not sessions.belongs(["s"], "bob")


@pytest.mark.parametrize(
    ("path", "query", "body", "named"),
    [
        ("/gradio_api/queue/data", {"session_hash": "s"}, b"", "s"),
        ("/gradio_api/heartbeat/s", {}, b"", "s"),
        ("/gradio_api/queue/join", {"session_hash": "other"}, b'{"session_hash": "s"}', "s"),
        ("/gradio_api/queue/join", {}, b"[]", None),
        ("/gradio_api/upload_progress", {}, b"", None),
    ],
)
def test_a_session_is_read_where_gradio_reads_it(path: str, query: object, body: bytes, named: str | None) -> None:
    assert session_of(path, query, body) == named


def test_uploads_are_counted_by_the_hour() -> None:
    now = [0.0]
    uploads = Uploads(lambda: now[0])
    uploads.take("ann", UPLOADED_AN_HOUR)
    now[0] = HOUR_S / 2
    with pytest.raises(LimitReached, match="an hour allows") as refused:
        uploads.take("ann", 1)
    assert refused.value.retry_after_s == HOUR_S / 2
    uploads.take("bob", 1)
    now[0] = HOUR_S
    uploads.take("ann", 1)
