"""How often a document was cited goes by its passages, and by what people asked."""

from __future__ import annotations

import html
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.tracing.queries import TraceReader
from assistant.tracing.records import Origin
from ingest.ledger import Ledger
from tests import turns
from tests.course import write_course
from tests.library import ingest, opened
from ui import removal, wiring
from ui.certificate_view import certificate_html
from ui.cited_counts import CitedCounts
from ui.cited_files import CHANGED, REMOVED, panel
from ui.parts import Parts, parts_of
from ui.removal import Certificate
from ui.visitors import visitors_of
from ui.wiring import Library

LATER = 4_000_000_000.0  # seconds since 1970: after whatever was ingested by now


@pytest.fixture
def library(clean_environment: Path, tmp_path: Path, minilm: Any) -> Iterator[Library]:
    """A course, and a copy of one file of it in another place."""
    course = write_course(tmp_path / "course")
    (tmp_path / "copy").mkdir()
    shutil.copy(course / "kilns.md", tmp_path / "copy")
    ingest(clean_environment, minilm, course, tmp_path / "copy")
    with wiring.open_library(wiring.read_environment()) as found:
        yield found


def cite(library: Library, chunks: list[str], at: float = LATER, face: Any = "web") -> str:
    begun = turns.start(at=at, origin=Origin("c1", "u1", face))
    cited = [{"marker": n, "path": "kilns.md", "locator": "lines 1-2", "quote": "Kilns", "score": 0.7, "chunk_id": c}
             for n, c in enumerate(chunks, start=1)]  # fmt: skip
    library.traces.begin(begun)
    library.traces.finish(begun, turns.end(at=at + 1, citations=tuple(cited)), [])
    return begun.trace_id


def counted(library: Library) -> dict[str, int]:
    documents = library.ledger.documents()
    counts = CitedCounts().of(library, documents)
    return {Path(d.source).name: counts[d.id] for d in documents if d.path == "kilns.md"}


def chunks_of(library: Library, folder: str) -> list[str]:
    (known,) = [d for d in library.ledger.documents() if d.path == "kilns.md" and Path(d.source).name == folder]
    return [c.id for c in library.ledger.chunks(known.id)]


def test_each_of_two_documents_of_one_path_is_counted_by_its_own_passages(library: Library) -> None:
    cite(library, chunks_of(library, "course"))  # several passages, one turn
    cite(library, chunks_of(library, "course")[:1])
    cite(library, chunks_of(library, "copy")[:1])
    assert counted(library) == {"course": 2, "copy": 1}


def test_counts_that_are_kept_show_at_once_what_is_cited_removed_and_forgotten(library: Library, minilm: Any) -> None:
    counts = CitedCounts()

    def now() -> dict[str, int]:
        documents = library.ledger.documents()
        counted = counts.of(library, documents)
        return {Path(d.source).name: counted[d.id] for d in documents if d.path == "kilns.md"}

    assert now() == {"course": 0, "copy": 0}
    first = cite(library, chunks_of(library, "course")[:1])
    assert now() == {"course": 1, "copy": 0}
    cite(library, [*chunks_of(library, "course")[:1], *chunks_of(library, "copy")[:1]])
    assert now() == {"course": 2, "copy": 1}
    assert library.traces.forget(trace=first)[0] == 1
    cite(library, chunks_of(library, "copy")[:1])  # so that there are as many as before
    assert now() == {"course": 1, "copy": 2}
    copy = next(d for d in library.ledger.documents() if Path(d.source).name == "copy")
    with wiring.open_library(library.environment, write=True) as writable:
        removal.remove(writable, [copy])
    assert now() == {"course": 1}
    cite(library, ["of-an-earlier-text"], at=turns.BEGAN - 86_400 * 365 * 40)
    assert now() == {"course": 2}
    ingest(library.environment.home, minilm, Path(copy.source))
    assert now() == {"course": 1, "copy": 2}  # by its path alone it is no longer the one that was meant


def test_what_is_as_it_was_is_not_counted_again(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    counts, read = CitedCounts(), []
    cite(library, chunks_of(library, "course")[:1])
    whole = Ledger.documents_of
    monkeypatch.setattr(Ledger, "documents_of", lambda ledger, chunks: read.append(1) or whole(ledger, chunks))
    documents = library.ledger.documents()
    assert counts.of(library, documents) == counts.of(library, documents) and read == [1]
    counts.of(library, documents[:1])
    assert read == [1, 1]  # what somebody else may know of
    counts.of(library, documents)[documents[0].id] = 99
    assert 99 not in counts.of(library, documents).values()


def test_rows_of_files_and_evaluations_do_not_count(library: Library) -> None:
    cite(library, chunks_of(library, "course")[:1], face="batch")
    assert counted(library) == {"course": 0, "copy": 0}


def test_what_stays_inherits_nothing_from_what_was_removed(library: Library, minilm: Any) -> None:
    cite(library, chunks_of(library, "copy")[:1])
    with opened(library.environment.home, minilm) as pipeline:
        pipeline.remove(next(d for d in library.ledger.documents() if Path(d.source).name == "copy"))
    assert counted(library) == {"course": 0}


def test_what_cited_an_earlier_version_of_a_document_counts_for_it(library: Library, minilm: Any) -> None:
    with opened(library.environment.home, minilm) as pipeline:
        pipeline.remove(next(d for d in library.ledger.documents() if Path(d.source).name == "copy"))
    cite(library, ["of-an-earlier-text"], at=turns.BEGAN - 86_400 * 365 * 40)
    assert counted(library) == {"course": 1}


def test_a_removal_goes_on_where_kept_turns_cannot_be_read(library: Library) -> None:
    copy = next(d for d in library.ledger.documents() if Path(d.source).name == "copy")
    with wiring.open_library(library.environment, write=True) as writable:
        with writable.traces.engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE traces")
        went = removal.remove(writable, [copy])
    assert went.turns is None and went.nothing_left and copy.id not in {d.id for d in library.ledger.documents()}
    assert "not known" in certificate_html(went, "Kilns")


def test_a_removal_counts_the_kept_turns_that_still_quote_it(library: Library) -> None:
    own = chunks_of(library, "copy")
    for face in ("web", "batch"):
        cite(library, own[:1], face=face)
    cite(library, chunks_of(library, "course")[:1])
    copy = next(d for d in library.ledger.documents() if Path(d.source).name == "copy")
    with wiring.open_library(library.environment, write=True) as writable:
        went = removal.remove(writable, [copy])
    assert (went.turns, went.vectors) == (2, 0)
    assert went.vectors_shared == len({c.embedded_text for c in library.ledger.chunks(course_id(library))})
    told = certificate_html(went, "Kilns")
    assert "2 kept turns still quote it" in told and "traces forget" in told and "in another document stay" in told
    assert "quote it" not in certificate_html(Certificate(1, 1, 1, 1, 0, 0, 0), "Kilns")


def course_id(library: Library) -> str:
    return next(d.id for d in library.ledger.documents() if d.path == "kilns.md")


def parts_over(library: Library) -> Parts:
    return parts_of(wiring.assistant_of(library), visitors_of(library.environment.home))


@pytest.mark.parametrize(("folder", "said"), [("copy", CHANGED), ("course", REMOVED)])
def test_a_source_that_is_gone_says_so_with_every_quote(library: Library, minilm: Any, folder: str, said: str) -> None:
    """Where another document has the path it was changed, as far as anybody can tell; else it was removed."""
    documents = [d for d in library.ledger.documents() if d.path == "kilns.md"]
    chunk = chunks_of(library, folder)[0]
    begun = turns.start(at=LATER, origin=Origin("c1", "u1", "web"))
    cited = [{"marker": 1, "path": "kilns.md", "locator": "lines 1-2", "quote": q, "score": 0.7, "chunk_id": chunk}
             for q in ("Clay is fired.", "Pots are sold.")]  # fmt: skip
    library.traces.begin(begun)
    library.traces.finish(begun, turns.end(citations=tuple(cited)), [])
    record = TraceReader(library.traces.engine).get(begun.trace_id)
    assert said not in panel(parts_over(library), record)
    with opened(library.environment.home, minilm) as pipeline:
        for document in documents if said == REMOVED else [d for d in documents if Path(d.source).name == folder]:
            pipeline.remove(document)
    shown = panel(parts_over(library), record)
    assert html.escape(said) in shown and "<mark>Clay is fired.</mark>" in shown and "<mark>Pots are sold." in shown
