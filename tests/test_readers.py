"""The registry: every suffix has its reader, and nothing but a document or an UnreadableFile comes out."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index_store.errors import UnreadableFile
from ingest.document import Document
from ingest.readers import READERS, SUFFIXES, read_document

TEXT_FORMATS = (".md", ".mdx", ".txt", ".csv", ".tsv", ".html", ".py")
MARKS = [
    "<",
    ">",
    "</",
    "/>",
    "<b>",
    "<Tab ",
    "<Tabs items={['a']}>",
    "{",
    "}",
    "{/*",
    "*/}",
    "<!--",
    "-->",
    "import ",
    "\\",
]
MARKS += [
    "export const a = {",
    "```",
    "~~~",
    "`",
    "---\n",
    "+++\n",
    "title: x\n",
    "# ",
    "=\n",
    "> ",
    "- ",
    "1. ",
    "    ",
]
MARKS += [
    "|",
    "| - |",
    "![",
    "](",
    "[",
    "\n",
    "\n\n",
    "\t",
    '"',
    "'",
    ",",
    ";",
    "a b",
    "def f():",
    "class A:",
    '"""',
    "é",
]
markish = st.lists(st.one_of(st.sampled_from(MARKS), st.text(max_size=8)), max_size=40).map("".join)
quiet = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def outcome(read: Callable[[], Document]) -> Document | UnreadableFile:
    try:
        return read()
    except UnreadableFile as error:
        return error


def test_every_format_of_the_product_has_a_reader() -> None:
    wanted = [".md", ".mdx", ".ipynb", ".pdf", ".txt", ".vtt", ".srt", ".html", ".csv", ".docx", ".pptx", ".py"]
    assert set(wanted) <= SUFFIXES == set(READERS)


def test_an_unknown_suffix_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnreadableFile, match=r"photo\.xyz.*\.xyz.*\.md"):
        read_document(b"x", "photo.xyz")
    with pytest.raises(UnreadableFile, match="without a suffix"):
        read_document(b"x", "Makefile")


def test_the_suffix_of_a_web_address_is_said_by_the_caller() -> None:
    assert read_document(b"<p>Hello there", "https://a.b/c?d=e", suffix=".html").blocks[0].text == "Hello there"


def test_upper_case_suffixes_are_known() -> None:
    assert read_document(b"# Hi\n\nthere", "A.MD").title == "Hi"


@pytest.mark.parametrize("data", [b"", b" \n\t ", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(UnreadableFile, match=r"a/b\.md (is empty|holds no text)"):
        read_document(data, "a/b.md")


def test_a_file_without_any_text_is_refused() -> None:
    with pytest.raises(UnreadableFile, match="holds no text"):
        read_document(b"<!-- nothing -->\n\n---\n", "a.md")


def test_registering_loads_no_reader() -> None:
    code = "import sys, ingest.readers; print({'markdown_it', 'trafilatura', 'lxml', 'yaml'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize("suffix", TEXT_FORMATS)
@given(data=st.binary(max_size=300))
@quiet
def test_any_bytes_give_a_document_or_an_unreadable_file(suffix: str, data: bytes) -> None:
    found = outcome(lambda: read_document(data, "x" + suffix))
    if isinstance(found, UnreadableFile):
        assert found.hint
        assert found.message.startswith("x" + suffix)
    else:
        check(found)


@pytest.mark.parametrize("suffix", TEXT_FORMATS)
@given(text=markish)
@quiet
def test_any_text_gives_a_document_or_an_unreadable_file(suffix: str, text: str) -> None:
    found = outcome(lambda: read_document(text.encode("utf-8", "replace"), "x" + suffix))
    if isinstance(found, Document):
        check(found)


def check(document: Document) -> None:
    """What holds for each document: a title, blocks with text that UTF-8 can write, counts that add up."""
    assert document.title
    assert all(block.text.strip() for block in document.blocks)
    assert all(count > 0 for count in (*document.dropped.values(), *document.added.values()))
    assert document.unaccounted == 0  # every character is kept, or dropped by a rule that has a name
    for block in document.blocks:
        block.text.encode()
        if block.locator.lines is not None:
            assert 1 <= block.locator.lines[0] <= block.locator.lines[1]


@pytest.mark.parametrize("suffix", TEXT_FORMATS)
@pytest.mark.parametrize(
    "part", ["word ", "a", "<b ", "`` ` ", "![a](", "[", "**a ", "|", "<a x={", '"', "<!--", "<script>"]
)
def test_an_endless_line_is_read_in_time_linear_in_its_length(suffix: str, part: str) -> None:
    """Two sizes, so that no clock is asked: work is counted as function calls and lines run."""
    small, large = (work(suffix, part * (size // len(part))) for size in (10_000, 40_000))
    assert large < 8 * small + 10_000


def work(suffix: str, text: str) -> int:
    steps = 0

    def count(*_: object) -> object:
        nonlocal steps
        steps += 1
        return None

    read = lambda: read_document(text.encode(), "x" + suffix)  # noqa: E731
    outcome(lambda: read_document(b"warm up", "x" + suffix))
    before = sys.getprofile()
    sys.setprofile(count)
    try:
        outcome(read)
    finally:
        sys.setprofile(before)
    return steps
