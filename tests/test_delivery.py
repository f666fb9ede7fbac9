"""The outbox and its worker: everything arrives once unless a kill is in flight, whatever the sink does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from assistant.tracing.delivery import Worker, deliver_round
from assistant.tracing.outbox import CLAIM_S, LONGEST_WAIT_S, Queue, dead_letters, sampled, states, waiting_time
from assistant.tracing.records import Feedback
from assistant.tracing.settings import TraceSettings
from assistant.tracing.store import TraceStore
from assistant.tracing.tables import outbox
from index_store.errors import SinkDenied, SinkRefused, SinkUnavailable
from tests import turns
from tests.turns import BEGAN


class Clock:
    def __init__(self) -> None:
        self.now = BEGAN

    def __call__(self) -> float:
        return self.now


class ScriptedSink:
    """Takes what it is sent, or raises what the script says, one entry a call."""

    name = "comet"

    def __init__(self, *script: Exception | None) -> None:
        self.script = list(script)
        self.arrived: list[tuple[str, str]] = []
        self.payloads: list[dict[str, Any]] = []

    def _take(self, kind: str, own: str, payload: dict[str, Any]) -> None:
        said = self.script.pop(0) if self.script else None
        if said is not None:
            raise said
        self.arrived.append((kind, own))
        self.payloads.append(payload)

    def send_trace(self, record: dict[str, Any]) -> None:
        self._take("trace", record["id"], record)

    def send_feedback(self, item: dict[str, Any]) -> None:
        self._take("feedback", item["trace_id"], item)

    def abandon(self) -> None:
        pass

    def close(self) -> None:
        pass


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[TraceStore]:
    made = TraceStore(tmp_path, TraceSettings(comet_api_key=SecretStr("k" * 32)), clock=clock)
    yield made
    made.close()


@pytest.fixture
def queue(store: TraceStore, clock: Clock) -> Queue:
    return Queue(store.engine, "worker-1", clock)


def keep(store: TraceStore, question: str = "What is ReAct?") -> str:
    begun = turns.start(question)
    store.begin(begun)
    store.finish(begun, turns.end(), turns.steps())
    return begun.trace_id


def state(store: TraceStore) -> tuple[int, int, int, str | None]:
    (found,) = states(store.engine, ("comet",))
    return found.pending, found.dead, found.delivered, found.paused


def test_what_waits_arrives_oldest_first_and_once(store: TraceStore, queue: Queue) -> None:
    kept = [keep(store) for _ in range(45)]  # more than one claim takes
    sink = ScriptedSink()
    assert deliver_round(queue, [sink]).delivered == 45
    assert sink.arrived == [("trace", own) for own in kept]
    assert deliver_round(queue, [sink]).delivered == 0
    assert state(store) == (0, 0, 45, None)


def test_what_has_arrived_is_not_kept_a_second_time(store: TraceStore, queue: Queue) -> None:
    keep(store)
    deliver_round(queue, [ScriptedSink()])
    with store.engine.connect() as connection:
        assert connection.execute(select(outbox.c.payload)).scalar_one() is None


def test_a_sink_that_is_down_is_asked_later_and_later_and_gets_all(
    store: TraceStore, queue: Queue, clock: Clock
) -> None:
    kept = [keep(store) for _ in range(10)]
    sink = ScriptedSink(*[SinkUnavailable("Comet does not answer.")] * 8)
    waits, before = [], clock.now
    while sink.script:
        left = len(sink.script)
        deliver_round(queue, [sink])
        if len(sink.script) < left:
            waits.append(clock.now - before)
            before = clock.now
        clock.now += 0.5
    assert waits[-1] > 8 * waits[1]  # however many items wait, each of which fails for the first time
    while deliver_round(queue, [sink]).delivered or len(sink.arrived) < len(kept):
        clock.now += 10
    assert sorted(sink.arrived) == sorted(("trace", own) for own in kept)


def test_an_item_that_always_fails_lets_the_others_past(store: TraceStore, queue: Queue, clock: Clock) -> None:
    bad, *good = (keep(store) for _ in range(5))

    class Picky(ScriptedSink):
        def send_trace(self, record: dict[str, Any]) -> None:
            if record["id"] == bad:
                raise SinkUnavailable("Comet answered 500.")
            super().send_trace(record)

    sink = Picky()
    for _ in range(40):
        deliver_round(queue, [sink])
        clock.now += 1
    assert sink.arrived == [("trace", own) for own in good]


def test_waiting_doubles_with_jitter_up_to_a_limit() -> None:
    for attempts in range(40):
        most = min(LONGEST_WAIT_S, 2.0 * 2**attempts)
        assert all(most / 2 <= waiting_time(attempts) <= most for _ in range(20))
    assert len({waiting_time(3) for _ in range(20)}) > 1


def test_a_server_that_says_when_is_left_alone_until_then(store: TraceStore, queue: Queue, clock: Clock) -> None:
    keep(store)
    sink = ScriptedSink(SinkUnavailable("Comet is busy.", retry_after_s=100.0))
    deliver_round(queue, [sink])
    later = keep(store)
    clock.now += 99
    assert deliver_round(queue, [sink]).delivered == 0  # the new one is not sent either
    clock.now += 2
    assert deliver_round(queue, [sink]).delivered == 2
    assert ("trace", later) in sink.arrived


@pytest.mark.parametrize("restarted", [False, True])
def test_a_clock_that_was_ahead_and_is_set_back_holds_nothing_up(
    store: TraceStore, queue: Queue, clock: Clock, restarted: bool
) -> None:
    clock.now += 400 * 86_400
    keep(store)
    deliver_round(queue, [ScriptedSink(SinkUnavailable("Comet is down."))])
    queue.claim("comet", 1, even_if_not_due=True)  # and a worker that claims it and is killed
    clock.now -= 400 * 86_400
    worker = Queue(store.engine, "another", clock) if restarted else queue
    assert deliver_round(worker, [ScriptedSink()]).delivered == 1


def test_a_start_leaves_a_wait_that_was_asked_for_alone(store: TraceStore, queue: Queue, clock: Clock) -> None:
    keep(store)
    deliver_round(queue, [ScriptedSink(SinkUnavailable("Comet is busy.", retry_after_s=80_000.0))])
    again = Queue(store.engine, "another", clock)
    assert deliver_round(again, [ScriptedSink()]).delivered == 0
    clock.now += 80_001
    assert deliver_round(again, [ScriptedSink()]).delivered == 1


def test_a_refused_key_pauses_the_sink_until_it_is_resumed(store: TraceStore, queue: Queue, clock: Clock) -> None:
    keep(store), keep(store)
    sink = ScriptedSink(SinkDenied("Comet refused the key."))
    assert deliver_round(queue, [sink]).problems == {"comet": "Comet refused the key."}
    clock.now += 10_000
    assert deliver_round(queue, [sink]).delivered == 0
    assert state(store) == (2, 0, 0, "Comet refused the key.")
    queue.resume("comet")
    assert deliver_round(queue, [sink]).delivered == 2


def test_a_refused_item_is_a_dead_letter_and_the_rest_goes_on(store: TraceStore, queue: Queue) -> None:
    bad, good = keep(store), keep(store)
    sink = ScriptedSink(SinkRefused("Comet refused it: too large."))
    tally = deliver_round(queue, [sink])
    assert (tally.delivered, tally.dead, sink.arrived) == (1, 1, [("trace", good)])
    (letter,) = dead_letters(store.engine)
    assert (letter["trace_id"], letter["error"]) == (bad, "Comet refused it: too large.")
    assert queue.revive() == 1
    deliver_round(queue, [sink])
    assert sink.arrived[-1] == ("trace", bad)


def test_a_vote_arrives_after_its_trace_and_votes_in_their_order(store: TraceStore, queue: Queue, clock: Clock) -> None:
    own = keep(store)
    for vote in ("up", "down"):
        store.give_feedback(Feedback(own, vote, BEGAN))  # type: ignore[arg-type]
    sink = ScriptedSink(SinkUnavailable("down"))
    deliver_round(queue, [sink])
    assert sink.arrived == []
    clock.now += 10
    deliver_round(queue, [sink])
    assert sink.arrived == [("trace", own), ("feedback", own), ("feedback", own)]
    assert [p["vote"] for p in sink.payloads[1:]] == ["up", "down"]


def test_two_workers_send_nothing_twice(store: TraceStore, clock: Clock) -> None:
    kept = [keep(store) for _ in range(30)]
    sink, workers = ScriptedSink(), [Queue(store.engine, f"worker-{n}", clock) for n in range(3)]
    threads = [threading.Thread(target=deliver_round, args=(worker, [sink])) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(sink.arrived) == sorted(("trace", own) for own in kept)


def test_a_claim_of_a_killed_worker_runs_out(store: TraceStore, queue: Queue, clock: Clock) -> None:
    own = keep(store)
    assert len(queue.claim("comet", 10)) == 1  # and this worker is killed
    other, sink = Queue(store.engine, "worker-2", clock), ScriptedSink()
    assert deliver_round(other, [sink]).delivered == 0
    clock.now += CLAIM_S + 1
    assert deliver_round(other, [sink]).delivered == 1
    assert sink.arrived == [("trace", own)]


def test_what_a_killed_process_had_claimed_is_free_at_the_next_start(store: TraceStore, tmp_path: Path) -> None:
    keep(store)
    killed, alive = TraceStore(tmp_path), TraceStore(tmp_path)
    try:
        assert len(Queue(store.engine, killed.owner.name).claim("comet", 1)) == 1
        assert store.abort_orphans() == 0
        assert Queue(store.engine, store.owner.name).claim("comet", 1) == []  # its process is still there
        killed.owner.close()
        alive.abort_orphans()
        assert len(Queue(store.engine, store.owner.name).claim("comet", 1)) == 1
    finally:
        killed.engine.dispose()
        alive.close()


def test_a_delivery_now_waits_for_what_another_process_is_sending(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ui import delivery

    store = TraceStore(tmp_path, TraceSettings(comet_api_key=SecretStr("k" * 25)))
    kept = keep(store)
    other, sink = Queue(store.engine, "another"), ScriptedSink()
    (item,) = other.claim("comet", 10)
    assert (other.sent_by_others(), Queue(store.engine, store.owner.name).sent_by_others()) == (0, 1)
    monkeypatch.setattr("assistant.tracing.delivery.make_sinks", lambda settings: [sink])
    sending = threading.Timer(0.3, other.delivered, [item])
    sending.start()
    try:
        library: Any = type("Library", (), {"traces": store})
        assert delivery.deliver_now(library, only_due=False)
    finally:
        sending.join()
    assert sink.arrived == [] and kept
    store.close()


def test_what_leaves_is_redacted_and_what_is_kept_is_not(store: TraceStore, queue: Queue) -> None:
    keep(store, "Is ana@example.org right, and is sk-abcdefghijklmnopqrstuvwx my key?")
    sink = ScriptedSink()
    deliver_round(queue, [sink])
    assert "ana@example.org" not in str(sink.payloads)
    assert "sk-abcdef" not in str(sink.payloads)
    from assistant.tracing.queries import TraceReader

    (row,) = TraceReader(store.engine).find()
    assert "ana@example.org" in row["question"]
    assert "sk-abcdef" not in row["question"]


def test_a_share_of_none_is_none_and_of_one_is_all() -> None:
    ids = [f"{n:08x}" + "0" * 24 for n in range(0, 2**32, 2**26)]
    assert not any(sampled(own, 0.0) for own in ids)
    assert all(sampled(own, 1.0) for own in ids)
    assert sum(sampled(own, 0.25) for own in ids) == len(ids) // 4


def test_what_is_not_sampled_is_kept_and_neither_it_nor_its_votes_are_sent(tmp_path: Path) -> None:
    store = TraceStore(tmp_path / "other", TraceSettings(comet_api_key=SecretStr("k" * 32), sample=0.0))
    own = keep(store)
    store.give_feedback(Feedback(own, "up", BEGAN))
    with store.engine.connect() as connection:
        assert connection.execute(select(outbox.c.id)).all() == []
    store.close()


def test_the_worker_delivers_what_comes_later_and_ends(store: TraceStore) -> None:
    arrived = threading.Event()

    class Telling(ScriptedSink):
        def send_trace(self, record: dict[str, Any]) -> None:
            super().send_trace(record)
            arrived.set()

    worker = Worker(Queue(store.engine, "w"), [sink := Telling()], poll_s=0.01)
    worker.start()
    own = keep(store)
    assert arrived.wait(20)
    worker.close(20)
    assert sink.arrived == [("trace", own)]


def test_a_bug_over_one_item_makes_a_dead_letter_of_it_and_the_rest_goes_on(store: TraceStore, queue: Queue) -> None:
    keep(store)
    good = keep(store)
    sink = ScriptedSink(ZeroDivisionError("a bug"))
    deliver_round(queue, [sink])
    assert sink.arrived == [("trace", good)]
    assert "ZeroDivisionError: a bug" in dead_letters(store.engine)[0]["error"]
