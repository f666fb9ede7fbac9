"""Turns that are under way on the server, one for each conversation, whoever looks on: a page may come, go and reload.

A turn runs as a task of its own, so that a reader who goes away does not end it; `stop` does, and what was said by then
is kept. Nothing of a turn stays here for long once it is over: the store has it.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field

from assistant.accounts.people import owns
from assistant.conversation import Assistant
from assistant.query_engine import Turns
from assistant.tracing.records import Origin
from assistant.ways import Way
from index_store.errors import InvalidInput, LecternError, LimitReached
from ui.disclosure import FAULT, LATER, error_for, event_for
from ui.followed import Followed, changes_of
from ui.turn_view import TurnView

YIELD_EVERY_S = 0.06  # a page that is told more often than this does nothing but redraw
AND_FOR_EACH_S = 0.005  # more for each turn under way: a class that asks at once is answered sooner
SEEN_FOR_S = 30.0  # a turn that is over can be followed so long: its page may come late
UNHEARD_FOR_S = 1800.0
MOST_UNHEARD = 20
"""Questions of a conversation that were not taken and stay to be asked again."""
STOP_WITHIN_S = 5.0
NOTED_EVERY_S = 1.0
"""So much of what was said is lost at most when the server is killed."""
log = logging.getLogger(__name__)


@dataclass(slots=True)
class LiveTurn(Followed):
    """One turn under way: what is to be seen of it so far, and a way to wait for more."""

    view: TurnView
    question: str
    user: str | None
    others: Callable[[], int]
    sees_setup: bool = True
    id: str = field(default_factory=lambda: f"unheard-{uuid.uuid4().hex}")
    began: float = field(default_factory=time.time)
    gone: bool = False  # with its conversation: nothing of it is shown any more
    task: asyncio.Task[None] | None = None

    @property
    def known_as(self) -> str:
        """The id that its conversation has it by: of its trace, or its own where a limit kept it out."""
        return self.view.trace_id or self.id


class LiveTurns:
    """The turns under way; all methods are called on the server's event loop."""

    def __init__(
        self, assistant: Callable[[], Assistant], note: Callable[[str, str], bool] = lambda _, __: True
    ) -> None:
        """`note` keeps what was said of a turn that goes on, by its trace; it tells whether it could."""
        self._assistant = assistant
        self._note = note
        self._turns: dict[str, LiveTurn] = {}
        self._unheard: dict[str, list[LiveTurn]] = {}

    def __len__(self) -> int:
        return sum(not turn.over for turn in self._turns.values())

    def of(self, conversation: str) -> LiveTurn | None:
        """Give the turn that is under way in a conversation, or was a moment ago."""
        return self._turns.get(conversation)

    def owned(self, conversation: str, user: str | None) -> LiveTurn | None:
        """Give the turn of a conversation if it is this user's."""
        turn = self.of(conversation)
        return turn if turn is not None and owns(user, turn.user) else None

    def unheard(self, conversation: str, user: str | None) -> list[LiveTurn]:
        """Give what this user asked in a conversation and was not taken, as where a limit kept it out, oldest first."""
        return [turn for turn in self._unheard.get(conversation, ()) if owns(user, turn.user)]

    def state(self, conversation: str) -> object:
        """Give what is another once a turn began or ended in a conversation, or one that was not taken came or went."""
        turn = self.of(conversation)
        return turn and turn.id, turn and turn.over, [kept.id for kept in self._unheard.get(conversation, ())]

    def asked(self, conversation: str, user: str | None, question: str) -> LiveTurn | None:
        """Give the turn of this user that is under way in a conversation, where it asks just that."""
        turn = self.owned(conversation, user)
        return turn if turn is not None and not turn.over and turn.question == question else None

    def drop(self, conversation: str, turn: LiveTurn) -> None:
        """Forget a question that was not taken."""
        if left := [kept for kept in self._unheard.get(conversation, ()) if kept is not turn]:
            self._unheard[conversation] = left
        else:
            self._unheard.pop(conversation, None)

    def check_free(self, conversation: str) -> None:
        """Refuse a question while another of its conversation is under way: its answer may be what it leans on.

        Raises:
            InvalidInput: then.
        """
        known = self._turns.get(conversation)
        if known is not None and not known.over:
            raise InvalidInput(
                "A question of this conversation is still being answered.",
                hint="Wait for its end or press Stop, then ask again.",
            )

    def start(
        self,
        question: str,
        history: Turns,
        origin: Origin,
        way: Way,
        unheard: Callable[[], None] = lambda: None,
        *,
        sees_setup: bool = True,
    ) -> LiveTurn:
        """Begin a turn in the conversation that the origin names, or give the one that asks the same there already.

        `unheard` is called, in a thread, where the turn ends before it began, as when a limit keeps it out;
        `sees_setup` tells whether whoever asks may read how the server is set up.

        Raises:
            InvalidInput: when another question of that conversation is under way.
        """
        conversation = origin.conversation_id or ""
        known = self._turns.get(conversation)
        if known is not None and not known.over and known.question == question:  # asked by a double click
            return known
        self.check_free(conversation)
        turn = LiveTurn(TurnView(question), question, origin.user_id, self.__len__, sees_setup)
        self._turns[conversation] = turn
        for same in [kept for kept in self.unheard(conversation, origin.user_id) if kept.question == question]:
            self.drop(conversation, same)
        turn.task = asyncio.create_task(self._run(turn, question, history, origin, way, unheard))
        turn.task.add_done_callback(lambda _: self._ended(conversation, turn))
        return turn

    async def stop(self, conversation: str) -> bool:
        """End the turn of a conversation with what was said; tell whether there was one."""
        turn = self._turns.get(conversation)
        if turn is None or turn.task is None or turn.over:
            return False
        if not turn.view.stopped:  # a second time would break into the keeping of what was said
            turn.view.stopped = True
            turn.task.cancel()
        await asyncio.wait([turn.task], timeout=STOP_WITHIN_S)
        return True

    async def discard(self, conversation: str) -> None:
        """End the turn of a conversation that is being deleted; who follows it is shown no more of it."""
        self._unheard.pop(conversation, None)
        turn = self._turns.get(conversation)
        if turn is None:
            return
        turn.gone = True
        await self.stop(conversation)
        if turn.over:
            self._forget(conversation, turn)

    async def close(self) -> None:
        """End all turns, as when the server stops."""
        for conversation in list(self._turns):
            await self.stop(conversation)

    async def _run(
        self, turn: LiveTurn, question: str, history: Turns, origin: Origin, way: Way, unheard: Callable[[], None]
    ) -> None:
        noting = asyncio.create_task(self._note_said(turn))
        try:
            async with aclosing(self._assistant().ask(question, history, origin, way)) as events:
                async for event in events:
                    turn.view.take(event_for(event, turn.sees_setup))
                    turn.tell()
        except (InvalidInput, LimitReached) as exc:
            told = error_for(exc, turn.sees_setup)
            turn.view.fail(told.message, told.hint)
        except Exception:  # the edge of a task: nobody awaits it, and the page must not wait for ever
            log.exception("A turn ended in an error of ours")
            turn.view.fail(FAULT, "Try again; the log of the server says what it was." if turn.sees_setup else LATER)
        finally:
            noting.cancel()
            if not turn.view.trace_id:
                await asyncio.to_thread(_tell_unheard, unheard)

    async def _note_said(self, turn: LiveTurn) -> None:
        """Keep what was said of a turn while it goes on."""
        noted = ""
        while True:
            await asyncio.sleep(NOTED_EVERY_S)
            said = turn.view.said
            if turn.view.trace_id and said != noted and await asyncio.to_thread(self._could_note, turn, said):
                noted = said

    def _could_note(self, turn: LiveTurn, said: str) -> bool:
        try:
            return self._note(turn.view.trace_id, said)
        except LecternError:  # the end of the turn is told of it
            return False

    def _ended(self, conversation: str, turn: LiveTurn) -> None:
        """Note that a turn is over; a task that is cancelled before it begins runs nothing that could."""
        turn.over = True
        if not turn.view.trace_id and not turn.gone:
            if turn.view.stopped:
                turn.view.fail("Stopped before it was asked.", "")
            self._unheard[conversation] = [*self._unheard.get(conversation, ()), turn][-MOST_UNHEARD:]
            asyncio.get_running_loop().call_later(UNHEARD_FOR_S, self.drop, conversation, turn)
        turn.tell()
        asyncio.get_running_loop().call_later(SEEN_FOR_S, self._forget, conversation, turn)

    def _forget(self, conversation: str, turn: LiveTurn) -> None:
        if self._turns.get(conversation) is turn:
            del self._turns[conversation]


def _tell_unheard(unheard: Callable[[], None]) -> None:
    try:
        unheard()
    except LecternError:  # the turn is told as what it is all the same
        log.exception("What a turn that did not begin had changed could not be taken back")


async def follow(turn: LiveTurn) -> AsyncIterator[TurnView]:
    """Give a turn's view whenever it has changed, as often as a page can take it, and at its end."""
    async for known in changes_of(turn, lambda: YIELD_EVERY_S + AND_FOR_EACH_S * turn.others()):
        yield known.view
