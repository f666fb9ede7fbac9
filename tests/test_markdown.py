"""Markdown and MDX: verbatim blocks, exact lines, heading paths, and each dropped character counted under a rule."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index_store.locators import Locator
from ingest.document import Document
from ingest.readers.markdown import HEADINGS, blocks_of, read
from ingest.readers.outline import Outline
from ingest.readers.text import visible


def blocks(source: str, name: str = "lesson.md") -> list[tuple[str, str, str]]:
    return [(block.kind, str(block.locator), block.text) for block in read(source.encode(), name).blocks]


def texts(source: str, name: str = "lesson.md") -> list[str]:
    return [text for _, _, text in blocks(source, name)]


def mdx(source: str) -> list[tuple[str, str, str]]:
    return blocks(source, "lesson.mdx")


def assert_accounted(document: Document, source: str) -> None:
    """Every visible character is in a block or counted under a rule."""
    kept = sum(visible(block.text) for block in document.blocks)
    assert kept + sum(document.dropped.values()) == visible(source)


def test_blocks_are_the_lines_of_the_source_under_their_headings() -> None:
    source = (
        "# Title\n\nIntro *here*,\nsecond line.\n\n## Part `one`\n\n- a\n- b\n  - c\n\n> quoted\n\n### Deep\n1. x\n"
    )
    assert blocks(source) == [
        ("prose", "lines 3-4; § Title", "Intro *here*,\nsecond line."),
        ("list", "lines 8-10; § Title > Part one", "- a\n- b\n  - c"),
        ("prose", "lines 12-12; § Title > Part one", "> quoted"),
        ("list", "lines 15-15; § Title > Part one > Deep", "1. x"),
    ]


def test_setext_headings_are_headings() -> None:
    assert blocks("Title\n=====\n\na\n\nPart\n---\nb\n") == [
        ("prose", "lines 4-4; § Title", "a"),
        ("prose", "lines 8-8; § Title > Part", "b"),
    ]


def test_a_sibling_heading_closes_the_deeper_ones() -> None:
    assert [locator for _, locator, _ in blocks("# A\n### B\nb\n## C\nc\n# D\nd\n")] == [
        "lines 3-3; § A > B",
        "lines 5-5; § A > C",
        "lines 7-7; § D",
    ]


@pytest.mark.parametrize("fence", ["```", "~~~", "`````"])
def test_fences_of_both_kinds_stay_whole_and_hide_what_looks_like_markup(fence: str) -> None:
    code = f"{fence}python\nimport os\n\n# no heading\n<Tab>x</Tab> <!-- y -->\n![a b](c)\n{fence}"
    for name in ("a.md", "a.mdx"):
        (block,) = read(f"{code}\n".encode(), name).blocks
        assert (block.text, block.kind, block.whole) == (code, "code", True)
        assert str(block.locator) == "lines 1-7"


def test_a_fence_in_a_list_is_a_block_of_its_own() -> None:
    assert blocks("- do this:\n\n  ```sh\n  make\n  ```\n\n- then that\n") == [
        ("list", "lines 1-1", "- do this:"),
        ("code", "lines 3-5", "```sh\nmake\n```"),
        ("list", "lines 7-7", "- then that"),
    ]


def test_tables_are_blocks() -> None:
    source = "Sizes:\n\n| Model | Size |\n|---|---|\n| A | 1 |\n\nafter\n"
    assert [(kind, text.split("\n")[0]) for kind, _, text in blocks(source)] == [
        ("prose", "Sizes:"),
        ("table", "| Model | Size |"),
        ("prose", "after"),
    ]


def test_indented_code_is_code_in_markdown_and_prose_in_mdx() -> None:
    assert blocks("a\n\n    x = 1\n")[1] == ("code", "lines 3-3", "x = 1")
    assert mdx("a\n\n    so it goes\n")[1] == ("prose", "lines 3-3", "so it goes")


def test_headings_with_nothing_under_them_are_blocks() -> None:
    assert blocks("# A\n## Empty\n## Full\ntext\n## Last\n") == [
        ("prose", "lines 2-2; § A > Empty", "Empty"),
        ("prose", "lines 4-4; § A > Full", "text"),
        ("prose", "lines 5-5; § A > Last", "Last"),
    ]


@pytest.mark.parametrize(
    ("source", "title"),
    [
        ("---\ntitle: 'Front: one'\ntags: [a]\n---\n# H\nx", "Front: one"),
        ("+++\ntitle = 'Toml'\n+++\n\nx", "Toml"),
        ("intro\n\n# First *one*\n# Second", "First one"),
        ("## Starts deeper\n\nx\n\n# Later\n\ny", "Starts deeper"),
        ("only text", "lesson"),
        ("---\ntitle: [not, text]\n---\nx", "lesson"),
    ],
)
def test_the_title_is_the_front_matters_or_the_first_headings_or_the_file_name(source: str, title: str) -> None:
    assert read(source.encode(), "course/lesson.md").title == title


def test_front_matter_is_dropped_but_its_description_kept() -> None:
    document = read(b"---\ntitle: T\ndescription: All about it.\n---\n\nBody\n", "a.md")
    assert [(str(block.locator), block.text) for block in document.blocks] == [
        ("lines 1-4", "All about it."),
        ("lines 6-6", "Body"),
    ]
    assert document.dropped == {"front matter": 25}


@pytest.mark.parametrize("source", ["---\n\nNote: this\n\nis text\n\n---\n", "---\na: [\n---\n", "---\ntitle: x\n"])
def test_rules_at_the_start_are_not_taken_for_front_matter(source: str) -> None:
    document = read(source.encode(), "a.md")
    assert "front matter" not in document.dropped
    assert_accounted(document, source)


def test_comments_are_dropped_even_with_half_a_fence_in_them() -> None:
    assert texts("a <!-- gone --> b\n\n<!--\n```\ngone\n-->\n\n## H\n\nc\n") == ["a  b", "c"]


def test_html_tags_go_and_their_text_stays() -> None:
    source = '<div align="center">\n  <b>Bold</b> H<sub>2</sub>O<br>next\n</div>\n\nuse `<b>` and <name> here\n'
    assert texts(source) == ["Bold H2O next", "use `<b>` and <name> here"]


def test_scripts_and_styles_go_with_their_content() -> None:
    document = read(b"a\n\n<script>\nlet x = 1;\n</script>\n\n<style>p {}</style>\nb\n", "a.md")
    assert [block.text for block in document.blocks] == ["a", "b"]
    assert "scripts and styles" in document.dropped


def test_a_script_named_in_prose_does_not_reach_into_a_fence() -> None:
    source = "say <script> in\n\n```html\n<b>x</b></script>\n```\n\nend\n"
    assert texts(source) == ["say <script> in", "```html\n<b>x</b></script>\n```", "end"]


def test_an_import_within_a_script_is_counted_once() -> None:
    source = "<script>\nimport a from 'b'\n</script>\n\nx\n"
    assert_accounted(read(source.encode(), "a.mdx"), source)


def test_images_keep_what_they_tell_and_links_stay_as_they_are() -> None:
    source = "![the whole pipeline](img/p.png 'x') and [docs](http://a.b/c_(d))\n\n[![Open it](b.svg)](http://c)\n\n![png](o.png)\n"
    assert texts(source) == ["the whole pipeline and [docs](http://a.b/c_(d))", "[Open it](http://c)"]


def test_imports_and_exports_of_mdx_go_and_prose_that_starts_alike_stays() -> None:
    source = (
        "import { Tabs,\n  Tab } from 'x'\nimport './style.css'\nexport const meta = {\n  a: '}',\n}\n"
        "import taxes are high, as we know from 'The Times'\n\nexport them\n"
    )
    assert [text for _, _, text in mdx(source)] == ["import taxes are high, as we know from 'The Times'", "export them"]
    assert "import {" in texts("import { a } from 'b'\n")[0]  # in Markdown that is text


def test_components_go_and_the_prose_in_them_stays() -> None:
    source = (
        'import { Callout } from "x"\n\n# T\n\n<Callout type="info" emoji="!">\n  Mind **this**.\n</Callout>\n\n'
        '<iframe width="100%"\n  src="https://v"\n  title="video player"\n/>\n\nText with <Icon name="x" /> inside.\n'
    )
    assert mdx(source) == [
        ("prose", "lines 6-6; § T", "Mind **this**."),
        ("prose", "lines 14-14; § T", "Text with  inside."),
    ]


def test_attributes_with_prose_are_kept() -> None:
    source = (
        '<Cards>\n  <Card\n    icon={<FilesIcon />}\n    title="Few-shot prompting"\n    href="/x"\n  />\n</Cards>\n'
    )
    assert mdx(source) == [("prose", "lines 4-4", "Few-shot prompting")]
    assert mdx("<Shot src={A} alt='A long description' />\n\n<Shot src={A} alt='IMG' />")[0][2] == "A long description"
    assert [text for _, _, text in mdx("<Note title={'Be careful'}>now</Note>")] == ["Be careful now"]


def test_the_name_of_a_tab_goes_into_the_path_of_what_stands_in_it() -> None:
    source = (
        "# T\n\n<Tabs items={['GPT, new', \"Other\"]}>\n    <Tab>\n        ```py\n        if a < b:\n            <x>\n"
        "        ```\n    </Tab>\n    <Tab>\n        Words.\n    </Tab>\n</Tabs>\n\nafter\n\n"
        '<TabItem label="Mine">\nx\n</TabItem>\n'
    )
    assert mdx(source) == [
        ("code", "lines 5-8; § T > GPT, new", "```py\nif a < b:\n    <x>\n```"),
        ("prose", "lines 11-11; § T > Other", "Words."),
        ("prose", "lines 15-15; § T", "after"),
        ("prose", "lines 18-18; § T > Mine", "x"),
    ]


def test_angle_brackets_that_are_no_component_stay() -> None:
    source = "If a <b, c> d, or List<String>, write <PLACEHOLDER> or 2 < 3.\n"
    assert [text for _, _, text in mdx(source)] == [source.strip()]


def test_a_quotation_mark_left_open_in_a_tag_swallows_no_paragraphs() -> None:
    assert texts('<a href="x>one</a>\n\ntwo" > three\n')[1] == 'two" > three'


def test_cells_of_a_notebook_share_one_outline() -> None:
    outline = Outline()
    first, _ = blocks_of("# A\n\n## B\n", Locator(cell=1), outline)
    second, _ = blocks_of("x\n", Locator(cell=2), outline)
    third, _ = blocks_of("## C", Locator(cell=3), outline)
    found = [*first, *second, *third, *outline.finish()]
    assert [(str(block.locator), block.text) for block in found] == [("cell 2; § A > B", "x"), ("cell 3; § A > C", "C")]
    assert outline.title == "A"


def test_headings_are_counted_as_kept_in_the_path() -> None:
    assert read(b"# Long name\n\ntext\n", "a.md").dropped == {HEADINGS: 9}


def test_a_heading_of_endless_length_is_prose() -> None:
    (block,) = read(b"# " + b"word " * 1000, "a.md").blocks
    assert block.locator.headings == ()


LINES = [
    "# H",
    "## H *i*",
    "Set",
    "===",
    "---",
    "- item",
    "  - deep",
    "1. one",
    "> quote",
    "```",
    "~~~",
    "    code",
    "",
    "",
]
LINES += [
    "| a | b |",
    "|---|---|",
    "| c |",
    "<!-- c -->",
    "<!--",
    "-->",
    "<b>x</b>",
    "<div>",
    "</div>",
    "![a b](c)",
    "`<b>`",
]
LINES += [
    "text",
    "a <br> b",
    "&amp; [l](u)",
    "[l]: u",
    "\\<b>",
    "<script>",
    "</script>",
    "---",
    "title: t",
    "***",
    "+++",
]
MDX_LINES = ["import a from 'b'", "export const x = {", "}", "<Tab>", "</Tab>", "<Tabs items={['p', 'q']}>", "</Tabs>"]
MDX_LINES += [
    "<Card title='one two' />",
    "<Card",
    "  title='x'",
    "/>",
    "{/* c */}",
    "{/*",
    "*/}",
    "<>",
    "</>",
    "  <Tab>in</Tab>",
]
sources = st.lists(st.sampled_from(LINES + MDX_LINES), max_size=30).map("\n".join)


@pytest.mark.parametrize("name", ["a.md", "a.mdx"])
@given(source=sources)
@settings(deadline=None, max_examples=300)
def test_each_visible_character_is_kept_or_counted(name: str, source: str) -> None:
    document = read(source.encode(), name)
    assert_accounted(document, source)
    assert_verbatim(document, source)


@pytest.mark.parametrize("name", ["a.md", "a.mdx"])
@given(source=st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t"), max_size=80))
@settings(deadline=None)
def test_any_text_is_kept_or_counted(name: str, source: str) -> None:
    source = source.removeprefix("\ufeff")
    assert_accounted(read(source.encode(), name), source)


def assert_verbatim(document: Document, source: str) -> None:
    """Each block is in its lines of the source, but for what was cut out: its characters stand there in order."""
    lines = source.split("\n")
    for block in document.blocks:
        assert block.locator.lines is not None
        first, last = block.locator.lines
        rest = iter("".join(lines[first - 1 : last]))
        assert all(character in rest for character in "".join(block.text.split())), (block, source)


def test_the_real_material_is_accounted_for(shared: Path) -> None:
    paths = sorted((shared / "corpus").rglob("*.md*"))
    assert len(paths) > 100
    for path in paths:
        source = path.read_text()
        document = read(path.read_bytes(), path.name)
        assert_accounted(document, source)
        assert_verbatim(document, source)
        prose = "\n".join(block.text for block in document.blocks if block.kind != "code")
        assert not any(mark in prose for mark in ("<Tab", "<Callout", "<iframe", "</Card", "import {")), path
