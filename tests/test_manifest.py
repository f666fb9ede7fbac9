"""What the manifest remembers, and when the index's files are looked at more closely."""

from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import Any

import pytest

from index_store.errors import IndexDamaged, IndexMismatch, IndexProblem
from index_store.manifest import Fingerprint, index_folder, is_suspect, read_manifest
from tests.library import held, ingest


@pytest.fixture
def home(tmp_path: Path, minilm: Any, clean_environment: Path) -> Path:
    """A home with one small document, closed cleanly."""
    (tmp_path / "notes.txt").write_text("Temperature scales the logits before the softmax.")
    ingest(clean_environment, minilm, tmp_path / "notes.txt")
    return clean_environment


def suspect(home: Path) -> bool:
    manifest = read_manifest(home)
    assert manifest is not None
    return is_suspect(home, manifest)


def test_a_clean_close_is_trusted_however_often_the_index_is_read(home: Path, minilm: Any) -> None:
    for _ in range(3):
        assert not suspect(home)
        held(home, minilm)
    assert not suspect(home)


def test_a_file_that_shrank_or_went_or_changed_is_noticed(home: Path) -> None:
    files = sorted(
        f for f in index_folder(home).rglob("*") if f.suffix in (".bin", ".sqlite3", ".store") and f.stat().st_size > 0
    )
    assert {f.suffix for f in files} == {".bin", ".sqlite3", ".store"}
    for file in files:
        content = file.read_bytes()
        file.write_bytes(content[: len(content) // 2])
        assert suspect(home), file
        file.unlink()
        assert suspect(home), file
        file.write_bytes(content)


def test_an_index_that_was_not_closed_is_suspect(home: Path) -> None:
    file = index_folder(home) / "manifest.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "clean": False}))
    assert suspect(home)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"fingerprint": 3}', "\x00\x01"])
def test_a_manifest_that_cannot_be_read_names_the_rebuild(home: Path, content: str) -> None:
    (index_folder(home) / "manifest.json").write_text(content)
    with pytest.raises(IndexDamaged) as caught:
        read_manifest(home)
    assert "lectern library rebuild" in caught.value.hint


def test_a_manifest_that_cannot_be_opened_just_now_is_no_damage(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def too_many(*_: object, **__: object) -> str:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(Path, "read_text", too_many)
    with pytest.raises(IndexProblem, match="Too many open files") as told:
        read_manifest(home)
    assert not isinstance(told.value, IndexDamaged) and "rebuild" not in told.value.hint


def test_another_fingerprint_is_a_mismatch_that_names_the_rebuild(home: Path) -> None:
    manifest = read_manifest(home)
    assert manifest is not None
    manifest.require(manifest.fingerprint)
    for other in (
        Fingerprint("openai:text-embedding-3-small", 1536, 128, manifest.fingerprint.splitter),
        Fingerprint(manifest.fingerprint.model, 384, 64, manifest.fingerprint.splitter),
        Fingerprint(manifest.fingerprint.model, 384, manifest.fingerprint.window_tokens, "0"),
    ):
        with pytest.raises(IndexMismatch) as caught:
            manifest.require(other)
        assert "lectern library rebuild" in str(caught.value)
