"""Finds, for each statement of an answer, the unit of its passage that supports it best.

A statement is what stands before a marker. In quoting mode the unit is the statement itself; a language model's
statement is compared by words in common first, then by embedding. Every quote is a slice of its passage.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.events import Citation
from assistant.terms import words_of
from assistant.units import Unit, units_of
from assistant.wording import without_links
from index_store.chunks import Embedder, Hit
from index_store.locators import parse_locator

MARKERS = re.compile(r"(?:\[\d{1,3}\])+")
CODE = re.compile(r"(`{3,}|~{3,}).*?(?:\1|\Z)|`[^`\n]{0,400}`", re.DOTALL)
_SENTENCE_START = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"'(“])|\n+")
_BLOCK = re.compile(r"^(`{3,})[^\n]*\n((?:(?!\1).*\n)+?)\1\s*\Z", re.MULTILINE)
"""A block of code that a statement is, or ends with."""
ENOUGH_SHARED = 0.75
PLAINLY_SHARED, PLAINLY_AHEAD = 0.3, 0.05  # so much in common, and so much more than with any other: that is it
HARDLY_SHARED = 0.25
MOST_EMBEDDED = 4
"""Units with most words in common that are embedded: all of a passage's would take longer than a search."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What stands before markers, and these."""

    text: str
    markers: tuple[int, ...]


def quotes_of(answer: str, cited: Sequence[Hit], embedder: Embedder) -> tuple[Citation, ...]:
    """Give a citation for each marker of each statement; `cited[n - 1]` is what marker n points to.

    The same quote under the same marker is given once. Every quote is a slice of its passage's context.
    """
    found: dict[tuple[int, str], Citation] = {}
    for statement in statements_of(CODE.sub(_without_brackets, answer)):
        for marker in (m for m in statement.markers if 1 <= m <= len(cited)):
            hit = cited[marker - 1]
            context = hit.chunk.context
            quote = _code_in(context, statement.text) or _best_unit(statement.text, units_of(context), embedder)
            if quote is not None:
                found.setdefault((marker, quote.text), _citation(marker, hit, quote))
    return tuple(sorted(found.values(), key=lambda c: c.marker))


def citation_at(answer: str, marker: int, nth: int, cited: Sequence[Citation]) -> Citation | None:
    """Give the citation that a marker of an answer stands for, `nth` of those with its number, from 0.

    The same quote under the same marker is one citation, so where there are fewer than markers the words decide.
    """
    own = [citation for citation in cited if citation.marker == marker]
    statements = statements_of(CODE.sub(_without_brackets, answer))
    said = [statement.text for statement in statements for number in statement.markers if number == marker]
    if not own or not 0 <= nth < len(said):
        return None
    if len(own) == len(said):
        return own[nth]
    words = words_of(said[nth])
    return max(own, key=lambda citation: _shared(words, words_of(without_links(citation.quote))))


def between_markers(answer: str) -> Iterator[tuple[str, str]]:
    """Give each piece of an answer and the markers behind it, "" behind the last."""
    begun = 0
    for match in MARKERS.finditer(answer):
        yield answer[begun : match.start()], match[0]
        begun = match.end()
    yield answer[begun:], ""


def _citation(marker: int, hit: Hit, quote: Unit) -> Citation:
    chunk = hit.chunk
    locator = chunk.locator_at(quote.start)  # the context may reach beyond the chunk's own cell or section
    return Citation(
        marker=marker,
        path=chunk.path,
        locator=locator,
        locator_parts=parse_locator(locator).parts(),
        quote=quote.text,
        score=round(hit.cosine, 4),
        title=chunk.title,
        context=chunk.context,
        chunk_id=chunk.id,
    )


def _without_brackets(code: re.Match[str]) -> str:
    """Give code so that nothing in it reads as a marker: `a[1]` is none."""
    return code[0].replace("[", "(")


def statements_of(answer: str) -> list[Statement]:
    """Give what an answer says with a source: each piece before markers, with these."""
    found: list[Statement] = []
    for piece, markers in between_markers(answer):
        if not markers:
            break
        before = piece.strip()
        numbers = tuple(int(n) for n in re.findall(r"\d+", markers))
        if before.strip(".,;: ") or not found:
            found.append(Statement(_last_said(before), numbers))
        else:  # markers that only a full stop parts belong to the same statement
            found.append(Statement(found[-1].text, numbers))
    return found


def _last_said(text: str) -> str:
    """Give what a marker behind a text speaks of: a block of code, of a long text its last sentence, or all of it."""
    if (block := _BLOCK.search(text)) is not None:
        return block[0]
    return _SENTENCE_START.split(text)[-1] if len(text) > 400 else text


def _code_in(passage: str, statement: str) -> Unit | None:
    """Give the lines of a passage that a block of code repeats, how far in they stand aside; None where none do."""
    block = _BLOCK.search(statement)
    wanted = [line.strip() for line in block[2].splitlines() if line.strip()] if block else []
    if not wanted:
        return None
    lines = [
        (m.start(), m.start() + len(m[0].rstrip()), m[0].strip().replace("[", "("))
        for m in re.finditer(r"[^\n]+", passage)
        if m[0].strip()
    ]
    for n in range(len(lines) - len(wanted) + 1):
        if [line for _, _, line in lines[n : n + len(wanted)]] == wanted:
            start, end = lines[n][0], lines[n + len(wanted) - 1][1]
            return Unit(passage[start:end], start, end, "line")
    return None


def _best_unit(statement: str, units: Sequence[Unit], embedder: Embedder) -> Unit | None:
    if not units:
        return None
    said = words_of(statement)
    shared = [_shared(said, words_of(without_links(unit.text))) for unit in units]
    ranked = sorted(range(len(units)), key=lambda i: -shared[i])
    best, ahead = ranked[0], shared[ranked[0]] - (shared[ranked[1]] if len(ranked) > 1 else 0.0)
    if not statement or shared[best] >= ENOUGH_SHARED or (shared[best] >= PLAINLY_SHARED and ahead >= PLAINLY_AHEAD):
        return units[best]
    near = [i for i in ranked[:MOST_EMBEDDED] if shared[i] > 0]
    if shared[best] < HARDLY_SHARED:  # said in quite other words, or in another language
        near = list(range(len(units)))
    vectors = embedder.embed_texts([statement, *(units[i].text for i in near)])
    cosines = dict(zip(near, vectors[1:] @ vectors[0], strict=True))
    return units[max(near, key=lambda i: float(cosines[i]) + 0.5 * shared[i])]


def _shared(said: Sequence[str], there: Sequence[str]) -> float:
    """Give the overlap of two texts' words as F1 over their sets, 0 to 1."""
    one, other = set(said), set(there)
    return 2 * len(one & other) / max(1, len(one) + len(other))
