"""The variables that a template is tried with: what the user gave, and what a real turn would fill in."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TextIO

from index_store.errors import InvalidInput

if TYPE_CHECKING:
    from assistant.prompts import Template
    from ui.wiring import Library


def read_inputs(file: TextIO | None, given: tuple[str, ...]) -> dict[str, Any]:
    """Read the variables that a user gave, as an object or each by itself.

    Raises:
        InvalidInput: when they are written wrongly.
    """
    inputs: dict[str, Any] = {}
    if file is not None:
        try:
            inputs = json.load(file)
        except (ValueError, RecursionError) as exc:
            raise InvalidInput(f"The input is no JSON: {exc}.", hint='Give {"abstract": "..."}.') from exc
        if not isinstance(inputs, dict):
            raise InvalidInput("The input is no JSON object.", hint='Give {"abstract": "..."}.')
    for name in ("abstract", "question", "answer"):
        if name in inputs and not isinstance(inputs[name], str):
            raise InvalidInput(f"`{name}` of the input is no text.", hint=f'Give {{"{name}": "..."}}.')
    for pair in given:
        name, equals, value = pair.partition("=")
        if not equals or not name.isidentifier():
            raise InvalidInput(f"{pair!r} sets no variable.", hint='Write it like --var abstract="We use BERT."')
        inputs[name] = value
    return inputs


def fill_in(library: Library, template: Template, inputs: dict[str, Any]) -> None:
    """Fill in what is not given and what a real turn would show: examples, passages, tools, an empty history."""
    usual: dict[str, Callable[[], Any]] = {
        "history": list,
        "steps": list,
        "problem": str,
        "expected": str,
        "assignment": lambda: "an open assignment",
        "code_lines": lambda: 6,
        "source_key": lambda: secrets.token_hex(4),
        "tools": lambda: _tools(library),
    }
    if isinstance(inputs.get("abstract"), str):
        usual["examples"] = lambda: _examples(library, inputs["abstract"])
    if isinstance(inputs.get("question"), str):
        usual["passages"] = lambda: _passages(library, inputs["question"])
    for name, make in usual.items():
        if name in template.variables and name not in inputs:
            inputs[name] = make()


def check_inputs(template: Template, inputs: Mapping[str, Any]) -> None:
    """Check that a template gets what it needs and nothing else.

    Raises:
        InvalidInput: naming the options that give it.
    """
    name = f"{template.name}@{template.version}"
    missing = [variable for variable in template.variables if variable not in inputs]
    # Those that a real turn makes of these are not asked for beside them.
    made = {"examples": "abstract", "passages": "question"}
    wanted = [variable for variable in missing if made.get(variable) not in missing]
    if wanted:
        given = " ".join(f'--var {variable}="..."' for variable in wanted)
        raise InvalidInput(f"{name} needs: {', '.join(wanted)}.", hint=f"Give {given} (or --input with a JSON object).")
    strays = sorted(inputs.keys() - template.variables.keys())
    if strays:
        known = ", ".join(sorted(template.variables)) or "none"
        raise InvalidInput(f"{name} does not declare: {', '.join(strays)}.", hint=f"Its variables are: {known}.")


def _examples(library: Library, abstract: str) -> list[Any]:
    from ui import wiring

    return [example.data() for example in wiring.examples_of(library).for_abstract(abstract)]


def _passages(library: Library, question: str) -> list[Any]:
    from assistant.passages import passage_of

    found = library.searcher.search(question, library.environment.store.top_k)
    return [passage_of(number, hit) for number, hit in enumerate(found, start=1)]


def _tools(library: Library) -> list[Any]:
    from assistant.react_prompt import described
    from ui import wiring

    return [described(tool) for tool in wiring.toolbox_of(library).tools()]
