"""A made-up turn as it waits in the outbox: what the sinks are given."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from assistant.tracing import records
from assistant.tracing.outbox import Queue
from assistant.tracing.records import Span
from assistant.tracing.settings import TraceSettings
from assistant.tracing.store import TraceStore
from tests import turns
from tests.turns import BEGAN

RUN, CALL, TOOL, INNER, ANSWER, LOST = (f"{n:016x}" for n in range(6))


def steps() -> list[Span]:
    """An agent's run: a model's call, a tool's call with a search within it, an answer; and a step that failed."""

    def span(own: str, parent: str | None, kind: Any, name: str, began: float, took: float, **more: Any) -> Span:
        return Span(own, parent, kind, name, BEGAN + began, ended_at=BEGAN + began + took, status="ok", **more)

    model = {
        records.MODEL: "gpt-5-mini",
        records.PROVIDER: "openai",
        records.INPUT_TOKENS: 11,
        records.OUTPUT_TOKENS: 7,
        records.PRICE_USD: 0.0001,
        records.TOKENS_FROM: "server",
        records.TEMPLATE: "answer",
        records.TEMPLATE_VERSION: 2,
        records.FINISH_REASONS: ["stop"],
    }
    asked = {"messages": [{"role": "user", "content": "What is ReAct?"}]}
    failed = span(LOST, None, "judge", "judge", 1.8, 0.1)
    failed.status, failed.error = "error", "It broke."
    failed.attributes = {records.ERROR_TYPE: "ValueError"}
    tool = {records.TOOL_NAME: "search"}
    return [
        span(RUN, None, "agent", "run", 0.0, 1.7, inputs={"question": "What is ReAct?"}, outputs={"steps": 2}),
        span(CALL, RUN, "model", "chat gpt-5-mini", 0.1, 0.4, inputs=asked, outputs={"text": "S"}, attributes=model),
        span(TOOL, RUN, "tool", "search", 0.5, 0.3, inputs={"query": "ReAct"}, outputs="one hit", attributes=tool),
        span(INNER, TOOL, "retrieve", "retrieve", 0.6, 0.1, inputs={"question": "ReAct"}, outputs=[{"chunk": "c1"}]),
        span(ANSWER, RUN, "synthesize", "synthesize", 0.9, 0.8, inputs=None, outputs={"answer": "It acts."}),
        failed,
    ]


def record(sink: str = "comet", **end: Any) -> dict[str, Any]:
    """Give the payload of a turn, through the real store and outbox."""
    settings = TraceSettings(comet_api_key=SecretStr("c" * 25), opik_url="http://127.0.0.1:9/api/")
    given = {"input_tokens": 11, "output_tokens": 7, "tokens_from": "server", "price_usd": 0.0001, **end}
    begun = turns.start(mode="model", provider="openai", model="gpt-5-mini")
    with tempfile.TemporaryDirectory() as folder:
        store = TraceStore(Path(folder), settings)
        try:
            store.begin(begun)
            store.finish(begun, turns.end(**given), steps())
            (item,) = Queue(store.engine, "tests").claim(sink, 1)
        finally:
            store.close()
    return item.payload


def vote(trace_id: str, vote: str | None, comment: str = "") -> dict[str, Any]:
    """Give the payload of a vote."""
    said = {"id": 1, "trace_id": trace_id, "user_id": "u1", "vote": vote, "comment": comment}
    return {**said, "created_at": BEGAN + 9, "trace_started_at": BEGAN}
