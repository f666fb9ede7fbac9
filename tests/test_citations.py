"""Markers: what a reader sees is the same however the stream was cut, and every marker leads somewhere."""

import re

from hypothesis import given
from hypothesis import strategies as st

from assistant.citations import MarkerStream, clean_markers

PIECES = st.sampled_from(
    [
        "[1]",
        "[2]",
        "[9]",
        "[1, 2]",
        "[ 3 ]",
        "[1;9]",
        "[",
        "]",
        "[1",
        "[12,",
        " ",
        "\n",
        "word",
        ".",
        "`",
        "```",
        "a[1]",
        "[x]",
        "[1](u)",
    ]
)
ANSWERS = st.lists(PIECES | st.text(max_size=3), max_size=25).map("".join)


@given(ANSWERS, st.lists(st.integers(0, 60), max_size=12))
def test_any_split_of_the_stream_gives_the_one_shot_text(answer: str, cuts: list[int]) -> None:
    whole, order = clean_markers(answer, {1, 2, 3})
    stream = MarkerStream({1, 2, 3})
    edges = [0, *sorted(min(c, len(answer)) for c in cuts), len(answer)]
    given_out = [stream.feed(answer[a:b]) for a, b in zip(edges, edges[1:], strict=False)]
    assert "".join(given_out) + stream.finish() == whole
    assert stream.order == order


@given(ANSWERS, st.lists(st.integers(0, 60), max_size=12))
def test_no_piece_ends_in_half_a_marker(answer: str, cuts: list[int]) -> None:
    answer = re.sub(r"\[[\s\d,;]*(?=\[)", "", answer.replace("`", ""))  # a bracket before a bracket is text
    stream = MarkerStream(range(1000))  # all lead somewhere: what is taken out leaves its neighbours bare
    edges = [0, *sorted(min(c, len(answer)) for c in cuts), len(answer)]
    seen = ""
    for a, b in zip(edges, edges[1:], strict=False):
        seen += stream.feed(answer[a:b])
        assert not re.search(r"\[\s*\d{0,2}\Z", seen)


@given(ANSWERS)
def test_every_marker_outside_code_leads_to_a_passage(answer: str) -> None:
    text, order = clean_markers(answer.replace("`", ""), {1, 2, 3})
    assert set(order) <= {1, 2, 3}
    for group in re.findall(r"\[\s*(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\s*\]", text):
        assert all(1 <= int(n) <= len(order) for n in re.findall(r"\d+", group))


def test_markers_are_numbered_in_the_order_in_which_a_reader_meets_them() -> None:
    assert clean_markers("A [4]. B [2]. C [4, 2].", {1, 2, 4}) == ("A [1]. B [2]. C [1][2].", [4, 2])


def test_a_marker_that_resolves_to_nothing_is_removed_with_its_space() -> None:
    assert clean_markers("So it is [7]. Truly [1, 8].", {1}) == ("So it is. Truly [1].", [1])


def test_brackets_in_code_are_left_alone() -> None:
    text = "Use `a[1]` and\n```\nb[2]\n```\nas in [2]."
    assert clean_markers(text, {1, 2}) == (text.replace("in [2]", "in [1]"), [2])


def test_a_stray_backtick_does_not_hide_the_markers_of_later_lines() -> None:
    assert clean_markers("It`s odd\nbut true [2].", {2}) == ("It`s odd\nbut true [1].", [2])


def test_half_a_marker_is_held_until_it_is_decided() -> None:
    stream = MarkerStream({1})
    assert stream.feed("True [") == "True"
    assert stream.feed("1") == ""
    assert stream.feed("] and") == " [1] and"
