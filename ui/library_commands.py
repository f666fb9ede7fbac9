"""The commands that change or show the library: ingest, and library list, remove, verify, rebuild."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from index_store.errors import IndexEmpty, IndexProblem, SourceMissing
from ui.batch import dump

if TYPE_CHECKING:
    from ingest.ledger import Known
    from ingest.sources import Source
    from ui.wiring import Library

NOTHING = "The library is empty.\n  Run: lectern ingest FOLDER (or lectern ui)"

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON lines instead of text.")


@click.command()
@click.argument("sources", nargs=-1, required=True, metavar="PATH|URL|arxiv:ID ...")
@click.option("--prune", is_flag=True, help="Also remove what is in the library but no longer in the source.")
@_JSON
def ingest(sources: tuple[str, ...], prune: bool, as_json: bool) -> None:
    """Read files, folders, web pages or arXiv papers into the library."""
    from ui import receipts, wiring

    with wiring.open_library(wiring.read_environment(), write=True) as library:
        events = library.pipeline.ingest(library.sources(sources), prune=prune)
        finished = receipts.print_json(events) if as_json else receipts.show(events)
    sys.exit(receipts.exit_code(finished, sources))


@click.group()
def library() -> None:
    """Show and mend what has been ingested."""


@library.command("list")
@_JSON
def list_documents(as_json: bool) -> None:
    """List the documents in the library, each with its state."""
    from ui import wiring
    from ui.read_anew import to_read_anew
    from ui.terminal import console, printable

    with wiring.open_library(wiring.read_environment()) as opened:
        documents = sorted(opened.ledger.documents(), key=lambda d: (d.source, d.path))
        anew = to_read_anew(opened.environment.home, opened.ledger)
    source = None
    for d in documents:
        if d.source != source and d.source != d.path and not as_json:
            console.print(printable(d.source), style="bold", soft_wrap=True, markup=False)
        source = d.source
        row = {"source": d.source, "path": d.path, "title": d.title, "status": d.status, "chunks": d.chunks}
        if as_json:
            click.echo(dump({**row, "added": d.at, "receipt": d.receipt}))
        else:
            console.print(f"{d.status:<8} {d.chunks:>6}  {printable(d.path)}", soft_wrap=True, markup=False)
    if not as_json:
        total = sum(d.chunks for d in documents)
        console.print(f"{counted(len(documents), 'document')}, {counted(total, 'chunk')}." if documents else NOTHING)
        for line in anew:
            console.print(line, soft_wrap=True)


@library.command()
@click.argument("name", metavar="SOURCE|PATH")
@_JSON
def remove(name: str, as_json: bool) -> None:
    """Remove a document, or all of a source.

    What is left of it in the index is counted and told.
    """
    from ui import removal, wiring

    with wiring.open_library(wiring.read_environment(), write=True) as opened:
        wanted = {name, str(Path(name).expanduser().resolve())}
        chosen = [d for d in opened.ledger.documents() if d.source in wanted or d.path in wanted]
        require_documents(opened)
        if not chosen:
            raise SourceMissing(f"The library has no source or document {name}.", hint="See: lectern library list")
        went = removal.remove(opened, chosen)
    if as_json:
        row = {"documents": went.documents, "chunks": went.chunks, "vectors": went.vectors, "turns": went.turns}
        click.echo(dump({**row, "chunks_left": went.chunks_left, "vectors_left": went.vectors_left}))
        return
    left = max(went.chunks_left, went.vectors_left)
    rest = f"{counted(left, 'chunk')} could not be removed" if left else "nothing of it is left in the index"
    click.echo(
        f"Removed {counted(went.documents, 'document')} with {counted(went.chunks, 'chunk')}"
        f" and {counted(went.vectors, 'vector')}; {rest}."
    )
    if went.turns is None:
        click.echo("Whether kept turns still quote it is not known: the trace store cannot be read.", err=True)
    elif went.turns:
        click.echo(f"{counted(went.turns, 'kept turn')} still quote it; lectern traces forget deletes turns.", err=True)


@library.command()
@_JSON
def verify(as_json: bool) -> None:
    """Read the whole index and compare it with the ledger."""
    from ingest.health import verify as check
    from ui import wiring

    with wiring.open_library(wiring.read_environment()) as opened:
        require_documents(opened)
        report = check(opened.environment.home, opened.ledger)
    if as_json:
        click.echo(dump({"ok": report.ok, "problems": list(report.problems), "chunks": len(report.dense_ids)}))
    if not report.ok:
        raise IndexProblem(f"The index is not sound. {' '.join(report.problems)}", hint="Run: lectern library rebuild")
    if not as_json:
        click.echo(f"Sound: {counted(len(report.dense_ids), 'chunk')} in both halves, as the ledger says.")


@library.command()
@_JSON
def rebuild(as_json: bool) -> None:
    """Build the index anew; known vectors are used again.

    The chunks come from the ledger. Documents that were read or split by other rules than today's are read anew.
    """
    from ingest.health import rebuild as build
    from ingest.pipeline import fingerprint_of
    from ingest.rules import outdated
    from ui import receipts, wiring

    code = 0
    with wiring.open_library(wiring.read_environment(), write=True) as opened:
        require_documents(opened)
        fingerprint = fingerprint_of(opened.embedder, opened.environment.ingest)
        stale = outdated(opened.ledger.documents(), fingerprint)
        count = build(opened.environment.home, opened.ledger, opened.embedder, fingerprint)
        click.echo(dump({"chunks": count}) if as_json else f"Rebuilt: {counted(count, 'chunk')}.")
        sources, missing = _sources_of(opened, stale)
        if sources:
            events = opened.pipeline.ingest(sources)
            finished = receipts.print_json(events) if as_json else receipts.show(events)
            code = receipts.exit_code(finished, [s.id for s in sources])
    sys.exit(1 if missing else code)


def _sources_of(opened: Library, documents: Sequence[Known]) -> tuple[list[Source], bool]:
    """Give each document as a source of its own, so that no file beside it is read; and whether one is missing."""
    found, missing = [], False
    for d in documents:
        try:
            found += opened.sources([d.argument])
        except SourceMissing as exc:
            missing = True
            click.echo(f"Kept as it was split before: {exc.message} {exc.hint}", err=True)
    return found, missing


def require_documents(opened: Library) -> None:
    """Check that there is something in the library or its index.

    Raises:
        IndexEmpty: when nothing has been ingested.
    """
    from index_store.manifest import read_manifest

    if not opened.ledger.documents() and read_manifest(opened.environment.home) is None:
        raise IndexEmpty


def counted(count: int, noun: str) -> str:
    """Give a number with its noun: "1 chunk", "2,000 chunks"."""
    return f"{count:,} {noun if count == 1 else noun + 's'}"
