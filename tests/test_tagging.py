"""Names of models in abstracts: what counts, what does not, and that each is verbatim at its place."""

from __future__ import annotations

import json
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
from ui.cli import cli


@pytest.mark.parametrize(
    ("abstract", "expected"),
    [
        ("We present TerraNet, a network for maps that beats BERT and GPT-4 on MMLU.", ["TerraNet", "BERT", "GPT-4"]),
        ("We fine-tune LLaMA-13B and LLaMA 7B.", ["LLaMA"]),
        ("LLaMA and LLaMA 2 differ, as do Qwen and Qwen-Chat.", ["LLaMA", "LLaMA 2", "Qwen", "Qwen-Chat"]),
        ("A GPT-4-powered planner and GPT-style models.", ["GPT-4", "GPT"]),
        ("We introduce Marmot, a model of speech.", ["Marmot"]),
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


@pytest.mark.parametrize("piece", ["a", "A-", "(", "we propose ", "X, a ", " (A)", "A A ", "GPT", "Net-", "A.b "])
def test_no_text_takes_longer_than_its_length(piece: str) -> None:
    limit = "import resource; resource.setrlimit(resource.RLIMIT_CPU, (20, 20)); "
    code = f"{limit}from assistant.tagging_rules import tag; tag({piece!r} * (20_000 // len({piece!r})))"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr


def invoke(home: Path, *arguments: str, given: str = "") -> Any:
    return CliRunner(env={"LECTERN_HOME": str(home)}).invoke(cli, list(arguments), input=given)


def test_the_command_prints_a_bare_list(tmp_path: Path) -> None:
    assert invoke(tmp_path, "tag", "-", given="We use BERT.").stdout == '["BERT"]\n'
    assert invoke(tmp_path, "tag", given="We use nothing.").stdout == '["NA"]\n'
    (tmp_path / "abstract.txt").write_text("We use BERT.")
    assert invoke(tmp_path, "tag", str(tmp_path / "abstract.txt")).stdout == '["BERT"]\n'
    found = invoke(tmp_path, "tag", "--json", given="We use BERT.")
    assert json.loads(found.stdout) == {"tags": ["BERT"], "spans": [[7, 11]]}


def test_a_batch_keeps_ids_and_goes_on_after_a_bad_row(tmp_path: Path) -> None:
    rows = '{"id": 1, "abstract": "BERT"}\nno json\n{"id": 3, "abstract": "none"}\n{"id": 4}\n'
    result = invoke(tmp_path, "tag", "--batch", "-", given=rows)
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 1
    assert found[0] == {"id": 1, "tags": ["BERT"], "spans": [[0, 4]]}
    assert found[2] == {"id": 3, "tags": ["NA"], "spans": []}
    assert "error" in found[1]
    assert "no abstract" in found[3]["error"]


def test_what_is_no_abstract_is_told(tmp_path: Path) -> None:
    for given_text, said in (("", "no letter"), ("123", "no letter"), ("word " * 9_000, "45,000 characters")):
        result = invoke(tmp_path, "tag", given=given_text)
        assert result.exit_code == 2
        assert said in result.stderr


def test_a_tagged_abstract_is_kept_as_a_trace(tmp_path: Path) -> None:
    invoke(tmp_path, "tag", given="We use BERT.")
    (row,) = [json.loads(line) for line in invoke(tmp_path, "traces", "list", "--json").stdout.splitlines()]
    assert (row["kind"], row["status"], row["tags"]) == ("tag", "ok", ["BERT"])


def test_the_command_loads_no_slow_library(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom click.testing import CliRunner\nfrom ui.cli import cli\n"
        f"CliRunner(env={{'LECTERN_HOME': {str(tmp_path)!r}}}).invoke(cli, ['tag'], input='We use BERT.')\n"
        "print([m for m in ('llama_index', 'gradio', 'chromadb', 'comet_llm', 'openai') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr


def test_the_labelled_abstracts_are_tagged_as_they_should_be(shared: Path) -> None:
    rows = [json.loads(x) for x in (shared / "eval" / "tagging" / "dev.jsonl").read_text("utf-8").splitlines()]
    exact = sum(set(names_of(row["abstract"])) == set(row["tags"]) for row in rows)
    assert exact / len(rows) >= 0.75
