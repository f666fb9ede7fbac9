"""Python source: functions and classes with their lines, and nothing left out."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.readers.python_source import read
from ingest.readers.text import visible

SOURCE = '''#!/usr/bin/env python
"""Counts words.

Twice."""

import os

LIMIT = 3  # most


# why this is slow
@cache
def count(text):
    """Count."""
    return len(text.split())


class Small:
    x = 1

    def go(self): ...


if __name__ == "__main__":
    count("a")
'''


def parts(source: str) -> list[tuple[str, str]]:
    return [(block.text.split("\n")[0], str(block.locator)) for block in read(source.encode(), "tools/count.py").blocks]


def test_definitions_are_blocks_with_their_comments_and_decorators() -> None:
    source = SOURCE.replace("#!/usr/bin/env python\n", "")
    assert parts(source) == [
        ("Counts words.", "lines 1-3"),
        ("import os", "lines 5-7"),
        ("# why this is slow", "lines 10-14; § count"),
        ("class Small:", "lines 17-20; § Small"),
        ('if __name__ == "__main__":', "lines 23-24"),
    ]


def test_the_docstring_is_prose_and_the_rest_is_code_that_stays_whole() -> None:
    document = read(b'"""Says hello.\n\nTwice."""\nx = 1\n', "a.py")
    assert [(block.kind, block.whole, block.text) for block in document.blocks] == [
        ("prose", False, "Says hello.\n\nTwice."),
        ("code", True, "x = 1"),
    ]
    assert document.dropped == {"docstring quotes": 6}


def test_a_shebang_before_the_docstring_is_kept() -> None:
    assert "#!/usr/bin/env python" in parts(SOURCE)[0][0]


def test_a_long_class_is_read_by_methods() -> None:
    methods = "".join(f"    def m{n}(self):\n" + "        pass\n" * 9 + "\n" for n in range(5))
    assert parts("class Long:\n    y = 2\n\n" + methods)[:3] == [
        ("class Long:", "lines 1-2; § Long"),
        ("    def m0(self):", "lines 4-13; § Long > m0"),
        ("    def m1(self):", "lines 15-24; § Long > m1"),
    ]


def test_python_2_is_cut_at_blank_lines_with_a_note() -> None:
    document = read(b"print 'hello'\n\nx = 1\n", "old.py")
    assert [block.text for block in document.blocks] == ["print 'hello'", "x = 1"]
    assert "not parsed as Python (line 1:" in document.notes[0]


@pytest.mark.parametrize("text", ["-" * 100_000 + "1", "(" * 5_000, "a" + ".b" * 50_000, "x = '\\d'\n", "\x0c\nx = 1"])
def test_odd_sources_are_read_all_the_same(text: str) -> None:
    blocks = read(text.encode(), "odd.py").blocks
    assert sum(visible(block.text) for block in blocks) == visible(text)


pieces = st.sampled_from(
    [
        "def f(): pass; x = 1",
        "x = 1; y = 2",
        "# c",
        "",
        "@d",
        "class A:",
        "    def g(self):",
        "        pass",
        "    z = 1",
    ]
    + ['"""doc', 'doc"""', "'''x'''", "if x:", "    def h(): pass", "async def k(): pass", "\\", "\x0c"]
)


@given(st.lists(pieces, max_size=60).map("\n".join))
def test_each_visible_character_is_in_a_block_or_counted(source: str) -> None:
    document = read(source.encode(), "a.py")
    kept = sum(visible(block.text) for block in document.blocks)
    assert kept + sum(document.dropped.values()) == visible(source)


def test_our_own_sources_are_read_without_loss() -> None:
    for path in sorted(Path(__file__).parent.glob("test_*.py"))[:8]:
        document = read(path.read_bytes(), path.name)
        kept = sum(visible(block.text) for block in document.blocks)
        assert kept + sum(document.dropped.values()) == visible(path.read_text()), path
