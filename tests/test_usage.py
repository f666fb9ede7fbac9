"""The meter of a turn: sums, unknowns, prices, and turns that run at once."""

from __future__ import annotations

import asyncio
import datetime
import tomllib
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

import assistant.usage
from assistant.events import Usage
from assistant.own_context import in_own_context
from assistant.usage import METER, Call, Meter, current_meter, metered, price_of, record_embedding


def model_call(given: int | None, made: int | None, model: str = "gpt-4.1-mini", **more: object) -> Call:
    return Call("model", model, given, made, priced=True, **more)  # type: ignore[arg-type]


def test_a_turn_without_a_call_has_no_counts_and_no_price() -> None:
    assert Meter().usage() == Usage(None, None, None, None, "none")


def test_calls_are_summed_and_priced() -> None:
    meter = Meter()
    meter.record(model_call(1_000_000, 500_000))
    meter.record(model_call(500_000, 0))
    usage = meter.usage()
    assert (usage.input_tokens, usage.output_tokens, usage.source) == (1_500_000, 500_000, "server")
    assert usage.price_usd == pytest.approx(1.5 * 0.40 + 0.5 * 1.60)
    assert usage.embedding_tokens is None


def test_a_count_that_is_zero_is_zero_and_one_that_is_missing_is_none() -> None:
    meter = Meter()
    meter.record(model_call(0, 0))
    assert meter.usage() == Usage(0, 0, None, 0.0, "server")
    meter.record(model_call(None, None))
    assert meter.usage() == Usage(None, None, None, None, "server")


def test_cached_input_has_its_own_price() -> None:
    call = model_call(1_000_000, 0, cached_tokens=400_000)
    assert call.price_usd == pytest.approx(0.6 * 0.40 + 0.4 * 0.10)
    assert model_call(1_000_000, 0, "gpt-4-turbo", cached_tokens=400_000).price_usd == pytest.approx(10.0)


def test_a_dated_name_has_the_price_of_its_plain_name_unless_it_is_listed_itself() -> None:
    assert price_of("gpt-4o-2024-08-06") == price_of("gpt-4o")
    assert price_of("gpt-4o-2024-05-13") != price_of("gpt-4o")


@pytest.mark.parametrize("name", ["gpt-4.1-mini-audio", "ft:gpt-4.1-mini:us::1", "llama3.2", "gpt-4.1-mini-2025", ""])
def test_an_unknown_name_has_no_price_however_like_a_known_one_it_is(name: str) -> None:
    assert price_of(name) is None
    assert model_call(10, 10, name).price_usd is None


def test_a_compatible_server_has_no_list_price_even_for_a_known_name() -> None:
    assert Call("model", "gpt-4.1-mini", 10, 10, priced=False).price_usd is None


def test_embedding_calls_count_apart_and_add_their_price() -> None:
    with metered() as meter:
        record_embedding(500_000, "openai:text-embedding-3-small")
        meter.record(model_call(1_000_000, 0))
    usage = meter.usage()
    assert (usage.input_tokens, usage.embedding_tokens) == (1_000_000, 500_000)
    assert usage.price_usd == pytest.approx(0.40 + 0.01)


def test_an_embedding_call_without_counts_makes_the_price_unknown() -> None:
    with metered() as meter:
        record_embedding(None, "openai:text-embedding-3-small")
        record_embedding(7, "compatible:text-embedding-3-small")
        meter.record(model_call(5, 5))
    assert meter.usage() == Usage(5, 5, None, None, "server")


def test_outside_of_a_turn_nothing_is_counted_and_nothing_fails() -> None:
    record_embedding(5)
    assert current_meter() is None


async def test_threads_and_tasks_of_a_turn_count_on_its_meter() -> None:
    with metered() as meter:
        await asyncio.to_thread(record_embedding, 1)
        await asyncio.create_task(asyncio.to_thread(record_embedding, 2))
    assert meter.usage().embedding_tokens == 3
    assert current_meter() is None


async def turn(tokens: int) -> AsyncGenerator[int, None]:
    for step in range(3):
        await asyncio.sleep(0)
        await asyncio.to_thread(record_embedding, tokens)
        yield step


async def test_ten_turns_at_once_are_never_mixed() -> None:
    async def run(tokens: int) -> int | None:
        meter = Meter()
        async for _ in in_own_context(turn(tokens), {METER: meter}):
            await asyncio.sleep(0)
        return meter.usage().embedding_tokens

    assert await asyncio.gather(*(run(10**n) for n in range(10))) == [3 * 10**n for n in range(10)]


async def test_two_turns_read_alternately_in_one_task_stay_apart() -> None:
    meters = Meter(), Meter()
    one, two = (in_own_context(turn(n), {METER: meter}) for n, meter in zip((1, 100), meters, strict=True))
    for _ in range(3):
        await anext(one)
        assert current_meter() is None
        await anext(two)
    assert [m.usage().embedding_tokens for m in meters] == [3, 300]


async def test_steps_that_are_asked_for_from_different_tasks_count_on_the_same_meter() -> None:
    meter = Meter()
    steps = in_own_context(turn(1), {METER: meter})
    for _ in range(3):
        await asyncio.create_task(anext(steps))  # type: ignore[arg-type]
    assert meter.usage().embedding_tokens == 3


async def test_closing_a_turn_early_closes_what_it_was_doing() -> None:
    closed = asyncio.Event()

    async def steps() -> AsyncGenerator[int, None]:
        try:
            yield 1
            yield 2
        finally:
            closed.set()

    metered_turn = in_own_context(steps(), {METER: Meter()})
    await anext(metered_turn)
    await metered_turn.aclose()
    assert closed.is_set()


def test_the_price_list_is_dated_names_its_source_and_is_complete() -> None:
    table = tomllib.loads((Path(assistant.usage.__file__).parent / "prices.toml").read_text())
    assert isinstance(table["as_of"], datetime.date)
    assert table["source"].startswith("https://")
    for prices in table["models"].values():
        assert 0 < prices.get("cached", prices["input"]) <= prices["input"] < prices["output"]
    for prices in table["embeddings"].values():
        assert set(prices) == {"input"}
