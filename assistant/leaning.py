"""Tells a sentence that needs the one before it to be understood, of English by its wording. Pure."""

from __future__ import annotations

import re

_POINTS_BACK = re.compile(
    r"(?:this|these|that|those|it|they|he|she|its|their|his|her|such|both|however|but|and|so|also|then|thus|therefore"
    r"|hence|instead|otherwise|moreover|furthermore|similarly|likewise|conversely|another|in (?:contrast|addition|this"
    r"|that|these|such)|for (?:example|instance|this|that)|as a result|on the other hand|by contrast"
    r"|the (?:former|latter|same|other|first|second|third))\b",
    re.IGNORECASE,
)
_BARE_POINTER = re.compile(
    r"\b(?:this|these|those)(?:\s+(?:is|are|was|were|can|may|has|have|does|means|makes|in|of)\b|[,.;])", re.IGNORECASE
)
_GOES_ON = re.compile(r"[a-z][a-z'’-]*[ ,].*[.!?][\"'”’`)*_]*", re.DOTALL)
"""The end of a sentence that was cut behind a sign within it; words of a table or a log end like no sentence."""


def leans(text: str) -> bool:
    """Tell whether a sentence needs the one before it to be understood.

    >>> leans("They are listed below."), leans("The best pattern for this is ReAct."), leans("ReAct is a pattern.")
    (True, True, False)
    """
    return bool(_POINTS_BACK.match(text) or _GOES_ON.fullmatch(text) or _BARE_POINTER.search(text))
