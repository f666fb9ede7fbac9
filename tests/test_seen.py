"""A conversation as it is shown: what was not taken stands where it was asked, and belongs to no turn."""

from __future__ import annotations

import time
from typing import Any

from ui.live import LiveTurn
from ui.seen import seen_of
from ui.turn_view import TurnView


def record(trace_id: str, question: str, at: float) -> dict[str, Any]:
    return {
        "id": trace_id, "question": question, "started_at": at, "status": "stopped", "answer": "So far.", "error": "",
        "spans": [], "citations": [], "vote": "up", "tags": None, "mode": "quoting",
    }  # fmt: skip


def test_what_was_not_taken_stands_between_the_turns_where_it_was_asked() -> None:
    now = time.time()
    kept_out = LiveTurn(TurnView("too much"), "too much", "u1", lambda: 0, began=now)
    kept_out.view.fail("No more today.", "Come back.")
    seen = seen_of("c", [record("a", "before", now - 1), record("b", "after", now + 1)], [kept_out])
    said = [message["content"] for message in seen.messages if message["role"] == "user"]
    assert said == ["before", "too much", "after"]
    assert "No more today. Come back." in seen.messages[3]["content"]
    assert seen.record_at(2) is None and seen.unheard_at(2) is kept_out
    assert seen.record_at([0]) is not None and seen.unheard_at(0) is None and seen.unheard_at(99) is None
    assert seen.votes() == ["Like", None, "Like"]
    assert seen.last() is not None and seen_of("c", [record("a", "before", now - 1)], [kept_out]).last() is None
