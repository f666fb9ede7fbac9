"""The commands that measure: eval tags|search|answers|list|show, and compare."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import click

from index_store.errors import InvalidInput
from ui import run_commands
from ui.figures import FAILED, IN_PART, report
from ui.library_commands import counted
from ui.measuring import answers_settings, go, latest_run, library_settings, opened, run_of
from ui.policy_windows import AT
from ui.run_commands import resuming
from ui.variants import MODEL, PROMPT

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
    from ui.comparing import cells_of

    with opened(dataset, "tags", limit, prompts, model) as (library, data):
        (cell,) = cells_of(library, (), ())
        run = run_of(library, data, cell.settings, resume)
        results = go(run, data, cell.runner(run.about.id), jobs)
        more: Mapping[str, Sequence[Mapping[str, float]]] = {}
        if library.environment.assistant.mode == "quoting":
            more = runners.rules_without([row for row in data.rows if results[row.id].error is None])
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

    with opened(dataset, "search", limit) as (library, data):
        found = tuple(row for row in data.rows if row.gold)
        if len(found) < len(data.rows):
            left = counted(len(data.rows) - len(found), "row")
            click.echo(f"{left} without gold left out: no passage answers what is to be refused.", err=True)
        if not found:
            raise InvalidInput(f"{dataset} has no row with gold.", hint="`lectern eval answers` measures refusals.")
        data = replace(data, rows=found)
        settings = {"top_k": top_k, **library_settings(library)}
        run = run_of(library, data, settings, resume)
        results = go(run, data, runners.searching(library.searcher, top_k), jobs)
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

    with opened(dataset, "answers", limit, prompts, model) as (library, data):
        from ui import wiring

        asked = wiring.assistant_of(library)
        if judge and asked.model.mode == "quoting":
            raise InvalidInput("Quoting mode cannot judge.", hint="Set OPENAI_BASE_URL or OPENAI_API_KEY.")
        settings = answers_settings(library, asked.model, data, prompts, judge=judge)
        run = run_of(library, data, settings, resume)
        scoring = runners.judging(asked.model, wiring.prompts_of(library.environment)) if judge else None
        results = go(run, data, runners.asking(asked.assistant, run.about.id, scoring), jobs)
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
    from ui import policy_windows, wiring

    dataset, now = policy_windows.measured(wiring.read_environment(), dataset, at)
    with opened(dataset, "policy", limit, prompts, model) as (library, data):
        library.clock = lambda: now
        asked = wiring.assistant_of(library)
        settings = {**policy_windows.settings_of(library), "model": asked.model.label}
        run = run_of(library, data, settings, resume)
        results = go(run, data, restricting(asked.assistant, policy_windows.hiding(library), run.about.id), jobs)
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
@click.option("--resume", is_flag=True, help="Take rows from earlier runs with these prompts and models; ask the rest.")
def compare(
    dataset: Path,
    prompts: str,
    models: str,
    page: Path | None,
    shall_open: bool,
    limit: int | None,
    jobs: int,
    resume: bool,
) -> None:
    """Compare prompts and models on labelled abstracts.

    Quality, price and speed side by side, and which differences the rows can show. Each prompt is tried
    with each model. Before it is timed, each model is asked once. Without a language model there are the rules alone.
    """
    from assistant.evaluation.comparison import compare as compared
    from assistant.evaluation.runs import priced
    from ui.comparing import cells_of, wake
    from ui.comparison_view import check_report, print_comparison, show_page, write_reports

    if page is not None:
        check_report(page)
    with opened(dataset, "tags", limit) as (library, data):
        results = {}
        cells = cells_of(library, _split(prompts), _split(models))
        if len(cells) > 1:
            asyncio.run(wake(cells, data.rows[0].asked))
        for cell in cells:
            run = latest_run(library, data, cell.settings) if resume else run_of(library, data, cell.settings, None)
            done = go(run, data, cell.runner(run.about.id), jobs, cell.name, "--resume")
            own = library.environment.assistant.prices.get(cell.model)  # they may have been named since
            results[cell.name] = (cell.prompt, cell.model, priced(done, own))
        home = library.environment.home
    comparison = compared(data.rows, results)
    print_comparison(comparison)
    written = write_reports(comparison, data, page or home / "evaluations" / "comparison.html")
    if page is None:
        click.echo("The next comparison takes its place; --report FILE.html keeps one.", err=True)
    if shall_open:
        show_page(written)
    failed = sum(cell.errors for cell in comparison.cells)
    if any(not result.is_measured for _, _, done in results.values() for result in done.values()):
        click.echo("Try the rows that failed again: the same command and --resume", err=True)
    sys.exit(FAILED if failed and not comparison.n else IN_PART if failed else 0)


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
