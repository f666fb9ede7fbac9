"""Writes the prompt of the agent's next step: from the template `react`, or `react_hint` where only hints are given."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from llama_index.core.agent.react.formatter import ReActChatFormatter
from llama_index.core.agent.react.types import BaseReasoningStep
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.tools import BaseTool
from pydantic import PrivateAttr

from assistant.agent_run import AgentRun, Step, current_run
from assistant.answer_stream import runs_of
from assistant.passages import passage_of
from assistant.policy.values import RULE
from assistant.prompts import PromptSet
from assistant.toolbox import Toolbox
from assistant.tools.tool import Arguments, Tool


class Formatter(ReActChatFormatter):
    """Writes the prompt of the next step from the prompt template `react`."""

    _prompts: PromptSet = PrivateAttr()
    _toolbox: Toolbox = PrivateAttr()

    def __init__(self, prompts: PromptSet, toolbox: Toolbox) -> None:
        super().__init__()
        self._prompts = prompts
        self._toolbox = toolbox

    def format(
        self,
        tools: Sequence[BaseTool],
        chat_history: list[ChatMessage],
        current_reasoning: list[BaseReasoningStep] | None = None,
    ) -> list[ChatMessage]:
        """Write it; history and steps come from the run, which knows them as plain turns."""
        run = current_run()
        rule = RULE.get()
        hinting = rule is not None and rule.is_hinting
        more = {"assignment": rule.assignment} if rule is not None and hinting else {}
        on = self._toolbox.names()
        messages = self._prompts.get("react_hint" if hinting else "react").render(
            **more,
            question=run.question,
            history=[dict(turn) for turn in run.history],
            tools=[described(tool) for tool in self._toolbox.all() if tool.name in on],
            steps=[_told(step, run) for step in run.steps],
            problem=run.problem,
            source_key=run.key,
        )
        run.instructions = runs_of(str(messages[0].content))
        return messages


def described(tool: Tool) -> dict[str, Any]:
    """Give a tool as the prompt template takes it: name, description, arguments as a JSON schema."""
    return {"name": tool.name, "description": tool.description, "arguments": _schema(tool.arguments)}


@cache
def _schema(arguments: type[Arguments]) -> str:
    """Give the JSON schema of a tool's arguments, without what a model does not need of it."""
    schema = arguments.model_json_schema()
    fields = {
        name: {k: v for k, v in about.items() if k != "title"} for name, about in schema.get("properties", {}).items()
    }
    return json.dumps({"properties": fields, "required": schema.get("required", [])}, ensure_ascii=False)


def _told(step: Step, run: AgentRun) -> dict[str, Any]:
    return {
        "thought": step.thought,
        "tool": step.tool,
        "arguments": dict(step.arguments),
        "observation": step.observation,
        "error": step.error or "",
        "choices": list(step.found.choices),
        "passages": [
            {**passage_of(number, run.sources[number - 1].hit), "kind": run.sources[number - 1].kind}
            for number in step.numbers
        ],
    }
