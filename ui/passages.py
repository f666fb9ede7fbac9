"""Shows a passage of a document with the quotes marked in it: prose, tables, code. Pure functions; all is escaped."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence

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
Span = tuple[int, int]


def passage_html(context: str, quotes: Sequence[str]) -> str:
    """Give a passage with each quote marked; what is a table or code in Markdown is shown as one."""
    return passage_marked(context, spans_of(context, quotes))


def passage_marked(context: str, spans: Sequence[Span]) -> str:
    """Give a passage with these places in it marked, which stand in order."""
    shown, done, parts = unwrapped(context), 0, []
    for block in _BLOCK.finditer(context):
        parts.append(_between(shown, spans, done, block.start()))
        parts.append(_table(context, spans, block.span("table")) if block["table"] else _code(context, spans, block))
        done = block.end()
    parts.append(_between(shown, spans, done, len(context)))
    return "".join(parts)


def spans_of(context: str, quotes: Sequence[str]) -> list[Span]:
    """Give where quotes stand in a passage, [start, end) in characters, in order and without what overlaps."""
    found, done = [], 0
    for start, end in sorted((at, at + len(q)) for q in quotes if q and (at := context.find(q)) >= 0):
        if max(start, done) < end:
            found.append((max(start, done), end))
            done = end
    return found


def _between(text: str, spans: Sequence[Span], start: int, end: int) -> str:
    """Escape a part of a text, with the spans that reach into it marked."""
    parts, done = [], start
    for first, last in spans:
        first, last = max(first, start), min(last, end)
        if first < last:
            parts += [html.escape(text[done:first]), f"<mark>{html.escape(text[first:last])}</mark>"]
            done = last
    return "".join([*parts, html.escape(text[done:end])])


def _code(context: str, spans: Sequence[Span], block: re.Match[str]) -> str:
    return f"<pre class='lectern-code' tabindex='0'>{_between(context, spans, *block.span('inner'))}</pre>"


def _table(context: str, spans: Sequence[Span], block: Span) -> str:
    rows = list(_lines(context, block))
    headed = len(rows) > 1 and bool(_RULE.match(context[slice(*rows[1])]))
    shown = [
        "".join(f"<{kind}>{_cell(context, spans, cell.span())}</{kind}>" for cell in _CELL.finditer(context, *row))
        for n, row in enumerate(rows)
        if not _RULE.match(context[slice(*row)])
        for kind in ("th" if headed and n == 0 else "td",)
    ]
    body = "".join(f"<tr>{row}</tr>" for row in shown)
    return f"<div class='lectern-grid' tabindex='0'><table><tbody>{body}</tbody></table></div>"


def _cell(context: str, spans: Sequence[Span], cell: Span) -> str:
    text = context[slice(*cell)]
    start = cell[0] + len(text) - len(text.lstrip())
    return _between(context, spans, start, start + len(text.strip()))


def _lines(context: str, block: Span) -> Iterator[Span]:
    at = block[0]
    for line in context[slice(*block)].splitlines(keepends=True):
        if line.strip():
            yield at, at + len(line)
        at += len(line)


def code_marked(text: str, spans: Sequence[Span]) -> str:
    """Escape code, its lines as they are, with these places in it marked."""
    return _between(text, spans, 0, len(text))


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
