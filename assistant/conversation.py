"""One turn, question to answer: the path that every face takes. Gives it its id, meters, traces, maps errors."""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncGenerator
from contextlib import aclosing

from assistant.events import Answer, Event, Failure, Refusal, Rewritten, Token, TurnStarted
from assistant.own_context import in_own_context
from assistant.query_engine import CourseQueryEngine, Outcome, Turns
from assistant.tracing.capture import RECORDING
from assistant.tracing.records import Origin, Start
from assistant.turn import Identity, Traces, Turn
from assistant.usage import METER, Meter
from index_store.errors import InvalidInput, LecternError

LONGEST_QUESTION = 20_000
"""Characters: what is longer is a document, not a question."""
NOBODY, TERMINAL = Identity(), Origin()


class Assistant:
    """Answers questions about the course; one instance serves many conversations at once."""

    def __init__(self, engine: CourseQueryEngine, traces: Traces | None = None, identity: Identity = NOBODY) -> None:
        self._engine = engine
        self._traces = traces
        self._identity = identity

    async def ask(self, question: str, history: Turns = (), origin: Origin = TERMINAL) -> AsyncGenerator[Event, None]:
        """Answer a question; the last event is an Answer, a Refusal or a Failure, and the turn is kept by then.

        `history` is rows of {"role", "content"}, oldest first. A reader that stops early stops the turn, which is kept
        with what had been said.

        Raises:
            InvalidInput: when the question is empty, too long or without any letter or digit.
        """
        check_question(question)
        turn = self._turn(question, origin)
        try:
            await turn.begin()
            yield TurnStarted(turn.start.trace_id, question)
            async with aclosing(self._events(turn, question, history)) as events:
                async for event in events:
                    yield event
        except LecternError as exc:
            await turn.end("error", failure=exc)
            seconds = time.time() - turn.start.started_at
            yield Failure(turn.start.trace_id, exc.message, exc.hint, turn.said, seconds)
        except Exception as exc:  # a bug of ours: kept with the turn, then told as what it is
            await turn.end("error", failure=exc)
            raise
        finally:
            await turn.end("stopped")  # nothing, unless the reader went away

    async def _events(self, turn: Turn, question: str, history: Turns) -> AsyncGenerator[Event, None]:
        steps = in_own_context(
            self._engine.stream(question, history), {METER: turn.meter, RECORDING: (turn.recording, None)}
        )
        async with aclosing(steps):
            async for event in steps:
                if isinstance(event, Outcome):
                    turn.said = event.text
                    related = () if event.found else event.hits
                    await turn.end("ok" if event.found else "refused", citations=event.citations, related=related)
                    yield _ending(event, turn.start.trace_id, turn.meter, time.time() - turn.start.started_at)
                    continue
                if isinstance(event, Rewritten):
                    turn.searched = event.question
                turn.said += event.text if isinstance(event, Token) else ""
                yield event

    def _turn(self, question: str, origin: Origin) -> Turn:
        about = self._identity
        start = Start(
            trace_id=uuid.uuid4().hex,
            kind="ask",
            question=question,
            origin=origin,
            started_at=time.time(),
            mode=about.mode,
            provider=about.provider,
            model=about.model,
            index_fingerprint=about.index_fingerprint,
        )
        return Turn(self._traces, start)


def _ending(outcome: Outcome, trace_id: str, meter: Meter, seconds: float) -> Event:
    if outcome.found:
        return Answer(trace_id, outcome.text, outcome.citations, meter.usage(), seconds)
    return Refusal(trace_id, outcome.text, outcome.hits, meter.usage(), seconds)


def check_question(question: str) -> None:
    """Refuse what is no question before anything is searched.

    Raises:
        InvalidInput: when it is empty, longer than LONGEST_QUESTION or without any letter or digit.
    """
    if not question.strip():
        raise InvalidInput("The question is empty.", hint="Ask in a sentence or a few key words.")
    if len(question) > LONGEST_QUESTION:
        raise InvalidInput(
            f"The question has {len(question):,} characters; at most {LONGEST_QUESTION:,} are read.",
            hint="Put long material into a file and call `lectern ingest FILE`, then ask about it.",
        )
    if not any(c.isalnum() for c in question):
        raise InvalidInput("The question has no letter or digit.", hint="Ask in a sentence or a few key words.")
