"""The list of a user's conversations beside the chat: found, renamed, and older ones shown when they are asked for."""

from __future__ import annotations

from typing import Any

import gradio as gr

from assistant.tracing.conversations import MOST_LISTED, Conversations
from index_store.errors import TraceProblem
from ui.chat_layout import Chat
from ui.page_errors import shown_error
from ui.parts import Parts
from ui.render import conversations_html

MOST_SHOWN = 5_000
"""Links on one page; whoever has more finds them by what was said in them."""


class ListHandlers:
    """What the list does; it holds nothing of any user."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def search(self, text: str, conversation: str, wanted: str, request: gr.Request) -> str:
        """List the conversations in which something was said, as many as are wanted."""
        return listing(self._parts.book, self._parts.user(request), conversation, text, wanted)

    def rename(self, title: str, conversation: str, text: str, wanted: str, request: gr.Request) -> str:
        """Call the conversation that is open something else; give the list anew."""
        try:
            self._parts.book.rename(conversation, self._parts.user(request), title)
        except TraceProblem as exc:
            raise shown_error(exc, self._parts.sees_setup(request)) from exc
        return self.search(text, conversation, wanted, request)


def listing(book: Conversations, user: str | None, here: str, text: str = "", wanted: str = "") -> str:
    """Give the newest conversations as links; `wanted` begins with how many, MOST_LISTED when it does not."""
    number = wanted.partition(" ")[0]
    limit = min(max(MOST_LISTED, int(number)), MOST_SHOWN) if number.isascii() and number.isdigit() else MOST_LISTED
    found = book.listed(user, text, limit + 1)
    older = limit + MOST_LISTED if len(found) > limit and limit < MOST_SHOWN else 0
    return conversations_html(found[:limit], here, older, bool(text.strip()))


def connect_list(chat: Chat, parts: Parts, how: dict[str, Any]) -> None:
    """Connect the list; called within Gradio's Blocks."""
    does = ListHandlers(parts)
    given = [chat.find, chat.conversation, chat.older]
    chat.find.change(does.search, given, chat.list, trigger_mode="always_last", **how)
    chat.older.change(does.search, given, chat.list, **how).then(
        None, [chat.older], None, js="lectern.showOlder", **how
    )
    chat.title.submit(does.rename, [chat.title, chat.conversation, chat.find, chat.older], chat.list, **how)
