"""What the review desk does with its test rows: measures them, shows how far that is, cancels it. Handlers only."""

from __future__ import annotations

import asyncio
import html
from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from assistant.evaluation.datasets import Row
from assistant.evaluation.runs import Result
from index_store.errors import LecternError
from ui.job_pages import shown_job, stop_job
from ui.library_view import table
from ui.live_evaluations import Evaluation, reviewed_data
from ui.one_line import one_line
from ui.page_errors import told_html
from ui.parts import Parts
from ui.progress_view import bar_html, left, rate, rows_over_html
from ui.reviewed_rows import asked_in
from ui.run_commands import is_wrong

SHOWN_ANSWER = 400


class EvaluationHandlers:
    """What the review desk does with test rows; it holds nothing of any user."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def run(self, request: gr.Request) -> AsyncIterator[str]:
        """Begin to measure all test rows, and show it to its end; or say why not."""
        user, sees = self._parts.user(request), self._parts.sees_setup(request)
        try:
            data = await asyncio.to_thread(reviewed_data, self._parts.library.environment.home)
            self._parts.evaluations.start(user, Evaluation(data=data, user=user, sees_setup=sees))
        except LecternError as exc:
            yield told_html(exc, sees)
            return
        async for shown, _ in self.follow(request):
            yield shown

    async def follow(self, request: gr.Request) -> AsyncIterator[tuple[str, Any]]:
        """Show the run of whoever looks on, to its end; with what opens its place."""
        async for told in shown_job(self._parts, self._parts.evaluations, request, evaluation_html):
            yield told

    def cancel(self, request: gr.Request) -> None:
        """End one's run that is under way; what is measured stays shown."""
        stop_job(self._parts, self._parts.evaluations, request)


def evaluation_html(job: Evaluation) -> str:
    """Give how far a run is, and at its end which rows are as asked."""
    problem = "" if job.problem is None else told_html(job.problem, job.sees_setup)
    done, wrong = len(job.done), sum(is_wrong(result) for _, result in job.done)
    rows = "row" if job.count == 1 else "rows"
    said = f"{done:,} of {job.count:,} {rows}, {done - wrong:,} as asked, {wrong:,} not"
    share = done / max(job.count, 1)
    if job.over:
        return rows_over_html(problem, done, job.count, said, results_html(job.done))
    return bar_html(share, "Rows done", said, rate(done, job.seconds, "rows"), left(share, job.seconds))


def results_html(done: list[tuple[Row, Result]]) -> str:
    """Give the rows that are not as asked first; each leads to its new turn."""
    ranked = sorted(done, key=lambda found: not is_wrong(found[1]))
    return table("Test rows", ("Row", "Now", "What is asked", "What was given"), [_cells(*found) for found in ranked])


def _cells(row: Row, result: Result) -> list[str]:
    wrong = is_wrong(result)
    now = f"<span class='lectern-{'failed' if wrong else 'done'}'>{'not as asked' if wrong else 'as asked'}</span>"
    got = result.got.get("answer", "") if isinstance(result.got, dict) else ", ".join(result.got or ())
    asked = html.escape(one_line(row.asked, SHOWN_ANSWER))
    turn = html.escape(result.trace_id or "")
    opener = f"<button type='button' class='lectern-open' data-turn='{turn}'>{asked}</button>" if turn else asked
    return [opener, now, html.escape(_asked(row)), html.escape(one_line(result.error or str(got), SHOWN_ANSWER))]


def _asked(row: Row) -> str:
    if row.tags:
        return asked_in({"tags": row.tags})
    if row.is_unanswerable:
        return asked_in({"refuse": True})
    return asked_in({"gold": row.gold, "keywords": row.keywords, **row.words_asked})


def build_evaluation(parts: Parts, how: dict[str, Any]) -> None:
    """Lay the place for the test rows out and connect it."""
    does = EvaluationHandlers(parts)
    with gr.Accordion("Test rows of reviewed turns", open=False, elem_id="rows-box") as place:
        with gr.Row():
            start = gr.Button("Run the test rows", size="sm", elem_id="run-rows")
            cancel = gr.Button("Cancel", size="sm", elem_id="cancel-rows")
        told = gr.HTML("", padding=False, elem_id="rows-told")
    start.click(does.run, None, told, **how)
    cancel.click(does.cancel, None, None, **how)
    root: Any = gr.context.Context.root_block  # as in `masthead`
    root.load(does.follow, None, [told, place], **how)
