"""Writes a comparison down: an HTML page that opens without a network, and CSV for a spreadsheet. Computes nothing."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

from assistant.evaluation.comparison import Comparison
from assistant.evaluation.datasets import Dataset
from assistant.evaluation.statistics import NO_SPREAD

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
        highest=max((cell.price_usd or 0.0 for cell in priced), default=0.0) or 1.0,
    )


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
