"""One turn, question to answer: the path that every face takes. Gives it its id, meters, traces, maps errors."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistant.courtesy import reply_to
from assistant.events import Answer, Event, Failure, Queued, Refusal, Rewritten, Token, TurnStarted, Withdrawn
from assistant.followup import carried_on
from assistant.gate import OPEN, Gate
from assistant.own_context import in_own_context
from assistant.query_engine import Citing, CourseQueryEngine, Outcome, Step, Turns
from assistant.tracing.capture import RECORDING
from assistant.tracing.records import Kind, Origin, Start
from assistant.turn import Identity, Traces, Turn
from assistant.usage import METER, Meter
from assistant.ways import Way, is_for_agent
from index_store.chunks import Hit
from index_store.errors import InvalidInput, LecternError

if TYPE_CHECKING:  # LlamaIndex' workflows are slow to import
    from assistant.agent import AgentStep, CourseAgent
    from assistant.policy.course_policy import CoursePolicy
    from assistant.toolbox import Toolbox

LONGEST_QUESTION = 20_000
"""Characters: what is longer is a document, not a question."""
NOBODY, TERMINAL = Identity(), Origin()


@dataclass(frozen=True, slots=True)
class Nothing:
    """The course does not answer the question; `hits` are its nearest passages."""

    hits: tuple[Hit, ...]


class Assistant:
    """Answers questions about the course; one instance serves many conversations at once."""

    def __init__(
        self,
        engine: CourseQueryEngine,
        traces: Traces | None = None,
        identity: Identity = NOBODY,
        toolbox: Toolbox | None = None,
        open_agent: Callable[[], CourseAgent] | None = None,
        gate: Gate = OPEN,
        policy: CoursePolicy | None = None,
    ) -> None:
        self._engine = engine
        self._policy = policy
        self._toolbox = toolbox
        self._open_agent = open_agent  # called for each turn that needs it; gives the same agent each time
        self._traces = traces
        self.identity = identity
        self._gate = gate

    async def ask(
        self, question: str, history: Turns = (), origin: Origin = TERMINAL, way: Way = "auto"
    ) -> AsyncGenerator[Event, None]:
        """Answer a question; the last event is an Answer, a Refusal or a Failure, and the turn is kept by then.

        `history` is rows of {"role", "content"}, oldest first; `way` chooses who answers (see `ways`). A reader that
        stops early stops the turn, which is kept with what had been said.

        Raises:
            InvalidInput: when the question is empty, too long or without any letter or digit.
            LimitReached: when its user, or all together, have had what they may have.
        """
        check_question(question)
        ticket = await self._gate.admit(origin.user_id)
        try:
            if ticket.wait_s:
                yield Queued(ticket.wait_s)
            await ticket.ready()
            async with aclosing(self._answered(question, history, origin, way)) as events:
                async for event in events:
                    yield event
        finally:
            ticket.leave()

    async def _answered(self, question: str, history: Turns, origin: Origin, way: Way) -> AsyncGenerator[Event, None]:
        courteous = reply_to(question, is_first=not history) is not None
        turn = self._turn(question, origin, "courtesy" if courteous else "agent" if way == "agent" else "ask")
        try:
            await turn.begin()
            yield TurnStarted(turn.start.trace_id, question)
            async with aclosing(self._events(turn, question, history, way)) as events:
                async for event in events:
                    yield event
        except LecternError as exc:
            await turn.end("error", failure=exc)
            kind = type(exc).__name__
            yield Failure(turn.start.trace_id, exc.message, exc.hint, turn.said, turn.seconds, kind, turn.citations)
        except Exception as exc:  # a bug of ours: kept with the turn, then told as what it is
            await turn.end("error", failure=exc)
            raise
        finally:
            await turn.end("stopped")  # nothing, unless the reader went away

    async def looked_up(self, question: str) -> Outcome:
        """Answer a question from the course; nothing of it is kept.

        Raises:
            LecternError: when the index or the language model fails.
        """
        async with aclosing(self._engine.stream(question)) as steps:
            async for step in steps:
                if isinstance(step, Outcome):
                    return step
        raise AssertionError("an outcome is the last step")

    async def covers(self, question: str) -> bool:
        """Tell whether the course answers a question now; nothing of it is kept.

        Raises:
            LecternError: when the index or the language model fails.
        """
        return (await self.looked_up(question)).found

    async def _events(self, turn: Turn, question: str, history: Turns, way: Way) -> AsyncGenerator[Event, None]:
        steps = in_own_context(
            self._ruled(question, history, turn.start.origin, way),
            {METER: turn.meter, RECORDING: (turn.recording, None)},
        )
        async with aclosing(steps):
            async for event in steps:
                if isinstance(event, Outcome):
                    turn.said = event.text
                    related = () if event.found else event.hits
                    await turn.end(
                        "ok" if event.found or event.is_courtesy else "refused",
                        citations=event.citations,
                        related=related,
                        tags=event.tags or (),
                    )
                    yield _ending(event, turn.start.trace_id, turn.meter, turn.seconds)
                    continue
                if isinstance(event, Citing):
                    turn.citing = event.citations
                    continue
                if isinstance(event, Rewritten):
                    turn.searched = event.question
                if isinstance(event, Withdrawn):
                    turn.said = ""
                turn.said += event.text if isinstance(event, Token) else ""
                yield event

    def _ruled(self, question: str, history: Turns, origin: Origin, way: Way) -> AsyncGenerator[Any, None]:
        """Take the steps by the course's rule, where there is a policy."""
        if self._policy is None:
            return self._steps(question, history, way)
        from assistant.policy.ruled import ruled

        conversation = origin.conversation_id if origin.trial is None else None  # measured turns are not one
        return ruled(self._policy, question, history, lambda: self._steps(question, history, way), conversation)

    async def _steps(
        self, question: str, history: Turns, way: Way
    ) -> AsyncGenerator[Step | AgentStep | Withdrawn, None]:
        """Let the query engine answer, or the agent; on "auto" the agent too where the course has nothing."""
        reply = reply_to(question, is_first=not history)
        if reply is not None:
            yield Outcome(found=False, text=reply, citations=(), hits=(), is_courtesy=True)
            return
        toolbox, open_agent = self._toolbox, self._open_agent
        if toolbox is None or open_agent is None or way == "course":
            async with aclosing(self._engine.stream(question, history)) as steps:
                async for step in steps:
                    yield step
            return
        seen: tuple[Hit, ...] = ()
        if way == "auto" and not is_for_agent(carried_on(question, history), history, outside=toolbox.reaches_outside):
            # Meanwhile the course is asked: a refusal then knows at once whether there is somewhere else to look.
            looking = asyncio.ensure_future(toolbox.look_around())
            async with aclosing(self._course(question, history, toolbox, looking)) as course:
                async for event in course:
                    if isinstance(event, Nothing):
                        seen = event.hits
                        break
                    yield event
                else:
                    return
        agent = await asyncio.to_thread(open_agent)
        async with aclosing(agent.stream(question, history, seen)) as further:
            async for taken in further:
                yield taken

    async def _course(
        self, question: str, history: Turns, toolbox: Toolbox, looking: asyncio.Future[None]
    ) -> AsyncGenerator[Step | Withdrawn | Nothing, None]:
        """Let the query engine answer; in place of a refusal tell that there is nothing, where a tool may know more."""
        said = False
        async with aclosing(self._engine.stream(question, history)) as steps:
            async for step in steps:
                if isinstance(step, Outcome) and not step.found:
                    await looking
                    if toolbox.reaches_outside:
                        if said:
                            yield Withdrawn()
                        yield Nothing(step.hits)
                        return
                said = said or isinstance(step, Token)
                yield step

    def _turn(self, question: str, origin: Origin, kind: Kind) -> Turn:
        about = self.identity
        start = Start(
            trace_id=uuid.uuid4().hex,
            kind=kind,
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
        return Answer(
            trace_id,
            outcome.text,
            outcome.citations,
            meter.usage(),
            seconds,
            tags=outcome.tags,
            by_rules=outcome.by_rules,
            limit=outcome.limit,
            offers=outcome.offers,
            notes=outcome.notes,
        )
    about = (outcome.limit, outcome.offers, outcome.notes)
    return Refusal(trace_id, outcome.text, outcome.hits, meter.usage(), seconds, *about)


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
            hint="Shorten it. What is to be asked about belongs into the library: `lectern ingest FILE`",
        )
    if not any(c.isalnum() for c in question):
        raise InvalidInput("The question has no letter or digit.", hint="Ask in a sentence or a few key words.")
