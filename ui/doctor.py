"""Says what is set up and what is missing, each with the one line that mends it. Looks only: changes nothing."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from rich.table import Table
from rich.text import Text

from index_store.errors import IndexEmpty, LecternError, SettingsError
from ui.batch import Row
from ui.delivery import delivery_problems
from ui.environment import SECRETS, VARIABLES, Environment
from ui.library_commands import counted
from ui.terminal import console
from ui.tool_hints import hint_for
from ui.wiring import open_library, read_environment, toolbox_of

if TYPE_CHECKING:
    from assistant.tracing.store import TraceStore

Status = Literal["ok", "note", "broken", "unset"]
"""Neither right nor wrong is a setting that is not set."""
_STYLE = {"ok": "green", "note": "yellow", "broken": "red", "unset": "dim"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: what was found, and what mends it."""

    name: str
    status: Status
    found: str
    hint: str = ""

    def row(self) -> Row:
        """Give the finding as a JSON object."""
        return {"name": self.name, "status": self.status, "found": self.found, "hint": self.hint}


def examine() -> list[Finding]:
    """Look at everything, one thing's trouble not hiding the next."""
    return list(_findings(read_environment(), everything=True))


def at_once() -> list[Finding]:
    """Give what is known without opening the index or asking any server."""
    return list(_findings(read_environment(), everything=False))


def _findings(environment: Environment, *, everything: bool) -> Iterator[Finding]:
    yield Finding("python", "ok", f"{sys.version.split()[0]}")
    yield _home(environment)
    if everything:
        yield from _guarded("embedding", lambda: _embedding(environment))
        yield from _guarded("index", lambda: _index(environment))
        yield from _guarded("language model", lambda: _model(environment))
        yield from _guarded("prompts", lambda: _prompts(environment))
        yield from _guarded("examples", lambda: _examples(environment))
        yield from _guarded("tagging rules", lambda: _names(environment))
        yield from _tools(environment)
    yield from _guarded("agent limits", lambda: _agent_limits(environment))
    yield from _server(environment)
    if everything:
        yield from _policy(environment)
        yield from _guarded("traces", lambda: _traces(environment))
        yield from _guarded("delivery", lambda: _delivery(environment))
    yield from _variables(environment)


def _guarded(name: str, look: Callable[[], Finding]) -> Iterator[Finding]:
    try:
        yield look()
    except LecternError as exc:
        yield Finding(name, "broken", exc.message, exc.hint)


def _home(environment: Environment) -> Finding:
    home = environment.home
    there = next(p for p in (home, *home.parents) if p.exists())
    if not os.access(there, os.W_OK):
        return Finding("home", "broken", f"{home} cannot be written.", "Set LECTERN_HOME to a folder of yours.")
    return Finding("home", "ok", str(home))


def _embedding(environment: Environment) -> Finding:
    with open_library(environment) as library:
        embedder = library.embedder
        dimension = len(embedder.embed_query("ready?"))
    return Finding("embedding", "ok", f"{embedder.name}, {dimension} dimensions")


def _index(environment: Environment) -> Finding:
    from index_store.manifest import read_manifest
    from ingest.health import verify
    from ingest.ledger import Ledger
    from ingest.pipeline import fingerprint_of
    from ingest.rules import outdated
    from ui.read_anew import told

    manifest = read_manifest(environment.home)
    nothing = Finding("index", "note", (empty := IndexEmpty()).message, empty.hint)
    if manifest is None and not Ledger.is_at(environment.home):
        return nothing
    with open_library(environment) as library:
        if manifest is None and not library.ledger.documents():
            return nothing
        fingerprint = fingerprint_of(library.embedder, environment.ingest)
        if manifest is not None:
            manifest.require(fingerprint)
        report = verify(environment.home, library.ledger)
        documents = library.ledger.documents()
    if not report.ok:
        return Finding("index", "broken", " ".join(report.problems), "Run: lectern library rebuild")
    read = sum(document.is_read for document in documents)
    found = f"{counted(read, 'document')}, {counted(len(report.dense_ids), 'chunk')}, sound"
    for line in told(len(outdated(documents, fingerprint))):
        return Finding("index", "note", f"{found}; {line}", "Run: lectern library rebuild")
    if read < len(documents):
        return Finding(
            "index", "ok", f"{found}; {len(documents) - read:,} could not be read", "See: lectern library list"
        )
    return Finding("index", "ok", found)


def _model(environment: Environment) -> Finding:
    settings = environment.assistant
    if settings.mode == "quoting":
        return Finding(
            "language model",
            "note",
            "none: quoting mode answers with sentences of the material",
            "Set OPENAI_BASE_URL (any compatible server) or OPENAI_API_KEY to use one.",
        )
    from assistant.llms import choose_model, preflight

    model = choose_model(settings, None)
    asyncio.run(preflight(model))
    return Finding("language model", "ok", f"{model.label} answers (asked for one token)")


def _prompts(environment: Environment) -> Finding:
    """Look at the chosen versions also where no model would be asked with them."""
    from assistant.prompts import names
    from ui.wiring import prompts_of

    chosen = prompts_of(environment)
    known = names(chosen.folder)
    if strays := [name for name in chosen.versions if name not in known]:
        raise SettingsError(
            f"LECTERN_PROMPT_VERSIONS chooses a version of {strays[0]!r}: there is no such template.",
            hint=f"Templates: {', '.join(known)}.",
        )
    templates = [chosen.get(name) for name in known]
    picked = [f"{t.name}@{t.version}" for t in templates if t.name in chosen.versions]
    shown = f", chosen: {', '.join(picked)}" if picked else ""
    return Finding("prompts", "ok", f"{len(templates)} templates{shown}")


def _examples(environment: Environment) -> Finding:
    from assistant.examples import examples_file, read_examples

    choice = environment.examples
    found = read_examples(examples_file(environment.assistant.prompts_folder))
    seed = f", seed {choice.seed}" if choice.way == "random" else ""
    return Finding("examples", "ok", f"{choice.way}, {choice.count} of {len(found)}{seed}")


def _tools(environment: Environment) -> Iterator[Finding]:
    """Say which of the agent's tools work here, and why the others do not."""
    try:
        with open_library(environment) as library:
            toolbox = toolbox_of(library, course=False)
            asyncio.run(toolbox.look_around())
            states = toolbox.states()
    except LecternError as exc:
        yield Finding("tools", "broken", exc.message, exc.hint)
        return
    for name, why in states.items():
        on = "on; whether an address can be reached shows when one is opened" if name == "open_page" else "on"
        if why is None:
            yield Finding(f"tool {name}", "ok", on)
            continue
        hint = hint_for(name, why, is_cut_off=toolbox.is_cut_off(name))
        yield Finding(f"tool {name}", "note", f"off: {why}", hint)


def _names(environment: Environment) -> Finding:
    own = environment.model_names
    return Finding("tagging rules", "ok", f"{counted(len(own), 'name')} of your own beside their list")


def _agent_limits(environment: Environment) -> Finding:
    most = environment.agent_limits
    shown = f"{counted(most.steps, 'step')}, {most.seconds:g} seconds, {most.tokens:,} tokens, ${most.price_usd:g}"
    return Finding("agent limits", "ok", f"a turn may take {shown}")


def _server(environment: Environment) -> Iterator[Finding]:
    """Say who comes in, and what of it an operator should know before a class does."""
    from ui.server_checks import look_at_server

    try:
        for name, status, found, hint in look_at_server(environment):
            yield Finding(name, status, found, hint)
    except LecternError as exc:
        yield Finding("web server", "broken", exc.message, exc.hint)


def _policy(environment: Environment) -> Iterator[Finding]:
    """Say which assignments are open now, and which globs of the policy match nothing."""
    from ui.policy_windows import look_at_policy

    try:
        for status, found, hint in look_at_policy(environment):
            yield Finding("course policy", status, found, hint)
    except LecternError as exc:
        yield Finding("course policy", "broken", exc.message, exc.hint)


def _traces(environment: Environment) -> Finding:
    from assistant.tracing.database import shown
    from assistant.tracing.queries import TraceReader

    if not _has_traces(environment):
        return Finding("traces", "ok", "none yet; every turn is kept in the home")
    with _trace_store(environment) as store:
        count = TraceReader(store.engine).count()
        where = shown(store.engine.url)
    return Finding("traces", "ok", f"{count:,} turns in {where}")


def _has_traces(environment: Environment) -> bool:
    return environment.traces.database_url is not None or (environment.home / "traces.sqlite3").exists()


@contextmanager
def _trace_store(environment: Environment) -> Iterator[TraceStore]:
    """Open the store alone: whoever only looks forgets and aborts nothing."""
    from assistant.tracing.store import TraceStore

    store = TraceStore(environment.home, environment.traces)
    try:
        yield store
    finally:
        store.close()


def _delivery(environment: Environment) -> Finding:
    names = environment.traces.sinks
    if not names:
        return Finding("delivery", "ok", "nothing leaves: neither Comet nor Opik is set up")
    waiting, problems = 0, []
    if _has_traces(environment):
        with _trace_store(environment) as store:
            problems = delivery_problems(store)
            waiting = sum(state.pending for state in store.delivery_states())
    if problems:
        return Finding("delivery", "broken", " ".join(problems), "Mend it, then run: lectern traces deliver")
    return Finding("delivery", "ok", f"to {' and '.join(names)}, {waiting} waiting")


def _variables(environment: Environment) -> Iterator[Finding]:
    set_first = sorted(VARIABLES.items(), key=lambda known: environment.get(known[0]) is None)
    for name, purpose in set_first:
        value = environment.get(name)
        if value is None:
            yield Finding(name, "unset", purpose)
        else:
            shown = "set" if name in SECRETS else _safe(name, value)
            yield Finding(name, "ok", f"{shown} – {purpose}")


def _safe(name: str, value: str) -> str:
    from index_store.settings import shown_address

    return shown_address(value) if "URL" in name else value


def print_findings(findings: list[Finding]) -> None:
    """Show findings: a terminal wraps each under its own beginning, a pipe gets whole lines."""
    for finding in findings:
        status = Text(f"{finding.status:<8}", style=_STYLE[finding.status])
        said = Text(f"{finding.name}: {finding.found}".rstrip(), style="dim" if finding.status == "unset" else "")
        hint = Text(finding.hint, style="dim")
        if console.is_terminal:
            line = Table.grid()
            line.add_row(status, Text("\n").join([said, hint]) if finding.hint else said)
            console.print(line)
        else:
            console.print(status + said, soft_wrap=True)
            if finding.hint:
                console.print(Text(" " * len(status)) + hint, soft_wrap=True)
