"""A library that an older version has read: its user is told, and what is read otherwise today is read anew."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from index_store.manifest import Fingerprint
from ingest import rules
from ingest.ledger import Known
from ingest.readers import READERS
from ingest.sources import FETCHED_FROM
from tests.api_server import served_api
from tests.web_site import WebSite
from ui.cli import cli

TOLD = "1 document was read by other rules than today's; lectern library rebuild reads it anew."
BUILT = Fingerprint("minilm", 384, 128, "4")


def call(*arguments: str, **environment: str) -> Result:
    return CliRunner(env=environment).invoke(cli, list(arguments))


def statuses(result: Result) -> dict[str, str]:
    rows = map(json.loads, result.stdout.splitlines())
    return {row["path"]: row["status"] for row in rows if "status" in row}


@pytest.fixture
def course(tmp_path: Path) -> Path:
    folder = tmp_path / "course"
    folder.mkdir()
    (folder / "kilns.md").write_text("# Kilns\n\nA kiln is an oven for clay.\n")
    (folder / "glazes.html").write_text("<html><body><h1>Glazes</h1><p>A glaze is a coat of glass.</p></body></html>")
    return folder


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are read otherwise from now on."""
    monkeypatch.setitem(rules.READER_VERSIONS, "html", rules.READER_VERSIONS["html"] + 1)


def test_what_is_read_otherwise_today_is_read_anew_and_nothing_else(
    course: Path, request: pytest.FixtureRequest
) -> None:
    call("ingest", str(course))
    assert TOLD not in call("library", "list").output + call("ingest", str(course)).output + call("doctor").output
    request.getfixturevalue("newer")
    assert call("ask", "What is a glaze?").exit_code == 0  # the index is as sound as before
    assert TOLD in call("library", "list").stdout
    assert TOLD in call("ingest", str(course / "kilns.md")).stderr
    assert TOLD in call("doctor").output
    assert statuses(call("ingest", str(course), "--json")) == {"kilns.md": "unchanged", "glazes.html": "done"}
    assert TOLD not in call("library", "list").stdout


def test_who_runs_the_server_sees_it_on_the_pages(course: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    call("ingest", str(course))
    with served_api(tmp_path / "home") as served:
        assert served.parts.warnings(None) == []
        request.getfixturevalue("newer")
        assert served.parts.warnings(None) == [TOLD]


@pytest.mark.usefixtures("newer")
def test_a_rebuild_reads_it_anew_too(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as before:
        before.setitem(rules.READER_VERSIONS, "html", 1)
        call("ingest", str(course))
    assert "1 done." in call("library", "rebuild").stdout
    assert TOLD not in call("library", "list").stdout
    assert "done." not in call("library", "rebuild").stdout


@pytest.mark.usefixtures("newer")
def test_a_page_of_an_address_is_read_anew_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    with WebSite() as site:
        site.page("/ribs", b"<html><body><p>A rib is a flat tool that smooths the wall of a pot.</p></body></html>")
        address = f"http://127.0.0.1:{site.port}/ribs"
        with monkeypatch.context() as before:
            before.setitem(rules.READER_VERSIONS, "html", 1)
            call("ingest", address, LECTERN_FETCH_LOOPBACK="1")
        assert TOLD in call("library", "list").stdout
        assert "1 done" in call("ingest", address, LECTERN_FETCH_LOOPBACK="1").stdout
    assert TOLD not in call("library", "list").stdout


def known(path: str, made_by: str) -> Known:
    source = path if path.startswith(FETCHED_FROM) else "/course"
    return Known("id", source, path, "", 1, 1, "", "done", made_by, {}, 1)


@pytest.mark.parametrize("path", ["a.html", "a.ipynb", "https://example.org/page", "https://example.org/a.php?b=1"])
def test_what_was_read_before_readers_had_versions_is_read_anew_where_the_reader_has_changed(path: str) -> None:
    assert not rules.is_current(known(path, str(BUILT)), BUILT)


@pytest.mark.parametrize("path", ["a.md", "a.CSV", "https://example.org/a.csv", "arxiv:1706.03762"])
def test_what_was_read_before_readers_had_versions_stays_where_the_reader_is_the_same(path: str) -> None:
    assert rules.is_current(known(path, str(BUILT)), BUILT)


@pytest.mark.parametrize("suffix", READERS)
def test_what_was_read_by_today_s_rules_is_current_under_any_name(suffix: str) -> None:
    other = replace(BUILT, window_tokens=64)
    for path in (f"a{suffix}", "https://example.org/page"):
        assert rules.is_current(known(path, rules.rules_of(BUILT, suffix)), BUILT)
        assert not rules.is_current(known(path, rules.rules_of(other, suffix)), BUILT)


def test_each_version_is_of_a_reader_that_there_is() -> None:
    assert set(rules.READER_VERSIONS) <= set(READERS.values())


def test_what_failed_at_first_was_read_by_no_rules() -> None:
    assert rules.outdated([known("a.html", "")], BUILT) == []
