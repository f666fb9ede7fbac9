"""The command that tags abstracts: lectern tag."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NoReturn, cast

import click

from index_store.errors import InvalidInput
from ui.batch import Given, Row, dump, run_command
from ui.text_files import TextFile, standard_input

if TYPE_CHECKING:
    from assistant.tagged import Tagged


_ARRAY = re.compile(r"""\s*\[\s*\{\s*"[\w -]{1,40}"\s*:""")
"""An array of objects; an abstract may begin with a bracket."""


@click.command()
@click.argument("file", required=False, type=TextFile())
@click.option(
    "--batch",
    type=TextFile(),
    help="Tag each row of a JSON lines file (- reads standard input), or of a CSV with a column `abstract`.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the names with their places.")
def tag(file: Any, batch: Any, as_json: bool) -> None:
    """Extract the names of models from an abstract.

    By a language model where one is set, else by rules: a heuristic. Of several abstracts in one file, with a line of
    --- or the word "Abstract:" between them, each gets a list of its own, on a line of its own.
    """
    from assistant.tracing.records import Face, Origin
    from ui import wiring
    from ui.delivery import delivered_behind
    from ui.rows import tags_row

    with (
        wiring.open_library(wiring.read_environment()) as library,
        delivered_behind(library),
        asyncio.Runner() as runner,  # one for all rows: to make one takes as long as the rules take
    ):
        tagger = wiring.tagger_of(library)

        def tagged(abstract: str, face: Face) -> Tagged:
            return runner.run(tagger.tag(abstract, Origin(face=face), alone=True))

        if batch is not None:
            shown = sys.stderr.isatty() and not tagger.uses_rules
            if tagger.uses_rules:
                click.secho("Names are found by rules, a heuristic.", dim=True, err=True)
            _tag_batch(batch, file, lambda row: tags_row(tagged(row["abstract"], "batch")), shown)
        if file is None and sys.stdin.isatty():
            click.echo("Paste an abstract, then press Ctrl-D:", err=True)
        text = (standard_input() if file is None else file).read()
        _check_is_text(text, file)
        found = tagged(text, "terminal")
    _show(found, as_json)


def _show(found: Tagged, as_json: bool) -> None:
    """Print what was found; what was done in part ends with the exit code of a batch that was."""
    from ui.rows import tags_row

    if as_json:
        click.echo(dump(tags_row(found)))
    else:
        for tags in [one.tags for one in found.abstracts] or [found.tags]:
            click.echo(json.dumps(tags, ensure_ascii=False))
    for note in (*found.notes, *(("Found by rules, a heuristic.",) if found.by_rules else ())):
        click.secho(note, dim=True, err=True)
    if found.failed:  # as a batch that was done in part
        sys.exit(1)


def _tag_batch(lines: Any, file: Any, answer: Callable[[Row], Row], shown: bool) -> NoReturn:
    """Tag a file of rows, and end with the exit code; with `shown` progress goes to standard error."""
    if file is not None:
        raise InvalidInput("A file and --batch were both given.", hint="Give one of them.")
    run_command(_rows_of(lines), answer, shown, needs="abstract")


def _rows_of(lines: Any) -> Iterable[Given]:
    """Give the rows of a table, numbered as `lectern eval` numbers them; other lines as they are.

    Raises:
        InvalidInput: when the table has no column `abstract`, or cannot be read.
    """
    name = str(getattr(lines, "name", ""))
    if not name.lower().endswith((".csv", ".tsv")):
        return cast(Iterable[Given], lines)
    from pathlib import Path

    from assistant.evaluation.row_files import table

    return table(lines.read(), Path(name), "abstract")


def _check_is_text(text: str, file: Any) -> None:
    """Refuse rows of JSON, which would be tagged as if they were one abstract.

    Raises:
        InvalidInput: naming the option that takes them.
    """
    first = next((line for line in text.splitlines() if line.strip()), "")
    is_array = _ARRAY.match(text) is not None
    if not (is_array or (first.startswith("{") and '"abstract"' in first)):
        return
    name = getattr(file, "name", "-") or "-"
    if is_array:
        raise InvalidInput(
            "This is a JSON array of rows, not an abstract.",
            hint="Write each object of it on a line of its own (jq -c '.[]' FILE), and give that file to --batch.",
        )
    raise InvalidInput(
        f"{'Standard input' if name in ('-', '<stdin>') else name} holds rows of JSON, not an abstract.",
        hint=f"Run: lectern tag --batch {'-' if name == '<stdin>' else name}",
    )
