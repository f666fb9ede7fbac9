"""Tags the rows of a file for the tag page: read whole before the first is tagged, a result for each, in order."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from assistant.evaluation.row_files import table
from assistant.tagged import Tagged
from assistant.tracing.export import cell
from index_store.errors import InvalidInput, LecternError
from ui.batch import check_row, dump, filled, parse_object

MOST_ROWS = 5_000
Row = dict[str, Any]
Tag = Callable[[str], Awaitable[Tagged]]


def read_rows(data: bytes, name: str) -> list[Row]:
    """Read JSON lines, or a table with a column `abstract`; a row that cannot be used says so in its `error`.

    Raises:
        InvalidInput: when it is neither, holds no row, or far too many.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise InvalidInput(f"{name} is not UTF-8 text.", hint="Save it as UTF-8.") from exc
    is_table = name.lower().endswith((".csv", ".tsv"))
    found = table(text, Path(name), "abstract") if is_table else filled(text.split("\n"))
    rows = [_checked(given, number) for number, given in found]
    if not rows:
        raise InvalidInput(f"{name} holds no row.", hint='A row is a line like {"id": 1, "abstract": "..."}.')
    if len(rows) > MOST_ROWS:
        raise InvalidInput(
            f"{name} has {len(rows):,} rows; at most {MOST_ROWS:,} are tagged here.",
            hint="Split it. In a terminal there is no limit: lectern tag --batch FILE",
        )
    return rows


def _checked(given: str | Row, number: int) -> Row:
    """Give a row with its id, or with the number of its line; with an `error` where it cannot be used."""
    row_id: Any = number
    try:
        row = parse_object(given, number, "abstract") if isinstance(given, str) else given
        row_id = row.get("id", number)
        return {"id": row_id, "abstract": check_row(row, number, "abstract")["abstract"]}
    except LecternError as exc:
        return {"id": row_id, "error": str(exc)}


async def tagged_rows(rows: Sequence[Row], tag: Tag) -> AsyncGenerator[Row, None]:
    """Give a result for each row, in order; one that fails is an error beside its id, and the rest go on."""
    for row in rows:
        if "error" in row:
            yield row
            continue
        try:
            found = await tag(row["abstract"])
        except LecternError as exc:
            yield {"id": row["id"], "error": str(exc)}
            continue
        yield {"id": row["id"], "abstract": row["abstract"], "tags": found.tags, "spans": found.spans}


def to_jsonl(rows: Sequence[Mapping[str, Any]]) -> str:
    """Write results as JSON lines, as `lectern tag --batch` does."""
    return "".join(dump({k: v for k, v in row.items() if k != "abstract"}) + "\n" for row in rows)


def to_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """Write results as a table; a cell that a spreadsheet would take for a formula gets an apostrophe."""
    out = io.StringIO(newline="")
    table = csv.writer(out)
    table.writerow(["id", "tags", "error", "abstract"])
    for row in rows:
        tags = json.dumps(row["tags"], ensure_ascii=False) if "tags" in row else ""
        table.writerow([cell(v) for v in (row["id"], tags, row.get("error", ""), row.get("abstract", ""))])
    return out.getvalue()
