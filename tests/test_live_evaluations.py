"""The test rows of reviewed turns are measured on the server: which are as asked, and which are not."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from assistant.evaluation.from_traces import add_row
from assistant.evaluation.metrics import answer_counts
from assistant.evaluation.runs import Result, list_runs
from assistant.tracing.queries import TraceReader
from tests.web_parts import visitor
from ui import live_evaluations
from ui.evaluation_page import EvaluationHandlers
from ui.parts import Parts

STONEWARE = "How hot is stoneware fired?"


async def test_the_test_rows_are_run_and_those_that_are_not_as_asked_stand_first(parts: Parts) -> None:
    home, ann = parts.library.environment.home, visitor(parts)
    for name, must, must_not in (("right", "1,260", "9,999"), ("wrong", "two thousand", "1,260")):
        asked = {"must_contain": [must], "must_not_contain": [must_not]}
        add_row(home, "reviewed-answers", "answers", {"id": name, "question": STONEWARE, **asked})
    add_row(home, "reviewed-tags", "tags", {"id": "t", "abstract": "We fine-tune Llama 2.", "tags": ["Llama 2"]})
    does = EvaluationHandlers(parts)
    last = [told async for told in does.run(ann)][-1]
    assert "Done: 3 of 3 rows, 2 as asked, 1 not" in last
    assert last.index("two thousand") < last.index("9,999")
    turns = TraceReader(parts.library.traces.engine).find()
    assert all(f"data-turn='{turn['id']}'" in last and turn["face"] == "batch" for turn in turns) and len(turns) == 3
    assert [run.about.kind for run in list_runs(home)] == ["answers", "tags"]
    assert [told async for told, _ in does.follow(ann)] == [last]  # a reload shows the same
    assert [told async for told in does.follow(visitor(parts))] == []


async def test_where_there_is_no_test_row_that_is_told(parts: Parts) -> None:
    (told,) = [told async for told in EvaluationHandlers(parts).run(visitor(parts))]
    assert "no test row yet" in told and "role='alert'" in told


async def test_a_run_that_is_cancelled_shows_what_was_measured(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    home, ann = parts.library.environment.home, visitor(parts)
    for name in ("one", "two"):
        add_row(home, "reviewed-answers", "answers", {"id": name, "question": STONEWARE, "keywords": ["1,260"]})
    does, asked = EvaluationHandlers(parts), []

    async def once(row: Any) -> Result:
        if asked:
            await asyncio.Event().wait()
        asked.append(row.id)
        return Result(row.id, {"answer": "It is 1,260."}, answer_counts(row, True, "It is 1,260.", []))

    monkeypatch.setattr(live_evaluations, "asking", lambda *_, **__: once)
    shown = []
    async for told in does.run(ann):
        shown.append(told)
        if "1 of 2 rows" in told:
            does.cancel(ann)
    assert "Cancelled: 1 of 2 rows, 1 as asked" in shown[-1]
