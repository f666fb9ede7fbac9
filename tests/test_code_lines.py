"""Lines of code without a fence: told by what opens a block and what stands within it, and no prose among them."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.code_lines import code_of
from assistant.units import units_of

CODE = [
    "if len(history) > 3:\n    history = history[-3:]",
    "for row in rows:\n    print(row)",
    "while True:\n    break",
    "for text in texts:\n    yield text",
    "with open(path) as file:\n    pass",
    "while not done:\n    step += 1",
    "if late:\n    return 0",
    "try:\n    run()\nexcept ValueError:\n    raise",
    "if kind == 'a note of the teacher':",
    "for n, part in enumerate(parts):",
    "elif score >= 0.5:  # good",
    "share: dict[str, float] = {}",
    "limit: int | None = 3",
    "if (n > 3) {\n  go on\n}",
    "for (let i = 0; i < n; i++) {",
]
PROSE = [
    "if you are ill:\n    Write to the office. Send a note to your\n    teacher before noon.",
    "while the kiln cools, remember:\n    Never open the door. It is\n    hot.",
    "with a partner you must:\n    Divide the work and say who\n    did what.",
    "for the project:\n    Bring clay. Bring a note\n    of its weight.",
    "for the labs in week two:\n    Bring clay. Bring a note\n    of its weight.",
    "class projects are due as follows:\n    The first in May. The second\n    in June.",
    "match the terms below:\n    A kiln is hot. A pot\n    is not.",
    "try:\n    A cup of cold tea. It helps with\n    the heat.",
    "else:\n    Ask the office. It knows\n    what to do.",
    "if late:\n    Write to the office. It knows\n    what to do.",
    "for the exam you may bring the following:\n- one sheet of notes",
    "if you are ill, do this:\n  - write to the office\n  - send a note",
    "while the kiln cools, remember:\nNever open the door.",
    "if f(x) > 0 then the following holds:",
    "share: a half = two quarters",
    "for students of the second year:",
    "with this in mind (see below) we say:",
    "For each pot: weigh the clay.",
    "If it is late, it loses points.",
    "    an indented line of prose\n    and another one",
    "except for the last week (see the calendar) all labs are graded:",
]


@pytest.mark.parametrize("text", CODE)
def test_a_block_is_code_line_for_line(text: str) -> None:
    assert all(code_of(text.splitlines()))
    assert {unit.kind for unit in units_of(f"The loop is this.\n\n{text}\n")} == {"sentence", "line"}


@pytest.mark.parametrize("text", PROSE)
def test_prose_that_begins_or_ends_as_code_does_is_prose(text: str) -> None:
    assert not any(code_of(text.splitlines()))


def test_a_block_ends_where_a_line_stands_no_further_in() -> None:
    text = "for pot in pots:\n    fire it\n\n    cool it\nThe pots are done now."
    assert code_of(text.splitlines()) == [True, True, False, True, False]
    assert units_of(text)[-1].text == "The pots are done now."


@given(st.lists(st.sampled_from([*CODE, *PROSE, "", "One is here. Two is there.", "| a | b |", "```"]), max_size=8))
def test_nothing_of_a_text_with_code_is_lost_and_the_order_is_kept(parts: list[str]) -> None:
    text = "\n".join(parts)
    units = units_of(text)
    assert [u.start for u in units] == sorted(u.start for u in units)
    assert all(a.end <= b.start for a, b in zip(units, units[1:], strict=False))
    left = text
    for unit in reversed(units):
        assert text[unit.start : unit.end] == unit.text
        left = left[: unit.start] + left[unit.end :]
    marks = {"-", "", "|", "a", "b", "`"}
    assert {word.strip("|`") for word in left.split()} <= marks


@given(st.lists(st.sampled_from(CODE), max_size=4), st.integers(0, 8))
def test_code_is_code_however_far_in_it_stands(parts: list[str], depth: int) -> None:
    text = "\n".join(parts)
    assert all(code_of(textwrap.indent(text, " " * depth).splitlines()))
