"""An answer on its way to the reader: without foreign links, its markers whole and true, a refusal held back.

Takes the model's text in pieces of any size; however it is split, what is given out joins to the same text.
"""

from __future__ import annotations

from collections.abc import Collection

from assistant.citations import MarkerStream
from assistant.link_guard import LinkGuard
from assistant.refusal import REFUSAL


class AnswerStream:
    """One answer; `passages` are the numbers it may cite, `links` the addresses that it may show.

    With `hold`, nothing is given out before the first marker that holds: what cites nothing is no answer. Else only
    what may become the refusal sentence is held back.
    """

    def __init__(
        self, passages: Collection[int], links: Collection[str] = (), in_code: str = "", *, hold: bool = False
    ) -> None:
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
        self.said += text
        if self._flows:
            return text
        self._held += text
        if self._waits(final):
            return ""
        self._flows = True
        return self._held

    def _waits(self, final: bool) -> bool:
        if self._hold:
            return not self.order
        held = self._held.strip()
        return not held or (held == REFUSAL if final else REFUSAL.startswith(held))
