"""The gate: limits a minute, at once and a day; and places that go round, whoever floods."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from assistant.events import Usage
from assistant.gate import DAY_S, FIRST_GUESS_S, OPEN, WAITING_EACH, Gate, Spent, Ticket, TurnLimits
from assistant.tracing.capture import Recording
from assistant.tracing.records import Origin, Prompt, Span
from assistant.tracing.settings import TraceSettings
from assistant.tracing.spending import keep_untraced, spent
from assistant.tracing.store import TraceStore
from assistant.tracing.tables import deleted_costs, traces
from assistant.turn import Identity
from index_store.errors import LimitReached
from tests import turns


class Clock:
    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def gate_of(clock: Clock | None = None, used: Spent | None = None, **limits: float | None) -> Gate:
    clock = clock or Clock()
    return Gate(TurnLimits(**limits), lambda user, since: used or Spent(), clock, clock)  # type: ignore[arg-type]


async def started(ticket: Ticket) -> None:
    """Wait for a place that must be there by now."""
    await asyncio.wait_for(ticket.ready(), 1.0)


async def test_who_floods_waits_for_themselves_and_ten_others_do_not() -> None:
    gate, order = gate_of(turns_at_once=2, all_at_once=3, queue=200), list[str]()

    async def one(user: str) -> None:
        ticket = await gate.admit(user)
        await ticket.ready()
        order.append(user)
        assert gate.running <= 3
        await asyncio.sleep(0)
        ticket.leave()

    flood = [asyncio.create_task(one("flood")) for _ in range(2 + WAITING_EACH)]
    await asyncio.sleep(0)
    normal = [asyncio.create_task(one(f"student {n}")) for n in range(10)]
    await asyncio.gather(*flood, *normal)
    last = max(order.index(f"student {n}") for n in range(10))
    assert order[: last + 1].count("flood") <= 7  # two at first, and no more than every other place after that
    assert Counter(order)["flood"] == 2 + WAITING_EACH
    assert (gate.running, gate.waiting) == (0, 0)


async def test_a_full_queue_says_how_long() -> None:
    clock = Clock()
    gate = gate_of(clock, all_at_once=1, queue=2)
    first = await gate.admit("a")
    await started(first)
    waiting = [await gate.admit("b"), await gate.admit("c")]
    assert [t.wait_s > 0 for t in waiting] == [True, True]
    with pytest.raises(LimitReached, match="2 questions wait") as full:
        await gate.admit("d")
    assert full.value.retry_after_s >= waiting[-1].wait_s
    assert "Try again in" in full.value.hint
    clock.now += 60.0
    first.leave()
    await started(waiting[0])
    again = await gate.admit("e")
    assert again.wait_s > full.value.retry_after_s  # turns take longer than was thought


@pytest.mark.parametrize("queue", [2, 4, 10, 25])
async def test_who_floods_leaves_room_in_a_queue_of_any_size(queue: int) -> None:
    gate = gate_of(turns_at_once=1, all_at_once=2, queue=queue)
    await started(await gate.admit("flood"))
    await started(await gate.admit("another"))
    kept_out = list[LimitReached]()
    for _ in range(30):
        try:
            await gate.admit("flood")
        except LimitReached as exc:
            kept_out.append(exc)
    assert 1 <= gate.waiting <= queue / 2 and gate.waiting + len(kept_out) == 30
    assert all("of your questions wait" in exc.message for exc in kept_out)
    room = min(3, queue - gate.waiting)
    newcomers = [await gate.admit(f"student {n}") for n in range(room)]
    assert all(ticket.wait_s > 0 for ticket in newcomers)


async def test_what_is_told_of_a_wait_is_learnt_from_turns_that_ended_and_that_still_run() -> None:
    clock = Clock()
    gate = gate_of(clock, turns_at_once=1, all_at_once=1)
    first = await gate.admit("a")
    await started(first)
    clock.now += 40.0
    second = await gate.admit("b")
    assert second.wait_s >= 40  # nothing ended yet, and what runs has taken as long already
    clock.now += 20.0
    first.leave()
    await started(second)
    assert (await gate.admit("c")).wait_s == pytest.approx(60)  # the first turn weighs more than a guess


async def test_who_finds_the_queue_full_is_told_when_those_who_wait_have_had_their_turn() -> None:
    gate = gate_of(all_at_once=2, queue=6)
    for n in range(8):
        await gate.admit(f"student {n}")
    with pytest.raises(LimitReached, match="6 questions wait") as full:
        await gate.admit("late")
    assert full.value.retry_after_s == pytest.approx(7 / 2 * FIRST_GUESS_S)


async def test_the_places_of_those_who_went_away_are_free_again() -> None:
    gate = gate_of(all_at_once=1)
    first, second, third = [await gate.admit(user) for user in "abc"]
    await started(first)
    task = asyncio.create_task(second.ready())
    await asyncio.sleep(0)
    first.leave()  # the place is the second's from now on, who is stopped before it knows
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    second.leave()
    await started(third)
    third.leave()
    assert (gate.running, gate.waiting) == (0, 0)


async def test_so_many_turns_a_minute() -> None:
    clock = Clock()
    gate = gate_of(clock, turns_a_minute=3)
    for _ in range(3):
        (await gate.admit("a")).leave()
        clock.now += 10
    with pytest.raises(LimitReached, match="3 times within a minute") as often:
        await gate.admit("a")
    assert often.value.retry_after_s == pytest.approx(30)
    (await gate.admit("b")).leave()
    clock.now += 30.1
    (await gate.admit("a")).leave()


async def test_many_at_once_take_no_more_turns_a_minute_than_one_after_another() -> None:
    def looked_up(user: str | None, since: float) -> Spent:
        return Spent()  # in a thread: meanwhile the others come

    gate = Gate(TurnLimits(turns_a_minute=3, tokens_a_day=100), looked_up, Clock())
    told = await asyncio.gather(*(gate.admit("a") for _ in range(20)), return_exceptions=True)
    assert sum(isinstance(one, Ticket) for one in told) == 3


async def test_a_search_takes_a_place_and_is_no_turn() -> None:
    gate = gate_of(turns_a_minute=1, turns_at_once=2)
    for _ in range(5):
        async with gate.place("a", turn=False):
            assert gate.running == 1
    held = [await gate.admit("a", turn=False) for _ in range(2 + WAITING_EACH)]
    with pytest.raises(LimitReached, match="wait already"):
        await gate.admit("a", turn=False)
    (await gate.admit("b")).leave()
    for ticket in held[::-1]:
        ticket.leave()
    assert (gate.running, gate.waiting) == (0, 0)


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"tokens_a_day": 100}, "You have"),
        ({"usd_a_day": 0.5}, "You have"),
        ({"all_tokens_a_day": 100}, "Everybody"),
        ({"all_usd_a_day": 0.5}, "Everybody"),
    ],
)
async def test_what_a_day_allows(limits: dict[str, float], said: str) -> None:
    with pytest.raises(LimitReached, match=said) as over:
        await gate_of(used=Spent(100, 0.5), **limits).admit("a")
    assert 0 < over.value.retry_after_s <= 86_400
    (await gate_of(used=Spent(99, 0.49), **limits).admit("a")).leave()


ABOUT = {"mode": "openai", "provider": "openai", "model": "gpt-4o"}
OWN = {"mode": "compatible", "provider": "our-server", "model": "qwen3:8b"}


def asked(store: TraceStore, at: float, conversation: str = "c1", about: Mapping[str, Any] = ABOUT, **end: Any) -> str:
    begun = turns.start(at=at, origin=Origin(conversation, "u1", "web"), **about)
    store.finish(begun, turns.end(at=at + 1, **end), [])
    return begun.trace_id


def test_a_turn_that_was_deleted_has_cost_what_it_cost_until_its_day_is_over(tmp_path: Path) -> None:
    now = turns.BEGAN
    store = TraceStore(tmp_path, TraceSettings(keep_days=None), clock=lambda: now)
    midnight = now - now % DAY_S
    try:
        asked(store, midnight - 5, "old", input_tokens=1_000, output_tokens=0, price_usd=9.0)
        kept = asked(store, midnight + 5, input_tokens=70, output_tokens=30, price_usd=0.25)
        asked(store, midnight + 6, "c2", input_tokens=1, output_tokens=1, price_usd=0.5)
        before = spent(store, "u1", midnight), spent(store, None, midnight)
        assert before == (Spent(102, 0.75), Spent(102, 0.75))
        store.forget(trace=kept)
        store.forget(conversation="old")
        store.forget(conversation="c2")
        assert (spent(store, "u1", midnight), spent(store, None, midnight)) == before
        assert spent(store, "u2", midnight) == Spent()
        now += DAY_S
        assert spent(store, "u1", midnight + DAY_S) == Spent()
        asked(store, now, input_tokens=1, output_tokens=0, price_usd=0.0)
        store.forget(user="u1")
        with store.engine.connect() as connection:
            rows = connection.execute(select(deleted_costs)).all()
        assert [row.tokens for row in rows] == [1] and "u1" not in str(rows)
    finally:
        store.close()


def test_a_turn_that_is_deleted_while_it_runs_costs_what_it_cost_all_the_same(tmp_path: Path) -> None:
    store = TraceStore(tmp_path, clock=lambda: turns.BEGAN + 2)
    try:
        for reported in ({"input_tokens": 70, "output_tokens": 30, "price_usd": 0.25}, {}):
            begun = turns.start(at=turns.BEGAN, origin=Origin("c1", "u1", "web"), **ABOUT)
            store.begin(begun)
            store.forget(conversation="c1")
            prompt = Prompt("answer", 1, "x", {"passages": ["word " * 800]})
            before = spent(store, "u1", turns.BEGAN)
            store.finish(begun, turns.end(at=turns.BEGAN + 1, prompt=prompt, **reported), [])
            taken = spent(store, "u1", turns.BEGAN)
            if reported:
                assert (before, taken) == (Spent(), Spent(100, 0.25))
            else:
                assert taken.tokens - before.tokens > 1_000 and taken.usd > before.usd  # estimated
        with store.engine.connect() as connection:
            assert connection.execute(select(traces.c.id)).all() == []
    finally:
        store.close()


def test_costs_of_other_days_do_not_stay(tmp_path: Path) -> None:
    now = turns.BEGAN
    store = TraceStore(tmp_path, TraceSettings(), clock=lambda: now)
    try:
        store.forget(trace=asked(store, now, input_tokens=70, output_tokens=30, price_usd=0.25))
        now += DAY_S
        store.retire()
        with store.engine.connect() as connection:
            assert connection.execute(select(deleted_costs)).all() == []
    finally:
        store.close()


def test_a_stopped_turn_of_an_own_server_is_estimated_with_its_prices(tmp_path: Path) -> None:
    prices = {"qwen3:8b": {"input": 100.0, "output": 400.0}}
    store = TraceStore(tmp_path, prices=lambda: prices)
    prompt = Prompt("answer", 1, "x", {"passages": ["word " * 800]})
    try:
        asked(store, turns.BEGAN, about=OWN, answer="word " * 80, status="stopped", prompt=prompt)
        assert 0.1 < spent(store, "u1", turns.BEGAN).usd < 0.2  # 1,000 tokens sent, and 100 said
    finally:
        store.close()


def test_what_nobody_reported_is_estimated_from_what_was_sent_and_said(tmp_path: Path) -> None:
    store = TraceStore(tmp_path)
    prompt = Prompt("answer", 1, "x", {"passages": ["word " * 800]})
    try:
        asked(store, turns.BEGAN, answer="word " * 80, status="stopped", prompt=prompt)
        taken = spent(store, "u1", turns.BEGAN)
        assert 1_000 < taken.tokens < 1_300 and taken.usd > 0
        asked(store, turns.BEGAN, prompt=None, status="error")  # no model was asked
        assert spent(store, "u1", turns.BEGAN) == taken
    finally:
        store.close()


def test_a_stopped_turn_of_several_calls_is_estimated_from_all_of_them(tmp_path: Path) -> None:
    store, prompt = TraceStore(tmp_path), Prompt("react", 1, "x", {"question": "Why?"})
    asked_twice = [{"messages": [{"role": "user", "content": "word " * 800 * n}]} for n in (1, 2)]
    calls = [Span(f"{n:016}", None, "model", "chat", turns.BEGAN, inputs=said) for n, said in enumerate(asked_twice)]
    calls[0].attributes = {"gen_ai.usage.input_tokens": 3_000, "gen_ai.usage.output_tokens": 500}
    try:
        begun = turns.start(origin=Origin("c1", "u1", "web"), **ABOUT)
        store.finish(begun, turns.end(status="stopped", answer="", prompt=prompt), calls)
        assert 5_500 <= spent(store, "u1", turns.BEGAN).tokens < 5_600  # 3,500 as reported, 2,000 as they were sent
    finally:
        store.close()


def test_a_day_is_counted_from_the_kept_turns(tmp_path: Path) -> None:
    store = TraceStore(tmp_path)
    try:
        begun = turns.start(origin=Origin("c1", "u1", "web"))
        store.finish(begun, turns.end(input_tokens=70, output_tokens=30, price_usd=0.25), [])
        store.finish(turns.start(origin=Origin("c1", "u1", "web")), turns.end(), [])  # counts that nobody reported
        assert spent(store, "u1", begun.started_at) == Spent(100, 0.25)
        assert spent(store, None, begun.started_at) == Spent(100, 0.25)
        assert spent(store, "somebody else", 0.0) == Spent()
        assert spent(store, "u1", begun.started_at + 1) == Spent()
    finally:
        store.close()


async def test_at_ones_own_machine_nothing_is_limited_or_counted() -> None:
    tickets = [await OPEN.admit("me") for _ in range(500)]
    for ticket in tickets:
        await started(ticket)
    assert (OPEN.running, OPEN.waiting) == (0, 0)
    for ticket in tickets:
        ticket.leave()


class Class:
    """Students who come, end and give up, and what holds after each of that."""

    def __init__(self) -> None:
        self.gate = gate_of(turns_at_once=2, all_at_once=3, queue=5)
        self.running: list[Ticket] = []
        self.waiting: dict[Ticket, asyncio.Task[None]] = {}

    async def come(self, user: str) -> None:
        with suppress(LimitReached):
            ticket = await self.gate.admit(user)
            self.waiting[ticket] = asyncio.create_task(ticket.ready())

    async def end(self, user: str) -> None:
        for ticket in [t for t in self.running if t.user == user][:1]:
            self.running.remove(ticket)
            ticket.leave()

    async def give_up(self, user: str) -> None:
        for ticket in [t for t in self.waiting if t.user == user][:1]:
            self.waiting.pop(ticket).cancel()
            ticket.leave()

    async def settle(self) -> None:
        await asyncio.sleep(0)
        for ticket in [t for t, task in self.waiting.items() if task.done()]:
            del self.waiting[ticket]
            self.running.append(ticket)
        assert len(self.running) == self.gate.running <= 3
        assert max(Counter(t.user for t in self.running).values(), default=0) <= 2
        assert len(self.waiting) == self.gate.waiting <= 5

    async def empty(self) -> None:
        while self.running or self.waiting:
            assert self.running, "somebody waits though every place is free"
            await self.end(self.running[0].user)
            await self.settle()


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from(["come", "end", "give_up"])), max_size=60))
def test_never_more_than_allowed_at_once_and_no_place_is_lost(steps: list[tuple[str, str]]) -> None:
    async def run() -> None:
        students = Class()
        for user, step in steps:
            await getattr(students, step)(user)
            await students.settle()
        await students.empty()
        assert (students.gate.running, students.gate.waiting) == (0, 0)

    asyncio.run(run())


def test_what_was_spent_outside_of_turns_counts_for_the_day(tmp_path: Path) -> None:
    store = TraceStore(tmp_path)
    try:
        used = Usage(70, 30, None, 0.25, "server")
        for _ in range(2):
            keep_untraced(store, "u1", Identity(), used, Recording(), turns.BEGAN)
        keep_untraced(store, "u1", Identity(), Usage(None, None, None, None, "none"), Recording(), turns.BEGAN)
        assert spent(store, "u1", turns.BEGAN - turns.BEGAN % DAY_S) == Spent(200, 0.5)
        assert spent(store, "u2", turns.BEGAN - turns.BEGAN % DAY_S) == Spent()
    finally:
        store.close()
