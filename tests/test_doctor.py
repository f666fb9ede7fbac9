"""Doctor: each thing with what mends it, one trouble not hiding the next, readable at 80 columns."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from assistant.tracing.store import TraceStore
from tests.agents import CutOff
from tests.library import ingest
from tests.test_trace_store import keep
from ui import doctor
from ui.cli import cli
from ui.doctor import Finding, at_once, examine, print_findings
from ui.help_page import findings_html


def findings() -> dict[str, dict[str, str]]:
    result = CliRunner().invoke(cli, ["doctor", "--json"])
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == (3 if any(row["status"] == "broken" for row in rows) else 0)
    return {row["name"]: row for row in rows}


def test_a_new_home_needs_material_and_nothing_is_made_in_it(clean_environment: Path) -> None:
    found = findings()
    assert found["index"]["status"] == "note"
    assert "lectern ingest" in found["index"]["hint"]
    assert found["language model"]["status"] == "note"
    assert "OPENAI_BASE_URL" in found["language model"]["hint"]
    assert not (clean_environment / "index").exists()


def test_a_sink_without_any_turn_makes_no_store_and_looking_forgets_nothing(
    clean_environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMET_API_KEY", "k" * 25)
    monkeypatch.setenv("LECTERN_TRACE_DAYS", "1")
    assert findings()["delivery"]["found"] == "to comet, 0 waiting"
    assert not clean_environment.exists()
    store = TraceStore(clean_environment)
    keep(store)  # it is older than a day
    store.close()
    assert findings()["traces"]["found"].startswith("1 turns in sqlite")


@pytest.mark.parametrize(
    ("variable", "value", "name", "said"),
    [
        ("LECTERN_PROMPT_VERSIONS", "nothing=2", "prompts", "'nothing': there is no such template"),
        ("LECTERN_PROMPT_VERSIONS", "tag_abstract=99", "prompts", "tag_abstract.v99"),
        ("LECTERN_PROMPT_VERSIONS", "bogus", "prompts", "LECTERN_PROMPT_VERSIONS is 'bogus'"),
        ("LECTERN_EXAMPLES", "bogus", "examples", "'bogus' does not say how examples are chosen"),
    ],
)
def test_what_only_a_model_would_need_is_looked_at_without_one(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, name: str, said: str
) -> None:
    assert findings()[name]["status"] == "ok"
    monkeypatch.setenv(variable, value)
    found = findings()[name]
    assert found["status"] == "broken" and said in found["found"] and found["hint"]


def test_a_tool_whose_reach_cannot_be_known_is_not_said_to_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LECTERN_TOOLS", "open_page")
    assert findings()["tool open_page"]["found"] == "on; whether an address can be reached shows when one is opened"


def test_a_tool_that_is_off_says_how_it_would_be_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LECTERN_TOOLS", "course_search,wikipedia,web_search,arxiv")
    monkeypatch.setattr("assistant.tools.reach.Reach.look", CutOff.look)
    found = findings()
    assert "LECTERN_WIKIPEDIA_API_URL" in found["tool wikipedia"]["hint"]
    assert "LECTERN_SEARXNG_URL" in found["tool web_search"]["hint"]
    assert "LECTERN_TOOLS" in found["tool arxiv"]["hint"]
    assert found["tool calculate"]["hint"] == "Name it in LECTERN_TOOLS, if it is wanted."


def test_help_calls_no_setting_right_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LECTERN_SEARXNG_URL", raising=False)
    shown = findings_html(at_once()).partition("<details>")[2]
    row = next(row for row in shown.split("<tr>") if "LECTERN_SEARXNG_URL" in row)
    assert "SearXNG for web searches" in row and "ok" not in row and "not set" not in row


def test_an_index_without_its_files_is_broken_and_the_rest_is_still_told(
    clean_environment: Path, tmp_path: Path, minilm: object
) -> None:
    (tmp_path / "a.md").write_text("# Kilns\n\nA kiln is an oven for clay.\n")
    ingest(clean_environment, minilm, tmp_path / "a.md")
    assert findings()["index"]["found"] == "1 document, 1 chunk, sound"
    for generation in (clean_environment / "index").iterdir():
        if generation.is_dir():
            shutil.rmtree(generation)
    found = findings()
    assert found["index"]["status"] == "broken"
    assert "library rebuild" in found["index"]["hint"]
    assert found["LECTERN_HOME"]["status"] == "ok"


@pytest.mark.parametrize(
    ("name", "value", "broken"),
    [
        ("LECTERN_EMBEDDING", "magic", "embedding"),
        ("OPENAI_BASE_URL", "http://127.0.0.1:9/v1", "language model"),
        ("LECTERN_MODEL_TIMEOUT", "0", "language model"),
        ("LECTERN_AGENT_LIMITS", "foo=3", "agent limits"),
        ("LECTERN_AGENT_LIMITS", "steps=0.5", "agent limits"),
        ("LECTERN_LIMITS", "foo=3", "web server"),
        ("LECTERN_OIDC_CLIENT_ID", "lectern", "web server"),
        ("LECTERN_PUBLIC_URL", "https://course.example", "web server"),
        ("LECTERN_LIMITS", "queue=0.4", "web server"),
        ("LECTERN_LIMITS", "turns_a_minute=0.5", "web server"),
        ("LECTERN_LIMITS", "upload_files=1.9", "web server"),
        ("LECTERN_NAMES", "nowhere.txt", "tagging rules"),
    ],
)
def test_a_setting_that_cannot_work_is_named_with_its_next_step(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, broken: str
) -> None:
    monkeypatch.setenv(name, value)
    monkeypatch.setenv("LECTERN_MODEL", "some-model")
    found = findings()
    assert found[broken]["status"] == "broken"
    assert found[broken]["hint"]
    assert found["python"]["status"] == "ok"


def test_where_something_leaves_a_text_of_ones_own_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert "consent" not in findings()
    monkeypatch.setenv("LECTERN_ACCOUNTS", "1")
    monkeypatch.setenv("LECTERN_TOOLS", "course_search")
    assert findings()["consent"]["status"] == "ok"
    monkeypatch.setenv("COMET_API_KEY", "k")
    found = findings()["consent"]
    assert found["status"] == "note" and "Comet" in found["found"] and "LECTERN_CONSENT" in found["hint"]
    (tmp_path / "own.txt").write_text("Ours.", "utf-8")
    monkeypatch.setenv("LECTERN_CONSENT", str(tmp_path / "own.txt"))
    found = findings()["consent"]
    assert found["status"] == "ok" and "should say" in found["found"] and "Comet" in found["found"]


@pytest.mark.parametrize(
    ("issuer", "status"),
    [
        ("http://login.example", "broken"),
        ("login.example", "broken"),
        ("https://login.example", "ok"),
        ("http://127.0.0.1:9", "ok"),
    ],
)
def test_a_provider_is_asked_over_https_alone(monkeypatch: pytest.MonkeyPatch, issuer: str, status: str) -> None:
    for name, value in (("ISSUER", issuer), ("CLIENT_ID", "lectern"), ("CLIENT_SECRET", "shh")):
        monkeypatch.setenv(f"LECTERN_OIDC_{name}", value)
    found = findings()["web server"]
    assert found["status"] == status and (status == "ok" or "https://" in found["hint"])


def test_believing_every_proxy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "proxies" not in findings()
    monkeypatch.setenv("LECTERN_PROXIES", "127.0.0.1,*")
    assert findings()["proxies"]["status"] == "note"


def test_a_password_in_an_address_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LECTERN_WIKIPEDIA_API_URL", "https://ann:geheim@wiki.example/w/api.php")
    shown = findings()["LECTERN_WIKIPEDIA_API_URL"]["found"]
    assert "geheim" not in shown
    assert "wiki.example" in shown


LONG = Finding("index", "broken", "The index is damaged. " * 8, "Run: lectern library rebuild")


def test_a_terminal_wraps_under_the_beginning_and_a_pipe_gets_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "console", Console(width=80, force_terminal=True, no_color=True, highlight=False))
    print_findings([LONG])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 3
    assert all(len(line) < 100 for line in lines)
    assert "".join(lines[1:3]).startswith("        ")
    monkeypatch.setattr(doctor, "console", Console(highlight=False))
    print_findings([LONG])
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("broken  index: The index")
    assert second == "        Run: lectern library rebuild"


def test_what_needs_no_looking_up_is_told_at_once_as_the_whole_tells_it(clean_environment: Path) -> None:
    assert set(doctor.at_once()) <= set(doctor.examine())


def test_what_is_known_at_once_is_part_of_the_whole_in_its_order() -> None:
    quick, whole = [f.row() for f in at_once()], [f.row() for f in examine()]
    assert len(quick) < len(whole)
    assert quick == [row for row in whole if row in quick]
