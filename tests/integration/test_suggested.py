"""Every suggestion over the sample course is answered in its conversation, whatever was asked before it."""

from __future__ import annotations

import asyncio
import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from assistant.events import Answer
from assistant.tracing.conversations import history_of
from assistant.tracing.records import Origin
from tests.conftest import REPOSITORY
from tests.library import ingest
from ui import wiring
from ui.parts import Parts, parts_of
from ui.suggestions import MOST, Suggester
from ui.visitors import visitors_of

pytestmark = pytest.mark.integration
QUESTIONS = 30
ROWS = (REPOSITORY / "tests" / "data" / "sample_questions.jsonl").read_text(encoding="utf-8").splitlines()
EVERY = [row["question"] for row in map(json.loads, ROWS) if row["type"] not in ("unanswerable", "followup")]
ASKED = EVERY[:: len(EVERY) // QUESTIONS][:QUESTIONS]


async def answered(parts: Parts, conversation: str, question: str, history: Any = ()) -> bool:
    last: Any = None
    async for event in parts.opened.assistant.ask(question, history, Origin(conversation, "somebody", "web")):
        last = event
    return isinstance(last, Answer)


def test_every_suggestion_is_answered_and_they_are_of_several_kinds(clean_environment: Path, minilm: Any) -> None:
    assert len(ASKED) == QUESTIONS
    ingest(clean_environment, minilm, REPOSITORY / "ingest" / "sample")
    with wiring.open_library(wiring.read_environment()) as library:
        parts = parts_of(wiring.assistant_of(library), visitors_of(clean_environment))
        suggested = asyncio.run(tried(parts))
    assert len({" ".join(question.split()[:2]) for question in suggested}) > MOST


async def tried(parts: Parts) -> set[str]:
    """Ask what students ask, and then all that is suggested."""
    refused, repeated, empty = [], [], []
    suggested: set[str] = set()
    suggester = Suggester(parts)
    for question in ASKED:
        conversation = uuid.uuid4().hex
        if not await answered(parts, conversation, question):
            continue
        turns = parts.book.turns(conversation, "somebody")
        found = await suggester.suggestions(turns)
        if not found:
            empty.append(question)
        assert len(set(found)) == len(found) <= MOST
        repeated += [s for s in found if s.casefold() == question.casefold()]
        for suggestion in set(found) - suggested:
            told = history_of(turns)
            if not await answered(parts, uuid.uuid4().hex, suggestion, told):
                refused.append(suggestion)
        suggested.update(found)
    assert (refused, repeated) == ([], [])
    assert len(empty) < len(ASKED) / 3  # what is far is not suggested, and beside most answers something is near
    return suggested
