"""Prints the figures of a run with their intervals, as a table or as JSON lines. Computes none."""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median
from typing import TYPE_CHECKING

import click

from ui.batch import Row, dump

if TYPE_CHECKING:
    from assistant.evaluation.datasets import Dataset
    from assistant.evaluation.runs import Result, Run
    from assistant.evaluation.statistics import Figure, Measure

IN_PART, FAILED = 1, 3
SHOWN_REASONS = 3
_SHORT = ("F1", "F1 (strict)", "exact set", "NA accuracy")


def report(
    run: Run,
    data: Dataset,
    results: Mapping[str, Result],
    measures: Mapping[str, Measure],
    as_json: bool,
    again: str,
    more: Mapping[str, Sequence[Mapping[str, float]]] | None = None,
) -> None:
    """Print the figures of a run, and end the program with its exit code: 1 when a row failed, 3 when all did.

    `again` is the command that tries failed rows once more.
    """
    from assistant.evaluation.metrics import ANSWER_BASES, mean
    from assistant.evaluation.policy_rows import POLICY_BASES
    from assistant.evaluation.statistics import figures

    fine = [r for r in (results[row.id] for row in data.rows) if r.is_measured]
    bases = {"answers": ANSWER_BASES, "policy": POLICY_BASES}.get(run.about.kind, {})
    found = figures([r.counts for r in fine], measures, bases) if fine else []
    failed = sum(results[row.id].error is not None for row in data.rows)
    costs = {
        "seconds a row": median([r.seconds for r in fine]) if fine else None,
        "tokens a row": mean(
            [(r.input_tokens or 0) + (r.output_tokens or 0) if r.input_tokens else None for r in fine]
        ),
        "price a row": mean([r.price_usd for r in fine]),
        "judge's tokens a row": mean([r.judge_tokens for r in fine]),
        "judge's price a row": mean([r.judge_usd for r in fine]),
    }
    extra = {label: figures(list(rows), measures) for label, rows in (more or {}).items()}
    show_figures = _json_figures if as_json else _print_figures
    show_figures(run, found, extra, costs, failed)
    if not as_json:
        _tell_judgements(fine, run)
        _tell_wrong(fine, run)
    if failed:
        _tell_failures([results[row.id] for row in data.rows], again)
    sys.exit(FAILED if not fine else IN_PART if failed else 0)


def _tell_judgements(results: Sequence[Result], run: Run) -> None:
    """Give the lowest scores of the judge with their reasons, and say what could not be judged."""
    from ui.terminal import console, printable

    judged = [r for r in results if isinstance(r.got, Mapping) and "judge" in r.got]
    scored = sorted((r for r in judged if r.got["judge"] is not None), key=lambda r: r.got["judge"])
    for result in scored[:SHOWN_REASONS]:
        told = f"judge {result.got['judge']}  {result.id}: {result.got['reason'] or 'no reason given'}"
        console.print(printable(told), soft_wrap=True, markup=False)
    if len(scored) > SHOWN_REASONS:
        console.print(f"All scores with their reasons: lectern eval show {run.about.id} --judged", soft_wrap=True)
    unscored = [r for r in judged if r.got["judge"] is None]
    if unscored:
        first = printable(unscored[0].got["reason"])
        told = f"{len(unscored)} of {len(judged)} answers could not be judged. The first, {unscored[0].id}: {first}"
        click.secho(told, fg="red", err=True)


def _tell_wrong(results: Sequence[Result], run: Run) -> None:
    """Say of answers in how many rows not all was as asked: a figure of a few of the rows may hide it."""
    from ui.run_commands import is_wrong

    wrong = sum(map(is_wrong, results))
    if wrong and run.about.kind == "answers":
        click.echo(f"{wrong} of {len(results)} rows are not as asked: lectern eval show {run.about.id}")


def _tell_failures(results: Sequence[Result], again: str) -> None:
    """Say why rows failed, the commonest reason first, and what to do."""
    failed = [result for result in results if result.error is not None]
    reasons = Counter(result.error for result in failed)
    for reason, times in reasons.most_common(SHOWN_REASONS):
        click.secho(f"{times} of {len(results)} rows failed: {reason}", fg="red", err=True)
    if len(reasons) > SHOWN_REASONS:
        click.echo(f"... and for {len(reasons) - SHOWN_REASONS} other reasons.", err=True)
    if unreadable := sum(result.is_measured for result in failed):
        click.echo(f"  {unreadable} of these gave no list of names: each counts as a miss.", err=True)
    if unreadable < len(failed):
        click.echo(f"  Try {'the others' if unreadable else 'them'} again: {again}", err=True)


def _json_figures(
    run: Run,
    found: Sequence[Figure],
    extra: Mapping[str, Sequence[Figure]],
    costs: Mapping[str, float | None],
    failed: int,
) -> None:
    def row(figure: Figure, label: str = "") -> Row:
        about: Row = {"figure": figure.name, "value": figure.value, "low": figure.low, "high": figure.high}
        return {**about, "n": figure.n, **({"with": label} if label else {})}

    for figure in found:
        click.echo(dump(_finite(row(figure))))
    for label, others in extra.items():
        for figure in others:
            click.echo(dump(_finite(row(figure, label))))
    click.echo(dump({"run": run.about.id, "failed": failed, **costs}))


def _finite(row: Row) -> Row:
    return {k: None if isinstance(v, float) and v != v else v for k, v in row.items()}  # noqa: PLR0124  # NaN


def _in_words(figure: Figure) -> tuple[str, str]:
    """Give a figure and its interval; one that no row of these can have is a dash."""
    if math.isnan(figure.value):
        return "–", "no such row"
    return f"{figure.value:.3f}", f"{figure.low:.3f} to {figure.high:.3f}{' *' if figure.has_no_spread else ''}"


def _print_figures(
    run: Run,
    found: Sequence[Figure],
    extra: Mapping[str, Sequence[Figure]],
    costs: Mapping[str, float | None],
    failed: int,
) -> None:
    from rich.table import Table

    from assistant.evaluation.statistics import NO_SPREAD
    from ui.terminal import console

    table = Table("figure", "value", "95 % interval", "n", box=None)
    for figure in found:
        table.add_row(figure.name, *_in_words(figure), str(figure.n))
    if found:
        console.print(table)
    if any(figure.has_no_spread for figure in found):
        console.print(f"* {NO_SPREAD}", style="dim", soft_wrap=True)
    for label, others in extra.items():
        told = ", ".join(f"{f.name} {f.value:.3f} ({f.low:.3f} to {f.high:.3f})" for f in others if f.name in _SHORT)
        console.print(f"{label}: {told}", soft_wrap=True)
    told = ", ".join(
        f"{name} {f'{value:.4g}' if value else 'none'}" for name, value in costs.items() if value is not None
    )
    console.print(f"run {run.about.id}{f', {told}' if told else ''}{f', {failed} rows failed' if failed else ''}")
