"""Builds the cells of a comparison, prompts by models, and shows what came of it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table

from index_store.errors import InvalidInput
from ui.terminal import console

if TYPE_CHECKING:
    from assistant.evaluation.comparison import Comparison
    from assistant.evaluation.datasets import Dataset
    from assistant.evaluation.runs import Runner
    from ui.wiring import Library

TEMPLATE = "tag_abstract"


@dataclass(frozen=True)
class CellPlan:
    """One prompt with one model, ready to be run."""

    name: str
    prompt: str
    model: str
    settings: Mapping[str, Any]
    runner: Callable[[str], Runner]


def cells_of(library: Library, prompts: Sequence[str], models: Sequence[str]) -> list[CellPlan]:
    """Give each prompt with each model; without a server there are the rules alone.

    Raises:
        InvalidInput: when prompts or models are named and there is no server to ask.
        PromptProblem: when a version does not exist.
    """
    from assistant.tagging import Tagger

    environment = library.environment
    if environment.assistant.mode == "quoting":
        if prompts or models:
            raise InvalidInput(
                "There is no language model to compare prompts with.",
                hint="Set OPENAI_BASE_URL (any compatible server) or OPENAI_API_KEY.",
            )
        rules = Tagger(library.traces, environment.model_names)
        return [_plan("tagging rules", "rules", "none", {"model": "tagging rules"}, rules)]
    chosen: Sequence[str | None] = models or [None]
    return [_cell(library, version, model) for version in _versions(library, prompts) for model in chosen]


def _versions(library: Library, prompts: Sequence[str]) -> list[int]:
    from assistant.prompts import versions
    from ui import wiring

    folder = library.environment.assistant.prompts_folder
    if not prompts:
        return [wiring.prompts_of(library.environment).get(TEMPLATE).version]
    known = versions(TEMPLATE, folder)
    found = []
    for text in prompts:
        number = text.removeprefix(f"{TEMPLATE}@").removeprefix("v")
        if not number.isdecimal() or int(number) not in known:
            raise InvalidInput(
                f"{text!r} is no version of {TEMPLATE}.", hint=f"There are: {', '.join(map(str, known))}."
            )
        found.append(int(number))
    return list(dict.fromkeys(found))


def _cell(library: Library, version: int, model_name: str | None) -> CellPlan:
    from assistant.llms import choose_model
    from assistant.prompts import PromptSet
    from assistant.tagging import Tagger
    from ui import wiring

    environment = library.environment
    settings = environment.assistant if model_name is None else replace(environment.assistant, model=model_name)
    model = choose_model(settings, None)
    prompts = PromptSet(settings.prompts_folder, {**settings.prompt_versions, TEMPLATE: version})
    template = prompts.get(TEMPLATE)
    tagger = Tagger(library.traces, environment.model_names, model, prompts, wiring.examples_of(library))
    about = {
        "model": model.name,
        "server": settings.server,
        "template": f"{TEMPLATE}.v{version}",
        "hash": template.hash,
    }
    return _plan(f"{TEMPLATE}@{version} with {model.name}", f"{TEMPLATE}@{version}", model.name, about, tagger)


def _plan(name: str, prompt: str, model: str, settings: Mapping[str, Any], tagger: Any) -> CellPlan:
    from assistant.evaluation import runners

    return CellPlan(name, prompt, model, settings, lambda run_id: runners.tagging(tagger, run_id))


def print_comparison(comparison: Comparison) -> None:
    """Print the matrix, what can be told apart, and the rankings."""
    table = Table("", "F1", "exact", "NA accuracy", "tokens in/out", "price a row", "seconds a row", "errors", box=None)
    for cell in comparison.cells:
        by_name = {figure.name: figure for figure in cell.figures}
        shown = [
            f"{by_name[n].value:.3f} ({by_name[n].low:.2f}–{by_name[n].high:.2f})" if n in by_name else "–"
            for n in ("F1", "exact set", "NA accuracy")
        ]
        tokens = "–" if cell.input_tokens is None else f"{cell.input_tokens:.0f}/{cell.output_tokens or 0:.0f}"
        price = "unknown" if cell.price_usd is None else f"${cell.price_usd:.6f}"
        table.add_row(cell.name, *shown, tokens, price, f"{cell.seconds:.3f}", str(cell.errors))
    console.print(table)
    for cell in comparison.cells:
        if cell.errors:
            console.print(f"{cell.name}: {cell.errors} rows failed: {cell.reason}", style="red", markup=False)
    for verdict in comparison.verdicts:
        console.print(f"- {verdict.words}", soft_wrap=True)
        console.print(f"  {verdict.test}", style="dim", soft_wrap=True)
    if comparison.caution:
        console.print(f"  {comparison.caution}", style="dim", soft_wrap=True)
    if len(comparison.cells) > 1:
        _print_rankings(comparison)


def _print_rankings(comparison: Comparison) -> None:
    for by in ("quality", "price", "speed"):
        told = ", then ".join(cell.name for cell in comparison.ranking(by))
        if by == "price" and all(cell.price_usd is None for cell in comparison.cells):
            told = "none is known, for the server reports no tokens, or its models have no price."
        console.print(f"By {by}: {told}", soft_wrap=True)


def write_reports(comparison: Comparison, data: Dataset, page: Path) -> None:
    """Write the page and the CSV beside it.

    Raises:
        InvalidInput: when they cannot be written there.
    """
    from assistant.evaluation.report import csv_report, html_report

    page = page if page.suffix.lower() in (".html", ".htm") else page.with_suffix(".html")
    table = page.with_suffix(".csv")
    try:
        page.parent.mkdir(parents=True, exist_ok=True)
        _write(page, html_report(comparison, data))
        _write(table, csv_report(comparison))
    except OSError as exc:
        raise InvalidInput(f"{page} cannot be written: {exc.strerror}.", hint="Give --report another place.") from exc
    click.echo(f"Report: {page} and {table.name}", err=True)


def _write(file: Path, text: str) -> None:
    """Write a file whole, or not at all."""
    with tempfile.NamedTemporaryFile("w", dir=file.parent, delete=False, encoding="utf-8", newline="") as out:
        out.write(text)
    Path(out.name).chmod(0o644)
    Path(out.name).replace(file)
