"""The chat page: conversations, the one that is open, and the sources of an answer beside it. Handlers only.

The conversation lives on the server: the page holds its id alone, so that a reload, another tab or a restart shows the
same, and a turn goes on when its page goes away.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from typing import Any

import gradio as gr

from assistant.conversation import check_question
from assistant.tracing.conversations import history_of
from assistant.tracing.records import Feedback, Origin
from index_store.errors import ConversationUnknown, InvalidInput, TraceProblem
from ui.access import Asking
from ui.chat_layout import CONTENTS, WAYS, Chat, chat_layout
from ui.cited_files import panel
from ui.conversation_list import connect_list, listing
from ui.disclosure import record_for
from ui.kept_turns import conversation_messages
from ui.live import follow
from ui.page_errors import shown_error
from ui.parts import Parts, plain
from ui.render import links_html, warnings_html
from ui.seen import DOWN, UP, WRONG_SOURCE, Index, Seen
from ui.suggestions import suggestions
from ui.turn_view import NO_SOURCES

VOTES = {UP: ("up", None), DOWN: ("down", None), WRONG_SOURCE: ("down", "wrong source")}
Shown = dict[Any, Any]  # component -> what it shows from now on


class ChatHandlers:
    """What the chat page does; it holds nothing of any user."""

    def __init__(self, parts: Parts, chat: Chat) -> None:
        self._parts = parts
        self._chat = chat

    def seen(self, conversation: str, request: Asking) -> Seen:
        """Give a conversation of whoever asks, in the words that are for them; one that there is not is an empty one.

        Raises:
            TracesUnavailable: when the store cannot be read.
        """
        try:
            records = self._parts.book.turns(conversation, self._parts.user(request)) if conversation else []
        except ConversationUnknown:
            return Seen("", [], [], [])
        sees = self._parts.sees_setup(request)
        finished = [record_for(r, sees) for r in records if r["status"] != "running"]
        messages, turns = conversation_messages(finished)
        return Seen(conversation, messages, turns, finished)

    def load(self, request: gr.Request) -> Shown:
        """Show the conversation that the address names; a turn that is under way in it is followed after that."""
        user, wanted = self._parts.user(request), str(request.query_params.get("c", ""))
        seen, live = self.seen(wanted, request), self._parts.live.owned(wanted, user)
        if live is not None and not live.over:
            begun = Seen(wanted, seen.messages, seen.turns, seen.records)
            stop = gr.update(submit_btn=False, stop_btn="Stop")  # and not emptied: a draft is put back there meanwhile
            return {**self._whole(begun, request, live=True), self._chat.box: stop, self._chat.ended: ""}
        shown = self._whole(seen, request, missing=bool(wanted) and not seen.id)
        if not wanted:  # whoever is quick has asked by now: what that began stays
            shown = {part: shown[part] for part in (self._chat.list, self._chat.notes)}
        return shown

    async def ask(self, question: str, way: str, conversation: str, request: gr.Request) -> Shown:
        """Begin a turn in the conversation that is open, or begin one."""
        return self._begin(question, way, self.seen(conversation, request), request)

    async def again(self, way: str, conversation: str, request: gr.Request, data: gr.RetryData) -> Shown:
        """Ask a question anew; the turn that it had is left out of the conversation."""
        return self._anew(conversation, data.index, None, way, request)

    async def edit(self, way: str, conversation: str, request: gr.Request, data: gr.EditData) -> Shown:
        """Ask a question in other words."""
        return self._anew(conversation, data.index, plain(data.value), way, request)

    async def suggested(self, way: str, conversation: str, request: gr.Request, data: gr.SelectData) -> Shown:
        """Ask what was suggested, as an example or after an answer."""
        asked = data.value.get("text", "") if isinstance(data.value, dict) else str(data.value)
        return await self.ask(asked, way, conversation, request)

    async def stream(self, conversation: str, request: gr.Request) -> AsyncIterator[tuple[Any, Any, Any]]:
        """Show the turn that is under way as it goes on, behind those before it; at its end, its id.

        Whole values alone, and few of them: Gradio builds a component anew for each that is left as it is.
        """
        user = self._parts.user(request)
        live = self._parts.live.owned(conversation, user)
        if live is None:
            yield gr.skip(), gr.skip(), ""
            return
        kept, panel = self.seen(conversation, request), NO_SOURCES
        if live.over and live.view.trace_id in kept.turns:  # it was over before it could be followed
            yield gr.skip(), gr.skip(), live.view.trace_id
            return
        before = kept.messages
        async for view in follow(live):
            if live.gone:  # last of all, for what was on its way to the page may come behind what deleted it
                yield [], NO_SOURCES, "none"
                return
            panel = view.sources or panel
            yield [*before, *view.messages], panel, ""
        yield [*before, *live.view.messages], panel, live.view.trace_id or "none"

    def finish(self, conversation: str, ended: str, request: gr.Request) -> Shown:
        """Show the whole conversation once a turn is over, as a reload would."""
        if not ended:
            return {self._chat.ended: ""}
        live = self._parts.live.owned(conversation, self._parts.user(request))
        if live is not None and not live.over:  # the next one has begun by now
            return {self._chat.ended: ""}
        kept = self.seen(conversation, request)
        shown = self._whole(kept, request)
        if ended not in kept.turns:  # it could not be kept, or was kept out: what was said of it stays
            del shown[self._chat.sources]
            told = [] if live is None or live.gone else live.view.messages
            shown[self._chat.chatbot] = gr.update(value=[*kept.messages, *told])
        return {**shown, **self._at_rest()}

    def source(self, wanted: str, request: gr.Request) -> str:
        """Show the sources of the turn whose marker was chosen."""
        try:
            record = self._parts.book.turn(wanted.partition(" ")[0], self._parts.user(request))
        except TraceProblem as exc:
            raise shown_error(exc, self._parts.sees_setup(request)) from exc
        return panel(self._parts, record)

    def undo(self, conversation: str, request: gr.Request, data: gr.UndoData) -> Shown:
        """Take the last turn out of the conversation; its question goes back into the box."""
        user = self._parts.user(request)
        seen = self.seen(conversation, request)
        record = seen.record_at(data.index)
        if record is None:
            return self._whole(seen, request)
        self._parts.book.leave_out(seen.id, user, record["id"])
        return {**self._whole(self.seen(conversation, request), request), self._chat.box: record["question"]}

    async def stop(self, conversation: str, request: gr.Request) -> None:
        """End the turn that is under way; what was said is kept."""
        if self._parts.live.owned(conversation, self._parts.user(request)) is not None:
            await self._parts.live.stop(conversation)

    def vote(self, conversation: str, request: gr.Request, data: gr.LikeData) -> Shown:
        """Keep a thumb, up or down, or taken back.

        Raises:
            gr.Error: shown on the page when it could not be kept.
        """
        user = self._parts.user(request)
        record = self.seen(conversation, request).record_at(data.index)
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

    async def delete(self, conversation: str, request: gr.Request) -> Shown:
        """Delete the conversation that is open, with the turn that is under way in it, and begin a new one."""
        user = self._parts.user(request)
        if self._parts.live.owned(conversation, user) is not None:
            await self._parts.live.discard(conversation)
        try:
            await asyncio.to_thread(self._parts.book.delete, conversation, user)  # it empties the log of the store too
        except TraceProblem as exc:
            raise shown_error(exc, self._parts.sees_setup(request)) from exc
        return {**self._whole(Seen("", [], [], []), request), **self._at_rest()}

    def _anew(self, conversation: str, place: Index, question: str | None, way: str, request: Asking) -> Shown:
        user = self._parts.user(request)
        seen = self.seen(conversation, request)
        record = seen.record_at(place)
        if record is None:
            return self._whole(seen, request)
        asked = record["question"] if question is None else question
        try:
            check_question(asked)
            self._parts.live.check_free(seen.id)
        except InvalidInput as exc:
            raise shown_error(exc, self._parts.sees_setup(request)) from exc
        left_out = self._parts.book.leave_out(seen.id, user, record["id"])
        take_back = partial(self._parts.book.take_back, seen.id, user, left_out)
        return self._begin(asked, way, self.seen(conversation, request), request, take_back)

    def _begin(
        self, question: str, way: str, seen: Seen, request: Asking, unheard: Callable[[], None] = lambda: None
    ) -> Shown:
        origin = Origin(seen.id or uuid.uuid4().hex, self._parts.user(request), "web")
        told, sees = history_of(seen.records), self._parts.sees_setup(request)
        try:
            live = self._parts.live.start(question, told, origin, WAYS.get(way, "auto"), unheard, sees_setup=sees)
        except InvalidInput as exc:  # nothing of the page changes: what was typed stays in the box
            raise shown_error(exc, self._parts.sees_setup(request)) from exc
        shown = {
            self._chat.chatbot: [*seen.messages, *live.view.messages],
            self._chat.conversation: origin.conversation_id,
        }
        return {**shown, **self._running()}

    def _running(self) -> Shown:
        """Empty the box once, and put Stop in the place of Ask."""
        return {self._chat.box: gr.update(value="", submit_btn=False, stop_btn="Stop"), self._chat.ended: ""}

    def _at_rest(self) -> Shown:
        """Put Ask in the place of Stop again."""
        return {self._chat.box: gr.update(submit_btn="Ask", stop_btn=False), self._chat.ended: ""}

    def _whole(self, seen: Seen, request: Asking, live: bool = False, missing: bool = False) -> Shown:
        """Give all that is shown of a conversation."""
        chat, parts, user = self._chat, self._parts, self._parts.user(request)
        last = seen.records[-1] if seen.records else None
        messages = [dict(message) for message in seen.messages]
        if last is not None and not live:
            asked = suggestions(last, parts.library.ledger)
            messages[-1] |= {"options": [{"value": question} for question in asked]} if asked else {}
        notes = [*parts.warnings(request), *(["There is no such conversation of yours."] if missing else [])]
        return {
            chat.chatbot: gr.update(value=messages, feedback_value=seen.votes()),
            chat.sources: panel(parts, last),
            chat.conversation: seen.id,
            chat.list: listing(parts.book, user, seen.id),
            chat.links: links_html(seen.id),
            chat.title: parts.book.title(seen.id, user) if seen.records else "",
            chat.own: gr.update(visible=bool(seen.id)),
            chat.notes: gr.update(value=warnings_html(notes), visible=bool(notes)),
            chat.comments: gr.update(visible=False),
        }

    def _of(self, record: dict[str, Any], user: str | None) -> Sequence[dict[str, Any]]:
        found: Sequence[dict[str, Any]] = self._parts.book.turn(record["id"], user)["feedback"]
        return found

    def _keep(self, said: Feedback, request: Asking) -> None:
        try:
            self._parts.library.traces.give_feedback(said)
        except TraceProblem as exc:
            raise shown_error(exc, self._parts.sees_setup(request)) from exc


def build_chat(parts: Parts) -> None:
    """Lay the chat page out and connect it; called within Gradio's Blocks."""
    chat = chat_layout(parts)
    does = ChatHandlers(parts, chat)
    shown = [getattr(chat, name) for name in CONTENTS]
    how: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "concurrency_limit": None}
    asked, begun = [chat.way, chat.conversation], [chat.chatbot, chat.conversation, chat.box, chat.ended]

    def following(begun: Any) -> None:
        """Follow the turn that an event began, and show all when it is over."""
        streamed = begun.success(does.stream, [chat.conversation], [chat.chatbot, chat.sources, chat.ended], **how)
        streamed.success(does.finish, [chat.conversation, chat.ended], shown, **how)

    following(chat.page.load(does.load, None, shown, **how))
    following(chat.box.submit(does.ask, [chat.box, *asked], begun, **how))
    following(chat.chatbot.retry(does.again, asked, shown, **how))
    following(chat.chatbot.edit(does.edit, asked, shown, **how))
    following(chat.chatbot.option_select(does.suggested, asked, begun, **how))
    following(chat.chatbot.example_select(does.suggested, asked, begun, **how))
    chat.box.change(None, [chat.box], None, js="lectern.drafted", **how)
    chat.box.stop(does.stop, [chat.conversation], None, **how)
    chat.wanted.change(does.source, [chat.wanted], chat.sources, **how).then(
        None, [chat.wanted], None, js="lectern.showSource", **how
    )
    chat.chatbot.undo(does.undo, [chat.conversation], shown, **how)
    chat.chatbot.like(does.vote, [chat.conversation], shown, **how)
    chat.comment.submit(does.comment, [chat.comment, chat.voted], shown, **how)
    connect_list(chat, parts, how)
    chat.delete.click(does.delete, [chat.conversation], shown, js="lectern.sure", **how)
    chat.conversation.change(None, [chat.conversation], None, js="lectern.named", **how)
