"""The span of one call of a language model, the same whoever calls it: query engine, agent, tagger, evaluation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from assistant.tracing import records
from assistant.tracing.capture import current_recording, span
from assistant.tracing.records import Prompt, Span

if TYPE_CHECKING:
    from llama_index.core.base.llms.types import ChatMessage

    from assistant.usage import Call


@contextmanager
def model_call(messages: Sequence[ChatMessage], model: str, provider: str) -> Iterator[Span]:
    """Record a call with what it was asked; the prompt template comes from what the loader put beside the messages."""
    said = {"messages": [{"role": str(m.role.value), "content": m.content} for m in messages]}
    prompt = prompt_of(messages)
    about = {
        records.OPERATION: "chat",
        records.PROVIDER: provider,
        records.MODEL: model,
        records.TEMPLATE: prompt and prompt.name,
        records.TEMPLATE_VERSION: prompt and prompt.version,
        records.TEMPLATE_HASH: prompt and prompt.hash,
    }
    turn = current_recording()
    if turn is not None and prompt is not None:
        turn.prompt = prompt
    with span("model", f"chat {model}", said, **{k: v for k, v in about.items() if v is not None}) as step:
        yield step


def replied(step: Span, text: str, call: Call | None = None) -> None:
    """Put what the model said, or had said by then, on its span; with `call`, what that cost."""
    step.outputs = {"text": text}
    if call is None:
        return
    about = {
        records.RESPONSE_MODEL: call.model,
        records.INPUT_TOKENS: call.input_tokens,
        records.OUTPUT_TOKENS: call.output_tokens,
        records.CACHED_TOKENS: call.cached_tokens,
        records.FINISH_REASONS: [call.finish] if call.finish else None,
        records.PRICE_USD: call.price_usd,
        records.TOKENS_FROM: "server" if call.input_tokens is not None else "none",
    }
    step.attributes.update({key: value for key, value in about.items() if value is not None})


def prompt_of(messages: Sequence[ChatMessage]) -> Prompt | None:
    """Give the template that messages were rendered from, None if they were written by hand."""
    for message in reversed(messages):
        data = message.additional_kwargs.get("lectern")
        if isinstance(data, Mapping) and "template" in data:
            return Prompt(data["template"], data["version"], data["hash"], _plain(data.get("inputs", {})))
    return None


def _plain(inputs: Any) -> Mapping[str, Any]:
    return inputs if isinstance(inputs, Mapping) else {}
