"""The command that tags abstracts: lectern tag."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

import click

from index_store.errors import InvalidInput
from ui.batch import Row, dump, run_batch

if TYPE_CHECKING:
    from assistant.tagging import Tagged
    from ui.wiring import Library


@click.command()
@click.argument("file", required=False, type=click.File("r", encoding="utf-8-sig", errors="replace"))
@click.option(
    "--batch",
    type=click.File("r", encoding="utf-8-sig", errors="replace"),
    help="Tag each row of a JSON lines file (- reads standard input).",
)
@click.option("--json", "as_json", is_flag=True, help="Print the names with their places.")
def tag(file: Any, batch: Any, as_json: bool) -> None:
    """Extract the names of models from an abstract.

    By a language model where one is set, else by rules: a heuristic. Of several abstracts in one file each gets a list
    of its own, on a line of its own.
    """
    from assistant.tracing.records import Face, Origin
    from ui import wiring
    from ui.delivery import delivered_behind

    with wiring.open_library(wiring.read_environment()) as library, delivered_behind(library):
        tagger = wiring.tagger_of(library)

        def tagged(abstract: str, face: Face) -> Tagged:
            return asyncio.run(tagger.tag(abstract, Origin(face=face)))

        if batch is not None:
            _tag_batch(batch, file, lambda row: _row(tagged(row["abstract"], "batch")), library)
        if file is None and sys.stdin.isatty():
            click.echo("Paste an abstract, then press Ctrl-D:", err=True)
        found = tagged((sys.stdin if file is None else file).read(), "terminal")
    if as_json:
        click.echo(dump(_row(found)))
    else:
        for tags in [one.tags for one in found.abstracts] or [found.tags]:
            click.echo(json.dumps(tags, ensure_ascii=False))
    for note in found.notes:
        click.secho(note, dim=True, err=True)


def _tag_batch(lines: Any, file: Any, answer: Callable[[Row], Row], library: Library) -> NoReturn:
    """Tag a file of rows, and end with the exit code; a model is waited for, so progress is shown."""
    if file is not None:
        raise InvalidInput("A file and --batch were both given.", hint="Give one of them.")
    tell = _tell if sys.stderr.isatty() and library.environment.assistant.mode != "quoting" else _silent
    sys.exit(0 if run_batch(lines, answer, sys.stdout, tell, needs="abstract") else 1)


def _row(found: Tagged) -> Row:
    """Give what was found as a row; what is unusual is added only where there is something to tell."""
    row: Row = {"tags": found.tags, "spans": found.spans}
    if found.abstracts:
        row["abstracts"] = [{"span": [a.start, a.end], "tags": a.tags, "spans": a.spans} for a in found.abstracts]
    if found.dropped:
        row["dropped"] = found.dropped
    return {**row, "notes": list(found.notes)} if found.notes else row


def _tell(done: int) -> None:
    click.echo(f"\r{done} rows", nl=False, err=True)


def _silent(done: int) -> None:
    """Say nothing: a batch of abstracts takes the rules no time to speak of."""
