"""An answer on its way to the reader: without foreign links, its markers whole and true, a refusal held back.

Takes the model's text in pieces of any size; however it is split, what is given out joins to the same text.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Collection
from functools import lru_cache

from assistant.citations import MarkerStream
from assistant.link_guard import LinkGuard
from assistant.refusal import REFUSAL

LEAK_WORDS = 8
"""So many words in a row of its instructions, and a text is a copy of them and no answer."""
_WORD = re.compile(r"\w+")


@lru_cache(maxsize=512)  # the same instructions and passages come up in turn after turn
def runs_of(text: str) -> frozenset[tuple[str, ...]]:
    """Give the runs of LEAK_WORDS words of a text, in small letters."""
    words = [w.lower() for w in _WORD.findall(text)]
    return frozenset(zip(*(words[n:] for n in range(LEAK_WORDS)), strict=False))


class AnswerStream:
    """One answer; `passages` are the numbers it may cite, `links` the addresses that it may show.

    A text that repeats one of the runs of words in `unsayable` ends there, and `leaks`. With `hold`, nothing is given
    out before the first marker that holds: what cites nothing is no answer. Else only what may become the refusal
    sentence is held back.
    """

    def __init__(
        self,
        passages: Collection[int],
        links: Collection[str] = (),
        in_code: str = "",
        *,
        hold: bool = False,
        unsayable: frozenset[tuple[str, ...]] = frozenset(),
    ) -> None:
        self._unsayable = unsayable
        self._last: deque[str] = deque(maxlen=LEAK_WORDS)
        self.leaks = False
        self._links = LinkGuard(links, in_code)
        self._markers = MarkerStream(passages)
        self._hold = hold
        self._held = ""
        self._flows = False
        self.said = ""
        """The answer as far as it is known, held back or not."""

    @property
    def order(self) -> list[int]:
        """The passages in the order in which they were cited; the marker n of the text is `order[n - 1]`."""
        return self._markers.order

    @property
    def is_refusal(self) -> bool:
        """Tell whether the text is the refusal sentence, alone or with something beside it."""
        return REFUSAL in self.said

    def feed(self, piece: str) -> str:
        """Take the next piece; give what may be shown by now."""
        return self._pass(self._markers.feed(self._links.feed(piece)), final=False)

    def finish(self) -> str:
        """Give what was held back; the stream is over."""
        return self._pass(self._markers.feed(self._links.finish()) + self._markers.finish(), final=True)

    def _pass(self, text: str, *, final: bool) -> str:
        if self.leaks or self._repeats(text):
            self.leaks = True
            return ""
        self.said += text
        if self._flows:
            return text
        self._held += text
        if self._waits(final):
            return ""
        self._flows = True
        return self._held

    def _repeats(self, text: str) -> bool:
        """Tell whether a piece, whole words as the link guard gives them, completes what must not be said."""
        if not self._unsayable:
            return False
        for word in _WORD.findall(text):
            self._last.append(word.lower())
            if tuple(self._last) in self._unsayable:
                return True
        return False

    def _waits(self, final: bool) -> bool:
        if self._hold:
            return not self.order
        held = self._held.strip()
        return not held or (held == REFUSAL if final else REFUSAL.startswith(held))
