"""Reads Python source: a block for each function and class (a long class by methods), and the lines between them.

Every line is in one block, comments too; only the quotes of a module docstring are dropped. Runs none of the code.
"""

from __future__ import annotations

import ast
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from index_store.locators import Locator
from ingest.document import Block, Document
from ingest.readers.plain import paragraphs
from ingest.readers.text import decode, file_title, visible

_LONG_CLASS = 40  # lines from which on each method is a block of its own
_MOST_CHARACTERS = 2_000_000  # a syntax tree takes some hundred times the memory of its source
_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


class _Part(NamedTuple):
    """Lines `first` to `last`, from 1, the last one included."""

    first: int
    last: int
    names: tuple[str, ...] = ()


def read(data: bytes, name: str) -> Document:
    """Read a Python file; one that does not parse is cut at blank lines, with a note.

    Raises:
        UnreadableFile: when the bytes are no text.
    """
    decoded = decode(data, name)
    tree = _parse(decoded.text)
    if isinstance(tree, str):
        blocks = [
            Block("\n".join(lines), Locator(lines=(first, first + len(lines) - 1)), "code", whole=True)
            for first, lines in paragraphs(decoded.text)
        ]
        notes = (*decoded.notes, f"not parsed as Python ({tree}), so cut at blank lines")
        return Document(file_title(name), tuple(blocks), visible(decoded.text), {}, notes)
    lines = decoded.text.split("\n")
    dropped: Counter[str] = Counter()
    start, blocks = _docstring(tree, lines, dropped)
    for part in _parts(tree.body, lines, start, len(lines), ()):
        blocks += _block(lines, part)
    return Document(file_title(name), tuple(blocks), visible(decoded.text), dict(dropped), decoded.notes)


def _parse(text: str) -> ast.Module | str:
    """Parse, or say in words why that is not possible."""
    if len(text) > _MOST_CHARACTERS:
        return "too long"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a wrong escape in someone's file is not our user's business
            return ast.parse(text)
    except SyntaxError as error:
        return f"line {error.lineno}: {error.msg}"
    except (ValueError, RecursionError, MemoryError):  # the parser's answers to depth and to odd characters
        return "nested too deep or with odd characters"


def _docstring(tree: ast.Module, lines: Sequence[str], dropped: Counter[str]) -> tuple[int, list[Block]]:
    """Give the module docstring as prose, and the first line after it; 1 and none where there is none to take."""
    node = tree.body[0] if tree.body else None
    if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)):
        return 1, []
    last = node.end_lineno or node.lineno
    source = "\n".join(lines[node.lineno - 1 : last]).strip()
    quotes = source[:3]
    plain = quotes in ('"""', "'''") and source.endswith(quotes) and len(source) >= 6 and "\\" not in source
    text = source[3:-3].strip() if plain else ""
    if not text or quotes in text or any(line.strip() for line in lines[: node.lineno - 1]):
        return 1, []
    dropped["docstring quotes"] = visible(source) - visible(text)
    return last + 1, [Block(text, Locator(lines=(node.lineno, last)))]


def _parts(
    body: Sequence[ast.stmt], lines: Sequence[str], first: int, last: int, names: tuple[str, ...]
) -> Iterator[_Part]:
    """Cut lines `first` to `last` into the definitions of `body` and what stands between them."""
    at = first
    for node in body:
        if not isinstance(node, _Definition):
            continue
        start = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
        start = max(at, _with_comments(lines, start, at))
        end = min(last, node.end_lineno or node.lineno)
        if end < start:
            continue  # shares its line with what stands before it ("; ")
        if at < start:
            yield _Part(at, start - 1, names)
        yield from _definition(node, lines, start, end, names)
        at = end + 1
    if at <= last:
        yield _Part(at, last, names)


def _definition(
    node: _Definition, lines: Sequence[str], start: int, end: int, names: tuple[str, ...]
) -> Iterator[_Part]:
    inner = (*names, node.name)
    if isinstance(node, ast.ClassDef) and end - start >= _LONG_CLASS:
        yield from _parts(node.body, lines, start, end, inner)
    else:
        yield _Part(start, end, inner)


def _with_comments(lines: Sequence[str], start: int, at: int) -> int:
    """First line of the comments that stand right above a definition."""
    while start > at and lines[start - 2].lstrip().startswith("#"):
        start -= 1
    return start


def _block(lines: Sequence[str], part: _Part) -> list[Block]:
    filled = [number for number in range(part.first, part.last + 1) if lines[number - 1].strip()]
    if not filled:
        return []
    text = "\n".join(line.rstrip() for line in lines[filled[0] - 1 : filled[-1]])
    return [Block(text, Locator(lines=(filled[0], filled[-1]), headings=part.names), "code", whole=True)]
