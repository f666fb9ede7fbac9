"""Puts turns into OpenAI's shapes: a whole reply, or the pieces of a stream. Asks nobody."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from assistant.events import Answer, Event, Refusal, Token, ToolStep, Usage, Withdrawn
from assistant.tagged import Tagged
from ui.batch import Row, dump
from ui.rows import step_row, tags_row, turn_row

WITHDRAWN = "\n\n(No source bears that out; what follows stands in its place.)\n\n"
"""Said on a stream after words that turned out to stand on nothing: what was sent cannot be taken back."""
DONE = "data: [DONE]\n\n"
End = Answer | Refusal


@dataclass(frozen=True, slots=True)
class Told:
    """What a reply says of a turn that is over."""

    text: str
    trace_id: str
    finish: str
    usage: Usage
    lectern: Row


def told(events: Sequence[Event], mode: str, ignored: Sequence[str]) -> Told:
    """Give what there is to say of a turn, from all its events.

    Raises:
        TurnFailed: when it ended in an error.
    """
    row, end = turn_row(events), events[-1]
    assert isinstance(end, Answer | Refusal)  # anything else was raised
    text = row.pop("answer")
    about: Row = {**row, "mode": mode, "usage": usage_row(end.usage), "ignored": list(ignored)}
    if isinstance(end, Refusal):
        about["related"] = [
            {"path": h.chunk.path, "locator": str(h.chunk.locator), "title": h.chunk.title, "cosine": h.cosine}
            for h in end.related
        ]
    if end.offers:
        about["offers"] = [{"text": offer.text, "command": offer.command} for offer in end.offers]
    return Told(text, end.trace_id, "length" if end.limit else "stop", end.usage, about)


def told_tags(found: Tagged, mode: str, ignored: Sequence[str]) -> Told:
    """Give what there is to say of an abstract."""
    about = {"found": found.tags != ["NA"], "trace_id": found.trace_id, "seconds": round(found.seconds, 3)}
    row = {**about, **tags_row(found), "mode": mode, "usage": usage_row(found.usage), "ignored": list(ignored)}
    return Told(json.dumps(found.tags, ensure_ascii=False), found.trace_id, "stop", found.usage, row)


def usage_row(usage: Usage) -> Row:
    """Give tokens and price; None is what nobody reported."""
    return {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "embedding_tokens": usage.embedding_tokens,
        "price_usd": usage.price_usd,
        "source": usage.source,
    }


def openai_usage(usage: Usage) -> Row | None:
    """Give tokens in OpenAI's words; None unless all of them were reported, for its clients take a number as true."""
    given, made = usage.input_tokens, usage.output_tokens
    if given is None or made is None:
        return None
    return {"prompt_tokens": given, "completion_tokens": made, "total_tokens": given + made}


def completion(said: Told, model: str, created: int) -> Row:
    """Give the whole reply."""
    message = {"role": "assistant", "content": said.text, "refusal": None}
    usage = openai_usage(said.usage)
    return {
        "id": f"chatcmpl-{said.trace_id}",
        "object": "chat.completion",
        "created": created,
        "model": model,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": said.finish}],
        **({} if usage is None else {"usage": usage}),
        "lectern": said.lectern,
    }


@dataclass(slots=True)
class Pieces:
    """The pieces of one stream, in order; `said` is what has been sent of the answer."""

    trace_id: str
    model: str
    created: int
    with_usage: bool
    said: str = ""
    events: list[Event] = field(default_factory=list)

    def begin(self) -> str:
        """Give the piece that says who speaks."""
        return self._piece({"role": "assistant", "content": "", "refusal": None})

    def take(self, event: Event) -> str:
        """Give what is sent for an event; empty for most."""
        self.events.append(event)
        if isinstance(event, Token):
            return self._say(event.text)
        if isinstance(event, Withdrawn) and self.said:
            return self._instead("")
        if isinstance(event, ToolStep):
            row = {"step": {**step_row(event), "status": event.status}}
            return self._piece({}, lectern=row)
        return ""

    def end(self, said: Told) -> str:
        """Give the last pieces: the rest of the answer, why it ended, and what it stands on."""
        sent = self.said.strip()  # as an answer is, at its end
        rest = said.text[len(sent) :] if said.text.startswith(sent) else None
        last = self._instead(said.text) if rest is None else self._say(rest) if rest else ""
        last += self._piece({}, said.finish, {**said.lectern, "answer": said.text})
        if self.with_usage:
            last += sse({**self._head(), "choices": [], "usage": openai_usage(said.usage)})
        return last + DONE

    def _say(self, text: str) -> str:
        self.said += text
        return self._piece({"content": text})

    def _instead(self, text: str) -> str:
        sent = self._piece({"content": WITHDRAWN + text})
        self.said = text
        return sent

    def _piece(self, delta: Row, finish: str | None = None, lectern: Row | None = None) -> str:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        usage = {"usage": None} if self.with_usage else {}
        more = {} if lectern is None else {"lectern": lectern}
        return sse({**self._head(), "choices": [choice], **usage, **more})

    def _head(self) -> dict[str, Any]:
        about = {"id": f"chatcmpl-{self.trace_id}", "object": "chat.completion.chunk", "created": self.created}
        return {**about, "model": self.model}


def sse(row: Row) -> str:
    """Give a row as a server-sent event."""
    return f"data: {dump(row)}\n\n"
