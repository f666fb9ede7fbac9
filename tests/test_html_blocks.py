"""Blocks of HTML: whatever the tree, each character of it is in a block or in a heading path, once."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html

from ingest.readers.html_blocks import blocks_under
from ingest.readers.outline import HEADINGS, Outline
from ingest.readers.text import visible

TAGS = ["div", "p", "h1", "h2", "ul", "ol", "li", "table", "tr", "td", "th", "thead", "tbody", "caption", "b", "span"]
TAGS += ["a", "code", "pre", "br", "dl", "dt", "dd", "blockquote", "img"]
pieces = st.lists(
    st.one_of(
        st.sampled_from([f"<{tag}>" for tag in TAGS]),
        st.sampled_from([f"</{tag}>" for tag in TAGS]),
        st.sampled_from(["one ", "two", "3", '<img alt="a picture of it">']),
    ),
    max_size=25,
).map("".join)


def read(markup: str) -> tuple[list[str], Counter[str], int]:
    """Give the texts of the blocks, what was added, and the visible characters of the tree."""
    tree = html.fromstring(f"<div>{markup}</div>")
    counts: Counter[str] = Counter()
    outline = Outline()
    blocks = list(blocks_under(tree, outline, counts))
    last = outline.finish()
    counts[HEADINGS] += sum(visible(block.text) for block in last)
    return [block.text for block in (*blocks, *last)], counts, visible(tree.text_content())


@given(pieces)
@settings(max_examples=400)
def test_no_character_of_a_tree_is_lost_or_doubled(markup: str) -> None:
    texts, counts, whole = read(markup)
    assert sum(map(visible, texts)) == whole + counts.total()


@pytest.mark.parametrize(
    ("markup", "texts"),
    [
        ("<table><tr><td>a<table><tr><td>in</table><td>b</table>", ["a in | b"]),
        ("<ul>before<li>a<ul><li>in</ul>after</ul>", ["before\n- aafter\n  - in"]),
        ("<h2>Only</h2>", ["Only"]),
        ("<h2>Above</h2><p>text", ["text"]),
    ],
)
def test_nested_and_stray_text_is_kept_in_its_place(markup: str, texts: list[str]) -> None:
    assert read(markup)[0] == texts
