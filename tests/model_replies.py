"""What the double of a model server is told to answer, and how that looks on the wire: values, no connection."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Reply:
    """How one request is answered."""

    text: str = "Hello from the double."
    pieces: tuple[str, ...] | None = None  # how a stream cuts the text; by default after each space
    finish: str | None = "stop"  # None: the reason to end is never sent
    usage: tuple[int, int] | None = (11, 7)  # prompt and completion tokens; None: not reported
    cached: int | None = None  # of the prompt tokens
    usage_unasked: bool = False  # report usage on streams even where it was not asked for
    delay_s: float = 0.0  # before the first byte
    piece_delay_s: float = 0.0  # before each piece
    hang: bool = False  # never answer
    hang_after: int | None = None  # pieces, then silence
    until: threading.Event | None = None  # what ends that silence: the rest follows when it is set
    cut_after: int | None = None  # pieces, then the connection is dropped in mid-stream
    drop: bool = False  # hang up without an answer
    status: int = 200
    error: dict[str, Any] | str | None = None  # the body's `error` under another status
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None  # sent as it is, instead of all that
    endless: bytes | None = None  # sent again and again behind the headers, for ever
    endless_head: bool = False  # headers without end
    content_type: str | None = None
    events: tuple[str, ...] | None = None  # raw `data:` payloads of a stream, instead of the pieces
    done: bool = True  # whether a stream ends with [DONE]
    model: str | None = None  # the name that the answer gives; by default the one that was asked for


@dataclass(frozen=True)
class Request:
    """A request as it arrived; `seconds` is the time of its arrival on the monotonic clock."""

    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    raw: bytes
    seconds: float


def failing(status: int, message: str = "It failed.", *, code: str | None = None, **more: Any) -> Reply:
    """Make a reply that is an error of OpenAI's shape."""
    return Reply(status=status, error={"message": message, "type": "error", "param": None, "code": code}, **more)


BY_NAME: dict[str, Reply] = {
    "double-hello": Reply(),
    "double-slow": Reply(piece_delay_s=0.3),
    "double-hang": Reply(hang=True),
    "double-cut": Reply(cut_after=2),
    "double-empty": Reply(text=""),
    "double-blank": Reply(text=" \n \t "),
    "double-overloaded": failing(429, "Slow down."),
    "double-broken": failing(500, "Out of order."),
    "double-garbage": Reply(body=b'{"choices": [{"mess', content_type="application/json"),
    "double-no-usage": Reply(usage=None),
    "double-refuses": Reply(text="The course material does not answer this."),
}

Answer = Reply | str | Callable[[dict[str, Any]], "Reply | str"]


def head_of(reply: Reply, kind: str) -> dict[str, Any]:
    """Give what every answer begins with."""
    return {"id": "chatcmpl-double", "object": kind, "created": 0, "model": reply.model}


def usage_of(reply: Reply) -> dict[str, Any]:
    """Give the tokens that a reply reports, nothing where it reports none."""
    if reply.usage is None:
        return {}
    given, made = reply.usage
    details = {} if reply.cached is None else {"prompt_tokens_details": {"cached_tokens": reply.cached}}
    return {
        "usage": {"prompt_tokens": given, "completion_tokens": made, "total_tokens": given + made, **details},
    }


def events_of(reply: Reply, *, asked: bool) -> list[str]:
    """Give the payloads of a stream: the role, the pieces, the end, the usage (with no choices, as OpenAI does)."""
    head = head_of(reply, "chat.completion.chunk")

    def event(delta: dict[str, Any], finish: str | None = None) -> str:
        return json.dumps({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})

    pieces = reply.pieces if reply.pieces is not None else tuple(reply.text.replace(" ", " \0").split("\0"))
    events = [event({"role": "assistant", "content": ""})]
    events += [event({"content": piece}) for piece in pieces]
    if reply.finish is not None:
        events.append(event({}, reply.finish))
    if asked and reply.usage is not None:
        events.append(json.dumps({**head, "choices": [], **usage_of(reply)}))
    return events


def vector_of(text: str, dimension: int) -> list[float]:
    """Give a vector of unit length that is the same for the same text."""
    numbers: list[float] = []
    block = 0
    while len(numbers) < dimension:
        digest = hashlib.sha256(f"{block}\n{text}".encode("utf-8", "surrogatepass")).digest()
        numbers += [byte / 127.5 - 1 for byte in digest]
        block += 1
    length = sum(n * n for n in numbers[:dimension]) ** 0.5
    return [n / length for n in numbers[:dimension]]
