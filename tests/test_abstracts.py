"""What is pasted as an abstract: one or several, in whatever wrapping; each oddity is told, none crashes."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.abstracts import LONGEST_ABSTRACT, read_paste
from assistant.tagging_rules import Tag
from index_store.errors import InvalidInput

ONE = "We present FooNet, a network that reads maps of towns and of the fields around them. It beats BERT on two tasks."
TWO = (
    "Rivers change their beds over the years, and so do the maps. We ask people, not models, about the old beds of\n"
    "three rivers, and find that they remember more than is written."
)


def texts(paste: str) -> list[str]:
    read = read_paste(paste)
    assert all(paste[a.start : a.start + len(a.text)] == a.text for a in read.abstracts)
    return [a.text for a in read.abstracts]


@pytest.mark.parametrize(
    "paste",
    [
        f"Abstract: {ONE}\n\nAbstract: {TWO}",
        f"Maps with FooNet\nA. Author, B. Writer\n\nAbstract\n{ONE}\n\nRivers Remembered\nAbstract.\n{TWO}\n",
        f"# Maps\n\n**Abstract:** {ONE}\n\n# Rivers with GPT\n\n**Abstract:** {TWO}",
        f"Maps with FooNet\n\n{ONE}\n\nRivers Remembered\n\n{TWO}",
        f"{ONE}\n\n---\n\n{TWO}",
        f"{ONE}\n\nRivers Remembered\n\nAbstract \u2014 {TWO}",
        f"Abstract: {ONE}\r\n\r\nRivers Remembered\r\n\r\nAbstract\r\n{TWO}",
        f"Abstract--- {ONE}\n\nAbstract\u2014{TWO}",
        f"Abstract---{ONE}\n\nAbstract--{TWO}",
        f"**Abstract** {ONE}\n\n**Abstract** {TWO}",
        f"\\begin{{abstract}}\n{ONE}\n\\end{{abstract}}\n\n\\begin{{abstract}}\n{TWO}\n\\end{{abstract}}",
        f"# Minutes of Meetings\n{ONE}\n\n# Noisy Classrooms\n{TWO}",
        f"Minutes of Meetings\n{ONE}\n\nNoisy Classrooms in Towns\n{TWO}",
        f"**Minutes**\n{ONE}\n\n**Noisy classrooms**\n{TWO}",
        f"1. {ONE}\n\n2. {TWO}",
        f"Two abstracts:\n1) {ONE}\n2) {TWO}",
        f"[1] Minutes of Meetings\n\n{ONE}\n\n[2] Noisy Classrooms\n\n{TWO}",
        f"{ONE}\n\n\n\n{TWO}",
        f"{ONE}\n\n---\n\nAbstract: {TWO}",
    ],
)
def test_several_abstracts_are_told_apart_without_their_titles(paste: str) -> None:
    assert texts(paste) == [ONE, TWO]
    assert any("2 abstracts" in note for note in read_paste(paste).notes)


@pytest.mark.parametrize(
    ("paste", "told"),
    [
        (f"{ONE}\n\n---\n\n{TWO}", False),
        (f"Abstract: {ONE}\n\nAbstract: {TWO}", False),
        (f"\\begin{{abstract}}\n{ONE}\n\\end{{abstract}}\n\\begin{{abstract}}\n{TWO}\n\\end{{abstract}}", False),
        (f"1. {ONE}\n\n2. {TWO}", False),
        (f"# Maps\n{ONE}\n\n# Rivers\n{TWO}", True),
        (f"{ONE}\n\nRivers Remembered\n\nAbstract: {TWO}", True),
    ],
)
def test_that_titles_were_not_read_is_said_where_there_are_some(paste: str, told: bool) -> None:
    (note,) = read_paste(paste).notes
    assert ("titles" in note) is told


def test_dashes_and_the_word_abstract_part_a_paste_together() -> None:
    assert texts(f"Abstract: {ONE}\n\n---\n\n{TWO}\n\n---\n\nAbstract: {ONE}") == [ONE, TWO, ONE]


def test_a_line_that_no_width_ended_is_a_title_above_its_abstract() -> None:
    wrapped = "\n".join(textwrap.wrap(f"{ONE} {TWO}", 60))
    paste = f"Learning to read the maps\n{wrapped}\n\nWhat people remember of rivers\n{wrapped}"
    assert texts(paste) == [wrapped, wrapped]
    prose = "\n".join(textwrap.wrap(f"{TWO} {TWO}", 60))
    assert texts(f"{prose}\n\n{prose}") == [f"{prose}\n\n{prose}"]


FIELD = (
    "Old maps of towns are hard to read, even for people who have lived there for years. Earlier readers look at one "
    "sheet at a time and lose the streets that run over its edge. {} It looks at several sheets together, learns where "
    "they meet from pairs that surveyors have drawn, and needs no labels of streets. On nine archives it finds two "
    "thirds of the streets that were lost, and its mistakes are mostly those that people make with the same sheets."
)
SEA = (
    "Tides have been written down in harbours for three centuries, mostly by hand and rarely at one hour. Much of "
    "that has never been read by anybody since. {} The hand of each writer is learned from ten lines, and numbers are "
    "checked against the moon, which leaves few of them in doubt. In forty harbours four fifths of all lines come out "
    "right, and the rest is marked for a reader, so that no number enters a table without a source."
)


def test_whole_abstracts_that_an_empty_line_parts_are_told_apart() -> None:
    one, two = FIELD.format("In this paper, we propose SheetNet."), SEA.format("We introduce TideReader for them.")
    assert texts(f"{one}\n\n{two}") == [one, two]
    assert len(texts(f"{two}\n\n{one}\n\n{two.replace('TideReader', 'MoonReader')}")) == 3


@pytest.mark.parametrize(
    "second",
    [
        SEA.format("It was read by hand."),  # presents nothing
        SEA.format("We introduce SheetNet for them."),  # of the work above
        SEA.format("We introduce TideReader.").replace("Tides have", "These tides have"),
        "We introduce TideReader. " * 8,  # may well be what else the first has
    ],
)
def test_a_paragraph_that_may_go_on_with_the_one_above_is_no_abstract(second: str) -> None:
    paste = f"{FIELD.format('In this paper, we propose SheetNet.')}\n\n{second.strip()}"
    assert texts(paste) == [paste]
    assert any("read as one abstract" in note for note in read_paste(paste).notes)


def test_titles_part_short_abstracts_too() -> None:
    short = "We present FooNet, a network that reads maps."
    assert texts(f"# Maps\n\n{short}\n\n# Classes\n\nSpeech in classrooms is hard to hear for models.")[0] == short


@pytest.mark.parametrize(
    ("paste", "parts"),
    [
        ("We use BERT.\n---\nWe ask GPT-4.", ["We use BERT.", "We ask GPT-4."]),
        ("We use BERT.\n\n---\n\nWe ask GPT-4.\n", ["We use BERT.", "We ask GPT-4."]),
        ("We use BERT.\n\n\nWe ask GPT-4 and T5.", ["We use BERT.", "We ask GPT-4 and T5."]),
        (
            "We present FooNet, a model.\n\nIn this paper, we introduce BarBERT.",
            ["We present FooNet, a model.", "In this paper, we introduce BarBERT."],
        ),
        (
            "Maps are old. We propose FooNet.\r\n\r\nThis work studies GPT-4.\r\n\r\nWe investigate T5.",
            ["Maps are old. We propose FooNet.", "This work studies GPT-4.", "We investigate T5."],
        ),
        (
            "We present FooNet. It reads maps.\nTowns grow. We introduce BarBERT.\r\nThis work studies T5. It fails.",
            [
                "We present FooNet. It reads maps.",
                "Towns grow. We introduce BarBERT.",
                "This work studies T5. It fails.",
            ],
        ),
    ],
)
def test_several_short_abstracts_are_told_apart(paste: str, parts: list[str]) -> None:
    assert texts(paste) == parts


@pytest.mark.parametrize(
    "paste",
    [
        ONE,
        "We present FooNet, a model of maps.\n\nWe also introduce a data set of towns.",
        "We propose FooNet.\n\nWe study its errors on two tasks.",
        "Maps are hard to read.\n\nWe propose FooNet, which reads them.",
        f"{ONE}\n\n{TWO}",
        f"Background\n\n{ONE}\n\nMethods\n\n{TWO}",
        f"Maps with FooNet\n\n{ONE}",
        "Hello\n\nWe use BERT.\n\nBye\n\nBob.",
        "BERT\n\nGPT-4\n\nT5",
        f"Abstract reasoning is hard. {ONE}",
        f"Abstract-level reasoning is hard. {ONE}",
        f"# Maps\n\n## Background\n{ONE}\n\n## Results\n{TWO}",
        f"1. Background: {ONE}\n\n2. Results: {TWO}",
        f"Background: {ONE}\n\n\n\nResults: {TWO}",
        f"{ONE}\n\nWe add three things:\n1. {ONE}\n2. {TWO}",
        f"Context\n{ONE}\n\nProposed Work\n{TWO}\n\nKey Insight\n{ONE}\n\nCode and Data\n{TWO}",
        f"## Problem\n{ONE}\n\n## Our Idea\n{TWO}\n\n## Code and Data\n{ONE}",
        f"**Setting and Participants**\n{ONE}\n\n**Tides**\n{TWO}\n\n**Limitations**\n{ONE}",
        f"**Context.** {ONE}\n\n\n\n**Code and Data.** {TWO}",
        f"Our contributions are:\n1) {ONE}\n2) {TWO}",
        "1) we propose FooNet, which reads maps of towns.\n2) we show that it beats BERT on two tasks of maps.",
        "Three things are new:\n1. FooNet, a network for maps of the towns.\n2. A test of it with BERT on two tasks.",
        "We propose FooNet, which reads maps of towns.\nWe present a set of maps, too.\nWe develop a test of it.",
    ],
)
def test_one_abstract_stays_whole(paste: str) -> None:
    assert texts(paste) == [paste]


def test_what_stands_above_the_word_abstract_is_left_out_and_told() -> None:
    paste = f"Beating GPT-4\nA. Author.\n\nAbstract: {ONE}"
    assert texts(paste) == [ONE]
    assert read_paste(paste).notes == ('What stands above the word "Abstract" was not read.',)
    assert read_paste(f"Abstract: {ONE}").notes == ()


@pytest.mark.parametrize(
    ("paste", "told"),
    [
        (ONE * 40, "4,480 characters"),
        ("What is ReAct?", "like a question"),
        ("import os\ndef f():\n    pass\nclass A:\n    pass\n", "like code"),
        ("from transformers import AutoModel\nmodel = AutoModel.from_pretrained(name)\nprint(model)\n", "like code"),
        ("Dear all, the meeting is moved to Tuesday. Bring your laptops. Best, Anna", "like a letter"),
        ("Subject: the login\nThe ChatGPT login has changed.", "like a letter"),
        ("The ChatGPT login has changed.\n\nKind regards,\nAnna", "like a letter"),
        ("https://arxiv.org/abs/2210.03629", "an address"),
        ("BERT", "too short"),
        (
            "Wir stellen FooNet vor, ein Netz, das Karten von Städten liest und sie besser als BERT beschreibt.",
            "another",
        ),
        ("我们提出了一种名为 FooNet 的新网络，用于阅读地图，其性能优于 BERT。", "another language"),
        (f"{ONE}\n\n{TWO}", "2 paragraphs were read as one abstract; put a line of --- between"),
        (f"{ONE}\n{ONE}\nTowns are old. Nobody knows them.", "3 paragraphs were read as one abstract"),
    ],
)
def test_what_is_unusual_is_told(paste: str, told: str) -> None:
    assert any(told in note for note in read_paste(paste).notes), read_paste(paste).notes


def test_a_plain_abstract_needs_no_note() -> None:
    assert read_paste(ONE).notes == ()
    assert read_paste("We use BERT.").notes == ()
    assert read_paste("Models of a = b(c) are best, Adam says. We set\nx = 3 and\nlearn (with care).").notes == ()


@pytest.mark.parametrize("text", ["", " \n", "123", "?!", "x" * (LONGEST_ABSTRACT + 1)])
def test_what_cannot_be_an_abstract_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        read_paste(text)


def test_a_tag_has_no_latex_marks_and_its_place_in_the_paste_has_them() -> None:
    paste = f"Abstract: {TWO}\n\nAbstract: We use \\textsc{{Foo}}-Net."
    abstract = read_paste(paste).abstracts[1]
    at = abstract.plain.text.index("Foo-Net")
    tag = abstract.pasted(Tag(at, at + 7, "Foo-Net"))
    assert tag.name == "Foo-Net" and paste[tag.start : tag.end] == "\\textsc{Foo}-Net"


@given(
    st.lists(st.sampled_from(["Abstract:", "abstract", "\n", "\n\n", " ", "a b c.", "Title", "---", "\r", ONE, TWO]))
)
def test_any_paste_is_read_in_order_without_overlap(pieces: list[str]) -> None:
    paste = "".join(pieces)
    if not any(c.isalpha() for c in paste) or len(paste) > LONGEST_ABSTRACT:
        return
    read = read_paste(paste)
    ends = [(a.start, a.start + len(a.text)) for a in read.abstracts]
    assert ends and all(start < end for start, end in ends)
    assert all(one[1] <= other[0] for one, other in zip(ends, ends[1:], strict=False))
    assert all(paste[s:e] == a.text for (s, e), a in zip(ends, read.abstracts, strict=True))


@pytest.mark.parametrize("piece", ["\n", "a\n\n", "Abstract\n", " ", "abstract:\n\n", "a\n \t", "import \n", "---\n\n"])
def test_no_paste_takes_longer_than_its_length(piece: str) -> None:
    read_paste((piece * (LONGEST_ABSTRACT // len(piece)))[:-1] + "x")


@pytest.mark.parametrize("first", [True, False])
def test_an_abstract_that_ends_in_an_address_is_one_beside_a_line_of_dashes(first: bool) -> None:
    plain, linked = (
        "We compare BERT and T5 on all tasks of GLUE.",
        "We train LLaMA-2 on code. It is at https://a.de/x/y",
    )
    pasted = "\n---\n".join((linked, plain) if first else (plain, linked))
    assert sorted(a.text for a in read_paste(pasted).abstracts) == sorted((linked, plain))
