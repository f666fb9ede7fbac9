"""A language model behind an OpenAI-compatible server, as LlamaIndex sees it. The HTTP work is in `chat_calls`.

Whoever calls it (the query engine, an agent, an evaluation) gets the same retries, deadline, errors and usage. It never
sends what the prompt loader puts beside a message, and it holds no key that its `repr` or a trace could show.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from typing import Any

from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ChatResponseAsyncGen,
    ChatResponseGen,
    MessageRole,
)
from llama_index.llms.openai.utils import ALL_AVAILABLE_MODELS, to_openai_message_dicts
from llama_index.llms.openai_like import OpenAILike
from pydantic import PrivateAttr

from assistant.chat_calls import ChatCall, Dialect
from assistant.endpoint import Endpoint, run_apart
from assistant.tracing.model_calls import model_call, replied
from assistant.usage import Call

OPENAI_WINDOW = 128_000
"""Tokens: the least that a current model of OpenAI reads."""
COMPATIBLE_WINDOW = 8_192
"""Tokens: assumed of a model that nobody told us about."""


class ServerLLM(OpenAILike):
    """OpenAILike with our own transport under it.

    The four methods that talk to the server are replaced; what LlamaIndex wraps around them (instrumentation, and
    completion on top of chat) stays. The synchronous ones run the asynchronous ones in a thread, and stream in one
    piece.
    """

    _endpoint: Endpoint = PrivateAttr()
    _dialect: Dialect = PrivateAttr()

    def __init__(self, endpoint: Endpoint) -> None:
        settings = endpoint.settings
        super().__init__(
            model=endpoint.model,
            api_base=endpoint.shown,
            api_key="held by the endpoint",  # not empty: LlamaIndex would look for one in the environment
            temperature=settings.temperature,
            max_tokens=settings.max_output_tokens,
            context_window=settings.context_window or _known_window(endpoint),
            is_chat_model=True,
            is_function_calling_model=False,
            max_retries=0,
            timeout=settings.request_timeout_s,
        )
        self._endpoint = endpoint
        self._dialect = Dialect()

    @property
    def endpoint(self) -> Endpoint:
        """The server and the model."""
        return self._endpoint

    @classmethod
    def class_name(cls) -> str:
        """Name of the class, as LlamaIndex writes it into events."""
        return "ServerLLM"

    async def _astream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseAsyncGen:
        return self._responses(messages, **kwargs)

    async def _responses(self, messages: Sequence[ChatMessage], **kwargs: Any) -> AsyncGenerator[ChatResponse, None]:
        call = ChatCall(self._endpoint, self._dialect, self._request(messages, **kwargs))
        said = ""
        with model_call(messages, self.model, self._endpoint.provider) as span:
            try:
                async with aclosing(call.pieces()) as pieces:
                    async for piece in pieces:
                        said += piece
                        yield _response(said, piece)
            finally:
                replied(span, said, call.call)
        if call.call is not None:
            yield _response(said, "", call.call)

    async def _achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        call = ChatCall(self._endpoint, self._dialect, self._request(messages, **kwargs))
        said = ""
        with model_call(messages, self.model, self._endpoint.provider) as span:
            try:
                async with aclosing(call.pieces()) as pieces:
                    async for piece in pieces:
                        said += piece
            finally:
                replied(span, said, call.call)
        return _response(said, None, call.call)

    def _chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        return run_apart(self._achat(messages, **kwargs))

    def _stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        def pieces() -> Iterator[ChatResponse]:
            whole = self._chat(messages, **kwargs)
            whole.delta = whole.message.content
            yield whole

        return pieces()  # type: ignore[return-value]

    def _request(self, messages: Sequence[ChatMessage], **kwargs: Any) -> dict[str, Any]:
        plain = [
            message.model_copy(
                update={"additional_kwargs": {k: v for k, v in message.additional_kwargs.items() if k != "lectern"}}
            )
            for message in messages
        ]
        return {"messages": to_openai_message_dicts(plain, model=self.model), **self._get_model_kwargs(**kwargs)}


def _known_window(endpoint: Endpoint) -> int:
    if endpoint.settings.mode == "compatible":
        return COMPATIBLE_WINDOW
    return ALL_AVAILABLE_MODELS.get(endpoint.model, OPENAI_WINDOW)


def _response(said: str, delta: str | None, call: Call | None = None) -> ChatResponse:
    """Make a response; with `call`, its counts stand where LlamaIndex' OpenAI puts them, if they were reported."""
    counts = {} if call is None else {"prompt_tokens": call.input_tokens, "completion_tokens": call.output_tokens}
    return ChatResponse(
        message=ChatMessage(role=MessageRole.ASSISTANT, content=said),
        delta=delta,
        additional_kwargs={key: value for key, value in counts.items() if value is not None},
    )
