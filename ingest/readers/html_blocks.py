"""Turns a tree of HTML, or of trafilatura's own XML, into blocks. Chooses nothing: what stands in the tree is kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from index_store.chunks import Kind
from index_store.locators import Locator
from ingest.document import Block
from ingest.readers.outline import Outline

_INLINE = frozenset(
    ["a", "abbr", "b", "bdi", "bdo", "big", "cite", "data", "del", "dfn", "em", "font", "hi", "i", "ins", "kbd"]
    + ["label", "mark", "q", "ref", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt"]
    + ["u", "var"]
)
_HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_LISTS = frozenset({"ul", "ol", "menu", "list"})
_ITEMS = frozenset({"li", "item"})
_CELLS = frozenset({"td", "th", "cell"})
_PICTURES = frozenset({"img", "graphic"})
_BREAK = "\x00"  # stands for a line break while white space is folded; no decoded text holds it


def blocks_under(element: Any, outline: Outline) -> Iterator[Block]:
    """Give the blocks in an element, in order; runs of text and inline elements are paragraphs."""
    run: list[str] = [element.text or ""]
    for child in element:
        if _is_inline(child):
            run.append(_inline(child))
        else:
            yield from _paragraph(run, outline)
            run = []
            yield from _block(child, outline)
        run.append(child.tail or "")
    yield from _paragraph(run, outline)


def _is_inline(element: Any) -> bool:
    if element.tag == "code":
        return "\n" not in "".join(element.itertext()).strip() and not len(element)
    if element.tag in _INLINE:
        return all(_is_inline(child) for child in element)
    return not isinstance(element.tag, str) or element.tag in ("br", "lb", "wbr") or element.tag in _PICTURES


def _block(element: Any, outline: Outline) -> Iterator[Block]:
    tag = element.tag
    if tag in _HEADINGS or tag == "head":
        level = _HEADINGS.get(tag) or _HEADINGS.get(element.get("rend", ""), 2)
        yield from outline.enter(level, _folded(_inline(element)).replace("\n", " "), Locator())
    elif tag in _LISTS:
        yield from _made("\n".join(_items(element, 0)), "list", outline)
    elif tag == "table":
        yield from _made("\n".join(_rows(element)), "table", outline)
    elif tag in ("pre", "code"):
        yield from _made("".join(element.itertext()).strip("\n"), "code", outline)
    else:
        yield from blocks_under(element, outline)


def _made(text: str, kind: Kind, outline: Outline) -> list[Block]:
    if not text.strip():
        return []
    return outline.filled([Block(text, Locator(headings=outline.path), kind, whole=kind in ("code", "table"))])


def _paragraph(run: list[str], outline: Outline) -> list[Block]:
    return _made(_folded("".join(run)), "prose", outline)


def _inline(element: Any) -> str:
    """Text of an element, with a mark for each line break and between the blocks in it; pictures give their `alt`."""
    if not isinstance(element.tag, str):
        return ""
    if element.tag in ("br", "lb"):
        return _BREAK
    if element.tag in _PICTURES:
        alt = element.get("alt") or ""
        return f"{_BREAK}{alt}{_BREAK}" if len(alt.split()) > 1 else ""
    parts = [element.text or ""]
    for child in element:
        inner = _inline(child)
        parts += [inner if _is_inline(child) else f"{_BREAK}{inner}{_BREAK}", child.tail or ""]
    return "".join(parts)


def _folded(text: str) -> str:
    """Fold white space as a browser does, and take out empty lines."""
    lines = (" ".join(line.split()) for line in text.split(_BREAK))
    return "\n".join(line for line in lines if line)


def _items(element: Any, depth: int) -> Iterator[str]:
    """Give a line for each item of a list; a list in it is indented below."""
    indent = "  " * depth
    for at, child in enumerate((child for child in element if isinstance(child.tag, str)), 1):
        if child.tag in _LISTS:
            yield from _items(child, depth + 1)
            continue
        mark = f"{at}. " if element.tag == "ol" or element.get("rend") == "ol" else "- "
        own = [child.text or ""]
        nested: list[str] = []
        for inner in child:
            if inner.tag in _LISTS:
                nested += _items(inner, depth + 1)
            else:
                own.append(_inline(inner) if _is_inline(inner) else f"{_BREAK}{_inline(inner)}{_BREAK}")
            own.append(inner.tail or "")
        text = _folded("".join(own)).replace("\n", f"\n{indent}  ")
        if text:
            yield f"{indent}{mark}{text}"
        yield from nested
        if child.tail and child.tail.strip():
            yield indent + _folded(child.tail)


def _rows(table: Any) -> Iterator[str]:
    """Give a line for each row, its cells parted by " | "."""
    for row in table.iter("tr", "row", "caption"):
        cells = [cell for cell in row if cell.tag in _CELLS] or [row]
        texts = [_folded(_inline(cell)).replace("\n", " ") for cell in cells]
        if any(texts):
            yield " | ".join(texts)
