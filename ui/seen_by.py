"""Reads a conversation for whoever asks; a long one takes a while, so where others' answers come meanwhile a thread."""

from __future__ import annotations

import asyncio

from index_store.errors import ConversationUnknown
from ui.access import Asking
from ui.disclosure import record_for
from ui.parts import Parts
from ui.seen import Seen, seen_of


class SeenBy:
    """What reads conversations; it holds nothing of any user."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def seen(self, conversation: str, request: Asking) -> Seen:
        """Give a conversation of whoever asks, in the words that are for them; one that there is not is an empty one.

        What was asked in it and not taken, as where a limit kept it out, stands in its place.

        Raises:
            TracesUnavailable: when the store cannot be read.
        """
        user = self._parts.user(request)
        unheard = self._parts.live.unheard(conversation, user)
        try:
            records = self._parts.book.turns(conversation, user) if conversation else []
        except ConversationUnknown:
            has_begun = self._parts.live.owned(conversation, user) is not None  # and is not in the store yet
            return seen_of(conversation if unheard or has_begun else "", [], unheard)
        sees = self._parts.sees_setup(request)
        return seen_of(conversation, [record_for(r, sees) for r in records if r["status"] != "running"], unheard)

    async def read(self, conversation: str, request: Asking) -> Seen:
        """Give the same from a thread, anew where a turn of it began or ended meanwhile.

        So what is done with it on the event loop, before anything else is awaited, is as if nothing had come between.

        Raises:
            TracesUnavailable: when the store cannot be read.
        """
        if not conversation:
            return seen_of("", [], [])
        while True:
            before = self._parts.live.state(conversation)
            seen = await asyncio.to_thread(self.seen, conversation, request)
            if self._parts.live.state(conversation) == before:
                return seen
