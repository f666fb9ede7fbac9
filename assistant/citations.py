"""Markers in an answer and the passages they point to. Streams text with whole markers only, and checks quotes.

A marker is `[3]`; `[1, 2]` and `[1][2]` are read as two. Passages are numbered in the prompt; the reader sees numbers
in the order in which they first appear. A marker that points to no passage is taken out, with the space before it.
What stands in a code span or fence is left alone: `a[1]` there is no marker.
"""

from __future__ import annotations

import re
from collections.abc import Collection

_MARKER = re.compile(r"\s*\[\s*\d{1,3}(?:\s*[,;]\s*\d{1,3})*\s*\]")
# All that a marker may begin with: at the end of what has arrived, it waits for the rest.
_HALF = re.compile(r"\s*(?:\[\s*(?:\d{1,3}(?:\s*[,;]\s*\d{1,3})*\s*(?:[,;]\s*)?)?)?\Z")
_TICKS = re.compile(r"`+")
_STOP = re.compile(r"[`\s\[]")


class MarkerStream:
    """Takes an answer in pieces of any size and gives it on with clean markers.

    However the text is split, the pieces given out join to the same text (a property test).
    """

    def __init__(self, passages: Collection[int]) -> None:
        self._passages = frozenset(passages)
        self._held = ""
        self._fence = 0  # how many backticks opened the code that we are in; 0 outside code
        self.order: list[int] = []
        """Passage numbers in the order of first appearance: the marker n that a reader sees is `order[n - 1]`."""
        self.removed = 0
        """How many markers pointed to no passage."""

    def feed(self, piece: str) -> str:
        """Take the next piece; give what is certain by now."""
        self._held += piece
        return self._scan(final=False)

    def finish(self) -> str:
        """Give what was held back; the stream is over."""
        return self._scan(final=True)

    def _scan(self, *, final: bool) -> str:
        out: list[str] = []
        at = 0
        text = self._held
        while at < len(text):
            step = self._step(text, at, final)
            if step is None:
                break
            at, given = step
            out.append(given)
        self._held = text[at:]
        return "".join(out)

    def _step(self, text: str, at: int, final: bool) -> tuple[int, str] | None:
        """Read one thing at `at`; give where it ends and what it becomes, or None to wait for more."""
        if text[at] == "`":
            return self._ticks(text, at, final)
        if not self._fence:
            marker = _MARKER.match(text, at)
            if marker:
                return marker.end(), self._rewrite(marker[0])
            if not final and _HALF.match(text, at):
                return None
        if text[at] == "\n" and self._fence < 3:
            self._fence = 0  # a backtick that nobody closed opens no code beyond its line
        stop = _STOP.search(text, at + 1)
        end = stop.start() if stop else len(text)
        return end, text[at:end]

    def _ticks(self, text: str, at: int, final: bool) -> tuple[int, str] | None:
        ticks = _TICKS.match(text, at)
        assert ticks is not None
        if ticks.end() == len(text) and not final:
            return None  # more backticks may follow
        count = len(ticks[0])
        if self._fence == count or (self._fence >= 3 and count >= self._fence):
            self._fence = 0
        elif not self._fence:
            self._fence = count
        return ticks.end(), ticks[0]

    def _rewrite(self, marker: str) -> str:
        space = marker[: len(marker) - len(marker.lstrip())]
        kept: list[str] = []
        for number in map(int, re.findall(r"\d+", marker)):
            if number not in self._passages:
                self.removed += 1
                continue
            if number not in self.order:
                self.order.append(number)
            seen = f"[{self.order.index(number) + 1}]"
            if seen not in kept:
                kept.append(seen)
        return space + "".join(kept) if kept else ""


def clean_markers(text: str, passages: Collection[int]) -> tuple[str, list[int]]:
    """Clean a whole answer at once; give it and the passage numbers in the order of their new markers."""
    stream = MarkerStream(passages)
    return stream.feed(text) + stream.finish(), stream.order
