"""What is suggested after an answer: answered by the course, new in the conversation, and at nobody's cost."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.tracing.conversations import history_of
from assistant.tracing.records import Origin
from tests.course import write_course
from tests.library import ingest
from ui import suggestions, wiring
from ui.parts import Parts, parts_of
from ui.suggestions import MOST_TRIED, Suggester
from ui.visitors import visitors_of

MORE = """# Shards

## What a shard is

A shard is a piece of a broken pot. A sherd is a piece of a broken pot that is old.

## When to keep a shard

Keep a shard when its glaze is to be copied.

## Grog versus sand

Grog differs from sand: grog is ground from fired clay, and sand is not.
"""
ASKED = "What is a kiln?"


@pytest.fixture
def parts(clean_environment: Path, tmp_path: Path, minilm: Any) -> Iterator[Parts]:
    course = write_course(tmp_path / "course")
    (course / "shards.md").write_text(MORE)
    ingest(clean_environment, minilm, course)
    with wiring.open_library(wiring.read_environment()) as library:
        yield parts_of(wiring.assistant_of(library), visitors_of(clean_environment))


class Told:
    """A conversation that somebody holds."""

    def __init__(self, parts: Parts) -> None:
        self.parts, self.id, self.begun = parts, uuid.uuid4().hex, False

    @property
    def turns(self) -> list[dict[str, Any]]:
        return self.parts.book.turns(self.id, "somebody")

    async def ask(self, question: str) -> None:
        told = history_of(self.turns) if self.begun else []
        async for _ in self.parts.opened.assistant.ask(question, told, Origin(self.id, "somebody", "web")):
            self.begun = True


async def suggested(parts: Parts, *asked: str) -> list[str]:
    told = Told(parts)
    for question in asked:
        await told.ask(question)
    return await Suggester(parts).suggestions(told.turns)


def test_what_is_suggested_is_answered_and_was_not_asked(parts: Parts) -> None:
    first, second = "When should I keep a shard?", "What is a sherd?"
    assert second in asyncio.run(suggested(parts, first))
    assert not {first, second}.intersection(asyncio.run(suggested(parts, first, second)))


def test_what_is_far_from_the_question_and_its_answer_is_not_suggested(parts: Parts) -> None:
    found = asyncio.run(suggested(parts, "When should I keep a shard?"))
    assert found and found[0] == "What is a sherd?"
    assert "How does grog differ from sand?" not in found


def test_nothing_is_suggested_after_a_refusal(parts: Parts) -> None:
    assert asyncio.run(suggested(parts, "Who won the match on Sunday?")) == []
    assert asyncio.run(Suggester(parts).suggestions([])) == []


def test_what_was_tried_is_tried_once_for_all_until_the_material_changes(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []
    real = parts.opened.assistant.looked_up

    async def counted(question: str) -> Any:
        tried.append(question)
        return await real(question)

    async def twice() -> None:
        told, suggester = Told(parts), Suggester(parts)
        await told.ask("When should I keep a shard?")
        one, two = await asyncio.gather(suggester.suggestions(told.turns), suggester.suggestions(told.turns))
        assert one == two and one
        assert len(tried) == len(set(tried)) <= MOST_TRIED
        before = list(tried)
        manifest = parts.library.index.manifest
        parts.library.index.manifest = type(manifest)(manifest.fingerprint, manifest.folder, manifest.generation + 1)
        assert await suggester.suggestions(told.turns) == one
        assert tried == before * 2

    monkeypatch.setattr(parts.opened.assistant, "looked_up", counted)
    asyncio.run(twice())


def test_one_is_tried_at_a_time_and_none_while_somebody_waits_for_an_answer(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once: list[int] = []
    under_way = 0
    real = parts.opened.assistant.looked_up

    async def watched(question: str) -> Any:
        nonlocal under_way
        under_way += 1
        at_once.append(under_way)
        try:
            return await real(question)
        finally:
            under_way -= 1

    async def many() -> None:
        told, other, suggester = Told(parts), Told(parts), Suggester(parts)
        await told.ask("When should I keep a shard?")
        await other.ask(ASKED)
        live = parts.live.start(ASKED, (), Origin(uuid.uuid4().hex, "another", "web"), "course")
        assert await suggester.suggestions(told.turns) == [] and at_once == []
        assert live.task is not None
        await live.task
        assert all(await asyncio.gather(*(suggester.suggestions(t.turns) for t in (told, other, told))))
        assert set(at_once) == {1}

    monkeypatch.setattr(parts.opened.assistant, "looked_up", watched)
    asyncio.run(many())


def test_a_book_is_not_read_whole_for_three_questions(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    real = parts.library.ledger.chunks

    def counted(*given: Any) -> Any:
        found = real(*given)
        read.append(len(found))
        return found

    monkeypatch.setattr(suggestions, "MOST_READ", 1)
    monkeypatch.setattr(parts.library.ledger, "chunks", counted)
    asyncio.run(suggested(parts, "When should I keep a shard?"))
    assert read and max(read) <= 1
