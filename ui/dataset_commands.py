"""The commands that turn reviewed turns into tests: dataset add|list, and replay."""

from __future__ import annotations

import asyncio
import shlex
import sys
from typing import TYPE_CHECKING, Any

import click

from index_store.errors import InvalidInput, LecternError
from ui.batch import Row, dump
from ui.variants import MODEL, PROMPT, varied

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from assistant.tracing.queries import TraceReader
    from ui.wiring import Library

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON lines instead of text.")


@click.group()
def dataset() -> None:
    """Keep reviewed turns as labelled rows for `lectern eval`."""


@dataset.command("add")
@click.option("--from-trace", "trace_id", required=True, metavar="ID", help="A turn that was reviewed.")
@click.option("--to", "name", help="Name of the dataset; by default `reviewed-tags` or `reviewed-answers`.")
def add(trace_id: str, name: str | None) -> None:
    """Add a row made of a reviewed turn.

    Somebody has corrected its answer or its tags, or found them right.
    """
    from assistant.evaluation.from_traces import NothingRight
    from ui import wiring
    from ui.reviewed_rows import add_reviewed

    with wiring.open_library(wiring.read_environment()) as library:
        try:
            added = add_reviewed(library, trace_id, name)
        except NothingRight as exc:
            how = "--answer TEXT, --source PATH, --tag NAME or --verdict refuse"
            raise InvalidInput(exc.message, hint=f"Run: lectern traces correct {trace_id[:8]} {how}") from exc
    click.echo(f"{'Replaced' if added.replaced else 'Added'} row {added.row['id']} in {added.file}")
    click.echo(f"{added.told}\nGuard it: lectern eval {added.kind} {shlex.quote(str(added.file))}", err=True)


@dataset.command("list")
@_JSON
def list_all(as_json: bool) -> None:
    """List the datasets that were made of reviewed turns."""
    from assistant.evaluation.from_traces import datasets_in
    from ui import wiring

    found = datasets_in(wiring.read_environment().home)
    if not found and not as_json:
        click.echo(
            "There is none yet. Review a turn (lectern traces correct), then: lectern dataset add --from-trace ID"
        )
    for file, rows in found:
        click.echo(dump({"path": str(file), "rows": rows}) if as_json else f"{rows:>5} rows  {file}")


@click.command()
@click.argument("trace_id", required=False, metavar="TRACE")
@click.option("--refused", is_flag=True, help="All turns that were refused.")
@click.option("--down", is_flag=True, help="All turns with a thumb down.")
@click.option("--text", help="All turns with these words in question or answer.")
@click.option("--evaluation", is_flag=True, help="Among these the turns of evaluations too.")
@click.option("-n", "--limit", default=20, show_default=True, type=click.IntRange(1), help="At most so many turns.")
@PROMPT
@MODEL
@_JSON
def replay(
    trace_id: str | None,
    refused: bool,
    down: bool,
    text: str | None,
    evaluation: bool,
    limit: int,
    prompts: tuple[str, ...],
    model: str | None,
    as_json: bool,
) -> None:
    """Run logged turns again and show what differs.

    They run as things are now, or with another prompt or model. The new turns
    are kept like any others. The old ones stay as they are.
    """
    from assistant.tracing.queries import Filter, TraceReader
    from ui import wiring
    from ui.delivery import delivered_behind

    asked_for = refused or down or text is not None
    if trace_id is None and not asked_for:
        raise InvalidInput("No turn is named.", hint="Give a trace, or --refused, --down or --text WORDS.")
    if trace_id is not None and (asked_for or evaluation):
        raise InvalidInput("A trace and a choice among all were both given.", hint="Give one of them.")
    environment = varied(wiring.read_environment(), prompts, model, "turns")
    with wiring.open_library(environment) as library, delivered_behind(library):
        reader = TraceReader(library.traces.engine)
        wanted = Filter(
            status="refused" if refused else None,
            vote="down" if down else None,
            text=text,
            evaluation=None if evaluation else False,
        )
        ids = [trace_id] if trace_id else [row["id"] for row in reader.find(wanted, limit)]
        again = _again(library, reader)
        failed = sum(_one(reader.get(one), again, reader, as_json) for one in ids)
    if not ids and not as_json:
        click.echo("No turn is like that.")
    sys.exit(1 if failed else 0)


def _again(library: Library, reader: TraceReader) -> Callable[[Mapping[str, Any]], str]:
    """Give what runs a turn of each kind again, and gives the id of the new trace."""
    from assistant.evaluation.replay import said_before, way_of
    from assistant.events import TurnStarted
    from assistant.tracing.queries import Filter
    from assistant.tracing.records import Origin
    from ui import wiring

    tagger = wiring.tagger_of(library)
    opened: list[Any] = []

    def run(trace: Mapping[str, Any]) -> str:
        origin = Origin(conversation_id=f"replay-{trace['id']}", face="batch")
        if trace["kind"] == "tag":
            return asyncio.run(tagger.tag(trace["question"], origin)).trace_id
        if not opened:
            opened.append(wiring.assistant_of(library).assistant)

        async def ask() -> str:
            history = said_before(trace, reader.each(Filter(conversation=trace["conversation_id"])))
            question = trace["searched"] or trace["question"]  # what was asked, standing alone
            events = [e async for e in opened[0].ask(question, history, origin, way_of(trace))]
            return next(e.trace_id for e in events if isinstance(e, TurnStarted))

        return asyncio.run(ask())

    return run


def _one(before: Mapping[str, Any], again: Callable[[Mapping[str, Any]], str], reader: Any, as_json: bool) -> bool:
    """Replay one turn and show both; give whether that failed."""
    try:
        after = reader.get(again(before))
    except LecternError as exc:
        click.echo(dump({"trace": before["id"], "error": str(exc)}) if as_json else f"{before['id'][:8]}  {exc}")
        return True
    sides = {"before": _side(before), "after": _side(after)}
    changed = [name for name in sides["before"] if sides["before"][name] != sides["after"][name] and name in _TOLD]
    row: Row = {"trace": before["id"], "question": before["question"], **sides, "changed": changed}
    if as_json:
        click.echo(dump(row))
        return bool(after["status"] == "error")
    click.secho(f"{before['id'][:8]}  {' '.join(before['question'].split())[:100]}", bold=True)
    click.echo(f"  new trace: {after['id']}\n  changed: {', '.join(changed) or 'nothing'}")
    for name in changed:
        click.echo(f"  {name} before: {sides['before'][name]}\n  {name} after:  {sides['after'][name]}")
    costs = " -> ".join(
        f"{_price(trace)} in {sides[side]['seconds']} s" for side, trace in (("before", before), ("after", after))
    )
    click.echo(f"  price: {costs}")
    return bool(after["status"] == "error")


def _price(trace: Mapping[str, Any]) -> str:
    if trace["price_usd"] is not None:
        return f"${trace['price_usd']:.6f}"
    return "none" if trace["mode"] == "quoting" else "unknown"


_TOLD = ("status", "answer", "sources", "tags", "tools", "prompt", "model")


def _side(trace: Mapping[str, Any]) -> Row:
    spans = trace["spans"]
    prompt = f"{trace['template']}@{trace['template_version']}" if trace["template"] else None
    return {
        "trace": trace["id"],
        "status": trace["status"],
        "answer": trace["answer"],
        "sources": [f"{c['path']} {c['locator']}".strip() for c in trace["citations"] or ()],
        "tags": list(trace["tags"] or ()),
        "tools": [span["name"] for span in spans if span["kind"] == "tool"],
        "prompt": prompt,
        "model": trace["model"],
        "price_usd": trace["price_usd"],
        "seconds": round((trace["ended_at"] or trace["started_at"]) - trace["started_at"], 3),
    }
