"""What the tag page does with whole files: begin one, follow it, cancel it. Handlers only.

The work is the server's: its page may go and come back, and is shown it again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import gradio as gr

from assistant.tagging import Tagger
from index_store.errors import InvalidInput, LecternError
from ui.job_pages import shown_job, stop_job
from ui.live_tag_files import TaggedFile
from ui.page_errors import told_html
from ui.parts import Parts
from ui.tag_rows import read_rows
from ui.tags_view import file_html


class FileHandlers:
    """What the tag page does with files; it holds nothing of any user."""

    def __init__(self, parts: Parts, chosen: Callable[[str, str, gr.Request], Tagger]) -> None:
        self._parts, self._chosen = parts, chosen

    async def tag_file(
        self, file: Mapping[str, Any] | None, choice: str, model: str, request: gr.Request
    ) -> AsyncIterator[tuple[Any, Any]]:
        """Begin to tag a file, and show it to its end; or say why not.

        No older result stands beside that, for a file that fails must not seem to have another's.
        """
        user, sees = self._parts.user(request), self._parts.sees_setup(request)
        try:
            self._parts.tag_files.check_free(user)
            yield "", ""
            if not file:
                raise InvalidInput("No file was chosen.", hint="Choose a CSV or JSON lines file first.")
            rows = await asyncio.to_thread(lambda: read_rows(Path(file["path"]).read_bytes(), file["orig_name"]))
            tagger = self._chosen(choice, model, request)
            self._parts.tag_files.start(user, TaggedFile(rows=rows, tagger=tagger, user=user, sees_setup=sees))
        except (LecternError, OSError) as exc:
            yield told_html(exc, sees), gr.skip()
            return
        async for shown, _ in self.follow(request):
            yield gr.skip(), shown

    async def follow(self, request: gr.Request) -> AsyncIterator[tuple[str, Any]]:
        """Show the file of whoever looks on, to its end; with what opens its place."""
        async for told in shown_job(self._parts, self._parts.tag_files, request, file_html):
            yield told

    def cancel(self, request: gr.Request) -> None:
        """End one's file that is under way; the rows that are done are given."""
        stop_job(self._parts, self._parts.tag_files, request)


def file_layout(does: FileHandlers, chosen: list[Any], how: dict[str, Any]) -> None:
    """Lay the place for a whole file out and connect it."""
    with gr.Accordion("A whole file", open=False, elem_id="whole-file") as place:
        gr.Markdown(
            "CSV with a column `abstract`, or JSON lines with `id` and `abstract`. The results keep all of a row."
        )
        # Above the field, which is high: a page that comes back shows it without scrolling.
        told = gr.HTML("", padding=False, elem_id="progress")
        file = gr.File(label="File", file_types=[".csv", ".tsv", ".jsonl"], elem_id="file")
        with gr.Row():
            start = gr.Button("Tag the file", variant="primary", elem_id="tag-file")
            cancel = gr.Button("Cancel", elem_id="cancel-file")
        refused = gr.HTML("", padding=False, elem_id="file-problem")
    start.click(does.tag_file, [file, *chosen], [refused, told], preprocess=False, show_progress="hidden", **how)
    cancel.click(does.cancel, None, None, show_progress="hidden", **how)
    root: Any = gr.context.Context.root_block  # as in `masthead`
    root.load(does.follow, None, [told, place], show_progress="hidden", **how)
