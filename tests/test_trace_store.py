"""The trace store over SQLite and PostgreSQL: nothing asked or answered is lost, and forgetting forgets all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import create_engine, func, inspect, select, text

from assistant.tracing.database import sqlite_url
from assistant.tracing.judgements import judgement
from assistant.tracing.queries import Filter, TraceReader
from assistant.tracing.records import PROPOSED_BY, Feedback, Origin, Review
from assistant.tracing.settings import TraceSettings
from assistant.tracing.store import TraceStore
from assistant.tracing.tables import conversations, feedback, metadata, outbox, spans, traces, users
from index_store.errors import TracesUnavailable, TraceUnknown
from tests import turns
from tests.conftest import REPOSITORY
from tests.postgres import programs, temporary_postgres
from tests.turns import BEGAN

COMET = SecretStr("k" * 32)


@pytest.fixture(scope="module")
def postgres_address() -> Iterator[str]:
    if programs() is None:
        pytest.skip("PostgreSQL is not installed (on Debian: apt install postgresql)")
    with temporary_postgres() as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest) -> Iterator[str | None]:
    if request.param == "sqlite":
        yield None
        return
    yield request.getfixturevalue("postgres_address")


@pytest.fixture
def store(address: str | None, tmp_path: Path) -> Iterator[TraceStore]:
    made = TraceStore(tmp_path, TraceSettings(database_url=address, comet_api_key=COMET), clock=lambda: BEGAN)
    yield made
    if address is not None:
        with made.engine.begin() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(table.delete())
    made.close()


def keep(store: TraceStore, question: str = "What is ReAct?", **given: object) -> str:
    begun = turns.start(question, **given)  # type: ignore[arg-type]
    store.begin(begun)
    store.finish(begun, turns.end(at=begun.started_at + 2), turns.steps(at=begun.started_at))
    return begun.trace_id


def test_a_turn_is_read_back_as_it_was_kept(store: TraceStore) -> None:
    own = keep(store)
    record = TraceReader(store.engine).get(own)
    assert (record["question"], record["answer"], record["status"]) == (
        "What is ReAct?",
        "It thinks and acts. [1]",
        "ok",
    )
    assert (record["template"], record["template_version"]) == ("answer", 1)
    assert record["citations"][0]["path"] == "05-react.md"
    assert record["user_id"] == "u1"
    assert [s["name"] for s in record["spans"]] == [f"step {n}" for n in range(8)]
    assert {s["parent_id"] for s in record["spans"][2:]} == {record["spans"][1]["id"]}


def test_what_was_not_reported_is_null_and_never_zero(store: TraceStore) -> None:
    record = TraceReader(store.engine).get(keep(store))
    assert (record["input_tokens"], record["output_tokens"], record["price_usd"]) == (None, None, None)
    assert record["tokens_from"] == "none"


def test_a_turn_stands_there_from_its_beginning(store: TraceStore) -> None:
    begun = turns.start()
    store.begin(begun)
    assert TraceReader(store.engine).get(begun.trace_id)["status"] == "running"


def test_a_turn_whose_beginning_could_not_be_written_is_written_whole(store: TraceStore) -> None:
    begun = turns.start()
    store.finish(begun, turns.end(), turns.steps())
    assert TraceReader(store.engine).get(begun.trace_id)["status"] == "ok"


def test_end_spans_and_outbox_are_written_together_or_not_at_all(
    store: TraceStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = turns.start()
    store.begin(begun)
    twice = [turns.steps()[0]] * 2  # the same id twice: the database refuses the second
    with pytest.raises(TracesUnavailable):
        store.finish(begun, turns.end(), twice)
    with store.engine.connect() as connection:
        assert connection.execute(select(traces.c.status)).scalar_one() == "running"
        assert connection.execute(select(func.count()).select_from(spans)).scalar_one() == 0
        assert connection.execute(select(func.count()).select_from(outbox)).scalar_one() == 0


def test_the_latest_vote_counts_and_every_vote_is_kept(store: TraceStore) -> None:
    own, reader = keep(store), TraceReader(store.engine)
    for n, vote in enumerate(("up", "down", None, "down")):
        store.give_feedback(Feedback(own, vote, BEGAN + n, "hm"))  # type: ignore[arg-type]
    assert [r["vote"] for r in reader.find()] == ["down"]
    assert [f["vote"] for f in reader.get(own)["feedback"]] == ["up", "down", None, "down"]
    assert (reader.count(Filter(vote="down")), reader.count(Filter(vote="up"))) == (1, 0)


def test_feedback_and_reviews_of_no_trace_are_refused_by_name(store: TraceStore) -> None:
    with pytest.raises(TraceUnknown, match="There is no trace nothing"):
        store.give_feedback(Feedback("nothing", "up", BEGAN))
    with pytest.raises(TraceUnknown, match="There is no trace nothing"):
        store.add_review(Review("nothing", "ana", BEGAN))


def test_a_review_keeps_what_would_have_been_right(store: TraceStore) -> None:
    own = keep(store)
    store.add_review(
        Review(own, "ana", BEGAN, "wrong", "It is a pattern.", ("05-react.md",), ("ReAct",), "see p. 3", "bo")
    )
    review = TraceReader(store.engine).get(own)["reviews"][0]
    assert (review["verdict"], review["corrected_sources"], review["assignee"]) == ("wrong", ["05-react.md"], "bo")


def test_what_a_student_proposes_does_not_stand_over_what_a_reviewer_found(store: TraceStore) -> None:
    own, reader = keep(store), TraceReader(store.engine)
    proposal = Review(own, f"{PROPOSED_BY}12ab", BEGAN, "wrong", corrected_tags=("GPT-4",))
    store.add_review(proposal)
    assert reader.last_reviews([own])[own]["reviewer"] == proposal.reviewer
    assert [row["id"] for row in reader.find(Filter(reviewed=False))] == [own]
    assert judgement(reader.get(own)["reviews"])["corrected_tags"] == ["GPT-4"]
    store.add_review(Review(own, "ana", BEGAN, "right", assignee="bo"))
    store.add_review(proposal)
    assert judgement(reader.get(own)["reviews"])["reviewer"] == "ana"
    assert reader.last_reviews([own])[own]["verdict"] == "right"
    assert [row["id"] for row in reader.find(Filter(reviewed=True, assigned=True))] == [own]
    assert [row["reviewer"] for row in reader.reviews()] == ["ana"]
    assert len(reader.get(own)["reviews"]) == 3


def test_filters_hold_together(store: TraceStore) -> None:
    early = keep(store, "What is ReAct?", at=BEGAN)
    late = keep(store, "Wie groß ist GPT-4?", at=BEGAN + 100, origin=Origin("c2", "u2"))
    reader = TraceReader(store.engine)

    def found(**given: object) -> list[str]:
        return [row["id"] for row in reader.find(Filter(**given))]  # type: ignore[arg-type]

    assert found() == [late, early]
    assert found(text="GROSS IST gpt") == [late]
    assert found(text="%") == []
    assert found(since=BEGAN + 50) == [late]
    assert found(before=BEGAN + 50, mode="quoting") == [early]
    assert found(user="u2", text="THINKS AND") == [late]  # the answer of both speaks of it
    assert found(conversation="c1", status="refused") == []
    assert [r["id"] for r in reader.each()] == [early, late]


def test_a_beginning_of_an_id_is_enough_if_it_is_one_trace_s(store: TraceStore) -> None:
    own = keep(store)
    reader = TraceReader(store.engine)
    assert reader.get(own[:8])["id"] == own
    for wrong in (own[:5], "________", "%%%%%%%%"):
        with pytest.raises(TraceUnknown):
            reader.get(wrong)


def test_forgetting_takes_all_that_hangs_on_the_turns(store: TraceStore) -> None:
    own, other = keep(store), keep(store, origin=Origin("c2", "u2"))
    store.give_feedback(Feedback(own, "up", BEGAN))
    assert store.forget(user="u1") == (1, 0)
    with store.engine.connect() as connection:
        for table in (spans, outbox):
            assert set(connection.execute(select(table.c.trace_id)).scalars()) == {other}
        assert connection.execute(select(func.count()).select_from(feedback)).scalar_one() == 0
        assert set(connection.execute(select(users.c.id)).scalars()) == {"u2"}
        assert set(connection.execute(select(conversations.c.id)).scalars()) == {"c2"}


def test_forgetting_needs_a_condition_and_spares_open_turns(store: TraceStore) -> None:
    with pytest.raises(ValueError, match="condition"):
        store.forget()
    store.begin(turns.start(at=BEGAN - 100))
    keep(store, at=BEGAN - 100)
    assert store.forget(before=BEGAN) == (1, 0)
    assert TraceReader(store.engine).count() == 1


def test_what_is_older_than_it_is_kept_goes(address: str | None, store: TraceStore, tmp_path: Path) -> None:
    keep(store, at=BEGAN - 3 * 86_400)
    young = keep(store, at=BEGAN - 86_400)
    with_limit = TraceStore(tmp_path, TraceSettings(database_url=address, keep_days=2), clock=lambda: BEGAN)
    assert with_limit.retire() == 1
    with_limit.close()
    assert [r["id"] for r in TraceReader(store.engine).find()] == [young]


def test_many_threads_write_at_once_and_every_turn_is_whole(store: TraceStore) -> None:
    begun = [turns.start(f"question {n}", origin=Origin(f"c{n % 7}", f"u{n % 3}")) for n in range(50)]

    def one(n: int) -> None:
        store.begin(begun[n])
        store.finish(begun[n], turns.end(f"answer {n}"), turns.steps())

    threads = [threading.Thread(target=one, args=(n,)) for n in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    reader = TraceReader(store.engine)
    for n, turn in enumerate(begun):
        record = reader.get(turn.trace_id)
        assert (record["question"], record["answer"], len(record["spans"])) == (f"question {n}", f"answer {n}", 8)


def test_the_tables_are_those_that_the_steps_make(store: TraceStore) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_a_new_file_has_the_tables_that_the_steps_make(tmp_path: Path) -> None:
    engine = create_engine(sqlite_url(tmp_path))
    with engine.begin() as connection:  # a file that has been begun is brought up to date step by step
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
    stepped, new = TraceStore(tmp_path), TraceStore(tmp_path / "new")
    assert _shape(new) == _shape(stepped)
    assert set(_shape(new)) == {*metadata.tables, "alembic_version"}


def _shape(store: TraceStore) -> dict[str, object]:
    seen = inspect(store.engine)
    with store.engine.connect() as connection:
        steps = connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
    return {
        table: (
            sorted(
                (c["name"], str(c["type"]), c["nullable"], str(c["default"]), c["primary_key"])
                for c in seen.get_columns(table)
            ),
            sorted((i["name"], i["column_names"], i["unique"]) for i in seen.get_indexes(table)),
            sorted((str(u["name"]), u["column_names"]) for u in seen.get_unique_constraints(table)),
            sorted((str(k["name"]), str(k["referred_table"]), k["options"]) for k in seen.get_foreign_keys(table)),
            steps,
        )
        for table in seen.get_table_names()
    }


def test_a_store_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    store = TraceStore(tmp_path)
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    store.close()
    with pytest.raises(TracesUnavailable, match="newer version"):
        TraceStore(tmp_path)


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "traces.sqlite3").write_bytes(b"no database at all" * 100)
    with pytest.raises(TracesUnavailable, match=r"cannot be opened.*traces\.sqlite3"):
        TraceStore(tmp_path)


def test_a_database_that_cannot_be_reached_is_named_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(TracesUnavailable) as caught:
        TraceStore(tmp_path, TraceSettings(database_url="postgresql://lectern:geheim@127.0.0.1:1/x"))
    assert "127.0.0.1:1" in str(caught.value)
    assert "geheim" not in str(caught.value)
    assert "geheim" not in repr(TraceSettings(database_url="postgresql://lectern:geheim@127.0.0.1:1/x"))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.text(st.characters(codec=None)), more=st.text(st.characters(codec=None)))
def test_any_text_can_be_kept(store: TraceStore, said: str, more: str) -> None:
    begun = turns.start(f"q {said}")
    store.begin(begun)
    store.finish(begun, turns.end(more, citations=({"quote": said},)), [])
    kept = TraceReader(store.engine).get(begun.trace_id)
    if said.isascii() and "\x00" not in said and "@" not in said:
        assert kept["question"] == f"q {said}"


CHILD = """
import sys, time
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from assistant.tracing.settings import TraceSettings
from assistant.tracing.store import TraceStore
from tests import turns
store = TraceStore(Path(sys.argv[2]), TraceSettings(database_url=sys.argv[3] or None))
store.begin(turns.start("killed in the middle"))
print("begun", flush=True)
time.sleep(60)
"""


def test_what_was_said_is_kept_of_a_turn_that_was_killed_and_changes_nothing_of_one_that_ended(
    store: TraceStore,
) -> None:
    killed, ended = turns.start("killed"), turns.start("ended")
    for begun in (killed, ended):
        store.begin(begun)
    store.finish(ended, turns.end("All of it."), [])
    assert store.note_said(killed.trace_id, "So far") and not store.note_said(ended.trace_id, "So far")
    assert not store.note_said("f" * 32, "So far")
    kept = [TraceReader(store.engine).get(turn.trace_id)["answer"] for turn in (killed, ended)]
    assert kept == ["So far", "All of it."]


def test_the_open_turn_of_a_killed_process_is_aborted_and_that_of_a_live_one_is_not(
    address: str | None, store: TraceStore, tmp_path: Path
) -> None:
    store.begin(turns.start("still under way"))
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(REPOSITORY), str(tmp_path), address or ""], stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"begun\n"
    other = TraceStore(tmp_path, TraceSettings(database_url=address, comet_api_key=COMET))
    assert other.abort_orphans() == 0
    os.kill(child.pid, signal.SIGKILL)
    child.communicate()
    assert other.abort_orphans() == 1
    other.close()
    states = {r["question"]: r["status"] for r in TraceReader(store.engine).find()}
    assert states == {"still under way": "running", "killed in the middle": "aborted"}
    with store.engine.connect() as connection:
        payload = connection.execute(select(outbox.c.payload)).scalar_one()
    assert (payload["status"], payload["spans"]) == ("aborted", [])
