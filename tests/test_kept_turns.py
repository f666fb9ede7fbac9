"""A kept turn is shown as it was when it ended: its notes below the answer, its steps without foreign links."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.conversation import Assistant
from assistant.events import Answer, Failure, Refusal, Token
from assistant.llms import choose_model
from assistant.tracing.content import outputs_of
from assistant.tracing.export import to_openinference
from assistant.tracing.queries import TraceReader
from assistant.tracing.records import Origin
from assistant.tracing.store import TraceStore
from assistant.turn import LONGEST_CONTEXT
from tests.agents import Canned, CutOff, act, agent_over, answer, page
from tests.course import engine_over, searching, write_course
from tests.model_calls import settings_for
from tests.model_server import ModelServer, Reply
from ui.conversation_export import to_json, to_markdown
from ui.kept_turns import INTERRUPTED, STOPPED, messages_of, panel_of
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


@pytest.mark.parametrize("way", ["course", "agent"])
@pytest.mark.parametrize("how", ["cut", "stopped"])
def test_of_an_answer_that_broke_off_what_was_said_stays_with_its_sources(
    tmp_path: Path, minilm: Any, store: TraceStore, way: Any, how: str
) -> None:
    said = "Stoneware is fired at 1,260 degrees [1]. And as to"
    text = answer(said) if way == "agent" else said
    ends: dict[str, Any] = {"cut_after": len(text.split())} if how == "cut" else {"hang_after": len(text.split())}
    course = write_course(tmp_path / "course")
    with ModelServer() as server, searching(tmp_path / "index", minilm, course) as searcher:
        if way == "agent":
            server.script(act("course_search", query="How hot is stoneware fired?"))
        server.default = Reply(text=f"{text} porcelain, it needs more.", **ends)
        agent = agent_over(searcher, minilm, server)
        engine = engine_over(searcher, minilm, choose_model(settings_for(server), None))
        assistant = Assistant(engine, store, toolbox=agent.toolbox, open_agent=lambda: agent)

        async def last() -> Any:
            shown, event = "", None
            turn = assistant.ask("How hot is stoneware fired?", (), Origin("c", "u", "web"), way)
            async for event in turn:
                shown += event.text if isinstance(event, Token) else ""
                if how == "stopped" and "[1]" in shown:
                    await turn.aclose()
                    break
            return event

        end = asyncio.run(last())
    kept = TraceReader(store.engine).get(TraceReader(store.engine).find()[0]["id"])
    shown = messages_of(kept)[-1]["content"]
    assert shown.startswith(f"Stoneware is fired at 1,260 degrees [&#91;1&#93;](turns/{kept['id']}#source-1)")
    assert "<mark>Stoneware is fired at 1,260 degrees" in panel_of(kept, {})
    if how == "cut":
        assert isinstance(end, Failure) and [c.marker for c in end.citations] == [1]
        assert shown.endswith("**") and "broke off" in shown
        assert ending(end)[0].startswith(shown.partition("**")[0].strip())
    else:
        assert shown.endswith(STOPPED)


def test_a_marker_of_an_answer_that_broke_off_leads_nowhere_where_it_has_no_source() -> None:
    shown = messages_of(record(status="stopped", answer="It is. [1]"))[-1]["content"]
    assert shown == f"It is. **[1]**\n\n{STOPPED}"


AROUND = "Celadon is a glaze of iron. It was first fired in Zhejiang. Its colour comes from a kiln without air."


@pytest.mark.parametrize("long", [False, True])
def test_a_source_from_outside_keeps_the_context_of_its_quotes(
    tmp_path: Path, minilm: Any, store: TraceStore, long: bool
) -> None:
    filler = "This sentence tells of nothing in particular. " * 400 if long else ""
    looking = Canned("look", page(f"{filler}{AROUND} {filler}", kind="wikipedia"))
    course = write_course(tmp_path / "course")
    with ModelServer() as server, searching(tmp_path / "index", minilm, course) as searcher:
        server.script(act("look"), answer("It is a glaze of iron [1]. It was first fired in Zhejiang [1]."))
        agent = agent_over(searcher, minilm, server, [looking])
        assistant = Assistant(
            engine_over(searcher, minilm), store, toolbox=agent.toolbox, open_agent=lambda: agent
        )  # fmt: skip

        async def last() -> Any:
            return [e async for e in assistant.ask("What is celadon?", (), Origin("c", "u", "web"), "agent")][-1]

        end = asyncio.run(last())
    kept = TraceReader(store.engine).get(end.trace_id)
    panel = panel_of(kept, {})
    assert "<mark>It was first fired in Zhejiang.</mark> Its colour comes from a kiln without air." in panel
    assert long or panel == ending(end)[1]
    assert [len(row["context"]) <= LONGEST_CONTEXT for row in kept["citations"] if "context" in row] == [True]
    assert "context" in str(kept["citations"]) and "without air" not in str(outputs_of(kept))
    assert "without air" not in to_json("t", [{**kept, "vote": None}])
    assert "without air" not in to_openinference(kept)[0]["attributes"]["metadata"]


def test_a_turn_that_was_kept_without_contexts_shows_its_quotes() -> None:
    row = {"marker": 1, "path": "https://w.example/a", "locator": "", "quote": "It is rock.", "kind": "wikipedia"}
    assert "<mark>It is rock.</mark>" in panel_of(record(citations=[row]), {})


def test_a_quote_is_shown_in_no_context_that_does_not_hold_it() -> None:
    row = {"marker": 1, "path": "https://w.example/a", "locator": "", "quote": "It is rock.", "kind": "wikipedia"}
    other = {**row, "quote": "It is far.", "context": "Of the Moon: It is far."}
    foreign = {**row, "marker": 2, "context": "It is rock. So they say."}
    assert "they say" not in panel_of(record(citations=[row, other, foreign]), {}).partition("[2]")[0]
