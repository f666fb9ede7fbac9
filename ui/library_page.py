"""The library page: add material, see what became of it, look into it, search it, remove it. Handlers only."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import gradio as gr

from assistant.tracing.coverage import cited_counts
from index_store.errors import InvalidInput, LecternError
from ingest.ledger import Known
from ingest.receipts import Finished, Progress, Receipt, Scanned
from ui import removal, wiring
from ui.ingesting import ingested, keep_uploads
from ui.jobs import Jobs
from ui.library_layout import LibraryPage, library_layout
from ui.library_view import (
    certificate_html,
    chunks_html,
    documents_html,
    ended_html,
    hits_html,
    map_html,
    progress_html,
    receipts_html,
)
from ui.page_errors import shown_error
from ui.parts import Parts

A_PAGE = 25
FOUND = 10
TELL_EVERY_S = 0.15


class LibraryHandlers:
    """What the library page does; it holds nothing of any user."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._jobs = Jobs()

    async def add(
        self, files: list[str] | None, folder: list[str] | None, address: str, request: gr.Request
    ) -> AsyncIterator[tuple[str, str]]:
        """Ingest uploads, a web address or an arXiv id, telling how far it is and what became of each file."""
        home = self._parts.library.environment.home
        try:
            with self._jobs.running(self._parts.user(request)) as cancelled:
                arguments = [address.strip()] if address.strip() else []
                if uploads := [(Path(f), _given_name(f)) for f in (*(files or ()), *(folder or ()))]:
                    arguments.append(str(await asyncio.to_thread(keep_uploads, home, uploads)))
                if not arguments:
                    raise InvalidInput("Nothing was chosen.", hint="Choose files, a folder, or write an address.")
                async for shown in self._ingest(arguments, cancelled):
                    yield shown
        except LecternError as exc:
            raise shown_error(exc) from exc

    async def again(self, document: str, request: gr.Request) -> AsyncIterator[tuple[str, str]]:
        """Read a document anew, as after a failure."""
        try:
            known = self._known(document)
            fetched = known.source.startswith(("http://", "https://", "arxiv:"))
            argument = known.source if fetched else str(Path(known.source) / known.path)
            with self._jobs.running(self._parts.user(request)) as cancelled:
                async for shown in self._ingest([argument], cancelled):
                    yield shown
        except LecternError as exc:
            raise shown_error(exc) from exc

    def cancel(self, request: gr.Request) -> None:
        """End the ingest that is under way; what was finished stays."""
        self._jobs.cancel(self._parts.user(request))

    async def _ingest(self, arguments: list[str], cancelled: Any) -> AsyncIterator[tuple[str, str]]:
        scanned: Scanned | None = None
        step: Progress | None = None
        finished: Finished | None = None
        receipts: list[Receipt] = []
        began, told = time.monotonic(), 0.0
        yield progress_html(None, None, 0.0), ""
        async with aclosing(ingested(self._parts.library.environment, arguments, cancelled)) as events:
            async for event in events:
                match event:
                    case Scanned():
                        scanned = event
                    case Progress():
                        step = event
                    case Receipt():
                        receipts.append(event)
                    case Finished():
                        finished = event
                if time.monotonic() - told >= TELL_EVERY_S:
                    told = time.monotonic()
                    yield progress_html(scanned, step, told - began), receipts_html(receipts)
        yield ended_html(finished, cancelled=finished is None), receipts_html(receipts)

    def documents(self, text: str, page: float) -> tuple[str, Any, Any]:
        """List a page of the documents; give the choice of them too."""
        every = sorted(self._parts.library.ledger.documents(), key=lambda d: (d.source, d.path))
        wanted = text.casefold().strip()
        found = [d for d in every if wanted in f"{d.title}\n{d.path}\n{d.source}".casefold()]
        pages = max(1, -(-len(found) // A_PAGE))
        at = (min(max(1, int(page or 1)), pages) - 1) * A_PAGE
        shown = documents_html(found[at : at + A_PAGE], self._cited(), at, len(found))
        choices = [(f"{d.title or d.path} ({d.path})", d.id) for d in found]
        return shown, gr.update(choices=choices), gr.update(maximum=pages, label=f"Page (of {pages})")

    def course_map(self) -> str:
        """Show the course at a glance."""
        return map_html(self._parts.library.ledger.documents(), self._cited())

    def look_into(self, document: str | None, page: float) -> str:
        """Show a page of a document's chunks."""
        if not document:
            return ""
        chunks = self._parts.library.ledger.chunks(self._known(document).id)
        at = (max(1, int(page or 1)) - 1) * A_PAGE
        return chunks_html(chunks[at : at + A_PAGE], at, len(chunks))

    async def search(self, question: str) -> str:
        """Show what retrieval finds, and why."""
        if not question.strip():
            return ""
        try:
            return hits_html(await asyncio.to_thread(self._parts.library.searcher.search, question, FOUND))
        except LecternError as exc:
            raise shown_error(exc) from exc

    async def remove(self, document: str | None) -> tuple[str, Any]:
        """Remove a document, with the proof of it."""
        try:
            known = self._known(document or "")
            went = await asyncio.to_thread(self._remove, known)
        except LecternError as exc:
            raise shown_error(exc) from exc
        return certificate_html(went, known.title or known.path), gr.update(value=None)

    def _remove(self, document: Known) -> removal.Certificate:
        with wiring.open_library(self._parts.library.environment, write=True) as library:
            return removal.remove(library, [document])

    def _known(self, document: str) -> Known:
        found = next((d for d in self._parts.library.ledger.documents() if d.id == document), None)
        if found is None:
            raise InvalidInput("No document was chosen.", hint="Choose one from the list.")
        return found

    def _cited(self) -> dict[str, int]:
        return cited_counts(self._parts.library.traces.engine)


def _given_name(file: str) -> str:
    """Give the name under which a file was uploaded: what follows the folder that Gradio made for it."""
    path = Path(file)
    return path.name


def build_library(parts: Parts) -> None:
    """Lay the library page out and connect it."""
    page = library_layout(parts)
    _connect(page, LibraryHandlers(parts))


def _connect(page: LibraryPage, does: LibraryHandlers) -> None:
    how: dict[str, Any] = {"api_visibility": "private", "concurrency_limit": None, "show_progress": "hidden"}
    listing = (does.documents, [page.find, page.page], [page.documents, page.chosen, page.page])
    told = [page.told, page.receipts]
    adding = page.add.click(does.add, [page.files, page.folder, page.address], told, **how)
    adding.then(*listing, **how)
    page.cancel.click(does.cancel, None, None, **how)
    page.root.load(*listing, **how)
    page.find.change(*listing, trigger_mode="always_last", **how)
    page.page.change(*listing, trigger_mode="always_last", **how)
    page.chosen.change(does.look_into, [page.chosen, page.chunk_page], page.chunks, **how)
    page.chunk_page.change(does.look_into, [page.chosen, page.chunk_page], page.chunks, **how)
    page.again.click(does.again, [page.chosen], told, **how).then(*listing, **how)
    page.remove.click(
        does.remove, [page.chosen], [page.certificate, page.chosen], js="lectern.sureToRemove", **how
    ).then(*listing, **how)
    page.question.submit(does.search, [page.question], page.hits, **how)
    page.show_map.click(does.course_map, None, page.map, **how)
