"""The commands over logged turns, where what they are given makes no sense; and what settings are refused."""

from __future__ import annotations

import getpass
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from assistant.tracing.records import Feedback, Review
from assistant.tracing.settings import TraceSettings
from assistant.tracing.store import TraceStore
from index_store.errors import SettingsError
from tests import turns
from tests.test_trace_store import keep
from tests.turns import BEGAN
from ui.cli import cli
from ui.wiring import read_environment

UNREADABLE = "\udcff\x00"
"""What a terminal that does not write UTF-8 makes of an argument."""


@pytest.fixture
def own(clean_environment: Path) -> str:
    store = TraceStore(clean_environment)
    kept = keep(store)
    store.give_feedback(Feedback(kept, "down", BEGAN, "Write to me: ann@uni.edu", "u1"))
    store.close()
    return kept


def call(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, catch_exceptions=False)


@pytest.mark.parametrize("option", ["--text", "--conversation", "--user"])
def test_words_that_no_text_holds_find_nothing(own: str, option: str) -> None:
    done = call("traces", "list", option, UNREADABLE)
    assert (done.exit_code, done.stdout[:7]) == (0, "No turn")


def test_an_id_that_no_text_holds_is_of_no_trace(own: str) -> None:
    assert call("traces", "show", f"{own[:8]}{UNREADABLE}").exit_code == 2
    assert "Deleted 0" in call("traces", "forget", "--user", UNREADABLE, "--yes").stdout


def test_a_review_takes_any_name_and_none_is_asked_for(own: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given = ["traces", "correct", own, "--verdict", "wrong"]
    assert call(*given, "--reviewer", UNREADABLE, "--assign", UNREADABLE).exit_code == 0

    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 1234")

    monkeypatch.setattr(getpass, "getuser", nobody)
    done = call(*given)
    assert (done.exit_code, "--reviewer" in done.stderr) == (2, True)


def test_turns_of_evaluations_are_hidden_unless_they_are_asked_for(own: str, tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text(json.dumps({"id": "1", "abstract": "We use BERT.", "tags": ["BERT"]}) + "\n")
    call("eval", "tags", str(rows))
    done = call("traces", "list", "--json")
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == [own]
    assert "1 turns of evaluations are hidden; --evaluation shows them." in done.stderr
    everything = call("traces", "list", "--evaluation", "--json")
    assert len(everything.stdout.splitlines()) == 2 and "hidden" not in everything.stderr
    assert call("traces", "list", "--kind", "tag", "--json").stdout == ""
    (measured,) = call("traces", "list", "--kind", "tag", "--evaluation", "--json").stdout.splitlines()
    run_id = json.loads(measured)["conversation_id"]
    assert call("traces", "list", "--conversation", run_id, "--json").stdout.splitlines() == [measured]
    assert "No turn is like that" in call("replay", "--text", "We use BERT").stdout
    again = call("replay", "--text", "We use BERT", "--evaluation")
    new = next(line.split()[-1] for line in again.stdout.splitlines() if "new trace:" in line)
    assert call("traces", "show", new).exit_code == 0


def test_a_corrected_tag_has_to_stand_in_the_text(clean_environment: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("We use \\textsc{BERT}, RoB-\nERTa and nothing else.")
    call("tag", str(tmp_path / "a.txt"))
    trace = json.loads(call("traces", "list", "--json").stdout)["id"]
    wrong = call("traces", "correct", trace, "--tag", "BERT", "--tag", "GPT-4", "--reviewer", "r")
    assert wrong.exit_code == 2 and "The text does not have: GPT-4." in wrong.stderr
    assert json.loads(call("traces", "show", trace, "--json").stdout)["reviews"] == []
    for tags in (["--tag", "BERT", "--tag", "RoBERTa"], ["--tag", "NA"]):
        assert call("traces", "correct", trace, *tags, "--reviewer", "r").exit_code == 0


def test_as_sent_shows_the_votes_that_leave_too(own: str) -> None:
    sent: dict[str, Any] = json.loads(call("traces", "show", own, "--as-sent").stdout)
    assert [(vote["vote"], vote["comment"]) for vote in sent["feedback"]] == [("down", "Write to me: [e-mail]")]


@pytest.mark.parametrize("name", ["LECTERN_REDACT", "LECTERN_REDACT_STORE"])
def test_a_switch_of_redaction_is_never_guessed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "maybe")
    with pytest.raises(SettingsError, match=name):
        _ = read_environment().traces


def test_a_switch_may_be_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LECTERN_REDACT_STORE", "true")
    monkeypatch.setenv("LECTERN_REDACT", "off")
    traces = read_environment().traces
    assert (traces.redact_store, traces.redact) == (True, False)


@pytest.mark.parametrize("days", [float("nan"), float("inf"), 0.0, -1.0])
def test_days_that_are_none_are_refused(days: float) -> None:
    with pytest.raises(SettingsError, match="LECTERN_TRACE_DAYS"):
        TraceSettings(keep_days=days)


@pytest.mark.parametrize("address", ["postgresql://h:port/db", "mysql://h/db", "postgresql://127.0.0.1:1/db?bogus=1"])
def test_an_address_that_cannot_be_used_is_named_by_its_setting(address: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="LECTERN_DATABASE_URL"):
        TraceStore(tmp_path, TraceSettings(database_url=address))


def test_a_password_behind_an_address_is_not_told(monkeypatch: pytest.MonkeyPatch, clean_environment: Path) -> None:
    monkeypatch.setenv("LECTERN_DATABASE_URL", "postgresql://me@127.0.0.1:1/db?password=hunter22")
    done = call("traces", "list")
    assert (done.exit_code, "hunter22" in done.stderr, "timeout" in done.stderr) == (3, False, False)


@pytest.mark.parametrize("arguments", [["list"], ["deliver"], ["forget", "--user", "u1", "--yes"], ["export"]])
def test_a_store_without_its_tables_is_told_in_plain_words(
    own: str, clean_environment: Path, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMET_API_KEY", "k" * 25)
    with closing(sqlite3.connect(clean_environment / "traces.sqlite3")) as connection:
        for table in ("outbox", "feedback", "sinks", "spans"):
            connection.execute(f"DROP TABLE {table}")
    done = call("traces", *arguments)
    assert (done.exit_code, "trace store cannot be" in done.stderr) == (3, True)


def test_what_is_not_known_is_shown_as_such_and_never_as_none(clean_environment: Path) -> None:
    store = TraceStore(clean_environment)
    begun = turns.start(mode="compatible")
    store.begin(begun)
    store.add_review(Review(begun.trace_id, "ann", BEGAN, assignee="ben"))
    store.finish(begun, turns.end(status="aborted", error="It ended.", output_tokens=5, prompt=None), [])
    store.close()
    shown = call("traces", "show", begun.trace_id).stdout
    assert "None" not in shown
    assert "for ben" in shown


def test_tables_of_a_step_that_is_not_known_are_left_alone(own: str, clean_environment: Path) -> None:
    with closing(sqlite3.connect(clean_environment / "traces.sqlite3")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
    done = call("traces", "list")
    assert (done.exit_code, "a step that is not known" in done.stderr) == (3, True)
