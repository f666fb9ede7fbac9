"""The library page: add material, see what became of it, look into it, search it, remove it. Handlers only."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr

from assistant.accounts.people import Action
from index_store.errors import InvalidInput, LecternError
from ingest.ledger import Known
from ui import removal, wiring
from ui.access import needs
from ui.adding import AddHandlers
from ui.certificate_view import certificate_html
from ui.cited_counts import CitedCounts
from ui.library_commands import counted
from ui.library_layout import LibraryPage, library_layout
from ui.library_view import (
    choices_of,
    chunks_html,
    documents_html,
    hits_html,
    map_html,
    name_html,
)
from ui.page_errors import told_html
from ui.parts import Parts
from ui.unread import only_anew, remove_unread, unread

A_PAGE = 25
FOUND = 10
HIDDEN = "<p>It belongs to the solution of an assignment that is open: nobody is shown it until that is over.</p>"


class LibraryHandlers:
    """What the library page does; it holds nothing of any user."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._counts = CitedCounts()

    def documents(self, text: str, page: float | None, request: gr.Request) -> tuple[str, Any, Any]:
        """List a page of the documents that are looked for; the nearest where there is no such page any more."""
        every = self._every(request)
        wanted = text.casefold().strip()
        found = [d for d in every if wanted in _searched(d)]
        pages = max(1, -(-len(found) // A_PAGE))
        number = min(max(1, int(page or 1)), pages)
        shown = documents_html(found, self._cited(every), (number - 1) * A_PAGE, A_PAGE, self._only_anew(found))
        moved: dict[str, Any] = {} if number == page else {"value": number}
        return shown, gr.update(maximum=pages, label=f"Page (of {pages})", **moved), self._unread(every, request)

    def _only_anew(self, documents: Sequence[Known]) -> frozenset[str]:
        library = self._parts.library
        return only_anew(library.environment.home, documents, library.index.manifest.fingerprint)

    def _unread(self, documents: Sequence[Known], request: gr.Request) -> Any:
        """Give the button that removes what could not be read, to whoever may press it."""
        count = len(unread(documents))
        may = self._parts.may(self._parts.person(request), Action.LIBRARY_CHANGE)
        return gr.update(visible=may and count > 0, value=f"Remove what could not be read ({count:,})")

    def choices(self, request: gr.Request) -> tuple[Any, Any]:
        """Give the choices of all documents, whatever the list is narrowed to: a name typed there means that one."""
        every = gr.update(choices=choices_of(self._every(request)))
        return every, every

    def choose(self, wanted: str, request: gr.Request) -> tuple[Any, Any, Any, Any]:
        """Choose the document whose name was pressed, and open what shows it: of a hit, at the chunk that was found."""
        every = self._every(request)
        known = next((d for d in every if d.id == _looked_for(wanted)[0]), None)
        if known is None:  # it was removed meanwhile
            return gr.skip(), gr.skip(), gr.skip(), gr.skip()
        # The document may be chosen already: then nothing changes that would show its chunks anew.
        shown, page = self.look_first(known.id, request, wanted)
        return gr.update(value=known.id, choices=choices_of(every)), gr.update(open=True), shown, page

    def for_whom(self, request: gr.Request) -> tuple[Any, ...]:
        """Show what changes the library to whom it is for."""
        may = self._parts.may(self._parts.person(request), Action.LIBRARY_CHANGE)
        return (gr.update(visible=may),) * 4

    def course_map(self, request: gr.Request) -> str:
        """Show the course at a glance."""
        documents = self._parts.documents(self._parts.person(request))
        return map_html(documents, self._cited(documents))

    def look_first(self, document: str | None, request: gr.Request, wanted: str = "") -> tuple[str, Any]:
        """Show the chunks of a document that was chosen just now: the first, or those around the one `wanted`."""
        page = 1 + (_found_in(document, wanted) or 0) // A_PAGE
        return self.look_into(document, page, request, wanted), gr.update(value=page)

    def look_into(self, document: str | None, page: float, request: gr.Request, wanted: str = "") -> str:
        """Show a page of a document's chunks, the one `wanted` set off."""
        if not document:
            return ""
        known, policy = self._known(document, request), self._parts.library.policy
        if policy is not None and policy.hides(known.path):
            return HIDDEN
        chunks = self._parts.library.ledger.chunks(known.id)
        at = (max(1, int(page or 1)) - 1) * A_PAGE
        return name_html(known) + chunks_html(chunks[at : at + A_PAGE], at, len(chunks), _found_in(document, wanted))

    async def search(self, question: str, request: gr.Request) -> tuple[str, Any]:
        """Show what retrieval finds, and why; it takes a place, so that nobody's searches hold up others."""
        if not question.strip():
            return "", gr.update(visible=False)
        try:
            async with self._parts.library.gate.place(self._parts.user(request), turn=False):
                hits = await asyncio.to_thread(self._parts.library.searcher.search, question, FOUND)
                found = hits_html(hits, question)
        except LecternError as exc:
            found = told_html(exc, self._parts.sees_setup(request))
        return found, gr.update(visible=True)

    @needs(Action.LIBRARY_CHANGE)
    async def remove(self, document: str | None, request: gr.Request) -> tuple[str, Any]:
        """Remove a document, with the proof of it."""
        try:
            known = await asyncio.to_thread(self._known, document or "", request)
            went = await asyncio.to_thread(self._remove, known)
        except LecternError as exc:
            return told_html(exc, self._parts.sees_setup(request)), gr.skip()
        return certificate_html(went, known.title or known.path), gr.update(value=None)

    @needs(Action.LIBRARY_CHANGE)
    async def remove_several(
        self, several: list[str] | None, chosen: str | None, request: gr.Request
    ) -> tuple[str, Any, Any]:
        """Remove those documents that were chosen and are still there, with the proof of each."""
        try:
            ids = frozenset(several) if isinstance(several, list) else frozenset()  # as the page sent it
            wanted = [d for d in await asyncio.to_thread(self._every, request) if d.id in ids]
            if not wanted:
                raise InvalidInput("No document was chosen that is there.", hint="Choose some from the list.")
            went, each = await asyncio.to_thread(self._remove_each, wanted)
        except LecternError as exc:
            return told_html(exc, self._parts.sees_setup(request)), gr.skip(), gr.skip()
        looked_into = gr.update(value=None) if chosen in {d.id for d in wanted} else gr.skip()
        return certificate_html(went, counted(len(wanted), "document"), each), gr.update(value=[]), looked_into

    @needs(Action.LIBRARY_CHANGE)
    async def remove_unread(self, request: gr.Request) -> str:
        """Remove all that could not be read, with the proof of it."""
        try:
            went = await asyncio.to_thread(remove_unread, self._parts.library.environment)
        except LecternError as exc:
            return told_html(exc, self._parts.sees_setup(request))
        return certificate_html(went, "what could not be read")

    def _remove(self, document: Known) -> removal.Certificate:
        return self._remove_each([document])[0]

    def _remove_each(self, documents: Sequence[Known]) -> tuple[removal.Certificate, list[removal.Left]]:
        with wiring.open_library(self._parts.library.environment, write=True) as library:
            return removal.remove_each(library, documents)

    def _known(self, document: str, request: gr.Request) -> Known:
        if not document:
            raise InvalidInput("No document was chosen.", hint="Choose one from the list.")
        return self._parts.document(document, self._parts.person(request))

    def _every(self, request: gr.Request) -> list[Known]:
        return sorted(self._parts.documents(self._parts.person(request)), key=lambda d: (d.source, d.path))

    def _cited(self, documents: Sequence[Known]) -> Mapping[str, int]:
        return self._counts.of(self._parts.library, documents)


def _looked_for(wanted: str) -> tuple[str, int | None]:
    """Give the document whose name was pressed and, where that was a hit, the number of its chunk from 0."""
    document, _, at = wanted.partition(" ")[0].partition(":")
    return document, int(at) if at.isdecimal() and len(at) < 10 else None


def _found_in(document: str | None, wanted: str) -> int | None:
    looked, at = _looked_for(wanted)
    return at if looked == document else None


def _searched(document: Known) -> str:
    """Give what a document is found by: its source too where that is an address, and no folder of the server."""
    return f"{document.title}\n{document.path}\n{document.source if document.is_fetched else ''}".casefold()


def build_library(parts: Parts) -> None:
    """Lay the library page out and connect it."""
    page = library_layout(parts)
    _connect(page, LibraryHandlers(parts), AddHandlers(parts))


def _connect(page: LibraryPage, does: LibraryHandlers, adds: AddHandlers) -> None:
    how: dict[str, Any] = {"api_visibility": "private", "concurrency_limit": None, "show_progress": "hidden"}
    # What is chosen is not checked against what Gradio remembers, choices or a highest page: both may be others by now.
    chosen: dict[str, Any] = {**how, "preprocess": False}
    listing = (does.documents, [page.find, page.page], [page.documents, page.page, page.remove_unread])
    choices = (does.choices, None, [page.chosen, page.several])
    following = (adds.follow, None, [page.told, page.receipts, page.ended])
    given = [page.files, page.folder, page.address]
    page.add.click(
        adds.add, [*given, page.keep_both], [page.refused, *given, page.told, page.receipts], preprocess=False, **how
    ).success(*following, **how)
    page.retry.change(adds.again, [page.retry], page.refused, **how).success(*following, **how)
    page.again.click(adds.again, [page.chosen], page.refused, **chosen).success(*following, **how)
    page.root.load(*following, **how)
    # One event for all of them: of several, an earlier list could come behind a later one and stay.
    lists_again = [box.change for box in (page.find, page.page, page.list_again)]
    gr.on(lists_again, *listing, trigger_mode="always_last", **chosen)
    asking: dict[str, Any] = {"fn": None, "outputs": page.list_again, "js": "lectern.now", **how}
    page.ended.change(**asking).then(*choices, **how).then(*page.head, **how)
    page.cancel.click(adds.cancel, None, page.refused, **how)
    page.root.load(**asking)
    page.root.load(*choices, **how)
    page.root.load(does.for_whom, None, [page.adding, page.again, page.remove, page.several_fold], **how)
    looking = page.look.change(does.choose, [page.look], [page.chosen, page.one, page.chunks, page.chunk_page], **how)
    looking.then(None, None, None, js="lectern.seeDocument", **how)
    page.chosen.change(does.look_first, [page.chosen, page.look], [page.chunks, page.chunk_page], **chosen)
    page.chunk_page.change(does.look_into, [page.chosen, page.chunk_page, page.look], page.chunks, **chosen)
    page.remove.click(
        does.remove, [page.chosen], [page.certificate, page.chosen], js="lectern.sureToRemove", **chosen
    ).then(**asking).then(*choices, **how).then(*page.head, **how)
    page.remove_several.click(
        does.remove_several, [page.several, page.chosen], [page.certificate, page.several, page.chosen],
        js="lectern.sureToRemoveSeveral", **chosen,
    ).then(**asking).then(*choices, **how).then(*page.head, **how)  # fmt: skip
    page.remove_unread.click(
        does.remove_unread, None, page.certificate, js="lectern.sureToRemoveUnread", **how
    ).then(**asking).then(*choices, **how).then(*page.head, **how)  # fmt: skip
    page.question.submit(does.search, [page.question], [page.hits, page.clear], **how)
    page.clear.click(lambda: ("", "", gr.update(visible=False)), None, [page.question, page.hits, page.clear], **how)
    page.show_map.click(does.course_map, None, page.map, **how)
