"""Shows a passage of a document with the quotes marked in it: prose, formulas, tables, code. Pure; all is escaped."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from ui.formulas import formulas_in
from ui.mathml import mathml

_BLANK_LINES = re.compile(r"(\n[ \t]*\n\s*)")
_NOT_PROSE = re.compile(r"^(?:\s|[-*+>|#]|\d+[.)]\s|[\w.\[\]]+ = )|[{}|]|;[ \t]*$|^\w+\(|`{3}", re.MULTILINE)
WRAPPED_AT = 55
"""Characters: a shorter line of a paragraph was ended on purpose."""
_BLOCK = re.compile(
    r"^(?P<code>(?P<fence>`{3,}|~{3,})[^\n]*\n(?P<inner>(?s:.*?))(?:^(?P=fence)[^\n]*(?:\n|\Z)|\Z))"
    r"|^(?P<table>(?:[ ]{0,3}\|[^\n]*\|[ \t]*(?:\n|\Z)){2,})",
    re.MULTILINE,
)
"""What Markdown sets off from prose: fenced code, and lines that begin and end with a bar."""
_CELL = re.compile(r"(?<=\|)[^|\n]*(?=\|)")
_RULE = re.compile(r"[\s|:-]+\Z")
MOST_FORMULAS = 200
"""Formulas of what is shown that are set; further ones stay as they are written."""
Span = tuple[int, int]
Set = Mapping[Span, str]
"""Formulas that are set, as MathML, by where they stand."""
_NONE: Set = MappingProxyType({})


def passage_html(context: str, quotes: Sequence[str]) -> str:
    """Give a passage with each quote marked; what is a table or code in Markdown is shown as one."""
    return passage_marked(context, spans_of(context, quotes))


def passage_marked(context: str, spans: Sequence[Span]) -> str:
    """Give a passage with these places in it marked, which stand in order."""
    shown, done, parts, formulas = unwrapped(context), 0, [], formulas_set(context)
    for block in _BLOCK.finditer(context):
        parts.append(_between(shown, spans, done, block.start(), formulas))
        is_table = bool(block["table"])
        parts.append(_table(context, spans, block.span(), formulas) if is_table else _code(context, spans, block))
        done = block.end()
    parts.append(_between(shown, spans, done, len(context), formulas))
    return "".join(parts)


def formulas_set(text: str, start: int = 0, end: int | None = None) -> Set:
    """Give the formulas of a text or a part of it as MathML; those that cannot be given so are left out."""
    last = len(text) if end is None else end
    found = [f for f in formulas_in(text) if start <= f.start and f.end <= last][:MOST_FORMULAS]
    return {(f.start, f.end): shown for f in found if (shown := mathml(f.tex, f.is_displayed))}


def spans_of(context: str, quotes: Sequence[str]) -> list[Span]:
    """Give where quotes stand in a passage, [start, end) in characters, in order and without what overlaps."""
    found, done = [], 0
    for start, end in sorted((at, at + len(q)) for q in quotes if q and (at := context.find(q)) >= 0):
        if max(start, done) < end:
            found.append((max(start, done), end))
            done = end
    return found


def _between(text: str, spans: Sequence[Span], start: int, end: int, formulas: Set = _NONE) -> str:
    """Escape a part of a text, with the spans that reach into it marked, a formula that they reach into as a whole."""
    here = {(a, b): shown for (a, b), shown in formulas.items() if start <= a and b <= end}
    parts, done = [], start
    for first, last in spans:
        first, last = max(first, start), min(last, end)
        if first >= last:
            continue
        first = max(done, min([first, *(a for a, b in here if a < first < b)]))
        last = max([last, *(b for a, b in here if a < last < b)])
        if first < last:
            parts += [_set(text, done, first, here), f"<mark>{_set(text, first, last, here)}</mark>"]
            done = last
    return "".join([*parts, _set(text, done, end, here)])


def _set(text: str, start: int, end: int, formulas: Set) -> str:
    """Escape a part of a text, with its formulas set."""
    parts, done = [], start
    for (first, last), shown in formulas.items():
        if start <= first and last <= end:
            parts += [html.escape(text[done:first]), shown]
            done = last
    return "".join([*parts, html.escape(text[done:end])])


def _code(context: str, spans: Sequence[Span], block: re.Match[str]) -> str:
    return f"<pre class='lectern-code' tabindex='0'>{_between(context, spans, *block.span('inner'))}</pre>"


def _table(context: str, spans: Sequence[Span], block: Span, formulas: Set) -> str:
    rows = list(_lines(context, block))
    headed = len(rows) > 1 and bool(_RULE.match(context[slice(*rows[1])]))
    shown = [
        "".join(
            f"<{kind}>{_cell(context, spans, cell.span(), formulas)}</{kind}>" for cell in _CELL.finditer(context, *row)
        )
        for n, row in enumerate(rows)
        if not _RULE.match(context[slice(*row)])
        for kind in ("th" if headed and n == 0 else "td",)
    ]
    body = "".join(f"<tr>{row}</tr>" for row in shown)
    return f"<div class='lectern-grid' tabindex='0'><table><tbody>{body}</tbody></table></div>"


def _cell(context: str, spans: Sequence[Span], cell: Span, formulas: Set) -> str:
    text = context[slice(*cell)]
    start = cell[0] + len(text) - len(text.lstrip())
    return _between(context, spans, start, start + len(text.strip()), formulas)


def _lines(context: str, block: Span) -> Iterator[Span]:
    at = block[0]
    for line in context[slice(*block)].splitlines(keepends=True):
        if line.strip():
            yield at, at + len(line)
        at += len(line)


def prose_marked(text: str, spans: Sequence[Span], start: int, end: int) -> str:
    """Escape a part of a text, its lines as they are, with these places in it marked and its formulas set."""
    return _between(text, spans, start, end, formulas_set(text, start, end))


def code_marked(text: str, spans: Sequence[Span], start: int = 0, end: int | None = None) -> str:
    """Escape code or a part of it, its lines as they are, with these places in it marked."""
    return _between(text, spans, start, len(text) if end is None else end)


def marked(context: str, quotes: Sequence[str]) -> str:
    """Escape a passage as it stands and put <mark> around each quote that stands in it."""
    return _between(unwrapped(context), spans_of(context, quotes), 0, len(context))


def unwrapped(text: str) -> str:
    """Put a space where the file broke a line of prose, so that the page breaks it anew; lists and code stay."""
    return "".join(part if n % 2 else _unwrapped_paragraph(part) for n, part in enumerate(_BLANK_LINES.split(text)))


def _unwrapped_paragraph(text: str) -> str:
    lines = text.split("\n")
    if _NOT_PROSE.search(text) or any(len(line) < WRAPPED_AT for line in lines[:-1]):
        return text
    return " ".join(lines)
