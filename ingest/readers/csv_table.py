"""Reads tables as CSV or TSV: a block for each row, as lines of "Column: value". Joins no rows, computes nothing.

Rows count from 1 without the header. Values that are only addresses come last in a row, so that they do not part its
sentences. Empty values are left out.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from index_store.locators import Locator
from ingest.document import Block, Document
from ingest.readers.text import decode, file_title, visible

_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_ROWS = 50
_TITLES = ("title", "name", "headline", "heading", "question", "term", "topic", "subject", "paper")
_LONGEST_TITLE = 200
_LONGEST_NAME = 80
_ADDRESS = re.compile(r"(?:https?|ftp)://\S+$|www\.\S+$")
_NUMBER = re.compile(r"[-+]?[\d.,]*\d[\d.,]*(?:[eE][-+]?\d+)?\s*%?$")
_END = "\x1e"  # the control character "record separator": asks whether the last row was closed


class _Row(NamedTuple):
    number: int  # from 1, among the rows that are not blank
    values: list[str]


def read(data: bytes, name: str) -> Document:
    """Read a table; the first row is the header where it looks like names.

    Raises:
        UnreadableFile: when the bytes are no text.
    """
    decoded = decode(data, name)
    rows, notes = _rows(decoded.text, _delimiter(decoded.text, name))
    header = rows[0] if len(rows) > 1 and _is_header(rows[0]) else None
    body = [_Row(number, values) for number, values in enumerate(rows if header is None else rows[1:], 1)]
    width = max((len(row.values) for row in body), default=0)
    names = _names(header or [], width)
    if header is None:
        notes.append("no header row was found, so the columns are numbered")
    else:
        notes += _ragged(body, len(header))
    title_at = _title_column(names) if header is not None else None
    blocks = tuple(block for row in body for block in _block(row, names, title_at))
    values = sum(visible(value) for row in rows for value in row)
    column_names = sum(visible(value) for value in header or [])
    dropped = Counter({"separators and quotes": visible(decoded.text) - values, "column names": column_names})
    added = Counter({"column names": sum(_labelled(row, names) for row in body)})
    return Document(
        file_title(name), blocks, visible(decoded.text), dict(+dropped), (*decoded.notes, *notes), dict(+added)
    )


def _labelled(row: _Row, names: Sequence[str]) -> int:
    """Count the visible characters of the names that stand before a row's values."""
    return sum(visible(f"{name}:") for name, value in zip(names, row.values, strict=False) if value.strip())


def _reader(text: str, delimiter: str, *, quotes: bool = True) -> Iterator[list[str]]:
    csv.field_size_limit(max(csv.field_size_limit(), min(len(text) + 1, 2**31 - 1)))  # the limit is the process's
    lines = io.StringIO(text, newline="")
    if quotes:
        return csv.reader(lines, delimiter=delimiter)
    return csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE)


def _delimiter(text: str, name: str) -> str:
    """Choose the delimiter under which the most rows have the same number of fields, more than one.

    One that parts the first row goes before one that does not: the header is the row that is least likely to hold a
    delimiter by chance.
    """

    def agreement(delimiter: str) -> tuple[bool, float, int]:
        rows = [row for row in islice(_reader(text, delimiter), _SAMPLE_ROWS) if row]
        widths = Counter(map(len, rows))
        width, count = widths.most_common(1)[0] if widths else (1, 0)
        parted = bool(rows) and len(rows[0]) > 1
        return (parted, count / widths.total(), width) if width > 1 or parted else (False, 0.0, 1)

    order = ("\t", *_DELIMITERS) if name.lower().endswith(".tsv") else _DELIMITERS
    return max(order, key=agreement)


def _rows(text: str, delimiter: str) -> tuple[list[list[str]], list[str]]:
    """Cut a text into rows that are not blank; a quote that is never closed must not swallow the rest."""
    closed = text if text.endswith("\n") else text + "\n"
    rows = list(_reader(closed + _END, delimiter))
    notes: list[str] = []
    if rows[-1] != [_END]:
        rows = [*_reader(closed, delimiter, quotes=False), []]
        notes.append("a quotation mark is never closed, so each line was read as a row, quotation marks included")
    return [row for row in rows[:-1] if any(value.strip() for value in row)], notes


def _is_header(row: Sequence[str]) -> bool:
    """Names are short, different from each other, and no numbers or addresses; at most the first may be missing."""
    names = [value.strip() for value in row]
    named = names[1:] if len(names) > 1 and not names[0] else names
    distinct = len({name.casefold() for name in named}) == len(named)
    return distinct and all(
        0 < len(n) <= _LONGEST_NAME and not _ADDRESS.match(n) and not _NUMBER.match(n) for n in named
    )


def _names(header: Sequence[str], width: int) -> list[str]:
    names = [" ".join(value.split()) for value in header]
    names += [""] * (width - len(names))
    return [name or f"column {number}" for number, name in enumerate(names, 1)]


def _ragged(body: Sequence[_Row], width: int) -> list[str]:
    """Tell of the rows with more or fewer fields than the header."""
    odd = [row.number for row in body if len(row.values) != width]
    if not odd:
        return []
    some = ", ".join(map(str, odd[:10])) + (" ..." if len(odd) > 10 else "")
    return [f"{len(odd)} of {len(body)} rows have more or fewer fields than the header ({width}): rows {some}"]


def _title_column(names: Sequence[str]) -> int | None:
    """Find the column that names its row: one of the known words, or ending in one ("Paper title")."""
    words = [re.sub(r"[\W_]+", " ", name).casefold().split() for name in names]
    for exact in (True, False):
        for title in _TITLES:
            for at, name in enumerate(words):
                if name == [title] if exact else name[-1:] == [title]:
                    return at
    return None


def _block(row: _Row, names: Sequence[str], title_at: int | None) -> list[Block]:
    pairs = [(name, value.strip()) for name, value in zip(names, row.values, strict=False) if value.strip()]
    pairs.sort(key=lambda pair: _ADDRESS.match(pair[1]) is not None)
    if not pairs:
        return []
    title = row.values[title_at].strip() if title_at is not None and title_at < len(row.values) else ""
    headings = (" ".join(title.split()),) if 0 < len(title) <= _LONGEST_TITLE else ()
    text = "\n".join(f"{name}: {value}" for name, value in pairs)
    return [Block(text, Locator(row=row.number, headings=headings), "row", whole=True)]
