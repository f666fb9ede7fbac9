"""Tags the rows of a file for the tag page: read whole before the first is tagged, a result for each, in order."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from assistant.evaluation.row_files import cells
from assistant.tagged import Tagged
from assistant.tracing.export import cell
from index_store.errors import InvalidInput, LecternError
from ui.batch import check_row, dump, filled, parse_object

MOST_ROWS = 5_000
Row = dict[str, Any]
_RESULTS = ("tags", "spans", "error")
Tag = Callable[[str], Awaitable[Tagged]]


def read_rows(data: bytes, name: str) -> list[Row]:
    """Read JSON lines, or a table with a column `abstract`; a row that cannot be used says so in its `error`.

    Each has its `id`, or which row it is, and in `given` all that stands in it.

    Raises:
        InvalidInput: when it is neither, holds no row, or far too many.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise InvalidInput(f"{name} is not UTF-8 text.", hint="Save it as UTF-8.") from exc
    is_table = name.lower().endswith((".csv", ".tsv"))
    found = cells(text, Path(name), "abstract") if is_table else filled(text.split("\n"))
    rows = [_checked(given, number) for number, (_, given) in enumerate(found, start=1)]
    if not rows:
        raise InvalidInput(f"{name} holds no row.", hint='A row is a line like {"id": 1, "abstract": "..."}.')
    if len(rows) > MOST_ROWS:
        raise InvalidInput(
            f"{name} has {len(rows):,} rows; at most {MOST_ROWS:,} are tagged here.",
            hint="Split it. In a terminal there is no limit: lectern tag --batch FILE",
        )
    return rows


def _checked(given: str | Row, number: int) -> Row:
    """Give a row with its id, or with its number; with an `error` where it cannot be used."""
    row: Row = {}
    try:
        row = parse_object(given, number, "abstract") if isinstance(given, str) else _named(given)
        fields = {"abstract": row.get("abstract") or None}  # an empty cell is none
        return {**_known(row, number), **{"abstract": check_row(fields, number, "abstract")["abstract"]}}
    except LecternError as exc:
        return {**_known(row, number), "error": str(exc)}


def _named(cells_of_row: Mapping[Any, Any]) -> Row:
    """Give the cells that have a column; a row that is too short has nothing in the rest."""
    return {column: text or "" for column, text in cells_of_row.items() if column is not None}


def _known(row: Row, number: int) -> Row:
    row_id = row.get("id")
    return {"id": number if row_id in (None, "") else row_id, "given": row}


async def tagged_rows(rows: Sequence[Row], tag: Tag) -> AsyncGenerator[Row, None]:
    """Give a result for each row, in order; one that fails is an error beside its id, and the rest go on."""
    for row in rows:
        if "error" in row:
            yield row
            continue
        known = {k: v for k, v in row.items() if k != "abstract"}
        try:
            found = await tag(row["abstract"])
        except LecternError as exc:
            yield {**known, "error": str(exc)}
            continue
        yield {**known, "tags": found.tags, "spans": found.spans}


def to_jsonl(rows: Sequence[Mapping[str, Any]]) -> str:
    """Write results as JSON lines: those of `lectern tag --batch`, with all that was given before them."""
    return "".join(dump({"id": row["id"], **_own(row), **_results(row)}) + "\n" for row in rows)


def to_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """Write results as a table: the columns that were given, then the results.

    A cell that a spreadsheet would take for a formula gets an apostrophe.
    """
    columns = list(dict.fromkeys(column for row in rows for column in _own(row)))
    columns += [column for column in ("id", "tags", "error") if column not in columns]
    out = io.StringIO(newline="")
    table = csv.writer(out)
    table.writerow([cell(column) for column in columns])
    for row in rows:
        fields = {**_own(row), "id": row["id"], **_results(row)}
        table.writerow([cell(_as_text(fields.get(column))) for column in columns])
    return out.getvalue().encode("utf-8", "replace").decode("utf-8")  # as `dump`


def _own(row: Mapping[str, Any]) -> Row:
    """Give what stood in a row; what has the name of a result gets another."""
    return {f"given_{name}" if name in _RESULTS else name: value for name, value in row.get("given", {}).items()}


def _results(row: Mapping[str, Any]) -> Row:
    return {name: row[name] for name in _RESULTS if name in row}


def _as_text(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict | bool) else value
