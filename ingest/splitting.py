"""Cuts a document into chunks: small windows that are embedded and found, each with the context that a prompt reads.

Blocks of one section are packed into windows; a block that is too long is cut at paragraphs, else lines, else
sentences, else words, else characters. Lengths are counted with the embedding model's own tokenizer, of what the model
gets to read, heading included, so that nothing is cut off silently. Knows no file and no index.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from index_store.chunks import CONTEXT_CHARACTERS, Chunk, Embedder, Kind
from index_store.embedded_text import words_in
from index_store.locators import Locator
from ingest.document import Block, Document

SPLITTER_VERSION = "4"
MOST_ALIKE = 8
"""Chunks of a document with one and the same text that are kept. Masses of equal vectors cut an HNSW graph apart: each
is nearest to the others alone, and what lies beyond is no longer found."""
SPECIAL_TOKENS = 2
LEFT_OUT = "\n\n…\n\n"
"""Stands in a context where windows between two are left out."""
SENTENCE_TOKENS = 40  # a part ends with a sentence, so parts of one length differ by about one
BEGINNING_CHARACTERS = 500  # of a row, kept free in the context of each of its windows
LEAST_TOKENS = 32  # a heading, however long, leaves this much of the model's limit to the text
_CUTS = (
    re.compile(r"\n[ \t]*\n\s*"),
    re.compile(r"\n\s*"),
    re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+|(?<=[。！？])"),
    re.compile(r"\s+"),
)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A slice of a block that fits into a window; `gap` is what stands between it and the piece before."""

    text: str
    gap: str
    locator: Locator
    kind: Kind
    tokens: int


@dataclass(frozen=True, slots=True)
class _Window:
    pieces: tuple[_Piece, ...]

    @property
    def text(self) -> str:
        first, *rest = self.pieces
        return first.text + "".join(p.gap + p.text for p in rest)


def split(document: Document, *, source: str, path: str, embedder: Embedder, window_tokens: int) -> list[Chunk]:
    """Cut a document into chunks, in order; the same document gives the same chunks.

    `window_tokens` is the most tokens of a window's own text; heading and special tokens come on top, within the
    model's limit. A row of a table is a record, found best as one, so its windows are as long as the model reads; and
    a block that asks to stay whole (code, a fence, a table) gets such a window for itself where that holds it.
    """
    windows: list[_Window] = []
    for group in _sections(document.blocks):
        limit = _limit(document.title, group[0].locator, embedder)
        budget = _even(group, limit, embedder) if group[0].locator.row else min(window_tokens, limit)
        windows += _windows([p for block in group for p in _pieces(block, budget, limit, embedder)], budget)
    seen: dict[tuple[str, str], int] = {}
    chunks = []
    top = 0  # the first window of the row that a window is of
    for n in range(len(windows)):
        top = top if n and _joins(windows, n, _row(windows[n - 1])) else n
        chunk = _chunk(windows, n, top, document.title, source, path)
        again = seen.get((str(chunk.locator), chunk.text), 0)
        seen[str(chunk.locator), chunk.text] = again + 1
        chunks.append(replace(chunk, occurrence=again))
    return chunks


def without_repeats(chunks: Sequence[Chunk]) -> list[Chunk]:
    """Keep the first MOST_ALIKE of chunks that read the same under the same heading."""
    seen: dict[str, int] = {}
    kept = []
    for chunk in chunks:
        seen[chunk.embedded_text] = times = seen.get(chunk.embedded_text, 0) + 1
        if times <= MOST_ALIKE:
            kept.append(chunk)
    return kept


def section_of(locator: Locator) -> Hashable:
    """Tell which section a place belongs to: what is packed together and never across."""
    return locator.headings, locator.page, locator.row


def _sections(blocks: Sequence[Block]) -> Iterator[list[Block]]:
    group: list[Block] = []
    for block in blocks:
        if not block.text.strip():
            continue
        if group and section_of(block.locator) != section_of(group[0].locator):
            yield group
            group = []
        group.append(block)
    if group:
        yield group


def _limit(title: str, locator: Locator, embedder: Embedder) -> int:
    """Count the tokens that the heading of a section leaves of what the model reads."""
    heading = Chunk("", "", 0, locator, "", "", title, "prose", "", 0).heading
    return max(LEAST_TOKENS, embedder.max_tokens - SPECIAL_TOKENS - embedder.count_tokens(heading))


def _even(group: Sequence[Block], budget: int, embedder: Embedder) -> int:
    """Give a budget that cuts a row into parts of about one length: a short rest would be found for its shortness."""
    tokens = sum(embedder.count_tokens(words_in(block.text)) for block in group)
    parts = -(-tokens // budget)
    return budget if parts < 2 else min(budget, tokens // parts + SENTENCE_TOKENS)


def _pieces(block: Block, budget: int, limit: int, embedder: Embedder) -> Iterator[_Piece]:
    text = block.text.strip("\n").rstrip()
    start = 0
    if block.whole and budget < limit and len(text) <= CONTEXT_CHARACTERS:
        tokens = embedder.count_tokens(words_in(text))
        if tokens <= limit:
            yield _Piece(text, "\n\n", block.locator, block.kind, tokens)
            return
    for first, last, tokens in _cut(text, 0, len(text), budget, 0, embedder):
        gap = "\n\n" if start == 0 else text[start:first]
        yield _Piece(text[first:last], gap, block.locator, block.kind, tokens)
        start = last


def _cut(
    text: str, start: int, end: int, budget: int, level: int, embedder: Embedder
) -> Iterator[tuple[int, int, int]]:
    """Give slices (start, end, tokens) of at most `budget` tokens, cut at the coarsest places that do."""
    while start < end and text[start].isspace() and level > 0:
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start >= end:
        return
    tokens = embedder.count_tokens(words_in(text[start:end])) if end - start <= CONTEXT_CHARACTERS else budget + 1
    if tokens <= budget and end - start <= CONTEXT_CHARACTERS:
        yield start, end, tokens
    elif level == len(_CUTS):
        step = max(1, min(budget // 4, CONTEXT_CHARACTERS))  # a character has four tokens at the very most
        for at in range(start, end, step):
            last = min(at + step, end)
            yield at, last, embedder.count_tokens(words_in(text[at:last]))
    else:
        parts = [
            part
            for first, last in _between(_CUTS[level], text, start, end)
            for part in _cut(text, first, last, budget, level + 1, embedder)
        ]
        yield from _merged(parts, budget)


def _between(cut: re.Pattern[str], text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    at = start
    for match in cut.finditer(text, start, end):
        last = match.start() + len(match[0].rstrip())  # a closing quotation mark belongs to its sentence
        if last > at:
            yield at, last
        at = match.end()
    if at < end:
        yield at, end


def _merged(parts: Sequence[tuple[int, int, int]], budget: int) -> Iterator[tuple[int, int, int]]:
    """Join neighbouring slices as long as they fit together."""
    begun: tuple[int, int, int] | None = None
    for first, last, tokens in parts:
        if begun and begun[2] + tokens <= budget and last - begun[0] <= CONTEXT_CHARACTERS:
            begun = begun[0], last, begun[2] + tokens
            continue
        if begun:
            yield begun
        begun = first, last, tokens
    if begun:
        yield begun


def _windows(pieces: Sequence[_Piece], budget: int) -> Iterator[_Window]:
    packed: list[_Piece] = []
    size = characters = 0
    for piece in pieces:
        length = len(piece.gap) + len(piece.text)
        if packed and (size + piece.tokens > budget or characters + length > CONTEXT_CHARACTERS):
            yield _Window(tuple(packed))
            packed, size, characters = [], 0, 0
        packed.append(piece)
        size, characters = size + piece.tokens, characters + length
    if packed:
        yield _Window(tuple(packed))


def _chunk(windows: Sequence[_Window], n: int, top: int, title: str, source: str, path: str) -> Chunk:
    context, places, start = "", [], 0
    for window, gap in _around(windows, n, top):
        for m, piece in enumerate(window.pieces):
            context += (piece.gap if m or gap is None else gap) if context else ""
            if window is windows[n] and m == 0:
                start = len(context)
            places.append((len(context), str(piece.locator)))
            context += piece.text
    head = windows[n].pieces[0]
    return Chunk(
        text=windows[n].text,
        context=context,
        window_start=start,
        locator=_span(windows[n].pieces),
        source=source,
        path=path,
        title=title,
        kind=head.kind,
        section=str(replace(head.locator, lines=None, cell=None, output=False, time=None)),
        ordinal=n,
        places=tuple(places),
    )


def _around(windows: Sequence[_Window], n: int, top: int) -> list[tuple[_Window, str | None]]:
    """Give the windows that make the context of one, in order, and what stands between where one was left out.

    As many as fit, the nearest first, what follows before what precedes. Rows stay by themselves; where a row does not
    fit whole, its beginning comes before its other windows, as far as there is room, for it says what the row is about.
    """
    row = _row(windows[n])
    kept_free = len(LEFT_OUT) + BEGINNING_CHARACTERS
    first, last, left = _reach(windows, n, CONTEXT_CHARACTERS)
    if row and first > top:
        first, last, left = _reach(windows, n, CONTEXT_CHARACTERS - kept_free)
        left += kept_free
    found: list[tuple[_Window, str | None]] = [(windows[i], None) for i in range(first, last + 1)]
    beginning = None
    if row and first > top:
        before = (piece for i in range(top, first) for piece in windows[i].pieces)
        beginning = _beginning(before, left - len(LEFT_OUT))
    return [(beginning, None), (found[0][0], LEFT_OUT), *found[1:]] if beginning else found


def _reach(windows: Sequence[_Window], n: int, room: int) -> tuple[int, int, int]:
    """Give the first and the last window around one that fit with it into so many characters, and what is left."""
    first = last = n
    left = room - _length(windows[n])
    row = _row(windows[n])
    grew = True
    while grew:
        grew = False
        for i in (last + 1, first - 1):
            if _joins(windows, i, row) and _length(windows[i]) <= left:
                left -= _length(windows[i])
                first, last, grew = min(first, i), max(last, i), True
    return first, last, left


def _beginning(pieces: Iterable[_Piece], room: int) -> _Window | None:
    """Take what fits of a text, up to the end of a sentence where there is one, else of a word."""
    taken: list[_Piece] = []
    for piece in pieces:
        room -= len(piece.gap) if taken else 0
        if len(piece.text) > room:
            ends = [m.start() for cut in _CUTS[2:] for m in cut.finditer(piece.text, 0, max(0, room))]
            sentences = [m.start() for m in _CUTS[2].finditer(piece.text, 0, max(0, room))]
            if ends and (sentences or not taken):
                taken.append(replace(piece, text=piece.text[: max(sentences or ends)]))
            break
        taken.append(piece)
        room -= len(piece.text)
    return _Window(tuple(taken)) if taken else None


def _joins(windows: Sequence[_Window], i: int, row: int | None) -> bool:
    return 0 <= i < len(windows) and _row(windows[i]) == row


def _row(window: _Window) -> int | None:
    return window.pieces[0].locator.row


def _length(window: _Window) -> int:
    return len(window.text) + len(window.pieces[0].gap)


def _span(pieces: Sequence[_Piece]) -> Locator:
    """Give the place of a window: that of its first piece, lines running to the last where only the lines differ."""
    head, tail = pieces[0].locator, pieces[-1].locator
    if head.lines and tail.lines and replace(head, lines=None) == replace(tail, lines=None):
        return replace(head, lines=(head.lines[0], max(head.lines[1], tail.lines[1])))
    return head
