"""Names what a language model says beyond its sources: sentences without one or with one of other things, numbers.

It is a note below the answer and takes nothing out of it: words in common and embeddings see that a passage is about
something else, not that it says the contrary.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assistant.events import Citation
from assistant.listing import listed
from assistant.policy.values import RULE
from assistant.quotes import CODE, MARKERS, between_markers, statements_of
from assistant.terms import content_terms, words_of
from assistant.units import units_of
from index_store.chunks import Embedder

HARDLY_KNOWN = 0.5  # share of a sentence's words that cited passages have, below which they do not say it
ELSEWHERE, FAR = 1 / 3, 0.3
"""Share of a statement's words that its own sources have, and cosine with their nearest sentence, below which these
speak of other things. Over the answers and passages of a labelled set of questions (n=57), no answer is as far
from its own passage, and 54 are from that of another question."""
MOST_NUMBERS = 4
ROUND_FROM = 10_000
"""From here on, noughts at the end of a number may be what it was rounded to."""


def unsupported_notes(answer: str, citations: Sequence[Citation], embedder: Embedder) -> tuple[str, ...]:
    """Name what no cited passage has in a model's answer: sentences that cite nothing, sentences that cite what speaks
    of other things, and numbers; a note for each kind.

    What has no marker of its own may still be said by the passage of the next one; in code and headings none is asked
    for. Where a rule of the course holds, nothing is named: what it takes out of the answer would stand in the note.
    """
    if RULE.get() is not None:
        return ()
    prose = CODE.sub(" ", answer)
    there = {n for c in citations for n in _numbers(f"{c.title} {c.context}")}
    wrong = [n for n in dict.fromkeys(_numbers(MARKERS.sub(" ", prose))) if not _is_among(n, there)]
    return (
        *_told("No source is given for: ", _without_source(prose, citations)),
        *_told("The source that is named speaks of other things than: ", _elsewhere(prose, citations, embedder)),
        *((f"No source that is cited has: {listed(wrong[:MOST_NUMBERS])}.",) if wrong else ()),
    )


def _told(what: str, sentences: Sequence[str]) -> tuple[str, ...]:
    more = f", and {len(sentences) - 1} more" if len(sentences) > 1 else ""
    return (f"{what}“{' '.join(sentences[0].split())[:200]}”{more}.",) if sentences else ()


def _without_source(prose: str, citations: Sequence[Citation]) -> list[str]:
    known = {word for c in citations for word in content_terms(f"{c.title} {c.context}")}
    bare = [s for s in _without_marker(prose) if not s.endswith(":") and not s.startswith("#")]
    own = [(s, set(content_terms(s))) for s in bare]
    return [s for s, words in own if len(words) > 1 and len(words & known) < HARDLY_KNOWN * len(words)]


def _elsewhere(prose: str, citations: Sequence[Citation], embedder: Embedder) -> list[str]:
    """Give the English statements whose own sources speak of other things."""
    found = []
    for statement in statements_of(prose):
        text = statement.text.lstrip(".,;: ")
        cited = {c.context: c.title for c in citations if c.marker in statement.markers and c.kind != "calculation"}
        said, words = set(content_terms(text)), set(words_of(text))
        if not cited or len(said) < 2 or len(words) == len(said):  # without a "the" it may be of another language
            continue
        known = {word for context, title in cited.items() for word in content_terms(f"{title} {context}")}
        if len(said & known) >= ELSEWHERE * len(said):
            continue
        units = [unit.text for context in cited for unit in units_of(context)]
        vectors = embedder.embed_texts([text, *units])
        if units and float((vectors[1:] @ vectors[0]).max()) < FAR:
            found.append(text)
    return found


def _numbers(text: str) -> list[str]:
    """Give the numbers of a text, those of one digit left out: a model counts and lists with them."""
    found = (match.replace(",", "").rstrip(".") for match in re.findall(r"(?<![\w.])\d[\d,]*(?:\.\d+)?", text))
    return [number for number in found if len(number) > 1]


def _is_among(number: str, there: set[str]) -> bool:
    """Tell whether a number is among others, or one of them rounded.

    >>> _is_among("2.75", {"2.74923781569"}), _is_among("388000", {"387758"}), _is_among("2020", {"2023"})
    (True, True, False)
    """
    if number in there:
        return True
    whole, _, decimals = number.partition(".")
    if not decimals and int(whole) < ROUND_FROM:
        return any("." in other and f"{float(other):.0f}" == whole for other in there)
    noughts = 0 if decimals else len(whole) - len(whole.rstrip("0"))
    places = len(decimals) or -noughts
    return any(round(float(other), places) == float(number) for other in there)


def _without_marker(answer: str) -> Iterator[str]:
    """Give the sentences of an answer that no marker follows."""
    for before, markers in between_markers(answer):
        sentences = [unit.text for unit in units_of(before.lstrip(".,; "))]
        yield from sentences[:-1] if markers else sentences
