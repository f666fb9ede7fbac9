"""A new version that a kill kept from its end leaves the old one whole: what both have reads as the old one has it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from index_store.dense import Dense
from index_store.errors import IndexProblem
from index_store.manifest import read_manifest
from ingest import pipeline
from ingest.ledger import Ledger
from tests.library import agreed, ingest, opened

BESIDE = "\n# Books\n\nBring the blue book of tables.\n"
"""A passage of both versions, under another title and beside another neighbour in each."""
OLD = f"# Syllabus\n\nThe exam is in room Amber.\n{BESIDE}"
NEW = f"# Programme\n\nThe exam is in room Cobalt.\n{BESIDE}"


def stopped(*_: Any, **__: Any) -> Any:
    raise IndexProblem("stopped, in place of a kill")


def before_it_is_put_back(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Dense, "query", lambda *_, **__: [])  # the new version is not found, and takes no place
    patch.setattr(pipeline, "put_back", stopped)


def before_the_ledger(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(pipeline.Pipeline, "_record", stopped)


def between_the_halves(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("index_store.lexical.Lexical.commit", stopped)  # so only the vectors are of the new version


@pytest.fixture(params=[before_it_is_put_back, before_the_ledger, between_the_halves])
def notes(request: Any, clean_environment: Path, tmp_path: Path, minilm: Any) -> Path:
    """The old version on disk and in the ledger, and an index that a new one was stopped in."""
    stops: Callable[[pytest.MonkeyPatch], None] = request.param
    file = tmp_path / "notes.md"
    file.write_text(OLD)
    (tmp_path / "apart.md").write_text("# Spiders\n\nSpiders have eight legs.\n")
    ingest(clean_environment, minilm, file, tmp_path / "apart.md")
    file.write_text(NEW)
    with pytest.MonkeyPatch.context() as patch, pytest.raises(IndexProblem, match="in place of a kill"):
        stops(patch)
        ingest(clean_environment, minilm, file)
    manifest = read_manifest(clean_environment)
    assert manifest and not manifest.clean
    file.write_text(OLD)
    return file


def text_in(home: Path) -> str:
    ledger = Ledger(home)
    try:
        return "".join(c.context for d in ledger.documents() for c in ledger.chunks(d.id))
    finally:
        ledger.close()


def test_what_both_versions_have_is_of_the_old_one_again(
    notes: Path, clean_environment: Path, tmp_path: Path, minilm: Any
) -> None:
    (tmp_path / "other.md").write_text("# Other\n\nBees have six legs.\n")
    ingest(clean_environment, minilm, tmp_path / "other.md")
    assert "Amber" in text_in(clean_environment) and "Cobalt" not in text_in(clean_environment)
    agreed(clean_environment, minilm)


def test_a_removal_in_between_does_not_call_the_rest_clean(
    notes: Path, clean_environment: Path, tmp_path: Path, minilm: Any
) -> None:
    with opened(clean_environment, minilm) as library:
        library.remove(next(d for d in library._ledger.documents() if d.path == "apart.md"))
    manifest = read_manifest(clean_environment)
    assert manifest and not manifest.clean
    ingest(clean_environment, minilm, notes)
    agreed(clean_environment, minilm)
    manifest = read_manifest(clean_environment)
    assert manifest and manifest.clean


def test_an_index_that_lacks_nothing_is_called_clean_once_it_was_compared(
    clean_environment: Path, tmp_path: Path, minilm: Any
) -> None:
    """Killed when it had only been marked: compared once, and not again at every ingest."""
    (tmp_path / "notes.md").write_text(OLD)
    ingest(clean_environment, minilm, tmp_path / "notes.md")
    with opened(clean_environment, minilm) as library:
        library._index._begin()
        library._index.settled = False
    manifest = read_manifest(clean_environment)
    assert manifest and not manifest.clean
    ingest(clean_environment, minilm, tmp_path / "notes.md")
    manifest = read_manifest(clean_environment)
    assert manifest and manifest.clean
