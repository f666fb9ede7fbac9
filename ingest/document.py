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

    All counts are of visible characters, that is without white space. `characters_read` counts those of the source;
    `dropped` says, for each rule of the reader (for example "front matter", "JSX", "ANSI codes"), how many it took
    away, and `added` how many it put in (column names, list marks). So read + added = kept + dropped.
    """

    title: str
    blocks: tuple[Block, ...]
    characters_read: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()  # for the user, for example "read as Latin-1"
    added: Mapping[str, int] = field(default_factory=dict)

    @property
    def characters_kept(self) -> int:
        """Visible characters in all blocks."""
        return sum(visible(block.text) for block in self.blocks)

    @property
    def unaccounted(self) -> int:
        """Visible characters that no count explains: above 0 lost, below 0 made up."""
        return self.characters_read + sum(self.added.values()) - self.characters_kept - sum(self.dropped.values())


def visible(text: str) -> int:
    """Count the characters other than white space."""
    return len("".join(text.split()))
