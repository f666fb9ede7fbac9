"""The commands over logged turns: traces list, show, export, deliver, correct, forget; and feedback."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, TextIO

import click

from index_store.errors import InvalidInput
from ui.batch import dump

if TYPE_CHECKING:
    from assistant.tracing.queries import Filter, TraceReader
    from assistant.tracing.store import TraceStore

IN_PART = 1
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON lines instead of text.")
_FILTERS = (
    click.option("--since", metavar="DATE", help="Begun on or after it, such as 2026-11-01 or 2026-11-01T14:00."),
    click.option("--before", metavar="DATE", help="Begun before it."),
    click.option("--kind", type=click.Choice(["ask", "agent", "tag", "courtesy"]), help="What it was."),
    click.option("--mode", type=click.Choice(["quoting", "compatible", "openai"])),
    click.option("--status", type=click.Choice(["ok", "refused", "stopped", "error", "aborted", "running"])),
    click.option("--refused", is_flag=True, help="The same as --status refused."),
    click.option("--vote", type=click.Choice(["up", "down"]), help="By the latest feedback."),
    click.option("--text", metavar="WORDS", help="Standing in the question or the answer, in any case."),
    click.option("--conversation", metavar="ID"),
    click.option("--user", metavar="ID"),
)


def _filtered(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_FILTERS):
        command = option(command)
    return command


def _filter(refused: bool, since: str | None, before: str | None, status: str | None, **given: Any) -> Filter:
    from assistant.tracing.queries import Filter

    if refused and status not in (None, "refused"):
        raise InvalidInput(f"--refused and --status {status} exclude each other.", hint="Give one of them.")
    wanted = "refused" if refused else status
    return Filter(since=moment(since), before=moment(before), status=wanted, **given)


def moment(text: str | None) -> float | None:
    """Give a date, or date and time, of the local clock (or with an offset) as seconds since 1970.

    Raises:
        InvalidInput: when it is none.
    """
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError as exc:
        raise InvalidInput(f"{text!r} is no date.", hint="Write it like 2026-11-01 or 2026-11-01T14:00.") from exc


def _open() -> Any:
    from ui import wiring

    return wiring.open_library(wiring.read_environment())


def _reader(store: TraceStore) -> TraceReader:
    from assistant.tracing.queries import TraceReader

    return TraceReader(store.engine)


@click.group()
def traces() -> None:
    """Review what was asked and answered."""


@traces.command("list")
@_filtered
@click.option("--evaluation", is_flag=True, help="The turns of evaluations too; else they are hidden.")
@click.option("-n", "--limit", default=20, show_default=True, type=click.IntRange(1), help="How many, newest first.")
@_JSON
def list_traces(evaluation: bool, limit: int, as_json: bool, **given: Any) -> None:
    """List logged turns, the newest first.

    Those of evaluations are left out, unless --evaluation or a conversation of theirs (a run) asks for them.
    """
    from ui.trace_view import print_list

    everything = _filter(**given)
    shown_all = evaluation or given["conversation"] is not None
    wanted = everything if shown_all else replace(everything, evaluation=False)
    with _open() as library:
        reader = _reader(library.traces)
        rows = reader.find(wanted, limit)
        count = len(rows) if len(rows) < limit else reader.count(wanted)
        hidden = 0 if shown_all else reader.count(replace(everything, evaluation=True))
    if as_json:
        for row in rows:
            click.echo(dump(row))
    else:
        print_list(rows, count)
    if hidden:
        click.secho(f"{hidden} turns of evaluations are hidden; --evaluation shows them.", dim=True, err=True)


@traces.command()
@click.argument("trace_id", metavar="ID")
@click.option("--as-sent", is_flag=True, help="Print what leaves for Comet or Opik: redacted, and nothing else.")
@_JSON
def show(trace_id: str, as_sent: bool, as_json: bool) -> None:
    """Show a turn with its sources and its steps.

    The steps come as a tree with their times.
    """
    from ui.trace_view import print_trace

    with _open() as library:
        record = _reader(library.traces).get(trace_id)
        sent = library.traces.as_sent(record) if as_sent else None
    if sent is not None:
        click.echo(dump(sent))
    elif as_json:
        click.echo(dump(record))
    else:
        print_trace(record)


@traces.command()
@_filtered
@click.option("--format", "form", type=click.Choice(["jsonl", "csv", "openinference"]), default="jsonl")
@click.option("-o", "--output", type=click.File("w", encoding="utf-8", lazy=True), default="-", help="Else stdout.")
def export(form: str, output: TextIO, **given: Any) -> None:
    """Write turns out, the oldest first.

    As JSON lines, as a table, or as OpenInference spans.
    """
    from assistant.tracing.export import csv_rows, to_jsonl, to_openinference

    wanted = _filter(**given)
    with _open() as library:
        records = _reader(library.traces).each(wanted)
        if form == "csv":
            for line in csv_rows(records):
                output.write(line)
            return
        for record in records:
            lines = [to_jsonl(record)] if form == "jsonl" else [dump(span) for span in to_openinference(record)]
            for line in lines:
                output.write(line.rstrip("\n") + "\n")


@traces.command()
@click.option("--due", is_flag=True, help="Only what is due; leave what was refused, and pauses, as they are.")
def deliver(due: bool) -> None:
    """Send what waits to Comet and Opik now.

    What they had refused is tried once more.
    """
    from ui import delivery

    with _open() as library:
        done = delivery.deliver_now(library, only_due=due)
    sys.exit(0 if done else IN_PART)


@traces.command()
@click.argument("trace_id", metavar="ID")
@click.option("--reviewer", default="", help="Who says so; else the name you are logged in with.")
@click.option("--verdict", type=click.Choice(["right", "partly", "wrong", "refuse"]), help="What the answer was.")
@click.option("--answer", help="What would have been right.")
@click.option("--source", "sources", multiple=True, help="A source that it should have cited; may be repeated.")
@click.option("--tag", "tags", multiple=True, help="A tag that would have been right; may be repeated.")
@click.option("--comment", default="")
@click.option("--assign", help="Who shall look at it.")
def correct(trace_id: str, reviewer: str, sources: tuple[str, ...], tags: tuple[str, ...], **given: Any) -> None:
    """Keep a review of a turn: a verdict, or what was right."""
    from assistant.tag_corrections import check_in_abstract, checked_names
    from assistant.tracing.records import Review
    from ui.review_sources import known_sources

    if not (sources or tags or any(given.values())):
        raise InvalidInput("There is nothing to keep.", hint="Give --verdict, --answer, --source, --tag or --comment.")
    with _open() as library:
        trace = _reader(library.traces).get(trace_id)
        known, names = trace["id"], checked_names(tags) if tags else None
        if names is not None:
            check_in_abstract(names, trace["question"])
        right = known_sources((d.path for d in library.ledger.documents()), sources) if sources else ()
        review = Review(
            trace_id=known,
            reviewer=reviewer or _login(),
            created_at=time.time(),
            verdict=given["verdict"],
            corrected_answer=given["answer"],
            corrected_sources=right or None,
            corrected_tags=names,
            comment=given["comment"],
            assignee=given["assign"],
        )
        library.traces.add_review(review)
    click.echo(f"Kept the review of {known}.")


def _login() -> str:
    """Give the name that this user is logged in with.

    Raises:
        InvalidInput: when there is none, as in a container.
    """
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError) as exc:
        raise InvalidInput("Nobody is logged in here.", hint="Say who reviews: --reviewer NAME") from exc


@traces.command()
@click.option("--user", metavar="ID")
@click.option("--conversation", metavar="ID")
@click.option("--before", metavar="DATE")
@click.option("--yes", is_flag=True, help="Do not ask.")
def forget(user: str | None, conversation: str | None, before: str | None, yes: bool) -> None:
    """Delete turns for good, with all that hangs on them.

    That is their steps, feedback and reviews, and what waits to be delivered of them.
    """
    from assistant.tracing.queries import Filter

    if user is None and conversation is None and before is None:
        raise InvalidInput("Nothing says what to forget.", hint="Give --user, --conversation or --before.")
    until = moment(before)
    with _open() as library:
        count = _reader(library.traces).count(Filter(user=user, conversation=conversation, before=until))
        if count and not yes:
            click.confirm(f"Delete {count} turns for good?", abort=True)
        gone, delivered = library.traces.forget(user=user, conversation=conversation, before=until)
    click.echo(f"Deleted {gone} turns.")
    if delivered:
        click.echo(f"{delivered} of them had been delivered: delete them in Comet or Opik too.")


@click.command()
@click.argument("trace_id", metavar="TRACE")
@click.argument("vote", type=click.Choice(["up", "down", "none"]))
@click.option("--comment", default="")
def feedback(trace_id: str, vote: str, comment: str) -> None:
    """Say whether an answer was good; `none` takes it back."""
    from assistant.tracing.records import Feedback
    from ui import delivery

    with _open() as library:
        known = _reader(library.traces).get(trace_id)["id"]
        kept = None if vote == "none" else vote
        library.traces.give_feedback(Feedback(known, kept, time.time(), comment))  # type: ignore[arg-type]
        delivery.deliver_behind(library)
    click.echo(f"Kept for {known}.")
