"""One chat completion over HTTP: streamed, with retries before its first word, a deadline, and its usage recorded.

Knows the openai client and nothing of LlamaIndex. Whole replies are streamed too: then silence is noticed, a cut reply
can be told from a finished one, and there is one path to keep right.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import AsyncGenerator, Awaitable, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, TypeVar

import openai
from openai.types.chat import ChatCompletionChunk

from assistant.endpoint import Endpoint
from assistant.llm_errors import FAILURES, CutOff, EmptyReply, NoStream, explain, wait_before_retry
from assistant.usage import Call, current_meter
from index_store.bounded import TooLong

if TYPE_CHECKING:
    from openai import AsyncOpenAI, AsyncStream

T = TypeVar("T")
LONGEST_REPLY = 200_000
"""Characters, thoughts that stand in the text among them: a server need not keep to `max_tokens`."""


class Dialect:
    """What a server turned out not to take, so that it is asked in vain once and not at every call."""

    def __init__(self) -> None:
        self.dropped: set[str] = set()
        self.renamed: dict[str, str] = {}

    def apply(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Put a request into the server's words."""
        return {self.renamed.get(key, key): value for key, value in request.items() if key not in self.dropped}

    def learn(self, failure: BaseException, request: Mapping[str, Any]) -> bool:
        """Take a refusal as a hint to what the server does not take; False when it is none.

        The form of a reply (`response_format`) and then usage on streams (`stream_options`) are also given up on a
        refusal that does not say what is wrong, for some servers only say that there is an unknown field.
        """
        if not isinstance(failure, openai.APIStatusError) or failure.status_code not in (400, 422):
            return False
        said, sent = str(failure).lower(), self.apply(request)
        if "max_completion_tokens" in said and "max_tokens" in sent:
            self.renamed["max_tokens"] = "max_completion_tokens"
        elif "temperature" in said and "temperature" in sent:
            self.dropped.add("temperature")
        elif "context" not in said and (spare := self._spare(said, sent)) is not None:
            self.dropped.add(spare)
        else:
            return False
        return True

    def _spare(self, said: str, sent: Mapping[str, Any]) -> str | None:
        """Give the field that is given up: the one that is named, else the first that can be done without."""
        spare = [name for name in ("response_format", "stream_options") if name in sent]
        return next((name for name in spare if name in said), spare[0] if spare else None)

    def adopt(self, other: Dialect) -> None:
        """Keep what another one has learned."""
        self.dropped |= other.dropped
        self.renamed |= other.renamed


class Thoughts:
    """Leaves out `<think>...</think>` at the beginning of a reply: some servers send a model's reasoning so."""

    _OPEN, _CLOSE = "<think>", "</think>"

    def __init__(self) -> None:
        self._held = ""
        self._state = "start"

    def feed(self, piece: str) -> str:
        """Take a piece; give what belongs to the reply. White space at the very beginning is dropped."""
        if self._state == "reply":
            return piece
        self._held += piece
        if self._state == "start":
            self._held = self._held.lstrip()
            if self._OPEN.startswith(self._held):
                return ""  # nothing yet, or it may still become the tag
            self._state = "thinking" if self._held.startswith(self._OPEN) else "reply"
        if self._state == "thinking":
            _, found, after = self._held.partition(self._CLOSE)
            if not found:
                return ""
            self._held, self._state = "", "start"
            return self.feed(after)
        held, self._held = self._held, ""
        return held

    def rest(self) -> str:
        """Give what was held back, at the end; thinking that never ended is no reply."""
        return self._held if self._state == "start" else ""


class ChatCall:
    """One request and its reply; `call` is what it cost, once it is over."""

    def __init__(self, endpoint: Endpoint, dialect: Dialect, request: Mapping[str, Any]) -> None:
        self._endpoint = endpoint
        self._dialect = dialect
        self._request = {**request, "stream": True, "stream_options": {"include_usage": True}}
        self._meter = current_meter()  # now: the stream may be read to its end in another context
        self.call: Call | None = None

    async def pieces(self) -> AsyncGenerator[str, None]:
        """Give the reply piece by piece, the first with its first visible character.

        Raises:
            ModelProblem: mapped from whatever went wrong; a reply that broke off carries what had been said.
        """
        async with self._endpoint.client() as client:
            deadline = asyncio.get_running_loop().time() + self._endpoint.settings.deadline_s
            async with aclosing(self._tries(client, deadline)) as texts:
                async for text in texts:
                    yield text

    async def _tries(self, client: AsyncOpenAI, deadline: float) -> AsyncGenerator[str, None]:
        dialect = copy.deepcopy(self._dialect)
        attempt, said = 0, ""
        while True:
            try:
                async with aclosing(self._attempt(client, dialect, deadline)) as texts:
                    async for text in texts:
                        said += text
                        yield text
                self._dialect.adopt(dialect)
                return
            except FAILURES as exc:
                wait = 0.0
                if said or not dialect.learn(exc, self._request):
                    wait = self._wait(exc, attempt, said, deadline)
                    attempt += 1
            await asyncio.sleep(wait)

    def _wait(self, failure: BaseException, attempt: int, said: str, deadline: float) -> float:
        """Give the seconds until the next try, or raise what is to be told."""
        settings = self._endpoint.settings
        if not said and attempt < settings.max_retries:
            wait = wait_before_retry(failure, attempt, settings.backoff_s)
            if wait is not None and asyncio.get_running_loop().time() + wait < deadline:
                return wait
        raise explain(failure, self._endpoint, said) from failure

    async def _attempt(self, client: AsyncOpenAI, dialect: Dialect, deadline: float) -> AsyncGenerator[str, None]:
        stream = await _until(deadline, self._open(client, dialect))
        reading = _Reading()
        try:
            chunks = aiter(stream)
            while (chunk := await _until(deadline, anext(chunks, None))) is not None:
                text = reading.take(chunk)
                if text:
                    yield text
            rest = reading.finish(stream.response.headers.get("content-type", ""))
            if rest:
                yield rest
        finally:
            await stream.close()
            self._record(reading)

    async def _open(self, client: AsyncOpenAI, dialect: Dialect) -> AsyncStream[ChatCompletionChunk]:
        request = dialect.apply(self._request)
        stream: AsyncStream[ChatCompletionChunk] = await client.chat.completions.create(**request)
        return stream

    def _record(self, reading: _Reading) -> None:
        endpoint = self._endpoint
        name, own = reading.model or endpoint.model, endpoint.settings.prices
        self.call = Call(
            "model",
            name,
            **reading.tokens,
            priced=endpoint.priced,
            finish=reading.ended,
            own_prices=own.get(name) or own.get(endpoint.model),
        )
        if self._meter is not None:
            self._meter.record(self.call)


class _Reading:
    """What has been read of one reply."""

    def __init__(self) -> None:
        self.model: str | None = None
        self.ended: str | None = None  # the reason the server gave for ending
        self.tokens: dict[str, int | None] = {}
        self._thoughts = Thoughts()
        self._chunks = 0
        self._letters = 0
        self._said = False

    def take(self, chunk: object) -> str:
        """Read a chunk; give its text.

        Raises:
            ValueError: when it is no chunk, or the reply is too long.
        """
        if not isinstance(chunk, ChatCompletionChunk):
            raise ValueError(f"no chunk of a chat completion: {type(chunk).__name__}")
        self._chunks += 1
        self.model = chunk.model if isinstance(getattr(chunk, "model", None), str) else self.model
        self.tokens = _tokens(getattr(chunk, "usage", None)) or self.tokens
        choices = getattr(chunk, "choices", None) or []
        if not isinstance(choices, list):
            raise ValueError(f"choices are no list: {type(choices).__name__}")
        if not choices:
            return ""
        ended = getattr(choices[0], "finish_reason", None)
        self.ended = str(ended) if ended else self.ended
        text = getattr(getattr(choices[0], "delta", None), "content", None)
        if text is not None and not isinstance(text, str):
            raise ValueError(f"content is no text: {type(text).__name__}")
        self._letters += len(text or "")
        if self._letters > LONGEST_REPLY:
            raise TooLong(f"{LONGEST_REPLY:,} characters")
        return self._heard(self._thoughts.feed(text or ""))

    def finish(self, content_type: str) -> str:
        """Judge the whole at its end; give what was held back.

        Raises:
            NoStream, CutOff, EmptyReply: when this was no reply.
        """
        if not self._chunks:
            raise NoStream(content_type)
        rest = self._heard(self._thoughts.rest())
        if self.ended is None:
            raise CutOff
        if not self._said:
            raise EmptyReply(self.ended)
        return rest

    def _heard(self, text: str) -> str:
        self._said = self._said or bool(text.strip())
        return text


def _tokens(usage: object) -> dict[str, int | None]:
    if usage is None:
        return {}
    details = getattr(usage, "prompt_tokens_details", None)
    return {
        "input_tokens": _count(getattr(usage, "prompt_tokens", None)),
        "output_tokens": _count(getattr(usage, "completion_tokens", None)),
        "cached_tokens": _count(getattr(details, "cached_tokens", None)),
    }


def _count(number: object) -> int | None:
    return number if type(number) is int and number >= 0 else None


async def _until(deadline: float, awaited: Awaitable[T]) -> T:
    """Wait, at most until the deadline (seconds on the loop's clock).

    Raises:
        TimeoutError: when the deadline has passed.
    """
    async with asyncio.timeout_at(deadline):
        return await awaited
