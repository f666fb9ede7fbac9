"""HTML: the main text under its headings, and none of what stands around it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index_store.errors import UnreadableFile
from ingest.readers import html
from ingest.readers.html import read

PAGE = """<!doctype html><html><head><title>Lesson 3 -  Course</title><script>var x = "gone";</script></head><body>
<nav><a href="/">Gone home</a></nav>
<main><h1>Retrieval</h1><p>A first paragraph with <b>bold</b> and <a href="http://x.y">a link</a>,
long enough to count.<br>Second line, H<sub>2</sub>O.</p>
<h2>Why</h2><p>Models do not know your files, so passages are looked up first.</p>
<ul><li>first</li><li>second with <code>code()</code><ul><li>nested</li></ul></li></ul>
<pre><code>def f(x):
    return x &lt; 2
</code></pre>
<h3>Sizes</h3><table><tr><th>Model</th><th>Size</th></tr><tr><td>MiniLM</td><td>22M</td></tr></table>
<h2>Nothing here</h2><h2>Last</h2><p>Done.</p></main>
<footer>Gone copyright</footer></body></html>"""


def blocks(source: str | bytes) -> list[tuple[str, str, str]]:
    data = source.encode() if isinstance(source, str) else source
    return [(block.kind, str(block.locator), block.text) for block in read(data, "page.html").blocks]


def test_the_main_text_is_read_under_its_headings() -> None:
    assert blocks(PAGE) == [
        (
            "prose",
            "§ Retrieval",
            "A first paragraph with bold and a link, long enough to count.\nSecond line, H2O.",
        ),
        ("prose", "§ Retrieval > Why", "Models do not know your files, so passages are looked up first."),
        ("list", "§ Retrieval > Why", "- first\n- second with code()\n  - nested"),
        ("code", "§ Retrieval > Why", "def f(x):\n    return x < 2"),
        ("table", "§ Retrieval > Why > Sizes", "Model | Size\nMiniLM | 22M"),
        ("prose", "§ Retrieval > Nothing here", "Nothing here"),
        ("prose", "§ Retrieval > Last", "Done."),
    ]


def test_what_was_left_out_is_counted_by_rule() -> None:
    document = read(PAGE.encode(), "page.html")
    assert document.dropped["around the main text"] == len("Gonehome") + len("Gonecopyright")
    assert document.dropped["markup and scripts"] > 300
    assert document.notes == ()


def test_the_title_is_the_pages_or_its_first_heading_or_the_file_name() -> None:
    assert read(PAGE.encode(), "page.html").title == "Lesson 3 - Course"
    assert read(b"<h1>Head</h1><p>Some text under it.</p>", "page.html").title == "Head"
    assert read(b"<p>Some text.</p>", "a/page.html").title == "page"


def test_a_main_element_that_the_extractor_would_cut_is_read_whole() -> None:
    cards = "".join(f"<div><a href='/{n}'>Topic number {n}</a></div>" for n in range(40))
    document = read(f"<body><nav>Gone</nav><main><h1>Topics</h1>{cards}</main></body>".encode(), "page.html")
    text = "\n".join(block.text for block in document.blocks)
    assert all(f"Topic number {n}" in text for n in range(40))
    assert "Gone" not in text


def test_a_list_in_the_main_element_that_the_extractor_takes_for_navigation_is_kept() -> None:
    prose = "".join(f"<p>Paragraph {n} tells in a whole sentence what this lesson is about.</p>" for n in range(6))
    links = "".join(f"<li><a href='/{n}'>Topic number {n} of the course</a></li>" for n in range(60))
    text = blocks(f"<body><main><h1>Topics</h1>{prose}<ul>{links}</ul></main></body>")[-1][2]
    assert text.endswith("- Topic number 59 of the course")


def test_a_short_page_keeps_its_headings() -> None:
    texts = ["The first paragraph is one whole sentence that tells something.", "And the second is another."]
    assert blocks(f"<body><h2>One</h2><p>{texts[0]}</p><h2>Two</h2><p>{texts[1]}</p></body>") == [
        ("prose", "§ One", texts[0]),
        ("prose", "§ Two", texts[1]),
    ]


def test_a_short_page_is_read_whole_but_for_its_navigation() -> None:
    document = read(b"<body><nav>Gone</nav><form><label>Enter words</label></form></body>", "page.html")
    assert [block.text for block in document.blocks] == ["Enter words"]


def test_a_page_without_any_container_keeps_its_headings_and_lists() -> None:
    prose = "A paragraph of one long sentence that tells a number of things at once, really."
    parts = "".join(f"<h2>Part {n}</h2><p>{prose}</p><ul><li>item {n}</li></ul>" for n in range(9))
    found = blocks(f"<body><nav>Gone</nav>{parts}</body>")
    assert [locator for _, locator, _ in found] == [f"§ Part {n}" for n in range(9) for _ in range(2)]
    assert found[-1][2] == "- item 8"


def test_a_page_that_is_mostly_something_else_is_read_by_the_extractor() -> None:
    prose = f"<p>{'A sentence that tells something. ' * 12}</p>"
    around = "".join(f"<div><h4>Offer {n}</h4><a href='/{n}'>Buy this wonderful thing now</a></div>" for n in range(90))
    assert "Buy this" not in "".join(text for _, _, text in blocks(f"<body><div>{prose}</div>{around}</body>"))


def test_a_page_where_no_main_text_is_found_is_read_whole_with_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "_MOST_ELEMENTS", 5)
    document = read(PAGE.replace("main>", "div>").encode(), "page.html")
    assert len(document.blocks) == 7
    assert "read whole" in document.notes[0]
    assert "Gone" not in "".join(block.text for block in document.blocks)


def test_the_declared_encoding_is_used() -> None:
    source = (
        "<html><head><meta charset='windows-1251'><title>Лекция</title></head><body><p>Привет, мир.</p></body></html>"
    )
    document = read(source.encode("cp1251"), "page.html")
    assert document.title == "Лекция"
    assert document.notes == ("read as windows-1251, as the page declares",)


def test_a_wrong_declaration_falls_back() -> None:
    source = "<html><head><meta charset='no-such'></head><body><p>Größe zählt hier.</p></body></html>"
    document = read(source.encode("latin-1"), "page.html")
    assert document.blocks[0].text == "Größe zählt hier."
    assert document.notes == ("read as Latin-1",)


def test_xhtml_with_a_declaration_is_read() -> None:
    source = "<?xml version='1.0' encoding='utf-8'?><html xmlns='http://www.w3.org/1999/xhtml'><body><p>Größe.</p></body></html>"
    assert blocks(source)[0][2] == "Größe."


@pytest.mark.parametrize("source", ["", "src='/formula?id=3'", "src='data:image/png;base64,AAAA'", "src='a.svg'"])
def test_the_text_behind_a_picture_of_any_address_is_read(source: str) -> None:
    behind = "the gradient is taken over all weights of the layer, and its sign is turned. " * 6
    page = f"<main><h1>Descent</h1><p>With <img {source}> {behind}</p><p>Next, {behind}</p></main>"
    document = read(page.encode(), "page.html")
    assert document.blocks[0].text.startswith("With the gradient is taken")
    assert document.unaccounted == 0


@pytest.mark.parametrize("sign", ["\x0c", "\x01", "\ufffe", "&#x1e;", "&#11;"])
@pytest.mark.parametrize("page", ["<main>a<nav>x</nav>b{}c<p>{} d</p></main>", "<nav>x</nav>b{}c<img alt='one{}two'>"])
def test_a_control_character_is_a_space(page: str, sign: str) -> None:
    text = " ".join(block.text for block in read(page.replace("{}", sign).encode(), "page.html").blocks)
    assert "b c" in text
    assert " ".join(text.split("\n")).isprintable()


def test_binary_data_is_refused() -> None:
    with pytest.raises(UnreadableFile, match="a PDF"):
        read(b"%PDF-1.4 \0", "page.html")


TAGS = [
    "<p>",
    "</p>",
    "<h1>",
    "</h1>",
    "<ul>",
    "<li>",
    "</ul>",
    "<pre>",
    "</pre>",
    "<table>",
    "<tr>",
    "<td>",
    "<br>",
    "<b>",
]
TAGS += [
    "<main>",
    "</main>",
    "<nav>",
    "</nav>",
    "<!--",
    "-->",
    "<img alt='a b'>",
    "<code>",
    "</code>",
    "<ol>",
    "word ",
    "\n",
]


@given(st.lists(st.sampled_from(TAGS), max_size=40).map("".join))
@settings(deadline=None, max_examples=150)
def test_any_tags_give_a_document(source: str) -> None:
    document = read(source.encode(), "page.html")
    assert all(block.text.strip() for block in document.blocks)
