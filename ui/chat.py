"""The chat page: conversations, the one that is open, and the sources of an answer beside it. Handlers only.

The conversation lives on the server: the page holds its id alone, so that a reload, another tab or a restart shows the
same, and a turn goes on when its page goes away.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from assistant.conversation import check_question
from assistant.tracing.records import Feedback, Origin
from index_store.errors import ConversationUnknown, InvalidInput, TraceProblem
from ui.chat_layout import CONTENTS, WAYS, Chat, chat_layout
from ui.kept_turns import chunk_ids_of, conversation_messages, history_of, panel_of
from ui.live import LiveTurn, follow
from ui.page_errors import shown_error
from ui.parts import Asking, Parts, plain
from ui.render import conversations_html, links_html, warnings_html
from ui.suggestions import suggestions
from ui.turn_view import Message

UP, DOWN, WRONG_SOURCE = "Like", "Dislike", "Wrong source"
VOTES = {UP: ("up", None), DOWN: ("down", None), WRONG_SOURCE: ("down", "wrong source")}
Shown = dict[Any, Any]  # component -> what it shows from now on


@dataclass(frozen=True, slots=True)
class Seen:
    """A conversation as it is to be shown: its messages, and for each the id of its turn."""

    id: str
    messages: list[Message]
    turns: list[str]
    records: list[dict[str, Any]]


class ChatHandlers:
    """What the chat page does; it holds nothing of any user."""

    def __init__(self, parts: Parts, chat: Chat) -> None:
        self._parts = parts
        self._chat = chat

    def seen(self, conversation: str, user: str | None) -> Seen:
        """Give a conversation of a user; one that there is not is an empty one.

        Raises:
            TracesUnavailable: when the store cannot be read.
        """
        try:
            records = self._parts.book.turns(conversation, user) if conversation else []
        except ConversationUnknown:
            return Seen("", [], [], [])
        finished = [r for r in records if r["status"] != "running"]
        messages, turns = conversation_messages(finished)
        return Seen(conversation, messages, turns, finished)

    async def load(self, request: gr.Request) -> AsyncIterator[Shown]:
        """Show the conversation that the address names, and go on with the turn that is under way in it."""
        user, wanted = self._parts.user(request), str(request.query_params.get("c", ""))
        live = self._live(wanted, user)
        seen = self.seen(wanted, user)
        yield self._whole(seen, user, live is not None, Seen(wanted, [], [], []) if wanted and not seen.id else None)
        if live is not None:
            async for shown in self._follow(live, Seen(wanted, seen.messages, seen.turns, seen.records), user):
                yield shown

    async def ask(self, question: str, way: str, conversation: str, request: gr.Request) -> AsyncIterator[Shown]:
        """Ask in the conversation that is open, or begin one."""
        user = self._parts.user(request)
        async for shown in self._ask(question, way, self.seen(conversation, user), user):
            yield shown

    async def again(self, way: str, conversation: str, request: gr.Request, data: gr.RetryData) -> AsyncIterator[Shown]:
        """Ask a question anew; the turn that it had is left out of the conversation."""
        async for shown in self._anew(conversation, _place(data.index), None, way, request):
            yield shown

    async def edit(self, way: str, conversation: str, request: gr.Request, data: gr.EditData) -> AsyncIterator[Shown]:
        """Ask a question in other words."""
        async for shown in self._anew(conversation, _place(data.index), plain(data.value), way, request):
            yield shown

    async def suggested(
        self, way: str, conversation: str, request: gr.Request, data: gr.SelectData
    ) -> AsyncIterator[Shown]:
        """Ask what was suggested, as an example or after an answer."""
        asked = data.value.get("text", "") if isinstance(data.value, dict) else str(data.value)
        async for shown in self.ask(asked, way, conversation, request):
            yield shown

    def source(self, wanted: str, request: gr.Request) -> str:
        """Show the sources of the turn whose marker was chosen."""
        try:
            record = self._parts.book.turn(wanted.partition(" ")[0], self._parts.user(request))
        except TraceProblem as exc:
            raise shown_error(exc) from exc
        return panel_of(record, self._parts.chunks(chunk_ids_of(record)))

    def undo(self, conversation: str, request: gr.Request, data: gr.UndoData) -> Shown:
        """Take the last turn out of the conversation; its question goes back into the box."""
        user = self._parts.user(request)
        seen = self.seen(conversation, user)
        record = _record_at(seen, _place(data.index))
        if record is None:
            return self._whole(seen, user)
        self._parts.book.leave_out(seen.id, user, record["id"])
        return {**self._whole(self.seen(conversation, user), user), self._chat.box: record["question"]}

    async def stop(self, conversation: str, request: gr.Request) -> None:
        """End the turn that is under way; what was said is kept."""
        if self._live(conversation, self._parts.user(request)) is not None:
            await self._parts.live.stop(conversation)

    def vote(self, conversation: str, request: gr.Request, data: gr.LikeData) -> Shown:
        """Keep a thumb, up or down, or taken back.

        Raises:
            gr.Error: shown on the page when it could not be kept.
        """
        user = self._parts.user(request)
        record = _record_at(self.seen(conversation, user), _place(data.index))
        if record is None:
            return {self._chat.comments: gr.update(visible=False)}
        liked = {True: UP, False: DOWN}.get(data.liked, data.liked) if isinstance(data.liked, bool) else data.liked
        vote, reason = VOTES.get(str(liked), (None, None))
        last = next((f for f in reversed(self._of(record, user)) if f["user_id"] == user), None)
        if last is None or (last["vote"], last["reason"]) != (vote, reason):  # one click may be told twice
            self._keep(Feedback(record["id"], vote, time.time(), user_id=user, reason=reason))  # type: ignore[arg-type]
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
            raise shown_error(exc) from exc
        last = next((f for f in reversed(record["feedback"]) if f["user_id"] == user), {"vote": None, "reason": None})
        said = Feedback(trace_id, last["vote"], time.time(), text.strip(), user, last["reason"])
        self._keep(said)
        gr.Info("Thank you: the course team will see it.")
        return hidden

    def search(self, text: str, conversation: str, request: gr.Request) -> str:
        """List the conversations in which something was said."""
        return conversations_html(self._parts.book.listed(self._parts.user(request), text), conversation)

    def rename(self, title: str, conversation: str, text: str, request: gr.Request) -> str:
        """Call the conversation that is open something else; give the list anew."""
        self._own(lambda user: self._parts.book.rename(conversation, user, title), request)
        return self.search(text, conversation, request)

    def delete(self, conversation: str, request: gr.Request) -> Shown:
        """Delete the conversation that is open, and begin a new one."""
        self._own(lambda user: self._parts.book.delete(conversation, user), request)
        return self._whole(Seen("", [], [], []), self._parts.user(request))

    def _own(self, work: Any, request: Asking) -> None:
        try:
            work(self._parts.user(request))
        except TraceProblem as exc:
            raise shown_error(exc) from exc

    async def _anew(
        self, conversation: str, place: int, question: str | None, way: str, request: Asking
    ) -> AsyncIterator[Shown]:
        user = self._parts.user(request)
        seen = self.seen(conversation, user)
        record = _record_at(seen, place)
        if record is None:
            yield self._whole(seen, user)
            return
        asked = record["question"] if question is None else question
        try:
            check_question(asked)
        except InvalidInput as exc:
            raise shown_error(exc) from exc
        self._parts.book.leave_out(seen.id, user, record["id"])
        async for shown in self._ask(asked, way, self.seen(conversation, user), user):
            yield shown

    async def _ask(self, question: str, way: str, seen: Seen, user: str | None) -> AsyncIterator[Shown]:
        origin = Origin(seen.id or uuid.uuid4().hex, user, "web")
        begun = Seen(origin.conversation_id or "", seen.messages, seen.turns, seen.records)
        live = self._parts.live.start(question, history_of(seen.records), origin, WAYS.get(way, "auto"))
        box: Any = {self._chat.box: gr.update(value="", submit_btn=False, stop_btn="Stop")}  # emptied once, now
        async for shown in self._follow(live, begun, user):
            yield {**shown, **box}
            box = {}

    async def _follow(self, live: LiveTurn, seen: Seen, user: str | None) -> AsyncIterator[Shown]:
        """Show a turn as it goes on behind those before it, and the whole conversation at its end."""
        chat = self._chat
        async for view in follow(live):
            sources = view.sources or gr.skip()
            yield {chat.chatbot: [*seen.messages, *view.messages], chat.sources: sources, chat.conversation: seen.id}
        kept = self.seen(seen.id, user)
        ended = self._whole(kept, user)
        if not kept.turns or kept.turns[-1] != live.view.trace_id:  # it could not be kept, or was no question
            ended |= {chat.chatbot: [*seen.messages, *live.view.messages], chat.sources: live.view.sources}
        yield {**ended, chat.box: gr.update(submit_btn="Ask", stop_btn=False)}

    def _whole(self, seen: Seen, user: str | None, live: bool = False, missing: Seen | None = None) -> Shown:
        """Give all that is shown of a conversation."""
        chat, parts = self._chat, self._parts
        last = seen.records[-1] if seen.records else None
        messages = [dict(message) for message in seen.messages]
        if last is not None and not live:
            asked = suggestions(last, parts.library.ledger)
            messages[-1] |= {"options": [{"value": question} for question in asked]} if asked else {}
        notes = [*parts.warnings(), *(["There is no such conversation of yours."] if missing and not live else [])]
        return {
            chat.chatbot: gr.update(value=messages, feedback_value=_votes(seen)),
            chat.sources: panel_of(last, parts.chunks(chunk_ids_of(last))),
            chat.conversation: seen.id or (missing.id if missing and live else ""),
            chat.list: conversations_html(parts.book.listed(user), seen.id),
            chat.links: links_html(seen.id),
            chat.title: parts.book.title(seen.id, user) if seen.id else "",
            chat.own: gr.update(visible=bool(seen.id)),
            chat.notes: gr.update(value=warnings_html(notes), visible=bool(notes)),
            chat.comments: gr.update(visible=False),
        }

    def _live(self, conversation: str, user: str | None) -> LiveTurn | None:
        live = self._parts.live.of(conversation)
        return live if live is not None and live.user == user and user is not None else None

    def _of(self, record: dict[str, Any], user: str | None) -> Sequence[dict[str, Any]]:
        found: Sequence[dict[str, Any]] = self._parts.book.turn(record["id"], user)["feedback"]
        return found

    def _keep(self, said: Feedback) -> None:
        try:
            self._parts.library.traces.give_feedback(said)
        except TraceProblem as exc:
            raise shown_error(exc) from exc


def build_chat(parts: Parts) -> None:
    """Lay the chat page out and connect it; called within Gradio's Blocks."""
    chat = chat_layout(parts.opened.model.label, parts.material)
    does = ChatHandlers(parts, chat)
    shown = [getattr(chat, name) for name in CONTENTS]
    how: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "concurrency_limit": None}
    asked = [chat.way, chat.conversation]
    gr.on([chat.page.load], does.load, None, shown, **how)
    chat.box.submit(does.ask, [chat.box, *asked], shown, **how)
    chat.box.stop(does.stop, [chat.conversation], None, **how)
    chat.wanted.change(does.source, [chat.wanted], chat.sources, **how).then(
        None, [chat.wanted], None, js="lectern.showSource", **how
    )
    chat.chatbot.retry(does.again, asked, shown, **how)
    chat.chatbot.edit(does.edit, asked, shown, **how)
    chat.chatbot.undo(does.undo, [chat.conversation], shown, **how)
    chat.chatbot.option_select(does.suggested, asked, shown, **how)
    chat.chatbot.example_select(does.suggested, asked, shown, **how)
    chat.chatbot.clear(None, None, None, js="lectern.anew", **how)
    chat.chatbot.like(does.vote, [chat.conversation], shown, **how)
    chat.comment.submit(does.comment, [chat.comment, chat.voted], shown, **how)
    chat.find.change(does.search, [chat.find, chat.conversation], chat.list, trigger_mode="always_last", **how)
    chat.title.submit(does.rename, [chat.title, chat.conversation, chat.find], chat.list, **how)
    chat.delete.click(does.delete, [chat.conversation], shown, js="lectern.sure", **how)
    chat.conversation.change(None, [chat.conversation], None, js="lectern.named", **how)


def _votes(seen: Seen) -> list[str | None]:
    """Give what is voted, for each message of the assistant."""
    by_turn = {r["id"]: r["vote"] for r in seen.records}
    shown = zip(seen.messages, seen.turns, strict=True)
    return [{"up": UP, "down": DOWN}.get(by_turn[t] or "") for message, t in shown if message["role"] == "assistant"]


def _record_at(seen: Seen, place: int) -> dict[str, Any] | None:
    """Give the turn that the message at a place belongs to."""
    if not 0 <= place < len(seen.turns):
        return None
    return next(r for r in seen.records if r["id"] == seen.turns[place])


def _place(index: int | Sequence[int]) -> int:
    return index if isinstance(index, int) else index[0]
