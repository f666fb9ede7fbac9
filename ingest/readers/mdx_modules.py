"""Finds the import and export statements of an MDX file. Looks at nothing else of it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from ingest.readers.tags import Place

_NAMES = r"(?:[\w$]+\s*,?\s*)?(?:\*\s*as\s+[\w$]+|\{[^{}'\"]{0,5000}\})?"
_IMPORT = re.compile(rf"import\s*(?:(?:type\s+)?{_NAMES}\s*from\s*)?['\"][^'\"\n]+['\"]\s*;?[ \t]*$", re.M)
_EXPORT = re.compile(r"export\s+(?:default|const|let|var|async|function|class|\{|\*)")
_STRING = re.compile(r"\"(?:[^\"\\\n]|\\.)*+\"|'(?:[^'\\\n]|\\.)*+'|`[^`\n]*+`")
_MOST_LINES = 300
_MOST_FAILURES = 100  # lines that only look like statements; after so many the rest is taken as text


def module_statements(source: str, code: Sequence[Place]) -> Iterator[Place]:
    """Find the import and export statements of MDX: they start a line, and end where their brackets close."""
    begins = [start for start, _ in code]
    at, failures = 0, 0
    for match in re.finditer(r"^(?:import|export)\b", source, re.M):
        start = match.start()
        inside = bisect_right(begins, start) - 1
        if start < at or (inside >= 0 and start < code[inside][1]) or failures > _MOST_FAILURES:
            continue
        end = _statement_end(source, start)
        failures += end <= start
        if end > start:
            at = end
            yield start, end


def _statement_end(source: str, start: int) -> int:
    """End of the statement; `start` where it is none after all, -1 where its brackets do not close."""
    found = _IMPORT.match(source, start, start + 10_000)
    if found is not None:
        return found.end()
    if _EXPORT.match(source, start) is None:
        return start
    depth, at = 0, start
    for _ in range(_MOST_LINES):
        end = source.find("\n", at)
        end = len(source) if end < 0 else end
        line = _STRING.sub("", source[at:end])
        depth += sum(line.count(opener) for opener in "([{") - sum(line.count(closer) for closer in ")]}")
        if depth <= 0:
            return end
        if end == len(source):
            break
        at = end + 1
    return -1
