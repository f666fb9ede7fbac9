"""What a reader gives: a document as a row of blocks with exact locators, and an account of what was left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from index_store.chunks import Kind
from index_store.locators import Locator


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph, list, table, fence, cell, output, row or run of cues.

    `text` is verbatim what a quote will be checked against. `whole` asks the splitter to keep it in one window when
    it fits.
    """

    text: str
    locator: Locator
    kind: Kind = "prose"
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """One readable file; in a CSV each row is a block of its own with its own title in its locator.

    `characters_read` counts the decoded characters of the source; `dropped` says, for each rule of the reader (for
    example "front matter", "JSX", "ANSI codes"), how many characters it took away.
    """

    title: str
    blocks: tuple[Block, ...]
    characters_read: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()  # for the user, for example "read as Latin-1"

    @property
    def characters_kept(self) -> int:
        """Characters in all blocks."""
        return sum(len(block.text) for block in self.blocks)
