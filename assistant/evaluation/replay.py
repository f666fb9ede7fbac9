"""Says how a turn of the store is asked again: in the same way as it was answered, after the same turns. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from assistant.tracing.conversations import history_of
from assistant.ways import Way


def way_of(trace: Mapping[str, Any]) -> Way:
    """Give the way of a turn: one that the course alone answered, or refused, reaches no further the second time.

    >>> way_of({"kind": "ask", "spans": [{"kind": "retriever"}]})
    'course'
    """
    if trace["kind"] == "agent":
        return "agent"
    return "auto" if any(span["kind"] == "agent" for span in trace["spans"]) else "course"


def said_before(trace: Mapping[str, Any], turns: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Give what was said before a turn, oldest first, as rows of {"role", "content"}; `turns` are its conversation's.

    Nothing for a turn that kept what it searched for: that stands alone already. Nothing for a row of an evaluation:
    the turns beside it are other rows. Turns that their user took back are left out, as they were for the answer.
    """
    if trace["searched"] or trace["evaluation"]:
        return []
    before = sorted((t for t in turns if t["started_at"] < trace["started_at"]), key=lambda t: float(t["started_at"]))
    return history_of(t for t in before if t["kind"] != "tag" and t["answer"] and not t.get("left_out"))
