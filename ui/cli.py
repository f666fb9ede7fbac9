"""The command line: reads arguments, calls the packages, renders. Heavy libraries load inside the commands.

Exit codes: 0 done (a refusal too), 1 done in part, 2 usage, 3 failed, 130 a question that Ctrl-C stopped.
"""

from __future__ import annotations

import atexit
import gc
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NoReturn

import click

from index_store.errors import InvalidInput, LecternError, PromptUnknown, SourceMissing, TraceUnknown
from ui import (
    account_commands,
    dataset_commands,
    evaluation_commands,
    library_commands,
    mcp_command,
    policy_commands,
    prompt_commands,
    tag_command,
    trace_commands,
)
from ui.batch import Row, dump, run_command
from ui.full_disk import no_room
from ui.text_files import TextFile

if TYPE_CHECKING:
    from assistant.ways import Way

DONE, IN_PART, USAGE, FAILED, INTERRUPTED = 0, 1, 2, 3, 130
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
_BATCH = click.option(
    "--batch",
    type=TextFile(),
    help="Answer each row of a JSON lines file (- reads standard input).",
)


class _Group(click.Group):
    """Shows our own errors as two lines instead of a traceback, and turns an interrupt into an exit code."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().main(*args, **kwargs)
        except OSError as exc:  # here, for a file that a command writes to is closed after the command
            told = no_room(exc)
            if told is None:
                raise
            fail(told, FAILED)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (InvalidInput, TraceUnknown, PromptUnknown, SourceMissing) as exc:  # what was given names nothing
            fail(exc, USAGE)
        except LecternError as exc:
            fail(exc, FAILED)
        except KeyboardInterrupt:
            click.echo("\nStopped. What was finished is kept.", err=True)
            sys.exit(IN_PART)


def fail(error: LecternError, code: int) -> NoReturn:
    """Show an error with its next step on standard error, and end."""
    click.secho(f"Error: {error.message}", fg="red", err=True)
    if error.hint:
        click.echo(f"  {error.hint}", err=True)
    sys.exit(code)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="lectern", prog_name="lectern")
def cli() -> None:
    """Lectern: a course assistant that shows its sources."""


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=7860, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
def ui(host: str, port: int) -> None:
    """Open the chat in the browser.

    An empty library gets the sample course first.
    """
    from ui.app import serve

    serve(host, port)


@cli.command()
@click.argument("question", required=False)
@click.option("--agent", is_flag=True, help="With tools: Wikipedia, the web, arXiv, arithmetic.")
@click.option("--course", is_flag=True, help="From the course material alone.")
@_BATCH
@_JSON
def ask(question: str | None, agent: bool, course: bool, batch: Any, as_json: bool) -> None:
    """Answer a question, with citations.

    The course material comes first; what it does not hold is looked up with tools where these work. With --agent every
    step of that is shown; with --course nothing else is asked.
    """
    from ui import rows, terminal, wiring
    from ui.delivery import delivered_behind

    if agent and course:
        raise InvalidInput("--agent and --course exclude each other.", hint="Give one of them.")
    way: Way = "agent" if agent else "course" if course else "auto"
    opening = wiring.open_assistant(wiring.read_environment())
    with _at_once(batch), opening as opened, delivered_behind(opened.library):
        if batch is not None:
            _batch(batch, question, lambda row: rows.answer_row(opened.assistant, row, way))
        asked = _needed(question, 'lectern ask "What is few-shot prompting?"')
        if as_json:
            row = {"question": asked, "history": []}
            click.echo(dump(rows.answer_row(opened.assistant, row, way)))
        else:
            terminal.stream_answer(opened.assistant, asked, opened.model.label, way)


@cli.command()
@click.argument("question", required=False)
@click.option("-k", "top_k", default=10, show_default=True, type=click.IntRange(1, 100), help="How many passages.")
@_BATCH
@_JSON
def search(question: str | None, top_k: int, batch: Any, as_json: bool) -> None:
    """Find the passages that fit a question best."""
    from ui import rows, terminal, wiring

    with wiring.open_search(wiring.read_environment()) as searcher:
        if batch is not None:
            _batch(batch, question, lambda row: rows.hits_row(searcher, row, top_k))
        asked = _needed(question, 'lectern search "few-shot examples"')
        row = rows.hits_row(searcher, {"question": asked, "history": []}, top_k)
        if as_json:
            click.echo(dump(row))
        else:
            terminal.print_hits(row["hits"])


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON line per finding.")
def doctor(as_json: bool) -> None:
    """Say what is set up, and how to mend what is not."""
    from ui.doctor import examine, print_findings

    findings = examine()
    if as_json:
        for finding in findings:
            click.echo(dump(finding.row()))
    else:
        print_findings(findings)
    sys.exit(DONE if all(f.status != "broken" for f in findings) else FAILED)


def _batch(lines: Any, question: str | None, answer: Callable[[Row], Row]) -> NoReturn:
    """Answer a file of rows, progress on standard error, and end with the exit code."""
    if question is not None:
        raise InvalidInput("A question and --batch were both given.", hint="Give one of them.")
    run_command(lines, answer, sys.stderr.isatty())


@contextmanager
def _at_once(batch: Any) -> Iterator[None]:
    """End with the shell's code for Ctrl-C where one question was asked: of that, nothing is done in part."""
    try:
        yield
    except KeyboardInterrupt:
        if batch is not None:
            raise
        click.echo("\nStopped: the question was not answered.", err=True)
        sys.exit(INTERRUPTED)


def _needed(question: str | None, example: str) -> str:
    if question is None:
        raise InvalidInput("There is no question.", hint=f"For example: {example}")
    return question


cli.add_command(account_commands.accounts)
cli.add_command(library_commands.ingest)
cli.add_command(library_commands.library)
cli.add_command(tag_command.tag)
cli.add_command(mcp_command.mcp)
cli.add_command(prompt_commands.prompts)
cli.add_command(evaluation_commands.evaluate)
cli.add_command(evaluation_commands.compare)
cli.add_command(dataset_commands.dataset)
cli.add_command(dataset_commands.replay)
cli.add_command(policy_commands.policy)
cli.add_command(trace_commands.traces)
cli.add_command(trace_commands.feedback)


def _collect_seldom() -> None:
    """Let Python look for garbage less often, and not at the end.

    What the large libraries make while they are imported stays for good: looking through it again and again, and once
    more at exit, took a quarter of the time of a cold `lectern ask`.
    """
    gc.set_threshold(20_000, 50, 100)
    atexit.register(gc.freeze)


class _Ending:
    """Ends the process without taking Python down where threads are left, as one that waits for a silent host.

    A thread that is in native code while the interpreter goes is ended there by force, and the process with it, by
    SIGABRT. Registered before all that the commands load, this runs after what those do at the end.
    """

    def __init__(self) -> None:
        self._code: object = DONE
        atexit.register(self._leave)

    def run(self, command: Callable[[], Any]) -> None:
        try:
            command()
        except SystemExit as exc:
            self._code = exc.code
            raise
        except BaseException:
            self._code = IN_PART  # Python's own, with the traceback that it has shown by then
            raise

    def _leave(self) -> None:
        if threading.active_count() <= 1:
            return
        logging.shutdown()  # which was registered before, and would come last
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):  # closed, or nobody reads any more
                stream.flush()
        code = self._code
        os._exit(code if isinstance(code, int) else DONE if code is None else IN_PART)


def main() -> None:
    """Run the command line."""
    ending = _Ending()
    _collect_seldom()
    ending.run(lambda: cli(prog_name="lectern"))
