"""Cuts a long text from outside into passages, and chooses those that fit a question best. Fetches nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.units import units_of
from index_store.chunks import CONTEXT_CHARACTERS, Embedder

_WIKI_HEADING = re.compile(r"^(={2,6})[ \t]*(.+?)[ \t]*\1[ \t]*$", re.MULTILINE)
PASSAGE_CHARACTERS = 900
MOST_PASSAGES = 60
"""Of a very long page only so many passages are looked at: its beginning says what it is about."""


@dataclass(frozen=True, slots=True)
class Extract:
    """A passage of a longer text, verbatim, under its headings; `cosine` is that with the question."""

    text: str
    headings: tuple[str, ...] = ()
    cosine: float = 0.0


def wiki_sections(text: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Cut a plain-text article at its `== Heading ==` lines; give each section with its heading path."""
    path: list[tuple[int, str]] = []
    at = 0
    for match in _WIKI_HEADING.finditer(text):
        if text[at : match.start()].strip():
            yield tuple(heading for _, heading in path), text[at : match.start()].strip()
        level = len(match[1])
        path = [(n, heading) for n, heading in path if n < level] + [(level, match[2])]
        at = match.end()
    if text[at:].strip():
        yield tuple(heading for _, heading in path), text[at:].strip()


def extracts_of(sections: Sequence[tuple[tuple[str, ...], str]]) -> list[Extract]:
    """Cut sections into passages of at most CONTEXT_CHARACTERS, between sentences, items or rows."""
    found: list[Extract] = []
    for headings, text in sections:
        start = end = 0
        for unit in units_of(text):
            if end > start and unit.end - start > PASSAGE_CHARACTERS:
                found.append(Extract(text[start:end].strip(), headings))
                start = unit.start
            elif end == start:
                start = unit.start
            end = min(unit.end, start + CONTEXT_CHARACTERS)
        if end > start:
            found.append(Extract(text[start:end].strip(), headings))
        if len(found) >= MOST_PASSAGES:
            break
    return found[:MOST_PASSAGES]


def best_extracts(about: str, title: str, extracts: Sequence[Extract], embedder: Embedder, most: int) -> list[Extract]:
    """Give the extracts nearest to what is asked, in reading order, each with its cosine."""
    if not extracts:
        return []
    texts = ["\n".join([" > ".join((title, *e.headings)), e.text]) for e in extracts]
    cosines = embedder.embed_texts(texts) @ embedder.embed_query(about)
    chosen = sorted(sorted(range(len(extracts)), key=lambda i: -float(cosines[i]))[:most])
    return [Extract(extracts[i].text, extracts[i].headings, float(cosines[i])) for i in chosen]
