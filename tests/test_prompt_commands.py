"""lectern prompts: list, show, diff, try; with a course team's own versions, and with a model over real HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from assistant.prompts.loader import PACKAGED
from tests.conftest import REPOSITORY
from tests.model_server import ModelServer, Reply, failing
from ui.cli import cli


def run(*arguments: str, given: str = "", **environment: str) -> Any:
    return CliRunner(env=environment).invoke(cli, ["prompts", *arguments], input=given)


def rows(result: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def own_version(folder: Path, version: int, purpose: str = "Our own wording.") -> Path:
    text = (PACKAGED / "tag_abstract.v1.md").read_text("utf-8").replace("version: 1", f"version: {version}")
    first, _, rest = text.partition("purpose: ")
    folder.mkdir(exist_ok=True)
    file = folder / f"tag_abstract.v{version}.md"
    file.write_text(f"{first}purpose: {purpose}\n{rest.partition(chr(10))[2]}", "utf-8")
    return file


def of(result: Any, name: str = "tag_abstract") -> dict[int, dict[str, Any]]:
    return {row["version"]: row for row in rows(result) if row["name"] == name}


def test_the_list_has_every_version_with_its_purpose_and_marks_the_chosen_one() -> None:
    found = of(run("list", "--json"))
    assert [v for v, row in found.items() if row["chosen"]] == [2]
    assert list(found) == [1, 2, 3, 4]
    assert "Zero-shot" in found[1]["purpose"] and len(found[1]["hash"]) == 16 and not found[1]["own"]
    text = run("list").output
    assert "v2*" in text and "v1*" in text and "tag_abstract" in text


def test_a_setting_chooses_versions_and_a_teams_folder_wins(tmp_path: Path) -> None:
    own_version(tmp_path, 7)
    folder = {"LECTERN_PROMPTS": str(tmp_path)}
    found = of(run("list", "--json", **folder))
    assert [v for v, row in found.items() if row["chosen"]] == [7]
    assert found[7]["own"] and found[7]["purpose"] == "Our own wording."
    assert "v7*+" in run("list", **folder).output
    found = of(run("list", "--json", LECTERN_PROMPT_VERSIONS="tag_abstract=3, answer=1", **folder))
    assert [v for v, row in found.items() if row["chosen"]] == [3]


def test_the_list_goes_on_past_what_cannot_be_used_and_says_so(tmp_path: Path) -> None:
    own_version(tmp_path, 7).write_text("no front matter")
    result = run("list", "--json", LECTERN_PROMPTS=str(tmp_path), LECTERN_PROMPT_VERSIONS="answer=9,tag_abstrct=1")
    assert result.exit_code == 1
    found = of(result)
    assert "front matter" in found[7]["error"] and "purpose" in found[1]
    assert not any(row["chosen"] for row in of(result, "answer").values())
    for problem in ("tag_abstract.v7.md", "no prompt template answer.v9", "'tag_abstrct': there is no such template"):
        assert problem in result.stderr
    gone = run("list", LECTERN_PROMPTS=str(tmp_path / "gone"))
    assert gone.exit_code == 3 and "cannot be read" in gone.stderr


@pytest.mark.parametrize(
    ("reference", "file"),
    [
        ("tag_abstract", "tag_abstract.v2.md"),
        ("tag_abstract@1", "tag_abstract.v1.md"),
        ("tag_abstract@v4", "tag_abstract.v4.md"),
        ("tag_abstract.v3", "tag_abstract.v3.md"),
    ],
)
def test_show_prints_the_file_as_it_is(reference: str, file: str) -> None:
    result = run("show", reference)
    assert result.stdout == (PACKAGED / file).read_text("utf-8")
    assert file in result.stderr and "hash" in result.stderr


def test_show_follows_the_chosen_version_and_names_what_is_missing(tmp_path: Path) -> None:
    assert "Role and delimiters" in run("show", "tag_abstract", LECTERN_PROMPT_VERSIONS="tag_abstract=3").stdout
    for reference, code, said in (
        ("nothing", 2, "no prompt template nothing"),
        ("answer@9", 2, "answer.v9"),
        ("A b", 2, ""),
    ):
        result = run("show", reference)
        assert result.exit_code == code and said in result.stderr
    own_version(tmp_path, 7).write_text("no front matter")
    broken = run("show", "tag_abstract@7", LECTERN_PROMPTS=str(tmp_path))
    assert broken.exit_code == 3 and broken.stdout == "no front matter" and "front matter" in broken.stderr


def test_diff_is_a_unified_diff_of_two_versions() -> None:
    result = run("diff", "tag_abstract", "1", "v3")
    lines = result.stdout.splitlines()
    assert lines[:2] == ["--- tag_abstract.v1.md", "+++ tag_abstract.v3.md"]
    assert "-version: 1" in lines and "+version: 3" in lines and " name: tag_abstract" in lines
    same = run("diff", "tag_abstract", "1", "1")
    assert (same.exit_code, same.stdout) == (0, "") and "the same" in same.stderr
    assert run("diff", "tag_abstract", "1", "99").exit_code == 2


def test_try_without_a_model_shows_the_messages_and_what_quoting_mode_says() -> None:
    result = run("try", "tag_abstract@1", "--var", "abstract=We use BERT\x1b[31m.")
    assert result.exit_code == 0
    assert "--- system" in result.stdout and "--- user" in result.stdout and "We use BERT" in result.stdout
    assert '--- reply: quotes only, no language model\n["BERT"]' in result.stdout
    assert "\x1b" not in result.output and "tokens" not in result.output
    assert "cannot" not in result.stdout


def test_try_asks_the_model_and_tells_tokens_and_price(server: ModelServer) -> None:
    where = {"OPENAI_BASE_URL": server.url, "LECTERN_MODEL": "m"}
    server.script('["BERT"]', Reply(text='["T5"]', usage=None))
    result = run("try", "tag_abstract@3", "--var", "abstract=We use BERT.", **where)
    assert '["BERT"]' in result.stdout and f"m at {server.url}" in result.stdout
    assert "11 tokens in, 7 out, price unknown" in result.stderr
    assert "You are a librarian" in server.chats[0].body["messages"][0]["content"]
    other = run("try", "tag_abstract@3", "--var", "abstract=x", "--model", "other", "--json", **where)
    (row,) = rows(other)
    assert (row["reply"], row["input_tokens"], row["model"]) == ('["T5"]', None, f"other at {server.url}")
    assert (row["name"], row["version"], len(row["messages"])) == ("tag_abstract", 3, 2)
    assert server.chats[1].body["model"] == "other"


def test_try_of_few_shot_fills_in_the_examples_that_tagging_would_show(server: ModelServer) -> None:
    where = {"OPENAI_BASE_URL": server.url, "LECTERN_MODEL": "m", "LECTERN_EXAMPLES": "fixed:3"}
    run("try", "tag_abstract", "--var", "abstract=We use BERT.", **where)
    assert server.chats[0].body["messages"][-1]["content"].count("<example ") == 3
    given = {"abstract": "We use BERT.", "examples": [{"abstract": "It is T5.", "tags": ["T5"]}]}
    run("try", "tag_abstract", "--input", "-", given=json.dumps(given), **where)
    prompt = server.chats[1].body["messages"][-1]["content"]
    assert prompt.count("<example ") == 1 and 'Names: ["T5"]' in prompt


def test_every_template_can_be_tried_with_the_words_of_a_turn_alone(tmp_path: Path) -> None:
    (tmp_path / "kilns.md").write_text("# Kilns\n\nStoneware is fired at 1,260 degrees for nine hours.\n")
    CliRunner().invoke(cli, ["ingest", str(tmp_path / "kilns.md")], catch_exceptions=False)
    asked = ("--var", "question=How hot is stoneware fired?")
    answered = json.loads(run("try", "answer", *asked, "--json").stdout)
    assert "Stoneware is fired at 1,260 degrees" in answered["messages"][-1]["content"]
    assert answered["reply"] == "Stoneware is fired at 1,260 degrees for nine hours. [1]"
    looped = json.loads(run("try", "react", *asked, "--json").stdout)
    assert "calculate" in "".join(message["content"] for message in looped["messages"])
    assert "Action: course_search" in looped["reply"]
    for name in ("condense_question", "judge"):
        given = (*asked, "--var", "answer=Very hot.")[: 4 if name == "judge" else 2]
        assert run("try", name, *given, "--json").exit_code == 0


def test_try_takes_lists_from_a_file_and_single_variables_beside_it(tmp_path: Path, server: ModelServer) -> None:
    file = tmp_path / "in.json"
    file.write_text(json.dumps({"question": "old", "answer": "It acts.", "expected": "", "passages": []}), "utf-8")
    where = {"OPENAI_BASE_URL": server.url, "LECTERN_MODEL": "m"}
    run("try", "judge", "--input", str(file), "--var", "question=What is a=b?", **where)
    assert "\nWhat is a=b?\n" in server.chats[0].body["messages"][-1]["content"]


@pytest.mark.parametrize(
    ("arguments", "given", "code", "said"),
    [
        (("tag_abstract@1",), "", 2, 'tag_abstract@1 needs: abstract.\n  Give --var abstract="..."'),
        (("judge",), "", 2, "--var answer="),
        (("tag_abstract@1", "--var", "abstract=x", "--var", "mood=y"), "", 2, "does not declare: mood"),
        (("tag_abstract@1", "--var", "abstract"), "", 2, "sets no variable"),
        (("tag_abstract@1", "--input", "-"), "[1]", 2, "no JSON object"),
        (("tag_abstract@1", "--input", "-"), "{", 2, "no JSON"),
        (("judge", "--input", "-"), '{"question":1,"answer":2,"expected":3,"passages":4}', 2, "is no text"),
        (("tag_abstract@1", "--var", "abstract=x", "--model", "m"), "", 2, "no server"),
        (("nothing", "--var", "abstract=x"), "", 2, "no prompt template"),
    ],
)
def test_what_cannot_be_tried_is_told(arguments: tuple[str, ...], given: str, code: int, said: str) -> None:
    result = run("try", *arguments, given=given)
    assert (result.exit_code, said in result.stderr) == (code, True), result.output


def test_a_server_that_fails_is_told_after_the_messages(server: ModelServer) -> None:
    server.script(failing(401, "No."))
    result = run("try", "tag_abstract@1", "--var", "abstract=x", OPENAI_BASE_URL=server.url, LECTERN_MODEL="m")
    assert result.exit_code == 3
    assert "--- user" in result.stdout and "401" in result.stderr


@pytest.mark.parametrize(
    "arguments", [("list",), ("show", "answer"), ("try", "tag_abstract", "--var", "abstract=BERT")]
)
def test_the_commands_load_no_slow_library(arguments: tuple[str, ...], tmp_path: Path) -> None:
    slow = ["gradio", "chromadb", "comet_llm"] + (["llama_index", "openai"] if arguments[0] != "try" else [])
    code = (
        "import sys\nfrom click.testing import CliRunner\nfrom ui.cli import cli\n"
        f"result = CliRunner(env={{'LECTERN_HOME': {str(tmp_path)!r}}}).invoke(cli, ['prompts', *{arguments!r}])\n"
        f"print(result.exit_code, [m for m in {slow!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "0 []", done.stderr
