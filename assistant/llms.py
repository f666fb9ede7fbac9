"""Chooses the language model once, asks it, and tells what went wrong. Writes no prompt and judges no answer."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistant.endpoint import Endpoint
from assistant.preflight import only_model, served_models, try_endpoint
from assistant.settings import DEFAULT_OPENAI_MODEL, AssistantSettings, Mode
from index_store.errors import ModelReplyBroken, SettingsError

if TYPE_CHECKING:
    from llama_index.core.base.llms.types import ChatMessage
    from llama_index.core.llms import LLM

__all__ = ["Model", "Schema", "choose_model", "complete", "preflight", "served_models", "stream"]


@dataclass(frozen=True, slots=True)
class Model:
    """The language model in use; `label` is what the badge says. `endpoint` is None in quoting mode."""

    llm: LLM
    mode: Mode
    name: str
    label: str
    endpoint: Endpoint | None = None

    @property
    def provider(self) -> str:
        """Who answers, as a trace names it."""
        return "lectern" if self.endpoint is None else self.endpoint.provider


@dataclass(frozen=True, slots=True)
class Schema:
    """A form that a reply is to have: a JSON object with these properties, each a JSON schema."""

    name: str
    properties: Mapping[str, Any]

    def as_format(self) -> dict[str, Any]:
        """Give it as the `response_format` of OpenAI's structured output, which takes an object at the top alone."""
        form = {
            "type": "object",
            "properties": dict(self.properties),
            "required": list(self.properties),
            "additionalProperties": False,
        }
        return {"type": "json_schema", "json_schema": {"name": self.name, "strict": True, "schema": form}}


def choose_model(settings: AssistantSettings, quoting: LLM | None) -> Model:
    """Choose the model that the settings ask for: an address wins over a key; without both, quoting mode.

    Only when a compatible server is set without a model is the server asked for what it has. A server that fails later
    is an error then: nothing switches to quoting mode by itself.

    Raises:
        SettingsError: when a compatible server has several models and none is chosen.
        ModelProblem: when it had to be asked, and could not be.
    """
    if settings.mode == "quoting":
        if quoting is None:
            raise SettingsError(
                "No language model is configured, and quoting mode was not made ready.",
                hint="Set OPENAI_API_KEY or OPENAI_BASE_URL.",
            )
        return Model(quoting, "quoting", "quoting", "quotes only, no language model")
    from assistant.server_llm import ServerLLM

    name = settings.model
    if name is None:
        name = DEFAULT_OPENAI_MODEL if settings.mode == "openai" else only_model(settings)
    endpoint = Endpoint(settings, name)
    where = "OpenAI" if settings.mode == "openai" else endpoint.shown
    return Model(ServerLLM(endpoint), settings.mode, name, f"{name} at {where}", endpoint)


async def preflight(model: Model, *, asks: bool = True) -> list[str]:
    """Try whether the model can be reached, and used where it `asks` for one token; give the names that are listed.

    Quoting mode needs no server: nothing is tried, and the list is empty.

    Raises:
        ModelProblem: naming the reason and the next step.
    """
    return [] if model.endpoint is None else await try_endpoint(model.endpoint, asks=asks)


async def stream(
    model: Model, messages: Sequence[ChatMessage], schema: Schema | None = None
) -> AsyncGenerator[str, None]:
    """Give the model's reply piece by piece; closing it early closes the connection.

    With a `schema` its server is asked for JSON of that form; a server that cannot hold a model to it replies freely.

    Raises:
        ModelProblem: ModelUnreachable, ModelDenied, ModelUnknown, ModelOverloaded, or ModelReplyBroken with what had
            been said by then.
    """
    said = False
    form = {} if schema is None else {"response_format": schema.as_format()}
    replies = await model.llm.astream_chat(messages, **form)
    async with aclosing(replies):
        async for reply in replies:
            if reply.delta:
                said = said or not reply.delta.isspace()
                yield reply.delta
    if not said:
        raise ModelReplyBroken(f"{model.label} answered with nothing.", hint="Ask again, or choose another model.")


async def complete(model: Model, messages: Sequence[ChatMessage], schema: Schema | None = None) -> str:
    """Give the model's whole reply, without white space around it; `schema` as `stream`.

    Raises:
        ModelProblem: as `stream`.
    """
    pieces: AsyncIterator[str] = stream(model, messages, schema)
    return "".join([piece async for piece in pieces]).strip()
