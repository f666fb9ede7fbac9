"""The commands over prompt templates: prompts list, show, diff, try. A try is no turn: nothing of it is kept."""

from __future__ import annotations

import asyncio
import difflib
import re
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from index_store.errors import InvalidInput, PromptProblem
from ui.batch import Row, dump
from ui.prompt_inputs import check_inputs, fill_in, read_inputs
from ui.text_files import TextFile

if TYPE_CHECKING:
    from assistant.llms import Model
    from assistant.prompts import PromptSet, Template
    from ui.wiring import Library

IN_PART = 1
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
_REFERENCE = re.compile(r"([a-z][a-z0-9_]*)(?:[@.]v?([1-9][0-9]{0,5}))?")


@click.group()
def prompts() -> None:
    """Look at the prompt templates, compare their versions, try one.

    A folder named by LECTERN_PROMPTS may hold versions of your own, and LECTERN_PROMPT_VERSIONS chooses among them,
    such as tag_abstract=3,answer=1.
    """


@prompts.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines instead of text.")
def list_prompts(as_json: bool) -> None:
    """List the templates with their versions.

    A star marks the version that is used, a plus one of your own.
    """
    chosen = _prompt_set()
    rows, problems = _rows(chosen)
    for row in rows if as_json else ():
        click.echo(dump(row))
    if not as_json:
        _print_list(rows)
    for problem in problems:
        click.secho(problem, fg="red", err=True)
    sys.exit(IN_PART if problems else 0)


@prompts.command()
@click.argument("reference", metavar="NAME[@VERSION]")
def show(reference: str) -> None:
    """Show a template's file."""
    name, version = _parse(reference)
    chosen = _prompt_set()
    path = _path(chosen, name, version)
    click.echo(_text(path), nl=False)
    template = _load(chosen, name, version)  # one that cannot be used is shown, too, and then told
    click.secho(f"{path} (hash {template.hash})", dim=True, err=True)


@prompts.command()
@click.argument("name")
@click.argument("old", metavar="VERSION")
@click.argument("new", metavar="VERSION")
def diff(name: str, old: str, new: str) -> None:
    """Show what differs between two versions of a template."""
    chosen = _prompt_set()
    before, after = (_path(chosen, *_parse(f"{name}@{version}")) for version in (old, new))
    texts = _text(before).splitlines(), _text(after).splitlines()
    lines = list(difflib.unified_diff(texts[0], texts[1], before.name, after.name, lineterm=""))
    for line in lines:
        colour = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1])
        click.secho(line, fg=colour)
    if not lines:
        click.echo("They are the same.", err=True)


@prompts.command("try")
@click.argument("reference", metavar="NAME[@VERSION]")
@click.option("--var", "given", metavar="NAME=TEXT", multiple=True, help="A variable of the template; may be repeated.")
@click.option(
    "--input",
    "file",
    type=TextFile(),
    help="A JSON object with the variables (- reads standard input); for lists of your own.",
)
@click.option("--model", metavar="NAME", help="Ask this model of the configured server.")
@_JSON
def try_prompt(reference: str, given: tuple[str, ...], file: Any, model: str | None, as_json: bool) -> None:
    """Fill a template, ask the model, show answer and cost.

    Examples, passages and tools that are not given are those that a real turn would show. Without a language
    model the filled template is shown, and what quoting mode says to it.
    """
    from ui import wiring

    name, version = _parse(reference)
    with wiring.open_library(wiring.read_environment()) as library:
        chosen = wiring.prompts_of(library.environment)
        template = _load(chosen, name, version)
        inputs = read_inputs(file, given)
        fill_in(library, template, inputs)
        check_inputs(template, inputs)
        messages = [{"role": m.role, "content": m.content} for m in template.render_plain(**inputs)]
        if not as_json:
            _print_messages(messages)
        said = _ask(library, template, inputs, model)
    if as_json:
        about: Row = {"name": template.name, "version": template.version, "hash": template.hash}
        click.echo(dump({**about, "messages": messages, **said}))
    else:
        _print_reply(said)


def _prompt_set() -> PromptSet:
    from ui import wiring

    return wiring.prompts_of(wiring.read_environment())


def _parse(reference: str) -> tuple[str, int | None]:
    match = _REFERENCE.fullmatch(reference.strip())
    if match is None:
        raise InvalidInput(f"{reference!r} names no prompt template.", hint="Write it like tag_abstract@2.")
    return match[1], None if match[2] is None else int(match[2])


def _load(chosen: PromptSet, name: str, version: int | None) -> Template:
    from assistant.prompts import load

    return chosen.get(name) if version is None else load(name, version, chosen.folder)


def _path(chosen: PromptSet, name: str, version: int | None) -> Path:
    from assistant.prompts.loader import file_of

    return file_of(name, chosen.versions.get(name) if version is None else version, chosen.folder)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig", errors="replace")
    except OSError as exc:
        raise PromptProblem(f"The prompt template {path.name} cannot be read: {exc.strerror}.") from exc


def _rows(chosen: PromptSet) -> tuple[list[Row], list[str]]:
    """Give a row for each version of each template, and what is wrong with them or with the choice among them."""
    from assistant.prompts import load, names, versions

    known = names(chosen.folder)
    rows: list[Row] = []
    strays = [name for name in chosen.versions if name not in known]
    problems = [f"LECTERN_PROMPT_VERSIONS chooses a version of {name!r}: there is no such template." for name in strays]
    for name in known:
        used = _used(chosen, name, problems)
        for version, path in versions(name, chosen.folder).items():
            row: Row = {"name": name, "version": version, "chosen": path == used, "own": path.parent == chosen.folder}
            try:
                template = load(name, version, chosen.folder)
                row |= {"purpose": template.purpose, "task": template.task, "hash": template.hash}
            except PromptProblem as exc:
                row["error"] = exc.message
                problems.append(str(exc))
            rows.append(row)
    return rows, problems


def _used(chosen: PromptSet, name: str, problems: list[str]) -> Path | None:
    try:
        return _path(chosen, name, None)
    except PromptProblem as exc:
        problems.append(str(exc))
        return None


def _print_list(rows: list[Row]) -> None:
    from rich.table import Table
    from rich.text import Text

    from ui.terminal import console

    table = Table(box=None, pad_edge=False)
    for heading in ("template", "version", "purpose"):
        table.add_column(heading, no_wrap=heading != "purpose")
    shown = ""
    for row in rows:
        name, shown = ("" if row["name"] == shown else row["name"]), row["name"]
        version = f"v{row['version']}{'*' if row['chosen'] else ''}{'+' if row['own'] else ''}"
        error = row.get("error")
        about = Text(row["purpose"]) if error is None else Text(error, style="red")
        table.add_row(name, Text(version, style="bold" if row["chosen"] else ""), about)
    console.print(table)


def _ask(library: Library, template: Template, inputs: dict[str, Any], name: str | None) -> Row:
    from assistant.llms import complete
    from assistant.usage import metered

    model = _model(library, name)
    started = time.monotonic()
    with metered() as meter:
        reply = asyncio.run(complete(model, template.render(**inputs)))
    used = meter.usage()
    return {
        "mode": model.mode,
        "model": model.label,
        "reply": reply,
        "input_tokens": used.input_tokens,
        "output_tokens": used.output_tokens,
        "price_usd": used.price_usd,
        "seconds": round(time.monotonic() - started, 3),
    }


def _model(library: Library, name: str | None) -> Model:
    from assistant.llms import choose_model

    settings = library.environment.assistant
    if settings.mode != "quoting":
        return choose_model(settings if name is None else replace(settings, model=name), None)
    if name is not None:
        raise InvalidInput("There is no server to ask for a model.", hint="Set OPENAI_BASE_URL or OPENAI_API_KEY.")
    from assistant.quoting import QuotingLLM

    return choose_model(settings, QuotingLLM(library.embedder))


def _print_messages(messages: list[dict[str, str]]) -> None:
    for message in messages:
        _print_part(message["role"], message["content"])


def _print_reply(said: Row) -> None:
    _print_part(f"reply: {said['model']}", said["reply"])
    if said["mode"] == "quoting":
        return  # it has no tokens and no price
    tokens = [said["input_tokens"], said["output_tokens"]]
    if tokens == [None, None]:
        used = "tokens not reported"
    else:
        used = "{} tokens in, {} out".format(*("an unknown number of" if n is None else n for n in tokens))
    price = "price unknown" if said["price_usd"] is None else f"${said['price_usd']:.6f}"
    click.secho(f"{used}, {price}, {said['seconds']:.1f} s", dim=True, err=True)


def _print_part(heading: str, text: str) -> None:
    from ui.terminal import readable

    click.secho(f"--- {heading}", bold=True)
    click.echo(f"{readable(text)}\n")
