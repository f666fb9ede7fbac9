"""How commands end: 0 done, 1 done in part, 2 what was given cannot be used or names nothing, 3 it failed."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from ui.cli import cli

UNKNOWN = "abcdef123456"
NAMES_NOTHING = [
    ("traces", "show", UNKNOWN),
    ("traces", "show", ""),
    ("traces", "show", "abc"),
    ("traces", "correct", UNKNOWN, "--verdict", "right", "--reviewer", "r"),
    ("feedback", UNKNOWN, "up"),
    ("replay", UNKNOWN),
    ("dataset", "add", "--from-trace", UNKNOWN),
    ("eval", "show", UNKNOWN),
    ("eval", "show", ""),
    ("eval", "tags", "ROWS", "--resume", UNKNOWN),
    ("eval", "tags", "gone.jsonl"),
    ("eval", "search", "gone.jsonl"),
    ("eval", "answers", "gone.jsonl"),
    ("eval", "policy", "gone.jsonl"),
    ("compare", "gone.jsonl"),
    ("compare", "ROWS", "--report", "gone/report.html"),
    ("prompts", "show", "nothing"),
    ("prompts", "show", "tag_abstract@99"),
    ("prompts", "diff", "tag_abstract", "1", "99"),
    ("prompts", "try", "nothing", "--var", "abstract=x"),
    ("prompts", "try", "tag_abstract@1"),
    ("ingest", "gone"),
    ("tag", "gone.txt"),
    ("tag", "--batch", "gone.jsonl"),
    ("ask", "--batch", "gone.jsonl"),
    ("search", "--batch", "gone.jsonl"),
]
EXCLUDE_EACH_OTHER = [
    ("ask", "What is ReAct?", "--agent", "--course"),
    ("tag", "ROWS", "--batch", "ROWS"),
    ("replay", UNKNOWN, "--down"),
    ("replay", UNKNOWN, "--refused"),
    ("replay",),
    ("traces", "list", "--refused", "--status", "ok"),
    ("traces", "forget"),
]


def call(home: Path, *arguments: str, **environment: str) -> Result:
    return CliRunner(env={"LECTERN_HOME": str(home), **environment}).invoke(cli, list(arguments))


@pytest.fixture
def rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.jsonl").write_text(json.dumps({"id": "1", "abstract": "We use BERT.", "tags": ["BERT"]}) + "\n")
    return tmp_path / "rows.jsonl"


@pytest.mark.parametrize("arguments", [*NAMES_NOTHING, *EXCLUDE_EACH_OTHER], ids=" ".join)
def test_what_names_nothing_or_contradicts_itself_ends_with_two(rows: Path, arguments: tuple[str, ...]) -> None:
    result = call(rows.parent / "home", *(str(rows) if word == "ROWS" else word for word in arguments))
    assert result.exit_code == 2, result.output
    assert result.stdout == "" and "Traceback" not in result.stderr
    assert "Error: " in result.stderr and len(result.stderr.strip().splitlines()) >= 2, "the next step is missing"


def test_every_command_that_takes_a_name_is_walked() -> None:
    """A command with an argument or --from-trace that is in none of the lists above fails here."""
    walked = {words[:depth] for words in NAMES_NOTHING for depth in (1, 2)}
    free = {("search",), ("ask",)}  # a question is no name
    for path, command in _commands(cli):
        named = [p for p in command.params if isinstance(p, click.Argument)]
        if named and path[0] in ("traces", "feedback", "replay", "dataset", "eval", "compare", "prompts", "tag"):
            assert path in walked or path in free, path


def _commands(group: click.Group, before: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], click.Command]]:
    found: list[tuple[tuple[str, ...], click.Command]] = []
    for name, command in group.commands.items():
        here = (*before, name)
        found += _commands(command, here) if isinstance(command, click.Group) else [(here, command)]
    return found


def test_a_beginning_of_an_id_is_enough_and_an_ambiguous_one_is_told(rows: Path) -> None:
    home = rows.parent / "home"
    for _ in range(2):
        call(home, "eval", "tags", str(rows))
    listed = call(home, "traces", "list", "--evaluation", "--json").stdout.splitlines()
    ids = [json.loads(line)["id"] for line in listed]
    assert call(home, "traces", "show", ids[0][:6]).exit_code == 0
    assert call(home, "feedback", ids[0][:6], "up").exit_code == 0
    short = call(home, "traces", "show", ids[0][:5])
    assert short.exit_code == 2 and "at least 6 characters" in short.stderr
    runs = [json.loads(line)["id"] for line in call(home, "eval", "list", "--json").stdout.splitlines()]
    assert call(home, "eval", "show", runs[0]).exit_code == 0
    several = call(home, "eval", "show", runs[0][:6])
    assert several.exit_code == 2 and "2 runs begin with" in several.stderr
