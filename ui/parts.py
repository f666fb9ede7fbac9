"""What the pages of the web app share: the open library, who answers, the conversations, and the turns under way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from assistant.tracing.conversations import Conversations
from index_store.chunks import Chunk
from ui import delivery
from ui.live import LiveTurns
from ui.visitors import COOKIE, Visitors
from ui.wiring import Library, Opened


class Asking(Protocol):
    """A request as Starlette and Gradio both give it: with the cookies that came along."""

    @property
    def cookies(self) -> Mapping[str, str]:
        """The cookies by name."""


@dataclass(frozen=True)
class Parts:
    """One for each server; it holds nothing of any user."""

    opened: Opened
    visitors: Visitors
    book: Conversations
    live: LiveTurns

    @property
    def library(self) -> Library:
        """The open library."""
        return self.opened.library

    def user(self, request: Asking | None) -> str | None:
        """Give the pseudonym of whoever asks."""
        return self.visitors.read(request.cookies.get(COOKIE)) if request is not None else None

    def chunks(self, ids: Sequence[str]) -> Mapping[str, Chunk]:
        """Give those chunks that the library still holds, by id."""
        return self.library.index.get(list(ids)) if ids else {}

    def material(self) -> str:
        """Say what is answered from."""
        count = len(self.library.ledger.documents())
        return "1 document in the library" if count == 1 else f"{count:,} documents in the library"

    def warnings(self) -> list[str]:
        """Say what is to be mended."""
        return delivery.delivery_problems(self.library.traces)


def parts_of(opened: Opened, visitors: Visitors) -> Parts:
    """Put the parts together."""
    return Parts(opened, visitors, Conversations(opened.library.traces), LiveTurns(lambda: opened.assistant))


def plain(message: Any) -> str:
    """Give the text of what a chat handed over: text, or a list of parts."""
    content = message.get("content", "") if isinstance(message, Mapping) else message
    if isinstance(content, list):
        return "".join(part.get("text", "") for part in content if isinstance(part, Mapping))
    return content if isinstance(content, str) else ""
