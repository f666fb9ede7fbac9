"""The agent: LlamaIndex' ReAct loop over our tools, told as typed events; one instance serves all conversations.

It stands beside the query engine and gives the same kinds of events, so whoever reads a turn need not know which of
the two answered. Loop and prompt are in `react_agent`, the state of a turn in `agent_run`, tools in `toolbox`.
"""

from __future__ import annotations

import asyncio
import contextvars
import sys
import uuid
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress
from functools import partial
from typing import Any

from llama_index.core.agent.workflow.workflow_events import ToolCall, ToolCallResult
from llama_index.core.base.llms.types import ChatMessage, MessageRole
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.storage.chat_store import SimpleChatStore
from llama_index.core.workflow import Event as WorkflowEvent

from assistant.agent_ending import cited_so_far, concluded
from assistant.agent_run import RUN, AgentLimits, AgentRun, LimitReached, Step
from assistant.events import Thought, Token, ToolStep
from assistant.link_guard import without_links_in
from assistant.llms import Model
from assistant.prompts import PromptSet
from assistant.query_engine import Citing, Outcome, Turns, told_below
from assistant.react_agent import LoopAgent, Out
from assistant.toolbox import Toolbox, written
from assistant.tools.tool import Observation, Source
from assistant.tracing.capture import span
from assistant.usage import METER, Meter, current_meter
from index_store.chunks import Embedder, Hit

AgentStep = Thought | ToolStep | Citing | Token | Outcome
CANCEL_WITHIN_S = 0.5
FIRST_LOOK_S = 0.05
"""How long the first step waits to hear which hosts can be reached; the second, and a call of one of them, wait on."""
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
        self._by_model = model.mode != "quoting"
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
            made, step_id = searched(run, seen), uuid.uuid4().hex
            run.steps.append(made)
            yield Thought(made.thought)
            yield ToolStep(step_id, made.tool, _shown_of(run)(made.arguments), "running")
            yield _told(made, step_id, run)
        run.looking = asyncio.ensure_future(self.toolbox.look_around())
        try:
            await asyncio.wait({run.looking}, timeout=FIRST_LOOK_S)
            async with aclosing(self._answering(run)) as answering:
                async for step in answering:
                    yield step
        finally:
            run.looking.cancel()

    async def _answering(self, run: AgentRun) -> AsyncGenerator[AgentStep, None]:
        """Run the loop to its end or to a limit, and conclude."""
        limit = ""
        with span("agent", "answer with tools", {"question": run.question, "history": list(run.history)}) as kept:
            try:
                async with aclosing(self._steps(run)) as steps:
                    async for step in steps:
                        if isinstance(step, Token):
                            yield Citing(partial(cited_so_far, run, self._embedder))
                        yield step
            except LimitReached as exc:
                limit = str(exc)
            outcome = await concluded(run, limit, self.toolbox, self._embedder, by_model=self._by_model)
            if limit and outcome.found:
                yield Token(_unsaid(run, outcome))
            kept.outputs = {"found": outcome.found, "steps": len(run.steps), **told_below(outcome)}
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
                step = _step_of(event, run)
                if step is not None:
                    yield step
            await handler  # raises what ended the loop
        finally:
            if not handler.is_done():
                await handler.cancel_run()
            with suppress(Exception, asyncio.CancelledError):  # how it ended was told above, or nobody listens any more
                await asyncio.wait_for(asyncio.shield(handler._result_task), CANCEL_WITHIN_S)
            await events.aclose()


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


def _step_of(event: WorkflowEvent, run: AgentRun) -> AgentStep | None:
    """Give our event for one of the workflow's, None for those that nobody needs to see."""
    match event:
        case Out():
            inner: AgentStep = event.event
            return inner
        case ToolCallResult():
            kept = event.tool_output.raw_output
            if isinstance(kept, Step):
                return _told(kept, event.tool_id, run)
            text = str(event.tool_output.content)  # there is no tool of that name
            given = _shown_of(run)(event.tool_kwargs)
            return ToolStep(event.tool_id, event.tool_name, given, "failed", text, (), text, 0.0)
        case ToolCall():
            return ToolStep(event.tool_id, event.tool_name, _shown_of(run)(event.tool_kwargs), "running")
    return None


def _told(step: Step, step_id: str, run: AgentRun) -> ToolStep:
    """Tell of a call that is over."""
    shown = _shown_of(run)
    return ToolStep(
        step_id,
        step.tool,
        shown(step.arguments),
        "done" if step.failure is None else "failed",
        shown(step.observation[:SHOWN_CHARACTERS]),
        tuple((s.hit.chunk.title, s.hit.chunk.path) for s in step.found.sources),
        shown(step.error),
        step.seconds,
    )


def _shown_of(run: AgentRun) -> Callable[[Any], Any]:
    """Give what takes links that lead elsewhere than to what was found or written out of what a reader sees."""
    return partial(without_links_in, allowed=run.links | run.addresses, in_code=run.course_text)


def _unsaid(run: AgentRun, outcome: Outcome) -> str:
    """Give what of an answer that was cut short has not been shown yet: the quoted one, whole."""
    return "" if run.tags is not None or (run.answer is not None and run.answer.order) else outcome.text
