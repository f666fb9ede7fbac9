"""The command that tags abstracts: lectern tag."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

import click

from index_store.errors import InvalidInput
from ui.batch import Row, dump, run_command
from ui.text_files import TextFile, standard_input

if TYPE_CHECKING:
    from assistant.tagging import Tagged


@click.command()
@click.argument("file", required=False, type=TextFile())
@click.option(
    "--batch",
    type=TextFile(),
    help="Tag each row of a JSON lines file (- reads standard input).",
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
            return runner.run(tagger.tag(abstract, Origin(face=face)))

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
    if as_json:
        click.echo(dump(tags_row(found)))
    else:
        for tags in [one.tags for one in found.abstracts] or [found.tags]:
            click.echo(json.dumps(tags, ensure_ascii=False))
    for note in (*found.notes, *(("Found by rules, a heuristic.",) if found.by_rules else ())):
        click.secho(note, dim=True, err=True)


def _tag_batch(lines: Any, file: Any, answer: Callable[[Row], Row], shown: bool) -> NoReturn:
    """Tag a file of rows, and end with the exit code; with `shown` progress goes to standard error."""
    if file is not None:
        raise InvalidInput("A file and --batch were both given.", hint="Give one of them.")
    run_command(lines, answer, shown, needs="abstract")


def _check_is_text(text: str, file: Any) -> None:
    """Refuse rows of JSON, which would be tagged as if they were one abstract.

    Raises:
        InvalidInput: naming the option that takes them.
    """
    first = next((line for line in text.splitlines() if line.strip()), "")
    if not (first.startswith("{") and '"abstract"' in first):
        return
    name = getattr(file, "name", "-") or "-"
    raise InvalidInput(
        f"{'Standard input' if name in ('-', '<stdin>') else name} holds rows of JSON, not an abstract.",
        hint=f"Run: lectern tag --batch {'-' if name == '<stdin>' else name}",
    )
