"""Shows the list of the review desk: turns, or conversations, and how many there are. Pure functions."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

from assistant.tracing.conversation_reader import Reviewed
from assistant.tracing.records import is_proposal
from ui.library_view import table
from ui.one_line import one_line
from ui.times import time_html

Row = Mapping[str, Any]
HEAD = ["Question", "Status", "Vote", "Review", "Support", "Seconds", "Model", "Asked"]
TALK_HEAD = ["Conversation", "Turns", "Worst", "Voted down", "Weakest", "Slowest (s)", "Price", "Last turn"]


def list_html(rows: Sequence[Row], reviews: Mapping[str, Row]) -> str:
    """Give the list, with the latest review of a turn by its id; a turn opens by the button that its question is."""
    if not rows:
        return "<p class='lectern-note'>No turn fits.</p>"
    lines = [(row, _line(row, reviews.get(row["id"], {}))) for row in rows]
    cells = [
        [_opener(row), *map(html.escape, line), time_html(row["started_at"], to_second=True)] for row, line in lines
    ]
    return table("Turns", HEAD, cells)


def _opener(row: Row) -> str:
    question = html.escape(one_line(row["question"]) or "(no text)")
    return f"<button type='button' class='lectern-open' data-turn='{html.escape(row['id'])}'>{question}</button>"


def _line(row: Row, review: Row) -> list[str]:
    to = f"for {review['assignee']}" if review.get("assignee") else ""
    return [
        row["status"] + (", left out" if row["left_out"] else ""),
        row["vote"] or "",
        _reviewed(review, to),
        "" if row["support"] is None else f"{row['support']:.2f}",
        seconds_of(row),
        row["model"],
    ]


def _reviewed(review: Row, to: str) -> str:
    if review and is_proposal(review):
        return "proposal"
    found = f"they disagree ({review['disagree']})" if review.get("disagree") else review.get("verdict")
    return ", ".join(part for part in (found, to) if part) or ("seen" if review else "")


def conversations_html(rows: Sequence[Reviewed]) -> str:
    """Give the list of conversations; one opens by the button that its title is."""
    if not rows:
        return "<p class='lectern-note'>No conversation fits.</p>"
    cells = [
        [_talk(row.id, row.title), *map(html.escape, _talk_line(row)), time_html(row.last_at, to_second=True)]
        for row in rows
    ]
    return table("Conversations", TALK_HEAD, cells)


def _talk(conversation: str, title: str) -> str:
    named = html.escape(one_line(title) or "(no text)")
    own = html.escape(conversation)
    return f"<button type='button' class='lectern-open' data-conversation='{own}'>{named}</button>"


def _talk_line(row: Reviewed) -> list[str]:
    return [
        f"{row.turns:,}" if row.fit == row.turns else f"{row.turns:,}, {row.fit:,} of them fit",
        row.status,
        f"{row.down:,}" if row.down else "",
        "" if row.support is None else f"{row.support:.2f}",
        "" if row.seconds is None else f"{row.seconds:.2f}",
        "" if row.price_usd is None else f"${row.price_usd:.6f}",
    ]


def within_html(title: str) -> str:
    """Give what stands above the turns of one conversation: its title, and the way back."""
    back = "<button type='button' class='lectern-again' data-conversation=''>Back to the list</button>"
    return (
        f"<h2 class='lectern-title'>{html.escape(one_line(title) or '(no text)')}</h2>"
        f"<p class='lectern-note'>All turns of this conversation, the oldest first. {back}</p>"
    )


def count_html(count: int, what: str, at: int, a_page: int, hidden: int = 0, bounds: str = "") -> str:
    """Say how many there are, which page is shown, and what is not; with buttons to the pages beside it."""
    pages = max(1, -(-count // a_page))
    counted = f"1 {what}" if count == 1 else f"{count:,} {what}s"
    told = f" {hidden:,} of files and evaluations are not shown." if hidden else ""
    ways = [(-1, "Previous page")] * (at > 1) + [(1, "Next page")] * (at < pages)
    buttons = "".join(
        f"<button type='button' class='lectern-again' data-page='{at + way}' data-way='{way}'>{name}</button>"
        for way, name in ways
    )
    note = f"<p class='lectern-note'>{html.escape(bounds)}</p>" if bounds else ""
    shown = f"<p role='status'>{counted}, page {at:,} of {pages:,}.{told}</p>"
    return shown + (f"<p class='lectern-links'>{buttons}</p>" if buttons else "") + note


def seconds_of(row: Row) -> str:
    """Give how long a turn took."""
    return "" if row["ended_at"] is None else f"{row['ended_at'] - row['started_at']:.2f}"
