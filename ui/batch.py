"""Runs a command over JSON lines: a row in, a row out, in order. A bad row gives an error row and the run goes on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TextIO

from index_store.errors import InvalidInput, LecternError

Row = dict[str, Any]


def run_batch(lines: Iterable[str], answer: Callable[[Row], Row], out: TextIO, tell: Callable[[int], None]) -> bool:
    """Write one JSON line to `out` for each line that is not blank; `tell` hears how many are done.

    Gives True when every row went well. A row's `id` comes back with it, also beside an error.
    """
    fine = True
    for number, line in enumerate(_filled(lines), start=1):
        row_id: Any = number
        try:
            row = parse_row(line, number)
            row_id = row.get("id", number)
            result = {"id": row_id, **answer(row)}
        except LecternError as exc:
            result = {"id": row_id, "error": str(exc)}
        fine = fine and "error" not in result
        out.write(dump(result) + "\n")
        out.flush()
        tell(number)
    return fine


def parse_row(line: str, number: int) -> Row:
    """Read one line.

    Raises:
        InvalidInput: where the line is no JSON object, or its question or history is none.
    """
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as exc:
        raise InvalidInput(f"Row {number} is no JSON: {exc}.", hint="Give one JSON object a line.") from exc
    if not isinstance(row, dict):
        raise InvalidInput(f"Row {number} is no JSON object.", hint='Give {"id": ..., "question": ...} on each line.')
    if not isinstance(row.get("question"), str):
        raise InvalidInput(f"Row {number} has no question.", hint='Give {"id": ..., "question": "..."} on each line.')
    row["history"] = parse_history(row.get("history", []), number)
    return row


def parse_history(history: Any, number: int) -> list[dict[str, str]]:
    """Check the turns before a question.

    Raises:
        InvalidInput: where it is no list of {"role", "content"} with role user or assistant.
    """
    fine = isinstance(history, list) and all(
        isinstance(t, dict) and t.get("role") in ("user", "assistant") and isinstance(t.get("content"), str)
        for t in history
    )
    if not fine:
        raise InvalidInput(
            f"Row {number} has a history that is no list of turns.",
            hint='Give [{"role": "user", "content": "..."}, {"role": "assistant", "content": "..."}].',
        )
    return [{"role": t["role"], "content": t["content"]} for t in history]


def dump(row: Row) -> str:
    """Write a row as one line of JSON that any UTF-8 reader takes, lone surrogates replaced."""
    return json.dumps(row, ensure_ascii=False).encode("utf-8", "replace").decode("utf-8")


def _filled(lines: Iterable[str]) -> Iterator[str]:
    return (line for line in lines if line.strip())
