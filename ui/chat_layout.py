"""How the chat page is laid out: which components there are. What they do is in `chat`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr

from assistant.ways import Way
from ui.masthead import masthead
from ui.parts import Parts
from ui.turn_view import NO_SOURCES

WAYS: Mapping[str, Way] = {"Automatic": "auto", "Course only": "course", "With tools": "agent"}
LATEX: list[dict[str, str | bool]] = [
    {"left": "$$", "right": "$$", "display": True},
    {"left": "\\[", "right": "\\]", "display": True},
    {"left": "\\(", "right": "\\)", "display": False},
]
"""Not the single dollar: it stands for money too. A formula between two of them is written otherwise (`formulas`)."""
FOLD = "<button type='button' aria-expanded='false'>Conversations</button>"
# What handlers change.
CONTENTS = ("chatbot", "box", "sources", "conversation", "list", "links", "title", "own", "notes", "comments",
            "comment", "voted", "ended", "resumed")  # fmt: skip


@dataclass(frozen=True)
class Chat:
    """The components of the chat page."""

    page: Any
    chatbot: Any
    box: Any
    way: Any
    sources: Any
    conversation: Any
    find: Any
    list: Any
    links: Any
    title: Any
    delete: Any
    own: Any
    notes: Any
    comments: Any
    comment: Any
    voted: Any
    wanted: Any
    ended: Any
    resumed: Any
    older: Any


def chat_layout(parts: Parts) -> Chat:
    """Lay the page out within Gradio's Blocks."""
    page = gr.context.Context.root_block
    masthead(parts)
    notes = gr.HTML("", padding=False, visible=False, elem_id="notes")
    conversation = gr.Textbox(visible="hidden", elem_id="conversation", label="Conversation", container=False)
    wanted = gr.Textbox(elem_id="wanted", elem_classes="lectern-hidden", label="Wanted source", container=False)
    ended = gr.Textbox(elem_id="ended", visible="hidden", label="Ended turn", container=False)
    resumed = gr.Textbox(visible="hidden", elem_id="resumed", label="Conversation to follow", container=False)
    older = gr.Textbox(elem_id="older", elem_classes="lectern-hidden", label="How many to list", container=False)
    voted = gr.Textbox(visible="hidden", elem_id="voted", label="Voted on", container=False)
    with gr.Row(elem_id="columns"):
        with gr.Column(scale=2, min_width=200, elem_id="past"):
            gr.HTML("<h2 class='lectern-title'>Conversations</h2>", padding=False)
            gr.HTML(FOLD, elem_id="past-fold", padding=False)  # on a phone alone
            find = gr.Textbox(label="Find in conversations", placeholder="Find", elem_id="find", container=False)
            listed = gr.HTML("", elem_id="conversations", padding=False)
        with gr.Column(scale=6, min_width=320, elem_id="talk"):
            chatbot = gr.Chatbot(
                label="Conversation",
                show_label=False,
                height="max(280px, calc(100dvh - 250px))",
                buttons=["copy"],
                elem_id="chat",
                placeholder="### Ask about the course\nEach answer shows the passages it stands on.",
                feedback_options=("Like", "Dislike", "Wrong source"),
                latex_delimiters=LATEX,
                editable="user",
                allow_tags=False,
            )
            box = gr.Textbox(
                label="Your question",
                placeholder="Ask, or paste an abstract",
                elem_id="question",
                submit_btn="Ask",
                autofocus=True,
                max_length=20_000,
                max_lines=8,
            )
            with gr.Column(visible=False, elem_id="comments") as comments:
                comment = gr.Textbox(
                    label="What was wrong? (optional)", elem_id="comment", submit_btn="Send", max_length=2_000
                )
            way = gr.Radio(list(WAYS), value="Automatic", label="Where to look", elem_id="way", container=False)
            gr.HTML("<a href='./'>New conversation</a>", elem_id="anew", padding=False)
            with gr.Accordion("This conversation", open=False, visible=False, elem_id="own") as own:
                title = gr.Textbox(label="Title (Enter to rename)", elem_id="title", max_length=120)
                links = gr.HTML("", elem_id="links", padding=False)
                delete = gr.Button("Delete this conversation", variant="stop", size="sm", elem_id="delete")
        with gr.Column(scale=4, min_width=280, elem_id="beside"):
            gr.HTML("<h2 class='lectern-title' id='sources-title' tabindex='-1'>Sources</h2>", padding=False)
            sources = gr.HTML(NO_SOURCES, elem_id="sources", padding=False)
    return Chat(
        page, chatbot, box, way, sources, conversation, find, listed, links, title, delete, own, notes, comments,
        comment, voted, wanted, ended, resumed, older,
    )  # fmt: skip
