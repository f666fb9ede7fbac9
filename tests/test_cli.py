"""The command line as scripts rely on it: keys, exit codes, what goes to stdout, and that help is light."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from assistant.refusal import REFUSAL
from tests.conftest import REPOSITORY
from ui.cli import cli

POTTERY = """# Glazes

## Celadon

A celadon glaze is fired at 1280 degrees in a reduction kiln. It was first made in Zhejiang, more than a thousand years
ago. Iron oxide gives it its green colour.

## Raku

Raku ware is taken out of the kiln while it glows, and cools in the open air.
"""
ANSWERABLE, UNANSWERABLE = "At what temperature is a celadon glaze fired?", "Who won the 1998 final?"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one small document, and the folder it came from beside it."""
    folder = tmp_path_factory.mktemp("library")
    (folder / "course").mkdir()
    (folder / "course" / "glazes.md").write_text(POTTERY)
    runner = CliRunner(env={"LECTERN_HOME": str(folder / "home")})
    done = runner.invoke(cli, ["ingest", str(folder / "course"), "--json"])
    assert done.exit_code == 0, done.output
    return folder


Call = Callable[..., Result]


@pytest.fixture
def call(library: Path) -> Iterator[Call]:
    def run(*arguments: str, home: Path = library / "home", given: str = "") -> Result:
        return CliRunner(env={"LECTERN_HOME": str(home)}).invoke(cli, list(arguments), input=given)

    yield run


def rows(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def batch(*given: object) -> str:
    return "".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in given)


def test_search_prints_the_keys_that_scripts_read(call: Call) -> None:
    result = call("search", ANSWERABLE, "-k", "2", "--json")
    (row,) = rows(result)
    assert result.exit_code == 0
    hit = row["hits"][0]
    assert set(row) == {"hits"}
    assert {"rank", "score", "path", "locator", "text", "cosine", "locator_parts"} <= set(hit)
    assert (hit["rank"], hit["path"]) == (1, "glazes.md")
    assert re.fullmatch(r"lines \d+-\d+; § Glazes > Celadon", hit["locator"])
    assert "1280 degrees" in hit["text"]


def test_ask_prints_the_keys_that_scripts_read(call: Call) -> None:
    result = call("ask", ANSWERABLE, "--json")
    (row,) = rows(result)
    assert result.exit_code == 0
    assert set(row) == {"found", "answer", "citations", "trace_id", "seconds"}
    assert re.fullmatch(r"[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}", row["trace_id"])
    citation = row["citations"][0]
    assert {"marker", "path", "locator", "quote", "score"} <= set(citation)
    assert citation["quote"] in POTTERY
    assert f"[{citation['marker']}]" in row["answer"]


def test_a_refusal_is_done_and_says_so(call: Call) -> None:
    result = call("ask", UNANSWERABLE, "--json")
    (row,) = rows(result)
    assert (result.exit_code, row["found"], row["answer"], row["citations"]) == (0, False, REFUSAL, [])


def test_a_batch_keeps_the_order_and_a_bad_row_does_not_stop_it(call: Call) -> None:
    given = batch(
        {"id": "a", "question": ANSWERABLE},
        "no json",
        {"id": "b"},
        {"id": "c", "question": ""},
        {"id": "d", "question": 7},
        [1, 2],
        {"id": "e", "question": "Where was it made?", "history": [{"role": "user", "content": "What is celadon?"}]},
        {"id": "f", "question": UNANSWERABLE, "history": "none"},
    )
    result = call("ask", "--batch", "-", given=given)
    found = rows(result)
    assert result.exit_code == 1
    assert [("error" in row) for row in found] == [False, True, True, True, True, True, False, True]
    assert [row.get("id") for row in found][0] == "a"
    assert [row.get("id") for row in found][3] == "c"
    assert "Zhejiang" in found[6]["answer"]
    assert all(set(row) <= {"id", "error"} for row in found if "error" in row)


def test_a_batch_of_good_rows_is_done(call: Call) -> None:
    result = call("search", "--batch", "-", "-k", "1", given=batch({"id": 1, "question": "raku"}))
    assert (result.exit_code, [set(r) for r in rows(result)]) == (0, [{"id", "hits"}])


def test_an_empty_batch_prints_nothing(call: Call) -> None:
    result = call("ask", "--batch", "-", given="\n")
    assert (result.exit_code, result.stdout) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ask"], "There is no question"),
        (["ask", ""], "empty"),
        (["ask", "?!"], "no letter or digit"),
        (["ask", "x" * 100_000], "100,000 characters"),
        (["search", "  "], "empty"),
        (["search", "x", "-k", "0"], "0"),
        (["ask", "x", "--batch", "-"], "both"),
        (["ask", "--batch", "/nowhere.jsonl"], "/nowhere.jsonl"),
        (["nonsense"], "nonsense"),
        (["traces", "list", "--since", "yesterday"], "'yesterday' is no date"),
        (["traces", "forget"], "--user"),
        (["feedback", "abc", "sideways"], "sideways"),
    ],
)
def test_wrong_use_ends_with_two_and_says_what_is_wrong(call: Call, arguments: list[str], said: str) -> None:
    result = call(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert "Traceback" not in result.output
    assert result.stdout == ""


def test_an_empty_library_says_what_to_do_and_stays_empty(call: Call, tmp_path: Path) -> None:
    for command in (["ask", "What is ReAct?"], ["search", "ReAct"]):
        result = call(*command, home=tmp_path / "new")
        assert result.exit_code == 3
        assert "Nothing has been ingested yet" in result.stderr
        assert "lectern ingest FOLDER" in result.stderr
    assert rows(call("library", "list", "--json", home=tmp_path / "new")) == []


def test_what_leads_to_nothing_is_an_error_with_its_name(call: Call) -> None:
    result = call("ingest", "/no/such/folder")
    assert result.exit_code == 2
    assert "/no/such/folder" in result.stderr


def test_receipts_come_as_json_lines_and_a_failed_file_is_done_in_part(call: Call, tmp_path: Path) -> None:
    (tmp_path / "good.md").write_text("# Kilns\n\nA kiln is an oven for clay.\n")
    (tmp_path / "bad.pdf").write_bytes(b"no pdf at all")
    result = call("ingest", str(tmp_path), "--json", home=tmp_path / "home")
    receipts = {row["path"]: row for row in rows(result)}
    assert result.exit_code == 1
    assert receipts["good.md"]["status"] == "done"
    assert receipts["bad.pdf"]["status"] == "failed"
    assert "bad.pdf" in json.dumps(receipts["bad.pdf"])


def test_the_same_content_under_two_names_is_told(call: Call, tmp_path: Path) -> None:
    for name in ("one.md", "two.md"):
        (tmp_path / name).write_text("# Kilns\n\nA kiln is an oven for clay.\n")
    told = call("ingest", str(tmp_path), home=tmp_path / "home").output
    assert "two.md" in told
    assert "one.md" in told


def test_prune_takes_out_what_is_gone_and_only_then(call: Call, tmp_path: Path) -> None:
    home, course = tmp_path / "home", tmp_path / "course"
    course.mkdir()
    for name in ("keep.md", "gone.md"):
        (course / name).write_text(f"# {name}\n\nA text about {name} and nothing else.\n")
    call("ingest", str(course), home=home)
    (course / "gone.md").unlink()
    call("ingest", str(course), home=home)
    assert len(rows(call("library", "list", "--json", home=home))) == 2
    call("ingest", str(course), "--prune", home=home)
    assert [row["path"] for row in rows(call("library", "list", "--json", home=home))] == ["keep.md"]


def test_the_library_is_listed_verified_rebuilt_and_emptied(call: Call, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (tmp_path / "a.md").write_text(POTTERY)
    call("ingest", str(tmp_path / "a.md"), home=home)
    for command in (["library", "verify"], ["library", "rebuild"], ["library", "verify"]):
        assert call(*command, home=home).exit_code == 0
    assert call("library", "remove", "nothing.md", home=home).exit_code == 2
    removed = call("library", "remove", "a.md", "--json", home=home)
    assert (rows(removed)[0]["chunks_left"], rows(removed)[0]["vectors_left"]) == (0, 0)
    assert call("library", "remove", "a.md", home=home).exit_code == 2


def test_what_is_left_of_a_removed_document_is_counted_and_told(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    (tmp_path / "a.md").write_text(POTTERY)
    call("ingest", str(tmp_path / "a.md"), home=home)
    monkeypatch.setattr("index_store.dense.Dense.delete", lambda self, ids: None)
    removed = call("library", "remove", "a.md", "--json", home=home)
    assert rows(removed)[0]["vectors_left"] == rows(removed)[0]["chunks"] > 0


def test_a_turn_is_logged_listed_shown_judged_exported_and_forgotten(call: Call, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (tmp_path / "a.md").write_text(POTTERY)
    call("ingest", str(tmp_path / "a.md"), home=home)
    own = rows(call("ask", ANSWERABLE, "--json", home=home))[0]["trace_id"]
    call("ask", UNANSWERABLE, home=home)
    assert [r["question"] for r in rows(call("traces", "list", "--json", home=home))] == [UNANSWERABLE, ANSWERABLE]
    assert [r["id"] for r in rows(call("traces", "list", "--text", "CELADON", "--json", home=home))] == [own]
    assert len(rows(call("traces", "list", "--refused", "--json", home=home))) == 1
    shown = call("traces", "show", own[:8], home=home).stdout
    assert "retrieve: search the course" in shown
    assert "model: chat quoting" in shown
    assert call("feedback", own[:8], "down", "--comment", "too short", home=home).exit_code == 0
    assert call("traces", "correct", own, "--verdict", "partly", "--answer", "1280 °C", home=home).exit_code == 0
    (record,) = [r for r in rows(call("traces", "export", home=home)) if r["id"] == own]
    assert record["feedback"][0]["comment"] == "too short"
    assert record["reviews"][0]["corrected_answer"] == "1280 °C"
    assert call("traces", "export", "--format", "csv", home=home).stdout.startswith("id,conversation,")
    assert len(rows(call("traces", "export", "--format", "openinference", home=home))) > 6
    assert rows(call("traces", "show", own, "--as-sent", home=home))[0]["id"] == own
    assert "Nothing is delivered" in call("traces", "deliver", home=home).stderr
    gone = call("traces", "forget", "--conversation", record["conversation_id"], "--yes", home=home)
    assert "Deleted 1 turns" in gone.stdout
    assert call("traces", "show", own, home=home).exit_code == 2


def test_doctor_names_every_variable_and_no_secret(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    from ui.environment import VARIABLES

    monkeypatch.setenv("COMET_API_KEY", "geheim-geheim-geheim")
    result = call("doctor")
    assert result.exit_code == 0
    assert all(name in result.output for name in VARIABLES)
    assert "geheim" not in result.output
    assert {row["status"] for row in rows(call("doctor", "--json"))} <= {"ok", "note", "unset"}


HEAVY = ("gradio", "chromadb", "llama_index", "comet_llm", "comet_ml", "opik", "onnxruntime", "sqlalchemy", "openai")


@pytest.mark.parametrize("arguments", [["--help"], ["ask", "--help"], ["traces", "--help"], ["--version"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys\nfrom ui.cli import cli\n"
        f"try:\n    cli({arguments!r}, prog_name='lectern')\nexcept SystemExit:\n    pass\n"
        f"print('loaded:', [m for m in {HEAVY!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "loaded: []", done.stderr


def test_a_reader_that_hangs_up_early_is_no_error(library: Path) -> None:
    given = batch(*({"id": n, "question": "raku"} for n in range(50)))
    command = [sys.executable, "-m", "ui", "search", "--batch", "-", "-k", "1"]
    process = subprocess.Popen(
        command,
        cwd=REPOSITORY,
        env={"LECTERN_HOME": str(library / "home"), "PATH": "/usr/bin:/bin"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin and process.stdout and process.stderr
    process.stdout.close()
    process.stdin.write(given.encode())
    process.stdin.close()
    said = process.stderr.read().decode()
    process.stderr.close()
    assert (process.wait(60), said) == (1, "")


def _asked_by(silent: socket.socket) -> list[socket.socket]:
    """Accept connections until one asks something; the others only find out whether somebody is there."""
    heard: list[socket.socket] = []
    while True:
        ready = select.select([silent, *heard], [], [], 60)[0]
        assert ready, "nobody asked anything"
        if silent in ready:
            heard.append(silent.accept()[0])
        elif any(connection.recv(1) for connection in ready):
            return heard
        else:
            for connection in ready:
                heard.remove(connection)
                connection.close()


def _heeds_ctrl_c() -> None:
    """Undo what a shell does to what it starts behind it, these tests among it: such a process ignores Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_while_a_host_is_silent_ends_at_once_in_words(library: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/api.php"
        own = {"LECTERN_TOOLS": "course_search wikipedia", "LECTERN_WIKIPEDIA_API_URL": address}
        environment = {**os.environ, "LECTERN_HOME": str(library / "home"), **own}
        asked = [sys.executable, "-m", "ui", "ask", "--agent", UNANSWERABLE]
        process = subprocess.Popen(
            asked,
            env=environment,
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=_heeds_ctrl_c,
        )
        heard = _asked_by(silent)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
        for connection in heard:
            connection.close()
    assert process.returncode == 130
    assert told.rstrip().endswith("Stopped: the question was not answered.") and "Traceback" not in told


@pytest.mark.parametrize(("ends", "code"), [("sys.exit(3)", 3), ("sys.exit()", 0), ("None", 0), ("1 / 0", 1)])
def test_a_thread_that_is_left_behind_changes_neither_the_exit_code_nor_what_was_said(ends: str, code: int) -> None:
    left = "threading.Thread(target=threading.Event().wait, daemon=True).start()"
    command = f"exec({f'print(1); {left}; {ends}'!r})"
    program = (
        f"import atexit, sys, threading; from ui.cli import _Ending; ending = _Ending();"
        f"atexit.register(print, 'others first'); ending.run(lambda: {command})"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (code, "1\nothers first\n"), done.stderr
