"""Walks the XML of office files for their text. Knows the tags of Word and PowerPoint, opens no files.

python-docx and python-pptx give the text of plain paragraphs and tables; what stands in content controls, text boxes,
tracked insertions and equations they pass over, so the text is taken from the XML itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
"""Says again, for older programs, what stands before it."""
TEXTS = frozenset({f"{WORD}t", f"{DRAWING}t", f"{MATH}t"})
_BREAKS = frozenset({f"{WORD}br", f"{WORD}cr", f"{DRAWING}br"})
_DELETED = frozenset({f"{WORD}del", f"{WORD}moveFrom", FALLBACK})
_APART = frozenset({f"{WORD}pPr", f"{WORD}rPr", f"{WORD}txbxContent"})  # text boxes are read as paragraphs of their own
_SHORT = {f"{WORD}tab": "\t", f"{WORD}noBreakHyphen": "-", f"{WORD}softHyphen": ""}


def texts_in(element: Any, skipped: frozenset[str] = frozenset()) -> Iterator[str]:
    """Give the pieces of text in an element, in order, without what was deleted or is said twice."""
    for child in element:
        tag = child.tag
        if tag in TEXTS:
            yield child.text or ""
        elif tag in _BREAKS:
            yield "\n"
        elif tag in _SHORT:
            yield _SHORT[tag]
        elif tag not in _DELETED and tag not in skipped:
            yield from texts_in(child, skipped)


def paragraph_text(paragraph: Any) -> str:
    """Give the text of a paragraph without that of the text boxes anchored in it."""
    return "".join(texts_in(paragraph, _APART)).strip()


def found(element: Any, *tags: str) -> Iterator[Any]:
    """Give the elements of some tags, outermost alone, in order, without what was deleted or is said twice."""
    for child in element:
        if child.tag in tags:
            yield child
        elif child.tag not in _DELETED:
            yield from found(child, *tags)


def row_text(row: Any, cell: str, paragraph: str, added: Counter[str]) -> str:
    """Give a table row as one line, its cells parted by " | ", which is counted; nothing where all are empty."""
    cells = [" ".join("".join(texts_in(p)) for p in found(c, paragraph)) for c in found(row, cell)]
    if not any(text.strip() for text in cells):
        return ""
    added["bars between cells"] += len(cells) - 1
    return " | ".join(" ".join(text.split()) for text in cells)
