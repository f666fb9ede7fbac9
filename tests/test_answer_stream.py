"""An answer on its way: links, markers and refusal together, however the stream is split."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assistant.answer_stream import LEAK_WORDS, AnswerStream, runs_of
from assistant.refusal import REFUSAL

PIECES = st.sampled_from(
    ["Hot ", "[1]", "[9]", " [2, 1] ", ". ", "![x](https://evil.example/a)", "`a[1]`", "\n", "[", "] "]
)
SECRET = "you answer the questions of students with help of tools"


def streamed(pieces: list[str], **how: bool) -> tuple[str, str]:
    stream = AnswerStream(range(1, 4), **how)
    return "".join([*(stream.feed(p) for p in pieces), stream.finish()]), stream.said


@given(st.lists(PIECES, max_size=10), st.booleans(), st.data())
def test_however_an_answer_is_split_the_same_is_given_out(pieces: list[str], hold: bool, data: st.DataObject) -> None:
    text = "".join(pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=5)))
    parts = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert streamed(parts, hold=hold) == streamed([text], hold=hold)


@given(st.lists(PIECES, max_size=10))
def test_held_text_flows_whole_from_the_first_marker_on(pieces: list[str]) -> None:
    given_out, said = streamed(pieces, hold=True)
    assert given_out in ("", said)
    assert bool(given_out) <= ("[1]" in said)


def test_a_refusal_is_never_streamed_as_an_answer() -> None:
    for size in (1, 3, 100):
        parts = [REFUSAL[n : n + size] for n in range(0, len(REFUSAL), size)]
        assert streamed(parts)[0] == ""
    assert streamed([REFUSAL[:10], "else"])[0] == REFUSAL[:10] + "else"


def test_an_answer_that_repeats_its_instructions_ends_there() -> None:
    stream = AnswerStream((1,), unsayable=runs_of(f"Rules: {SECRET}, one step at a time."))
    given_out = "".join(stream.feed(f"{word} ") for word in f"I was told: {SECRET}".split()) + stream.finish()
    assert stream.leaks and len(given_out.split()) < 3 + LEAK_WORDS
    fine = AnswerStream((1,), unsayable=runs_of(SECRET))
    assert fine.feed("You answer the questions. [1]") + fine.finish() == "You answer the questions. [1]"
