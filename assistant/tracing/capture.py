"""Records the spans of the turn that runs here: in its tasks, in `asyncio.to_thread`, in whatever they call.

A span outside of any turn is made and thrown away, so code need not ask whether it is traced. Writes to no store.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

from assistant.tracing.records import ERROR_TYPE, Prompt, Span, SpanKind

WRITTEN: frozenset[SpanKind] = frozenset({"model", "rewrite", "synthesize", "agent", "judge"})
"""Spans whose outputs are what a model wrote."""


class Recording:
    """The spans of one turn, in the order in which they began; may be used from many threads and tasks at once."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.spans: list[Span] = []
        self.prompt: Prompt | None = None  # of the answer: the last one that a model was asked with
        self.clean: Callable[[str], str] | None = None  # what a model wrote is kept as this leaves it

    def close(self, status: str) -> list[Span]:
        """End what is still open, such as a stream that nobody read to its end; give all spans."""
        for span in self.spans:
            if span.ended_at is None:
                span.ended_at = self.clock()
                span.status = "error" if status == "error" else "stopped"
            if self.clean is not None and span.kind in WRITTEN:
                span.outputs = _cleaned(span.outputs, self.clean)
        return self.spans


def _cleaned(outputs: Any, clean: Callable[[str], str]) -> Any:
    if isinstance(outputs, str):
        return clean(outputs)
    if isinstance(outputs, Mapping):
        return {key: _cleaned(value, clean) for key, value in outputs.items()}
    if isinstance(outputs, list | tuple):
        return [_cleaned(value, clean) for value in outputs]
    return outputs


RECORDING: ContextVar[tuple[Recording, str | None] | None] = ContextVar("lectern_recording", default=None)
"""The recording of the turn that runs here, and the id of the span that is open in it."""


@contextmanager
def recorded(into: Recording) -> Iterator[Recording]:
    """Let the spans within the block go into a recording; not around a `yield` of an asynchronous generator."""
    token = RECORDING.set((into, None))
    try:
        yield into
    finally:
        with suppress(ValueError):  # closed in another context, by the event loop; there is nothing to set back there
            RECORDING.reset(token)


def current_recording() -> Recording | None:
    """Give the recording of the turn that runs here, None outside of one."""
    current = RECORDING.get()
    return None if current is None else current[0]


@contextmanager
def span(kind: SpanKind, name: str, inputs: Any = None, **attributes: Any) -> Iterator[Span]:
    """Record a step; what the block opens is below it. Whoever opens it sets `outputs` and `attributes`."""
    current = RECORDING.get()
    into, parent = (None, None) if current is None else current
    clock = time.time if into is None else into.clock
    step = Span(secrets.token_hex(8), parent, kind, name, clock(), inputs, None, dict(attributes))
    if into is not None:
        into.spans.append(step)
        token = RECORDING.set((into, step.id))
    try:
        yield step
    except (asyncio.CancelledError, GeneratorExit):
        step.status = "stopped"
        raise
    except Exception as exc:
        step.status, step.error = "error", str(exc)
        step.attributes[ERROR_TYPE] = type(exc).__name__
        raise
    else:
        if step.status == "running":
            step.status = "ok"
    finally:
        step.ended_at = clock()
        if into is not None:
            with suppress(ValueError):  # as in `recorded`
                RECORDING.reset(token)
