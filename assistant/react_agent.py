"""LlamaIndex' ReActAgent with our reading of replies, our prompt and our tools. One object serves every turn.

What belongs to a turn is in its AgentRun. Typed events go out through the workflow's own stream, wrapped in `Out`.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from contextlib import aclosing
from typing import Any

from llama_index.core.agent.react.output_parser import ReActOutputParser
from llama_index.core.agent.react.types import ActionReasoningStep, BaseReasoningStep, ResponseReasoningStep
from llama_index.core.agent.workflow import ReActAgent
from llama_index.core.agent.workflow.agent_context import AgentContext
from llama_index.core.agent.workflow.workflow_events import AgentOutput, ToolCallResult
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, MessageRole
from llama_index.core.llms.llm import ToolSelection
from llama_index.core.memory import BaseMemory
from llama_index.core.tools import AsyncBaseTool, ToolMetadata, ToolOutput
from llama_index.core.workflow import Event as WorkflowEvent
from pydantic import PrivateAttr

from assistant.agent_run import AgentRun, LimitReached, Step, current_run
from assistant.answer_stream import AnswerStream, runs_of
from assistant.events import BELOW_TAGS, Thought, Token
from assistant.link_guard import without_foreign_links
from assistant.llms import Model, stream
from assistant.pasted_turns import to_tag
from assistant.policy.hint_guard import cleaned
from assistant.policy.values import RULE
from assistant.prompts import PromptSet
from assistant.react_prompt import Formatter
from assistant.react_reply import MalformedReply, Reply, ReplyReader, read_reply
from assistant.toolbox import Toolbox
from assistant.tools.tool import Tool
from index_store.errors import ModelReplyBroken, ToolFailed

MOST_MALFORMED = 3
UNCITED = (
    "Your answer cites no source. End each sentence with the numbers of the sources that support it, like [1], or give"
    " the refusal sentence."
)


class Out(WorkflowEvent):
    """One of our events on its way out of the workflow."""

    event: Any


class Parser(ReActOutputParser):
    """Reads replies as `react_reply` does; a reply of no use becomes a message to the model."""

    def parse(self, output: str, is_streaming: bool = False) -> BaseReasoningStep:
        """Read a reply.

        Raises:
            ValueError: when it is of no use.
        """
        reply = read_reply(output)
        current_run().thought = cleaned(reply.thought)
        if reply.answer is not None:
            return ResponseReasoningStep(thought=reply.thought, response=reply.answer, is_streaming=is_streaming)
        return ActionReasoningStep(thought=reply.thought, action=reply.action, action_input=dict(reply.arguments or {}))


class LoopTool(AsyncBaseTool):
    """One of our tools as LlamaIndex calls it."""

    def __init__(self, tool: Tool, toolbox: Toolbox) -> None:
        self._tool = tool
        self._toolbox = toolbox
        self._metadata = ToolMetadata(
            name=tool.name, description=tool.description, fn_schema=tool.arguments, return_direct=tool.answers
        )

    @property
    def metadata(self) -> ToolMetadata:
        """What LlamaIndex asks of a tool."""
        return self._metadata

    def call(self, input: Any = None, **given: Any) -> ToolOutput:  # noqa: A002  # LlamaIndex names it so
        """Refuse: the loop is asynchronous."""
        raise NotImplementedError("Lectern's tools are called asynchronously.")

    async def acall(self, input: Any = None, **given: Any) -> ToolOutput:  # noqa: A002
        """Call the tool; what goes wrong is an observation."""
        given = given if input is None else {"input": input, **given}
        step = await self._toolbox.call(current_run(), self._tool.name, given)
        return ToolOutput(
            tool_name=self._tool.name,
            content=step.observation,
            raw_input=given,
            raw_output=step,
            is_error=step.error is not None,
        )


class LoopAgent(ReActAgent):
    """The loop; the model it asks is ours, with its retries, deadline, errors, usage and trace."""

    _model: Model = PrivateAttr()
    _own_steps: dict[str, Any] | None = PrivateAttr(default=None)

    def __init__(self, model: Model, prompts: PromptSet, toolbox: Toolbox, tools: Sequence[Tool]) -> None:
        super().__init__(
            name="lectern",
            llm=model.llm,
            tools=[LoopTool(tool, toolbox) for tool in tools],
            output_parser=Parser(),
            formatter=Formatter(prompts, toolbox),
            timeout=None,
        )
        self._model = model

    def _get_steps(self) -> dict[str, Any]:
        """Give the workflow's steps, found once: it asks twelve times a turn, and looks itself through each time."""
        if self._own_steps is None:
            self._own_steps = super()._get_steps()
        return dict(self._own_steps)

    async def take_step(
        self, ctx: AgentContext, llm_input: list[ChatMessage], tools: Sequence[AsyncBaseTool], memory: BaseMemory
    ) -> AgentOutput:
        """Take one step, within the limits; an abstract that was pasted is tagged without asking a model."""
        run = current_run()
        if not run.steps and _may_tag(tools):
            run.pasted = to_tag(run.question, run.history)
        if not run.steps and run.pasted is not None:
            return _given_call(ctx, run, run.pasted.abstract)
        run.check_limits()
        if run.steps:  # the first step does not wait, so that it is seen at once
            await run.looked()
        output: AgentOutput = await super().take_step(ctx, llm_input, tools, memory)
        if output.retry_messages:
            return self._once_more(run, output)
        run.problem, run.malformed = "", 0
        if not output.tool_calls and _cites_nothing(run):
            run.uncited += 1
            run.problem = UNCITED
            output.retry_messages = [output.response, ChatMessage(role=MessageRole.USER, content=UNCITED)]
        return output

    async def handle_tool_call_results(self, ctx: Any, results: list[ToolCallResult], memory: BaseMemory) -> None:
        """Keep the call of a tool that there is not: the others keep themselves."""
        run = current_run()
        for result in results:
            if result.tool_output.exception is not None:  # a fault of ours: our tools tell all else as observations
                raise result.tool_output.exception
            if not isinstance(result.tool_output.raw_output, Step):
                failure = ToolFailed(f"There is no tool {result.tool_name}.")
                run.steps.append(
                    Step(run.thought, result.tool_name, result.tool_kwargs, f"Error: {failure}", failure=failure)
                )
            elif self._goes_on(run) and run.tags is not None and result.return_direct:
                result.return_direct = False
                ctx.write_event_to_stream(Out(event=Token(run.steps[-1].found.text)))
        await super().handle_tool_call_results(ctx, results, memory)

    def _goes_on(self, run: AgentRun) -> bool:
        """Tell whether more than tags is wanted of what was pasted: of a model anything, else what the course has."""
        if run.pasted is None:
            return False
        return bool(run.pasted.for_the_course if self._model.mode == "quoting" else run.pasted.wishes)

    def _once_more(self, run: AgentRun, output: AgentOutput) -> AgentOutput:
        run.malformed += 1
        run.problem = _reason(output)
        if run.malformed >= MOST_MALFORMED:
            raise LimitReached(f"{run.malformed} replies of the model could not be used")
        return output

    async def _get_streaming_response(self, ctx: AgentContext, current_llm_input: list[ChatMessage]) -> ChatResponse:
        """Ask the model; thought and answer go out while they come, what it makes up behind an action is not read."""
        run = current_run()
        reader = ReplyReader()
        sending = _Sending(ctx, run)
        try:
            async with aclosing(stream(self._model, current_llm_input)) as pieces:
                async for piece in pieces:
                    sending.take(reader, reader.feed(piece))
                    if reader.is_over:
                        break
        except ModelReplyBroken as exc:
            if run.malformed + 1 >= MOST_MALFORMED or sending.has_said:
                raise
            return ChatResponse(message=ChatMessage(role=MessageRole.ASSISTANT, content=""), raw={"broken": str(exc)})
        sending.end(reader)
        return ChatResponse(message=ChatMessage(role=MessageRole.ASSISTANT, content=reader.text))


class _Sending:
    """Sends thought and answer of one reply out while they arrive."""

    def __init__(self, ctx: AgentContext, run: AgentRun) -> None:
        self._ctx = ctx
        self._run = run
        self.has_said = False
        run.answer = None

    def take(self, reader: ReplyReader, delta: str) -> None:
        """Take what a piece added to the answer."""
        if not delta:
            return
        if self._run.answer is None:
            self._think(reader)
            self._run.answer = new_answer(self._run)
        self._say(self._run.answer.feed(delta))

    def end(self, reader: ReplyReader) -> None:
        """Send what was held back; an answer without the form comes whole, now."""
        if self._run.answer is None:
            self._think(reader)
            reply = _read(reader.text)
            if reply is None or reply.answer is None:
                return
            self._run.answer = new_answer(self._run)
            self._say(self._run.answer.feed(reply.answer))
        self._say(self._run.answer.finish())

    def _think(self, reader: ReplyReader) -> None:
        reply = _read(reader.text)
        if reply is not None and reply.thought:
            thought = without_foreign_links(reply.thought, self._run.links)  # it is shown too
            self._ctx.write_event_to_stream(Out(event=Thought(thought)))

    def _say(self, text: str) -> None:
        if text:
            parted = BELOW_TAGS if self._run.tags is not None and not self.has_said else ""
            self.has_said = True
            self._ctx.write_event_to_stream(Out(event=Token(parted + text)))


def _read(text: str) -> Reply | None:
    try:
        return read_reply(text)
    except MalformedReply:
        return None


def _given_call(ctx: AgentContext, run: AgentRun, abstract: str) -> AgentOutput:
    """Call the tagger on an abstract that the user pasted: a rule, in every mode, and no model is asked for a step."""
    run.thought = "An abstract was pasted: its model names are tagged."
    ctx.write_event_to_stream(Out(event=Thought(run.thought)))
    call = ToolSelection(tool_id=uuid.uuid4().hex, tool_name="tag_abstract", tool_kwargs={"abstract": abstract})
    said = ChatMessage(role=MessageRole.ASSISTANT, content=run.thought)
    return AgentOutput(response=said, tool_calls=[call], current_agent_name="lectern")


def _may_tag(tools: Sequence[AsyncBaseTool]) -> bool:
    rule = RULE.get()
    is_there = any(t.metadata.name == "tag_abstract" for t in tools)
    return is_there and (rule is None or rule.allows_tool("tag_abstract"))


def _cites_nothing(run: AgentRun) -> bool:
    """Tell whether an answer lacks what it stands on, though there is something, and the model may try again."""
    answer = run.answer
    return answer is not None and not answer.order and not answer.is_refusal and bool(run.sources) and not run.uncited


def _reason(output: AgentOutput) -> str:
    """Give what LlamaIndex says of a reply of no use, without its reminder of a form that is not ours."""
    said = str(output.retry_messages[-1].content or "")
    found = re.search(r"Error while parsing the output: (.*?)(?:\n\n|\Z)", said, re.DOTALL)
    return found[1] if found else "It was empty."


def new_answer(run: AgentRun) -> AnswerStream:
    """Give the stream of an answer that may cite what has been found so far, and nothing else."""
    hits = [source.hit for source in run.sources]
    known = frozenset().union(*(runs_of(hit.chunk.context) for hit in hits)) if run.instructions else frozenset()
    unsayable = run.instructions - known  # a source may happen to say the same
    return AnswerStream(range(1, len(hits) + 1), run.links, run.course_text, hold=True, unsayable=unsayable)
