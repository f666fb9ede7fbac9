"""Finds a quote in a text by its letters and digits alone: a reader joins lines and mends hyphens, so signs differ."""

from __future__ import annotations

SHORTEST_QUOTE = 4
"""Letters and digits: what is shorter stands anywhere."""


def quote_places(text: str, quote: str) -> list[int]:
    """Give where each letter and digit of a quote stands in a text, in order; none where it does not stand there."""
    places = [n for n, c in enumerate(text) if c.isalnum()]
    plain = "".join(text[n] for n in places).casefold()
    if len(plain) != len(places):  # a letter that casefold makes two of: then by lower case, which keeps lengths
        plain = "".join(text[n].lower()[:1] for n in places)
    wanted = "".join(c for c in quote if c.isalnum()).casefold()
    at = plain.find(wanted) if len(wanted) >= SHORTEST_QUOTE else -1
    return places[at : at + len(wanted)] if at >= 0 else []
