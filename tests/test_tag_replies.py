"""Replies of models to tagging prompts: what is read as a list, what is a fault, and where each name stands."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.abstracts import Abstract
from assistant.latex_marks import plain
from assistant.tag_replies import MOST_NAMES, parse_tags, place
from index_store.errors import ModelProblem, TagParseError

NAME = st.text(
    st.characters(blacklist_categories=("Cs", "Cc", "Zs", "Zl", "Zp")).filter(lambda c: not c.isspace()), min_size=1
).filter(lambda name: name.casefold() not in ("na", "n/a", "none"))
PROSE = st.text(st.characters(blacklist_characters="[]", blacklist_categories=("Cs",)), max_size=80)


def quoted_singly(names: list[str]) -> str:
    plain = ("'" + n.replace("\\", "").replace("'", "") + "'" for n in names)
    return f"[{', '.join(plain)}]"


@pytest.mark.parametrize(
    ("reply", "names"),
    [
        ('["GPT-4", "BERT"]', ["GPT-4", "BERT"]),
        ('```json\n["GPT-4"]\n```', ["GPT-4"]),
        ('```\n[\n  "GPT-4",\n  "BERT"\n]\n```\nI left out MMLU.', ["GPT-4", "BERT"]),
        ('Sure! The models are: ["GPT-4"] [1], [see above].', ["GPT-4"]),
        ("['GPT-4', \"Bob's\"]", ["GPT-4", "Bob's"]),
        ('[["GPT-4", "BERT"], ["T5"]]', ["GPT-4", "BERT", "T5"]),
        ('["GPT-4", "GPT-4", " GPT-4 "]', ["GPT-4"]),
        ('{"models": ["GPT-4"]}', ["GPT-4"]),
        ('["GPT-4"], so the answer is ["GPT-4"]', ["GPT-4"]),
        ('["NA", "GPT-4", "N/A", ""]', ["GPT-4"]),
        ('["Stable\\u0020Diffusion"]', ["Stable Diffusion"]),
        ('["NA"]', []),
        ("[]", []),
        ('["none"]', []),
        ('["a [b] c"]', ["a [b] c"]),
    ],
)
def test_a_list_is_read_in_whatever_it_is_wrapped(reply: str, names: list[str]) -> None:
    assert parse_tags(reply) == names


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("", "is empty"),
        (" \n", "is empty"),
        ("I'm sorry, but I can't help with that.", "holds no JSON list"),
        ("NA", "holds no JSON list"),
        ("- [ ] GPT-4\n- [x] BERT", "holds no JSON list"),
        ("The models are GPT-4 [1] and BERT [2, 3].", "holds no JSON list"),
        ('["GPT-4", "BER', "cut off"),
        ('["GPT-4", ["BERT"], ', "cut off"),
        ("['it's']", "cut off"),
        ('["GPT-4"] or ["BERT"]', "2 different lists"),
        ('["GPT-4"] but none of them counts: []', "2 different lists"),
        ('["GPT-4" "BERT"]', "no valid JSON"),
        ('["GPT-4", BERT]', "no valid JSON"),
        ('["GPT-4",]', "no valid JSON"),
        ('["$\\alpha$-Net"]', "no valid JSON"),
        ('["\\textsc{BERT}"]', "control character"),
        ('["GPT-4", null]', "null, which is no string"),
        ('["GPT-4", 4]', "4, which is no string"),
        ('[{"name": "GPT-4"}]', "which is no string"),
        ('[[["GPT-4"]]]', "which is no string"),
        ("[" * 9 + "]" * 9, "nested too deeply"),
        (json.dumps([f"N{n}" for n in range(MOST_NAMES + 1)]), "301 names"),
        ('["GPT-4"]' + " " * 100_000, "100,009 characters"),
    ],
)
def test_what_is_no_list_of_names_is_a_fault_that_says_why(reply: str, reason: str) -> None:
    with pytest.raises(TagParseError, match=reason) as caught:
        parse_tags(reply)
    assert caught.value.reply == reply
    assert isinstance(caught.value, ModelProblem)
    assert len(caught.value.message) < 320


@given(
    st.lists(NAME, max_size=6),
    PROSE,
    PROSE,
    st.sampled_from([json.dumps, lambda n: json.dumps(n, ensure_ascii=False, indent=2), quoted_singly]),
    st.booleans(),
)
def test_prose_fence_and_quotes_change_nothing(
    names: list[str], before: str, after: str, written: Callable[[list[str]], str], fenced: bool
) -> None:
    text = written(names)
    wanted = json.loads(json.dumps(names))
    if written is quoted_singly:
        wanted = [n.replace("\\", "").replace("'", "") for n in names]
    wanted = list(dict.fromkeys(n for n in wanted if n and n.casefold() not in ("na", "n/a", "none")))
    reply = f"{before}\n```json\n{text}\n```\n{after}" if fenced else f"{before} {text} {after}"
    assert parse_tags(reply) == wanted


@given(st.text(st.sampled_from("[]{}\"'\\,: \nnaNA41eé"), max_size=60))
def test_any_reply_is_read_or_is_a_fault(reply: str) -> None:
    try:
        names = parse_tags(reply)
    except TagParseError:
        return
    assert "[" in reply
    assert all(name and name == " ".join(name.split()) for name in names)
    assert len(set(names)) == len(names)


@given(st.lists(NAME, min_size=1, max_size=4), st.integers(min_value=1, max_value=6))
def test_a_list_that_is_cut_off_is_never_half_read(names: list[str], missing: int) -> None:
    whole = json.dumps(names)
    with pytest.raises(TagParseError):
        parse_tags(whole[: max(0, len(whole) - missing)])


@pytest.mark.parametrize("piece", ["[", '["', "['", '\\"', '["a" ', "[a", "'", "[]", '["a"]', "[1]"])
def test_no_reply_takes_longer_than_its_length(piece: str) -> None:
    for reply in (piece * (99_000 // len(piece)), '["' + piece * (99_000 // len(piece))):
        try:
            parse_tags(reply)
        except TagParseError as exc:
            assert len(exc.message) < 320


ABSTRACT = (
    "We fine-tune LLaMA-Adapter on LLaMA, Stable\nDiffusion, GPT\u20114 and C++Net; BERTology is no model, bert is."
)


@pytest.mark.parametrize(
    ("name", "text", "at"),
    [
        ("LLaMA-Adapter", "LLaMA-Adapter", 13),
        ("llama-adapter", "LLaMA-Adapter", 13),
        ("Stable Diffusion", "Stable\nDiffusion", 37),
        ("GPT-4", "GPT\u20114", 55),
        ("C++Net", "C++Net", 65),
        ("BERT", "bert", 96),
    ],
)
def test_a_name_is_placed_as_the_abstract_spells_it(name: str, text: str, at: int) -> None:
    (tag,) = place([name], ABSTRACT).tags
    assert (tag.name, tag.start) == (text, at)
    assert ABSTRACT[tag.start : tag.end] == tag.name


def test_a_name_stands_by_itself_before_it_stands_within_a_longer_one() -> None:
    placed = place(["LLaMA", "LLaMA-Adapter"], ABSTRACT)
    assert [(t.name, t.start) for t in placed.tags] == [("LLaMA-Adapter", 13), ("LLaMA", 30)]
    (alone,) = place(["LLaMA"], "LLaMA-Adapter").tags
    assert (alone.start, alone.end) == (0, 5)


def test_what_does_not_stand_in_the_abstract_is_dropped() -> None:
    placed = place(["Claude", "LLa", "ology", ",", "LLaMA", "Claude"], ABSTRACT)
    assert [t.name for t in placed.tags] == ["LLaMA"]
    assert sorted(placed.dropped) == sorted(["Claude", "LLa", "ology", ","])


def test_spellings_of_one_name_give_one_tag() -> None:
    assert [t.name for t in place(["bert", "BERT", "Bert"], "BERT and bert").tags] == ["BERT"]


@given(st.text(max_size=200), st.lists(st.text(max_size=12), max_size=6))
def test_every_tag_is_verbatim_at_its_place_and_nothing_is_lost(text: str, names: list[str]) -> None:
    placed = place(names, text)
    assert all(text[t.start : t.end] == t.name for t in placed.tags)
    assert len({t.name.casefold() for t in placed.tags}) == len(placed.tags)
    assert len(placed.tags) + len(placed.dropped) <= len(set(names))
    assert bool(placed.tags) or set(placed.dropped) == set(names)


PIECES = st.lists(
    st.sampled_from(
        [
            "We use ",
            "BERT",
            "\\textsc{LLaMA}",
            "Stable\nDiffusion",
            "RoB-\nERTa",
            "T5$_{11B}$",
            "使用",
            "模型",
            "GPT\u20114",
        ]
        + [
            "Fran\\c{c}aisBERT",
            " and ",
            ". ",
            ", ",
            "\n\n",
            "LLaMA-Adapter",
            "-",
            "\u00ad",
            "\u2028",
            "é",
            "(",
            "\ud800",
        ]
    ),
    min_size=1,
    max_size=14,
).map("".join)
SAID = st.sampled_from(
    [
        "BERT",
        "bert",
        "LLaMA",
        "Stable Diffusion",
        "stable-diffusion",
        "RoBERTa",
        "T5",
        "T511B",
        "模型",
        "GPT-4",
        "GPT 4",
    ]
    + ["FrançaisBERT", "LLaMA-Adapters", "NA", "", " ", "-", "We", "\u2028", "\ud800", "BERT\n", "n/a", "Invented-9B"]
)
VALUES = st.recursive(
    SAID | st.none() | st.booleans() | st.integers() | st.floats(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(SAID, inner, max_size=3),
    max_leaves=12,
)


@given(PIECES, VALUES, st.sampled_from(["{}", "Sure: {}.", "```json\n{}\n```", "[1] {} [see]"]), st.booleans())
def test_whatever_a_model_says_each_tag_is_a_piece_of_what_was_pasted(
    abstract: str, value: object, written: str, single: bool
) -> None:
    text = json.dumps(value, ensure_ascii=False)
    reply = written.replace("{}", text.replace('"', "'") if single else text)
    try:
        names = parse_tags(reply)
    except TagParseError:
        return
    one = Abstract(0, plain(abstract))
    for found in place(names, one.plain.text).tags:
        tag = one.pasted(found)
        assert tag.name and abstract[tag.start : tag.end] == tag.name
        assert any(c.isalnum() for c in tag.name)
