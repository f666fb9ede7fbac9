"""Shows an ingest while it runs: a bar with rate and time left, and what became of the files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from index_store.errors import InvalidInput
from ingest.receipts import Finished, IngestEvent, Receipt, Scanned
from ingest.receipts import Progress as Step
from ui.batch import dump
from ui.read_anew import told
from ui.terminal import console, errors, printable


def show(events: Iterable[IngestEvent]) -> Finished:
    """Show events in a terminal; give the last."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    finished = Finished({}, 0, 0, 0.0)
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bar:
        task = bar.add_task("Reading", total=None, rate="")
        for event in events:
            match event:
                case Scanned():
                    bar.update(task, total=event.files)
                case Step():
                    elapsed = bar.tasks[0].elapsed or 1.0
                    rate = f"{event.chunks / max(elapsed, 0.1):.0f} chunks/s" if event.chunks else ""
                    name = printable(event.path)[-36:]
                    bar.update(task, completed=event.files, description=f"{event.stage}: {name}", rate=rate)
                case Receipt():
                    _print(event)
                case Finished():
                    finished = event
    _sum_up(finished)
    return finished


def _print(receipt: Receipt) -> None:
    path = printable(receipt.path)
    if receipt.status in ("failed", "skipped"):
        style = "red" if receipt.status == "failed" else "yellow"
        errors.print(Text(f"{receipt.status}: {path}: {printable(receipt.reason)}", style=style), soft_wrap=True)
        if receipt.hint:
            errors.print(Text(f"    {receipt.hint}", style="dim"), soft_wrap=True)
    elif receipt.duplicate_of:
        errors.print(
            Text(f"note: {path} has the same content as {printable(receipt.duplicate_of)}", style="dim"),
            soft_wrap=True,
        )
    if receipt.earlier:
        does = "replaces the version" if receipt.status == "done" else "could not replace the version, which stays,"
        errors.print(Text(f"note: {path} {does} of {receipt.earlier} UTC", style="dim"), soft_wrap=True)
    for note in receipt.notes:
        errors.print(Text(f"note: {path}: {printable(note)}", style="dim"), soft_wrap=True)


def _sum_up(finished: Finished) -> None:
    words = ", ".join(f"{count} {status}" for status, count in sorted(finished.counts.items())) or "nothing to do"
    chunks = "1 chunk" if finished.chunks == 1 else f"{finished.chunks:,} chunks"
    console.print(
        f"{words}. {chunks} in the library, {finished.embedded:,} embedded now, {finished.seconds:.1f} s.",
        soft_wrap=True,
    )
    if finished.gone:
        what = "1 document is" if finished.gone == 1 else f"{finished.gone:,} documents are"
        errors.print(f"{what} no longer in the folder, and kept; --prune removes what is gone.", style="dim")
    for line in told(finished.outdated):
        errors.print(line, style="dim", soft_wrap=True)


def print_json(events: Iterable[IngestEvent]) -> Finished:
    """Print each receipt as a JSON line; give the last event."""
    finished = Finished({}, 0, 0, 0.0)
    for event in events:
        if isinstance(event, Receipt):
            click.echo(dump(event.row()))
        elif isinstance(event, Finished):
            finished = event
    return finished


def exit_code(finished: Finished, sources: Sequence[str]) -> int:
    """Give 0 when every file went well, 1 when some failed, 3 when all did.

    Raises:
        InvalidInput: when there was no file at all in the sources.
    """
    failed = finished.counts.get("failed", 0)
    well = sum(finished.counts.get(status, 0) for status in ("done", "unchanged", "removed"))
    if not finished.counts:
        named = printable(", ".join(sources))
        raise InvalidInput(f"There was nothing to ingest: {named} is empty.", hint="Name a folder that holds files.")
    return 0 if failed == 0 else (1 if well else 3)
