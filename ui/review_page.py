"""The review desk: turns and what was right about them, what the course lacks, figures over time. Handlers only."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import gradio as gr

from assistant.evaluation.agreement import agreements
from assistant.evaluation.from_traces import add_row, judgement, reviewed_row
from assistant.tag_corrections import check_in_abstract
from assistant.tracing.capture import Recording, recorded
from assistant.tracing.queries import WEAK_SUPPORT, Filter, TraceReader
from assistant.tracing.records import QUESTIONS, Review
from assistant.tracing.spending import keep_untraced
from assistant.tracing.statistics import by_day
from assistant.unanswered import grouped
from assistant.usage import metered
from index_store.errors import InvalidInput, LecternError, TraceUnknown
from ui.disclosure import deliveries_for, record_for
from ui.page_errors import failed_html, told_html
from ui.parts import Parts
from ui.plots import plots_html
from ui.review_layout import ReviewPage, review_layout
from ui.review_sources import known_sources
from ui.review_view import agreement_html, covered_html, groups_html, list_html, turn_html
from ui.tags_page import names_of

A_PAGE = 25
SLOW_S, DEAR_USD = 10.0, 0.01
MOST_REFUSED = 500
MOST_TRIED = 12
MONTH_S = 30 * 86_400
ALL_TURNS = "<p class='lectern-note'><a href='review'>All turns</a></p>"
NO_SUCH_TURN = "There is no such turn: the link is not whole, or the turn was forgotten."
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


class ReviewHandlers:
    """What the review desk does; it holds nothing of any user."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._store = parts.library.traces
        self._reader = TraceReader(self._store.engine)

    def listed(self, order: str, show: str, text: str, page: float | None, with_rows: bool) -> tuple[str, str]:
        """List a page of turns; the nearest where there is none of that number."""
        every = Filter(text=text.strip() or None, **FILTERS.get(show, {}))
        wanted = every if with_rows else replace(every, rows=False)
        hidden = 0 if with_rows else self._reader.count(replace(every, rows=True))
        count = self._reader.count(wanted)
        pages = max(1, -(-count // A_PAGE))
        at = min(max(1, int(page or 1)), pages)
        rows = self._reader.find(wanted, A_PAGE, (at - 1) * A_PAGE, "worst" if order.startswith("Worst") else "newest")
        said = self._reader.last_reviews([row["id"] for row in rows])
        turns = "1 turn" if count == 1 else f"{count:,} turns"
        told = f" {hidden:,} of files and evaluations are not shown." if hidden else ""
        return list_html(rows, said), f"<p role='status'>{turns}, page {at:,} of {pages:,}.{told}</p>"

    def load(self, request: gr.Request) -> tuple[str, Any]:
        """Give the turn that the address names, as a link to it does, and who reviews where that is known."""
        name = self._name("", request)
        return str(request.query_params.get("turn", "")), gr.update(value=name, interactive=not name)

    def shown(self, trace_id: str, request: gr.Request) -> tuple[Any, ...]:
        """Show a turn, with what a reviewer said last as the beginning of a review; or in its place why there is none.

        Only then are there no fields for a review beside it.
        """
        hidden, shown = gr.update(visible=False), gr.update(visible=True)
        if not trace_id:
            return hidden, hidden, "", "", "", "", ""
        try:
            record = record_for(self._reader.get(trace_id), self._parts.sees_setup(request))
        except LecternError as exc:
            is_gone = isinstance(exc, TraceUnknown)  # its own hint is for a terminal
            told = failed_html(NO_SUCH_TURN) if is_gone else told_html(exc, self._parts.sees_setup(request))
            return shown, hidden, f"{told}{ALL_TURNS}", "", "", "", ""
        deliveries = deliveries_for(self._reader.deliveries(record["id"]), self._parts.sees_setup(request))
        leaves = self._store.as_sent(record) if deliveries else None
        detail = turn_html(record, deliveries, _links(self._store.settings, record["id"]), leaves)
        last = judgement(record["reviews"])
        return (
            shown,
            shown,
            detail,
            last.get("corrected_answer") or "",
            "\n".join(last.get("corrected_sources") or []),
            ", ".join(last.get("corrected_tags") or []),
            "",
        )

    def keep(
        self, trace_id: str, reviewer: str, verdict: str | None, answer: str, sources: str, tags: str, comment: str,
        assignee: str, request: gr.Request,
    ) -> tuple[str, Any]:  # fmt: skip
        """Keep a review; what stands in the way of it is said in its place."""
        try:
            reviewer = self._name(reviewer, request)
            if not reviewer:
                raise InvalidInput("Nobody's name is given.", hint="Write your name: a review is somebody's.")
            named = [line.strip() for line in sources.splitlines() if line.strip()]
            paths = known_sources((d.path for d in self._parts.library.ledger.documents()), named)
            given = (verdict, answer.strip(), paths, tags.strip(), comment.strip(), assignee.strip())
            if not any(given):
                raise InvalidInput("There is nothing to keep.", hint="Give a verdict, a correction or a comment.")
            right = names_of(tags) if tags.strip() else None
            if right is not None:
                check_in_abstract(right, self._reader.get(trace_id)["question"])
            review = Review(
                trace_id, reviewer, time.time(), verdict or None, answer.strip() or None, paths or None,
                right, comment.strip(), assignee.strip() or None,
            )  # fmt: skip
            self._store.add_review(review)
        except LecternError as exc:
            return told_html(exc, self._parts.sees_setup(request)), gr.skip()
        return "<p role='status'>Kept.</p>", self.shown(trace_id, request)[2]

    def accept(self, trace_id: str, reviewer: str, request: gr.Request) -> tuple[str, Any]:
        """Keep that the answer is right."""
        return self.keep(trace_id, reviewer, "right", "", "", "", "", "", request)

    def _name(self, given: str, request: gr.Request) -> str:
        """Give who reviews: with accounts whoever has signed in, for nobody reviews in another's name."""
        person = self._parts.person(request)
        return person.name if person is not None and person.name else given.strip()

    def to_dataset(self, trace_id: str, request: gr.Request) -> str:
        """Make a row of a dataset of the turn, as it should have been."""
        try:
            kind, row = reviewed_row(self._reader, trace_id)
            file, replaced = add_row(self._parts.library.environment.home, f"reviewed-{kind}", kind, row)
        except LecternError as exc:
            return told_html(exc, self._parts.sees_setup(request))
        done = "Replaced" if replaced else "Added"
        return f"<p role='status'>{done}. Guard it: <code>lectern eval {kind} {file.name}</code> in {file.parent}</p>"

    async def unanswered(self, request: gr.Request) -> str:
        """Group the refused questions by meaning; it takes a place, for all of them are embedded."""
        try:
            async with self._parts.library.gate.place(self._parts.user(request), turn=False):
                return groups_html(await asyncio.to_thread(self._groups))
        except LecternError as exc:
            return told_html(exc, self._parts.sees_setup(request))

    async def covered(self, request: gr.Request) -> str:
        """Try the commonest refused questions again on the library as it is now."""
        try:
            gate, user, found = self._parts.library.gate, self._parts.user(request), []
            async with gate.place(user):
                for group in (await asyncio.to_thread(self._groups))[:MOST_TRIED]:
                    await gate.check_day(user)
                    found.append((group.question, await self._covers(group.question, user)))
        except LecternError as exc:
            return told_html(exc, self._parts.sees_setup(request))
        return covered_html(found)

    async def _covers(self, question: str, user: str | None) -> bool:
        """Tell whether the course answers a question now; what that took counts for the day, whatever came of it."""
        assistant = self._parts.opened.assistant
        with metered() as meter, recorded(Recording()) as steps:
            try:
                return await assistant.covers(question)
            finally:
                about, usage = assistant.identity, meter.usage()
                await asyncio.to_thread(keep_untraced, self._store, user, about, usage, steps, time.time())

    def agreement(self) -> str:
        """Show how far the reviewers agree."""
        return agreement_html(agreements(self._reader.reviews()))

    async def plots(self) -> str:
        """Draw the last month."""
        return plots_html(await asyncio.to_thread(by_day, self._store.engine, time.time() - MONTH_S))

    def _groups(self) -> list[Any]:
        rows = self._reader.find(Filter(status="refused", kinds=QUESTIONS, rows=False), MOST_REFUSED)
        return grouped([row["question"] for row in rows], self._parts.library.embedder)


def _links(settings: Any, trace_id: str) -> dict[str, str]:
    """Give the addresses under which the sinks show a turn."""
    if not settings.comet_api_key:
        return {}
    base = (settings.comet_url or "https://www.comet.com").rstrip("/").removesuffix("/clientlib")
    return {"comet": f"{base}/api/experiment/redirect?experimentKey={trace_id}"}


def build_review(parts: Parts) -> None:
    """Lay the review desk out and connect it."""
    _connect(review_layout(parts), ReviewHandlers(parts))


def _connect(page: ReviewPage, does: ReviewHandlers) -> None:
    how: dict[str, Any] = {"api_visibility": "private", "concurrency_limit": None, "show_progress": "hidden"}
    listing = (does.listed, [page.order, page.show, page.text, page.page, page.rows], [page.list, page.count])
    page.root.load(*listing, **how)
    for changed in (page.order, page.show, page.text, page.page, page.rows):
        changed.change(*listing, trigger_mode="always_last", **how)
    one = [page.desk, page.reviewing, page.detail, page.answer, page.sources, page.tags, page.told]
    page.root.load(does.load, None, [page.turn, page.reviewer], **how)
    page.turn.change(does.shown, [page.turn], one, **how).then(None, None, None, js="lectern.seeDetail", **how)
    given = [page.turn, page.reviewer, page.verdict, page.answer, page.sources, page.tags, page.comment, page.assignee]
    kept = [page.told, page.detail]
    page.keep.click(does.keep, given, kept, **how).success(*listing, **how)
    page.accept.click(does.accept, [page.turn, page.reviewer], kept, **how).success(*listing, **how)
    page.dataset.click(does.to_dataset, [page.turn], page.told, **how)
    page.missing.click(does.unanswered, None, page.groups, **how)
    page.covered.click(does.covered, None, page.now, **how)
    page.agree.click(does.agreement, None, page.agreement, **how)
    page.plots.click(does.plots, None, page.drawn, **how)
