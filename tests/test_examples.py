"""Few-shot examples: read from a file with each fault named, chosen in three ways, never the abstract itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.examples import MOST, PACKAGED, Choice, Example, Examples, examples_file, parse_choice, read_examples
from assistant.tagging_rules import NO_MODELS
from index_store.errors import InvalidInput, SettingsError

KNOWN = [Example(f"Abstract {n} about FooNet.", ("FooNet",)) for n in range(8)]


class Compass:
    """An embedder for which the number in a text is its direction."""

    name, dimension, max_tokens = "compass", 2, 99

    def __init__(self) -> None:
        self.embedded = 0

    def count_tokens(self, text: str) -> int:
        return len(text.split())

    def embed_texts(self, texts: Any) -> Any:
        self.embedded += len(texts)
        angles = [int("".join(c for c in text if c.isdigit()) or 0) / 10 for text in texts]
        return np.array([[np.cos(a), np.sin(a)] for a in angles], np.float32)

    def embed_query(self, text: str) -> Any:
        return self.embed_texts([text])[0]


def write(folder: Path, *rows: Any) -> Path:
    file = folder / "tag_examples.jsonl"
    file.write_text("\n".join(r if isinstance(r, str) else json.dumps(r) for r in rows), "utf-8")
    return file


def test_the_packaged_examples_can_be_used_and_show_both_kinds() -> None:
    known = read_examples(PACKAGED)
    assert len(known) >= 10
    assert any(e.tags == tuple(NO_MODELS) for e in Examples(known).for_abstract("x"))
    assert sum(len(e.tags) > 1 for e in known) >= 3
    assert len({e.abstract for e in known}) == len(known)


def test_the_packaged_examples_are_of_our_own_writing(shared: Path) -> None:
    ours = " ".join(e.abstract for e in read_examples(PACKAGED))
    for file in (shared / "eval" / "tagging").glob("*.jsonl"):
        for line in file.read_text("utf-8").splitlines():
            words = json.loads(line)["abstract"].split()
            assert not any(" ".join(words[n : n + 8]) in ours for n in range(max(1, len(words) - 8)))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("no json", "line 2: no JSON"),
        ("[1]", "line 2: there is no abstract"),
        ({"abstract": " ", "tags": ["x"]}, "there is no abstract"),
        ({"abstract": "We use BERT."}, "`tags` is no list"),
        ({"abstract": "We use BERT.", "tags": []}, "`tags` is no list"),
        ({"abstract": "We use BERT.", "tags": [1]}, "`tags` is no list"),
        ({"abstract": "We use BERT.", "tags": ["GPT-4"]}, "'GPT-4' does not stand in the abstract"),
        ({"abstract": "We use BERT.", "tags": ["NA", "BERT"]}, "'NA' does not stand"),
    ],
)
def test_a_line_that_cannot_be_used_is_named(tmp_path: Path, row: Any, reason: str) -> None:
    file = write(tmp_path, {"abstract": "We use BERT.", "tags": ["BERT"], "id": 1}, row)
    with pytest.raises(InvalidInput, match=reason):
        read_examples(file)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"gone\.jsonl cannot be read"):
        read_examples(tmp_path / "gone.jsonl")
    (tmp_path / "bad.jsonl").write_bytes(b"\xff\xff")
    with pytest.raises(InvalidInput, match="not UTF-8"):
        read_examples(tmp_path / "bad.jsonl")


def test_line_separators_within_an_abstract_end_no_line(tmp_path: Path) -> None:
    file = write(tmp_path, json.dumps({"abstract": "a\u2028BERT", "tags": ["BERT"]}, ensure_ascii=False))
    assert read_examples(file) == [Example("a\u2028BERT", ("BERT",))]


def test_fixed_examples_are_the_first_of_the_file() -> None:
    assert Examples(KNOWN, Choice("fixed", 3)).for_abstract("x") == KNOWN[:3]
    assert Examples(KNOWN, Choice("fixed", 0)).for_abstract("x") == []
    assert Examples(KNOWN[:2]).for_abstract("x") == KNOWN[:2]
    assert Examples([]).for_abstract("x") == []


def test_random_examples_are_the_same_for_the_same_seed_and_for_every_abstract() -> None:
    def drawn(seed: int, abstract: str = "x") -> list[Example]:
        return Examples(KNOWN, Choice("random", 3, seed)).for_abstract(abstract)

    assert drawn(1) == drawn(1) == drawn(1, "y")
    assert len({tuple(drawn(seed)) for seed in range(6)}) > 3
    assert len(set(drawn(2))) == 3


def test_the_nearest_examples_come_last_and_the_file_is_embedded_once() -> None:
    compass = Compass()
    examples = Examples(KNOWN, Choice("nearest", 3), compass)
    assert examples.for_abstract("5.") == [KNOWN[n] for n in (6, 4, 5)]
    assert examples.for_abstract("0.") == [KNOWN[n] for n in (2, 1, 0)]
    assert compass.embedded == len(KNOWN) + 2


def test_nearest_examples_of_the_real_model_are_about_the_same_thing(minilm: Any) -> None:
    known = read_examples(PACKAGED)
    (last,) = Examples(known, Choice("nearest", 1), minilm).for_abstract("We recognise the speech of toddlers.")
    assert "Speech of children" in last.abstract
    with pytest.raises(SettingsError, match="without an embedding model"):
        Examples(known, Choice("nearest"))


@pytest.mark.parametrize("way", ["fixed", "random", "nearest"])
def test_the_abstract_itself_is_never_an_example(way: Any) -> None:
    examples = Examples(KNOWN, Choice(way, 8), Compass())
    found = examples.for_abstract(" abstract 3\nABOUT foonet. ")
    assert len(found) == 7 and KNOWN[3] not in found


def test_a_choice_is_read_as_settings_write_it() -> None:
    assert parse_choice("fixed") == Choice("fixed", 4)
    assert parse_choice(" nearest:2 ") == Choice("nearest", 2)
    assert parse_choice("random:3:42") == Choice("random", 3, 42)
    for text in ("", "best", "fixed:x", "fixed:-1", "fixed:2:3", "random:1:2:3", "nearest:\u00b2", f"fixed:{MOST + 1}"):
        with pytest.raises(SettingsError):
            parse_choice(text)


def test_a_course_teams_file_takes_the_place_of_ours(tmp_path: Path) -> None:
    assert examples_file(None) == examples_file(tmp_path) == PACKAGED
    assert examples_file(tmp_path) != write(tmp_path, {"abstract": "BERT", "tags": ["BERT"]}) == examples_file(tmp_path)
