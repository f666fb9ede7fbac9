"""What the commands that measure share: opening, what a run is made with, doing the rows. Prints no figure."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from index_store.errors import InvalidInput
from ui.variants import varied

if TYPE_CHECKING:
    from assistant.evaluation.datasets import Dataset, Kind
    from assistant.evaluation.runs import Result, Run, Runner
    from assistant.llms import Model
    from assistant.prompts import PromptSet
    from ui.environment import Environment
    from ui.wiring import Library

SHOWN_STRAYS = 3


@contextmanager
def opened(
    path: Path, kind: Kind, limit: int | None, prompts: Sequence[str] = (), model: str | None = None
) -> Iterator[tuple[Library, Dataset]]:
    """Read the data set first, so that a mistake in it is told before anything is opened."""
    from assistant.evaluation.datasets import read_dataset
    from ui import wiring
    from ui.delivery import delivered_behind

    data = read_dataset(path, kind)
    data = data if limit is None else replace(data, rows=data.rows[:limit])
    _tell_strays(data)
    environment = varied(wiring.read_environment(), prompts, model, kind)
    with wiring.open_library(environment) as library, delivered_behind(library):
        yield library, data


def _tell_strays(data: Dataset) -> None:
    """Warn of tags that their abstracts do not have: a slip of the pen would else be a figure nobody can explain."""
    from assistant.evaluation.datasets import strays
    from ui.terminal import printable

    found = strays(data.rows)
    if found:
        shown = "; ".join(f"row {row.id}: {tag!r}" for row, tag in found[:SHOWN_STRAYS])
        more = f"; and {len(found) - SHOWN_STRAYS} more" if len(found) > SHOWN_STRAYS else ""
        told = f"Tags that their abstracts do not have, so that nothing can give them: {shown}{more}."
        click.secho(printable(told), fg="yellow", err=True)


def tag_settings(
    environment: Environment, prompts: PromptSet | None = None, model: Model | None = None
) -> dict[str, Any]:
    """Say what tags are measured with: all that may change them from one run to the next."""
    settings = environment.assistant
    if model is None or prompts is None:
        names = environment.model_names
        return {"model": "tagging rules", **({"names": _hash("\n".join(names))} if names else {})}
    template = prompts.get("tag_abstract")
    about: dict[str, Any] = {
        "model": model.name,
        "server": settings.server,
        "template": f"{template.name}.v{template.version}",
        "hash": template.hash,
    }
    if "examples" in template.variables:
        from assistant.examples import examples_file

        choice = environment.examples
        file = examples_file(settings.prompts_folder)
        seed = f":{choice.seed}" if choice.way == "random" else ""
        about["examples"] = f"{choice.way}:{choice.count}{seed} of {_hash(file.read_text('utf-8-sig'))}"
    if template.task == "reason_about_tags":
        about["extract_tags"] = prompts.get("extract_tags").hash
    return about


def library_settings(library: Library) -> dict[str, str]:
    """Say in what library is searched: how its chunks were made and embedded, and of which documents."""
    return {"index": str(library.searcher.index.manifest.fingerprint), "library": library.ledger.contents()}


def answers_settings(
    library: Library, model: Model, data: Dataset, chosen: Sequence[str] = (), *, judge: bool = False
) -> dict[str, Any]:
    """Say what answers are measured with: all that may change them from one run to the next.

    Raises:
        InvalidInput: as `used_templates`.
    """
    from ui import wiring

    templates = wiring.prompts_of(library.environment)
    used = used_templates(data, chosen, judge=judge)
    return {
        "model": model.label,
        "judge": judge,
        **library_settings(library),
        "templates": {name: templates.get(name).hash for name in used},
    }


def used_templates(data: Dataset, chosen: Sequence[str], *, judge: bool) -> list[str]:
    """Give the templates that questions are asked with here.

    Raises:
        InvalidInput: when a version of another one was chosen: it would change nothing.
    """
    used = ["answer", "condense_question"]
    used += ["react"] if any(row.way != "course" for row in data.rows) else []
    used += ["judge"] if judge else []
    needs = {"react": "rows whose `way` is agent or auto", "judge": "--judge"}
    for text in chosen:
        name = text.partition("@")[0]
        if name not in used:
            raise InvalidInput(f"{text} would change nothing here.", hint=f"{name} is used with {needs[name]}.")
    return used


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def run_of(library: Library, data: Dataset, settings: Mapping[str, Any], resume: str | None) -> Run:
    """Begin a run, or open the one to go on with.

    Raises:
        InvalidInput: when that is not there, or was begun on another data set or with other settings.
    """
    from assistant.evaluation.runs import Run

    home = library.environment.home
    if resume is None:
        return Run.begin(home, data, settings)
    run = Run.open(home, resume)
    run.check_continues(data, settings)
    run.extend(len(data.rows))
    return run


def latest_run(library: Library, data: Dataset, settings: Mapping[str, Any]) -> Run:
    """Give the latest run over the same data with the same settings, a new one where there is none."""
    from assistant.evaluation.runs import list_runs

    def fits(run: Run) -> bool:
        about = run.about
        return (about.kind, about.dataset_hash, about.settings) == (data.kind, data.hash, settings)

    found = [run for run in list_runs(library.environment.home) if fits(run)]
    return run_of(library, data, settings, found[-1].about.id if found else None)


def go(run: Run, data: Dataset, runner: Runner, jobs: int, name: str = "", again: str = "") -> dict[str, Result]:
    """Do the rows, with a progress bar where somebody looks; `again` is the option that goes on after Ctrl-C."""
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
            how = again or f"--resume {run.about.id}"
            errors.print(f"Stopped. Go on with: the same command and {how}", soft_wrap=True)
            raise
