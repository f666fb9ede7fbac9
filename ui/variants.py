"""Lets a command use another version of a prompt, or another model, than the settings choose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from index_store.errors import InvalidInput

if TYPE_CHECKING:
    from ui.environment import Environment

PROMPT = click.option("--prompt", "prompts", multiple=True, metavar="NAME@VERSION", help="Another version of a prompt.")
MODEL = click.option("--model", help="Another model at the configured server.")


USED: Mapping[str, frozenset[str]] = {
    "tags": frozenset({"tag_abstract", "extract_tags", "retry_tags"}),
    "search": frozenset({"condense_question"}),
    "answers": frozenset({"answer", "condense_question", "react", "judge"}),
    "turns": frozenset({"answer", "hint", "condense_question", "react", "react_hint"})
    | frozenset({"tag_abstract", "extract_tags", "retry_tags"}),
    "policy": frozenset({"answer", "hint", "condense_question", "react", "react_hint"}),
}
"""The templates that each kind of measurement asks a model with; `turns` are logged ones that are run again."""


def varied(environment: Environment, prompts: Sequence[str], model: str | None, kind: str | None = None) -> Environment:
    """Give the environment with what a command chose in place of what the settings choose.

    Raises:
        InvalidInput: when there is no language model, a version is not written as NAME@VERSION, or a template is named
            that this `kind` of measurement does not use.
    """
    settings = environment.assistant
    if not (prompts or model):
        return environment
    if settings.mode == "quoting":
        raise InvalidInput(
            "Quoting mode has no prompts or models to change.", hint="Set OPENAI_BASE_URL or OPENAI_API_KEY."
        )
    named = dict(_version(text) for text in prompts)
    if kind is not None and (idle := sorted(named.keys() - USED[kind])):
        raise InvalidInput(
            f"{idle[0]} is no template that {kind} are measured with.",
            hint=f"They are: {', '.join(sorted(USED[kind]))}.",
        )
    chosen = {**settings.prompt_versions, **named}
    environment.__dict__["assistant"] = replace(  # what the cached property would give
        settings, prompt_versions=chosen, model=model or settings.model
    )
    return environment


def _version(text: str) -> tuple[str, int]:
    name, _, number = text.partition("@")
    if not name or not number.removeprefix("v").isdecimal():
        raise InvalidInput(f"{text!r} names no version of a prompt.", hint="Write it like answer@1.")
    return name, int(number.removeprefix("v"))
