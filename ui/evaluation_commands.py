"""The commands that measure: eval tags|search|answers|list|show, and compare."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from index_store.errors import InvalidInput
from ui import run_commands
from ui.figures import report
from ui.policies import AT
from ui.run_commands import resuming
from ui.variants import MODEL, PROMPT, varied

if TYPE_CHECKING:
    from assistant.evaluation.datasets import Dataset, Kind
    from assistant.evaluation.runs import Result, Run, Runner
    from ui.wiring import Library

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON lines instead of a table.")
_DATASET = click.argument("dataset", type=click.Path(path_type=Path))
_LIMIT = click.option("--limit", type=click.IntRange(1), help="Only the first so many rows.")
_JOBS = click.option("--jobs", default=4, show_default=True, type=click.IntRange(1, 64), help="Rows at a time.")
_RESUME = click.option("--resume", metavar="RUN", help="Go on with a run that was stopped.")


@click.group(name="eval")
def evaluate() -> None:
    """Measure tags, searches, answers or the policy on labelled rows.

    A dataset is JSON lines or CSV: the rows of --batch, and what would be right (`tags`; or `gold` and `keywords`).
    Every figure comes with its 95 % interval. Runs are kept: `list` shows them, `show` what was wrong in one, and
    --resume goes on with one that was stopped or had rows that failed.
    """


@evaluate.command("tags")
@_DATASET
@PROMPT
@MODEL
@_LIMIT
@_JOBS
@_RESUME
@_JSON
def eval_tags(
    dataset: Path,
    prompts: tuple[str, ...],
    model: str | None,
    limit: int | None,
    jobs: int,
    resume: str | None,
    as_json: bool,
) -> None:
    """Tag each abstract and compare with its labels."""
    from assistant.evaluation import runners
    from assistant.evaluation.metrics import TAG_MEASURES

    with _opened(dataset, "tags", limit, prompts, model) as (library, data):
        from ui import wiring

        settings = _tag_settings(library)
        run = _run_of(library, data, settings, resume)
        tagger = wiring.tagger_of(library)
        results = _go(run, data, runners.tagging(tagger, run.about.id), jobs)
        more: Mapping[str, Sequence[Mapping[str, float]]] = {}
        if tagger.uses_rules:
            more = runners.rules_without(data.rows)
    again = resuming("tags", dataset, run, prompts, model, limit)
    report(run, data, results, TAG_MEASURES, as_json, again, more)


@evaluate.command("search")
@_DATASET
@click.option("-k", "top_k", default=10, show_default=True, type=click.IntRange(1, 100), help="How many passages.")
@_LIMIT
@_JOBS
@_RESUME
@_JSON
def eval_search(dataset: Path, top_k: int, limit: int | None, jobs: int, resume: str | None, as_json: bool) -> None:
    """Search for each question and look where the gold passages stand."""
    from assistant.evaluation import runners
    from assistant.evaluation.metrics import SEARCH_MEASURES

    with _opened(dataset, "search", limit) as (library, data):
        data = replace(data, rows=tuple(row for row in data.rows if row.gold))
        settings = {"top_k": top_k, "index": str(library.searcher.index.manifest.fingerprint)}
        run = _run_of(library, data, settings, resume)
        results = _go(run, data, runners.searching(library.searcher, top_k), jobs)
    again = resuming("search", dataset, run, top_k=top_k, limit=limit)
    report(run, data, results, SEARCH_MEASURES, as_json, again)


@evaluate.command("answers")
@_DATASET
@click.option("--judge", is_flag=True, help="Let the language model score each answer too, with its reason.")
@PROMPT
@MODEL
@_LIMIT
@_JOBS
@_RESUME
@_JSON
def eval_answers(
    dataset: Path,
    judge: bool,
    prompts: tuple[str, ...],
    model: str | None,
    limit: int | None,
    jobs: int,
    resume: str | None,
    as_json: bool,
) -> None:
    """Ask each question; look at words, sources and refusals."""
    from assistant.evaluation import runners
    from assistant.evaluation.metrics import ANSWER_MEASURES, JUDGE_MEASURES

    with _opened(dataset, "answers", limit, prompts, model) as (library, data):
        from ui import wiring

        opened = wiring.assistant_of(library)
        if judge and opened.model.mode == "quoting":
            raise InvalidInput("Quoting mode cannot judge.", hint="Set OPENAI_BASE_URL or OPENAI_API_KEY.")
        templates = wiring.prompts_of(library.environment)
        settings = {
            "model": opened.model.label,
            "judge": judge,
            "index": str(library.searcher.index.manifest.fingerprint),
            "templates": {name: templates.get(name).hash for name in ("answer", "condense_question")},
        }
        run = _run_of(library, data, settings, resume)
        scoring = runners.judging(opened.model, templates) if judge else None
        results = _go(run, data, runners.asking(opened.assistant, run.about.id, scoring), jobs)
    again = resuming("answers", dataset, run, prompts, model, limit, judge=judge)
    report(run, data, results, {**ANSWER_MEASURES, **(JUDGE_MEASURES if judge else {})}, as_json, again)


evaluate.add_command(run_commands.list_all)
evaluate.add_command(run_commands.show)


@evaluate.command("policy")
@click.argument("dataset", type=click.Path(path_type=Path), required=False)
@AT
@PROMPT
@MODEL
@_LIMIT
@_JOBS
@_RESUME
@_JSON
def eval_policy(
    dataset: Path | None,
    at: str | None,
    prompts: tuple[str, ...],
    model: str | None,
    limit: int | None,
    jobs: int,
    resume: str | None,
    as_json: bool,
) -> None:
    """Ask about assignments; look for leaks, help and wrong bounds.

    Without a DATASET it is the `evaluation` of the assignment that is open.
    """
    from assistant.evaluation.policy_rows import POLICY_MEASURES, restricting
    from ui import policies, wiring

    dataset, now = policies.measured(wiring.read_environment(), dataset, at)
    with _opened(dataset, "policy", limit, prompts, model) as (library, data):
        library.clock = lambda: now
        opened = wiring.assistant_of(library)
        settings = {**policies.settings_of(library), "model": opened.model.label}
        run = _run_of(library, data, settings, resume)
        results = _go(run, data, restricting(opened.assistant, policies.hiding(library), run.about.id), jobs)
    again = resuming("policy", dataset, run, prompts, model, limit, at=at)
    report(run, data, results, POLICY_MEASURES, as_json, again)


@click.command()
@_DATASET
@click.option("--prompts", "prompts", default="", help="Versions of tag_abstract, such as 1,2 or tag_abstract@2.")
@click.option("--models", "models", default="", help="Names of models at the configured server, such as m1,m2.")
@click.option(
    "--report", "page", type=click.Path(path_type=Path), help="Where the HTML page goes; a CSV is put beside it."
)
@click.option("--open", "shall_open", is_flag=True, help="Open the page in the browser.")
@_LIMIT
@_JOBS
def compare(
    dataset: Path, prompts: str, models: str, page: Path | None, shall_open: bool, limit: int | None, jobs: int
) -> None:
    """Compare prompts and models on labelled abstracts.

    Quality, price and speed side by side, and which differences the rows can show. Each prompt is tried
    with each model. Before it is timed, each model is asked once. Without a language model there are the rules alone.
    """
    from assistant.evaluation.comparison import compare as compared
    from ui.comparing import cells_of, wake
    from ui.comparison_view import check_report, print_comparison, show_page, write_reports

    if page is not None:
        check_report(page)
    with _opened(dataset, "tags", limit) as (library, data):
        results = {}
        cells = cells_of(library, _split(prompts), _split(models))
        if len(cells) > 1:
            asyncio.run(wake(cells, data.rows[0].asked))
        for cell in cells:
            run = _run_of(library, data, cell.settings, None)
            results[cell.name] = (cell.prompt, cell.model, _go(run, data, cell.runner(run.about.id), jobs, cell.name))
        home = library.environment.home
    comparison = compared(data.rows, results)
    print_comparison(comparison)
    written = write_reports(comparison, data, page or home / "evaluations" / "comparison.html")
    if shall_open:
        show_page(written)
    sys.exit(any(cell.errors for cell in comparison.cells))


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


@contextmanager
def _opened(
    path: Path, kind: Kind, limit: int | None, prompts: Sequence[str] = (), model: str | None = None
) -> Iterator[tuple[Library, Dataset]]:
    """Read the data set first, so that a mistake in it is told before anything is opened."""
    from assistant.evaluation.datasets import read_dataset
    from ui import wiring
    from ui.delivery import delivered_behind

    data = read_dataset(path, kind)
    data = data if limit is None else replace(data, rows=data.rows[:limit])
    environment = varied(wiring.read_environment(), prompts, model, kind)
    with wiring.open_library(environment) as library, delivered_behind(library):
        yield library, data


def _tag_settings(library: Library) -> dict[str, Any]:
    from ui import wiring

    settings = library.environment.assistant
    if settings.mode == "quoting":
        return {"model": "tagging rules"}
    template = wiring.prompts_of(library.environment).get("tag_abstract")
    named = f"{template.name}.v{template.version}"
    return {
        "model": settings.model or settings.mode,
        "server": settings.server,
        "template": named,
        "hash": template.hash,
    }


def _run_of(library: Library, data: Dataset, settings: Mapping[str, Any], resume: str | None) -> Run:
    from assistant.evaluation.runs import Run

    home = library.environment.home
    if resume is None:
        return Run.begin(home, data, settings)
    run = Run.open(home, resume)
    run.check_continues(data, settings)
    return run


def _go(run: Run, data: Dataset, runner: Runner, jobs: int, name: str = "") -> dict[str, Result]:
    """Do the rows, with a progress bar on standard error where somebody looks."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from ui.terminal import errors

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bar:
        task = bar.add_task(name or run.about.kind, total=len(data.rows))

        def tell(done: int) -> None:
            bar.update(task, completed=done)

        try:
            return asyncio.run(run.go(data.rows, runner, jobs=jobs, tell=tell))
        except KeyboardInterrupt:
            errors.print(f"Stopped. Go on with: the same command and --resume {run.about.id}", soft_wrap=True)
            raise
