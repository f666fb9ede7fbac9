"""Reads Jupyter notebooks (nbformat 3 and 4): every cell and its outputs, with cell numbers, executed or not.

Of an output that is given in several forms one is read. Dropped, each counted under its name: what `outputs` names,
tracebacks but for their last line, pictures, other forms of an output, markup of outputs that are HTML alone.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from index_store.errors import UnreadableFile
from index_store.locators import Locator
from ingest.document import Block, Document
from ingest.readers.html_tree import parse_html, remove
from ingest.readers.markdown import blocks_of
from ingest.readers.outline import HEADINGS, Outline
from ingest.readers.outputs import clean_output, short_traceback
from ingest.readers.text import decode, file_title, visible

_HINT = "Open it in Jupyter and save it again, or remove it."
_TEXTS = ("text/markdown", "text/plain", "text/latex")
_HTML = "text/html"


class _Reading:
    """What has been read of a notebook so far."""

    def __init__(self) -> None:
        self.outline = Outline()
        self.blocks: list[Block] = []
        self.read = 0  # visible characters
        self.dropped: Counter[str] = Counter()
        self.added: Counter[str] = Counter()


def read(data: bytes, name: str) -> Document:
    """Read a notebook; headings run on from cell to cell, so code and outputs stand under the last one.

    Raises:
        UnreadableFile: when the bytes are no notebook.
    """
    decoded = decode(data, name)
    reading = _Reading()
    for number, cell in enumerate(cells_of(decoded.text, name), start=1):
        if cell.get("cell_type") in ("markdown", "heading", "raw"):
            _read_text(cell, number, reading)
        else:
            _read_code(cell, number, reading)
    last = reading.outline.finish()
    reading.dropped[HEADINGS] -= sum(visible(block.text) for block in last)
    return Document(
        reading.outline.title or file_title(name),
        (*reading.blocks, *last),
        reading.read,
        dict(+reading.dropped),
        decoded.notes,
        dict(+reading.added),
    )


def _read_text(cell: Mapping[str, Any], number: int, reading: _Reading) -> None:
    source = source_of(cell)
    reading.read += visible(source)
    if cell.get("cell_type") == "heading":
        level = cell.get("level")
        marks = "#" * (level if isinstance(level, int) and 1 <= level <= 6 else 1)
        reading.added["heading marks"] += len(marks)
        source = f"{marks} {' '.join(source.split())}"
    found, lost = blocks_of(source, Locator(cell=number), reading.outline)
    reading.blocks += found
    reading.dropped += lost
    attached = _size(cell.get("attachments") or "")
    reading.read += attached
    reading.dropped["images"] += attached


def _read_code(cell: Mapping[str, Any], number: int, reading: _Reading) -> None:
    source, outline = source_of(cell), reading.outline
    reading.read += visible(source)
    if source.strip():
        place = Locator(cell=number, headings=outline.path)
        reading.blocks += outline.filled([Block(source.strip("\n"), place, "code", whole=True)])
    outputs = cell.get("outputs")
    for output in outputs if isinstance(outputs, list) else []:
        if isinstance(output, Mapping):
            text = _output(output, reading)
            place = Locator(cell=number, output=True, headings=outline.path)
            reading.blocks += outline.filled(list(_output_blocks(text, place)))


def source_of(cell: Mapping[str, Any]) -> str:
    """Give what was written into a cell."""
    return _text(cell.get("source", cell.get("input", "")))


def cells_of(text: str, name: str) -> list[Mapping[str, Any]]:
    """Give the cells of a notebook, in order.

    Raises:
        UnreadableFile: when the text is no notebook.
    """
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise UnreadableFile(f"{name} is no notebook: {exc}.", hint=_HINT) from exc
    cells = notebook.get("cells") if isinstance(notebook, Mapping) else None
    if cells is None and isinstance(notebook, Mapping) and isinstance(notebook.get("worksheets"), list):
        sheets = [s.get("cells") for s in notebook["worksheets"] if isinstance(s, Mapping)]
        cells = [cell for sheet in sheets if isinstance(sheet, list) for cell in sheet]
    if not isinstance(cells, list):
        raise UnreadableFile(f"{name} is no notebook: it has no list of cells.", hint=_HINT)
    return [cell for cell in cells if isinstance(cell, Mapping)]


def _text(value: Any) -> str:
    """Give a string or list of strings as text; JSON may escape what is no character, which is shown as \ufffd."""
    joined = "".join(part for part in value if isinstance(part, str)) if isinstance(value, list) else value
    if not isinstance(joined, str):
        return ""
    return joined.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "\ufffd")


def _size(value: Any) -> int:
    """Count the visible characters of a value of any kind."""
    return visible(_text(value)) if isinstance(value, str | list) else visible(json.dumps(value, ensure_ascii=False))


def output_text(output: Mapping[str, Any]) -> str:
    """Give what an output shows as text, as the reader gives it."""
    return _output(output, _Reading())


def _output(output: Mapping[str, Any], reading: _Reading) -> str:
    """Give what an output shows as text."""
    if output.get("output_type") in ("error", "pyerr"):
        name, message = _text(output.get("ename")), _text(output.get("evalue"))
        text = short_traceback(name, message)
        reading.added["marks of errors"] += 1 if text != name else 0
        whole = visible(_text(output.get("traceback"))) + visible(name + message)
        reading.read += whole
        reading.dropped["tracebacks"] += whole + (1 if text != name else 0) - visible(text)
        return text
    raw = output.get("data")
    data = {str(k): v for k, v in (raw if isinstance(raw, Mapping) else output).items()}
    shown = next((t for t in (_text(output.get("text")), *(_text(data.get(kind)) for kind in _TEXTS)) if t), "")
    markup = "" if shown else _text(data.get(_HTML))
    text, lost = clean_output(shown or _table_text(markup))
    bars = text.count(" | ") if markup else 0
    reading.added["bars between cells"] += bars
    reading.read += visible(markup or shown)
    reading.dropped += lost
    reading.dropped["markup of HTML outputs"] += visible(markup) + bars - visible(text) if markup else 0
    _drop_others(data, shown or markup, reading)
    return text


def _drop_others(data: Mapping[str, Any], shown: str, reading: _Reading) -> None:
    """Count the forms of an output that were not chosen."""
    for kind, value in data.items():
        if "/" in kind and _text(value) != shown:
            reading.read += _size(value)
            reading.dropped["images" if kind.startswith("image/") else "other forms of an output"] += _size(value)


def _table_text(markup: str) -> str:
    """Give the text of an HTML output, a line for each table row."""
    tree = parse_html(f"<div>{markup}</div>")  # in an element of ours, so that a lone script has a parent
    if tree is None:
        return ""
    remove(tree, ("script", "style"))
    rows = [" | ".join(" ".join(cell.text_content().split()) for cell in row) for row in tree.xpath("//tr")]
    return "\n".join(rows) or str(tree.text_content()).strip()


def _output_blocks(text: str, place: Locator) -> Iterator[Block]:
    """Give an output as blocks, one for each run of lines between blank ones."""
    for part in text.split("\n\n"):
        if part.strip():
            yield Block(part.strip("\n"), place, "output")
