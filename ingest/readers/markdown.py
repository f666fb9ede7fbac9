"""Reads Markdown and MDX: blocks are the source's own lines, with line numbers and the path of headings.

Dropped, each counted under its name: front matter (its title and description are used), comments, HTML tags, JSX and
MDX modules (not the prose inside), addresses of images, rules. Headings go into the path of what stands under them.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

from index_store.chunks import Kind
from index_store.locators import Locator
from ingest.document import Block, Document
from ingest.readers.front_matter import read_front_matter
from ingest.readers.markdown_structure import Part, Piece, pieces_of
from ingest.readers.markup import Cut, cut_comments, cut_markup
from ingest.readers.outline import HEADINGS, Outline
from ingest.readers.tags import Place
from ingest.readers.text import decode, file_title, visible

_KINDS: dict[Part, Kind] = {"list": "list", "table": "table", "fence": "code", "indented": "code"}


def read(data: bytes, name: str) -> Document:
    """Read a Markdown file; a name in ".mdx" means MDX.

    Raises:
        UnreadableFile: when the bytes are no text.
    """
    decoded = decode(data, name)
    lines = decoded.text.split("\n")
    front = read_front_matter(lines)
    outline = Outline()
    blocks: list[Block] = []
    dropped: Counter[str] = Counter()
    if front.lines:
        dropped["front matter"] = visible("".join(lines[: front.lines])) - visible(front.description)
        if front.description:
            blocks.append(Block(front.description, Locator(lines=(1, front.lines))))
    body = "\n".join(lines[front.lines :])
    start = Locator(lines=(front.lines + 1, front.lines + 1))
    found, gone = blocks_of(body, start, outline, mdx=name.lower().endswith(".mdx"))
    last = outline.finish()
    dropped.update(gone)
    dropped[HEADINGS] -= sum(visible(block.text) for block in last)
    title = front.title or outline.title or file_title(name)
    return Document(title, (*blocks, *found, *last), visible(decoded.text), dict(+dropped), decoded.notes)


def blocks_of(text: str, base: Locator, outline: Outline, *, mdx: bool = False) -> tuple[list[Block], Counter[str]]:
    """Cut Markdown into blocks under the headings that are open in `outline`, which moves on with the text.

    Blocks get the locator `base` with the heading path; where `base` has lines, its first is the number of the text's
    first line, else blocks get no lines (a notebook's cell). The counter says how many visible characters each rule
    dropped. After the last text of a document the caller adds `outline.finish()`.
    """
    cut = _without_markup(text, mdx)
    source, lines = text.split("\n"), cut.text.split("\n")
    blocks: list[Block] = []
    for piece in pieces_of(cut.text, mdx=mdx):
        if piece.part == "rule":
            cut.dropped["rules"] += visible("".join(lines[piece.first : piece.last + 1]))
            continue
        place = _numbered(base, piece.first, piece.last)
        if piece.part == "heading":
            lost = outline.enter(piece.level, piece.heading, place)
            marked = "".join(lines[piece.first : piece.last + 1])
            cut.dropped[HEADINGS] += visible(marked) - sum(visible(block.text) for block in lost)
            blocks += lost
        else:
            blocks += outline.filled(_block(piece, source, lines, base, (*outline.path, *_labels(cut, piece))))
    return blocks, cut.dropped


def _without_markup(text: str, mdx: bool) -> Cut:
    """Take out comments, then the rest; each time code is looked for anew, for a comment may hold half a fence."""
    if "<" not in text and "![" not in text and not mdx:
        return Cut(text)
    comments = cut_comments(text, _code_places(text, mdx), mdx=mdx)
    rest = cut_markup(comments.text, _code_places(comments.text, mdx), mdx=mdx)
    rest.dropped.update(comments.dropped)
    return rest


def _code_places(text: str, mdx: bool) -> list[Place]:
    ends = list(accumulate(len(line) + 1 for line in text.split("\n")))
    code = [piece for piece in pieces_of(text, mdx=mdx) if _KINDS.get(piece.part) == "code"]
    return [(ends[piece.first - 1] if piece.first else 0, ends[piece.last]) for piece in code]


def _numbered(base: Locator, first: int, last: int) -> Locator:
    if base.lines is None:
        return base
    return replace(base, lines=(base.lines[0] + first, base.lines[0] + last))


def _labels(cut: Cut, piece: Piece) -> list[str]:
    """Names of the tabs around a piece, outermost first."""
    return [name for first, last, name in sorted(cut.labels) if first <= piece.first and piece.last <= last]


def _block(
    piece: Piece, source: Sequence[str], lines: Sequence[str], base: Locator, headings: tuple[str, ...]
) -> list[Block]:
    """Make the block of a piece, without blank lines around it and without those that the markup left."""
    places = range(piece.first, piece.last + 1)
    filled = [at for at in places if lines[at].strip()]
    first, last = filled[0], filled[-1]
    kept = [
        lines[at].rstrip() for at in places if first <= at <= last and (lines[at].strip() or not source[at].strip())
    ]
    kind = _KINDS.get(piece.part, "prose")
    whole = kind in ("code", "table")
    text = "\n".join(kept)
    text = textwrap.dedent(text) if kind == "code" else text.strip()
    return [Block(text, replace(_numbered(base, first, last), headings=headings), kind, whole)]
