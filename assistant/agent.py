"""The agent: LlamaIndex' ReAct loop over our tools, told as typed events; one instance serves all conversations.

It stands beside the query engine and gives the same kinds of events, so whoever reads a turn need not know which of
the two answered. Loop and prompt are in `react_agent`, the state of a turn in `agent_run`, tools in `toolbox`.
"""

from __future__ import annotations

import asyncio
import contextvars
import sys
import uuid
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import Any

from llama_index.core.agent.workflow.workflow_events import ToolCall, ToolCallResult
from llama_index.core.base.llms.types import ChatMessage, MessageRole
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.storage.chat_store import SimpleChatStore
from llama_index.core.workflow import Event as WorkflowEvent

from assistant.addressed import speaks_to_model
from assistant.agent_run import RUN, AgentLimits, AgentRun, LimitReached, Step
from assistant.answer_stream import AnswerStream
from assistant.events import Citation, Thought, Token, ToolStep
from assistant.llms import Model
from assistant.prompts import PromptSet
from assistant.query_engine import Outcome, Turns
from assistant.question_parts import alone, without_calculation
from assistant.quotes import quotes_of
from assistant.quoting import answer_from
from assistant.react_agent import LoopAgent, Out, new_answer
from assistant.refusal import REFUSAL
from assistant.selection import Passage
from assistant.toolbox import Toolbox, written
from assistant.tools.tool import Observation, Source
from assistant.tracing.capture import span
from assistant.usage import METER, Meter, current_meter
from index_store.chunks import Embedder, Hit

AgentStep = Thought | ToolStep | Token | Outcome
CANCEL_WITHIN_S = 0.5
SHOWN_CHARACTERS = 1_200
"""Of an observation, in an event: what a reader looks at; the model reads all of it, and the trace keeps it."""


class CourseAgent:
    """Thinks, calls tools, and answers with citations of what they found."""

    def __init__(
        self,
        toolbox: Toolbox,
        model: Model,
        prompts: PromptSet,
        embedder: Embedder,
        *,
        limits: AgentLimits | None = None,
    ) -> None:
        self.toolbox = toolbox
        self._embedder = embedder
        self._limits = AgentLimits() if limits is None else limits
        self._loop = LoopAgent(model, prompts, toolbox, toolbox.all())

    async def stream(
        self, question: str, history: Turns = (), seen: Sequence[Hit] = ()
    ) -> AsyncGenerator[AgentStep, None]:
        """Answer a question step by step; the last event is the Outcome. Closing it early stops the turn at once.

        `seen` is what a search of the course has found already, so that it is not made again.

        Raises:
            LecternError: when the model or the index fails; a tool that fails is a step like any other.
        """
        meter = current_meter()
        run = AgentRun(question, tuple(history), self._limits, Meter() if meter is None else meter)
        if seen:
            run.steps.append(searched(run, seen))
            yield _told(run.steps[0], uuid.uuid4().hex)
        limit = ""
        await self.toolbox.look_around()
        with span("agent", "answer with tools", {"question": question, "history": list(history)}) as kept:
            try:
                async with aclosing(self._steps(run)) as steps:
                    async for step in steps:
                        yield step
            except LimitReached as exc:
                limit = str(exc)
            outcome = await self._concluded(run, limit)
            if limit and outcome.found:
                yield Token(_unsaid(run, outcome))
            kept.outputs = {"found": outcome.found, "steps": len(run.steps), "limit": limit}
        yield outcome

    async def _steps(self, run: AgentRun) -> AsyncGenerator[AgentStep, None]:
        """Run the loop; give its events as they come, within the turn's seconds."""
        context = contextvars.copy_context()  # its own, so that turns which are read alternately do not mix
        context.run(RUN.set, run)
        context.run(METER.set, run.meter)
        said = [ChatMessage(role=MessageRole(t["role"]), content=t["content"]) for t in run.history]
        memory = ChatMemoryBuffer(token_limit=sys.maxsize, tokenizer_fn=_no_tokens, chat_store=SimpleChatStore())
        handler = context.run(
            self._loop.run,
            user_msg=run.question,
            chat_history=said,
            memory=memory,
            max_iterations=4 * run.limits.steps + 10,
        )
        events = handler.stream_events()
        try:
            async for event in _within(events, run):
                step = _step_of(event)
                if step is not None:
                    yield step
            await handler  # raises what ended the loop
        finally:
            if not handler.is_done():
                await handler.cancel_run()
            with suppress(Exception, asyncio.CancelledError):  # how it ended was told above, or nobody listens any more
                await asyncio.wait_for(asyncio.shield(handler._result_task), CANCEL_WITHIN_S)
            await events.aclose()

    async def _concluded(self, run: AgentRun, limit: str) -> Outcome:
        """Say how the turn ended: with tags, with an answer whose citations hold, or with nothing that supports one."""
        if run.tags is not None and run.answer is None:
            tags = run.tags
            found = _last(run).found
            return Outcome(True, found.text, (), (), tags=tags, by_rules=found.by_rules)
        answer = run.answer
        if limit and (answer is None or not answer.order):
            answer = await asyncio.to_thread(self._quoted, run)
        hits = tuple(source.hit for source in run.sources)
        if answer is not None and answer.order and not answer.is_refusal and not answer.leaks:
            with span("judge", "check citations", {"markers": answer.order}) as kept:
                cited = [run.sources[n - 1] for n in answer.order]
                citations = await asyncio.to_thread(self._cited, answer.said.strip(), cited)
                kept.outputs = {"citations": [c.marker for c in citations]}
            if citations:
                return Outcome(True, answer.said.strip(), citations, hits, limit=limit, offers=run.offers)
        return Outcome(False, REFUSAL, (), hits, limit=limit, offers=run.offers)

    def _quoted(self, run: AgentRun) -> AnswerStream | None:
        """Answer with sentences of what has been found so far, if that supports an answer; no model is asked."""
        passages = [
            Passage(n, s.hit.chunk.context, s.hit.chunk.heading, s.hit.cosine, s.kind != "course")
            for n, s in enumerate(run.sources, start=1)
        ]
        groups = [[p for p in passages if p.is_outside is outside] for outside in (False, True)]
        parts = [without_calculation(question)[0] for _, question in alone(run.question, run.history)]
        quoted = [next(filter(None, (answer_from(q, group, self._embedder) for group in groups)), "") for q in parts]
        said = "\n\n".join(dict.fromkeys(filter(None, quoted)))
        if not said:
            return None
        answer = new_answer(run)
        answer.feed(said)
        answer.finish()
        return answer

    def _cited(self, text: str, cited: Sequence[Source]) -> tuple[Citation, ...]:
        """Give the citations; a sentence from outside that tells the assistant what to say supports nothing."""
        found = quotes_of(text, [source.hit for source in cited], self._embedder)
        placed = [replace(c, kind=cited[c.marker - 1].kind, fetched_at=cited[c.marker - 1].fetched_at) for c in found]
        return tuple(c for c in placed if c.kind == "course" or not speaks_to_model(c.quote))


def _no_tokens(text: str) -> list[str]:
    """Count nothing: what LlamaIndex keeps of a turn is never sent, for the prompt is made of the run."""
    return []


def searched(run: AgentRun, hits: Sequence[Hit]) -> Step:
    """Give the step of a search of the course that was made before the agent was asked."""
    found = Observation(sources=tuple(Source(hit) for hit in hits))
    numbers = run.take(found)
    given = {"query": run.question}
    return Step("The course comes first.", "course_search", given, written(found, numbers, run), found, numbers)


async def _within(events: Any, run: AgentRun) -> AsyncGenerator[WorkflowEvent, None]:
    """Give events on until the turn's seconds are over.

    Raises:
        LimitReached: then.
    """
    while True:
        try:
            async with asyncio.timeout(max(0.0, run.seconds_left)):
                event = await anext(events, None)
        except TimeoutError as exc:
            raise LimitReached(f"the limit of {run.limits.seconds:g} seconds was reached") from exc
        if event is None:
            return
        yield event


def _step_of(event: WorkflowEvent) -> AgentStep | None:
    """Give our event for one of the workflow's, None for those that nobody needs to see."""
    match event:
        case Out():
            inner: AgentStep = event.event
            return inner
        case ToolCallResult():
            kept = event.tool_output.raw_output
            if isinstance(kept, Step):
                return _told(kept, event.tool_id)
            text = str(event.tool_output.content)  # there is no tool of that name
            return ToolStep(event.tool_id, event.tool_name, event.tool_kwargs, "failed", text, (), text, 0.0)
        case ToolCall():
            return ToolStep(event.tool_id, event.tool_name, event.tool_kwargs, "running")
    return None


def _told(step: Step, step_id: str) -> ToolStep:
    """Tell of a call that is over."""
    return ToolStep(
        step_id,
        step.tool,
        step.arguments,
        "done" if step.error is None else "failed",
        step.observation[:SHOWN_CHARACTERS],
        tuple((s.hit.chunk.title, s.hit.chunk.path) for s in step.found.sources),
        step.error,
        step.seconds,
    )


def _last(run: AgentRun) -> Step:
    return next(step for step in reversed(run.steps) if step.found.tags is not None)


def _unsaid(run: AgentRun, outcome: Outcome) -> str:
    """Give what of an answer that was cut short has not been shown yet: the quoted one, whole."""
    return "" if run.answer is not None and run.answer.order else outcome.text
