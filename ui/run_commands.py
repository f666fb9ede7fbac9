"""The commands over runs that are kept: eval list, eval show; and how to go on with one."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ui.batch import Row, dump

if TYPE_CHECKING:
    from assistant.evaluation.runs import Result, Run

SHOWN_CHARACTERS = 300
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON lines instead of a table.")


def resuming(
    kind: str,
    dataset: Path,
    run: Run,
    prompts: Sequence[str] = (),
    model: str | None = None,
    limit: int | None = None,
    *,
    judge: bool = False,
    top_k: int | None = None,
    at: str | None = None,
) -> str:
    """Give the command that goes on with a run."""
    options = [part for prompt in prompts for part in ("--prompt", prompt)]
    for name, value in (("--model", model), ("--limit", limit), ("-k", top_k), ("--at", at)):
        options += [] if value is None else [name, str(value)]
    words = ["lectern", "eval", kind, str(dataset), *options, *(["--judge"] if judge else []), "--resume", run.about.id]
    return shlex.join(words)


@click.command("list")
@_JSON
def list_all(as_json: bool) -> None:
    """List the runs that are kept, with what was measured."""
    from assistant.evaluation.runs import list_runs
    from ui import wiring

    runs = list_runs(wiring.read_environment().home)
    for run in runs:
        results = run.results()
        failed = sum(r.error is not None for r in results.values())
        about: Row = {"id": run.about.id, "dataset": run.about.dataset, "rows": run.about.rows}
        about |= {"done": len(results) - failed, "failed": failed, "settings": dict(run.about.settings)}
        if as_json:
            click.echo(dump(about))
        else:
            failures = f", {failed} failed" if failed else ""
            done = f"{about['done']} of {about['rows']} rows{failures}"
            parts = (about["id"], done, _figure(run, results.values()), _measured(run.about.settings))
            click.echo("  ".join(part for part in (*parts, Path(about["dataset"]).name) if part))
    if not runs and not as_json:
        click.echo("There is none yet. Begin with: lectern eval tags FILE")


def _figure(run: Run, results: Iterable[Result]) -> str:
    """Give the figure that a run of its kind is for, with its interval; "" where no row of it has one."""
    from assistant.evaluation.metrics import ANSWER_MEASURES, SEARCH_MEASURES, TAG_MEASURES
    from assistant.evaluation.policy_rows import POLICY_MEASURES
    from assistant.evaluation.statistics import figures

    chief = {
        "tags": ("F1", TAG_MEASURES),
        "search": ("R@5", SEARCH_MEASURES),
        "answers": ("citation recall", ANSWER_MEASURES),
        "policy": ("leaks", POLICY_MEASURES),
    }
    name, measures = chief[run.about.kind]
    counted = [result.counts for result in results if result.is_measured]
    found = figures(counted, {name: measures[name]}) if counted else []
    return "".join(f"{f.name} {f.value:.3f} ({f.low:.3f} to {f.high:.3f})" for f in found if not math.isnan(f.value))


def _measured(settings: Mapping[str, Any]) -> str:
    """Say with which prompt and model a run was made, or how it searched."""
    if "top_k" in settings:
        return f"search, {settings['top_k']} passages"
    template = str(settings.get("template") or "").replace(".v", "@")
    judged = "judged" if settings.get("judge") else ""
    return ", ".join(part for part in (template, str(settings.get("model") or ""), judged) if part)


@click.command("show")
@click.argument("run_id", metavar="RUN")
@click.option("--judged", is_flag=True, help="All rows that a judge scored, the lowest score first.")
@_JSON
def show(run_id: str, judged: bool, as_json: bool) -> None:
    """Show the rows of a run that were wrong, or failed.

    Each with what was asked, what would have been right, and what was given.
    """
    from assistant.evaluation.runs import Run
    from ui import wiring

    run = Run.open(wiring.read_environment().home, run_id)
    results = run.results()
    wrong = [result for result in results.values() if is_wrong(result)]
    for result in _judged(results.values()) if judged else wrong:
        if as_json:
            row: Row = {"id": result.id, "asked": result.asked, "expected": result.expected, "got": result.got}
            click.echo(dump({**row, "trace_id": result.trace_id, "error": result.error}))
        else:
            _print_wrong(result)
    if not as_json and not judged:
        _print_sum(run, len(results), len(wrong))


def _judged(results: Iterable[Result]) -> list[Result]:
    found = [r for r in results if isinstance(r.got, Mapping) and "judge" in r.got]
    return sorted(found, key=lambda r: (r.got["judge"] is not None, r.got["judge"] or 0))


def _print_wrong(result: Result) -> None:
    click.secho(f"{result.id}  trace {result.trace_id or '–'}", bold=True)
    got = result.got
    given, judge = (got.get("answer"), _judgement(got)) if isinstance(got, Mapping) else (got, "")
    for name, value in (("asked", result.asked), ("expected", result.expected), ("given", given), ("judge", judge)):
        if value not in (None, ""):
            click.echo(f"  {name:<9} {_short(value)}")
    if result.error:
        click.secho(f"  failed    {_short(result.error)}", fg="red")


def _judgement(got: Mapping[str, Any]) -> str:
    if "judge" not in got:
        return ""
    return f"{'no score' if got['judge'] is None else got['judge']}: {got['reason'] or 'no reason given'}"


def _short(value: Any) -> str:
    from ui.terminal import printable

    text = " ".join(value.split()) if isinstance(value, str) else dump(value)
    return printable(text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…")


def _print_sum(run: Run, done: int, wrong: int) -> None:
    told = f"{wrong} of {done} rows were wrong or failed." if wrong else f"Nothing is wrong: all {done} rows are right."
    click.echo(told if done else "No row of it is done.")
    if done < run.about.rows:
        click.echo(
            f"{run.about.rows - done} rows are not done: give the same command again with --resume {run.about.id}"
        )
    elif wrong:
        click.echo("What would have been right in one: lectern traces correct TRACE ...", err=True)


def is_wrong(result: Result) -> bool:
    """Tell a row that was not right: tags that differ, a passage not among the first five, an answer that is off."""
    from assistant.evaluation.metrics import is_as_asked

    counts = result.counts
    if result.error is not None:
        return True
    if "exact" in counts:
        return counts["exact"] == 0
    if "recall@5" in counts:
        return counts["recall@5"] == 0
    return not is_as_asked(counts)
