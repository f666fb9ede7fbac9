"""Makes questions of course material: of headings, and of sentences that define a term. Pure; asks nobody.

None of them is checked here: whether the course answers one, `suggestions` tries.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from assistant.definitions import defines
from assistant.followup import leans_on_history
from assistant.terms import content_terms, words_of
from assistant.ways import is_for_agent
from index_store.chunks import Chunk
from ui.heading_questions import Form, is_name, question_of, within

FORMS: tuple[Form, ...] = ("heading", "meaning", "list", "how", "difference", "about")
"""In this order they take turns."""
_ASKING = frozenset(("when", "where", "why", "how", "who", "which", "not"))
_IS_A = re.compile(r"(An? )?([\w][\w+#-]*(?: [\w+#-]+){0,3}?)(?: \([\w -]{1,20}\))?,? (is|are) (?:an?|the) \w")
_NO_TERM = re.compile(
    r"(?:the|this|that|these|those|it|its|there|here|each|one|another|he|she|they|we|you|what|both|all|some|most)\b"
    r"|.*\s(?:of|that|in|for|with|to|on|and|or|from|by|as|at|who|which)\b",
    re.I,
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n{2,}|\n(?=[-*#|])")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question that a section of a document may answer, and how it was made."""

    question: str
    document: str
    section: str
    form: Form


def candidates(chunks: Sequence[Chunk], used: set[str], asked: Iterable[str]) -> list[Candidate]:
    """Give questions on the passages of a document that are not used yet, in their order, the forms in turn.

    What somebody `asked` already is left out, in whatever words, and of two that ask the same the second.
    """
    known = [_terms(question) | _ASKING.intersection(words_of(question)) for question in asked]
    taken = {chunk.locator.headings[-1] for chunk in chunks if chunk.id in used and chunk.locator.headings}
    found: dict[frozenset[str], Candidate] = {}
    for chunk in chunks:
        if chunk.id in used or taken.intersection(chunk.locator.headings[-1:]):
            continue
        for candidate in questions_on(chunk):
            sense = _sense(candidate)
            if not any(sense <= told for told in known):
                found.setdefault(sense, candidate)
    return list(_in_turn(list(found.values())))


def _sense(made: Candidate) -> frozenset[str]:
    """Give what a question asks: when something is used is asked apart from what it is, how it works is not."""
    asks = _ASKING.intersection(words_of(made.question)) if made.form == "heading" else frozenset()
    return _terms(made.question) | asks


def _terms(question: str) -> frozenset[str]:
    return frozenset(content_terms(question)) - {"work"}


def _in_turn(every: list[Candidate]) -> Iterator[Candidate]:
    """Give the first of each form, then the second of each."""
    by_form = [[c for c in every if c.form == form] for form in FORMS]
    for place in range(max(map(len, by_form), default=0)):
        yield from (made[place] for made in by_form if place < len(made))


@lru_cache(maxsize=1_000)
def questions_on(chunk: Chunk) -> tuple[Candidate, ...]:
    """Give the questions that a passage may answer, each of which can be asked anywhere in a conversation."""
    return tuple(
        Candidate(question, chunk.document_id, chunk.section, form)
        for question, form in _of(chunk)
        if not leans_on_history(question) and not is_for_agent(question, outside=True)
    )


def _of(chunk: Chunk) -> Iterator[tuple[str, Form]]:
    heading = chunk.locator.headings[-1] if chunk.locator.headings else ""
    if chunk.kind == "row":  # its heading is what a table calls it: a title, a name
        return
    sentences = [" ".join(part.split()) for part in _SENTENCE.split(chunk.text) if part.strip()]
    if heading and heading != chunk.title and (made := question_of(heading, sentences)) is not None:
        yield made
    for sentence in sentences if chunk.kind == "prose" else ():
        if question := meaning_asked(sentence):
            yield question, "meaning"


def meaning_asked(sentence: str) -> str:
    """Ask for the meaning of the term that a sentence defines, "" where it defines none.

    >>> meaning_asked("A kiln is an oven for clay."), meaning_asked("It is a kiln."), meaning_asked("Open the kiln.")
    ('What is a kiln?', '', '')
    """
    found = _IS_A.match(sentence)
    if found is None or _NO_TERM.match(found[2]) or defines(sentence, found[2]) < 1.0:
        return ""
    article = (found[1] or "").lower()
    named = found[2] if is_name(found[2].split()[0]) else within(found[2], [sentence], always=True)
    return f"What {found[3]} {article}{named}?"
