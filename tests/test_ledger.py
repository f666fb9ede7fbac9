"""The ledger: what is recorded comes back, a change is whole or not at all, and every failure is told in words."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index_store.chunks import Chunk, document_id
from index_store.errors import IndexDamaged, IndexProblem
from index_store.locators import Locator
from ingest.ledger import Known, Ledger, text_hash
from ingest.receipts import Receipt


def known(path: str, digest: str = "h", source: str = "/course") -> Known:
    return Known(document_id(source, path), source, path, digest, 10, 5, "Title", "done", "s", {"stage": "verified"}, 0)


def chunk(path: str, n: int, text: str = "") -> Chunk:
    text = text or f"Words of part {n}."
    return Chunk(text, text, 0, Locator(lines=(n + 1, n + 1)), "/course", path, "Title", "prose", "", n)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(tmp_path)
    yield opened
    opened.close()


def test_a_document_comes_back_as_it_was_recorded(ledger: Ledger, tmp_path: Path) -> None:
    chunks = [chunk("a.md", n) for n in range(12)]
    ledger.record(known("a.md"), chunks)
    ledger.close()
    again = Ledger(tmp_path)
    (found,) = again.documents()
    assert found.at and replace(found, at="") == replace(known("a.md"), chunks=12)
    assert again.chunks(known("a.md").id) == chunks
    assert again.chunk_ids() == {c.id for c in chunks}
    assert again.sources() == ["/course"]
    again.close()


def test_a_new_record_replaces_the_old_one_with_its_chunks(ledger: Ledger) -> None:
    ledger.record(known("a.md"), [chunk("a.md", n) for n in range(3)])
    ledger.record(known("a.md", "new"), [chunk("a.md", 7)])
    assert [(d.hash, d.chunks) for d in ledger.documents()] == [("new", 1)]
    assert ledger.chunk_ids() == {chunk("a.md", 7).id}


def test_what_anybody_changes_is_listed_at_once_and_what_nobody_changes_is_not_read_again(
    ledger: Ledger, tmp_path: Path
) -> None:
    asked: list[str] = []
    ledger._db.set_trace_callback(asked.append)
    other = Ledger(tmp_path)

    def listed() -> dict[str, tuple[str, int]]:
        return {d.path: (d.receipt["stage"], d.chunks) for d in ledger.documents()}

    for writer in (ledger, other):  # itself, and as another process does
        writer.record(known("a.md"), [chunk("a.md", n) for n in range(3)])
        assert listed() == {"a.md": ("verified", 3)}
        writer.note_failure(Receipt("/course", "a.md", "failed", "read"), known("a.md").id)
        assert listed() == {"a.md": ("read", 3)}
        asked.clear()
        assert listed() == {"a.md": ("read", 3)} and not any("FROM documents" in query for query in asked)
        ledger.documents().clear()  # a list of one's own
        assert len(listed()) == 1
        writer.forget(known("a.md").id)
        assert listed() == {}
    other.close()


def test_a_change_that_is_taken_back_was_never_listed(ledger: Ledger) -> None:
    seen: list[int] = []

    def look() -> None:
        seen.append(len(ledger.documents()))

    looking = threading.Thread(target=look)
    with pytest.raises(ZeroDivisionError), ledger._change() as db:
        db.execute("INSERT INTO documents SELECT 'x', 's', 'p', 'h', 1, 1, '', 'done', 's', '{}', ''")
        looking.start()
        looking.join(0.3)  # it waits for the end of this
        raise ZeroDivisionError
    looking.join()
    assert seen == [0] and ledger.documents() == []


def test_a_record_that_fails_half_way_leaves_the_old_one(ledger: Ledger) -> None:
    ledger.record(known("a.md"), [chunk("a.md", 0)])
    with pytest.raises(IndexProblem, match="UNIQUE constraint"):
        ledger.record(known("a.md", "new"), [chunk("a.md", 1), chunk("a.md", 1)])  # the same id twice
    assert [(d.hash, d.chunks) for d in ledger.documents()] == [("h", 1)]
    assert ledger.chunk_ids() == {chunk("a.md", 0).id}


def test_forgetting_a_document_forgets_its_chunks_and_no_others(ledger: Ledger) -> None:
    for path in ("a.md", "b.md"):
        ledger.record(known(path), [chunk(path, 0)])
    ledger.forget(known("a.md").id)
    assert [d.path for d in ledger.documents()] == ["b.md"]
    assert ledger.chunk_ids() == {chunk("b.md", 0).id}


def test_a_failure_of_a_known_document_keeps_its_chunks_and_has_it_read_again(ledger: Ledger) -> None:
    ledger.record(known("a.md"), [chunk("a.md", 0)])
    ledger.note_failure(Receipt("/course", "a.md", "failed", reason="broken"), known("a.md").id)
    (found,) = ledger.documents()
    assert (found.status, found.size, found.chunks, found.receipt["reason"]) == ("done", -1, 1, "broken")


def test_a_failure_of_a_new_document_is_remembered_without_chunks(ledger: Ledger) -> None:
    for reason in ("broken", "still broken"):
        ledger.note_failure(Receipt("/course", "a.md", "failed", reason=reason), known("a.md").id)
    (found,) = ledger.documents()
    assert (found.status, found.chunks, found.receipt["reason"]) == ("failed", 0, "still broken")


def test_the_same_content_is_found_under_another_name_alone(ledger: Ledger) -> None:
    ledger.record(known("a.md", "same"), [chunk("a.md", 0)])
    assert ledger.same_content("same", known("a.md").id) is None
    assert ledger.same_content("same", known("b.md").id) == ("/course", "a.md")
    assert ledger.same_content("other", known("b.md").id) is None


def test_documents_of_one_source_are_told_from_those_of_another(ledger: Ledger) -> None:
    for source in ("/course", "/other"):
        ledger.record(known("a.md", source=source), [])
    assert [d.source for d in ledger.documents("/other")] == ["/other"]
    assert ledger.sources() == ["/course", "/other"]


def test_vectors_come_back_by_model_and_text_and_go_when_nothing_uses_them(ledger: Ledger) -> None:
    one = chunk("a.md", 0)
    ledger.record(known("a.md"), [one])
    vectors = {text_hash(f"text {n}"): np.full(3, n, np.float32) for n in range(1_200)}
    ledger.keep_vectors("m", {**vectors, text_hash(one.embedded_text): np.ones(3, np.float32)})
    found = ledger.vectors("m", vectors)
    assert all(np.array_equal(found[key], vectors[key]) for key in vectors)
    assert ledger.vectors("another model", vectors) == {}
    assert ledger.forget_unused_vectors() == 1_200
    assert list(ledger.vectors("m", [text_hash(one.embedded_text)]))


def test_a_file_that_is_no_ledger_is_damage_and_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").write_bytes(b"This is no database. " * 100)
    with pytest.raises(IndexDamaged, match=r"ledger\.sqlite") as caught:
        Ledger(tmp_path)
    assert "Move that file away" in caught.value.hint
    assert (tmp_path / "ledger.sqlite").read_bytes().startswith(b"This is no database")


def test_damage_in_the_middle_of_the_file_is_told_where_it_is_met(ledger: Ledger, tmp_path: Path) -> None:
    ledger.record(known("a.md"), [chunk("a.md", n, "words " * 200 + str(n)) for n in range(60)])
    ledger.close()
    file = tmp_path / "ledger.sqlite"
    data = bytearray(file.read_bytes())
    for at in range(4096 * 4, len(data) - 4096, 4096):
        data[at : at + 400] = b"\xff" * 400
    file.write_bytes(data)
    damaged = Ledger(tmp_path)
    with pytest.raises(IndexDamaged, match=r"ledger\.sqlite \(database disk image is malformed") as caught:
        damaged.chunks(known("a.md").id)
    assert caught.value.hint
    damaged.close()


def test_a_ledger_that_cannot_be_opened_is_no_damage(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").mkdir()
    with pytest.raises(IndexProblem, match=r"cannot be used.*ledger\.sqlite") as caught:
        Ledger(tmp_path)
    assert not isinstance(caught.value, IndexDamaged)
    assert "room" in caught.value.hint


def test_a_second_reader_sees_what_was_recorded_and_nothing_half(ledger: Ledger, tmp_path: Path) -> None:
    reader = Ledger(tmp_path)
    ledger.record(known("a.md"), [chunk("a.md", 0)])
    assert [d.path for d in reader.documents()] == ["a.md"]
    other = sqlite3.connect(tmp_path / "ledger.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    other.execute("DELETE FROM documents")
    assert reader.chunk_ids() == {chunk("a.md", 0).id}
    other.execute("ROLLBACK")
    other.close()
    reader.close()


@given(st.text(min_size=1), st.text(min_size=1))
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_can_be_hashed_and_kept(ledger: Ledger, path: str, text: str) -> None:
    one = chunk(path, 0, text)
    ledger.record(known(path), [one])
    assert ledger.chunks(known(path).id) == [one]
    assert len(text_hash(text + "\ud800")) == 40
