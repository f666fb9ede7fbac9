"""Finds which lines of a Markdown text are headings, lists, tables and code. Makes no blocks and drops nothing.

The structure is CommonMark with tables, by markdown-it-py; only its block rules run, for only lines are asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import groupby
from typing import Literal, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

Part = Literal["prose", "heading", "list", "table", "fence", "indented", "rule"]
_PARTS: dict[str, Part] = {
    "heading_open": "heading",
    "bullet_list_open": "list",
    "ordered_list_open": "list",
    "table_open": "table",
    "fence": "fence",
    "code_block": "indented",
    "hr": "rule",
}
_CARVED = frozenset({"fence", "code_block", "table_open"})  # a part of their own within a list or quotation too
_LONGEST_HEADING = 300


class Piece(NamedTuple):
    """Lines `first` to `last` (from 0, the last one included); level and heading text are those of a heading."""

    part: Part
    first: int
    last: int
    level: int = 0
    heading: str = ""


@cache
def _blocks_parser(mdx: bool) -> MarkdownIt:
    parser = MarkdownIt("commonmark").enable("table").disable(["inline", "text_join", "html_block", "reference"])
    return parser.disable("code") if mdx else parser  # MDX has no indented code: there indentation follows the tags


@cache
def _inline_parser() -> MarkdownIt:
    return MarkdownIt("commonmark")


def pieces_of(text: str, *, mdx: bool) -> list[Piece]:
    """Cut a text into pieces; each line that is not blank is in exactly one."""
    lines = text.split("\n")
    owners: list[Piece | None] = [None] * len(lines)
    for piece in _tokens(_blocks_parser(mdx).parse(text)):
        for at in range(piece.first, min(piece.last, len(lines) - 1) + 1):
            owners[at] = piece
    return [
        piece for piece in _runs(owners, lines) if any(lines[n].strip() for n in range(piece.first, piece.last + 1))
    ]


def _tokens(tokens: list[Token]) -> Iterator[Piece]:
    """Give the blocks of the outermost level, and what is carved out of them after them."""
    for at, token in enumerate(tokens):
        if token.map is None or not (token.level == 0 or token.type in _CARVED):
            continue
        first, last = token.map[0], token.map[1] - 1
        part = _PARTS.get(token.type, "prose")
        if part == "heading":
            text = plain_inline(tokens[at + 1].content)
            if len(text) > _LONGEST_HEADING:
                part = "prose"
            yield Piece(part, first, last, int(token.tag[1:]), text)
        else:
            yield Piece(part, first, last)


def _runs(owners: list[Piece | None], lines: list[str]) -> Iterator[Piece]:
    """Join neighbouring lines of one owner; lines of none (they are in no token) are prose, up to a blank line."""

    def key(at: int) -> tuple[int, bool]:
        owner = owners[at]
        return (-1, bool(lines[at].strip())) if owner is None else (id(owner), True)

    for _, run in groupby(range(len(lines)), key):
        places = list(run)
        owner = owners[places[0]]
        yield (owner or Piece("prose", 0, 0))._replace(first=places[0], last=places[-1])


def plain_inline(source: str) -> str:
    """Text of one line of Markdown, without emphasis, link addresses and code marks."""
    if len(source) > 2 * _LONGEST_HEADING:
        return source
    (inline,) = _inline_parser().parseInline(source)
    return " ".join("".join(_texts(inline.children or [])).split())


def _texts(tokens: list[Token]) -> Iterator[str]:
    for token in tokens:
        yield " " if token.type in ("softbreak", "hardbreak") else token.content
