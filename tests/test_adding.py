"""An ingest that a page began is the server's: it goes on without its page, is its user's alone, and leaves no file."""

from __future__ import annotations

import html
import os
import threading
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from index_store.errors import InvalidInput
from ingest.lock import writing
from ingest.receipts import Receipt
from tests.library import held
from tests.web_parts import visitor
from ui.adding import AddHandlers
from ui.ingest_view import told_of
from ui.ingesting import _ingest
from ui.library_view import UPLOAD_AGAIN
from ui.live_ingests import LiveIngest
from ui.parts import Parts
from ui.uploads import ABANDONED_S, sweep_uploads


def chosen(folder: Path, name: str, text: str | bytes) -> dict[str, str]:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return {"path": str(folder / name), "orig_name": name}


def long_text(about: str, sentences: int = 400) -> str:
    return f"# {about}\n\n" + " ".join(
        f"Shard {n} of the {about} has mark {n * 7} on its rim." for n in range(sentences)
    )


async def told(does: AddHandlers, who: Any) -> list[tuple[str, str]]:
    return [(html.unescape(how), html.unescape(what)) async for how, what, _ in does.follow(who)]


def uploaded(parts: Parts) -> set[str]:
    return {f.name for f in (parts.library.environment.home / "uploads").rglob("*") if f.is_file()}


async def until_told(shown: AsyncIterator[Any], words: str) -> str:
    async for how, _, _ in shown:
        if words in how:
            return str(how)
    raise AssertionError(f"it never told: {words}")


async def test_an_ingest_goes_on_without_its_page_and_is_shown_when_that_comes_back(
    parts: Parts, tmp_path: Path
) -> None:
    does, ann = AddHandlers(parts), visitor(parts)
    files = [chosen(tmp_path / "in", f"{n}.md", long_text(f"jar {n}", 20)) for n in range(3)]
    files.append(chosen(tmp_path / "in", "broken.pdf", b"no pdf"))
    assert await does.add(files, None, "", False, ann) == ("", None, None, "", gr.skip(), gr.skip())
    async with aclosing(does.follow(ann)) as leaves:  # as a page that is left does
        await anext(leaves)
    shown = await told(does, ann)
    assert "1 failed, 3 done" in shown[-1][0].replace("3 done, 1 failed", "1 failed, 3 done")
    assert all(f"{n}.md" in shown[-1][1] for n in range(3)) and "is no PDF" in shown[-1][1]
    assert UPLOAD_AGAIN in shown[-1][1] and "data-again=" not in shown[-1][1]  # the same file fails in the same way
    assert (await told(does, ann))[-1] == shown[-1]  # a reload shows the same
    assert uploaded(parts) == {"0.md", "1.md", "2.md", "broken.pdf"}  # what failed is in the list, and removed there


async def test_nobody_sees_or_cancels_anothers_ingest(parts: Parts, tmp_path: Path) -> None:
    does, ann, bob = AddHandlers(parts), visitor(parts), visitor(parts)
    await does.add([chosen(tmp_path / "in", "jar.md", long_text("jar", 5))], None, "", False, ann)
    assert await told(does, bob) == []
    await does.cancel(bob)
    job = parts.ingests.of(parts.user(ann))
    assert job is not None and not job.stopping
    assert "1 done" in (await told(does, ann))[-1][0]


async def test_where_accounts_are_on_nobody_follows_without_signing_in(parts: Parts, tmp_path: Path) -> None:
    parts.ingests.start(None, LiveIngest(uploads=[(tmp_path / "none.md", "none.md")]))
    somebody: Any = SimpleNamespace(cookies={}, headers={})
    assert await told(AddHandlers(parts), somebody)
    on: Any = SimpleNamespace(user=lambda request: None, server=SimpleNamespace(accounts=True), ingests=parts.ingests)
    assert await told(AddHandlers(on), somebody) == []


async def test_a_second_ingest_of_the_same_user_is_refused_and_another_users_waits(
    parts: Parts, tmp_path: Path
) -> None:
    does, ann, bob = AddHandlers(parts), visitor(parts), visitor(parts)
    await does.add([chosen(tmp_path / "in", "jar.md", long_text("jar", 200))], None, "", False, ann)
    refused, *_ = await does.add(
        [chosen(tmp_path / "in", "pot.md", "# Pot\n\nA pot holds soup.")], None, "", False, ann
    )
    assert "under way" in refused and (tmp_path / "in" / "pot.md").exists()
    async with aclosing(does.follow(ann)) as shown:
        await until_told(shown, "<progress")
    await does.add([chosen(tmp_path / "in", "pot.md", "# Pot\n\nA pot holds soup and stew.")], None, "", False, bob)
    async with aclosing(does.follow(bob)) as shown:
        await until_told(shown, "waits until another ingest is over")
    assert "1 done" in (await told(does, ann))[-1][0] and "1 done" in (await told(does, bob))[-1][0]


async def test_cancelling_is_told_at_once_says_what_was_cancelled_and_leaves_no_file(
    parts: Parts, tmp_path: Path
) -> None:
    does, ann = AddHandlers(parts), visitor(parts)
    files = [chosen(tmp_path / "in", f"{n}.md", long_text(f"jar {n}")) for n in range(3)]
    await does.add(files, None, "", False, ann)
    async with aclosing(does.follow(ann)) as shown:
        await until_told(shown, "chunks")
        await does.cancel(ann)
        job = parts.ingests.of(parts.user(ann))
        assert job is not None and "Cancelling" in told_of(job, True)
        ended = [(how, what) async for how, what, _ in shown][-1]
    listed = {d.path for d in parts.library.ledger.documents()}
    cancelled = [name for name in ("0.md", "1.md", "2.md") if name not in listed]
    assert cancelled and "Cancelled. What was finished is kept." in ended[0]
    assert f"{len(cancelled)} file" in ended[0]
    assert all(f"<td data-name='File'>{name}</td><td data-name='Status'><span class='lectern-cancelled'>" in ended[1]
               for name in cancelled)  # fmt: skip
    assert "choose it again" in ended[1] and uploaded(parts) == listed & {"0.md", "1.md", "2.md"}
    used = {c.embedded_text for d in parts.library.ledger.documents() for c in parts.library.ledger.chunks(d.id)}
    (kept,) = parts.library.ledger._rows("SELECT count(*) FROM vectors")[0]
    assert kept == len(used)  # of what was read in part no vector stays


def test_a_cancel_among_receipts_leaves_no_passage_that_no_list_has(parts: Parts, tmp_path: Path, minilm: Any) -> None:
    environment, cancelled = parts.library.environment, threading.Event()
    for n in range(4):
        chosen(tmp_path / "in", f"{n}.md", long_text(f"jar {n}", 10))

    def tell(event: Any) -> None:
        if isinstance(event, Receipt):
            cancelled.set()

    _ingest(environment, [str(tmp_path / "in")], cancelled, tell)
    ledger, dense, lexical = held(environment.home, minilm)
    assert ledger == dense == lexical


async def test_one_that_waits_is_cancelled_without_having_begun(parts: Parts, tmp_path: Path) -> None:
    does, ann, bob = AddHandlers(parts), visitor(parts), visitor(parts)
    await does.add([chosen(tmp_path / "in", "jar.md", long_text("jar", 200))], None, "", False, ann)
    async with aclosing(does.follow(ann)) as shown:
        await until_told(shown, "<progress")
    await does.add([chosen(tmp_path / "in", "pot.md", "# Pot\n\nA pot holds soup.")], None, "", False, bob)
    async with aclosing(does.follow(bob)) as shown:
        await until_told(shown, "waits")
        await does.cancel(bob)
        ended = [what async for _, what, _ in shown][-1]
    assert "pot.md" in ended and "lectern-cancelled" in ended and "pot.md" not in uploaded(parts)
    assert "1 done" in (await told(does, ann))[-1][0]


async def test_what_cannot_be_written_or_read_leaves_no_file_either(parts: Parts, tmp_path: Path) -> None:
    does, ann = AddHandlers(parts), visitor(parts)
    with writing(parts.library.environment.home):
        await does.add([chosen(tmp_path / "in", "jar.md", "# Jar\n\nA jar has a lid.")], None, "", False, ann)
        how, what = (await told(does, ann))[-1]
    assert "Another process is writing" in how and "jar.md" in what and "not read" in what
    await does.add([chosen(tmp_path / "in", "jar.xyz", "no reader")], None, "", False, ann)
    assert "there is no reader for .xyz" in (await told(does, ann))[-1][1]
    assert uploaded(parts) == set()
    assert not any((parts.library.environment.home / "uploads").iterdir())


async def test_reading_again_what_is_known_keeps_its_file_whatever_becomes_of_it(parts: Parts, tmp_path: Path) -> None:
    does, ann = AddHandlers(parts), visitor(parts)
    await does.add([chosen(tmp_path / "in", "jar.md", long_text("jar", 5))], None, "", False, ann)
    await told(does, ann)
    known = next(d for d in parts.library.ledger.documents() if d.path == "jar.md")
    with writing(parts.library.environment.home):
        assert await does.again(f"{known.id} 17", ann) == ""
        assert "is as it was" in (await told(does, ann))[-1][1]
    assert uploaded(parts) == {"jar.md"}
    assert await does.again(f"{known.id} 18", ann) == ""
    assert "1 unchanged" in (await told(does, ann))[-1][0]
    assert "No document was chosen" in await does.again("", ann)


async def test_a_server_that_stops_ends_what_is_under_way(parts: Parts, tmp_path: Path) -> None:
    does, ann = AddHandlers(parts), visitor(parts)
    await does.add([chosen(tmp_path / "in", "jar.md", long_text("jar"))], None, "", False, ann)
    async with aclosing(does.follow(ann)) as shown:
        await until_told(shown, "<progress")
    await parts.ingests.close()
    job = parts.ingests.of(parts.user(ann))
    assert job is not None and job.task is not None
    await job.task
    assert uploaded(parts) == set()
    with pytest.raises(InvalidInput):
        parts.ingests.start("u", LiveIngest())
        parts.ingests.start("u", LiveIngest())


def test_what_a_killed_server_left_goes_after_a_while_and_not_while_somebody_writes(parts: Parts) -> None:
    home = parts.library.environment.home
    left, fresh = home / "uploads" / "0123456789ab", home / "uploads" / "ba9876543210"
    for folder in (left, fresh):
        (folder / "week1").mkdir(parents=True)
        (folder / "week1" / "notes.md").write_text("# Notes\n\nNobody lists this.")
    before = time.time() - 2 * ABANDONED_S
    os.utime(left, (before, before))
    with writing(home):
        sweep_uploads(parts.library.environment)
    sweep_uploads(parts.library.environment, in_use=[left])
    assert left.exists()
    sweep_uploads(parts.library.environment)
    assert not left.exists() and (fresh / "week1" / "notes.md").exists()


async def test_what_the_last_one_told_does_not_stand_under_a_refusal_and_idle_cancelling_says_so(
    parts: Parts, tmp_path: Path
) -> None:
    does, ann = AddHandlers(parts), visitor(parts)
    assert "Nothing of yours" in await does.cancel(ann)
    await does.add([chosen(tmp_path / "in", "jar.md", long_text("jar", 100))], None, "", False, ann)
    assert (await does.add(None, None, "", False, ann))[4:] == (gr.skip(), gr.skip())  # it is still told of
    assert "1 done" in (await told(does, ann))[-1][0]
    assert (await does.add(None, None, "", False, ann))[4:] == ("", "")
    assert "Nothing of yours" in await does.cancel(ann)
