"""One turn, question to answer: the path that every face takes. Gives the turn its id, meters it, maps errors."""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncGenerator
from contextlib import aclosing

from assistant.events import Answer, Event, Failure, Refusal, Token, TurnStarted
from assistant.query_engine import CourseQueryEngine, Outcome, Turns
from assistant.usage import Meter, metered_steps
from index_store.errors import InvalidInput, LecternError

LONGEST_QUESTION = 20_000
"""Characters: what is longer is a document, not a question."""


class Assistant:
    """Answers questions about the course; one instance serves many conversations at once."""

    def __init__(self, engine: CourseQueryEngine) -> None:
        self._engine = engine

    async def ask(self, question: str, history: Turns = ()) -> AsyncGenerator[Event, None]:
        """Answer a question; the last event is an Answer, a Refusal or a Failure.

        `history` is rows of {"role", "content"}, oldest first.

        Raises:
            InvalidInput: when the question is empty, too long or without any letter or digit.
        """
        check_question(question)
        trace_id = uuid.uuid4().hex
        started = time.monotonic()
        said = ""
        yield TurnStarted(trace_id, question)
        meter = Meter()
        try:
            async with aclosing(metered_steps(meter, self._engine.stream(question, history))) as steps:
                async for event in steps:
                    if isinstance(event, Outcome):
                        yield _ending(event, trace_id, meter, time.monotonic() - started)
                        continue
                    said += event.text if isinstance(event, Token) else ""
                    yield event
        except LecternError as exc:
            yield Failure(trace_id, exc.message, exc.hint, said, time.monotonic() - started)


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
