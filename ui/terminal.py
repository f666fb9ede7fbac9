"""Shows answers and passages in a terminal."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from itertools import groupby
from textwrap import TextWrapper
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from ui.batch import Row
from ui.related import worth_a_look
from ui.rows import TurnFailed

if TYPE_CHECKING:  # the packages behind these are slow to import
    from assistant.conversation import Assistant
    from assistant.events import Answer, Citation, Refusal, ToolStep
    from assistant.ways import Way
    from index_store.chunks import Hit

SHOWN_CHARACTERS = 300
"""How much of a passage a search shows in the terminal."""
_COMMANDS = re.compile(
    "[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ud800-\\udfff]"
)
NO_ANSWER = "(No passage supports the text above, so it is no answer.)"
console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def stream_answer(assistant: Assistant, question: str, badge: str, way: Way = "auto") -> None:
    """Answer a question on the terminal while it comes, its sources below.

    Raises:
        LecternError: when the question cannot be used or the turn failed.
    """
    from assistant.events import Token, Withdrawn

    flow = WordFlow(console)

    async def run() -> Any:
        event: Any = None
        async for event in assistant.ask(question, way=way):
            match event:
                case Token(text):
                    flow.write(text)
                case Withdrawn():
                    flow.withdraw()
                case _:
                    _beside(event)
        return event

    try:
        end = asyncio.run(run())
    finally:
        flow.end()
    print_end(end, said_something=flow.started)
    shown = f"{badge[:1].upper()}{badge[1:]}" if " " in badge.partition(",")[0] else f"Answered by {badge}"
    errors.print()
    _line(errors, Text(shown, style="dim"))


def _beside(event: Any) -> None:
    """Print what a turn tells beside its answer."""
    from assistant.events import Restricted, Rewritten, Thought, ToolStep

    match event:
        case Restricted():
            _line(errors, Text(readable(event.text), style="yellow"))
        case Rewritten(alone):
            _aside(f"Searched for: {alone}")
        case Thought(text):
            _aside(f"Thought: {text}")
        case ToolStep():
            _aside(step_line(event))


def _aside(text: str) -> None:
    """Print what is not part of the answer: to standard error, dim."""
    _line(errors, Text(readable(text), style="dim"), hang=6)


def step_line(step: ToolStep) -> str:
    """Write a step of the agent on one line, or on two once it is over."""
    if step.status == "running":
        given = ", ".join(f"{k}={str(v)[:120]!r}" for k, v in step.arguments.items() if v is not None)
        return f"  → {step.tool}({given})"
    if step.error is not None:
        return f"    {step.error} ({step.seconds or 0:.1f} s)"
    titles = list(dict.fromkeys(" ".join(title.split()) for title, _ in step.sources))
    brought = "; ".join(titles[:3]) + (f" and {len(titles) - 3} more" if len(titles) > 3 else "")
    found = brought or " ".join(step.observation.split())[:160]
    return f"    {found} ({step.seconds or 0:.1f} s)"


def print_end(end: Any, *, said_something: bool) -> None:
    """Print what the last event of a turn brings: the sources, or the refusal.

    Raises:
        TurnFailed: when the turn failed.
    """
    from assistant.events import Answer, Failure, Refusal

    match end:
        case Answer():
            print_tags(end, listed=said_something)
            _told(end.notes)
            print_citations(end.citations)
        case Refusal():
            if said_something:
                console.print(Text(NO_ANSWER, style="yellow"))
            _line(console, Text(end.text, style="bold"))
            _told(end.notes)
            print_related(end.related)
        case Failure():
            raise TurnFailed(end.message, hint=end.hint)
    print_notes(end)


def _told(notes: Sequence[str]) -> None:
    for note in notes:
        _line(console, Text(readable(note), style="yellow"))


def print_tags(end: Answer, *, listed: bool) -> None:
    """Print the tags of an abstract, where they have not been `listed` above the answer to something else."""
    if end.tags is not None:
        if not listed:
            console.print(Text(readable(end.text)), soft_wrap=True)
        if end.by_rules:
            said = "The names were found by rules, a heuristic." if listed else "Found by rules, a heuristic."
            console.print(Text(said, style="dim"))


def print_notes(end: Answer | Refusal) -> None:
    """Print which limit ended a turn, and what the user may do with what was found."""
    from assistant.events import Answer

    if end.limit:
        by_then = " This is what had been found by then." if isinstance(end, Answer) else ""
        console.print(Text(f"(Ended early: {end.limit}.{by_then})", style="yellow"))
    for offer in end.offers:
        console.print(Text(f"{readable(offer.text)}: {readable(offer.command)}", style="dim"), soft_wrap=True)


class WordFlow:
    """Writes text that comes in pieces, breaking lines between words; a pipe gets the text as it is."""

    def __init__(self, to: Console) -> None:
        self._to = to
        self._column = 0
        self._held = ""  # a word that may go on in the next piece
        self.started = False

    def write(self, piece: str) -> None:
        """Write a piece."""
        self.started = self.started or bool(piece)
        *whole, self._held = re.split(r"(?<=\s)", self._held + readable(piece))
        for word in whole:
            self._put(word)

    def end(self) -> None:
        """Write what was held back, and end the line."""
        self._put(self._held)
        self._held = ""
        if self._column:
            self._raw("\n")
        self._column = 0

    def withdraw(self) -> None:
        """Say that what has been written is no answer, and begin anew."""
        self.end()
        self._to.print(Text(NO_ANSWER, style="yellow"))
        self.started = False

    def _put(self, word: str) -> None:
        width = cell_len(word.rstrip())
        if self._to.is_terminal and self._column and self._column + width > self._to.width:
            self._raw("\n")
            self._column = 0
        self._raw(word)
        self._column = 0 if word.endswith("\n") else self._column + cell_len(word)

    def _raw(self, text: str) -> None:
        self._to.file.write(text)
        self._to.file.flush()


def print_citations(citations: Sequence[Citation]) -> None:
    """List the sources of an answer: for each marker the document, then each place and the words it stands on."""
    if not citations:
        return
    console.print(Text("\nSources", style="bold"))
    for marker, cited in groupby(sorted(citations, key=lambda c: c.marker), key=lambda c: c.marker):
        for _, in_document in groupby(cited, key=lambda c: c.path):
            cited_from = list(in_document)
            _line(console, Text(f"[{marker}] {_source_line(cited_from[0])}", style="bold"), hang=4)
            for locator, quotes in groupby(cited_from, key=lambda c: c.locator):
                if locator:
                    _indented(printable(locator))
                for citation in quotes:
                    _indented(f"“{' '.join(readable(citation.quote).split())}”", style="dim")


def _source_line(citation: Citation) -> str:
    """Name a source; what is not of the course says where it is from, and when it was read."""
    if citation.kind in ("calculation", "message"):
        return printable(citation.title)
    if citation.kind == "course":
        return printable(citation.path)
    read = f", read {citation.fetched_at[:16].replace('T', ' ')} UTC" if citation.fetched_at else ""
    return f"{printable(citation.title)}: {printable(citation.path)} (not of the course{read})"


def print_related(hits: Sequence[Hit]) -> None:
    """List the nearest passages under a refusal, called what they are."""
    near = worth_a_look(hits)
    if near:
        console.print(Text("\nRelated passages (they do not answer the question)", style="bold"))
    for hit in near:
        console.print(Text(f"  {printable(hit.chunk.path)}"), soft_wrap=True)
        _indented(printable(str(hit.chunk.locator)), style="dim")


def _line(to: Console, text: Text, hang: int = 0) -> None:
    """Print a line; a terminal breaks it between words and goes on `hang` further in, and cuts no address; a pipe gets
    it whole.
    """
    if not to.is_terminal:
        to.print(text, soft_wrap=True)
        return
    wrapper = TextWrapper(to.width, subsequent_indent=" " * hang, break_long_words=False, break_on_hyphens=False)
    for whole in text.plain.splitlines() or [""]:
        for line in wrapper.wrap(whole) or [""]:
            to.print(Text(line, style=text.style), soft_wrap=True)


def _indented(text: str, style: str = "") -> None:
    """Print a line set in by four; a terminal wraps it under its own beginning, a pipe gets one line."""
    if console.is_terminal:
        console.print(Padding(Text(text, style=style), (0, 0, 0, 4)))
    else:
        console.print(Text(f"    {text}"), soft_wrap=True)


def print_hits(hits: Sequence[Row]) -> None:
    """Show search hits, best first."""
    if not hits:
        console.print("Nothing found. Other words may help; `lectern library list` shows what can be searched.")
    for hit in hits:
        console.print(Text(f"{hit['rank']:>2}. {printable(hit['path'])}", style="bold"), soft_wrap=True)
        _indented(f"{printable(hit['locator'])} · similarity {hit['cosine']:.2f}".removeprefix(" · "), style="dim")
        text = " ".join(readable(hit["text"]).split())
        _indented(text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS].rsplit(' ', 1)[0]} …")
        console.print()


def printable(text: str) -> str:
    """Escape in a name what would move the cursor, turn the writing direction or break the line."""
    return "".join(c if c.isprintable() else _escaped(c) for c in text)


def readable(text: str) -> str:
    """Escape in a text what would command the terminal or turn the writing direction; lines and joiners stay."""
    return _COMMANDS.sub(lambda found: _escaped(found[0]), text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
