"""Makes a row of a dataset of a reviewed turn, and says what it asks for and how it is measured, in words."""

from __future__ import annotations

import html
import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.evaluation.datasets import Kind
from assistant.evaluation.from_traces import add_row, reviewed_row
from assistant.evaluation.said import NEGATIONS
from assistant.tracing.queries import TraceReader
from ui.one_line import one_line

if TYPE_CHECKING:
    from ui.environment import Environment
    from ui.wiring import Library

SHOWN_SNIPPET = 160


@dataclass(frozen=True, slots=True)
class Added:
    """A row that was added to a dataset."""

    file: Path
    kind: Kind
    row: Mapping[str, Any]
    replaced: bool
    guard: str
    """The command that measures it, to be copied."""

    @property
    def told(self) -> str:
        """Say what the row asks for."""
        return asked_in(self.row)


def add_reviewed(library: Library, trace_id: str, name: str | None = None) -> Added:
    """Make a row of a reviewed turn and add it to a dataset; without a name to the one for rows of its kind.

    Raises:
        LecternError: when nobody has said what would be right, reviewers disagree, or it would guard nothing.
    """

    def texts(path: str) -> Sequence[str]:
        known = (d for d in library.ledger.documents() if d.path == path)
        return [chunk.text for document in known for chunk in library.ledger.chunks(document.id)]

    kind, row = reviewed_row(TraceReader(library.traces.engine), trace_id, texts)
    file, replaced = add_row(library.environment.home, name or f"reviewed-{kind}", kind, row)
    guard = shlex.join([*_program(library.environment), "eval", kind, str(file.absolute())])
    return Added(file, kind, row, replaced, guard)


def added_html(added: Added, sees_setup: bool) -> str:
    """Say on a page what was added; the command that measures it to who has a terminal of the server."""
    done = "Replaced" if added.replaced else "Added"
    guard = f" Guard it: <code>{html.escape(added.guard)}</code>" if sees_setup else ""
    run = " “Run the test rows”, below, measures all of them."
    return f"<p role='status'>{done}. {html.escape(added.told)}{run}{guard}</p>"


def asked_in(row: Mapping[str, Any]) -> str:
    """Say what a row asks of an answer.

    >>> asked_in({"must_contain": [["200"]], "gold": [{"path": "a.md", "snippet": ""}]})
    'It must say “200”; cite a.md.'
    """
    if "tags" in row:
        return f"The tags must be: {', '.join(row['tags'])}."
    if row.get("refuse"):
        return "It must be refused."
    return f"It must {'; '.join(_asked(row))}."


def _asked(row: Mapping[str, Any]) -> Iterator[str]:
    groups = [[g] if isinstance(g, str) else g for g in row.get("must_contain") or ()] or [row.get("keywords")]
    said = ["a “not”" if tuple(g) == NEGATIONS else _either(g) for g in groups if g]
    if said:
        yield f"say {' and '.join(said)}"
    if row.get("must_not_contain"):
        yield f"not say {_either(row['must_not_contain'])}"
    places = [
        g["path"] + (f" (“{one_line(g['snippet'], SHOWN_SNIPPET)}”)" if g["snippet"] else "")
        for g in row.get("gold") or ()
    ]
    if places:
        yield f"cite {' or '.join(places)}"


def _either(phrases: Sequence[str]) -> str:
    return " or ".join(f"“{one_line(phrase, SHOWN_SNIPPET)}”" for phrase in phrases)


def _program(environment: Environment) -> list[str]:
    """Give how this program is called from anywhere, with the home that it was given."""
    beside = Path(sys.executable).with_name("lectern")
    home = environment.get("LECTERN_HOME")
    name = "lectern" if shutil.which("lectern") else str(beside)
    called = [name] if beside.exists() else [sys.executable, "-m", "ui"]
    return [*(["env", f"LECTERN_HOME={environment.home.absolute()}"] if home else []), *called]
