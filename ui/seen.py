"""A conversation as it is shown: its messages, whose turn each is, and what was voted. No component and no store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ui.turn_view import Message

UP, DOWN, WRONG_SOURCE = "Like", "Dislike", "Wrong source"
Index = int | Sequence[int]
"""Where a message stands; Gradio gives a list where messages are grouped, the first of them first."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A conversation as it is to be shown: its messages, and for each the id of its turn."""

    id: str
    messages: list[Message]
    turns: list[str]
    records: list[dict[str, Any]]

    def votes(self) -> list[str | None]:
        """Give what is voted, for each message of the assistant."""
        by_turn = {r["id"]: {"up": UP, "down": DOWN}.get(r["vote"] or "") for r in self.records}
        shown = zip(self.messages, self.turns, strict=True)
        return [by_turn[turn] for message, turn in shown if message["role"] == "assistant"]

    def record_at(self, index: Index) -> dict[str, Any] | None:
        """Give the turn that the message at a place belongs to."""
        place = index if isinstance(index, int) else index[0]
        if not 0 <= place < len(self.turns):
            return None
        return next(r for r in self.records if r["id"] == self.turns[place])
