"""The course's policy as people meet it: told in the terminal, in rows, on the page, by doctor and by its commands."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from assistant.answer_stream import runs_of
from assistant.events import Answer, Restricted, Token, TurnStarted
from assistant.tracing.queries import TraceReader
from tests.agents import act, answer
from tests.course import write_course
from tests.library import ingest
from tests.model_server import ModelServer
from tests.policies import DURING, POLICY, QUESTION, SOLUTION, add_solution, write_policy
from ui import wiring
from ui.cli import cli
from ui.kept_turns import messages_of
from ui.terminal import stream_answer
from ui.turn_view import TurnView

TOLD = "Hints only until 1 Dec 23:59: assignment Firing plan (Pottery)."
NOW = "2026-11-06T12:00"


@pytest.fixture
def home(clean_environment: Path, tmp_path: Path, minilm: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    material = write_course(tmp_path / "course")
    add_solution(material)
    ingest(clean_environment, minilm, material)
    monkeypatch.setenv("LECTERN_POLICY", str(write_policy(tmp_path / "rules")))
    return clean_environment


@pytest.fixture
def library(home: Path) -> Iterator[wiring.Library]:
    with wiring.open_library(wiring.read_environment()) as opened:
        opened.clock = lambda: DURING
        yield opened


def run(*arguments: str, expected: int = 0) -> str:
    done = CliRunner().invoke(cli, list(arguments))
    assert done.exit_code == expected, done.output
    return done.output


def test_show_and_check_say_what_holds_at_a_time(home: Path) -> None:
    shown = run("policy", "show", "--at", NOW)
    assert (
        "assignment Firing plan (Pottery): hints from 1 Nov 00:00 until 1 Dec 23:59 (Europe/Berlin), open now" in shown
    )
    assert "not open yet" in run("policy", "show", "--at", "2026-10-31T23:59")
    assert "over" in run("policy", "show", "--at", "2026-12-01T23:59:00+01:00")
    held = json.loads(run("policy", "check", QUESTION, "--at", NOW, "--json"))
    assert held["text"] == TOLD
    assert held["sources"] == ["kilns.md", "wheel.md"]
    assert held["hidden"] == ["solutions/firing.md"]
    assert held["prompt"] == "hint"
    free = json.loads(run("policy", "check", "What is a glaze made of?", "--at", NOW, "--json"))
    assert free["text"] == "" and free["hidden"] == ["solutions/firing.md"]
    assert "answered as ever" in run("policy", "check", QUESTION, "--at", "2027-01-01T12:00")
    assert "--at is" in run("policy", "check", QUESTION, "--at", "tomorrow", expected=2)


def test_without_a_policy_the_commands_say_how_to_have_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LECTERN_POLICY", raising=False)
    assert "Set LECTERN_POLICY" in run("policy", "show", expected=2)


def test_the_home_s_own_policy_is_found(clean_environment: Path) -> None:
    write_policy(clean_environment)
    assert "Firing plan" in run("policy", "show")


def test_doctor_shows_what_is_open_and_what_matches_nothing(home: Path, tmp_path: Path) -> None:
    write_policy(tmp_path / "rules", POLICY.replace('"wheel.md"', '"weel.md"'))
    told = [json.loads(line) for line in CliRunner().invoke(cli, ["doctor", "--json"]).stdout.splitlines()]
    found = [(row["status"], row["found"]) for row in told if row["name"] == "course policy"]
    assert found[0][1].startswith("assignment Firing plan (Pottery): hints from 1 Nov")
    assert ("note", "assignment Firing plan (Pottery): no document of the library matches 'weel.md'.") in found
    write_policy(tmp_path / "rules", POLICY.replace("mode", "mood").replace("about", "abuot"))
    told = [json.loads(line) for line in CliRunner().invoke(cli, ["doctor", "--json"]).stdout.splitlines()]
    (broken,) = [row for row in told if row["name"] == "course policy"]
    assert broken["status"] == "broken" and "abuot" in broken["found"]


def test_a_policy_that_asks_for_a_prompt_that_is_not_there_is_told_at_the_start(home: Path, tmp_path: Path) -> None:
    write_policy(tmp_path / "rules", POLICY.replace("code_lines", 'prompt = "hint@99"\ncode_lines'))
    assert "There is no prompt template hint.v99" in run("ask", QUESTION, expected=3)
    write_policy(tmp_path / "rules", POLICY.replace("code_lines", 'prompt = "judge"\ncode_lines'))
    assert "needs what an answer has not" in run("ask", QUESTION, expected=3)


def test_terminal_and_rows_tell_the_rule(library: wiring.Library, capsys: pytest.CaptureFixture[str]) -> None:
    from ui.rows import answer_row

    assistant = wiring.assistant_of(library).assistant
    stream_answer(assistant, QUESTION, "quotes only", "course")
    assert TOLD in capsys.readouterr().err
    row = answer_row(assistant, {"question": QUESTION, "history": []}, "course")
    assert row["policy"]["text"] == TOLD and row["policy"]["mode"] == "hints"
    assert "policy" not in answer_row(assistant, {"question": "What is a glaze made of?", "history": []}, "course")


def test_search_finds_no_solution_while_the_window_is_open(library: wiring.Library) -> None:
    asked = "a slow climb to four hundred degrees over three hours"
    assert "solutions/firing.md" not in {h.chunk.path for h in library.searcher.search(asked, 10)}
    library.policy.clock = lambda: DURING + 60 * 86_400  # type: ignore[union-attr]
    assert "solutions/firing.md" in {h.chunk.path for h in library.searcher.search(asked, 10)}


def test_the_page_shows_the_rule_while_the_turn_goes_on_and_when_it_is_kept(library: wiring.Library) -> None:
    view = TurnView(QUESTION)
    held = Restricted("Hints only: *a*.", "hints", ("a",))
    for event in (TurnStarted("t", QUESTION), held, Token("Read."), Answer("t", "Read on.", ())):
        view.take(event)
    assert view.messages[-1]["content"].startswith("*Hints only: ")
    assert view.messages[-1]["content"].endswith("Read on.")
    trace_id = asyncio.run(whole(wiring.assistant_of(library).assistant, QUESTION, "course"))
    record = TraceReader(library.traces.engine).get(trace_id)
    assert TOLD in messages_of(record)[-1]["content"]


async def whole(assistant: Any, question: str, way: Any) -> str:
    return [event async for event in assistant.ask(question, way=way)][-1].trace_id


def test_the_trace_says_which_policy_held_and_keeps_no_solution(
    library: wiring.Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    sentence = SOLUTION.split("\n\n")[1]
    with ModelServer() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("LECTERN_MODEL", "m")
        library.environment = wiring.read_environment()
        server.script(
            act("course_search", thought=sentence, query=sentence), answer(f"So [1]. {SOLUTION}", thought=sentence)
        )
        trace_id = asyncio.run(whole(wiring.assistant_of(library).assistant, QUESTION, "agent"))
    record = TraceReader(library.traces.engine).get(trace_id)
    step = next(s for s in record["spans"] if s["name"] == "course policy")
    assert step["attributes"]["lectern.policy.hash"] == library.policy.policy.hash  # type: ignore[union-attr]
    assert step["outputs"]["concerned"] == ["assignment Firing plan (Pottery)"]
    assert any(s["kind"] == "model" for s in record["spans"])
    assert not runs_of(json.dumps(record).replace("\\n", "\n")) & runs_of(SOLUTION)


def test_the_library_shows_no_chunk_of_a_solution_while_the_window_is_open(library: wiring.Library) -> None:
    from types import SimpleNamespace

    from ui.library_page import HIDDEN, LibraryHandlers
    from ui.parts import Parts

    parts: Any = SimpleNamespace(library=library)
    known = next(d for d in library.ledger.documents() if d.path == "solutions/firing.md")
    ids = [chunk.id for chunk in library.ledger.chunks(known.id)]
    page: Any = SimpleNamespace(_parts=parts, _known=lambda document, request: known)
    somebody: Any = None
    assert LibraryHandlers.look_into(page, known.id, 1, somebody) == HIDDEN
    assert Parts.chunks(parts, ids) == {}
    library.policy.clock = lambda: DURING + 60 * 86_400  # type: ignore[union-attr]
    assert "firing_plan" in LibraryHandlers.look_into(page, known.id, 1, somebody)
    assert set(Parts.chunks(parts, ids)) == set(ids)


def test_no_student_knows_of_a_solution_while_the_window_is_open(library: wiring.Library) -> None:
    from types import SimpleNamespace

    from assistant.accounts.people import Person, Role
    from index_store.errors import SourceMissing
    from ui.parts import Parts

    parts: Any = SimpleNamespace(library=library, server=SimpleNamespace(accounts=True))
    parts.documents = lambda person: Parts.documents(parts, person)
    parts.may = lambda person, action: Parts.may(parts, person, action)
    student, reviewer = Person("s", Role.STUDENT), Person("r", Role.REVIEWER)
    solution = next(d for d in library.ledger.documents() if d.path == "solutions/firing.md")
    assert solution.id not in {d.id for d in Parts.documents(parts, student)}
    assert solution.id not in {d.id for d in Parts.documents(parts, None)}  # nobody who is known
    with pytest.raises(SourceMissing):
        Parts.document(parts, solution.id, student)
    assert Parts.document(parts, solution.id, reviewer).id == solution.id
    library.policy.clock = lambda: DURING + 60 * 86_400  # type: ignore[union-attr]
    assert Parts.document(parts, solution.id, student).id == solution.id


def test_where_accounts_are_off_a_first_visit_knows_of_every_document(library: wiring.Library) -> None:
    from types import SimpleNamespace

    from ui.parts import Parts

    parts: Any = SimpleNamespace(library=library, server=SimpleNamespace(accounts=False))
    parts.may = lambda person, action: Parts.may(parts, person, action)
    assert "solutions/firing.md" in {d.path for d in Parts.documents(parts, None)}
