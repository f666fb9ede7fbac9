"""Runs a command over JSON lines or rows of a table: a row in, a row out, in order. A bad row gives an error row."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, NoReturn, TextIO

import click

from index_store.errors import InvalidInput, LecternError

Row = dict[str, Any]
Given = str | tuple[int, Row]
"""A line of JSON; or what was read as a row already, with the number of its line in the file."""
_LINE_ENDS = {0x85: "\\u0085", 0x2028: "\\u2028", 0x2029: "\\u2029"}
SHOWN_IDS = 5
_ARRAY = re.compile(r"\s*\[\s*(?:\{|\Z)")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Done:
    """How a batch went: rows in all, rows that failed, what was wrong with the first of these, ids that stood again."""

    rows: int
    failed: int = 0
    first: str = ""
    repeated: tuple[Any, ...] = ()


def run_batch(
    lines: Iterable[Given],
    answer: Callable[[Row], Row],
    out: TextIO,
    tell: Callable[[int], None],
    *,
    needs: str = "question",
) -> Done:
    """Write one JSON line to `out` for each line that is not blank; `tell` hears how many are done.

    `needs` names the text that each row must have. A row's `id` comes back with it, also beside an error; a row without
    one gets the number of its line, as in `lectern eval`, so that a score finds it.
    """
    done, ids = Done(0), Counter[str]()
    for number, given in filled(lines):
        result = _run_row(given, number, answer, needs)
        failed = "error" in result
        done = Done(done.rows + 1, done.failed + failed, done.first or (str(result["error"]) if failed else ""))
        ids[str(result["id"])] += 1
        out.write(dump(result) + "\n")
        out.flush()
        tell(done.rows)
    return replace(done, repeated=tuple(row_id for row_id, times in ids.items() if times > 1))


def run_command(lines: Iterable[Given], answer: Callable[[Row], Row], shown: bool, needs: str = "question") -> NoReturn:
    """Run a batch to standard output, say on standard error what failed, and end with the exit code.

    With `shown` the progress goes to standard error.

    Raises:
        InvalidInput: when what is read begins as one JSON array.
    """

    def tell(done: int) -> None:
        if shown:
            click.echo(f"\r{done} rows", nl=False, err=True)

    done = run_batch(_no_array(lines), answer, sys.stdout, tell, needs=needs)
    if shown:
        click.echo("", err=True)
    if not done.rows:
        click.echo(f'There was no row. A row is a line like {{"id": 1, "{needs}": "..."}}.', err=True)
    if done.failed:
        click.echo(
            f"{done.failed} of {done.rows} rows failed, each with its `error`. The first: {done.first}", err=True
        )
    if done.repeated:
        shown_ids = ", ".join(repr(row_id) for row_id in done.repeated[:SHOWN_IDS])
        click.echo(f"Ids that stand more than once, which `lectern eval` refuses: {shown_ids}.", err=True)
    sys.exit(1 if done.failed else 0)


def _no_array(lines: Iterable[Given]) -> Iterable[Given]:
    """Give the lines, and refuse an array, whose lines would fail each on its own; only the first is waited for.

    Raises:
        InvalidInput: saying how to make lines of it.
    """
    rest = iter(lines)
    above: list[Given] = []
    for line in rest:
        above.append(line)
        if not isinstance(line, str) or line.strip():
            break
    if above and isinstance(above[-1], str) and _ARRAY.match(above[-1]):
        raise InvalidInput(
            "--batch reads JSON lines, and this is one JSON array.",
            hint="Write each object of it on a line of its own, for example: jq -c '.[]' FILE",
        )
    return chain(above, rest)


def _run_row(given: str | Row, number: int, answer: Callable[[Row], Row], needs: str) -> Row:
    row_id: Any = number
    try:
        row = parse_object(given, number, needs) if isinstance(given, str) else given
        row_id = row.get("id", number)
        return {"id": row_id, **answer(check_row(row, number, needs))}
    except LecternError as exc:
        return {"id": row_id, "error": str(exc)}
    except Exception as exc:  # a row is a request: a fault of ours in one must not lose the others
        _log.exception("row %s failed", number)
        return {"id": row_id, "error": f"Row {number} met an unexpected fault: {type(exc).__name__}: {exc}"}


def parse_object(line: str, number: int, needs: str = "question") -> Row:
    """Read one line as a JSON object.

    Raises:
        InvalidInput: where it is none.
    """
    try:
        row = json.loads(line, parse_constant=_no_constant)
    except (ValueError, RecursionError) as exc:
        raise InvalidInput(f"Row {number} is no JSON: {exc}.", hint="Give one JSON object a line.") from exc
    if not isinstance(row, dict):
        raise InvalidInput(f"Row {number} is no JSON object.", hint=f'Give {{"id": ..., "{needs}": ...}} on each line.')
    return row


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def check_row(row: Row, number: int, needs: str = "question") -> Row:
    """Check what a row asks.

    Raises:
        InvalidInput: where what it needs is no text, or its history is none.
    """
    if not isinstance(row.get(needs), str):
        raise InvalidInput(f"Row {number} has no {needs}.", hint=f'Give {{"id": ..., "{needs}": "..."}} on each line.')
    history = row.get("history")
    return {**row, "history": [] if history is None else parse_history(history, number)}


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
    """Write a row as one line of JSON that any UTF-8 reader takes, lone surrogates replaced.

    The three signs beyond ASCII that some readers take for line ends (`str.splitlines` does) are escaped.
    """
    return json.dumps(row, ensure_ascii=False).translate(_LINE_ENDS).encode("utf-8", "replace").decode("utf-8")


def filled(lines: Iterable[Given]) -> Iterator[tuple[int, str | Row]]:
    """Give what is not blank, each with the number of its line."""
    for number, given in enumerate(lines, start=1):
        if not isinstance(given, str):
            yield given
        elif given.strip():
            yield number, given
