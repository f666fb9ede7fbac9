"""Names of models in abstracts: what counts, what does not, and that each is verbatim at its place."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from assistant.tagging_rules import NO_MODELS, known_names, names_of, tag
from tests.conftest import REPOSITORY
from tests.model_server import ModelServer, Reply
from ui.cli import cli


@pytest.mark.parametrize(
    ("abstract", "expected"),
    [
        ("We present TerraNet, a network for maps that beats BERT and GPT-4 on MMLU.", ["TerraNet", "BERT", "GPT-4"]),
        ("We fine-tune LLaMA-13B and LLaMA 7B.", ["LLaMA"]),
        ("LLaMA and LLaMA 2 differ, as do Qwen and Qwen-Chat.", ["LLaMA", "LLaMA 2", "Qwen", "Qwen-Chat"]),
        ("A GPT-4-powered planner and GPT-style models.", ["GPT-4", "GPT"]),
        ("We introduce Marmot, a model of speech.", ["Marmot"]),
        ("On BERT-base and T5-3B our method keeps 99% accuracy.", ["BERT-base", "T5"]),
        ("We introduce Marmot, a dataset of speech.", NO_MODELS),
        ("Recurrent neural networks (RNNs) forget.", ["RNNs"]),
        ("Large language models (LLMs) are large foundation models (LFMs).", NO_MODELS),
        ("We use LoRA, RLHF and chain of thought with Adam on ImageNet.", NO_MODELS),
        ("Results on LLaVA-Bench are reported.", NO_MODELS),
        ("The falcon and the otter are animals of the opal coast.", NO_MODELS),
        ("Falcon and Otter are compared.", ["Falcon", "Otter"]),
        (r"We train \textbf{TinyMap} and call it so.", ["TinyMap"]),
        ("OpenAI ChatGPT runs on an A100.", ["ChatGPT"]),
        ("CLIP ViT-L/14 is used.", ["CLIP"]),
        ("We propose α-Net, a model, and compare the β-VAE; ε-greedy is no name.", ["α-Net", "β-VAE"]),
        ("TideMap reads charts.", ["TideMap"]),
        ("We collect a corpus of notes, PIN. PIN needs care.", NO_MODELS),
        ("Our Slow River Net (SRN) is frozen.", ["SRN"]),
        ("We fine-tune the original QUILL, then prompt Acme's GLYPH-2.", ["QUILL", "GLYPH-2"]),
        ("Chatbots such as Heron, Egret, and Stork 2 are asked.", ["Heron", "Egret", "Stork 2"]),
        ("Some models (Heron, Egret) fail; large models (LMs) do not.", ["Heron", "Egret"]),
        ("Transformers like ViT (Zhou et al. 2020) or Meyer et al. are old.", ["ViT"]),
        ("", NO_MODELS),
    ],
)
def test_what_counts_as_a_name(abstract: str, expected: list[str]) -> None:
    assert names_of(abstract) == expected


def test_a_name_of_one_s_own_list_is_found() -> None:
    assert names_of("the Wombat parser", ["Wombat"]) == ["Wombat"]
    assert names_of("the Wombat parser") == NO_MODELS


@given(st.text(max_size=300), st.lists(st.sampled_from(sorted(known_names())), max_size=4))
def test_every_tag_is_verbatim_at_its_place_and_none_overlap(text: str, names: list[str]) -> None:
    abstract = f"{text} ".join([*names, ""])
    found = tag(abstract)
    assert all(abstract[t.start : t.end] == t.name for t in found)
    assert all(one.end <= other.start for one, other in zip(found, found[1:], strict=False))
    assert len({t.name.casefold() for t in found}) == len(found)


@pytest.mark.parametrize(
    "piece",
    ["a", "A-", "(", "we propose ", "X, a ", " (A)", "A A ", "GPT", "Net-", "A.b ", "models (A1 ", "Ab reads "]
    + ["Abc-1B ", "Abc is a x ", "Ab-Cd-"],
)
def test_no_text_takes_longer_than_its_length(piece: str) -> None:
    limit = "import resource; resource.setrlimit(resource.RLIMIT_CPU, (20, 20)); "
    code = f"{limit}from assistant.tagging_rules import tag; tag({piece!r} * (20_000 // len({piece!r})))"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Bert and Ernie went to the zoo. They saw an orca, and Claude painted a falcon with the stars.", []),
        ("The Orca and Phoenix telescopes observed the galaxy with great care, and the Falcon landed.", []),
        ("We ask Claude and Gemini to write the minutes of a meeting, and compare them to those of GPT-4.",
         ["Claude", "Gemini", "GPT-4"]),
        ("Claude and Falcon are trained on the text of the web.", ["Claude", "Falcon"]),
        ("Wir vergleichen Claude und Falcon beim Lösen von Aufgaben.", ["Claude", "Falcon"]),
    ],
)  # fmt: skip
def test_somebodys_name_is_a_models_only_where_models_are_spoken_of(text: str, names: list[str]) -> None:
    assert names_of(text) == (names or ["NA"])


def invoke(home: Path, *arguments: str, given: str = "", **environment: str) -> Any:
    return CliRunner(env={"LECTERN_HOME": str(home), **environment}).invoke(cli, list(arguments), input=given)


def test_the_command_prints_a_bare_list(tmp_path: Path) -> None:
    assert invoke(tmp_path, "tag", "-", given="We use BERT.").stdout == '["BERT"]\n'
    by_rules = invoke(tmp_path, "tag", given="We use nothing at all here.")
    assert by_rules.stdout == '["NA"]\n' and "a heuristic" in by_rules.stderr
    (tmp_path / "abstract.txt").write_text("We use BERT.")
    assert invoke(tmp_path, "tag", str(tmp_path / "abstract.txt")).stdout == '["BERT"]\n'
    found = invoke(tmp_path, "tag", "--json", given="We use BERT.")
    assert json.loads(found.stdout) == {"tags": ["BERT"], "spans": [[7, 11]], "by": "rules"}


def test_several_abstracts_get_a_line_each_and_their_own_places(tmp_path: Path) -> None:
    long = "It reads maps of towns and of the fields around them, and it was trained on many of them for a year."
    paste = f"Abstract: We present FooNet. {long}\n\nBeating GPT-4\n\nAbstract: We use BERT and FooNet. {long}\n"
    plain = invoke(tmp_path, "tag", given=paste)
    assert plain.stdout == '["FooNet"]\n["BERT", "FooNet"]\n'
    assert "2 abstracts were found" in plain.stderr
    row = json.loads(invoke(tmp_path, "tag", "--json", given=paste).stdout)
    assert row["tags"] == ["FooNet", "BERT"]
    assert [paste[s:e] for s, e in row["spans"]] == row["tags"]
    assert [[paste[s:e] for s, e in one["spans"]] for one in row["abstracts"]] == [["FooNet"], ["BERT", "FooNet"]]
    assert paste[slice(*row["abstracts"][1]["span"])].startswith("We use BERT")


def test_rules_read_through_latex_marks(tmp_path: Path) -> None:
    text = r"We propose \textsc{FooNet}-Large, a model that beats $\alpha$-BERT."
    row = json.loads(invoke(tmp_path, "tag", "--json", given=text).stdout)
    assert row["tags"] == ["FooNet-Large", "α-BERT"]
    assert [text[s:e] for s, e in row["spans"]] == [r"\textsc{FooNet}-Large", r"$\alpha$-BERT"]
    assert "LaTeX marks" in row["notes"][0]
    around = json.loads(invoke(tmp_path, "tag", "--json", given=r"We use \textsc{BERT}, at 40\% cost.").stdout)
    assert around == {"tags": ["BERT"], "spans": [[15, 19]], "by": "rules"}


def test_a_file_of_names_adds_to_the_list(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("# ours\n\nWombat\n", "utf-8")
    names = {"LECTERN_NAMES": str(tmp_path / "names.txt")}
    given = "We parse with Wombat now, and nothing else: Bert and Ernie of the zoo were not there."
    assert invoke(tmp_path, "tag", given=given, **names).stdout == '["Wombat"]\n'
    gone = invoke(tmp_path, "tag", given="Wombat", LECTERN_NAMES=str(tmp_path / "gone.txt"))
    assert gone.exit_code == 3 and "gone.txt cannot be read" in gone.stderr


def test_with_a_server_the_model_tags_with_the_chosen_prompt_and_examples(tmp_path: Path) -> None:
    rows = (
        '{"id": 1, "abstract": "It is BERT."}\n{"id": 2, "abstract": "It is nothing."}\n{"id": 3, "abstract": "T5."}\n'
    )
    with ModelServer() as server:
        server.script('["BERT", "GPT-4"]', "no", "no", '["T5"]')
        given = {"OPENAI_BASE_URL": server.url, "LECTERN_MODEL": "m", "LECTERN_EXAMPLES": "random:2:7"}
        result = invoke(tmp_path, "tag", "--batch", "-", given=rows, **given)
        versions = {"LECTERN_PROMPT_VERSIONS": "tag_abstract=v1"}
        server.script('["BERT"]')
        assert invoke(tmp_path, "tag", given="It is BERT.", **given, **versions).stdout == '["BERT"]\n'
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 1
    assert (found[0]["tags"], found[0]["spans"], found[0]["dropped"]) == (["BERT"], [[6, 10]], 1)
    assert "gave no list of names" in found[1]["error"]
    assert found[2]["tags"] == ["T5"] and found[2]["by"] == "model"
    prompts = [chat.body["messages"][-1]["content"] for chat in server.chats]
    assert prompts[0].count("<example ") == 2 and prompts[-1].count("<example ") == 0


def test_of_several_abstracts_one_bad_reply_costs_the_others_nothing(tmp_path: Path) -> None:
    three = "We use BERT here.\n---\nWe use GPT-4 here.\n---\nWe use T5 here."
    with ModelServer() as server:
        given = {"OPENAI_BASE_URL": server.url, "LECTERN_MODEL": "m"}
        server.script('["BERT"]', "I cannot.", "I cannot.", '["T5"]')
        result = invoke(tmp_path, "tag", given=three, **given)
        assert (result.exit_code, result.stdout) == (1, '["BERT"]\n[]\n["T5"]\n')
        assert (
            "Abstract 2: It has no tags, for the model gave no list" in result.stderr
            and server.url not in result.stderr
        )
        server.script(*["I cannot."] * 6)
        nothing = invoke(tmp_path, "tag", given=three, **given)
    assert nothing.exit_code == 3 and nothing.stdout == "" and "gave no list of names" in nothing.stderr


@pytest.mark.parametrize(("version", "fine"), [(1, True), (2, False)])
def test_a_mistake_in_the_examples_stops_no_prompt_that_shows_none(tmp_path: Path, version: int, fine: bool) -> None:
    (tmp_path / "tag_examples.jsonl").write_text("{broken\n", "utf-8")
    with ModelServer() as server:
        server.default = Reply(text='["BERT"]')
        result = invoke(
            tmp_path, "tag", given="It is BERT.", OPENAI_BASE_URL=server.url, LECTERN_MODEL="m",
            LECTERN_PROMPTS=str(tmp_path), LECTERN_PROMPT_VERSIONS=f"tag_abstract={version}",
        )  # fmt: skip
    assert (result.exit_code == 0) is fine
    assert ("tag_examples.jsonl, line 1" in result.stderr) is not fine


@pytest.mark.parametrize("versions", ["tag_abstract", "tag_abstract=x", "=2", "tag_abstract=1.5"])
def test_a_choice_of_versions_that_cannot_be_read_is_named(tmp_path: Path, versions: str) -> None:
    given = {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1", "LECTERN_MODEL": "m", "LECTERN_PROMPT_VERSIONS": versions}
    result = invoke(tmp_path, "tag", given="It is BERT.", **given)
    assert result.exit_code == 3 and "LECTERN_PROMPT_VERSIONS" in result.stderr


def test_a_batch_keeps_ids_and_goes_on_after_a_bad_row(tmp_path: Path) -> None:
    rows = '{"id": 1, "abstract": "It is BERT."}\nno json\n{"id": 3, "abstract": "none"}\n{"id": 4}\n'
    result = invoke(tmp_path, "tag", "--batch", "-", given=rows)
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 1
    assert found[0] == {"id": 1, "tags": ["BERT"], "spans": [[6, 10]], "by": "rules"}
    assert (found[2]["id"], found[2]["tags"], found[2]["spans"]) == (3, ["NA"], [])
    assert "too short" in found[2]["notes"][0]
    assert "error" in found[1]
    assert "no abstract" in found[3]["error"]


def test_what_is_no_abstract_is_told(tmp_path: Path) -> None:
    for given_text, said in (
        ("", "is empty"),
        (" \n", "is empty"),
        ("123", "no letter"),
        ("word " * 9_000, "45,000 characters"),
    ):
        result = invoke(tmp_path, "tag", given=given_text)
        assert result.exit_code == 2
        assert said in result.stderr


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_a_file_is_read_in_the_encoding_that_it_has(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.txt").write_bytes("We use BERT and FrançaisBERT, naïvely.".encode(encoding))
    assert invoke(tmp_path, "tag", str(tmp_path / "a.txt")).stdout == '["BERT", "FrançaisBERT"]\n'
    rows = '{"id": 1, "abstract": "We use BERT and FrançaisBERT."}\n'.encode(encoding)
    (tmp_path / "rows.jsonl").write_bytes(rows)
    batch = invoke(tmp_path, "tag", "--batch", str(tmp_path / "rows.jsonl"))
    assert json.loads(batch.stdout)["tags"] == ["BERT", "FrançaisBERT"]


def test_standard_input_in_utf_16_is_read(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ui", "tag"]
    given_bytes = "We use BERT.".encode("utf-16")
    environment = {**os.environ, "LECTERN_HOME": str(tmp_path)}
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, input=given_bytes, capture_output=True, timeout=60)
    assert done.stdout == b'["BERT"]\n', done.stderr


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7\n\x00\x01")
    result = invoke(tmp_path, "tag", str(tmp_path / "a.pdf"))
    assert result.exit_code == 2 and "a.pdf is no text: its content is a PDF" in result.stderr
    gone = invoke(tmp_path, "tag", str(tmp_path / "gone.txt"))
    assert gone.exit_code == 2 and "No such file" in gone.stderr


def test_rows_without_the_option_for_them_are_pointed_to_it(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('\n{"id": 1, "abstract": "We use BERT."}\n')
    result = invoke(tmp_path, "tag", str(tmp_path / "rows.jsonl"))
    assert result.exit_code == 2 and "holds rows of JSON" in result.stderr
    assert f"lectern tag --batch {tmp_path / 'rows.jsonl'}" in result.stderr
    assert "lectern tag --batch -" in invoke(tmp_path, "tag", given='{"abstract": "We use BERT."}').stderr


def test_a_batch_takes_a_table_with_a_column_of_abstracts(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text('id,abstract\na,"We use BERT,\nand T5."\n,We ask GPT-4.\n')
    result = invoke(tmp_path, "tag", "--batch", str(tmp_path / "rows.csv"))
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(row["id"], row["tags"]) for row in rows] == [("a", ["BERT", "T5"]), (4, ["GPT-4"])]
    (tmp_path / "rows.csv").write_text("id,text\n1,We use BERT.\n")
    without = invoke(tmp_path, "tag", "--batch", str(tmp_path / "rows.csv"))
    assert without.exit_code == 2 and "no column `abstract`" in without.stderr and not without.stdout


@pytest.mark.parametrize(
    "array", ['[{"abstract": "We use BERT."}, {"abstract": "T5."}]', '[\n  {"abstract": "T5."}\n]']
)
def test_an_array_is_refused_once_and_with_the_way_to_lines(tmp_path: Path, array: str) -> None:
    pasted, batch = invoke(tmp_path, "tag", given=array), invoke(tmp_path, "tag", "--batch", "-", given=array)
    assert (pasted.exit_code, batch.exit_code) == (2, 2) and not pasted.stdout + batch.stdout
    assert "JSON array" in pasted.stderr and "JSON array" in batch.stderr and "line of its own" in batch.stderr
    assert invoke(tmp_path, "tag", given="[1] We use BERT.").stdout == '["BERT"]\n'


def test_ids_of_a_batch_that_stand_twice_are_told(tmp_path: Path) -> None:
    rows = '{"id": 1, "abstract": "BERT."}\n{"id": 1, "abstract": "T5."}\n'
    assert "more than once" in invoke(tmp_path, "tag", "--batch", "-", given=rows).stderr


def test_a_batch_says_what_failed_and_that_it_was_empty(tmp_path: Path) -> None:
    rows = '{"id": 1, "abstract": "It is BERT."}\nno json\n{"id": 4}\n'
    assert (
        "2 of 3 rows failed, each with its `error`. The first: Row 2 is no JSON"
        in invoke(tmp_path, "tag", "--batch", "-", given=rows).stderr
    )
    empty = invoke(tmp_path, "tag", "--batch", "-", given="\n \n")
    assert empty.exit_code == 0 and "There was no row" in empty.stderr and '"abstract"' in empty.stderr


def test_a_tagged_abstract_is_kept_as_a_trace(tmp_path: Path) -> None:
    invoke(tmp_path, "tag", given="We use BERT.")
    (row,) = [json.loads(line) for line in invoke(tmp_path, "traces", "list", "--json").stdout.splitlines()]
    assert (row["kind"], row["status"], row["tags"]) == ("tag", "ok", ["BERT"])


def test_the_command_loads_no_slow_library(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom click.testing import CliRunner\nfrom ui.cli import cli\n"
        f"CliRunner(env={{'LECTERN_HOME': {str(tmp_path)!r}}}).invoke(cli, ['tag'], input='We use BERT.')\n"
        "heavy = ('llama_index', 'gradio', 'chromadb', 'comet_llm', 'openai', 'numpy', 'jinja2')\n"
        "print([m for m in heavy if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr


def test_the_labelled_abstracts_are_tagged_as_they_should_be(shared: Path) -> None:
    rows = [json.loads(x) for x in (shared / "eval" / "tagging" / "dev.jsonl").read_text("utf-8").splitlines()]
    exact = sum(set(names_of(row["abstract"])) == set(row["tags"]) for row in rows)
    assert exact / len(rows) >= 0.75
