"""Bad input through the real pipeline: each gives a receipt with name, reason and next step, and the rest goes on."""

from __future__ import annotations

import io
import os
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from index_store.errors import SourceMissing, UnreadableFile
from ingest.receipts import Receipt
from ingest.sources import folder_source, read_steadily
from tests.library import CountingEmbedder, held, ingest
from tests.made_files import docx, locked_pdf, notebook, pdf, pptx, subtitles

GOOD = "Temperature scales the logits before the softmax."


@pytest.fixture
def embedder(minilm: Any) -> CountingEmbedder:
    return CountingEmbedder(minilm)


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A folder with one good file in front and one behind whatever a test adds."""
    folder = tmp_path / "course"
    folder.mkdir()
    (folder / "a good.txt").write_text(GOOD)
    (folder / "z good.md").write_text("# Sampling\n\nTop-p keeps the smallest set of tokens.")
    return folder


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"\0" * 60_000_000)
    return out.getvalue()


BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty.md": (lambda: b"", "is empty"),
    "blank.txt": (lambda: b" \n\t\n", "is empty"),
    "comment.md": (lambda: b"<!-- nothing else -->", "holds no text"),
    "picture.txt": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "PNG picture"),
    "program.py": (lambda: b"\x7fELF" + os.urandom(400), "a program"),
    "table.csv": (lambda: docx(), "zip archive"),
    "nul.txt": (lambda: b"some words\0 and more words\0", "NUL bytes"),
    "noise.md": (lambda: bytes(range(1, 32)) * 20, "control characters"),
    "broken.pdf": (lambda: b"%PDF-1.7\n" + b"garbage " * 40, "no PDF that can be read"),
    "cut.pdf": (lambda: pdf("Some text.")[:200], "no PDF that can be read"),
    "text.pdf": (lambda: b"This is no PDF at all.", "no PDF that can be read"),
    "locked.pdf": (locked_pdf, "encrypted with a password"),
    "scanned.pdf": (lambda: pdf("", "", ""), "3 pages and no text: it is probably scanned"),
    "broken.ipynb": (lambda: notebook()[:-30], "no notebook"),
    "list.ipynb": (lambda: b"[1, 2]", "no list of cells"),
    "bare.ipynb": (lambda: b'{"cells": []}', "holds no text"),
    "broken.docx": (lambda: docx()[: len(docx()) // 2], "is broken"),
    "text.docx": (lambda: b"This is no Word file.", "is broken"),
    "bomb.docx": (bomb, "zip bomb"),
    "broken.pptx": (lambda: pptx().replace(b"ppt/slides", b"ppt/slip!!"), "is broken"),
    "old.pptx": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "format of before 2007"),
    "silent.vtt": (lambda: b"WEBVTT\n\nNo times here.\n", "no cue with a time"),
    "page.html": (lambda: b"<html><script>alert(1)</script></html>", "holds no text"),
}


def check_good(receipts: dict[str, Receipt]) -> None:
    """The two good files went all the way, whatever stood between them."""
    assert [(p, r.stage) for p, r in receipts.items() if r.status == "done"] == [
        ("a good.txt", "verified"),
        ("z good.md", "verified"),
    ]


def test_each_bad_file_gets_a_receipt_and_the_good_ones_go_on(
    course: Path, embedder: Any, clean_environment: Path
) -> None:
    for name, (data, _) in BAD.items():
        (course / name).write_bytes(data())
    receipts = ingest(clean_environment, embedder, course)
    check_good(receipts)
    for name, (_, reason) in BAD.items():
        receipt = receipts[name]
        assert (name, receipt.status) == (name, "failed")
        assert name in receipt.reason
        assert re.search(reason, receipt.reason), receipt.reason
        assert "unexpected fault" not in receipt.reason
        assert receipt.hint
    ledger, dense, lexical = held(clean_environment, embedder)
    assert ledger == dense == lexical
    assert len(ledger) == 2


def test_a_file_above_the_limit_is_refused_without_being_read(
    course: Path, embedder: Any, clean_environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (course / "huge.txt").open("wb") as file:
        file.truncate(500_000_001)  # a hole: it takes no space
    read: list[str] = []
    real = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda self: read.append(self.name) or real(self))
    receipts = ingest(clean_environment, embedder, course)
    check_good(receipts)
    assert (receipts["huge.txt"].status, "huge.txt" in read) == ("skipped", False)
    assert "500,000,001 bytes; at most 500,000,000" in receipts["huge.txt"].reason
    assert "LECTERN_MAX_FILE_BYTES" in receipts["huge.txt"].hint


def test_the_limit_of_a_file_s_size_can_be_set(course: Path, embedder: Any, clean_environment: Path) -> None:
    (course / "long.txt").write_text("word " * 30)
    assert ingest(clean_environment, embedder, course, max_file_bytes=100)["long.txt"].status == "skipped"
    assert ingest(clean_environment, embedder, course, max_file_bytes=150)["long.txt"].status == "done"


def test_an_endless_line_is_read_to_its_end(course: Path, embedder: Any, clean_environment: Path) -> None:
    (course / "line.txt").write_text("word " * 4_000 + "theend")
    receipt = ingest(clean_environment, embedder, course)["line.txt"]
    assert (receipt.status, receipt.stage, receipt.characters_read) == ("done", "verified", 16_006)
    assert receipt.characters_kept == receipt.characters_read


@pytest.mark.parametrize(
    "name", ["new\nline.txt", "\u202eright.txt", "\x1b[31mred.txt", "x" * 251 + ".txt", "a'\"$;.txt"]
)
def test_odd_file_names_are_taken_as_they_are(name: str, course: Path, embedder: Any, clean_environment: Path) -> None:
    (course / name).write_text("Logits are scores.")
    assert ingest(clean_environment, embedder, course)[name].status == "done"
    assert ingest(clean_environment, embedder, course)[name].status == "unchanged"


def test_a_name_that_is_no_utf_8_is_shown_with_escapes(course: Path, embedder: Any, clean_environment: Path) -> None:
    (course / os.fsdecode(b"caf\xe9.txt")).write_text("Logits are scores.")
    assert ingest(clean_environment, embedder, course)["caf\\xe9.txt"].status == "done"
    assert ingest(clean_environment, embedder, course)["caf\\xe9.txt"].status == "unchanged"


def test_links_in_circles_and_out_of_the_folder_are_passed_over(
    course: Path, embedder: Any, clean_environment: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret.txt").write_text("Nobody shall read this.")
    (course / "out.txt").symlink_to(tmp_path / "secret.txt")
    (course / "folder").symlink_to(tmp_path, target_is_directory=True)
    (course / "self").symlink_to(course, target_is_directory=True)
    (course / "loop.txt").symlink_to("loop.txt")
    (course / "gone.txt").symlink_to("nowhere.txt")
    receipts = ingest(clean_environment, embedder, course)
    check_good(receipts)
    skipped = {p: r for p, r in receipts.items() if r.status == "skipped"}
    assert set(skipped) == {"out.txt", "folder", "self", "loop.txt", "gone.txt"}
    assert all(r.reason and r.hint for r in skipped.values())


def test_a_link_inside_the_folder_is_read(course: Path, embedder: Any, clean_environment: Path) -> None:
    (course / "again.txt").symlink_to("a good.txt")
    receipt = ingest(clean_environment, embedder, course)["again.txt"]
    assert (receipt.status, receipt.duplicate_of) == ("done", "a good.txt")


def test_what_is_no_file_is_passed_over(course: Path, embedder: Any, clean_environment: Path) -> None:
    os.mkfifo(course / "pipe.txt")
    (course / "folder.txt").mkdir()
    receipts = ingest(clean_environment, embedder, course)
    check_good(receipts)
    assert "no regular file" in receipts["pipe.txt"].reason


def test_a_file_that_changes_each_time_it_is_read_is_told(
    course: Path, embedder: Any, clean_environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = course / "log.txt"
    log.write_text("First line.\n")
    real = Path.read_bytes

    def read(file: Path) -> bytes:
        data = real(file)
        if file.name == "log.txt":
            with file.open("a") as opened:
                opened.write("Another line.\n")
        return data

    monkeypatch.setattr(Path, "read_bytes", read)
    receipts = ingest(clean_environment, embedder, course)
    check_good(receipts)
    assert "log.txt changed while it was read" in receipts["log.txt"].reason
    assert "nothing writes to it" in receipts["log.txt"].hint
    monkeypatch.undo()
    assert read_steadily(log, "log.txt") == log.read_bytes()


def test_a_file_that_vanishes_between_listing_and_reading_is_told(
    course: Path, embedder: Any, clean_environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (course / "m.txt").write_text("Soon gone.")
    real = Path.read_bytes

    def read(file: Path) -> bytes:
        (course / "m.txt").unlink(missing_ok=True)
        return real(file)

    monkeypatch.setattr(Path, "read_bytes", read)
    receipts = ingest(clean_environment, embedder, course)
    check_good(receipts)
    assert "m.txt cannot be read: No such file" in receipts["m.txt"].reason


def test_a_missing_path_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere", tmp_path / "new\nline", tmp_path / ("x" * 300)):
        with pytest.raises(SourceMissing, match="There is nothing at") as caught:
            folder_source(path, [], 1)
        assert caught.value.hint
    with pytest.raises(UnreadableFile):
        read_steadily(tmp_path / "nowhere.txt", "nowhere.txt")


def test_an_empty_folder_loses_nothing_that_was_indexed(
    course: Path, embedder: Any, clean_environment: Path, tmp_path: Path
) -> None:
    ingest(clean_environment, embedder, course)
    before = held(clean_environment, embedder)
    (tmp_path / "empty").mkdir()
    assert ingest(clean_environment, embedder, tmp_path / "empty", prune=True) == {}
    assert held(clean_environment, embedder) == before


def test_good_files_that_turned_bad_stay_searchable(course: Path, embedder: Any, clean_environment: Path) -> None:
    """Their last good text is kept, their receipts say what is wrong now, and a good version replaces them."""
    good = {".pdf": pdf("Good."), ".docx": docx(), ".pptx": pptx(), ".ipynb": notebook(), ".vtt": subtitles()}
    for name in BAD:
        (course / name).write_bytes(good.get(Path(name).suffix, f"Good words of {name}.".encode()))
    assert {r.status for r in ingest(clean_environment, embedder, course).values()} == {"done"}
    before = held(clean_environment, embedder)
    for name, (data, _) in BAD.items():
        (course / name).write_bytes(data())
    receipts = ingest(clean_environment, embedder, course, prune=True)
    assert {p: r.status for p, r in receipts.items() if r.status != "unchanged"} == dict.fromkeys(BAD, "failed")
    assert held(clean_environment, embedder) == before
    (course / "cut.pdf").write_bytes(pdf("Better words."))
    assert ingest(clean_environment, embedder, course)["cut.pdf"].status == "done"
    ledger, dense, lexical = held(clean_environment, embedder)
    assert ledger == dense == lexical != before[0]
