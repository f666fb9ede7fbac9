"""The turns that programs ask for, by `/v1`, `/api` and MCP: each in a task of its own, ended when its reader goes.

A turn is not run by who reads it: a reader may be cancelled at any point, and the turn must still be kept as it ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request

from assistant.events import Event
from assistant.query_engine import Turns as History
from assistant.tracing.records import Origin
from assistant.ways import Way
from index_store.errors import LecternError, ServerStopping
from ui import wiring
from ui.batch import Row
from ui.disclosure import event_for, label_for, sees_setup
from ui.rows import hits_row

if TYPE_CHECKING:
    from assistant.accounts.people import Person
    from assistant.tagged import Tagged
    from assistant.tagging import Tagger

T = TypeVar("T")
STOP_WITHIN_S = 5.0


class ClientGone(Exception):
    """Whoever asked has closed the connection: there is nobody to answer."""


class RunningTurn:
    """A turn that goes on; its events are read once, by one reader, in the words that are for them."""

    def __init__(self, events: AsyncGenerator[Event, None], sees_setup: bool = True) -> None:
        self._sees_setup = sees_setup
        self._events: asyncio.Queue[Event | Exception | None] = asyncio.Queue()
        self.task = asyncio.create_task(self._run(events))

    async def next(self) -> Event | None:
        """Give the next event, None after the last.

        Raises:
            LecternError: when the question cannot be used, or not now.
        """
        event = await self._events.get()
        if isinstance(event, Exception):
            raise event
        return event

    async def whole(self) -> list[Event]:
        """Give all events; a reader that is cancelled meanwhile ends the turn.

        Raises:
            LecternError: as `next`.
        """
        found = []
        try:
            while (event := await self.next()) is not None:
                found.append(event)
        finally:
            self.stop()
        return found

    def stop(self) -> None:
        """End the turn, which is kept with what was said; nothing where it is over."""
        _cancel(self.task)

    def stop_for(self, reason: LecternError) -> None:
        """End the turn, and tell its reader why."""
        self.stop()
        self._events.put_nowait(reason)

    async def _run(self, events: AsyncGenerator[Event, None]) -> None:
        try:
            async with aclosing(events):
                async for event in events:
                    self._events.put_nowait(event_for(event, self._sees_setup))
            self._events.put_nowait(None)
        except Exception as exc:  # told to the reader, whose it is
            self._events.put_nowait(exc)


class ApiTurns:
    """Takes turns for programs; all methods are called on one event loop."""

    def __init__(self, opened: wiring.Opened) -> None:
        self._opened = opened
        self._running: set[RunningTurn] = set()
        self._tagger: Tagger | None = None

    def __len__(self) -> int:
        return len(self._running)

    def mode(self, who: Person) -> str:
        """Say what answers, in the words of the badge that somebody sees."""
        return label_for(self._opened.model, sees_setup(who))

    def ask(self, who: Person, question: str, history: History = (), way: Way = "auto") -> RunningTurn:
        """Begin a turn; what is wrong with the question, or a limit, is told by the first event that is read."""
        turn = RunningTurn(self._opened.assistant.ask(question, history, _origin(who), way), sees_setup(who))
        self._running.add(turn)
        turn.task.add_done_callback(lambda _: self._running.discard(turn))
        return turn

    async def tag(self, who: Person, abstract: str) -> Tagged:
        """Find the names in an abstract.

        Raises:
            LecternError: as `Tagger.tag`.
        """
        tagger = await self._names()
        return await tagger.tag(abstract, _origin(who))

    async def tag_all(self, who: Person, abstracts: Sequence[str]) -> list[Tagged | LecternError]:
        """Find the names in several abstracts, which take one place together; one that is wrong gives its error.

        Raises:
            LimitReached: their user, or all together, have had what they may have.
        """
        tagger = await self._names()
        found: list[Tagged | LecternError] = []
        async with self._opened.library.gate.place(who.id):
            for abstract in abstracts:
                try:
                    found.append(await tagger.tag(abstract, Origin(None, who.id, "batch"), admitted=True))
                except LecternError as exc:
                    found.append(exc)
        return found

    async def search(self, who: Person, row: Row, top_k: int) -> Row:
        """Give the passages that fit a row's question; it takes a place, so that nobody's searches hold up others.

        Raises:
            LecternError: as `hits_row`, and LimitReached where too many of theirs wait.
        """
        async with self._opened.library.gate.place(who.id, turn=False):
            return await asyncio.to_thread(hits_row, self._opened.library.searcher, row, top_k)

    async def embed(self, who: Person, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts; it takes a place as a turn does, for it takes as long as one.

        Raises:
            LecternError: as `Embedder.embed_texts`, and LimitReached as a turn.
        """
        async with self._opened.library.gate.place(who.id):
            return await asyncio.to_thread(self._opened.library.embedder.embed_texts, texts)

    async def close(self) -> None:
        """End all turns, as when the server stops; who waits for them is told."""
        running = list(self._running)
        for turn in running:
            turn.stop_for(ServerStopping())
        if running:
            await asyncio.wait([turn.task for turn in running], timeout=STOP_WITHIN_S)

    async def _names(self) -> Tagger:
        if self._tagger is None:
            self._tagger = await asyncio.to_thread(wiring.tagger_of, self._opened.library)
        return self._tagger


def _cancel(task: asyncio.Task[None]) -> None:
    """End a task that does not end already: a second time would take away the time in which it is kept how it ended."""
    if not task.cancelling():
        task.cancel()


def _origin(who: Person) -> Origin:
    return Origin(None, who.id, "api")


async def unless_gone(request: Request, work: Coroutine[None, None, T]) -> T:
    """Do some work for a request whose body was read; end it when its client goes away.

    Raises:
        ClientGone: it went.
    """
    doing = asyncio.ensure_future(work)
    watching = asyncio.ensure_future(_hung_up(request))
    try:
        await asyncio.wait({doing, watching}, return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            raise ClientGone
        return doing.result()
    finally:
        for task in (doing, watching):
            task.cancel()


async def _hung_up(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
