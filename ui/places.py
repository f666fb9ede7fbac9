"""Shows a place in a document as a reader calls it; scripts go on reading the locator as it is kept."""

from __future__ import annotations

import re

_ONE_LINE = re.compile(r"\blines (\d+)-\1(?!\d)")
_PAGE = re.compile(r"^page (?=\d)")


def place_of(locator: str, path: str) -> str:
    """Give a locator in the words of its kind of file.

    >>> place_of("lines 7-7; § Frames", "hive.md"), place_of("lines 7-71", "hive.md"), place_of("page 2", "hive.PPTX")
    ('line 7; § Frames', 'lines 7-71', 'slide 2')
    """
    shown = _ONE_LINE.sub(r"line \1", locator)
    return _PAGE.sub("slide ", shown) if path.lower().endswith(".pptx") else shown
