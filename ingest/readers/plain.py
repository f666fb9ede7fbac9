"""Reads plain text: a block for each paragraph, with its lines. Guesses no structure; drops white space alone."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from index_store.locators import Locator
from ingest.document import Block, Document
from ingest.readers.text import decode, file_title, visible


def read(data: bytes, name: str) -> Document:
    """Read a text file; one endless line is one block, which the splitter cuts by words.

    Raises:
        UnreadableFile: when the bytes are no text.
    """
    decoded = decode(data, name)
    blocks = tuple(
        Block("\n".join(lines).strip(), Locator(lines=(first, first + len(lines) - 1)))
        for first, lines in paragraphs(decoded.text)
    )
    return Document(file_title(name), blocks, visible(decoded.text), {}, decoded.notes)


def paragraphs(text: str) -> Iterator[tuple[int, list[str]]]:
    """Give each run of lines that are not blank, with the number of its first line, from 1."""
    numbered = enumerate(text.split("\n"), 1)
    for filled, run in groupby(numbered, key=lambda line: bool(line[1].strip())):
        if filled:
            lines = list(run)
            yield lines[0][0], [line.rstrip() for _, line in lines]
