"""The command that tags abstracts: lectern tag."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import click

from index_store.errors import InvalidInput
from ui.batch import Row, dump, run_batch


@click.command()
@click.argument("file", required=False, type=click.File("r", encoding="utf-8-sig", errors="replace"))
@click.option(
    "--batch",
    type=click.File("r", encoding="utf-8-sig", errors="replace"),
    help="Tag each row of a JSON lines file (- reads standard input).",
)
@click.option("--json", "as_json", is_flag=True, help="Print the names with their places.")
def tag(file: Any, batch: Any, as_json: bool) -> None:
    """Extract the names of models from an abstract, by rules."""
    from assistant.tagging import Tagger
    from assistant.tracing.records import Face, Origin
    from ui import wiring
    from ui.delivery import delivered_behind

    with wiring.open_library(wiring.read_environment()) as library, delivered_behind(library):
        tagger = Tagger(library.traces)

        def tagged(abstract: str, face: Face) -> Row:
            found = asyncio.run(tagger.tag(abstract, Origin(face=face)))
            return {"tags": found.tags, "spans": found.spans}

        if batch is not None:
            if file is not None:
                raise InvalidInput("A file and --batch were both given.", hint="Give one of them.")
            fine = run_batch(batch, lambda row: tagged(row["abstract"], "batch"), sys.stdout, _silent, needs="abstract")
            sys.exit(0 if fine else 1)
        if file is None and sys.stdin.isatty():
            click.echo("Paste an abstract, then press Ctrl-D:", err=True)
        row = tagged((sys.stdin if file is None else file).read(), "terminal")
    click.echo(dump(row) if as_json else json.dumps(row["tags"], ensure_ascii=False))


def _silent(done: int) -> None:
    """Say nothing: a batch of abstracts takes no time to speak of."""
