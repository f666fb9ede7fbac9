"""What is counted in a row, by hand; and that the labelled sets' own scorer counts the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assistant.evaluation.datasets import Row, read_dataset
from assistant.evaluation.metrics import TAG_MEASURES, answer_counts, holds, search_counts, tag_counts
from assistant.evaluation.runners import read_score, rules_without
from assistant.evaluation.statistics import figures
from assistant.tagging import names_by_rules
from assistant.tagging_rules import knowing, known_names, names_of
from benchmarks.labelled import load_module
from index_store.errors import InvalidInput, ModelReplyBroken

ROW = Row("1", "a", tags=("BERT", "GPT-4"), aliases={"BERT": ("Bidirectional Encoder",)}, optional={"T5": ()})
NONE = Row("2", "a", tags=("NA",))


@pytest.mark.parametrize(
    ("row", "got", "tp", "fp", "fn", "exact", "na"),
    [
        (ROW, ["BERT", "GPT-4"], 2, 0, 0, 1, 1),
        (ROW, ["bert", " gpt-4 "], 2, 0, 0, 1, 1),
        (ROW, ["Bidirectional Encoder", "BERT", "GPT-4"], 2, 0, 0, 1, 1),
        (ROW, ["Bidirectional Encoder (BERT)"], 1, 0, 1, 0, 1),
        (ROW, [r"\textsc{Bert}", r"GPT\mbox{-}4"], 2, 0, 0, 1, 1),
        (ROW, ["BERT", "GPT-4", "T5"], 2, 0, 0, 1, 1),
        (ROW, ["BERT", "Foo"], 1, 1, 1, 0, 1),
        (ROW, ["NA"], 0, 0, 2, 0, 0),
        (ROW, ["BERT", "NA"], 1, 1, 1, 0, 1),
        (ROW, [], 0, 0, 2, 0, 1),
        (NONE, ["NA"], 0, 0, 0, 1, 1),
        (NONE, ["BERT"], 0, 1, 0, 0, 0),
        (NONE, [], 0, 0, 0, 0, 0),
    ],
)
def test_tags_are_counted(row: Row, got: list[str], tp: int, fp: int, fn: int, exact: int, na: int) -> None:
    counts = tag_counts(row, got)
    assert [counts[k] for k in ("tp", "fp", "fn", "exact", "na_right")] == [tp, fp, fn, exact, na]


def test_strictly_an_optional_name_is_wrong() -> None:
    counts = tag_counts(ROW, ["BERT", "GPT-4", "T5"])
    assert (counts["strict_fp"], counts["strict_exact"]) == (1, 0)


def test_our_figures_are_those_of_the_labelled_sets_own_scorer(shared: Path) -> None:
    scorer = load_module(shared / "eval" / "tagging" / "score.py", "tagging_score")
    data = read_dataset(shared / "eval" / "tagging" / "dev.jsonl", "tags")
    gold = [json.loads(line) for line in data.path.read_text("utf-8").splitlines()]
    with knowing(known_names()[:40]):  # a list that is cut, so that there is something wrong to count
        got = {row.id: names_of(row.asked) for row in data.rows}
    for strict, suffix in ((False, ""), (True, " (strict)")):
        theirs, _ = scorer.evaluate(gold, got, strict)
        ours = {f.name: f.value for f in figures([tag_counts(r, got[r.id]) for r in data.rows], TAG_MEASURES)}
        for name, key in (("F1", "f1"), ("exact set", "exact"), ("NA accuracy", "na_acc"), ("recall", "recall")):
            assert ours[name + suffix] == pytest.approx(theirs[key]), name
    assert theirs["f1"] < 1


def test_the_rules_know_other_names_only_for_a_while() -> None:
    text = "We compare BERT with Zorgblatt."
    with knowing(["Zorgblatt"]):
        assert "Zorgblatt" in names_of(text)
    assert "Zorgblatt" not in names_of(text) and "BERT" in names_of(text)


GOLD = ({"path": "a.md", "snippet": "a kiln is an oven that hardens clay by heat"},)


def hit(path: str, text: str) -> dict[str, str]:
    return {"path": path, "text": text}


RIGHT = hit("course/a.md", "Kilns. A kiln is an oven that hardens clay by heat, they say.")


@pytest.mark.parametrize(
    ("hits", "reciprocal", "at_one", "at_five", "ndcg"),
    [
        ([RIGHT], 1.0, 1, 1, 1.0),
        ([hit("b.md", "x"), RIGHT], 0.5, 0, 1, 0.6309),
        ([hit("b.md", RIGHT["text"])], 0.0, 0, 0, 0.0),
        ([hit("a.md", "Something else.")], 0.0, 0, 0, 0.0),
        ([hit("b.md", "x")] * 5 + [RIGHT], 1 / 6, 0, 0, 0.3562),
        ([hit("b.md", "x")] * 10 + [RIGHT], 0.0, 0, 0, 0.0),
        ([], 0.0, 0, 0, 0.0),
    ],
)
def test_searches_are_counted(
    hits: list[dict[str, str]], reciprocal: float, at_one: int, at_five: int, ndcg: float
) -> None:
    counts = search_counts(Row("1", "q", gold=GOLD), hits)
    found = [counts["reciprocal_rank"], counts["recall@1"], counts["recall@5"]]
    assert found == [pytest.approx(reciprocal), at_one, at_five]
    assert counts["ndcg"] == pytest.approx(ndcg, abs=1e-3)


def test_what_a_prompt_would_not_read_does_not_count() -> None:
    assert holds("x " * 20 + GOLD[0]["snippet"], GOLD[0]["snippet"])
    assert not holds("x " * 800 + GOLD[0]["snippet"], GOLD[0]["snippet"])


def test_answers_are_counted() -> None:
    row = Row("1", "q", gold=GOLD, keywords=("oven",))
    quote = {"path": "a.md", "quote": "A kiln is an oven that hardens clay by heat."}
    counts = answer_counts(row, True, "It is an OVEN [1].", [quote, {"path": "b.md", "quote": "Else."}])
    assert [counts[k] for k in ("hit", "cited", "quoted", "refused")] == [1, 1, 1, 0]
    assert (counts["citations"], counts["right_citations"]) == (2, 1)
    assert answer_counts(row, False, "No.", [])["refused"] == 1
    unanswerable = answer_counts(Row("2", "q"), False, "No.", [])
    assert (unanswerable["unanswerable"], unanswerable["honest"], unanswerable["answerable"]) == (1, 1, 0)
    assert answer_counts(Row("2", "q"), True, "Yes.", [])["honest"] == 0


@pytest.mark.parametrize(
    ("path", "quote", "snippet", "right"),
    [
        ("a.md", "The Denver Nuggets won.", "Denver Nuggets won", True),
        ("b.md", "The Denver Nuggets won.", "Denver Nuggets won", False),  # so few words stand in many places
        ("a.md", "The Denver Nuggets wonder.", "Nuggets won", False),
        ("x/a.md", "Anything.", "", True),
        ("xa.md", "Anything.", "", False),
    ],
)
def test_a_short_snippet_must_stand_in_a_quote_of_its_own_source(
    path: str, quote: str, snippet: str, right: bool
) -> None:
    row = Row("1", "q", gold=({"path": "a.md", "snippet": snippet},))
    assert answer_counts(row, True, "It. [1]", [{"path": path, "quote": quote}])["quoted"] == right


@pytest.mark.parametrize(
    ("reply", "score"),
    [('{"score": 4, "reason": "fine"}', 4), ('I think so.\n```json\n{"reason": "x", "score": 1}\n```', 1)],
)
def test_a_judge_is_read(reply: str, score: int) -> None:
    assert read_score(reply)[0] == score


@pytest.mark.parametrize("reply", ["", "4", '{"score": 9}', '{"score": "4"}', '{"score": true}', "{broken"])
def test_a_judge_without_a_score_is_told(reply: str) -> None:
    with pytest.raises(ModelReplyBroken):
        read_score(reply)


def write(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text, "utf-8")
    return folder / name


def test_json_lines_and_csv_give_the_same_rows(tmp_path: Path) -> None:
    row: dict[str, Any] = {"id": "1", "abstract": "We, the authors.", "tags": ["BERT", "T5"], "optional": {"T5": []}}
    lines = read_dataset(write(tmp_path, "a.jsonl", json.dumps(row) + "\n\n"), "tags")
    table = 'id,abstract,tags,optional\n1,"We, the authors.",BERT; T5,"{""T5"": []}"\n'
    assert read_dataset(write(tmp_path, "a.csv", table), "tags").rows == lines.rows


@pytest.mark.parametrize(
    ("kind", "line", "told"),
    [
        ("tags", "{", "line 1: it is no JSON: Expecting property name"),
        ("tags", "[]", "it is no JSON object"),
        ("tags", '{"tags": ["A"]}', "no abstract"),
        ("tags", '{"abstract": "a"}', "it has no `tags`"),
        ("tags", '{"abstract": "a", "tags": []}', "`tags` must hold"),
        ("tags", '{"abstract": "a", "tags": ["NA", " "]}', "`tags` must hold"),
        ("tags", '{"abstract": "a", "tags": ["NA", "B"]}', "`tags` must hold"),
        ("tags", '{"abstract": "a", "tags": "BERT"}', "list of texts"),
        ("search", '{"question": "q", "golds": []}', "no gold"),
        ("tags", "\n".join(["{", "[]"] * 4), "and 3 more, in line 6, 7, 8"),
        ("search", '{"question": "q", "gold": [{"path": "a"}]}', "`gold` must be"),
        ("answers", '{"question": " "}', "no question"),
        ("answers", '{"question": "q", "history": ["x"]}', "`history` must be"),
        ("answers", '{"id": 1, "question": "q"}\n{"id": 1, "question": "r"}', "stands more than once"),
        ("answers", "", "has no row"),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, kind: Any, line: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=told) as failed:
        read_dataset(write(tmp_path, "a.jsonl", line), kind)
    assert failed.value.hint


def test_a_dataset_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_dataset(tmp_path / "none.jsonl", "tags")


@pytest.mark.parametrize("name", ["GPT-4", "PaLM-2", "GPT-3.5", "BERT"])
def test_without_the_names_of_the_rows_means_without_their_families(name: str) -> None:
    row = Row("1", f"On several tasks it was worse than {name}.", tags=(name,))
    counted = rules_without([row])["without names of these rows"]
    with knowing([]):
        assert counted[0]["exact"] == tag_counts(row, names_by_rules(row.asked))["exact"]  # as if there were no list
