"""Turns a tree of HTML, or of trafilatura's own XML, into blocks. Chooses nothing: what stands in the tree is kept.

`counts` takes the visible characters that are added (marks of lists and cells, descriptions of pictures) and those of
headings, below 0, which stand in the path and in no block.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from index_store.chunks import Kind
from index_store.locators import Locator
from ingest.document import Block
from ingest.readers.outline import HEADINGS, Outline
from ingest.readers.text import visible

_INLINE = frozenset(
    ["a", "abbr", "b", "bdi", "bdo", "big", "cite", "data", "del", "dfn", "em", "font", "hi", "i", "ins", "kbd"]
    + ["label", "mark", "q", "ref", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt"]
    + ["u", "var"]
)
_HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_LISTS = frozenset({"ul", "ol", "menu", "list"})
_ITEMS = frozenset({"li", "item"})
_ROWS = frozenset({"tr", "row", "caption"})
_ROW_GROUPS = frozenset({"table", "thead", "tbody", "tfoot"})
_CELLS = frozenset({"td", "th", "cell"})
_PICTURES = frozenset({"img", "graphic"})
_BREAK = "\x00"  # stands for a line break while white space is folded; no decoded text holds it


def blocks_under(element: Any, outline: Outline, counts: Counter[str]) -> Iterator[Block]:
    """Give the blocks in an element, in order; runs of text and inline elements are paragraphs."""
    run: list[str] = [element.text or ""]
    for child in element:
        if _is_inline(child):
            run.append(_inline(child, counts))
        else:
            yield from _paragraph(run, outline)
            run = []
            yield from _block(child, outline, counts)
        run.append(child.tail or "")
    yield from _paragraph(run, outline)


def _is_inline(element: Any) -> bool:
    if element.tag == "code":
        return "\n" not in "".join(element.itertext()).strip() and not len(element)
    if element.tag in _INLINE:
        return all(_is_inline(child) for child in element)
    return not isinstance(element.tag, str) or element.tag in ("br", "lb", "wbr") or element.tag in _PICTURES


def _block(element: Any, outline: Outline, counts: Counter[str]) -> Iterator[Block]:
    tag = element.tag
    if tag in _HEADINGS or tag == "head":
        level = _HEADINGS.get(tag) or _HEADINGS.get(element.get("rend", ""), 2)
        heading = _folded(_inline(element, counts)).replace("\n", " ")
        lost = outline.enter(level, heading, Locator())
        counts[HEADINGS] += sum(visible(block.text) for block in lost) - visible(heading)
        yield from lost
    elif tag in _LISTS:
        yield from _made("\n".join(_items(element, 0, counts)), "list", outline)
    elif tag == "table":
        yield from _made("\n".join(_rows(element, counts)), "table", outline)
    elif tag in ("pre", "code"):
        yield from _made("".join(element.itertext()).strip("\n"), "code", outline)
    else:
        yield from blocks_under(element, outline, counts)


def _made(text: str, kind: Kind, outline: Outline) -> list[Block]:
    if not text.strip():
        return []
    return outline.filled([Block(text, Locator(headings=outline.path), kind, whole=kind in ("code", "table"))])


def _paragraph(run: list[str], outline: Outline) -> list[Block]:
    return _made(_folded("".join(run)), "prose", outline)


def _inline(element: Any, counts: Counter[str]) -> str:
    """Text of an element, with a mark for each line break and between the blocks in it; pictures give their `alt`."""
    if not isinstance(element.tag, str):
        return ""
    parts = [_BREAK] if element.tag in ("br", "lb") else []
    if element.tag in _PICTURES and len((alt := element.get("alt") or "").split()) >= 2:
        counts["descriptions of pictures"] += visible(alt.replace(_BREAK, ""))
        parts = [f"{_BREAK}{alt}{_BREAK}"]
    parts.append(element.text or "")  # what is a break or a picture elsewhere may hold text on a page
    for child in element:
        inner = _inline(child, counts)
        parts += [inner if _is_inline(child) else f"{_BREAK}{inner}{_BREAK}", child.tail or ""]
    return "".join(parts)


def _folded(text: str) -> str:
    """Fold white space as a browser does, and take out empty lines."""
    lines = (" ".join(line.split()) for line in text.split(_BREAK))
    return "\n".join(line for line in lines if line)


def _items(element: Any, depth: int, counts: Counter[str]) -> Iterator[str]:
    """Give a line for each item of a list; a list in it is indented below."""
    indent = "  " * depth
    if element.text and element.text.strip():
        yield indent + _folded(element.text)
    numbered, at = element.tag == "ol" or element.get("rend") == "ol", 0
    for child in element:
        at += isinstance(child.tag, str)
        if child.tag in _LISTS:
            yield from _items(child, depth + 1, counts)
        elif isinstance(child.tag, str):
            yield from _item(child, depth, f"{at}. " if numbered else "- ", counts)
        if child.tail and child.tail.strip():
            yield indent + _folded(child.tail)


def _item(item: Any, depth: int, mark: str, counts: Counter[str]) -> Iterator[str]:
    """Give the lines of an item: its own text, then the lists in it."""
    indent = "  " * depth
    own = [item.text or ""]
    nested: list[str] = []
    for inner in item:
        if inner.tag in _LISTS:
            nested += _items(inner, depth + 1, counts)
        else:
            text = _inline(inner, counts)
            own.append(text if _is_inline(inner) else f"{_BREAK}{text}{_BREAK}")
        own.append(inner.tail or "")
    text = _folded("".join(own)).replace("\n", f"\n{indent}  ")
    if text:
        counts["marks of lists"] += visible(mark)
        yield f"{indent}{mark}{text}"
    yield from nested


def _rows(element: Any, counts: Counter[str]) -> Iterator[str]:
    """Give a line for each row, its cells parted by " | "; a table in a cell is part of its text."""
    yield from _stray(element.text)
    for child in element:
        if child.tag in _ROWS:
            cells = list(_cells(child, counts))
            if any(cells):
                counts["bars between cells"] += len(cells) - 1
                yield " | ".join(cells)
        elif child.tag in _ROW_GROUPS:
            yield from _rows(child, counts)
        else:
            yield from _stray(_inline(child, counts))
        yield from _stray(child.tail)


def _cells(row: Any, counts: Counter[str]) -> Iterator[str]:
    """Give the texts of a row's cells, empty ones too, and what strays between them."""
    if not any(cell.tag in _CELLS for cell in row):
        yield _folded(_inline(row, counts)).replace("\n", " ")
        return
    yield from _stray(row.text)
    for cell in row:
        text = _folded(_inline(cell, counts)).replace("\n", " ")
        if text or cell.tag in _CELLS:
            yield text
        yield from _stray(cell.tail)


def _stray(text: str | None) -> list[str]:
    """Give text that stands where none should, in one line, if there is any."""
    line = _folded(text or "").replace("\n", " ")
    return [line] if line else []
