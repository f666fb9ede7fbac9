"""Asks a language model for the names in an abstract: prompt, reply, one retry with the error, and each name's place.

Where the server has structured output, the reply is held to a list of strings (within an object, for no other form is
taken everywhere); the retry asks freely, since a form that did not help once will not help again. Splits no paste and
keeps no trace of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from assistant.examples import PACKAGED, Examples, read_examples
from assistant.llms import Model, Schema, complete
from assistant.prompts import PromptSet, Template
from assistant.tag_replies import Placed, excerpt, parse_tags, place
from assistant.tracing import records
from assistant.tracing.capture import current_recording, span
from assistant.tracing.model_calls import prompt_of
from index_store.errors import ModelReplyBroken, TagParseError

if TYPE_CHECKING:
    from llama_index.core.base.llms.types import ChatMessage

REASONS = "reason_about_tags"
"""The task of a template whose reply is reasoning: the list is taken from it by a second prompt."""
TRIES = 2
FORM = Schema("model_names", {"names": {"type": "array", "items": {"type": "string"}}})


class ModelTags:
    """Finds names with a model and the chosen version of `tag_abstract`; may be used by several tasks at once."""

    def __init__(self, model: Model, prompts: PromptSet, examples: Examples | None = None) -> None:
        self._model = model
        self._prompts = prompts
        self._examples = Examples(read_examples(PACKAGED)) if examples is None else examples

    async def find(self, abstract: str) -> Placed:
        """Find the names of models in an abstract.

        Raises:
            PromptProblem: when a template cannot be used; before any call.
            TagParseError: when the model gave no list of names twice.
            ModelProblem: when it could not be asked.
        """
        template = self._prompts.get("tag_abstract")
        messages = template.render(**await self._inputs(template, abstract))
        about = {
            records.TEMPLATE: template.name,
            records.TEMPLATE_VERSION: template.version,
            records.TEMPLATE_HASH: template.hash,
        }
        with span("tag", f"find names with {self._model.name}", {"abstract": abstract}, **about) as step:
            try:
                names = await self._names(template, messages, abstract)
            finally:
                _remember(messages)
            placed = place(names, abstract)
            tags = [{"name": t.name, "span": [t.start, t.end]} for t in placed.tags]
            step.outputs = {"tags": tags, "dropped": list(placed.dropped)}
        return placed

    async def _names(self, template: Template, messages: Sequence[ChatMessage], abstract: str) -> list[str]:
        if template.task != REASONS:
            return await self._asked(messages)
        reasoning = await self._reasoned(messages)
        extraction = self._prompts.get("extract_tags").render(abstract=abstract, reasoning=reasoning)
        return await self._asked(extraction)

    async def _inputs(self, template: Template, abstract: str) -> dict[str, Any]:
        given: dict[str, Any] = {"abstract": abstract}
        if "examples" in template.variables:
            chosen = await asyncio.to_thread(self._examples.for_abstract, abstract)  # the nearest are embedded
            given["examples"] = [example.data() for example in chosen]
        return given

    async def _reasoned(self, messages: Sequence[ChatMessage]) -> str:
        """Let the model think; any text will do, so a reply that broke is simply asked for again."""
        try:
            return await complete(self._model, messages)
        except ModelReplyBroken:
            return await complete(self._model, messages)

    async def _asked(self, messages: Sequence[ChatMessage]) -> list[str]:
        """Ask for the list, and once more with the error where the reply cannot be read."""
        asked = list(messages)
        for attempt in range(1, TRIES + 1):
            try:
                return parse_tags(await complete(self._model, asked, FORM if attempt == 1 else None))
            except (TagParseError, ModelReplyBroken) as exc:
                reply, reason, cause = _fault_of(exc)
            if attempt < TRIES:
                asked += self._again(reply, reason)
        said = f" It said: {excerpt(reply)}" if reply.strip() else ""
        raise TagParseError(
            f"{self._model.label} gave no list of names, also when it was asked again: {reason}.{said}",
            hint="Try another version of the prompt (`lectern prompts list`) or another model with LECTERN_MODEL.",
            reason=reason,
            reply=reply,
        ) from cause

    def _again(self, reply: str, reason: str) -> list[ChatMessage]:
        from llama_index.core.base.llms.types import ChatMessage, MessageRole

        # Some servers refuse a turn without text, so an empty reply is left out.
        said = [ChatMessage(role=MessageRole.ASSISTANT, content=reply)] if reply.strip() else []
        return [*said, *self._prompts.get("retry_tags").render(error=reason)]


def _fault_of(failure: TagParseError | ModelReplyBroken) -> tuple[str, str, Exception]:
    if isinstance(failure, TagParseError):
        return failure.reply, failure.reason, failure
    return failure.partial, failure.message.rstrip("."), failure


def _remember(messages: Sequence[ChatMessage]) -> None:
    """Let the trace name the tagging template, and not the retry or the extraction that came after it."""
    recording = current_recording()
    if recording is not None:
        recording.prompt = prompt_of(messages)
