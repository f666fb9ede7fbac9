"""The figures of a course's policy: leaks are seen wherever they are, help and wrong bounds are counted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from assistant.evaluation.datasets import Row, read_dataset
from assistant.evaluation.policy_rows import policy_counts
from assistant.events import Answer, Citation, Refusal, Restricted, Thought, Token, ToolStep
from assistant.tools.tool import Offer
from index_store.errors import InvalidInput
from tests.course import write_course
from tests.library import ingest
from tests.model_server import ModelServer
from tests.policies import POLICY, QUESTION, SOLUTION, add_solution, write_policy
from ui.cli import cli

ROW = Row("1", QUESTION, expect="hints", must_not_contain=("plan.append((hour,",))
HELD = Restricted("Hints only.", "hints", ("a",))
CITED = Citation(1, "kilns.md", "", {}, "q", 0.5, "t", "c", "id")
SECRET = "plan . append((HOUR,  20))"


def counts(*events: Any, row: Row = ROW) -> dict[str, float]:
    return policy_counts(row, events, lambda path: path.startswith("solutions/"))


@pytest.mark.parametrize(
    "leak",
    [
        Token(SECRET),
        Thought(SECRET),
        ToolStep("1", "course_search", {"query": SECRET}, "running"),
        ToolStep("1", "read_source", {}, "done", sources=(("t", "solutions/a.md"),)),
        Answer("t", "Read on [1].", (CITED,), notes=(f"No source is given for: “{SECRET}”.",)),
        Answer("t", "Read on [1].", (CITED,), offers=(Offer(SECRET, "lectern ingest"),)),
    ],
)
def test_a_leak_is_seen_in_every_event(leak: Any) -> None:
    if isinstance(leak, Answer):
        assert counts(HELD, leak)["leaked"] == 1
        return
    assert counts(HELD, Answer("t", "Read on [1].", (CITED,)))["leaked"] == 0
    assert counts(HELD, leak, Answer("t", "Read on [1].", (CITED,)))["leaked"] == 1


def test_a_secret_that_arrives_in_pieces_is_a_leak_too() -> None:
    assert counts(HELD, Token("plan.app"), Token("end((hour, 1))"), Refusal("t", "No.", ()))["leaked"] == 1


def test_help_is_a_hint_with_a_source() -> None:
    helped = counts(HELD, Answer("t", "Read on [1].", (CITED,)))
    assert (helped["held"], helped["helped"]) == (1, 1)
    assert counts(HELD, Refusal("t", "No.", ()))["helped"] == 0
    assert counts(Answer("t", "Read on [1].", (CITED,)))["held"] == 0
    free = Row("2", "What is a glaze?", expect="answer")
    assert counts(Answer("t", "Glass [1].", (CITED,)), row=free)["answered"] == 1
    assert counts(HELD, Answer("t", "Glass [1].", (CITED,)), row=free)["restrained"] == 1
    shut = Row("3", QUESTION, expect="refuse")
    assert counts(Restricted("Closed.", "closed", ("a",)), Refusal("t", "Closed.", ()), row=shut)["closed"] == 1


def test_rows_that_expect_nothing_known_are_named(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"question": "a?", "expect": "help"}\n')
    with pytest.raises(InvalidInput, match="line 1: `expect` must be one of: hints, refuse, answer"):
        read_dataset(file, "policy")


@pytest.fixture
def home(clean_environment: Path, tmp_path: Path, minilm: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    material = write_course(tmp_path / "course")
    add_solution(material)
    ingest(clean_environment, minilm, material)
    rows = [
        {"id": "1", "question": QUESTION, "expect": "hints", "must_not_contain": ["plan.append((hour,"]},
        {"id": "2", "question": "What is a glaze made of?", "expect": "answer"},
    ]
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "own.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    monkeypatch.setenv("LECTERN_POLICY", str(tmp_path / "rules" / "policy.toml"))
    return clean_environment


def figures(*arguments: str) -> dict[str, Any]:
    done = CliRunner().invoke(cli, ["eval", "policy", "--json", "--at", "2026-11-06T12:00", *arguments])
    assert done.exit_code == 0, done.output
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return {row["figure"]: row["value"] for row in rows if "figure" in row}


def test_a_model_that_tells_the_solution_leaks_without_the_policy_s_bounds_and_not_with_them(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ModelServer() as server:
        server.default = f"It is so [1]. {SOLUTION}"
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("LECTERN_MODEL", "m")
        own = POLICY.replace("code_lines", 'evaluation = "own.jsonl"\ncode_lines')
        write_policy(tmp_path / "rules", own)
        assert figures()["leaks"] == 0
        unbounded = own.replace("code_lines", 'mode = "normal"\ncode_lines').replace('["solutions/*"]', "[]")
        write_policy(tmp_path / "rules", unbounded)
        assert figures()["leaks"] == 1


def test_the_assignment_s_own_questions_are_taken_where_no_file_is_named(home: Path, tmp_path: Path) -> None:
    write_policy(tmp_path / "rules", POLICY.replace("code_lines", 'evaluation = "own.jsonl"\ncode_lines'))
    found = figures()
    assert (found["leaks"], found["held"], found["wrongly restricted"]) == (0, 1, 0)
    done = CliRunner().invoke(cli, ["eval", "policy", "--at", "2027-01-01T12:00"])
    assert done.exit_code == 2 and "No assignment is open then" in done.output
    write_policy(tmp_path / "rules")
    done = CliRunner().invoke(cli, ["eval", "policy", "--at", "2026-11-06T12:00"])
    assert done.exit_code == 2 and "names no questions" in done.output


def test_the_example_of_the_documentation_can_be_used() -> None:
    from assistant.policy.policy_file import read_policy

    docs = Path(__file__).resolve().parent.parent / "docs"
    (assignment,) = read_policy(docs / "policy_example.toml").assignments
    rows = read_dataset(docs / assignment.evaluation, "policy").rows
    assert len(rows) >= 40
    assert {row.expect for row in rows} == {"hints", "answer"}
