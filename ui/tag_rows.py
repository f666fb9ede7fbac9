"""Tags the rows of a file for the tag page: read whole before the first is tagged, a result for each, in order."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from typing import Any

from assistant.tagging import Tagged
from assistant.tracing.export import cell
from index_store.errors import InvalidInput, LecternError
from ui.batch import check_row, dump, parse_object

MOST_ROWS = 5_000
Row = dict[str, Any]
Tag = Callable[[str], Awaitable[Tagged]]


def read_rows(data: bytes, name: str) -> list[Row | str]:
    """Read JSON lines, or a CSV with a column `abstract`; a row that cannot be used is given as what is wrong with it.

    Raises:
        InvalidInput: when it is neither, holds no row, or far too many.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise InvalidInput(f"{name} is not UTF-8 text.", hint="Save it as UTF-8.") from exc
    found = _csv_rows(text, name) if name.lower().endswith(".csv") else _json_rows(text)
    if not found:
        raise InvalidInput(f"{name} holds no row.", hint='A row is a line like {"id": 1, "abstract": "..."}.')
    if len(found) > MOST_ROWS:
        raise InvalidInput(
            f"{name} has {len(found):,} rows; at most {MOST_ROWS:,} are tagged here.",
            hint="Split it. In a terminal there is no limit: lectern tag --batch FILE",
        )
    return found


def _json_rows(text: str) -> list[Row | str]:
    lines = [line for line in text.split("\n") if line.strip()]
    return [_checked(lambda n=n, line=line: parse_object(line, n), n) for n, line in enumerate(lines, start=1)]  # type: ignore[misc]


def _csv_rows(text: str, name: str) -> list[Row | str]:
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        if "abstract" not in (rows.fieldnames or []):
            raise InvalidInput(f"{name} has no column `abstract`.", hint="Its first line names the columns.")
        return [_checked(lambda row=row: dict(row), n) for n, row in enumerate(rows, start=1)]  # type: ignore[misc]
    except csv.Error as exc:
        raise InvalidInput(f"{name} is no CSV that can be read: {exc}.", hint="Export it as CSV again.") from exc


def _checked(read: Callable[[], Row], number: int) -> Row | str:
    try:
        row = read()
        return {"id": row.get("id") or number, **check_row(row, number, "abstract")} | {"id": row.get("id") or number}
    except LecternError as exc:
        return str(exc)


async def tagged_rows(rows: Sequence[Row | str], tag: Tag) -> AsyncGenerator[Row, None]:
    """Give a result for each row, in order; one that fails is an error beside its id, and the rest go on."""
    for number, row in enumerate(rows, start=1):
        if isinstance(row, str):
            yield {"id": number, "error": row}
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
