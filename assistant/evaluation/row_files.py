"""Takes a file of rows apart: JSON lines, or a table with the same columns. Knows no meaning of a field.

A line ends at a line feed alone: a text may hold the other signs that Python takes for line ends (U+2028, a form feed).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from index_store.errors import InvalidInput

LISTS = ("tags", "keywords", "history", "aliases", "optional", "gold", "must_contain", "must_not_contain")
"""Columns that hold several things: as JSON, or with ";" between them."""
_DELIMITERS = ",;\t"
_SHOWN_COLUMNS = 12
Found = list[tuple[int, Any]]
"""The number of a line, and what stands there; a ValueError where that cannot be read."""


def json_lines(text: str) -> Found:
    """Read JSON lines."""
    lines = enumerate(text.split("\n"), start=1)
    return [(number, _value(line)) for number, line in lines if line.strip()]


def _value(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as exc:
        return ValueError(f"it is no JSON: {exc}")


def table(text: str, path: Path, needs: str) -> Found:
    """Read a table as rows with the fields of JSON lines: lists as lists, and nothing for an empty cell.

    Raises:
        InvalidInput: as `cells`.
    """
    return [(number, _fields(given)) for number, given in cells(text, path, needs)]


def cells(text: str, path: Path, needs: str) -> Found:
    """Read a table as it stands; its first line names the columns, parted by commas, semicolons or tabs.

    Raises:
        InvalidInput: when it has no column `needs`, or is no table that can be read.
    """
    head = text.split("\n", 1)[0]
    if not head.strip():
        return []
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=max(_DELIMITERS, key=head.count), strict=True)
    try:
        columns = [name for name in rows.fieldnames or () if name]
        if needs not in columns:
            raise InvalidInput(
                f"{path} has no column `{needs}`; its columns are: {', '.join(columns[:_SHOWN_COLUMNS])}.",
                hint="The first line of a CSV file names its columns.",
            )
        return [(rows.line_num, given) for given in rows]
    except csv.Error as exc:
        raise InvalidInput(
            f"{path} is no CSV that can be read: line {rows.line_num + 1}: {exc}.", hint="Export it as CSV again."
        ) from exc


def _fields(given: dict[str | Any, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {k: v for k, v in given.items() if k is not None and v not in (None, "")}
    for name in LISTS:
        if name in row:
            row[name] = _parts(row[name])
    if "path" in row and "gold" not in row:
        row["gold"] = [{"path": row["path"], "snippet": row.get("snippet", "")}]
    return row


def _parts(text: str) -> Any:
    if text.lstrip().startswith(("[", "{")):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return [part.strip() for part in text.split(";") if part.strip()]


def read_objects(file: Path) -> Sequence[dict[str, Any]]:
    """Read the objects of a JSON lines file of our own; lines that are none (half a line, from a kill) are left out."""
    if not file.exists():
        return []
    text = file.read_bytes().decode("utf-8", "replace")  # a kill may have cut a letter in two
    found = (value for _, value in json_lines(text))
    return [value for value in found if isinstance(value, dict)]
