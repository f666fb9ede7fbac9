"""A kept turn is shown as it was when it ended: its notes below the answer, its steps without foreign links."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.conversation import Assistant
from assistant.events import Answer, Refusal
from assistant.tracing.queries import TraceReader
from assistant.tracing.records import Origin
from assistant.tracing.store import TraceStore
from tests.agents import Canned, CutOff, agent_over, page
from tests.course import engine_over, searching, write_course
from ui.conversation_export import to_markdown
from ui.kept_turns import INTERRUPTED, messages_of
from ui.turn_view import ending

EVIL = "https://evil.example/?d=SECRET"


def span(kind: str, **given: Any) -> dict[str, Any]:
    known = {"id": "s", "kind": kind, "name": "look", "status": "ok", "error": None, "started_at": 0.0, "ended_at": 1.0}
    return {**known, "inputs": {}, "outputs": {}, **given}


def record(*spans: dict[str, Any], **given: Any) -> dict[str, Any]:
    known = {
        "id": "t",
        "question": "What is https://ok.example/a?",
        "status": "ok",
        "answer": "It is. [1]",
        "error": None,
    }
    return {**known, "mode": "openai", "tags": None, "citations": [], "related": [], "spans": list(spans), **given}


def test_a_step_shows_no_link_but_of_its_sources_and_the_question() -> None:
    text = f"[more]({EVIL}) ![x]({EVIL}) https://ok.example/a https://found.example/b"
    outputs = {"text": text, "sources": [{"path": "https://found.example/b"}]}
    kept = span("tool", inputs={"about": f"see {EVIL}"}, outputs=outputs)
    failed = span("tool", status="error", error=f"Failed: {EVIL}")
    _, step, other, _ = messages_of(record(kept, failed))
    assert "evil.example" not in str(step) + str(other)
    assert "https://ok.example/a" in step["content"] and "https://found.example/b" in step["content"]


@pytest.mark.parametrize("status", ["ok", "refused"])
def test_what_was_told_below_is_told_again(status: str) -> None:
    told = {"limit": "the limit of 2 steps was reached", "notes": ["No source is given for: “X”."],
            "offers": [{"text": "Add it", "command": "lectern ingest arxiv:1"}]}  # fmt: skip
    shown = messages_of(record(span("agent", outputs=told), status=status))[-1]["content"]
    assert "2 steps" in shown and "No source is given" in shown and "`lectern ingest arxiv:1`" in shown


def test_a_turn_that_a_restart_broke_off_says_what_to_do() -> None:
    broken = record(status="aborted", answer="So far", error="The process ended before the turn did.")
    assert messages_of(broken)[-1]["content"] == f"So far\n\n*{INTERRUPTED}*"
    assert INTERRUPTED in to_markdown("t", [{**broken, "answer": "", "started_at": 0.0, "model": "m"}])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[TraceStore]:
    opened = TraceStore(tmp_path / "home")
    yield opened
    opened.close()


def test_the_end_of_a_turn_reads_the_same_when_it_is_opened_again(
    tmp_path: Path, minilm: Any, store: TraceStore
) -> None:
    course = write_course(tmp_path / "course")
    with searching(tmp_path / "index", minilm, course) as searcher:
        wiki = Canned("wikipedia", page("x"))
        wiki.host = ("wiki.example", 443)
        agent = agent_over(searcher, minilm, None, [wiki], reach=CutOff())
        assistant = Assistant(
            engine_over(searcher, minilm), store,
            toolbox=agent.toolbox, open_agent=lambda: agent,
        )  # fmt: skip

        async def last(question: str) -> Any:
            return [e async for e in assistant.ask(question, (), Origin("c", "u", "web"), "agent")][-1]

        for question in ("What is 17 * 23?", "1/0", "Who was the first potter on Mars?"):
            end = asyncio.run(last(question))
            assert isinstance(end, Answer | Refusal)
            kept = TraceReader(store.engine).get(end.trace_id)
            assert messages_of(kept)[-1]["content"] == ending(end)[0]
        assert "could not be asked" in ending(end)[0]
