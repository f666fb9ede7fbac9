"""What happens at once: a turn that is forgotten, aborted or voted on while it runs, and items forgotten in flight."""

# ruff: noqa: F811

from __future__ import annotations

import dataclasses
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from assistant.tracing.delivery import Worker, deliver_round
from assistant.tracing.outbox import Queue
from assistant.tracing.owner import STALE_S, Owner
from assistant.tracing.queries import TraceReader
from assistant.tracing.records import Feedback, Origin
from assistant.tracing.settings import TraceSettings
from assistant.tracing.store import TraceStore
from assistant.tracing.tables import conversations, outbox, traces
from index_store.errors import TracesUnavailable, TraceUnknown
from tests import turns
from tests.test_delivery import ScriptedSink
from tests.test_trace_store import COMET, address, keep, postgres_address, store  # noqa: F401
from tests.turns import BEGAN


def test_a_beginning_that_comes_after_the_end_changes_nothing(store: TraceStore) -> None:
    begun = turns.start()
    store.finish(begun, turns.end(), turns.steps())
    store.begin(begun)
    assert TraceReader(store.engine).get(begun.trace_id)["status"] == "ok"


def test_a_turn_that_is_forgotten_while_it_runs_stays_forgotten(store: TraceStore) -> None:
    begun = turns.start(origin=Origin("c9", "u9", "web"))
    store.begin(begun)
    store.forget(user="u9")
    store.finish(begun, turns.end(), turns.steps())
    with pytest.raises(TraceUnknown):
        TraceReader(store.engine).get(begun.trace_id)


def test_a_turn_that_was_taken_for_aborted_and_ends_is_kept_and_delivered_as_it_ended(store: TraceStore) -> None:
    begun = turns.start()
    store.begin(begun)
    with store.engine.begin() as connection:
        connection.execute(traces.update().values(owner="elsewhere/1", started_at=BEGAN - 2 * STALE_S))
    assert store.abort_orphans() == 1
    store.finish(begun, turns.end(), turns.steps())
    assert TraceReader(store.engine).get(begun.trace_id)["status"] == "ok"
    sink = ScriptedSink()
    deliver_round(Queue(store.engine, "w", store.clock), [sink])
    assert [payload["status"] for payload in sink.payloads] == ["ok"]


def test_a_vote_on_a_turn_that_runs_is_delivered_after_it(store: TraceStore) -> None:
    begun = turns.start()
    store.begin(begun)
    store.give_feedback(Feedback(begun.trace_id, "down", BEGAN))
    store.finish(begun, turns.end(), turns.steps())
    sink = ScriptedSink()
    queue = Queue(store.engine, "w", store.clock)
    deliver_round(queue, [sink])
    assert [kind for kind, _ in sink.arrived] == ["trace", "feedback"]


def test_what_is_forgotten_after_it_was_claimed_is_not_sent(store: TraceStore) -> None:
    keep(store, origin=Origin("c1", "u1", "web"))
    keep(store, origin=Origin("c2", "u2", "web"))

    class Forgetting(ScriptedSink):
        def send_trace(self, record: dict[str, Any]) -> None:
            super().send_trace(record)
            store.forget(user="u2")

    sink = Forgetting()
    deliver_round(Queue(store.engine, "w", store.clock), [sink])
    assert [payload["user_id"] for payload in sink.payloads] == ["u1"]


def test_what_a_server_reports_without_sense_takes_no_answer_away(store: TraceStore) -> None:
    begun = turns.start(model="m" * 300, provider="p" * 300)
    store.begin(begun)
    spans = turns.steps(1)
    spans[0].name = "tool " * 100
    store.finish(begun, turns.end(input_tokens=10**30, output_tokens=-1, error_type="E" * 200), spans)
    record = TraceReader(store.engine).get(begun.trace_id)
    assert (record["status"], record["input_tokens"], record["output_tokens"]) == ("ok", None, None)


def test_forgotten_text_stands_nowhere_in_the_home(tmp_path: Path) -> None:
    store = TraceStore(tmp_path, TraceSettings(comet_api_key=COMET))
    keep(store, "Xylophones in April?")
    store.forget(user="u1")
    for file in tmp_path.glob("traces*"):
        assert b"ylophones" not in file.read_bytes(), file.name
        assert file.stat().st_mode & 0o077 == 0
    store.close()


def test_two_homes_at_one_database_leave_each_other_s_turns_alone(store: TraceStore, tmp_path: Path) -> None:
    begun = turns.start()
    store.begin(begun)
    other = TraceStore(
        tmp_path / "other",
        dataclasses.replace(store.settings, database_url=str(address_of(store))),
        clock=lambda: BEGAN,
    )
    assert other.abort_orphans() == 0
    other.close()
    assert TraceReader(store.engine).get(begun.trace_id)["status"] == "running"


def address_of(store: TraceStore) -> str:
    return store.engine.url.render_as_string(hide_password=False)


def test_an_owner_of_this_home_without_its_file_is_gone_and_one_of_another_after_a_day(tmp_path: Path) -> None:
    one, two = Owner(tmp_path / "one"), Owner(tmp_path / "two")
    assert not one.is_gone(two.name, 5.0)
    assert one.is_gone(two.name, STALE_S + 1)
    ended = Owner(tmp_path / "one")
    assert not one.is_gone(ended.name, STALE_S + 1)
    ended.close()
    assert one.is_gone(ended.name, 0.0)
    one.close()
    two.close()


def test_a_folder_of_what_runs_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "running").write_text("in the way")
    with pytest.raises(TracesUnavailable, match="running"):
        TraceStore(tmp_path)


def test_a_home_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("in the way")
    with pytest.raises(TracesUnavailable, match="cannot be made"):
        TraceStore(tmp_path / "home")


def test_an_error_of_the_database_holds_no_text_of_a_turn(store: TraceStore) -> None:
    begun = turns.start("A secret question")
    store.begin(begun)
    twice = [turns.steps()[0]] * 2
    with pytest.raises(TracesUnavailable) as failed:
        store.finish(begun, turns.end("A secret answer"), twice)
    assert "said said" not in f"{failed.value} {failed.value.__cause__}"
    assert "{" not in str(failed.value)


def test_a_row_that_was_tampered_with_does_not_end_the_worker(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = TraceStore(tmp_path, TraceSettings(comet_api_key=COMET))
    keep(store)
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE outbox SET payload = '{'"))
    sink = ScriptedSink()
    worker = Worker(Queue(store.engine, "w"), [sink], poll_s=0.01)
    worker.start()
    while "stumbled" not in caplog.text:
        os.sched_yield()
    with store.engine.begin() as connection:
        connection.execute(outbox.delete())
    own = keep(store)
    while ("trace", own) not in sink.arrived:
        os.sched_yield()
    worker.close()
    with store.engine.connect() as connection:
        assert connection.execute(select(outbox.c.state)).scalar() == "delivered"
    store.close()


def test_workers_that_claim_at_once_claim_different_items(store: TraceStore) -> None:
    own = [keep(store) for _ in range(24)]
    barrier = threading.Barrier(4)
    claimed: list[str] = []

    def work(name: str) -> None:
        queue = Queue(store.engine, name, store.clock)
        for _ in range(6):
            barrier.wait(60)
            claimed.extend(item.trace_id for item in queue.claim("comet", 1))

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == len(set(claimed)) > 0
    assert set(claimed) <= set(own)


def test_a_turn_that_begins_while_its_conversation_grows_empty_stays(postgres_address: str, tmp_path: Path) -> None:
    """On PostgreSQL alone: SQLite lets one write at a time."""
    store = TraceStore(tmp_path, TraceSettings(database_url=postgres_address), clock=lambda: BEGAN)
    keep(store)
    begun = turns.start(at=BEGAN + 100)
    store._begun_here.add(begun.trace_id)
    waits = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    with store.engine.connect() as watching, store.engine.connect() as beginning:
        forgetting = threading.Thread(target=lambda: store.forget(before=BEGAN + 50))
        with beginning.begin():
            store._add(beginning, conversations, {"id": "c1", "created_at": BEGAN, "user_id": "u1", "face": "web"})
            store._add(beginning, traces, {**store._rows.begun(begun, store.owner.name)})
            forgetting.start()
            while not watching.execute(waits).scalar():
                watching.rollback()  # a transaction sees one state of the activity
        forgetting.join()
    store.finish(begun, turns.end(), turns.steps())
    assert [row["id"] for row in TraceReader(store.engine).find()] == [begun.trace_id]
    store.forget(before=BEGAN + 1_000)
    store.close()


def test_a_database_that_hangs_is_given_up(
    postgres_address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.tracing.database.BUSY_S", 0.5)
    store = TraceStore(tmp_path, TraceSettings(database_url=postgres_address))
    with store.engine.connect() as other:
        other.execute(text("LOCK TABLE conversations"))
        with pytest.raises(TracesUnavailable, match="timed out"):
            store.begin(turns.start())
    store.close()
