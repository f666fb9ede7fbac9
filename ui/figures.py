"""Prints the figures of a run with their intervals, as a table or as JSON lines. Computes none."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from ui.batch import Row, dump

if TYPE_CHECKING:
    from assistant.evaluation.datasets import Dataset
    from assistant.evaluation.runs import Result, Run
    from assistant.evaluation.statistics import Figure, Measure

IN_PART = 1
_SHORT = ("F1", "F1 (strict)", "exact set", "NA accuracy")


def report(
    run: Run,
    data: Dataset,
    results: Mapping[str, Result],
    measures: Mapping[str, Measure],
    as_json: bool,
    more: Mapping[str, Sequence[Mapping[str, float]]] | None = None,
) -> None:
    """Print the figures of a run, and end the program with its exit code: 1 when a row failed."""
    from assistant.evaluation.metrics import ANSWER_BASES, mean
    from assistant.evaluation.statistics import figures

    fine = [r for r in (results[row.id] for row in data.rows) if r.error is None]
    bases = ANSWER_BASES if run.about.kind == "answers" else {}
    found = figures([r.counts for r in fine], measures, bases) if fine else []
    failed = len(data.rows) - len(fine)
    costs = {
        "seconds a row": mean([r.seconds for r in fine]),
        "tokens a row": mean(
            [(r.input_tokens or 0) + (r.output_tokens or 0) if r.input_tokens else None for r in fine]
        ),
        "price a row": mean([r.price_usd for r in fine]),
    }
    extra = {label: figures(list(rows), measures) for label, rows in (more or {}).items()}
    show_figures = _json_figures if as_json else _print_figures
    show_figures(run, found, extra, costs, failed)
    sys.exit(IN_PART if failed else 0)


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


def _print_figures(
    run: Run,
    found: Sequence[Figure],
    extra: Mapping[str, Sequence[Figure]],
    costs: Mapping[str, float | None],
    failed: int,
) -> None:
    from rich.table import Table

    from ui.terminal import console

    table = Table("figure", "value", "95 % interval", "n", box=None)
    for figure in found:
        table.add_row(figure.name, f"{figure.value:.3f}", f"{figure.low:.3f} to {figure.high:.3f}", str(figure.n))
    console.print(table)
    for label, others in extra.items():
        told = ", ".join(f"{f.name} {f.value:.3f} ({f.low:.3f} to {f.high:.3f})" for f in others if f.name in _SHORT)
        console.print(f"{label}: {told}", soft_wrap=True)
    told = ", ".join(f"{name} {value:.4g}" for name, value in costs.items() if value is not None)
    console.print(f"run {run.about.id}{f', {told}' if told else ''}{f', {failed} rows failed' if failed else ''}")
