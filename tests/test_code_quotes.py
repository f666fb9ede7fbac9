"""Lines of code that follow on each other are quoted as one block, as far in as they stand, with one marker."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.composition import render
from assistant.quotes import quotes_of
from assistant.quoting import answer_from
from assistant.selection import Candidate, Passage
from assistant.units import units_of
from assistant.wording import written_code

CODE = """def mean_heat(readings):
    total = 0
    for r in readings[1:]:
        total += r"""
TEXT = f"""The mean heat of a kiln is computed by this function:

```python
{CODE}
```

It leaves out the first reading, which is often wrong."""


def hit(text: str) -> Any:
    chunk = SimpleNamespace(context=text, path="kilns.md", title="Kilns", id="1", locator_at=lambda at: "lines 3-8")
    return SimpleNamespace(chunk=chunk, cosine=0.6)


def test_an_answer_shows_code_as_a_block_and_quotes_all_of_it(minilm: Any) -> None:
    question = "Which function computes the mean heat of a kiln?"
    cosine = float(minilm.embed_texts([TEXT])[0] @ minilm.embed_query(question))
    answer = answer_from(question, [Passage(1, TEXT, "Kilns", cosine)], minilm)
    assert answer is not None and f"```\n{CODE}\n```\n[1]" in answer
    assert CODE in [citation.quote for citation in quotes_of(answer, [hit(TEXT)], minilm)]


def block(chosen: list[int], text: str) -> str:
    units = units_of(text)
    return render([Candidate(0, n, units[n], 0.5, 0.5, 0.5) for n in chosen], [Passage(1, text)])


def test_lines_that_do_not_follow_stay_apart() -> None:
    lines = [n for n, unit in enumerate(units_of(TEXT)) if unit.kind == "line"]
    assert block(lines[:2], TEXT).count("[1]") == 1
    assert block([lines[0], lines[2]], TEXT).count("[1]") == 2


def test_lines_further_in_keep_what_parts_them() -> None:
    lines = [n for n, unit in enumerate(units_of(TEXT)) if unit.kind == "line"]
    assert block(lines[2:], TEXT) == "```\nfor r in readings[1:]:\n    total += r\n```\n[1]"


@pytest.mark.parametrize("inner", ["```", "````python", "a ``` b"])
def test_a_fence_within_code_does_not_end_the_block(inner: str) -> None:
    text = f"x = 1\n{inner}\ny = 2"
    first, *_, last = written_code(text, 0, len(text)).splitlines()
    assert first == last and inner.count("`") < len(first)


@given(st.lists(st.text(st.characters(codec="ascii", exclude_characters="`\r\n\x0b\x0c\x1c\x1d\x1e"), min_size=1,
                        max_size=12).filter(lambda line: line.strip() and not line.strip().startswith("~~~")),
                min_size=2, max_size=6), st.integers(0, 4))  # fmt: skip
def test_whatever_the_lines_the_quote_of_a_block_is_a_slice_of_the_passage(lines: list[str], behind: int) -> None:
    text = "Before it.\n" + "\n".join(lines) + "\nAfter it." * behind
    end = len("Before it.\n" + "\n".join(lines))
    answer = f"{written_code(text, len('Before it.') + 1, end)}[1]"
    never: Any = None  # nothing is embedded for a block that stands there
    (cited,) = quotes_of(answer, [hit(text)], never)
    assert cited.quote in text
    assert [line.strip() for line in cited.quote.splitlines()] == [line.strip() for line in lines]
