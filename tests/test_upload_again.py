"""What is uploaded under a name that was uploaded before is its new version: one document, one file, the new text."""

from __future__ import annotations

import html
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from index_store.dense import Dense
from ingest.ledger import Known
from ingest.receipts import Receipt
from tests.course import write_course
from tests.library import agreed, ingest
from ui import ingesting, uploads, versions, wiring
from ui.adding import AddHandlers
from ui.parts import Parts, parts_of
from ui.uploads import ABANDONED_S, discard_unlisted, sweep_uploads
from ui.visitors import COOKIE, visitors_of

AMBER, COBALT = "# Syllabus\n\nThe exam is in room Amber.\n", "# Syllabus\n\nThe exam is in room Cobalt.\n"


@pytest.fixture
def parts(clean_environment: Path, tmp_path: Path, minilm: Any) -> Iterator[Parts]:
    ingest(clean_environment, minilm, write_course(tmp_path / "course"))
    with wiring.open_library(wiring.read_environment()) as library:
        yield parts_of(wiring.assistant_of(library), visitors_of(clean_environment))


@pytest.fixture
def ann(parts: Parts) -> Any:
    return SimpleNamespace(cookies={COOKIE: parts.visitors.new()}, headers={})


def chosen(folder: Path, name: str, text: str | bytes) -> dict[str, str]:
    target = folder / str(time.monotonic_ns()) / Path(name).name
    target.parent.mkdir(parents=True)
    target.write_bytes(text if isinstance(text, bytes) else text.encode())
    return {"path": str(target), "orig_name": name}


async def upload(parts: Parts, who: Any, *files: dict[str, str], both: bool = False) -> tuple[str, str]:
    does = AddHandlers(parts)
    refused, *_ = await does.add(list(files), None, "", both, who)
    assert refused == ""
    return [(html.unescape(how), html.unescape(what)) async for how, what, _ in does.follow(who)][-1]


def listed(parts: Parts) -> list[Known]:
    return [d for d in parts.library.ledger.documents() if "/uploads/" in d.source]


def text_of(parts: Parts, document: Known) -> str:
    return "\n".join(c.text for c in parts.library.ledger.chunks(document.id))


def files(parts: Parts) -> dict[str, bytes]:
    kept = parts.library.environment.home / "uploads"
    every = [f for f in kept.rglob("*") if f.is_file()]
    return {"/".join(f.relative_to(kept).parts[1:]): f.read_bytes() for f in every}


def agree(parts: Parts, minilm: Any) -> None:
    agreed(parts.library.environment.home, minilm)


async def test_a_corrected_file_takes_the_place_of_the_one_before(
    parts: Parts, ann: Any, tmp_path: Path, minilm: Any
) -> None:
    await upload(parts, ann, chosen(tmp_path, "week1/notes.md", AMBER))
    (before,) = listed(parts)
    assert before.at
    how, what = await upload(parts, ann, chosen(tmp_path, "week1/notes.md", COBALT))
    (after,) = listed(parts)
    assert "1 done" in how and "replaces the version of <time datetime=" in what
    assert before.at.replace(" ", "T") in what
    assert after.id == before.id  # so what answers cite of it is still found where it is as it was
    assert "Cobalt" in text_of(parts, after) and "Amber" not in text_of(parts, after)
    found = parts.library.searcher.search("In which room is the exam?", 10)
    assert "Cobalt" in found[0].chunk.text and not any("Amber" in h.chunk.text for h in found)
    assert list(files(parts).values()) == [COBALT.encode()]
    agree(parts, minilm)


async def test_what_is_as_it_was_says_so_and_stays_one_file(parts: Parts, ann: Any, tmp_path: Path) -> None:
    folder = [(f"bees/{n}.md", f"# Hive {n}\n\nHive {n} has {n * 7 + 3} frames.\n") for n in range(6)]
    await upload(parts, ann, *(chosen(tmp_path, name, text) for name, text in folder))
    folder[2] = ("bees/2.md", "# Hive 2\n\nHive 2 has ninety frames.\n")
    how, what = await upload(parts, ann, *(chosen(tmp_path, name, text) for name, text in folder))
    assert "1 done, 5 unchanged" in how and what.count("replaces the version") == 1
    assert len(listed(parts)) == 6 and len(files(parts)) == 6
    assert {name: text.encode() for name, text in folder} == files(parts)


async def test_a_mended_file_takes_the_place_of_the_one_that_could_not_be_read(
    parts: Parts, ann: Any, tmp_path: Path
) -> None:
    await upload(parts, ann, chosen(tmp_path, "table.ipynb", b"{no notebook"))
    await upload(parts, ann, chosen(tmp_path, "table.ipynb", b"{none either"))
    (failed,) = listed(parts)
    assert failed.status == "failed" and files(parts) == {"table.ipynb": b"{none either"}
    cells = (
        b'{"nbformat": 4, "metadata": {}, "cells": [{"cell_type": "markdown", "source": "A queen lives four years."}]}'
    )
    how, what = await upload(parts, ann, chosen(tmp_path, "table.ipynb", cells))
    (read,) = listed(parts)
    assert (read.id, read.status) == (failed.id, "done") and "replaces" not in what
    assert files(parts) == {"table.ipynb": cells} and "could not be read" not in parts.material()


@pytest.mark.parametrize(("name", "first", "broken"), [("a.md", AMBER, b"\n"), ("a.ipynb", "", b"{no notebook")])
async def test_where_the_new_one_cannot_be_read_the_old_one_stays(
    parts: Parts, ann: Any, tmp_path: Path, name: str, first: str, broken: bytes
) -> None:
    good = (
        first or '{"nbformat": 4, "metadata": {}, "cells": [{"cell_type": "markdown", "source": "Amber."}]}'
    ).encode()
    await upload(parts, ann, chosen(tmp_path, name, good))
    how, what = await upload(parts, ann, chosen(tmp_path, name, broken))
    assert "1 failed" in how and "version of <time" in what and "stays" in what
    (kept,) = listed(parts)
    assert kept.status == "done" and "Amber" in text_of(parts, kept) and files(parts) == {name: good}
    how, _ = await upload(parts, ann, chosen(tmp_path, name, good))
    (kept,) = listed(parts)
    assert "1 unchanged" in how and not kept.receipt["reason"]  # the failure of the other is over


async def test_both_are_kept_where_that_is_asked_for(parts: Parts, ann: Any, tmp_path: Path) -> None:
    await upload(parts, ann, chosen(tmp_path, "notes.md", AMBER))
    how, what = await upload(parts, ann, chosen(tmp_path, "notes.md", COBALT), both=True)
    assert "1 done" in how and "replaces" not in what and "notes (2).md" in what
    assert files(parts) == {"notes.md": AMBER.encode(), "notes (2).md": COBALT.encode()}
    await upload(parts, ann, chosen(tmp_path, "notes.md", "# Notes\n\nThe exam is in room Jade.\n"))
    assert {d.path for d in listed(parts)} == {"notes.md", "notes (2).md"}


async def test_a_bare_name_that_others_have_in_folders_replaces_none_and_says_so(
    parts: Parts, ann: Any, tmp_path: Path
) -> None:
    await upload(parts, ann, chosen(tmp_path, "week1/notes.md", AMBER))
    _, what = await upload(parts, ann, chosen(tmp_path, "notes.md", COBALT))
    assert "week1/notes.md" in what and {d.path for d in listed(parts)} == {"week1/notes.md", "notes.md"}


def put(parts: Parts, minilm: Any, name: str, text: str) -> Path:
    """Ingest an upload as it was done before uploads had versions."""
    folder = parts.library.environment.home / "uploads" / f"{time.monotonic_ns():012x}"[-12:]
    folder.mkdir(parents=True)
    (folder / name).write_text(text)
    ingest(parts.library.environment.home, minilm, folder)
    return folder


async def test_doubles_of_what_is_replaced_become_one(parts: Parts, ann: Any, tmp_path: Path, minilm: Any) -> None:
    for text in (AMBER, AMBER, AMBER):
        put(parts, minilm, "notes.md", text)
    assert len(listed(parts)) == 3
    how, what = await upload(parts, ann, chosen(tmp_path, "notes.md", "# Syllabus\n\nThe exam is in room Jade.\n"))
    (one,) = listed(parts)
    assert "1 done" in how and "2 removed" in how and "earlier upload" in what
    assert "Jade" in text_of(parts, one) and len(files(parts)) == 1
    agree(parts, minilm)


async def test_an_earlier_upload_with_a_text_of_its_own_stays_and_is_told(
    parts: Parts, ann: Any, tmp_path: Path, minilm: Any
) -> None:
    for text in (COBALT, AMBER, AMBER):
        put(parts, minilm, "notes.md", text)
    how, what = await upload(parts, ann, chosen(tmp_path, "notes.md", "# Syllabus\n\nThe exam is in room Jade.\n"))
    texts = "".join(text_of(parts, d) for d in listed(parts))
    assert "1 done" in how and "1 removed" in how and "1 earlier upload of this name with another text stays" in what
    assert len(listed(parts)) == 2 and "Cobalt" in texts and "Jade" in texts and "Amber" not in texts
    agree(parts, minilm)


def test_a_kill_before_the_file_is_in_its_place_is_mended(parts: Parts, tmp_path: Path, minilm: Any) -> None:
    home = parts.library.environment.home
    old = put(parts, minilm, "notes.md", AMBER)
    (tmp_path / "new.md").write_text(COBALT)
    folder = ingesting.keep_uploads(home, [(tmp_path / "new.md", "notes.md")])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(versions.Versions, "settle", killed)
        with pytest.raises(KeyboardInterrupt):
            ingesting._ingest(parts.library.environment, [str(folder)], threading.Event(), lambda event: None)
    (known,) = listed(parts)
    assert "Cobalt" in text_of(parts, known) and (old / "notes.md").read_text() == AMBER
    sweep_uploads(parts.library.environment, older_than_s=ABANDONED_S)  # young as it is
    assert files(parts) == {"notes.md": COBALT.encode()} and (old / "notes.md").read_text() == COBALT


def killed(*_: Any) -> None:
    raise KeyboardInterrupt


async def test_what_a_kill_left_is_in_its_place_before_anything_is_read_again(
    parts: Parts, ann: Any, minilm: Any
) -> None:
    old = put(parts, minilm, "notes.md", COBALT)
    left = parts.library.environment.home / "uploads" / "0123456789ab"
    left.mkdir()
    (left / "notes.md").write_text(COBALT)
    (old / "notes.md").write_text(AMBER)  # the ledger has the new text, the disk the old file
    (known,) = listed(parts)
    does = AddHandlers(parts)
    assert await does.again(f"{known.id} 1", ann) == ""
    assert "1 unchanged" in [how async for how, _, _ in does.follow(ann)][-1]
    assert "Cobalt" in text_of(parts, known) and (old / "notes.md").read_text() == COBALT


async def test_a_new_version_that_is_cancelled_leaves_the_old_one(parts: Parts, tmp_path: Path, minilm: Any) -> None:
    home = parts.library.environment.home
    put(parts, minilm, "notes.md", AMBER)
    (tmp_path / "new.md").write_text(COBALT)
    folder = ingesting.keep_uploads(home, [(tmp_path / "new.md", "notes.md")])
    over = threading.Event()
    over.set()
    ingesting._ingest(parts.library.environment, [str(folder)], over, lambda event: None)
    discard_unlisted(parts.library.environment, folder)
    (known,) = listed(parts)
    assert "Amber" in text_of(parts, known) and files(parts) == {"notes.md": AMBER.encode()}


def test_an_address_with_a_sign_that_no_path_has_is_refused_as_an_address(parts: Parts) -> None:
    told: list[Any] = []
    ingesting._ingest(parts.library.environment, ["https://example.org/\0"], threading.Event(), told.append)
    assert [e.status for e in told if isinstance(e, Receipt)] == ["failed"] and told[-1] is None


async def test_a_new_file_that_could_not_be_moved_is_not_thrown_away(
    parts: Parts, ann: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await upload(parts, ann, chosen(tmp_path, "notes.md", AMBER))
    with monkeypatch.context() as patch:
        patch.setattr(versions, "_move", lambda file, place: None)  # as where the disk refuses it
        await upload(parts, ann, chosen(tmp_path, "notes.md", COBALT))
    (known,) = listed(parts)
    kept = [f.read_text() for f in (parts.library.environment.home / "uploads").rglob("*.md")]
    assert "Cobalt" in text_of(parts, known) and COBALT in kept
    sweep_uploads(parts.library.environment, older_than_s=-1)
    assert (Path(known.source) / known.path).read_text() == COBALT and files(parts) == {"notes.md": COBALT.encode()}


PLAN = "# Programme\n\nThe exam is in room Cobalt.\n"
BESIDE = "\n# Books\n\nBring the blue book of tables.\n"
"""A passage of both versions."""


async def test_a_new_version_that_is_not_found_by_its_text_takes_no_place(
    parts: Parts, ann: Any, tmp_path: Path, minilm: Any
) -> None:
    await upload(parts, ann, chosen(tmp_path, "notes.md", AMBER + BESIDE))
    (before,) = listed(parts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("index_store.dense.Dense.query", lambda *_, **__: [])
        how, what = await upload(parts, ann, chosen(tmp_path, "notes.md", PLAN + BESIDE))
    (after,) = listed(parts)
    assert "1 failed" in how and "version of <time" in what and "stays" in what and "library rebuild" in what
    assert (after.status, after.hash, after.at) == ("done", before.hash, before.at)
    assert "Amber" in text_of(parts, after) and files(parts) == {"notes.md": (AMBER + BESIDE).encode()}
    found = parts.library.searcher.search("In which room is the exam?", 10)
    assert "Amber" in found[0].chunk.text and not any("Cobalt" in h.chunk.text for h in found)
    kept = {c.id: c for c in parts.library.ledger.chunks(after.id)}
    assert parts.chunks(list(kept)) == kept  # of the passage that both have too, which the new one wrote over
    agree(parts, minilm)
    how, _ = await upload(parts, ann, chosen(tmp_path, "notes.md", COBALT + BESIDE))
    (mended,) = listed(parts)
    assert "1 done" in how and "Cobalt" in text_of(parts, mended) and not mended.receipt["reason"]
    agree(parts, minilm)


async def test_the_text_of_the_version_before_proves_nothing_of_the_new_one(
    parts: Parts, ann: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A passage that moved has another id: that the old one is found is no proof that the new one is."""
    await upload(parts, ann, chosen(tmp_path, "notes.txt", "The exam is in room Amber.\n"))
    (before,) = listed(parts)
    old = parts.library.ledger.chunk_ids(before.id)
    whole = Dense.query

    def blind(self: Dense, vector: Any, k: int) -> list[tuple[str, float]]:
        return [hit for hit in whole(self, vector, k + len(old)) if hit[0] in old]

    monkeypatch.setattr(Dense, "query", blind)  # as where nothing new is found
    how, what = await upload(parts, ann, chosen(tmp_path, "notes.txt", "\n\n\nThe exam is in room Amber.\n"))
    assert "1 failed" in how and "stays" in what and listed(parts)[0].hash == before.hash


async def test_what_is_not_found_by_its_text_and_has_no_version_before_keeps_its_file(
    parts: Parts, ann: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await upload(parts, ann, chosen(tmp_path, "notes.ipynb", b"{no notebook"))
    monkeypatch.setattr("index_store.dense.Dense.query", lambda *_, **__: [])
    cells = b'{"nbformat": 4, "metadata": {}, "cells": [{"cell_type": "markdown", "source": "Queens live long."}]}'
    how, what = await upload(parts, ann, chosen(tmp_path, "notes.ipynb", cells))
    assert "1 failed" in how and "stays" not in what and files(parts) == {"notes.ipynb": cells}


async def test_what_is_missing_on_the_disk_is_back_and_told_when_it_is_uploaded_again(
    parts: Parts, ann: Any, tmp_path: Path
) -> None:
    await upload(parts, ann, chosen(tmp_path, "notes.md", AMBER))
    (known,) = listed(parts)
    (Path(known.source) / known.path).unlink()
    how, _ = await upload(parts, ann, chosen(tmp_path, "notes.md", AMBER))
    assert "1 unchanged" in how and files(parts) == {"notes.md": AMBER.encode()}


def test_what_waits_for_its_turn_is_left_where_it_is(parts: Parts, tmp_path: Path, minilm: Any) -> None:
    home = parts.library.environment.home
    (put(parts, minilm, "notes.md", AMBER) / "notes.md").unlink()
    (tmp_path / "new.md").write_text(AMBER)
    waiting = ingesting.keep_uploads(home, [(tmp_path / "new.md", "notes.md")])
    ingesting._ingest(parts.library.environment, [], threading.Event(), lambda event: None, [waiting])
    assert (waiting / "notes.md").exists()


def test_two_that_wait_to_be_kept_beside_have_names_of_their_own(parts: Parts, tmp_path: Path, minilm: Any) -> None:
    put(parts, minilm, "notes.md", AMBER)
    waiting = []
    for n, text in enumerate((COBALT, "# Notes\n\nThe exam is in room Jade.\n")):
        (tmp_path / f"{n}.md").write_text(text)
        waiting.append(str(uploads.keep_beside(parts.library.environment, [(tmp_path / f"{n}.md", "notes.md")])))
    for folder in waiting:
        ingesting._ingest(parts.library.environment, [folder], threading.Event(), lambda event: None)
    assert {d.path for d in listed(parts)} == {"notes.md", "notes (2).md", "notes (3).md"}
