"""The examples of an empty chat: of what is in the library, answered by it, and tried once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from assistant.tracing.records import Origin
from tests.library import ingest
from ui import wiring
from ui.first_questions import MOST, OF_SAMPLE, SAMPLE, FirstQuestions
from ui.parts import Parts, parts_of
from ui.question_trials import Trials
from ui.visitors import visitors_of

POTTERY = """# The pottery

## What a shard is

A shard is a piece of a broken pot.

## When to keep a shard

Keep a shard when its glaze is to be copied.

## Grog versus sand

Grog differs from sand: grog is ground from fired clay, and sand is not.
"""


@contextmanager
def opened(home: Path) -> Iterator[Parts]:
    with wiring.open_library(wiring.read_environment()) as library:
        yield parts_of(wiring.assistant_of(library), visitors_of(home))


def examples(parts: Parts) -> list[str]:
    return asyncio.run(FirstQuestions(parts, Trials(parts)).questions())


@pytest.fixture
def pottery(clean_environment: Path, tmp_path: Path, minilm: Any) -> Path:
    course = tmp_path / "course"
    course.mkdir()
    (course / "pottery.md").write_text(POTTERY)
    ingest(clean_environment, minilm, course)
    return clean_environment


def test_ones_own_material_gives_its_own_questions(pottery: Path) -> None:
    with opened(pottery) as parts:
        found = examples(parts)
        answered = [asyncio.run(parts.opened.assistant.looked_up(question)).found for question in found]
    assert "When should I keep a shard?" in found and len(found) <= MOST
    assert not set(found) & set(OF_SAMPLE) and all(answered)


def test_material_that_no_question_can_be_made_of_gives_none(
    clean_environment: Path, tmp_path: Path, minilm: Any
) -> None:
    course = tmp_path / "course"
    course.mkdir()
    (course / "list.txt").write_text("Mondays from nine to five, and on Fridays until noon.")
    ingest(clean_environment, minilm, course)
    with opened(clean_environment) as parts:
        assert examples(parts) == []


def test_the_sample_course_has_its_own_without_a_trial(
    clean_environment: Path, minilm: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(clean_environment, minilm, SAMPLE)
    with opened(clean_environment) as parts:
        monkeypatch.setattr(parts.opened.assistant, "looked_up", None)
        assert examples(parts) == list(OF_SAMPLE)


def test_what_was_tried_is_tried_once_until_the_material_changes(
    pottery: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    async def all_of_it(parts: Parts) -> None:
        real = parts.opened.assistant.looked_up

        async def counted(question: str) -> Any:
            tried.append(question)
            return await real(question)

        monkeypatch.setattr(parts.opened.assistant, "looked_up", counted)
        first = FirstQuestions(parts, Trials(parts))
        live = parts.live.start("What is a shard?", (), Origin("c", "another", "web"), "course")
        assert await first.questions() == [] and tried == []  # somebody waits for an answer
        assert live.task is not None
        await live.task
        one, two = await asyncio.gather(first.questions(), first.questions())
        assert one == two and one
        before = list(tried)
        assert len(before) == len(set(before))
        manifest = parts.library.index.manifest
        parts.library.index.manifest = type(manifest)(manifest.fingerprint, manifest.folder, manifest.generation + 1)
        assert await first.questions() == one
        assert tried == before * 2

    with opened(pottery) as parts:
        asyncio.run(all_of_it(parts))
