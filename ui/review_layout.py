"""How the review desk is laid out: which components there are. What they do is in `review_page`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from ui.masthead import masthead
from ui.parts import Parts
from ui.review_list import CONVERSATIONS, FILTERS, ORDERS, TURNS

VERDICTS = [("right", "right"), ("partly right", "partly"), ("wrong", "wrong"), ("should have been refused", "refuse")]


@dataclass(frozen=True)
class ReviewPage:
    """The components of the review desk."""

    root: Any
    by: Any
    order: Any
    show: Any
    text: Any
    page: Any
    rows: Any
    talk: Any
    view: Any
    again: Any
    list: Any
    count: Any
    turn: Any
    of: Any
    begun: Any
    reader: Any
    detail: Any
    desk: Any
    reviewing: Any
    reviewer: Any
    verdict: Any
    answer: Any
    sources: Any
    tags: Any
    comment: Any
    assignee: Any
    keep: Any
    accept: Any
    accepted: Any
    dataset: Any
    told: Any
    missing: Any
    groups: Any
    covered: Any
    now: Any
    agree: Any
    agreement: Any
    plots: Any
    drawn: Any


def review_layout(parts: Parts) -> ReviewPage:
    """Lay the page out within Gradio's Blocks."""
    root = gr.context.Context.root_block
    masthead(parts, "Review")
    return ReviewPage(root=root, **_listing(), **_one(), **_insights())


def _listing() -> dict[str, Any]:
    with gr.Row():
        by = gr.Radio([TURNS, CONVERSATIONS], value=TURNS, label="List", elem_id="by", scale=1, min_width=200)
        order = gr.Radio(list(ORDERS), value=next(iter(ORDERS)), label="Order", elem_id="order", scale=4)
    with gr.Row():
        show = gr.Dropdown(list(FILTERS), value="All", label="Show", elem_id="show", scale=1)
        text = gr.Textbox(label="Find in questions and answers", elem_id="text", scale=2)
        page = gr.Number(1, label="Page", precision=0, elem_id="page", scale=1)
    rows = gr.Checkbox(False, label="Rows of files and evaluations too", elem_id="rows", container=False)
    talk = gr.Textbox(label="Conversation", elem_id="talk", elem_classes="lectern-hidden")
    view = gr.Textbox(visible="hidden", label="What is listed")
    again = gr.Textbox(visible="hidden", label="When it was asked for anew")
    count = gr.HTML("", padding=False, elem_id="count")
    listed = gr.HTML("", padding=False, elem_id="turns")
    return {"by": by, "order": order, "show": show, "text": text, "page": page, "rows": rows, "talk": talk,
            "view": view, "again": again, "count": count, "list": listed}  # fmt: skip


def _one() -> dict[str, Any]:
    turn = gr.Textbox(label="Turn", elem_id="turn", elem_classes="lectern-hidden")
    of = gr.Textbox(visible="hidden", label="Whose form it is")
    begun = gr.Textbox(visible="hidden", label="What the form began with")
    reader = gr.Textbox(visible="hidden", label="Who reads")
    with gr.Row(visible=False, elem_id="desk") as desk:
        with gr.Column(scale=7, min_width=320):
            detail = gr.HTML("", padding=False, elem_id="detail")
        with gr.Column(scale=4, min_width=300, elem_id="reviewing") as reviewing:
            gr.HTML("<h2 class='lectern-title'>Review</h2>", padding=False)
            reviewer = gr.Textbox(label="Your name", elem_id="reviewer", max_length=120, interactive=True)
            accept = gr.Button("It is right", variant="primary", elem_id="accept")
            accepted = gr.HTML("", padding=False, elem_id="accept-told")
            verdict = gr.Radio(VERDICTS, label="Or: what the answer was", elem_id="verdict")
            answer = gr.Textbox(label="The right answer", lines=3, elem_id="right-answer")
            sources = gr.Textbox(
                label="The right sources: tick them where found, or write paths",
                lines=2,
                elem_id="right-sources",
            )
            tags = gr.Textbox(label="The right tags, commas between them", elem_id="right-tags")
            comment = gr.Textbox(label="Comment", elem_id="review-comment", max_length=4000)
            assignee = gr.Textbox(label="For whom it is", elem_id="assignee", max_length=120)
            with gr.Row():
                keep = gr.Button("Keep the review", elem_id="keep-review")
                dataset = gr.Button("Make a test row of it", elem_id="to-dataset")
            told = gr.HTML("", padding=False, elem_id="review-told")
    return {"turn": turn, "of": of, "begun": begun, "reader": reader, "desk": desk, "reviewing": reviewing,
            "detail": detail, "reviewer": reviewer,
            "accept": accept, "accepted": accepted, "verdict": verdict, "answer": answer, "sources": sources,
            "tags": tags, "comment": comment, "assignee": assignee, "keep": keep, "dataset": dataset,
            "told": told}  # fmt: skip


def _insights() -> dict[str, Any]:
    with gr.Accordion("What the course could not answer", open=False, elem_id="missing-box"):
        with gr.Row():
            missing = gr.Button("Group the refused questions", size="sm", elem_id="group")
            covered = gr.Button("Covered now?", size="sm", elem_id="covered")
        groups = gr.HTML("", padding=False, elem_id="groups")
        now = gr.HTML("", padding=False, elem_id="now")
    with gr.Accordion("How far reviewers agree", open=False, elem_id="agree-box"):
        agree = gr.Button("Compare the reviewers", size="sm", elem_id="agree")
        agreement = gr.HTML("", padding=False, elem_id="agreement")
    with gr.Accordion("Over time", open=False, elem_id="time-box"):
        plots = gr.Button("Draw the last 30 days", size="sm", elem_id="draw")
        drawn = gr.HTML("", padding=False, elem_id="plots")
    return {"missing": missing, "groups": groups, "covered": covered, "now": now, "agree": agree,
            "agreement": agreement, "plots": plots, "drawn": drawn}  # fmt: skip
