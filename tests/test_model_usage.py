"""What model calls over real HTTP leave on the meter of a turn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from assistant.llms import Model, choose_model, complete, stream
from assistant.own_context import in_own_context
from assistant.usage import METER, Call, Meter, metered
from index_store.errors import (
    ModelReplyBroken,
)
from tests.model_calls import ASK, settings_for
from tests.model_server import ModelServer, Reply, failing


@pytest.fixture
def model(server: ModelServer) -> Model:
    return choose_model(settings_for(server), None)


async def test_usage_of_a_stream_is_counted_and_a_compatible_server_has_no_price(
    server: ModelServer, model: Model
) -> None:
    server.script(Reply(usage=(100, 20), cached=60, model="served-name"))
    with metered() as meter:
        await complete(model, ASK)
    assert meter.calls == [Call("model", "served-name", 100, 20, 60, priced=False, finish="stop")]
    assert meter.usage().price_usd is None


async def test_usage_that_is_not_reported_is_none(server: ModelServer, model: Model) -> None:
    server.script(Reply(usage=None))
    with metered() as meter:
        await complete(model, ASK)
    assert (meter.usage().input_tokens, meter.usage().output_tokens, meter.usage().source) == (None, None, "none")


async def test_a_reply_that_is_abandoned_or_cut_counts_as_a_call_with_unknown_tokens(
    server: ModelServer, model: Model
) -> None:
    server.script(Reply(cut_after=1), Reply(piece_delay_s=0.05))
    with metered() as meter:
        with pytest.raises(ModelReplyBroken):
            await complete(model, ASK)
        pieces = stream(model, ASK)
        await anext(pieces)
        await pieces.aclose()
        await asyncio.sleep(0.05)
    assert [(c.input_tokens, c.finish) for c in meter.calls] == [(None, None), (None, None)]


async def test_a_stream_read_in_steps_counts_on_the_meter_it_began_with(server: ModelServer, model: Model) -> None:
    meter = Meter()
    steps: AsyncGenerator[str, None] = in_own_context(stream(model, ASK), {METER: meter})
    while True:
        try:
            await asyncio.create_task(anext(steps))  # type: ignore[arg-type]
        except StopAsyncIteration:
            break
    assert meter.usage().input_tokens == 11


async def test_a_failed_try_is_not_counted(server: ModelServer, model: Model) -> None:
    server.script(failing(500), Reply())
    with metered() as meter:
        await complete(model, ASK)
    assert len(meter.calls) == 1
