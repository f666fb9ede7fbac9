"""A conversation as it is shown: its messages, whose turn each is, and what was voted. No component and no store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ui.kept_turns import messages_of
from ui.live import LiveTurn
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
    unheard: Sequence[LiveTurn] = ()

    def votes(self) -> list[str | None]:
        """Give what is voted, for each message of the assistant."""
        by_turn = {r["id"]: {"up": UP, "down": DOWN}.get(r["vote"] or "") for r in self.records}
        shown = zip(self.messages, self.turns, strict=True)
        return [by_turn.get(turn) for message, turn in shown if message["role"] == "assistant"]

    def record_at(self, index: Index) -> dict[str, Any] | None:
        """Give the turn that the message at a place belongs to."""
        return next((r for r in self.records if r["id"] == self._turn_at(index)), None)

    def unheard_at(self, index: Index) -> LiveTurn | None:
        """Give the question that was not taken which the message at a place belongs to."""
        return next((turn for turn in self.unheard if turn.id == self._turn_at(index)), None)

    def without(self, turn: str) -> list[Message]:
        """Give the messages but those of one turn, as what is shown of that comes from elsewhere."""
        return [message for message, of in zip(self.messages, self.turns, strict=True) if of != turn]

    def last(self) -> dict[str, Any] | None:
        """Give the turn that is shown last; None where that is a question that was not taken."""
        return self.record_at(len(self.turns) - 1)

    def _turn_at(self, index: Index) -> str | None:
        place = index if isinstance(index, int) else index[0]
        return self.turns[place] if 0 <= place < len(self.turns) else None


def seen_of(conversation: str, records: list[dict[str, Any]], unheard: Sequence[LiveTurn]) -> Seen:
    """Give a conversation with what was asked in it and not taken, in the order in which it was asked."""
    told = [(record["started_at"], record["id"], messages_of(record)) for record in records]
    told += [(turn.began, turn.id, turn.view.messages) for turn in unheard]
    messages: list[Message] = []
    turns: list[str] = []
    for _, turn_id, of_turn in sorted(told, key=lambda one: one[0]):
        messages += of_turn
        turns += [turn_id] * len(of_turn)
    return Seen(conversation, messages, turns, records, unheard)
