"""Ingestion on the real parts: receipts, what is done again and what is not, and what must never be lost."""

from __future__ import annotations

import os
import shutil
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from index_store.errors import EmbeddingProblem
from ingest.readers import READERS
from tests.library import CountingEmbedder, held, ingest, opened


@pytest.fixture
def embedder(minilm: Any) -> CountingEmbedder:
    return CountingEmbedder(minilm)


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A small course folder."""
    folder = tmp_path / "a course"
    (folder / "week 1").mkdir(parents=True)
    (folder / "week 1" / "intro.md").write_text(
        "# Intro\n\nA token is a piece of a word.\n\n## Why\n\nModels count tokens."
    )
    (folder / "notes.txt").write_text("Temperature scales the logits before the softmax.")
    return folder


def test_each_file_gets_a_receipt_that_ends_verified(course: Path, embedder: Any, clean_environment: Path) -> None:
    receipts = ingest(clean_environment, embedder, course)
    assert {p: (r.status, r.stage) for p, r in receipts.items()} == {
        "notes.txt": ("done", "verified"),
        "week 1/intro.md": ("done", "verified"),
    }
    assert all(r.chunks > 0 and r.embedded == r.chunks and r.characters_read > 0 for r in receipts.values())
    ledger, dense, lexical = held(clean_environment, embedder)
    assert ledger == dense == lexical
    assert len(ledger) == sum(r.chunks for r in receipts.values())


def test_a_file_that_cannot_be_read_ended_in_reading_and_waits_for_nothing(
    course: Path, embedder: Any, clean_environment: Path
) -> None:
    (course / "broken.pdf").write_bytes(b"no pdf")
    receipt = ingest(clean_environment, embedder, course)["broken.pdf"]
    assert (receipt.status, receipt.stage) == ("failed", "read") and receipt.reason


def test_a_second_run_reads_no_file_and_embeds_nothing(course: Path, embedder: Any, clean_environment: Path) -> None:
    ingest(clean_environment, embedder, course)
    before = embedder.embedded
    assert {r.status for r in ingest(clean_environment, embedder, course).values()} == {"unchanged"}
    assert embedder.embedded == before


def test_a_touched_file_of_the_same_content_is_unchanged(course: Path, embedder: Any, clean_environment: Path) -> None:
    ingest(clean_environment, embedder, course)
    os.utime(course / "notes.txt", (1, 1))
    assert ingest(clean_environment, embedder, course)["notes.txt"].status == "unchanged"


def test_a_changed_file_replaces_its_chunks_and_no_others(course: Path, embedder: Any, clean_environment: Path) -> None:
    ingest(clean_environment, embedder, course)
    before = held(clean_environment, embedder)[0]
    (course / "notes.txt").write_text("Top-p sampling keeps the smallest set of tokens.")
    receipts = ingest(clean_environment, embedder, course)
    assert (receipts["notes.txt"].status, receipts["week 1/intro.md"].status) == ("done", "unchanged")
    after, dense, lexical = held(clean_environment, embedder)
    assert after == dense == lexical
    assert (len(before - after), len(after - before)) == (1, 1)


def test_a_moved_file_embeds_nothing(course: Path, embedder: Any, clean_environment: Path) -> None:
    ingest(clean_environment, embedder, course)
    before = embedder.embedded
    (course / "notes.txt").rename(course / "week 1" / "notes.txt")
    receipts = ingest(clean_environment, embedder, course, prune=True)
    assert {p: r.status for p, r in receipts.items()} == {
        "week 1/intro.md": "unchanged",
        "week 1/notes.txt": "done",
        "notes.txt": "removed",
    }
    # The file's name is its title, and so part of the embedded text; it stayed the same.
    assert embedder.embedded == before


def test_the_same_content_under_two_names_is_told(course: Path, embedder: Any, clean_environment: Path) -> None:
    shutil.copy(course / "notes.txt", course / "copy of notes.txt")
    receipts = ingest(clean_environment, embedder, course)
    assert [r.duplicate_of for r in receipts.values()].count("") == 2
    assert receipts["notes.txt"].duplicate_of == "copy of notes.txt"
    shutil.copy(course / "notes.txt", course / "later.txt")
    assert ingest(clean_environment, embedder, course)["later.txt"].duplicate_of == "copy of notes.txt"
    (elsewhere := course.parent / "elsewhere").mkdir()
    shutil.copy(course / "notes.txt", elsewhere / "notes.txt")
    told = ingest(clean_environment, embedder, elsewhere)["notes.txt"].duplicate_of
    assert told == f"{course.resolve()}/copy of notes.txt"


def test_nothing_is_removed_without_prune(course: Path, embedder: Any, clean_environment: Path) -> None:
    ingest(clean_environment, embedder, course)
    before = held(clean_environment, embedder)
    (course / "notes.txt").unlink()
    assert set(ingest(clean_environment, embedder, course)) == {"week 1/intro.md"}
    assert held(clean_environment, embedder) == before


def test_prune_removes_nothing_when_the_scan_came_back_empty(
    course: Path, embedder: Any, clean_environment: Path
) -> None:
    ingest(clean_environment, embedder, course)
    before = held(clean_environment, embedder)
    shutil.rmtree(course)
    course.mkdir()
    assert ingest(clean_environment, embedder, course, prune=True) == {}
    assert held(clean_environment, embedder) == before


def test_prune_of_a_part_leaves_the_rest(course: Path, embedder: Any, clean_environment: Path) -> None:
    (course / "week 1" / "more.txt").write_text("Logits are scores before the softmax.")
    ingest(clean_environment, embedder, course)
    (course / "notes.txt").unlink()
    (course / "week 1" / "more.txt").unlink()
    receipts = ingest(clean_environment, embedder, course / "week 1", prune=True)
    assert {p: r.status for p, r in receipts.items()} == {
        "week 1/intro.md": "unchanged",
        "week 1/more.txt": "removed",
    }


def test_a_path_inside_a_known_folder_joins_it(course: Path, embedder: Any, clean_environment: Path) -> None:
    ingest(clean_environment, embedder, course)
    assert ingest(clean_environment, embedder, course / "week 1" / "intro.md") == {
        "week 1/intro.md": ingest(clean_environment, embedder, course / "week 1")["week 1/intro.md"]
    }
    assert len(held(clean_environment, embedder)[0]) == len(held(clean_environment, embedder)[1])


def test_a_file_that_breaks_keeps_what_was_known_of_it(course: Path, embedder: Any, clean_environment: Path) -> None:
    book = course / "book.ipynb"
    book.write_text('{"cells": [{"cell_type": "markdown", "source": "Adam is an optimiser."}], "nbformat": 4}')
    ingest(clean_environment, embedder, course)
    before = held(clean_environment, embedder)
    book.write_text('{"cells": [')
    receipt = ingest(clean_environment, embedder, course)["book.ipynb"]
    assert (receipt.status, "book.ipynb" in receipt.reason, bool(receipt.hint)) == ("failed", True, True)
    assert held(clean_environment, embedder) == before
    book.write_text('{"cells": [{"cell_type": "markdown", "source": "SGD is an optimiser."}], "nbformat": 4}')
    assert ingest(clean_environment, embedder, course)["book.ipynb"].status == "done"


def test_a_fault_in_a_reader_fails_that_file_and_no_other(
    course: Path, embedder: Any, clean_environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_module("ingest.readers.plain")

    def broken(data: bytes, name: str) -> None:
        raise ZeroDivisionError("oops")

    assert READERS[".txt"] == "plain"
    monkeypatch.setattr(sys.modules["ingest.readers.plain"], "read", broken)
    receipts = ingest(clean_environment, embedder, course)
    assert receipts["week 1/intro.md"].status == "done"
    assert receipts["notes.txt"].status == "failed"
    assert "notes.txt" in receipts["notes.txt"].reason
    assert "ZeroDivisionError: oops" in receipts["notes.txt"].reason


def test_when_embedding_fails_what_was_finished_is_kept(course: Path, minilm: Any, clean_environment: Path) -> None:
    class Failing(CountingEmbedder):
        def embed_texts(self, texts: Any) -> Any:
            if self.embedded:
                raise EmbeddingProblem("The server is gone.", hint="Start it.")
            return super().embed_texts(texts)

    with pytest.raises(EmbeddingProblem, match="gone"):
        ingest(clean_environment, Failing(minilm), course, batch_chunks=1)
    again = CountingEmbedder(minilm)
    receipts = ingest(clean_environment, again, course)
    assert [r.status for r in receipts.values()] == ["unchanged", "done"]
    ledger, dense, lexical = held(clean_environment, again)
    assert ledger == dense == lexical


def test_removing_a_document_leaves_nothing_of_it(course: Path, embedder: Any, clean_environment: Path) -> None:
    ingest(clean_environment, embedder, course)
    with opened(clean_environment, embedder) as pipeline:
        document = next(d for d in pipeline._ledger.documents() if d.path == "notes.txt")
        ids = pipeline._ledger.chunk_ids(document.id)
        assert pipeline.remove(document).chunks == len(ids) == 1
        assert pipeline._index.get(sorted(ids)) == {}
        assert pipeline._ledger.forget_unused_vectors() == 1
    ledger, dense, lexical = held(clean_environment, embedder)
    assert ledger == dense == lexical
    assert not ids & ledger


def test_a_file_that_says_one_thing_a_thousand_times_hides_no_other(
    course: Path, embedder: Any, clean_environment: Path
) -> None:
    (course / "a line.txt").write_text("word " * 200_000)
    for n in range(6):
        (course / f"z{n}.txt").write_text(f"Kiln number {n} is fired at {900 + n} degrees.")
    receipts = ingest(clean_environment, embedder, course)
    assert {r.reason for r in receipts.values()} == {""}
    assert any("repeat others of it word for word" in note for note in receipts["a line.txt"].notes)
    ledger, dense, lexical = held(clean_environment, embedder)
    assert ledger == dense == lexical and len(ledger) < 50


def test_what_is_read_again_unchanged_leaves_the_word_statistics_as_they_were(
    course: Path, embedder: Any, clean_environment: Path
) -> None:
    ingest(clean_environment, embedder, course)
    with opened(clean_environment, embedder) as pipeline:
        index = pipeline._index
        before = index.lexical.query("temperature logits softmax", 10)
        chunks = pipeline._ledger.chunks(next(d.id for d in pipeline._ledger.documents() if d.path == "notes.txt"))
        index.upsert(chunks, embedder.embed_texts([c.embedded_text for c in chunks]))
        index.commit()
        assert before
        assert sorted(index.lexical.query("temperature logits softmax", 10)) == sorted(before)
