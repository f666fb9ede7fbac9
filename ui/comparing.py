"""Builds the cells of a comparison, prompts by models, and wakes their models. Shows nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from index_store.errors import InvalidInput, LecternError
from ui.measuring import tag_settings

if TYPE_CHECKING:
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
    wake: Callable[[str], Awaitable[object]]  # asks once, and keeps nothing


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
        return [_plan("tagging rules", "rules", "none", tag_settings(environment), rules)]
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
    tagger = Tagger(library.traces, environment.model_names, model, prompts, wiring.examples_of(library))
    about = tag_settings(environment, prompts, model)
    return _plan(f"{TEMPLATE}@{version} with {model.name}", f"{TEMPLATE}@{version}", model.name, about, tagger)


def _plan(name: str, prompt: str, model: str, settings: Mapping[str, Any], tagger: Any) -> CellPlan:
    from assistant.evaluation import runners

    return CellPlan(name, prompt, model, settings, lambda run_id: runners.tagging(tagger, run_id), tagger.names_in)


async def wake(cells: Sequence[CellPlan], abstract: str) -> None:
    """Ask each model once before any is timed, so that no cell pays for what is loaded first.

    A model that fails says so in its rows.
    """
    for cell in {cell.model: cell for cell in reversed(cells)}.values():
        with suppress(LecternError):
            await cell.wake(abstract)
