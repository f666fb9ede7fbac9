"""`/api/library`: what is in the library, what became of it, adding to it and removing from it."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import threading
from collections.abc import Collection, Sequence
from contextlib import aclosing
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request, UploadFile
from fastapi.responses import Response

from assistant.accounts.people import Action, Person
from index_store.errors import InvalidInput
from ingest.ledger import Known
from ingest.receipts import Finished, Receipt
from ui import api_models as models
from ui import api_requests as requests
from ui import removal, wiring
from ui.api_entrance import MayChangeLibrary, MaySeeLibrary
from ui.api_errors import reply
from ui.api_turns import unless_gone
from ui.batch import Row
from ui.ingesting import ingested, keep_uploads
from ui.parts import Parts
from ui.uploads import discard_unlisted, keep_beside


class LibraryRoutes:
    """What the library's addresses give."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def listed(
        self,
        who: MaySeeLibrary,
        text: Annotated[str, Query(max_length=200, description="Stands in the title or path, in any case.")] = "",
        limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
        offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    ) -> Response:
        """List the documents, by source and path."""
        wanted = text.casefold().strip()
        found = [d for d in self._parts.documents(who) if wanted in f"{d.title}\n{d.path}".casefold()]
        page = [document_row(d, who) for d in found[offset : offset + limit]]
        return reply({"documents": page, "total": len(found)})

    def one(self, document: str, who: MaySeeLibrary) -> Response:
        """Give a document with its receipt."""
        known = self._parts.document(document, who)
        receipt = {**known.receipt, "source": shown_source(known, who)}
        return reply({**document_row(known, who), "receipt": receipt})

    async def ingest(self, body: requests.Sources, request: Request, who: MayChangeLibrary) -> Response:
        """Ingest web addresses and arXiv ids; the answer comes when all is done.

        A client that goes away ends it; what was finished stays.
        """
        return reply(await unless_gone(request, self._in_turn(body.sources)))

    async def upload(
        self,
        files: list[UploadFile],
        request: Request,
        who: MayChangeLibrary,
        keep_both: Annotated[bool, Query(description="What has the name of an upload before stays beside it.")] = False,
    ) -> Response:
        """Ingest files that are sent along; the answer comes when all is done.

        A file of the same name, with its folders, as one that was uploaded before takes its place.
        """
        most = self._parts.server.limits.upload_files
        if len(files) > most:
            raise InvalidInput(f"{len(files):,} files were sent; at most {most:,} are taken.", hint="Send fewer.")
        return reply(await unless_gone(request, self._uploaded(files, keep_both)))

    def remove(self, document: str, who: MayChangeLibrary) -> Response:
        """Remove a document; what is left of it is counted and told."""
        known = self._parts.document(document, who)
        with wiring.open_library(self._parts.library.environment, write=True) as library:
            return reply(asdict(removal.remove(library, [known])))

    async def _uploaded(self, files: Sequence[UploadFile], keep_both: bool) -> Row:
        """Keep files when their turn has come: what lay there before it could be taken for what a kill left."""
        async with self._parts.ingests.turn() as in_use:
            folder = await asyncio.to_thread(self._kept, files, keep_both)
            try:
                return await self._ingested([str(folder)], in_use)
            finally:
                await asyncio.to_thread(discard_unlisted, self._parts.library.environment, folder)

    async def _in_turn(self, sources: Sequence[str]) -> Row:
        async with self._parts.ingests.turn() as in_use:
            return await self._ingested(sources, in_use)

    async def _ingested(self, sources: Sequence[str], in_use: Collection[Path]) -> Row:
        receipts: list[Row] = []
        finished = Finished({}, 0, 0, 0.0)
        events = ingested(self._parts.library.environment, sources, threading.Event(), in_use)
        async with aclosing(events) as told:
            async for event in told:
                if isinstance(event, Receipt):
                    receipts.append(event.row())
                elif isinstance(event, Finished):
                    finished = event
        about = {"counts": finished.counts, "chunks": finished.chunks, "embedded": finished.embedded}
        return {"receipts": receipts, **about, "seconds": round(finished.seconds, 3)}

    def _kept(self, files: Sequence[UploadFile], keep_both: bool) -> Path:
        environment = self._parts.library.environment
        home = environment.home
        with tempfile.TemporaryDirectory(dir=home) as folder:
            kept = []
            for n, file in enumerate(files):
                target = Path(folder) / str(n)
                with target.open("wb") as out:
                    shutil.copyfileobj(file.file, out)
                kept.append((target, file.filename or "upload"))
            return keep_beside(environment, kept) if keep_both else keep_uploads(home, kept)


def document_row(known: Known, who: Person) -> Row:
    """Give a document as somebody may see it."""
    about = {"id": known.id, "path": known.path, "title": known.title, "source": shown_source(known, who)}
    return {**about, "status": known.status, "chunks": known.chunks, "added": known.at}


def shown_source(known: Known, who: Person) -> str:
    """Give where a document is from; of a folder on the server only who may change the library sees more than a name.

    >>> from assistant.accounts.people import Role
    >>> known = Known("1", "/home/ann/course", "a.md", "", 0, 0, "", "done", "", {}, 1)
    >>> shown_source(known, Person("s", Role.STUDENT)), shown_source(known, Person("a", Role.ADMIN))
    ('course', '/home/ann/course')
    """
    whole = known.is_fetched or who.may(Action.LIBRARY_CHANGE)
    return known.source if whole else Path(known.source).name


def library_router(parts: Parts) -> APIRouter:
    """Give the routes, without the prefix `/api`."""
    router, routes = APIRouter(tags=["Library"], prefix="/library"), LibraryRoutes(parts)
    router.add_api_route("", routes.listed, response_model=models.Documents)
    router.add_api_route("", routes.ingest, methods=["POST"], response_model=models.Ingested)
    router.add_api_route("/uploads", routes.upload, methods=["POST"], response_model=models.Ingested)
    router.add_api_route("/{document}", routes.one, response_model=models.DocumentWhole)
    router.add_api_route("/{document}", routes.remove, methods=["DELETE"], response_model=models.Removed)
    return router
