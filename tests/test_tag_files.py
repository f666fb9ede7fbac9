"""A whole file of abstracts is the server's work: it goes on without its page, and is its user's alone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from assistant.events import Usage
from assistant.tagged import Tagged
from assistant.tracing.queries import TraceReader
from index_store.errors import InvalidInput
from tests.web_parts import visitor
from ui import live_jobs
from ui.live_tag_files import TaggedFile
from ui.parts import Parts
from ui.tag_files import FileHandlers
from ui.tags_page import RULES, TagHandlers
from ui.tags_view import file_html

TEXT = "We fine-tune Llama 2."


class Paced:
    """A tagger that tags one row for each time it is let."""

    def __init__(self) -> None:
        self.let, self.seen = asyncio.Semaphore(0), list[str]()

    async def tag(self, text: str, origin: Any, *, admitted: bool = False) -> Tagged:
        await self.let.acquire()
        self.seen.append(text)
        return Tagged("0" * 32, ["Llama 2"], [[13, 20]], usage=Usage())


def given(folder: Path, name: str, text: str) -> dict[str, str]:
    (folder / "given").write_text(text)
    return {"path": str(folder / "given"), "orig_name": name}


def rows(count: int) -> str:
    return "".join(json.dumps({"id": n, "abstract": TEXT}) + "\n" for n in range(count))


def by_rules(parts: Parts) -> FileHandlers:
    return FileHandlers(parts, TagHandlers(parts).chosen)


def paced(parts: Parts) -> tuple[FileHandlers, Paced]:
    tagger: Any = Paced()
    return FileHandlers(parts, lambda *_: tagger), tagger


async def until(shown: AsyncIterator[Any], words: str) -> str:
    async for problem, told in shown:
        if words in (text := f"{problem}{told}"):
            return text
    raise AssertionError(f"it never told: {words}")


async def followed(does: FileHandlers, who: Any) -> list[str]:
    return [told async for told, _ in does.follow(who)]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("b.csv", "title\nx\n", "b.csv has no column `abstract`; its columns are: title."),
        ("<b>.csv", "title\nx\n", "&lt;b&gt;.csv has no column"),
        ("c.jsonl", "", "c.jsonl holds no row."),
        ("", "", "No file was chosen. Choose a CSV or JSON lines file first."),
    ],
)
async def test_a_file_that_fails_says_why_and_no_older_result_stands_beside_it(
    parts: Parts, tmp_path: Path, name: str, text: str, told: str
) -> None:
    file = given(tmp_path, name, text) if name else None
    first, last = [shown async for shown in by_rules(parts).tag_file(file, RULES, "", visitor(parts))]
    assert first == ("", "") and told in last[0] and "role='alert'" in last[0]


async def test_a_file_is_tagged_to_its_end(parts: Parts, tmp_path: Path) -> None:
    does, ann = by_rules(parts), visitor(parts)
    shown = [told async for told in does.tag_file(given(tmp_path, "a.csv", f"abstract\n{TEXT}\n"), RULES, "", ann)]
    assert shown[0] == ("", "") and "Done: 1 of 1 rows" in shown[-1][1] and "tags.csv" in shown[-1][1]
    (row,) = TraceReader(parts.library.traces.engine).find()
    assert row["face"] == "batch"  # the review desk lists such rows apart from what people asked


async def test_a_file_goes_on_without_its_page_and_is_shown_when_that_comes_back(parts: Parts, tmp_path: Path) -> None:
    (does, tagger), ann = paced(parts), visitor(parts)
    async with aclosing(does.tag_file(given(tmp_path, "a.jsonl", rows(3)), RULES, "", ann)) as leaves:
        await until(leaves, "0 of 3 rows")
    tagger.let.release()
    async with aclosing(does.follow(ann)) as shown:
        told, place = await anext(shown)
        assert "of 3 rows" in told and place["open"] is True
        tagger.let.release()
        tagger.let.release()
        last = [told async for told, _ in shown][-1]
    assert "Done: 3 of 3 rows" in last and len(tagger.seen) == 3
    assert (await followed(does, ann))[-1] == last  # a reload shows the same
    job = parts.tag_files.of(parts.user(ann))
    assert job is not None and parts.incoming.holds(
        str(parts.incoming.of(parts.user(ann)) / job.place / "tags.csv"), parts.user(ann)
    )


async def test_nobody_sees_or_cancels_anothers_file(parts: Parts, tmp_path: Path) -> None:
    (does, tagger), ann, bob = paced(parts), visitor(parts), visitor(parts)
    async with aclosing(does.tag_file(given(tmp_path, "a.jsonl", rows(1)), RULES, "", ann)) as leaves:
        await until(leaves, "0 of 1 rows")
    assert await followed(does, bob) == []
    does.cancel(bob)
    tagger.let.release()
    assert "Done: 1 of 1" in (await followed(does, ann))[-1]


async def test_where_accounts_are_on_nobody_follows_without_signing_in(parts: Parts) -> None:
    tagger: Any = Paced()
    tagger.let.release()
    parts.tag_files.start(
        None, TaggedFile(rows=[{"id": 1, "abstract": TEXT}], tagger=tagger, user=None, sees_setup=True)
    )
    somebody: Any = SimpleNamespace(cookies={}, headers={})
    assert await followed(by_rules(parts), somebody)
    on: Any = SimpleNamespace(
        user=lambda request: None, server=SimpleNamespace(accounts=True), tag_files=parts.tag_files
    )
    assert await followed(FileHandlers(on, lambda *_: tagger), somebody) == []


async def test_a_second_file_of_the_same_user_is_refused_and_the_first_stays_shown(
    parts: Parts, tmp_path: Path
) -> None:
    (does, tagger), ann = paced(parts), visitor(parts)
    async with aclosing(does.tag_file(given(tmp_path, "a.jsonl", rows(1)), RULES, "", ann)) as first:
        await until(first, "0 of 1 rows")
        ((problem, shown),) = [told async for told in does.tag_file(None, RULES, "", ann)]
        assert "under way" in problem and not isinstance(shown, str)  # what stands there is left alone
        tagger.let.release()
        assert "Done" in await until(first, "Done")


async def test_cancelling_is_told_at_once_and_gives_the_rows_that_are_done(parts: Parts, tmp_path: Path) -> None:
    (does, tagger), ann = paced(parts), visitor(parts)
    does.cancel(ann)  # nothing is under way
    async with aclosing(does.tag_file(given(tmp_path, "a.jsonl", rows(9)), RULES, "", ann)) as shown:
        tagger.let.release()
        await until(shown, "1 of 9 rows")
        does.cancel(ann)
        assert "Cancelling at 1 of 9 rows" in await until(shown, "Cancelling")
        tagger.let.release()
        told = await until(shown, "Cancelled")
    assert "Cancelled: 2 of 9 rows" in told and "tags.jsonl" in told
    job = parts.tag_files.of(parts.user(ann))
    assert job is not None
    written = (parts.incoming.of(parts.user(ann)) / job.place / "tags.jsonl").read_text()
    assert len(written.splitlines()) == 2


async def test_a_server_that_stops_ends_what_is_under_way_and_keeps_what_is_done(
    parts: Parts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_jobs, "STOP_WITHIN_S", 0.2)
    (does, tagger), ann = paced(parts), visitor(parts)
    async with aclosing(does.tag_file(given(tmp_path, "a.jsonl", rows(2)), RULES, "", ann)) as leaves:
        tagger.let.release()
        await until(leaves, "1 of 2 rows")
    await parts.close()  # though the second row never comes back
    told = (await followed(does, ann))[-1]
    assert "Cancelled: 1 of 2 rows" in told and "tags.csv" in told


def test_a_file_tells_how_fast_it_goes_and_how_long_it_will_take() -> None:
    job: Any = TaggedFile(rows=[{}] * 400, tagger=Any, user=None, sees_setup=True)  # type: ignore[arg-type]
    job.done = [{"error": "x"}] * 3 + [{}] * 97
    job.began -= 40.0
    shown = file_html(job)
    assert "value='0.2500'" in shown
    assert "100 of 400 rows, 3 with an error · 2 rows/s · about 2 min left" in shown
    job.done, job.over = [{}] * 400, True
    assert "left" not in file_html(job)


def test_a_file_that_ends_in_a_problem_gives_the_rows_that_are_done() -> None:
    tagger: Any = None
    job = TaggedFile(rows=[{}, {}], tagger=tagger, user=None, sees_setup=True, over=True, place="there")
    job.problem = InvalidInput("It broke.", hint="Mend it.")
    assert "It broke." in file_html(job) and "tags.csv" not in file_html(job)
    job.done = [{}]
    assert (
        "It broke." in file_html(job) and "Ended: 1 of 2 rows" in file_html(job) and "there/tags.csv" in file_html(job)
    )


async def test_what_is_replaced_is_kept_no_longer(parts: Parts, tmp_path: Path) -> None:
    (does, tagger), ann = paced(parts), visitor(parts)
    for _ in range(3):
        tagger.let.release()
        async for _ in does.tag_file(given(tmp_path, "a.jsonl", rows(1)), RULES, "", ann):
            pass
    assert len(parts.tag_files._forgetting) == 1
