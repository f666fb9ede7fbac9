"""Writes a comparison down: an HTML page that opens without a network, and CSV for a spreadsheet. Computes nothing."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from assistant.evaluation.comparison import Cell, Comparison
from assistant.evaluation.datasets import Dataset
from assistant.evaluation.statistics import NO_SPREAD

SAME_PRICE, SAME_QUALITY = 0.03, 0.04
"""Shares of the plot's width and height within which letters would cover each other."""
TEMPLATE = Path(__file__).with_name("report.html.j2")


def html_report(comparison: Comparison, dataset: Dataset) -> str:
    """Write the page; every value in it is escaped."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    priced = [cell for cell in comparison.cells if cell.price_usd is not None]
    return environment.from_string(TEMPLATE.read_text("utf-8")).render(
        comparison=comparison,
        headed=next((cell.figures for cell in comparison.cells if cell.figures), ()),
        prompts=list(dict.fromkeys(cell.prompt for cell in comparison.cells)),
        models=list(dict.fromkeys(cell.model for cell in comparison.cells)),
        dataset=dataset.path.name,
        dataset_hash=dataset.hash,
        made_at=datetime.now(UTC).isoformat(timespec="minutes"),
        priced=priced,
        price=_price,
        no_spread=NO_SPREAD,
        points=_points(comparison, priced),
        most_often=max((n for rows in comparison.confusions.values() for row in rows for n in row[1:]), default=1),
        highest=max((cell.price_usd or 0.0 for cell in priced), default=0.0) or 1.0,
    )


@dataclass
class Point:
    """Cells that stand so near to each other on the plot that they share a point."""

    price: float
    quality: float
    names: list[str]
    letters: list[str]


def _points(comparison: Comparison, priced: Sequence[Cell]) -> list[Point]:
    """Give the points of price against quality; cells that would lie on one another are one."""
    found: list[Point] = []
    widest = max((cell.price_usd or 0.0 for cell in priced), default=0.0) * SAME_PRICE
    for cell in (cell for cell in priced if cell.figures):
        price, letter = cell.price_usd or 0.0, comparison.called[cell.name]
        near = (p for p in found if abs(p.price - price) <= widest and abs(p.quality - cell.quality) <= SAME_QUALITY)
        point = next(near, None)
        if point is None:
            found.append(Point(price, cell.quality, [cell.name], [letter]))
        else:
            point.names.append(cell.name)
            point.letters.append(letter)
    return found


def _price(usd: float | None) -> str:
    return "price unknown" if usd is None else f"${usd:.6f} a row" if usd else "no price"


def csv_report(comparison: Comparison) -> str:
    """Write a line for each cell: its figures with their intervals, and what it cost."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    names = next(([figure.name for figure in cell.figures] for cell in comparison.cells if cell.figures), [])
    heads = [f"{name}{part}" for name in names for part in ("", " low", " high")]
    costs = ["input tokens", "output tokens", "price_usd", "seconds", "errors", "n"]
    writer.writerow(["cell", "prompt", "model", *heads, *costs])
    for cell in comparison.cells:
        values = [f"{v:.4f}" for figure in cell.figures for v in (figure.value, figure.low, figure.high)]
        values = values or [""] * len(heads)
        cost = [
            cell.input_tokens,
            cell.output_tokens,
            cell.price_usd,
            round(cell.seconds, 4),
            cell.errors,
            comparison.n,
        ]
        named = [_plain(text) for text in (cell.name, cell.prompt, cell.model)]
        writer.writerow([*named, *values, *("" if value is None else value for value in cost)])
    return out.getvalue()


def _plain(text: str) -> str:
    """Keep a spreadsheet from taking a name for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text
