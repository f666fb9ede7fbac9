"""What `/v1` takes and gives, in OpenAI's shapes; `lectern` is what we add to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from assistant.ways import Way
from index_store.errors import InvalidInput
from ui.api_errors import ModelNotServed

AUTO, AGENT, TAGGER, EMBEDDING = "lectern", "lectern-agent", "lectern-tagger", "lectern-embedding"
WAYS: Mapping[str, Way] = {AUTO: "auto", AGENT: "agent"}
CHAT = (AUTO, AGENT, TAGGER)
MOST_MESSAGES = 10_000
MOST_TEXTS = 256
"""Texts of one request for embeddings."""
SYSTEM = frozenset({"system", "developer"})

# What would change the answer, with the values that ask for nothing; any other value is refused.
REFUSED: Mapping[str, tuple[Any, ...]] = {
    "n": (1,),
    "tools": ([],),
    "functions": ([],),
    "tool_choice": ("none", "auto"),
    "function_call": ("none", "auto"),
    "response_format": ({"type": "text"},),
    "stop": ("", []),
    "logprobs": (False,),
    "top_logprobs": (0,),
    "logit_bias": ({},),
    "modalities": (["text"],),
    "audio": (),
    "prediction": (),
    "web_search_options": (),
}
IGNORED = frozenset(
    {
        "temperature", "top_p", "max_tokens", "max_completion_tokens", "seed", "presence_penalty", "frequency_penalty",
        "reasoning_effort", "verbosity", "metadata", "store", "service_tier", "user", "safety_identifier",
        "prompt_cache_key", "prompt_cache_retention", "parallel_tool_calls",
    }
)  # fmt: skip
"""What clients send out of habit, and what changes nothing here: told in the answer as `lectern.ignored`."""


class Unsupported(InvalidInput):
    """A parameter of OpenAI's that cannot be honoured here; `param` names it."""

    def __init__(self, message: str, param: str) -> None:
        super().__init__(message)
        self.param = param


class TextPart(BaseModel):
    """A part of a message; only text is read."""

    model_config = ConfigDict(extra="allow")
    type: str = Field(description="`text`: images, sound and files are refused.")
    text: str = ""


class Message(BaseModel):
    """A message; of the `system` and `developer` roles it is ignored."""

    model_config = ConfigDict(extra="allow")
    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[TextPart] | None = None


class StreamOptions(BaseModel):
    """How a stream ends."""

    model_config = ConfigDict(extra="allow")
    include_usage: bool | None = None


class ChatRequest(BaseModel):
    """A question, after the turns before it; the last message is the user's."""

    model_config = ConfigDict(extra="allow")
    model: str = Field(description=f"One of {', '.join(CHAT)}.", examples=[AUTO])
    messages: list[Message] = Field(min_length=1, max_length=MOST_MESSAGES)
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    user: str | None = Field(None, description="Ignored: the key says who asks.")


class Asked(BaseModel):
    """What is read of a request: the question, the turns before it, and what was ignored."""

    question: str
    history: list[dict[str, str]]
    ignored: list[str]


def asked(request: ChatRequest) -> Asked:
    """Read a request.

    Raises:
        ModelNotServed: it asks for another model.
        InvalidInput: it asks for what cannot be done here.
    """
    if request.model not in CHAT:
        raise no_model(request.model, CHAT)
    ignored = _ignored(request.model_extra or {}, request.user)
    history: list[dict[str, str]] = []
    for n, message in enumerate(request.messages):
        if message.role in SYSTEM:
            ignored.append(f"messages[{n}] ({message.role})")
        else:
            history.append({"role": message.role, "content": _text(message, n)})
    if not history or history[-1]["role"] != "user":
        raise Unsupported("The last message is not the user's, so there is no question.", "messages")
    return Asked(question=history.pop()["content"], history=history, ignored=ignored)


def no_model(name: str, served: Sequence[str]) -> ModelNotServed:
    """Give the error for a model that is none of those which an address has."""
    known = served[0] if len(served) == 1 else f"one of {', '.join(served)}"
    return ModelNotServed(f"There is no model {name!r} here.", hint=f"Choose {known}.")


def _ignored(extra: Mapping[str, Any], user: str | None) -> list[str]:
    found = [] if user is None else ["user"]
    for name, value in extra.items():
        if value is None:
            continue
        if name in IGNORED:
            found.append(name)
        elif name not in REFUSED:
            raise Unsupported(f"Unrecognized request argument supplied: {name[:80]}", name[:80])
        elif value not in REFUSED[name]:
            raise Unsupported(f"{name} cannot be honoured here: leave it out.", name)
    return found


def _text(message: Message, n: int) -> str:
    if (message.model_extra or {}).get("tool_calls"):
        raise Unsupported("Calls of a client's tools are not taken here.", f"messages[{n}].tool_calls")
    if not isinstance(message.content, list):
        return message.content or ""
    for m, part in enumerate(message.content):
        if part.type != "text":
            raise Unsupported(f"Only text is read, not {part.type[:40]!r}.", f"messages[{n}].content[{m}].type")
    return "\n".join(part.text for part in message.content)


class EmbeddingRequest(BaseModel):
    """Texts to embed as the library's windows are."""

    model_config = ConfigDict(extra="forbid")
    model: str = Field(examples=[EMBEDDING])
    input: str | list[str] = Field(description=f"One text or up to {MOST_TEXTS}; arrays of tokens are refused.")
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: int | None = Field(None, description="Only that of the library's model.")
    user: str | None = None


def texts_of(request: EmbeddingRequest) -> Sequence[str]:
    """Give the texts to embed.

    Raises:
        InvalidInput: there are none, too many, or an empty one.
    """
    texts = [request.input] if isinstance(request.input, str) else request.input
    if not 1 <= len(texts) <= MOST_TEXTS:
        raise Unsupported(f"input has {len(texts):,} texts; 1 to {MOST_TEXTS} are taken.", "input")
    for n, text in enumerate(texts):
        if not text.strip():
            raise Unsupported(f"input[{n}] is empty.", "input")
    return texts


class OpenAIProblem(BaseModel):
    """What went wrong, in OpenAI's shape."""

    message: str
    type: str
    param: str | None
    code: str | None


class OpenAIProblemBody(BaseModel):
    """The body of every error of `/v1`."""

    error: OpenAIProblem


class ServedModel(BaseModel):
    """A model; `lectern` says what it does and what answers."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str
    lectern: dict[str, str]


class ServedModels(BaseModel):
    """The models that the key may use."""

    object: Literal["list"]
    data: list[ServedModel]


class ReplyMessage(BaseModel):
    """What was answered."""

    role: Literal["assistant"]
    content: str
    refusal: None


class Choice(BaseModel):
    """The one answer."""

    index: Literal[0]
    message: ReplyMessage
    logprobs: None
    finish_reason: Literal["stop", "length"]


class Tokens(BaseModel):
    """Tokens as the model's server reported them; left out where it did not."""

    prompt_tokens: int
    completion_tokens: int | None = None
    total_tokens: int


class ChatReply(BaseModel):
    """An answer; its sources, steps and trace are under `lectern`, which a stream gives with its last piece."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[Choice]
    usage: Tokens | None = None
    lectern: dict[str, Any]


class Embedding(BaseModel):
    """A vector, as numbers or as base64 of little-endian float32."""

    object: Literal["embedding"]
    index: int
    embedding: list[float] | str


class Embeddings(BaseModel):
    """The vectors, in the order of the texts."""

    object: Literal["list"]
    model: str
    data: list[Embedding]
    usage: Tokens | None = None
