"""A sentence that points back is known: an answer does not open with it alone."""

from __future__ import annotations

import pytest

from assistant.leaning import leans


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("They are fired twice.", True),
        ("However, kilns differ.", True),
        ("In this section, glazes are named.", True),
        ("The best-known pattern for this is ReAct.", True),
        ("it answered `1,300 degrees`.", True),
        ("Theory comes first.", False),
        ("ReAct is a prompting method.", False),
        ("The thesis of this book is new.", False),
        ("Potters call this glaze celadon.", False),
        ("title: Kilns of the north.", False),
        ("glaze degrees hours", False),
    ],
)
def test_a_sentence_that_points_back_is_known(text: str, expected: bool) -> None:
    assert leans(text) is expected
