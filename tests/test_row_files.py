"""Files of rows as people and spreadsheets write them: lines, columns, delimiters, and what is wrong with them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.evaluation.datasets import read_dataset, strays
from assistant.evaluation.from_traces import add_row, datasets_in
from index_store.errors import InvalidInput


def write(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text, "utf-8", newline="")
    return folder / name


@pytest.mark.parametrize("sign", ["\u2028", "\u2029", "\x85", "\u2003"])
def test_a_line_ends_at_a_line_feed_alone(tmp_path: Path, sign: str) -> None:
    row = {"id": "1", "abstract": f"We use BERT.{sign}And T5.", "tags": ["BERT"]}
    lines = json.dumps(row, ensure_ascii=False) + "\r\n" + json.dumps({**row, "id": "2"}) + "\n"
    assert [r.id for r in read_dataset(write(tmp_path, "a.jsonl", lines), "tags").rows] == ["1", "2"]
    add_row(tmp_path, "mine", "tags", row)
    file, _ = add_row(tmp_path, "mine", "tags", {**row, "id": "2"})
    assert len(read_dataset(file, "tags").rows) == 2
    assert datasets_in(tmp_path) == [(file, 2)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_is_read_however_a_spreadsheet_parts_its_columns(tmp_path: Path, delimiter: str) -> None:
    text = delimiter.join(("id", "abstract", "tags")) + "\r\n" + delimiter.join(("7", '"We, all; of us."', '"A; B"'))
    (row,) = read_dataset(write(tmp_path, "a.csv", text), "tags").rows
    assert (row.id, row.asked, row.tags) == ("7", "We, all; of us.", ("A", "B"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("id,text\n1,We use BERT.\n", "has no column `abstract`; its columns are: id, text"),
        ("id,abstract\n1,We use BERT.\n", "line 2: it has no `tags`"),
        ('id,abstract,tags\n1,"We use" BERT,A\n', "is no CSV that can be read: line 2"),
        ("", "has no row"),
        ("\n", "has no row"),
        ("id,abstract,tags\n", "has no row"),
    ],
)
def test_what_is_wrong_with_a_table_is_told(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=told) as failed:
        read_dataset(write(tmp_path, "a.csv", text), "tags")
    assert failed.value.hint


def test_no_name_is_written_in_several_ways(tmp_path: Path) -> None:
    table = write(tmp_path, "a.csv", "abstract,tags\nWe count.,na\nWe count.,N/A\nWe count.,NA\n")
    assert {row.tags for row in read_dataset(table, "tags").rows} == {("NA",)}


def test_a_tag_that_no_abstract_can_give_is_known(tmp_path: Path) -> None:
    lines = [
        {"abstract": "We use BERT and T5.", "tags": ["BERT, T5"]},
        {"abstract": "We use bert, Stable\nDiffusion and GPT-4.", "tags": ["BERT", "Stable Diffusion", "GPT\u20114"]},
        {"abstract": "A Bidirectional Thing.", "tags": ["BT"], "aliases": {"BT": ["Bidirectional Thing"]}},
        {"abstract": "We use \\textsc{LLaMA}.", "tags": ["LLaMA"]},
        {"abstract": "We count.", "tags": ["NA"]},
    ]
    data = read_dataset(write(tmp_path, "a.jsonl", "\n".join(map(json.dumps, lines))), "tags")
    assert [(row.id, tag) for row, tag in strays(data.rows)] == [("1", "BERT, T5")]
