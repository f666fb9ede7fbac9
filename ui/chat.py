"""The chat page: conversations, the one that is open, and the sources of an answer beside it. Handlers only.

The conversation lives on the server: the page holds its id alone, so that a reload, another tab or a restart shows the
same, and a turn goes on when its page goes away.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import gradio as gr

from assistant.conversation import check_question
from assistant.tracing.conversations import history_of
from assistant.tracing.records import Origin
from index_store.errors import InvalidInput, TraceProblem
from ui.access import Asking
from ui.chat_layout import CONTENTS, WAYS, Chat, chat_layout
from ui.cited_files import panel
from ui.conversation_list import connect_list, listing
from ui.first_questions import FirstQuestions
from ui.live import LiveTurn, follow
from ui.page_errors import shown_error
from ui.parts import Parts, plain
from ui.question_trials import Trials
from ui.render import links_html, warnings_html
from ui.seen import Index, Seen
from ui.seen_by import SeenBy
from ui.suggestions import Suggester
from ui.turn_view import NO_SOURCES, NOT_ASKED
from ui.votes import VoteHandlers

Shown = dict[Any, Any]  # component -> what it shows from now on


def _nothing() -> None:
    """Take nothing back."""


class ChatHandlers:
    """What the chat page does; it holds nothing of any user."""

    def __init__(self, parts: Parts, chat: Chat) -> None:
        self._parts = parts
        self._chat = chat
        self._by = SeenBy(parts)
        trials = Trials(parts)
        self._suggester, self._first = Suggester(parts, trials), FirstQuestions(parts, trials)

    def load(self, request: gr.Request) -> Shown:
        """Show the conversation that the address names; a turn that is under way in it is followed after that."""
        user, wanted = self._parts.user(request), str(request.query_params.get("c", ""))
        seen, live = self._by.seen(wanted, request), self._parts.live.owned(wanted, user)
        if live is not None and not live.over:
            begun = Seen(wanted, seen.messages, seen.turns, seen.records, seen.unheard)
            stop = gr.update(submit_btn=False, stop_btn="Stop")  # and not emptied: a draft is put back there meanwhile
            return {**self._whole(begun, request), self._chat.box: stop, self._chat.resumed: wanted}
        shown = self._whole(seen, request, missing=bool(wanted) and not seen.id)
        if not wanted:  # whoever is quick has asked by now: what that began stays
            shown = {part: shown[part] for part in (self._chat.list, self._chat.notes)}
        return shown

    async def examples(self) -> Any:
        """Offer questions on what is in the library to an empty chat; none where nothing is answered."""
        return gr.update(examples=[{"text": question} for question in await self._first.questions()])

    async def ask(self, question: str, way: str, conversation: str, request: gr.Request) -> Shown:
        """Begin a turn in the conversation that is open, or begin one."""
        return await self._begin(question, way, conversation, request)

    async def again(self, way: str, conversation: str, request: gr.Request, data: gr.RetryData) -> Shown:
        """Ask a question anew; the turn that it had is left out of the conversation."""
        return await self._anew(conversation, data.index, None, way, request)

    async def edit(self, way: str, conversation: str, request: gr.Request, data: gr.EditData) -> Shown:
        """Ask a question in other words."""
        return await self._anew(conversation, data.index, plain(data.value), way, request)

    async def suggested(self, way: str, conversation: str, request: gr.Request, data: gr.SelectData) -> Shown:
        """Ask what was suggested, as an example or after an answer."""
        asked = data.value.get("text", "") if isinstance(data.value, dict) else str(data.value)
        return await self.ask(asked, way, conversation, request)

    async def stream(self, conversation: str, request: gr.Request) -> AsyncIterator[tuple[Any, Any, Any]]:
        """Show the turn that is under way as it goes on, behind those before it; at its end, its id.

        Whole values alone, and few of them: Gradio builds a component anew for each that is left as it is.
        """
        live = await self._owned(conversation, request)
        if live is None:
            yield gr.skip(), gr.skip(), gr.skip()
            return
        kept, panel = await self._by.read(conversation, request), NO_SOURCES
        if live.over and live.known_as in kept.turns:  # it was over before it could be followed
            yield gr.skip(), gr.skip(), live.known_as
            return
        before = kept.without(live.known_as)
        async for view in follow(live):
            if live.gone:  # last of all, for what was on its way to the page may come behind what deleted it
                yield [], NO_SOURCES, "none"
                return
            panel = view.sources or panel
            yield [*before, *view.messages], panel, ""
        yield [*before, *live.view.messages], panel, live.known_as

    def finish(self, conversation: str, ended: str, request: gr.Request) -> Shown:
        """Show the whole conversation once a turn is over, as a reload would."""
        if not ended:
            return {self._chat.ended: gr.skip()}
        live = self._parts.live.owned(conversation, self._parts.user(request))
        if live is not None and not live.over:  # the next one has begun by now
            return {self._chat.ended: ""}
        kept = self._by.seen(conversation, request)
        shown = self._whole(kept, request)
        if ended not in kept.turns:  # it could not be kept, or was kept out: what was said of it stays
            del shown[self._chat.sources]
            told = [] if live is None or live.gone else live.view.messages
            shown[self._chat.chatbot] = gr.update(value=[*kept.messages, *told])
        return {**shown, **self._at_rest()}

    async def suggest(self, conversation: str, request: gr.Request) -> Any:
        """Put what may be asked next below the last answer, once it is shown: what is suggested is tried before."""
        seen = await self._by.read(conversation, request)
        asked = [] if seen.last() is None else await self._suggester.suggestions(seen.records)
        if not asked:
            return gr.skip()
        user = await asyncio.to_thread(self._parts.user, request)
        now = await self._by.read(conversation, request)  # with votes that were given meanwhile
        live = self._parts.live.owned(conversation, user)
        if (live is not None and not live.over) or now.turns != seen.turns:
            return gr.skip()  # the next question has been asked by now
        *before, answer = now.messages
        told = [*before, {**answer, "options": [{"value": question} for question in asked]}]
        return gr.update(value=told, feedback_value=now.votes())

    def source(self, wanted: str, request: gr.Request) -> str:
        """Show the sources of the turn whose marker was chosen: its id, the marker, which of these in the answer."""
        turn, *which = wanted.split(" ")
        try:
            record = self._parts.book.turn(turn, self._parts.user(request))
        except TraceProblem as exc:
            raise shown_error(exc, self._parts.sees_setup(request)) from exc
        marker, nth = (int(n) if n.isdecimal() else 0 for n in (*which, "", "")[:2])
        return panel(self._parts, record, marker=(marker, nth))

    async def undo(self, conversation: str, request: gr.Request, data: gr.UndoData) -> Shown:
        """Take the last turn out of the conversation; its question goes back into the box."""
        seen = await self._by.read(conversation, request)
        record, unheard = seen.record_at(data.index), seen.unheard_at(data.index)
        if unheard is not None:
            self._parts.live.drop(seen.id, unheard)
        elif record is not None:
            await asyncio.to_thread(self._left_out, seen, record, request)
        else:
            return await asyncio.to_thread(self._whole, seen, request)
        left = await self._by.read(conversation, request)
        return {**await asyncio.to_thread(self._whole, left, request), self._chat.box: _question(record, unheard)}

    async def stop(self, conversation: str, request: gr.Request) -> None:
        """End the turn that is under way; what was said is kept."""
        if await self._owned(conversation, request) is not None:
            await self._parts.live.stop(conversation)

    async def delete(self, conversation: str, request: gr.Request) -> Shown:
        """Delete the conversation that is open, with the turn that is under way in it, and begin a new one."""
        user = await asyncio.to_thread(self._parts.user, request)
        if self._parts.live.owned(conversation, user) is not None:
            await self._parts.live.discard(conversation)
        try:
            await asyncio.to_thread(self._parts.book.delete, conversation, user)  # it empties the log of the store too
        except TraceProblem as exc:
            raise shown_error(exc, self._parts.sees_setup(request)) from exc
        return {**await asyncio.to_thread(self._whole, Seen("", [], [], []), request), **self._at_rest()}

    async def _owned(self, conversation: str, request: Asking) -> LiveTurn | None:
        return self._parts.live.owned(conversation, await asyncio.to_thread(self._parts.user, request))

    def _left_out(self, seen: Seen, record: dict[str, Any], request: Asking) -> Callable[[], None]:
        """Leave a turn and those after it out of a conversation; give what takes that back."""
        user = self._parts.user(request)
        left_out = self._parts.book.leave_out(seen.id, user, record["id"])
        return partial(self._parts.book.take_back, seen.id, user, left_out)

    async def _anew(self, conversation: str, place: Index, question: str | None, way: str, request: Asking) -> Shown:
        seen = await self._by.read(conversation, request)
        record, unheard = seen.record_at(place), seen.unheard_at(place)
        if record is None and unheard is None:
            return await asyncio.to_thread(self._whole, seen, request)
        asked = question if question is not None else _question(record, unheard)
        try:
            check_question(asked)
            self._parts.live.check_free(seen.id)
        except InvalidInput as exc:
            raise shown_error(exc, self._parts.sees_setup(request)) from exc
        take_back = _nothing
        if unheard is not None:
            self._parts.live.drop(seen.id, unheard)
        elif record is not None:
            take_back = await asyncio.to_thread(self._left_out, seen, record, request)
        return await self._begin(asked, way, conversation, request, take_back)

    async def _begin(
        self, question: str, way: str, conversation: str, request: Asking, unheard: Callable[[], None] = _nothing
    ) -> Shown:
        """Begin a turn; `unheard` takes back what was done for it, where it does not begin."""
        live, parts = self._parts.live, self._parts
        user, sees = await asyncio.to_thread(lambda: (parts.user(request), parts.sees_setup(request)))
        known = live.asked(conversation, user, question)  # by a double click, and it may end meanwhile
        seen = await self._by.read(conversation, request)
        # From here on nothing is awaited: no other turn of the conversation can begin before this one.
        origin, told = Origin(seen.id or uuid.uuid4().hex, user, "web"), history_of(seen.records)
        try:
            turn = known or live.start(question, told, origin, WAYS.get(way, "auto"), unheard, sees_setup=sees)
        except InvalidInput as exc:  # nothing of the page changes: what was typed stays in the box
            await asyncio.to_thread(unheard)
            raise shown_error(exc, sees) from exc
        shown = {
            self._chat.chatbot: [*seen.without(turn.known_as), *turn.view.messages],
            self._chat.conversation: origin.conversation_id,
        }
        # The box is emptied once, and Stop stands in the place of Ask.
        return {**shown, self._chat.box: gr.update(value="", submit_btn=False, stop_btn="Stop"), self._chat.ended: ""}

    def _at_rest(self) -> Shown:
        """Put Ask in the place of Stop again."""
        return {self._chat.box: gr.update(submit_btn="Ask", stop_btn=False), self._chat.ended: ""}

    def _whole(self, seen: Seen, request: Asking, missing: bool = False) -> Shown:
        """Give all that is shown of a conversation."""
        chat, parts, user = self._chat, self._parts, self._parts.user(request)
        last = seen.last()
        notes = [*parts.warnings(request), *(["There is no such conversation of yours."] if missing else [])]
        return {
            chat.chatbot: gr.update(value=seen.messages, feedback_value=seen.votes()),
            chat.sources: panel(parts, last) if last is not None or not seen.unheard else NOT_ASKED,
            chat.conversation: seen.id,
            chat.list: listing(parts.book, user, seen.id),
            chat.links: links_html(seen.id, parts.server.accounts),
            chat.title: parts.book.title(seen.id, user) if seen.records else "",
            chat.own: gr.update(visible=bool(seen.records)),
            chat.notes: gr.update(value=warnings_html(notes), visible=bool(notes)),
            chat.comments: gr.update(visible=False),
        }


def _question(record: dict[str, Any] | None, unheard: LiveTurn | None) -> str:
    return str(record["question"]) if record is not None else "" if unheard is None else unheard.question


def build_chat(parts: Parts) -> None:
    """Lay the chat page out and connect it; called within Gradio's Blocks."""
    chat = chat_layout(parts)
    does = ChatHandlers(parts, chat)
    shown = [getattr(chat, name) for name in CONTENTS]
    how: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "concurrency_limit": None}
    asked, begun = [chat.way, chat.conversation], [chat.chatbot, chat.conversation, chat.box, chat.ended]

    def following(begun: Any, conversation: Any = chat.conversation) -> None:
        """Follow the turn that an event began, and show all when it is over."""
        streamed = begun.success(does.stream, [conversation], [chat.chatbot, chat.sources, chat.ended], **how)
        finished = streamed.success(does.finish, [chat.conversation, chat.ended], shown, **how)
        finished.success(does.suggest, [chat.conversation], chat.chatbot, **how)

    # What is over was shown by then: to show it again could take back what its reader did meanwhile.
    following(chat.page.load(does.load, None, shown, **how), chat.resumed)
    chat.page.load(does.examples, None, chat.chatbot, **how)
    following(chat.box.submit(does.ask, [chat.box, *asked], begun, **how))
    following(chat.chatbot.retry(does.again, asked, shown, **how))
    following(chat.chatbot.edit(does.edit, asked, shown, **how))
    following(chat.chatbot.option_select(does.suggested, asked, begun, **how))
    following(chat.chatbot.example_select(does.suggested, asked, begun, **how))
    chat.box.change(None, [chat.box], None, js="lectern.drafted", **how)
    chat.way.change(None, [chat.way], None, js="lectern.chose", **how)
    chat.box.stop(does.stop, [chat.conversation], None, **how)
    chat.wanted.change(does.source, [chat.wanted], chat.sources, **how).then(
        None, [chat.wanted], None, js="lectern.showSource", **how
    )
    chat.chatbot.undo(does.undo, [chat.conversation], shown, **how)
    votes = VoteHandlers(parts, chat, SeenBy(parts).seen)
    chat.chatbot.like(votes.vote, [chat.conversation], shown, trigger_mode="always_last", **how)
    chat.comment.submit(votes.comment, [chat.comment, chat.voted], shown, **how)
    connect_list(chat, parts, how)
    chat.delete.click(does.delete, [chat.conversation], shown, js="lectern.sure", **how)
    chat.conversation.change(None, [chat.conversation], None, js="lectern.named", **how)
