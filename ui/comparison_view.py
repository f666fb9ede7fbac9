"""Shows a comparison in a terminal, and writes its report. Compares nothing."""

from __future__ import annotations

import math
import tempfile
import webbrowser
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.table import Table

from assistant.evaluation.comparison import Cell, Comparison
from assistant.evaluation.statistics import NO_SPREAD, Figure
from assistant.evaluation.verdicts import MAIN
from assistant.listing import listed
from index_store.errors import InvalidInput
from ui.terminal import console

if TYPE_CHECKING:
    from assistant.evaluation.datasets import Dataset


_HEADS = ("", "F1", "exact", "NA", "tokens in+out", "price a row", "seconds", "errors")
_SHOWN = ("F1", "exact set", "NA accuracy")


def print_comparison(comparison: Comparison) -> None:
    """Print the matrix, what can be told apart, and the rankings; cells have letters, so that all fits 80 columns."""
    called = comparison.called
    for cell in comparison.cells:
        console.print(f"{called[cell.name]}  {cell.name}", soft_wrap=True, markup=False)
    table = Table(box=None, pad_edge=False)
    for head in _HEADS:
        table.add_column(head, justify="left" if not head else "right", vertical="top")
    for cell in comparison.cells:
        table.add_row(called[cell.name], *_figures(cell), *_costs(cell))
    console.print(table)
    if any(figure.has_no_spread for cell in comparison.cells for figure in cell.figures if figure.name in _SHOWN):
        console.print(f"* {NO_SPREAD}", style="dim", soft_wrap=True)
    for cell in comparison.cells:
        if cell.errors:
            failed = f"{called[cell.name]}: {cell.errors} rows failed: {cell.reason}"
            console.print(failed, style="red", markup=False, soft_wrap=True)
    _print_verdicts(comparison, called)
    if len(comparison.cells) > 1:
        _print_rankings(comparison, called)


def _figures(cell: Cell) -> list[str]:
    by_name = {figure.name: figure for figure in cell.figures}
    return [figure_in_two_lines(by_name[name]) if name in by_name else "–" for name in _SHOWN]


def figure_in_two_lines(figure: Figure) -> str:
    """Give a figure with its interval below it; one that is not defined is a dash."""
    if math.isnan(figure.value):
        return "–"
    star = "*" if figure.has_no_spread else ""
    return f"{figure.value:.3f}\n{figure.low:.2f}–{figure.high:.2f}{star}"


def _costs(cell: Cell) -> list[str]:
    tokens = "–" if cell.input_tokens is None else f"{cell.input_tokens:.0f}+{cell.output_tokens or 0:.0f}"
    return [tokens, price_in_words(cell.price_usd), f"{cell.seconds:.3f}" if cell.figures else "–", str(cell.errors)]


def price_in_words(price_usd: float | None) -> str:
    """Give a price; that of the rules is none, and that of a model nobody knows the price of is unknown."""
    if price_usd is None:
        return "unknown"
    return f"${price_usd:.6f}" if price_usd else "none"


def _print_verdicts(comparison: Comparison, called: Mapping[str, str]) -> None:
    for verdict in comparison.verdicts:
        if verdict.is_clear:
            console.print(f"- {verdict.words_as(called)}", soft_wrap=True)
            console.print(f"  {verdict.test_as(called)}", style="dim", soft_wrap=True)
    unclear = [verdict for verdict in comparison.verdicts if not verdict.is_clear]
    if unclear:
        console.print("Not enough data to tell")
    for verdict in unclear:
        if not verdict.is_same:
            console.print(f"- {verdict.brief_as(called)}", soft_wrap=True)
            console.print(f"  {verdict.test_as(called)}", style="dim", soft_wrap=True)
    for group in comparison.alike():
        told = listed([called[name] for name in group])
        console.print(f"- {told} apart: on these {comparison.n} rows they are equally good.", soft_wrap=True)
    if comparison.caution:
        console.print(comparison.caution, style="dim", soft_wrap=True)


def _print_rankings(comparison: Comparison, called: Mapping[str, str]) -> None:
    for by in ("quality", "price", "speed"):
        if by == "price" and all(cell.price_usd is None for cell in comparison.cells):
            console.print(f"By price: {comparison.why_no_price}", soft_wrap=True)
            continue
        console.print(f"By {by}:")
        places = comparison.places(by)
        for place, group in places:
            named = [called[cell.name] for cell in group]
            same = "" if by == "price" and group[0].price_usd is None else ", equal"
            told = f"{listed(named)}{same}" if len(group) > 1 else f"{named[0]}  {group[0].name}"
            doubt = _doubt(comparison, places[0][1][0], group[0], by)
            line = f" {place}. {_measured(group[0], by)}  {told}{doubt}"
            console.print(line, soft_wrap=True, markup=False)


def _measured(cell: Cell, by: str) -> str:
    if by == "quality":
        return f"{MAIN} {cell.quality:.3f}" if cell.quality >= 0 else "no figure"
    return price_in_words(cell.price_usd) if by == "price" else f"{cell.seconds:.3f} s"


def _doubt(comparison: Comparison, best: Cell, cell: Cell, by: str) -> str:
    if by != "quality" or cell is best or comparison.is_told_from(best, cell):
        return ""
    return " (not clearly less than the first)"


def check_report(page: Path) -> None:
    """Refuse a place that a report cannot be written to, before anything is asked.

    Raises:
        InvalidInput: when its folder does not exist, or it is one itself.
    """
    if page.is_dir():
        raise InvalidInput(f"{page} is a folder.", hint=f"Name a file in it: --report {page / 'report.html'}")
    if not page.parent.is_dir():
        raise InvalidInput(
            f"The report cannot be written: there is no folder {page.parent}.",
            hint="Make it, or give --report another place.",
        )


def write_reports(comparison: Comparison, data: Dataset, page: Path) -> Path:
    """Write the page and the CSV beside it; give the page.

    Raises:
        InvalidInput: when they cannot be written there.
    """
    from assistant.evaluation.report import csv_report, html_report

    page = page if page.suffix.lower() in (".html", ".htm") else page.with_suffix(".html")
    table = page.with_suffix(".csv")
    try:
        _write(page, html_report(comparison, data))
        _write(table, csv_report(comparison))
    except OSError as exc:
        raise InvalidInput(f"{page} cannot be written: {exc.strerror}.", hint="Give --report another place.") from exc
    click.echo(f"Report: {page} and {table.name}", err=True)
    return page


def show_page(page: Path) -> None:
    """Open a page in the browser, or say where it is where there is none."""
    try:
        shown = webbrowser.get().open(page.resolve().as_uri())
    except webbrowser.Error:
        shown = False
    if not shown:
        click.echo(f"There is no browser to open it with here. Open this file in one: {page.resolve()}", err=True)


def _write(file: Path, text: str) -> None:
    """Write a file whole, or not at all."""
    with tempfile.NamedTemporaryFile("w", dir=file.parent, delete=False, encoding="utf-8", newline="") as out:
        out.write(text)
    Path(out.name).chmod(0o644)
    Path(out.name).replace(file)
