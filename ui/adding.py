"""What the library page does to add: begin an ingest, follow it, cancel it, read a document again. Handlers only.

An ingest is the server's: its page may go and come back, and is shown it again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import gradio as gr

from assistant.accounts.people import Action
from index_store.errors import InvalidInput, LecternError
from ui.access import needs
from ui.followed import changes_of
from ui.ingest_view import receipts_of, told_of
from ui.ingesting import web_address
from ui.job_pages import own_job
from ui.live_ingests import LiveIngest
from ui.page_errors import told_html
from ui.parts import Parts

TELL_EVERY_S = 0.15
Upload = Mapping[str, Any]
"""A file as Gradio hands it over unread: where it put it, which it has checked, and its name."""


class AddHandlers:
    """What adding does; it holds nothing of any user."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @needs(Action.LIBRARY_CHANGE)
    async def add(
        self,
        files: list[Upload] | None,
        folder: list[Upload] | None,
        address: str | None,
        keep_both: bool | None,
        request: gr.Request,
    ) -> tuple[str, Any, Any, Any, Any, Any]:
        """Begin to ingest uploads, a web address or an arXiv id; what was chosen stays where that is refused."""
        try:
            uploads = [_named(upload) for upload in (*(files or ()), *(folder or ()))]
            addresses = [web_address(address)] if address and address.strip() else []
            most = self._parts.server.limits.upload_files
            if len(uploads) > most:
                raise InvalidInput(f"{len(uploads):,} files are too many at once.", hint=f"Send {most:,} at most.")
            if not uploads and not addresses:
                raise InvalidInput("Nothing was chosen.", hint="Choose files, a folder, or write an address.")
            new = LiveIngest(uploads=uploads, arguments=addresses, names=list(addresses), keep_both=keep_both is True)
            self._parts.ingests.start(self._parts.user(request), new)
        except LecternError as exc:
            job = self._parts.ingests.of(self._parts.user(request))
            old = gr.skip() if job is not None and not job.over else ""  # the end of the last one is not of this
            return told_html(exc, self._parts.sees_setup(request)), gr.skip(), gr.skip(), gr.skip(), old, old
        return "", None, None, "", gr.skip(), gr.skip()

    @needs(Action.LIBRARY_CHANGE)
    async def again(self, document: str, request: gr.Request) -> str:
        """Begin to read a document anew, as after a failure; what follows its id says only when it was asked for."""
        try:
            if not document:
                raise InvalidInput("No document was chosen.", hint="Choose one from the list.")
            person = await asyncio.to_thread(self._parts.person, request)
            known = await asyncio.to_thread(self._parts.document, document.partition(" ")[0], person)
            job = LiveIngest(arguments=[known.argument], names=[known.path], known=True)
            self._parts.ingests.start(self._parts.user(request), job)
        except LecternError as exc:
            return told_html(exc, self._parts.sees_setup(request))
        return ""

    async def follow(self, request: gr.Request) -> AsyncIterator[tuple[Any, Any, Any]]:
        """Show the ingest of whoever looks on, to its end, with what became of each file; at its end, a sign of it."""
        job = own_job(self._parts, self._parts.ingests, request)
        if job is None:
            return
        sees = self._parts.sees_setup(request)
        async for known in changes_of(job, lambda: TELL_EVERY_S):
            yield told_of(known, sees), receipts_of(known), job.id if known.over else gr.skip()

    @needs(Action.LIBRARY_CHANGE)
    async def cancel(self, request: gr.Request) -> str:
        """End one's ingest that is under way; what was finished stays. Say so where there is none."""
        job = self._parts.ingests.of(self._parts.user(request))
        if job is None or job.over:
            return "<p role='status'>Nothing of yours is being added now.</p>"
        job.stop()
        return ""


def _named(upload: Upload) -> tuple[Path, str]:
    """Give an upload's file, and the name it was given: of a folder's files with the way to them."""
    return Path(upload["path"]), upload.get("orig_name") or Path(upload["path"]).name
