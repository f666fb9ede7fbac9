"""How a unit of a passage is written in an answer: its own words, without the marks that only a file needs.

Link targets, halves of links and of emphasis, and the pipes of a table go; a table's cells get the names of their
columns. Chooses nothing, and adds no word that the passage does not hold.
"""

from __future__ import annotations

import re
import textwrap

from assistant.code_lines import ITEM_MARK
from assistant.displayed import displayed_in
from assistant.units import Unit, is_table_rule, starts_field

_FOREIGN_MARKER = re.compile(r"\s*\[\s*\d{1,3}(?:\s*[,;]\s*\d{1,3})*\s*\](?!\()")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\((?:[^()\s]|\([^()\s]*\))*(?:\s+\"[^\"]*\")?\)")
_LINK_END = re.compile(r"\]\((?:https?:|/|\.|#)[^)\s]*\)")
_COMMENT = re.compile(r"(?<!\\)%")  # it goes as far as its line
_CELL_END = re.compile(r"(?<!\\)\|")


def written(unit: Unit, passage: str) -> str:
    """Give a unit of a passage as an answer shows it, on one line."""
    if unit.kind == "line":
        return f"`{_one_line(unit.text).replace('`', '')}`"
    if unit.kind == "row":
        return f"- {_row(unit, passage)}"
    text = _prose(unit.text)
    if unit.kind == "stretch":
        return f"… {text} …"
    return f"- {text}" if begins_item(unit, passage) else text


def written_code(passage: str, start: int, end: int) -> str:
    """Give lines of code of a passage as a block of their own, each as far in as it stands there."""
    text = textwrap.dedent(passage[_line_start(passage, start) : end]).rstrip()
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}\n{text}\n{fence}\n"


def _line_start(passage: str, at: int) -> int:
    """Give where the line begins that a place is in, if there is nothing but space before it; else the place."""
    begins = passage.rfind("\n", 0, at) + 1
    return at if passage[begins:at].strip() else begins


def _prose(text: str) -> str:
    """Give sentences in one line; a formula that is set off keeps all its signs."""
    parts, done = [], 0
    for start, end in displayed_in(text):
        parts += [_plain(text[done:start]), _formula(text[start:end])]
        done = end
    return " ".join(part for part in [*parts, _plain(text[done:])] if part)


def _plain(text: str) -> str:
    return _balanced(without_links(_FOREIGN_MARKER.sub("", _one_line(text))))


def _formula(text: str) -> str:
    """Give a formula; what would be read as a marker of ours is written as TeX writes it too."""
    text = _FOREIGN_MARKER.sub(lambda found: found[0].replace("[", "\\lbrack ").replace("]", "\\rbrack "), text)
    return text if _COMMENT.search(text) else _one_line(text)


def without_links(text: str) -> str:
    """Put the words of a link in its place; half a link loses its target.

    >>> without_links("[Gao et al.](https://arxiv.org/abs/2211.10435) and more](https://a.org)")
    'Gao et al. and more'
    """
    text = _LINK_END.sub("", _LINK.sub(r"\1", text))
    return text[1:] if text.startswith("[") and "]" not in text else text


def begins_item(unit: Unit, passage: str) -> bool:
    """Tell whether a unit opens an item of a list; the item's further sentences do not."""
    if unit.kind != "item":
        return False
    line = passage[passage.rfind("\n", 0, unit.start) + 1 : unit.start]
    return bool(ITEM_MARK.fullmatch(line)) or (not line.strip() and starts_field(unit.text))


def _row(unit: Unit, passage: str) -> str:
    values = _cells(unit.text)
    names = _columns(unit, passage)
    named = zip(values, names if len(names) == len(values) else [""] * len(values), strict=True)
    parts = [value if n == 0 or not name else f"{name}: {value}" for n, (value, name) in enumerate(named) if value]
    return " · ".join(parts)


def _columns(unit: Unit, passage: str) -> list[str]:
    """Give the names of the columns of a row's table; none where the passage begins within the table."""
    above = passage[: unit.start].splitlines()
    for n in range(len(above) - 1, 0, -1):
        if is_table_rule(above[n]):
            return [name.strip("*_ ") for name in _cells(above[n - 1])]
        if "|" not in above[n] and above[n].strip():
            return []
    return []


def _cells(row: str) -> list[str]:
    return [_balanced(without_links(_one_line(cell))) for cell in _CELL_END.split(row.strip().strip("|"))]


def _balanced(text: str) -> str:
    """Take out marks of code and emphasis that the cut has left without their other half."""
    for mark in ("`", "**"):
        if text.count(mark) % 2:
            text = text.replace(mark, "")
    return text


def _one_line(text: str) -> str:
    return " ".join(text.split())
