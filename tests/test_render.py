"""What the page shows: no text from outside opens a tag or fetches an image, and each quote is marked in its place."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from typing import Any, cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assistant.events import Citation
from index_store.chunks import Chunk, Hit
from index_store.locators import Locator
from ui.passages import marked, passage_html, unwrapped
from ui.related import NEAR
from ui.render import NOTHING_NEAR, answer_markdown, neutral, related_html, sources_html, warnings_html

OWN_TAGS = re.compile(r"</?(?:code|pre)>")
OPENS = re.compile(r"<[A-Za-z/!?]|!\[")
PIECES = st.lists(
    st.sampled_from(
        [
            "`",
            "``",
            "```",
            "~~~",
            "\\",
            "\n",
            "\n\n",
            "    ",
            "- ",
            "> ",
            "<img src=x>",
            "<b",
            "![a](b)",
            "!",
            "[1]",
            "w",
            "[x]",
        ]
    ),
    max_size=12,
).map("".join)


@given(PIECES | st.text())
@example("x ``` <img src=x>")  # no fence: Markdown wants it at the beginning of a line
@example("\\`<img src=x>\\`")  # no code: both are escaped
@example("`x\n`<img src=x>`")  # the code ends before the tag
@example("~~~\n```\n~~~\n<img src=x>")
@example("`![a](b)\n\n`")
@example("!![a](b)")
def test_no_text_opens_a_tag_or_fetches_an_image_whatever_looks_like_code_around_it(text: str) -> None:
    assert not OPENS.search(OWN_TAGS.sub(" ", neutral(text)))
    assert not OPENS.search(OWN_TAGS.sub(" ", answer_markdown(text)))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("use `k = 4` here", "use `k = 4` here"),
        ("```python\nk = 4\n```", "```python\nk = 4\n```"),
        ("a < b and 3 <4", "a < b and 3 <4"),
        ("a <b>", "a &lt;b>"),
        ("![a](b)", "[a](b)"),
        ("use `<b>`", "use <code>&#60;b&#62;</code>"),
        ("```html\n<b>\n\nx\n```\nend", "\n<pre><code>&#60;b&#62;\n\nx</code></pre>\n\nend"),
    ],
)
def test_code_stays_code_and_prose_stays_prose(text: str, shown: str) -> None:
    assert neutral(text) == shown


def test_markers_are_set_off_and_code_and_links_are_not_taken_for_them() -> None:
    assert answer_markdown("So it is. [12]") == "So it is. **[12]**"
    assert answer_markdown("So it is. [12]", "t1") == "So it is. [&#91;12&#93;](turns/t1#source-12)"
    assert answer_markdown("`a[1]` and [1](x)") == "`a[1]` and [1](x)"


@given(st.text("ab <&\n", max_size=60), st.lists(st.text("ab <&\n", min_size=1, max_size=6), max_size=4))
def test_marking_adds_nothing_but_marks(context: str, quotes: list[str]) -> None:
    shown = marked(context, quotes)
    bare = shown.replace("<mark>", "").replace("</mark>", "")
    assert html.unescape(bare) == unwrapped(context)
    assert OPENS.search(bare) is None
    assert len(unwrapped(context)) == len(context)


def test_each_quote_is_marked_where_it_stands() -> None:
    assert marked("A b. C & d. E.", ["C & d.", "A b."]) == "<mark>A b.</mark> <mark>C &amp; d.</mark> E."
    assert marked("abc", ["ab", "bc", "", "no"]) == "<mark>ab</mark><mark>c</mark>"


def test_lines_of_prose_run_on_and_lists_and_code_keep_theirs() -> None:
    prose = "A sentence that is longer than fifty-five characters, so the file broke\nit here."
    assert unwrapped(prose) == prose.replace("\n", " ")
    for kept in ("- one\n- two", "for x in y:\n    print(x)", "short\nlines"):
        assert unwrapped(kept) == kept


def test_prose_runs_on_although_it_has_a_semicolon_or_a_formula() -> None:
    long = "The lists are merged by the sum of 1 / (k + rank); the constant k = 60 comes from the paper\nthat is cited."
    assert unwrapped(long) == long.replace("\n", " ")
    for code in (
        "value = first + second + third + fourth + fifth + sixth + more\nprint(value)",
        "a long line " * 6 + ";\nx",
    ):
        assert unwrapped(code) == code


def test_a_table_and_code_in_a_passage_are_shown_as_such_with_the_quotes_marked() -> None:
    passage = (
        "Before.\n\n| Kind | Use |\n|---|:-:|\n| One | a < b |\n| Two | never |\n\n```python\nx = 1  # <i>\n```\nAfter."
    )
    shown = passage_html(passage, ["| One | a < b |", "x = 1", "After."])
    assert "<tr><th>Kind</th><th>Use</th></tr>" in shown
    assert (
        "<tr><td><mark>One</mark></td><td><mark>a &lt; b</mark></td></tr><tr><td>Two</td><td>never</td></tr>" in shown
    )
    assert "<pre class='lectern-code' tabindex='0'><mark>x = 1</mark>  # &lt;i&gt;\n</pre>" in shown
    assert shown.startswith("Before.") and shown.endswith("<mark>After.</mark>")


@given(st.text("ab <&\n|-`~ ", max_size=80), st.lists(st.text("ab <|\n", min_size=1, max_size=6), max_size=3))
def test_no_passage_opens_a_tag_of_its_own_or_loses_a_word(context: str, quotes: list[str]) -> None:
    shown = passage_html(context, quotes)
    bare = re.sub(r"</?(?:mark|pre|div|table|tbody|tr|td|th)(?: [^>]*)?>", "", shown)
    assert OPENS.search(bare) is None and "<" not in bare
    if "`" not in context and "~" not in context:
        assert sorted(re.findall("[ab]", html.unescape(bare))) == sorted(re.findall("[ab]", context))


def hit(name: str, cosine: float = 0.5) -> Hit:
    chunk = Chunk(name, name, 0, Locator(headings=(name,)), "/course", name, name, "prose", "s", 0)
    return Hit(chunk, score=0.03, cosine=cosine)


def citation(marker: int, locator: str, quote: str, path: str = "a.md") -> Citation:
    return Citation(marker, path, locator, {}, quote, 0.5, "A & B", "One. Two. Three.", "id")


def test_a_card_names_every_place_that_its_quotes_come_from_once() -> None:
    card = sources_html(
        [citation(1, "lines 3-4", "One."), citation(1, "lines 3-4", "Two."), citation(1, "row 7", "Three.")]
    )
    assert card.count("<details") == 1
    assert card.count("lines 3-4") == 1
    assert "row 7" in card
    assert card.count("<mark>") == 3
    assert "A &amp; B" in card


def test_one_marker_is_one_card_wherever_it_stands_in_the_answer() -> None:
    cards = sources_html([citation(2, "row 2", "Two."), citation(1, "row 1", "One."), citation(2, "row 3", "Three.")])
    assert re.findall(r"\[(\d)\]", cards) == ["1", "2"]


def test_a_heading_that_is_the_title_is_not_said_again() -> None:
    card = sources_html([citation(1, "lines 3-4; § A & B", "One."), citation(1, "page 2; § A & B > C", "Two.")])
    assert card.count("A &amp; B") == 1
    assert "page 2; § C" in card


def test_under_a_refusal_only_what_is_near_is_shown() -> None:
    shown = related_html([hit("far", NEAR - 0.01), hit("near", NEAR), hit("nearer", NEAR + 0.1)])
    assert "far" not in shown and shown.index("near") < shown.index("nearer")
    assert related_html([hit("far", NEAR - 0.01)]) == NOTHING_NEAR


def test_the_page_or_the_cell_stands_above_the_text_which_alone_scrolls() -> None:
    pages = [citation(1, f"page {n}", "One.", "a.pdf") for n in (10, 9)]
    card = sources_html(pages, pages={0: "<i>ten</i>", 1: "<i>nine</i>"})
    assert card.index("ten") < card.index("nine") < card.index("lectern-passage")
    card = sources_html([citation(1, "cell 2", "One.", "a.ipynb")], {0: "<div class='lectern-cell'>x</div>"})
    assert card.index("lectern-cell") < card.index("The passage as it was found") < card.index("lectern-passage")


@pytest.mark.parametrize("kind", ["course", "web", "wikipedia"])
def test_a_source_from_the_web_has_its_link_and_its_score(kind: Any) -> None:
    cited = replace(citation(1, "", "One.", "https://pages.example/a?b=1&c='x'"), kind=kind)
    card = sources_html([cited])
    (link,) = re.findall(r"<a [^>]*>.*?</a>", card)
    href = html.escape(cited.path)
    assert f"href='{href}'" in link and "rel='noopener noreferrer nofollow'" in link
    assert card.index("</summary>") < card.index("<a ") and card.count(href) == 2
    assert "similarity 0.50" in card
    assert "similarity" not in sources_html([replace(cited, kind="wikipedia", score=0.0)])


@pytest.mark.parametrize(
    "path",
    ["javascript:alert(1)", "data:text/html,x", "ftp://a.example/b", "//a.example", "https://a b", "https://u@a.example",
     "https:a.example", "java\nscript:x", "https://a.example/\nb", "notes/https://a.example", "https:\\\\a.example"],
)  # fmt: skip
def test_what_is_no_address_of_the_web_is_no_link(path: str) -> None:
    for kind in ("course", "web"):
        assert "<a " not in sources_html([replace(citation(1, "", "One.", path), kind=cast(Any, kind))])


def test_names_and_places_and_warnings_are_text() -> None:
    hostile = "<img src=x>"
    for shown in (
        sources_html([citation(1, hostile, "One.", hostile)]),
        warnings_html([hostile]),
        related_html([hit(hostile)]),
    ):
        assert hostile not in shown
        assert html.escape(hostile) in shown
    assert related_html([]) == ""
