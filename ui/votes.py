"""What a reader says of an answer on the chat page: a thumb, and what was wrong in words. Handlers only."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr

from assistant.tracing.records import Feedback
from index_store.errors import TraceProblem
from ui.access import Asking
from ui.chat_layout import Chat
from ui.page_errors import shown_error
from ui.parts import Parts
from ui.seen import DOWN, UP, WRONG_SOURCE, Seen

VOTES = {UP: ("up", None), DOWN: ("down", None), WRONG_SOURCE: ("down", "wrong source")}
Shown = dict[Any, Any]  # component -> what it shows from now on


class VoteHandlers:
    """What the chat page does with votes; `seen` gives a conversation of whoever asks."""

    def __init__(self, parts: Parts, chat: Chat, seen: Callable[[str, Asking], Seen]) -> None:
        self._parts = parts
        self._chat = chat
        self._seen = seen

    def vote(self, conversation: str, request: gr.Request, data: gr.LikeData) -> Shown:
        """Keep a thumb, up or down, or taken back.

        Raises:
            gr.Error: shown on the page when it could not be kept.
        """
        user = self._parts.user(request)
        record = self._seen(conversation, request).record_at(data.index)
        if record is None:
            return {self._chat.comments: gr.update(visible=False)}
        liked = {True: UP, False: DOWN}.get(data.liked, data.liked) if isinstance(data.liked, bool) else data.liked
        vote, reason = VOTES.get(str(liked), (None, None))
        last = next((f for f in reversed(self._of(record, user)) if f["user_id"] == user), None)
        if last is None or (last["vote"], last["reason"]) != (vote, reason):  # one click may be told twice
            said = Feedback(record["id"], vote, time.time(), user_id=user, reason=reason)  # type: ignore[arg-type]
            self._keep(said, request)
        asked = vote == "down"
        return {self._chat.comments: gr.update(visible=asked), self._chat.voted: record["id"] if asked else ""}

    def comment(self, text: str, trace_id: str, request: gr.Request) -> Shown:
        """Keep what was wrong, in the user's words, with the vote that it explains."""
        user = self._parts.user(request)
        hidden = {self._chat.comments: gr.update(visible=False), self._chat.comment: ""}
        if not trace_id or not text.strip():
            return hidden
        try:
            record = self._parts.book.turn(trace_id, user)
        except TraceProblem as exc:
            raise shown_error(exc, self._parts.sees_setup(request)) from exc
        last = next((f for f in reversed(record["feedback"]) if f["user_id"] == user), {"vote": None, "reason": None})
        said = Feedback(trace_id, last["vote"], time.time(), text.strip(), user, last["reason"])
        self._keep(said, request)
        gr.Info("Thank you: the course team will see it.")
        return hidden

    def _of(self, record: dict[str, Any], user: str | None) -> Sequence[dict[str, Any]]:
        found: Sequence[dict[str, Any]] = self._parts.book.turn(record["id"], user)["feedback"]
        return found

    def _keep(self, said: Feedback, request: Asking) -> None:
        try:
            self._parts.library.traces.give_feedback(said)
        except TraceProblem as exc:
            raise shown_error(exc, self._parts.sees_setup(request)) from exc
