"""Keeps the heading path while a document is read from top to bottom. Knows no format.

outline = Outline()
blocks += outline.enter(1, "Prompts", Locator(cell=1))   # -> []
blocks += outline.enter(2, "Few-shot", Locator(cell=2))  # -> []
outline.path                                             # ("Prompts", "Few-shot")
blocks += outline.filled([Block(...)])                   # these stand under "Few-shot"
blocks += outline.finish()                               # at the end: the last heading, if nothing stands under it
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from index_store.locators import Locator
from ingest.document import Block

HEADINGS = "headings (kept as heading path)"
"""The rule under which readers count headings: they are no block, and stand in the path of what is under them."""


class Outline:
    """The headings that are open at one place of a document.

    A heading goes into the path of the blocks under it. One with nothing under it, neither text nor a deeper heading,
    would be lost that way, so it comes back as a block of its own.
    """

    def __init__(self) -> None:
        self._open: list[tuple[int, str]] = []
        self._waiting: tuple[int, Block] | None = None
        self._begun = False
        self.title: str | None = None  # the first heading of level 1, or of any level where nothing stands before it

    @property
    def path(self) -> tuple[str, ...]:
        """The open headings, outermost first."""
        return tuple(text for _, text in self._open)

    def enter(self, level: int, text: str, locator: Locator) -> list[Block]:
        """Open a heading (level from 1); give back the heading before it, where that one stayed empty."""
        lost = self.finish() if self._waiting is not None and level <= self._waiting[0] else []
        self._waiting = None
        while self._open and self._open[-1][0] >= level:
            self._open.pop()
        text = " ".join(text.split())
        if text:
            self._open.append((level, text))
            self._waiting = (level, Block(text, replace(locator, headings=self.path)))
            if self.title is None and (level == 1 or not self._begun):
                self.title = text
            self._begun = True
        return lost

    def filled(self, blocks: Sequence[Block]) -> list[Block]:
        """Note that blocks stand under the open heading, and give them back."""
        if blocks:
            self._waiting = None
            self._begun = True
        return list(blocks)

    def finish(self) -> list[Block]:
        """Give the last heading as a block if nothing stands under it."""
        waiting, self._waiting = self._waiting, None
        return [] if waiting is None else [waiting[1]]
