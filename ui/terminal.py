"""Shows answers and passages in a terminal, and as the rows that `--json` and `--batch` print."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from assistant.followup import stand_alone
from index_store.errors import LecternError
from ui.batch import Row

if TYPE_CHECKING:  # the packages behind these are slow to import
    from assistant.conversation import Assistant
    from assistant.events import Citation
    from index_store.chunks import Hit
    from index_store.search import Searcher

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


class TurnFailed(LecternError):
    """A turn that ended in an error; carries the message and hint of its cause."""


def answer_row(assistant: Assistant, row: Row) -> Row:
    """Answer one row's question; give the output row without its id.

    Raises:
        LecternError: when the question cannot be used or the turn failed.
    """
    from assistant.events import Answer, Failure, Refusal

    async def last() -> Any:
        return [event async for event in assistant.ask(row["question"], row["history"])][-1]

    match asyncio.run(last()):
        case Answer() as end:
            cited = [citation_row(c) for c in end.citations]
            return _answer(end.text, True, cited, end.trace_id, end.seconds)
        case Refusal() as end:
            return _answer(end.text, False, [], end.trace_id, end.seconds)
        case Failure() as end:
            raise TurnFailed(end.message, hint=end.hint)
        case other:
            raise AssertionError(f"a turn ended with {other!r}")


def _answer(text: str, found: bool, cited: list[Row], trace_id: str, seconds: float) -> Row:
    return {"found": found, "answer": text, "citations": cited, "trace_id": trace_id, "seconds": round(seconds, 3)}


def citation_row(citation: Citation) -> Row:
    """Give a citation as a row."""
    return {
        "marker": citation.marker,
        "path": citation.path,
        "locator": citation.locator,
        "locator_parts": citation.locator_parts,
        "quote": citation.quote,
        "score": citation.score,
        "title": citation.title,
    }


def hits_row(searcher: Searcher, row: Row, top_k: int) -> Row:
    """Search for one row's question (a follow-up is made to stand alone first); give the output row without its id."""
    from assistant.conversation import check_question

    check_question(row["question"])
    hits = searcher.search(stand_alone(row["question"], row["history"]), top_k)
    return {"hits": [hit_row(n, hit) for n, hit in enumerate(hits, start=1)]}


def hit_row(rank: int, hit: Hit) -> Row:
    """Give a hit as a row; `text` is what a prompt reads of it."""
    return {
        "rank": rank,
        "score": round(hit.score, 6),
        "cosine": round(hit.cosine, 4),
        "path": hit.chunk.path,
        "locator": str(hit.chunk.locator),
        "locator_parts": hit.chunk.locator.parts(),
        "title": hit.chunk.title,
        "text": hit.chunk.context,
    }


def stream_answer(assistant: Assistant, question: str, badge: str) -> None:
    """Answer a question on the terminal while it comes, its sources below.

    Raises:
        LecternError: when the question cannot be used or the turn failed.
    """
    from assistant.events import Answer, Failure, Refusal, Rewritten, Token

    async def run() -> Any:
        event: Any = None
        async for event in assistant.ask(question):
            match event:
                case Token(text):
                    console.print(Text(text), end="")
                case Rewritten(alone):
                    errors.print(Text(f"Searched for: {alone}", style="dim"))
        return event

    end = asyncio.run(run())
    match end:
        case Answer():
            console.print()
            print_citations(end.citations)
        case Refusal():
            console.print(Text(end.text, style="bold"))
            print_related(end.related)
        case Failure():
            console.print()
            raise TurnFailed(end.message, hint=end.hint)
    errors.print(Text(badge, style="dim"))


def print_citations(citations: Sequence[Citation]) -> None:
    """List the sources of an answer: where each marker leads, and the words it stands on."""
    console.print(Text("\nSources", style="bold"))
    for citation in citations:
        console.print(Text(f"[{citation.marker}] {place(citation.path, citation.locator)}"), soft_wrap=True)
        console.print(Text(f"    “{' '.join(citation.quote.split())}”", style="dim"))


def print_related(hits: Sequence[Hit]) -> None:
    """List the nearest passages under a refusal, called what they are."""
    if hits:
        console.print(Text("\nRelated passages (they do not answer the question)", style="bold"))
    for hit in hits[:3]:
        console.print(Text(f"  {place(hit.chunk.path, str(hit.chunk.locator))}"), soft_wrap=True)


def print_hits(hits: Sequence[Row]) -> None:
    """Show search hits, best first."""
    if not hits:
        console.print("Nothing found. Other words may help; `lectern library list` shows what can be searched.")
    for hit in hits:
        console.print(Text(f"{hit['rank']:>2}  {place(hit['path'], hit['locator'])}", style="bold"), soft_wrap=True)
        console.print(Text(f"    similarity {hit['cosine']:.2f}", style="dim"))
        text = " ".join(hit["text"].split())
        console.print(Text(f"    {text[:300]}{' …' if len(text) > 300 else ''}\n"))


def place(path: str, locator: str) -> str:
    """Say where something stands, safe to print: control and direction marks are shown as escapes."""
    return printable(f"{path}  ({locator})" if locator else path)


def printable(text: str) -> str:
    """Escape what would move the cursor, turn the writing direction or break the line."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode("ascii") for c in text)
