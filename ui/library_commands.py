"""The commands that change or show the library: ingest, and library list, remove, verify, rebuild."""

from __future__ import annotations

import sys

import click

from index_store.errors import IndexProblem, SourceMissing
from ui.batch import dump

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
    from ui.terminal import console, printable

    with wiring.open_library(wiring.read_environment()) as opened:
        documents = opened.ledger.documents()
    for d in documents:
        row = {"source": d.source, "path": d.path, "title": d.title, "status": d.status, "chunks": d.chunks}
        if as_json:
            click.echo(dump({**row, "receipt": d.receipt}))
        else:
            console.print(f"{d.status:<8} {d.chunks:>6}  {printable(d.path)}", soft_wrap=True, markup=False)
    if not as_json:
        total = sum(d.chunks for d in documents)
        console.print(f"{len(documents)} documents, {total:,} chunks." if documents else "The library is empty.")


@library.command()
@click.argument("name", metavar="SOURCE|PATH")
@_JSON
def remove(name: str, as_json: bool) -> None:
    """Remove a document, or all of a source, and show that nothing is left of it."""
    from pathlib import Path

    from ui import wiring

    with wiring.open_library(wiring.read_environment(), write=True) as opened:
        wanted = {name, str(Path(name).expanduser().resolve())}
        chosen = [d for d in opened.ledger.documents() if d.source in wanted or d.path in wanted]
        if not chosen:
            raise SourceMissing(f"The library has no source or document {name}.", hint="See: lectern library list")
        gone = {i for d in chosen for i in opened.ledger.chunk_ids(d.id)}
        for document in chosen:
            opened.pipeline.remove(document)
        vectors = opened.ledger.forget_unused_vectors()
        left = len(opened.index.get(sorted(gone)))
    row = {"documents": len(chosen), "chunks": len(gone), "vectors": vectors, "chunks_left": left}
    click.echo(
        dump(row)
        if as_json
        else f"Removed {len(chosen)} documents with {len(gone)} chunks and {vectors} vectors; {left} chunks are left."
    )


@library.command()
@_JSON
def verify(as_json: bool) -> None:
    """Read the whole index and compare it with the ledger."""
    from ingest.health import verify as check
    from ui import wiring

    with wiring.open_library(wiring.read_environment()) as opened:
        report = check(opened.environment.home, opened.ledger)
    if as_json:
        click.echo(dump({"ok": report.ok, "problems": list(report.problems), "chunks": len(report.dense_ids)}))
    if not report.ok:
        raise IndexProblem(f"The index is not sound. {' '.join(report.problems)}", hint="Run: lectern library rebuild")
    if not as_json:
        click.echo(f"Sound: {len(report.dense_ids):,} chunks in both halves, as the ledger says.")


@library.command()
def rebuild() -> None:
    """Build the index anew from the ledger; texts whose vectors are known are not embedded again."""
    from ingest.health import rebuild as build
    from ingest.pipeline import fingerprint_of
    from ui import receipts, wiring

    with wiring.open_library(wiring.read_environment(), write=True) as opened:
        fingerprint = fingerprint_of(opened.embedder, opened.environment.ingest)
        stale = [d for d in opened.ledger.documents() if d.splitter and d.splitter != str(fingerprint)]
        count = build(opened.environment.home, opened.ledger, opened.embedder, fingerprint)
        click.echo(f"Rebuilt: {count:,} chunks.")
        if stale:
            sources = opened.sources(sorted({d.source for d in stale}))
            receipts.show(opened.pipeline.ingest(sources))
