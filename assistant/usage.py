"""Counts what a turn costs: tokens as the servers report them, and their price. Estimates nothing.

What was not reported stays None, and so does the sum that it belongs to: a part that looks like a whole would mislead.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from assistant.events import Usage

_PRICES = Path(__file__).resolve().parent / "prices.toml"
_DATE = re.compile(r"-\d{4}-\d{2}-\d{2}$")


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a model or an embedding server; tokens are None where the server did not report them."""

    kind: Literal["model", "embedding"]
    model: str | None
    input_tokens: int | None = None  # cached ones included
    output_tokens: int | None = None
    cached_tokens: int | None = None  # those of the input that the server had cached
    priced: bool = False  # the provider's list prices hold for it
    finish: str | None = None  # why the model stopped: "stop", "length", ...; None: it was cut off
    own_prices: Mapping[str, float] | None = None  # what the settings say that it costs; they come first

    @property
    def price_usd(self) -> float | None:
        """The call's price in US dollars, None if tokens or price are unknown."""
        prices = self.own_prices
        if prices is None and self.priced and self.model:
            prices = price_of(self.model, self.kind)
        if prices is None or self.input_tokens is None:
            return None
        cached = min(self.cached_tokens or 0, self.input_tokens)
        dollars = (self.input_tokens - cached) * prices["input"] + cached * prices.get("cached", prices["input"])
        if self.kind == "model":
            if self.output_tokens is None:
                return None
            dollars += self.output_tokens * prices["output"]
        return dollars / 1_000_000


class Meter:
    """Collects the calls of one turn; may be used from several threads and tasks at once."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def record(self, call: Call) -> None:
        """Add a call."""
        self.calls.append(call)

    def usage(self) -> Usage:
        """Sum up what has been recorded so far."""
        calls = tuple(self.calls)
        model = [c for c in calls if c.kind == "model"]
        embedding = [c for c in calls if c.kind == "embedding"]
        counts = [c.input_tokens for c in calls] + [c.output_tokens for c in model]
        return Usage(
            input_tokens=_total(c.input_tokens for c in model),
            output_tokens=_total(c.output_tokens for c in model),
            embedding_tokens=_total(c.input_tokens for c in embedding),
            price_usd=_total(c.price_usd for c in calls),
            source="server" if any(count is not None for count in counts) else "none",
        )


METER: ContextVar[Meter | None] = ContextVar("lectern_meter", default=None)
"""The meter of the turn that is running here."""


def current_meter() -> Meter | None:
    """Give the meter of the turn that is running here, None outside of one."""
    return METER.get()


@contextmanager
def metered(meter: Meter | None = None) -> Iterator[Meter]:
    """Let the calls within the block count on a meter: in it, in its tasks and in `asyncio.to_thread`.

    Not around a `yield` of an asynchronous generator, whose steps may run in different contexts: see `own_context`.
    """
    meter = Meter() if meter is None else meter
    token = METER.set(meter)
    try:
        yield meter
    finally:
        with suppress(ValueError):  # closed in another context, by the event loop; there is nothing to set back there
            METER.reset(token)


def record_embedding(tokens: int | None, model: str | None = None) -> None:
    """Count a call of an embedding server; `model` as the settings name it: `openai:MODEL` or `compatible:MODEL`."""
    meter = current_meter()
    if meter is None:
        return
    provider, _, name = (model or "").rpartition(":")
    meter.record(Call("embedding", name or None, input_tokens=tokens, priced=provider == "openai"))


def price_of(model: str, kind: Literal["model", "embedding"] = "model") -> Mapping[str, float] | None:
    """Give a model's prices (input, cached, output; US dollars for a million tokens), None if unknown.

    >>> price_of("gpt-4.1-mini-2025-04-14") == price_of("gpt-4.1-mini")
    True
    """
    table: Mapping[str, Mapping[str, float]] = _prices()["models" if kind == "model" else "embeddings"]
    return table.get(model) or table.get(_DATE.sub("", model))


@cache
def _prices() -> Mapping[str, Any]:
    return tomllib.loads(_PRICES.read_text(encoding="utf-8"))


def _total(numbers: Iterable[float | None]) -> Any:
    """Add numbers up; None when there are none, or when one is not known."""
    known = list(numbers)
    if not known or any(n is None for n in known):
        return None
    return sum(n for n in known if n is not None)
