"""How the library page is laid out: which components there are. What they do is in `library_page`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from ui.masthead import LIBRARY, Refresh, masthead
from ui.parts import Parts


@dataclass(frozen=True)
class LibraryPage:
    """The components of the library page."""

    root: Any
    head: Refresh
    files: Any
    folder: Any
    address: Any
    keep_both: Any
    add: Any
    cancel: Any
    refused: Any
    told: Any
    receipts: Any
    retry: Any
    ended: Any
    question: Any
    hits: Any
    clear: Any
    find: Any
    page: Any
    list_again: Any
    adding: Any
    documents: Any
    remove_unread: Any
    look: Any
    one: Any
    chosen: Any
    chunk_page: Any
    chunks: Any
    again: Any
    remove: Any
    several_fold: Any
    several: Any
    remove_several: Any
    certificate: Any
    show_map: Any
    map: Any


def library_layout(parts: Parts) -> LibraryPage:
    """Lay the page out within Gradio's Blocks."""
    root = gr.context.Context.root_block
    head = masthead(parts, LIBRARY)
    with gr.Row():
        with gr.Column(scale=5, min_width=320) as column:
            adding = _adding()
        with gr.Column(scale=7, min_width=320):
            looking = _looking()
    return LibraryPage(root=root, head=head, adding=column, **adding, **looking)


def _adding() -> dict[str, Any]:
    gr.HTML("<h2 class='lectern-title'>Add material</h2>", padding=False)
    with gr.Accordion("Files, a folder, an address", open=True, elem_id="adding"):  # the page folds it on a phone
        files = gr.File(label="Files", file_count="multiple", elem_id="files", height=150)
        with gr.Accordion("A whole folder", open=False):
            folder = gr.File(label="Folder", file_count="directory", elem_id="folder", height=150)
        address = gr.Textbox(
            label="Web address or arXiv id", placeholder="https://… or 2210.03629", elem_id="address",
            max_length=2000,
        )  # fmt: skip
        keep_both = gr.Checkbox(
            False, label="Keep both: a file of the same name as one before does not take its place", elem_id="keep-both"
        )  # fmt: skip
        with gr.Row():
            add = gr.Button("Add to the library", variant="primary", elem_id="add")
            cancel = gr.Button("Cancel", elem_id="cancel")
    retry = gr.Textbox(label="Try again", elem_id="retry", elem_classes="lectern-hidden", container=False)
    ended = gr.Textbox(label="Over", elem_id="ended", elem_classes="lectern-hidden", container=False)
    refused = gr.HTML("", padding=False, elem_id="refused")
    told = gr.HTML("", padding=False, elem_id="told")
    receipts = gr.HTML("", padding=False, elem_id="receipts")
    return {"files": files, "folder": folder, "address": address, "keep_both": keep_both, "add": add, "cancel": cancel,
            "refused": refused, "told": told, "receipts": receipts, "retry": retry, "ended": ended}  # fmt: skip


def _looking() -> dict[str, Any]:
    gr.HTML("<h2 class='lectern-title'>What is in it</h2>", padding=False)
    question = gr.Textbox(
        label="Try a search", placeholder="See what retrieval finds, and why", elem_id="try", submit_btn="Search"
    )
    hits = gr.HTML("", padding=False, elem_id="hits")
    clear = gr.Button("Clear the search", size="sm", visible=False, elem_id="clear-search")
    with gr.Row():
        find = gr.Textbox(label="Find a document", elem_id="find-document", scale=3)
        page = gr.Number(1, label="Page", minimum=1, precision=0, elem_id="page", scale=1)
    list_again = gr.Textbox(visible="hidden", label="When the list was asked for anew")
    documents = gr.HTML("", padding=False, elem_id="documents")
    remove_unread = gr.Button("", variant="stop", size="sm", visible=False, elem_id="remove-unread")
    look = gr.Textbox(label="Look into", elem_id="look", elem_classes="lectern-hidden", container=False)
    with gr.Accordion("Look into a document, read it again, or remove it", open=False, elem_id="one") as one:
        with gr.Row():
            chosen = gr.Dropdown([], label="Document", elem_id="chosen", scale=3)
            chunk_page = gr.Number(1, label="Page of chunks", minimum=1, precision=0, elem_id="chunk-page", scale=1)
        with gr.Row():
            again = gr.Button("Read it again", size="sm", elem_id="again")
            remove = gr.Button("Remove it", variant="stop", size="sm", elem_id="remove")
        chunks = gr.HTML("", padding=False, elem_id="chunks")
    with gr.Accordion("Remove several documents", open=False, elem_id="several-fold") as several_fold:
        several = gr.Dropdown([], multiselect=True, label="Documents to remove", elem_id="several")
        remove_several = gr.Button("Remove them", variant="stop", size="sm", elem_id="remove-several")
    certificate = gr.HTML("", padding=False, elem_id="certificate")
    with gr.Accordion("The map of the course", open=False, elem_id="the-map"):
        show_map = gr.Button("Draw the map", size="sm", elem_id="draw")
        course = gr.HTML("", padding=False, elem_id="map")
    return {"question": question, "hits": hits, "clear": clear, "look": look, "one": one,
            "find": find, "page": page, "list_again": list_again, "documents": documents,
            "remove_unread": remove_unread, "chosen": chosen,
            "chunk_page": chunk_page, "chunks": chunks, "again": again, "remove": remove, "certificate": certificate,
            "several_fold": several_fold, "several": several, "remove_several": remove_several,
            "show_map": show_map, "map": course}  # fmt: skip
