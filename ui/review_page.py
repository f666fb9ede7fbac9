"""The review desk: turns and what was right about them, what the course lacks, figures over time. Handlers only."""

from __future__ import annotations

import asyncio
import html
import time
from typing import Any

import gradio as gr

from assistant.evaluation.agreement import agreements
from assistant.tag_corrections import check_in_abstract
from assistant.tracing.capture import Recording, recorded
from assistant.tracing.conversation_reader import ConversationReader
from assistant.tracing.judgements import disputed_correction, refuses_rightly
from assistant.tracing.queries import Filter, TraceReader
from assistant.tracing.records import QUESTIONS, Review
from assistant.tracing.spending import keep_untraced
from assistant.tracing.statistics import by_day
from assistant.unanswered import Group, grouped
from assistant.usage import metered
from index_store.errors import InvalidInput, LecternError, TraceUnknown
from ui.disclosure import deliveries_for, record_for
from ui.evaluation_page import build_evaluation
from ui.kept_turns import chunk_ids_of
from ui.page_errors import failed_html, told_html
from ui.parts import Parts
from ui.plots import plots_html
from ui.review_form import NO_FIELDS, Fields, form_of, is_touched, of_nothing
from ui.review_layout import ReviewPage, review_layout
from ui.review_list import ReviewList
from ui.review_passages import found_ids
from ui.review_sources import known_sources
from ui.review_turn import turn_html
from ui.review_view import agreement_html, covered_html, groups_html
from ui.reviewed_rows import add_reviewed, added_html
from ui.tags_page import names_of

MOST_REFUSED = 500
MOST_TRIED = 12
MONTH_S = 30 * 86_400
ALL_TURNS = "<p class='lectern-note'><a href='review'>All turns</a></p>"
NO_SUCH_TURN = "There is no such turn: the link is not whole, or the turn was forgotten."
DISPUTED = " {} had corrected it: a test row is made of it once one of you comes round."
LEFT = " What you have begun to write is still here, and not kept with it."


class ReviewHandlers:
    """What the review desk does; it holds nothing of any user."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._store = parts.library.traces
        self._reader, self._talks = TraceReader(self._store.engine), ConversationReader(self._store.engine)

    def load(self, request: gr.Request) -> tuple[Any, Any, str]:
        """Give the turn that the address names, who reviews where that is known, and who reads.

        Where it is not known the box stays as it is, and the turn too: whoever is quick has chosen already.
        """
        name, turn = self._name("", request), str(request.query_params.get("turn", ""))
        who = gr.update(value=name, interactive=False) if name else gr.skip()
        return turn or gr.skip(), who, self._parts.user(request) or ""

    def shown(self, trace_id: str, request: gr.Request) -> tuple[Any, ...]:
        """Show a turn with a form of its own for a review; or in its place why there is none.

        Only then are there no fields for a review beside it.
        """
        hidden, shown = gr.update(visible=False), gr.update(visible=True)
        if not trace_id:
            return hidden, hidden, "", "", "", *of_nothing()
        try:
            record = self._reader.get(trace_id)
        except LecternError as exc:
            is_gone = isinstance(exc, TraceUnknown)  # its own hint is for a terminal
            told = failed_html(NO_SUCH_TURN) if is_gone else told_html(exc, self._parts.sees_setup(request))
            return shown, hidden, f"{told}{ALL_TURNS}", "", "", *of_nothing()
        return shown, shown, self._detail(record, request), "", "", *form_of(record)

    def _detail(self, trace: dict[str, Any], request: gr.Request) -> str:
        record = record_for(trace, self._parts.sees_setup(request))
        deliveries = deliveries_for(self._reader.deliveries(record["id"]), self._parts.sees_setup(request))
        leaves = self._store.as_sent(record) if deliveries else None
        chunks = self._parts.chunks([*chunk_ids_of(record), *found_ids(record)])
        links = _links(self._store.settings, record["id"])
        return turn_html(record, deliveries, links, leaves, self._talks.around(record), chunks)

    def keep(
        self, trace_id: str, reviewer: str, verdict: str | None, answer: str, sources: str, tags: str, comment: str,
        assignee: str, request: gr.Request,
    ) -> tuple[Any, ...]:  # fmt: skip
        """Keep a review, and begin its form anew; what stands in the way of it is said in its place."""
        try:
            self._add(trace_id, self._name(reviewer, request), (verdict, answer, sources, tags, comment, assignee))
        except LecternError as exc:
            return told_html(exc, self._parts.sees_setup(request)), *[gr.skip()] * 9
        record = self._reader.get(trace_id)
        return "<p role='status'>Kept.</p>", self._detail(record, request), *form_of(record)

    def accept(
        self, trace_id: str, reviewer: str, begun: str, verdict: str | None, answer: str, sources: str, tags: str,
        comment: str, assignee: str, request: gr.Request,
    ) -> tuple[Any, ...]:  # fmt: skip
        """Keep that the answer is right; what was begun in the form is left there, and said not to be kept."""
        try:
            self._add(trace_id, self._name(reviewer, request), ("right", *NO_FIELDS[1:]))
        except LecternError as exc:
            return told_html(exc, self._parts.sees_setup(request)), *[gr.skip()] * 9
        record = self._reader.get(trace_id)
        of, starts, *fields = form_of(record)
        disputed, told = disputed_correction(record["reviews"]), "Kept."
        if disputed is not None:
            told += DISPUTED.format(html.escape(disputed["reviewer"]))
        if is_touched((verdict, answer, sources, tags, comment, assignee), begun):
            told, fields = told + LEFT, [gr.skip()] * len(fields)
        return f"<p role='status'>{told}</p>", self._detail(record, request), of, starts, *fields

    def _add(self, trace_id: str, reviewer: str, fields: Fields) -> None:
        """Keep a review.

        Raises:
            LecternError: when nobody's name is given, nothing is said, or a source or a tag cannot be right.
        """
        verdict, answer, sources, tags, comment, assignee = (field.strip() if field else "" for field in fields)
        if not reviewer:
            raise InvalidInput("Nobody's name is given.", hint="Write your name: a review is somebody's.")
        named = [line.strip() for line in sources.splitlines() if line.strip()]
        paths = known_sources((d.path for d in self._parts.library.ledger.documents()), named)
        if not any((verdict, answer, paths, tags, comment, assignee)):
            raise InvalidInput("There is nothing to keep.", hint="Give a verdict, a correction or a comment.")
        right = names_of(tags) if tags else None
        if right is not None:
            check_in_abstract(right, self._reader.get(trace_id)["question"])
        review = Review(
            trace_id, reviewer, time.time(), verdict or None, answer or None, paths or None, right, comment,
            assignee or None,
        )  # fmt: skip
        self._store.add_review(review)

    def _name(self, given: str, request: gr.Request) -> str:
        """Give who reviews: with accounts whoever has signed in, for nobody reviews in another's name."""
        person = self._parts.person(request)
        return person.name if person is not None and person.name else given.strip()

    def to_dataset(self, trace_id: str, request: gr.Request) -> str:
        """Make a row of a dataset of the turn, as it should have been."""
        try:
            added = add_reviewed(self._parts.library, trace_id)
        except LecternError as exc:
            return told_html(exc, self._parts.sees_setup(request))
        return added_html(added, self._parts.sees_setup(request))

    async def unanswered(self, request: gr.Request) -> str:
        """Group the refused questions by meaning; it takes a place, for all of them are embedded."""
        try:
            async with self._parts.library.gate.place(self._parts.user(request), turn=False):
                return groups_html(*await asyncio.to_thread(self._groups))
        except LecternError as exc:
            return told_html(exc, self._parts.sees_setup(request))

    async def covered(self, request: gr.Request) -> str:
        """Try the commonest refused questions again on the library as it is now."""
        try:
            gate, user, found = self._parts.library.gate, self._parts.user(request), []
            async with gate.place(user):
                for group in (await asyncio.to_thread(self._groups))[0][:MOST_TRIED]:
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

    def _groups(self) -> tuple[list[Group], list[str], int]:
        """Group what was refused; give the turns of the questions too, and how many were found rightly refused."""
        rows = self._reader.find(Filter(status="refused", kinds=QUESTIONS, rows=False), MOST_REFUSED)
        said = self._reader.last_reviews([row["id"] for row in rows])
        lacking = [row for row in rows if not refuses_rightly(said.get(row["id"], {}))]
        groups = grouped([row["question"] for row in lacking], self._parts.library.embedder)
        return groups, [row["id"] for row in lacking], len(rows) - len(lacking)


def _links(settings: Any, trace_id: str) -> dict[str, str]:
    """Give the addresses under which the sinks show a turn."""
    if not settings.comet_api_key:
        return {}
    base = (settings.comet_url or "https://www.comet.com").rstrip("/").removesuffix("/clientlib")
    return {"comet": f"{base}/api/experiment/redirect?experimentKey={trace_id}"}


def build_review(parts: Parts) -> None:
    """Lay the review desk out and connect it."""
    _connect(review_layout(parts), ReviewHandlers(parts), ReviewList(parts))
    build_evaluation(parts, {"api_visibility": "private", "concurrency_limit": None, "show_progress": "hidden"})


def _connect(page: ReviewPage, does: ReviewHandlers, lists: ReviewList) -> None:
    how: dict[str, Any] = {"api_visibility": "private", "concurrency_limit": None, "show_progress": "hidden"}
    boxes = [page.by, page.order, page.show, page.text, page.rows, page.talk, page.page]
    listing = (lists.listed, [*boxes, page.view], [page.list, page.count, page.page, page.talk, page.view])
    entered = page.root.load(does.load, None, [page.turn, page.reviewer, page.reader], **how)
    entered.then(None, [page.reviewer, page.reader], page.reviewer, js="lectern.reviewer", **how)
    loaded = page.root.load(lists.load, None, [*boxes, page.view], **how)
    loaded.then(None, None, page.again, js="lectern.now", **how)
    # One event for all of them: of several, an earlier list could come behind a later one and stay.
    listed = gr.on([box.change for box in (*boxes, page.again)], *listing, trigger_mode="always_last", **how)
    listed.then(None, [page.view], None, js="lectern.listed", **how)
    form = [page.verdict, page.answer, page.sources, page.tags, page.comment, page.assignee]
    whole = [page.of, page.begun, *form]
    shown = [page.desk, page.reviewing, page.detail, page.told, page.accepted, *whole]
    opened = page.turn.change(does.shown, [page.turn], shown, **how)
    told, own = [page.told, *form], [page.of, page.reader, page.begun]
    opened.then(None, [*own, *told], told, js="lectern.opened", **how)
    said = [page.told, page.accepted]
    for button, keep, given, beside in (
        (page.keep, does.keep, [page.of, page.reviewer, *form], page.told),
        (page.accept, does.accept, [page.of, page.reviewer, page.begun, *form], page.accepted),
    ):
        button.click(None, None, said, js="lectern.telling", **how)
        kept = button.click(keep, given, [beside, page.detail, *whole], **how)
        kept.success(None, None, page.again, js="lectern.now", **how)
        kept.then(None, [*own, *form], None, js="lectern.kept", **how)
    page.dataset.click(None, None, said, js="lectern.telling", **how)
    page.dataset.click(does.to_dataset, [page.of], page.told, **how)
    page.missing.click(does.unanswered, None, page.groups, **how)
    page.covered.click(does.covered, None, page.now, **how)
    page.agree.click(does.agreement, None, page.agreement, **how)
    page.plots.click(does.plots, None, page.drawn, **how)
