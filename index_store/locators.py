"""Where in a document a text stands: one value, one written form, and back. Reads no documents.

The grammar, parts joined by "; " and always in this order, each part at most once:

    page 3   cell 12   cell 12 output   row 7   lines 10-24   00:12:31   § Heading > Sub-heading

The heading path comes last because a heading may itself hold "; ".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

_PARTS = re.compile(
    r"(?:page (?P<page>\d+)|cell (?P<cell>\d+)(?P<output> output)?|row (?P<row>\d+)"
    r"|lines (?P<first>\d+)-(?P<last>\d+)|(?P<time>\d{2,}:\d{2}:\d{2}))(?:; |$)"
)


def clean_heading(text: str) -> str:
    """Give a heading as one line without " > ", which separates headings in a path."""
    return " ".join(text.split()).replace(" > ", " › ")


@dataclass(frozen=True, slots=True)
class Locator:
    """A place in a document; pages (and slides), cells, rows and lines count from 1, `time` is HH:MM:SS."""

    page: int | None = None
    cell: int | None = None
    output: bool = False
    row: int | None = None
    lines: tuple[int, int] | None = None
    time: str | None = None
    headings: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        parts: list[str] = []
        if self.page is not None:
            parts.append(f"page {self.page}")
        if self.cell is not None:
            parts.append(f"cell {self.cell} output" if self.output else f"cell {self.cell}")
        if self.row is not None:
            parts.append(f"row {self.row}")
        if self.lines is not None:
            parts.append(f"lines {self.lines[0]}-{self.lines[1]}")
        if self.time is not None:
            parts.append(self.time)
        if self.headings:
            parts.append("§ " + " > ".join(clean_heading(h) for h in self.headings))
        return "; ".join(parts)

    def parts(self) -> dict[str, Any]:
        """Give the same as an object for JSON, without the parts that are not there."""
        found: dict[str, Any] = {}
        for name in ("page", "cell", "row", "time"):
            if getattr(self, name) is not None:
                found[name] = getattr(self, name)
        if self.output:
            found["output"] = True
        if self.lines is not None:
            found["lines"] = list(self.lines)
        if self.headings:
            found["headings"] = [clean_heading(h) for h in self.headings]
        return found


def parse_locator(text: str) -> Locator:
    """Read the written form back.

    Raises:
        ValueError: where the text is not of the grammar.
    """
    values: dict[str, Any] = {}
    at = 0
    while at < len(text):
        if text.startswith("§ ", at):
            values["headings"] = tuple(text[at + 2 :].split(" > "))
            break
        match = _PARTS.match(text, at)
        if match is None:
            raise ValueError(f"not a locator: {text!r}")
        values.update(_values(match))
        at = match.end()
    return Locator(**values)


def _values(match: re.Match[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in ("page", "cell", "row"):
        if match[name]:
            found[name] = int(match[name])
    if match["output"]:
        found["output"] = True
    if match["first"]:
        found["lines"] = (int(match["first"]), int(match["last"]))
    if match["time"]:
        found["time"] = match["time"]
    return found
