"""The list of the review desk: turns, or conversations, or the turns of one; and how an address names a view of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

import gradio as gr

from assistant.tracing.conversation_reader import ConversationReader
from assistant.tracing.orders import DEAR_USD, SLOW_S, WEAK_SUPPORT, Order
from assistant.tracing.queries import Filter, TraceReader
from assistant.tracing.records import QUESTIONS
from ui.parts import Parts
from ui.review_list_view import conversations_html, count_html, list_html, within_html

A_PAGE = 20
ORDERS: Mapping[str, Order] = {
    "Newest first": "newest",
    "Worst first": "worst",
    "Weakest support": "weakest",
    "Slowest": "slowest",
    "Dearest": "dearest",
}
FILTERS: Mapping[str, Mapping[str, Any]] = {
    "All": {},
    "Questions": {"kinds": QUESTIONS},
    "Abstracts": {"kind": "tag"},
    "Refused": {"status": "refused"},
    "Voted down": {"vote": "down"},
    "Weak support": {"weaker_than": WEAK_SUPPORT},
    "Errors": {"status": "error"},
    "Slow": {"slower_than": SLOW_S},
    "Dear": {"dearer_than": DEAR_USD},
    "Not reviewed": {"reviewed": False},
    "Reviewed": {"reviewed": True},
    "Assigned": {"assigned": True},
}
TURNS, CONVERSATIONS = "Turns", "Conversations"
BOUNDS = {
    "Slow": f"Slow is what took {SLOW_S:g} s or more.",
    "Dear": f"Dear is what cost ${DEAR_USD:g} or more.",
    "Weak support": f"Support is weak below {WEAK_SUPPORT:g}.",
    "Worst first": "Voted down, then failed, refused, of weak support (below "
    f"{WEAK_SUPPORT:g}), dear (${DEAR_USD:g} or more), slow ({SLOW_S:g} s or more); "
    "what its reviewers found right comes last.",
}


@dataclass(frozen=True)
class View:
    """What of the desk is listed, as its boxes say it; `conversation` is the one that is opened in the list."""

    by: str = TURNS
    order: str = "Newest first"
    show: str = "All"
    text: str = ""
    rows: bool = False
    conversation: str = ""

    def address(self, page: int = 1) -> str:
        """Give the part of an address that names it and the page, from 1; what is usual is left out.

        >>> View(show="Refused", rows=True).address(3)
        'show=Refused&rows=1&page=3'
        """
        named: dict[str, Any] = {
            f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != f.default
        }
        return urlencode({**named, **({"rows": 1} if self.rows else {}), **({"page": page} if page > 1 else {})})

    def without_conversation(self) -> View:
        """Give the same of all conversations."""
        return replace(self, conversation="")


def view_of(query: Mapping[str, str]) -> tuple[View, int]:
    """Give the view, and the page from 1, that an address names; what it does not name well is usual."""
    given = {field.name: query[field.name] for field in fields(View) if field.name in query}
    known = {"by": (TURNS, CONVERSATIONS), "order": ORDERS, "show": FILTERS}
    kept: dict[str, Any] = {n: v for n, v in given.items() if v in known.get(n, (v,))}
    page = query.get("page", "")
    return View(**kept | {"rows": "rows" in given}), int(page) if page.isdecimal() and len(page) < 9 else 1


class ReviewList:
    """What lists turns and conversations; it holds nothing of any user."""

    def __init__(self, parts: Parts) -> None:
        engine = parts.library.traces.engine
        self._reader, self._talks = TraceReader(engine), ConversationReader(engine)

    def load(self, request: gr.Request) -> tuple[Any, ...]:
        """Give what the boxes of the list hold at first: what the address names."""
        view, page = view_of(request.query_params)
        own, usual = (astuple(each) for each in (view, View()))
        boxes = [gr.skip() if each == before else each for each, before in zip((*own, page), (*usual, 1), strict=True)]
        return *boxes, view.address(page)  # what the page begins with stays: somebody may have chosen already

    def listed(
        self, by: str, order: str, show: str, text: str, rows: bool, conversation: str, page: float | None, before: str
    ) -> tuple[Any, ...]:
        """List a page, its first one where another view is asked for than `before`; the nearest of what there are."""
        view, (last, _) = View(by, order, show, text, bool(rows), conversation), view_of(dict(parse_qsl(before)))
        if view.conversation and view.without_conversation() != last.without_conversation():
            view = view.without_conversation()
        at = max(1, int(page or 1)) if view == last else 1
        shown, told, at = self._page(view, at)
        moved = gr.skip() if at == page else at
        left = gr.skip() if view.conversation == conversation else view.conversation
        return shown, told, moved, left, view.address(at)

    def _page(self, view: View, at: int) -> tuple[str, str, int]:
        if view.conversation:
            return self._within(view.conversation, at)
        every = Filter(text=view.text.strip() or None, **FILTERS.get(view.show, {}))
        wanted = every if view.rows else replace(every, rows=False)
        hidden = 0 if view.rows else self._reader.count(replace(every, rows=True))
        order = ORDERS.get(view.order, "newest")
        bounds = " ".join(BOUNDS[name] for name in (view.show, view.order) if name in BOUNDS)
        if view.by == CONVERSATIONS:
            page = self._talks.page(wanted, A_PAGE, at, order)
            count = count_html(page.total, "conversation", page.number, A_PAGE, hidden, bounds)
            return conversations_html(page.rows), count, page.number
        total = self._reader.count(wanted)
        at = min(at, max(1, -(-total // A_PAGE)))
        return self._turns(wanted, at, order), count_html(total, "turn", at, A_PAGE, hidden, bounds), at

    def _within(self, conversation: str, at: int) -> tuple[str, str, int]:
        """List all turns of a conversation as they were asked, whatever is filtered: the others explain one."""
        wanted = Filter(conversation=conversation)
        total = self._reader.count(wanted)
        at = min(at, max(1, -(-total // A_PAGE)))
        head = within_html(self._talks.title(conversation))
        return head + self._turns(wanted, at, "oldest"), count_html(total, "turn", at, A_PAGE), at

    def _turns(self, wanted: Filter, at: int, order: Order) -> str:
        rows = self._reader.find(wanted, A_PAGE, (at - 1) * A_PAGE, order)
        return list_html(rows, self._reader.last_reviews([row["id"] for row in rows]))
