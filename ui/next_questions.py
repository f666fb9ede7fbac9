"""Makes questions of course material: of headings, of sentences that define a term or compare two. Pure; asks nobody.

None of them is checked here: whether the course answers one, `suggestions` tries.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from assistant.definitions import defines
from assistant.terms import content_terms
from index_store.chunks import Chunk

Form = Literal["heading", "meaning", "difference", "explain"]
LONGEST_HEADING = 70
MOST_WORDS = 5
"""Words of what somebody is asked to explain: a longer heading is a sentence, and no name."""
_DULL = frozenset((
    "summary", "overview", "introduction", "references", "exercise", "exercises", "contents", "conclusion", "abstract",
    "appendix", "acknowledgements", "outline", "agenda", "notes", "examples", "example", "further", "reading", "an",
    "the", "and",
))  # fmt: skip
_NUMBER = re.compile(r"\A(?:(?:lesson|chapter|section|part|week|unit|step)\s+)?\d+(?:\.\d+)*[.):]?\s+", re.IGNORECASE)
_ASKED = re.compile(
    r"(?:what|which|who|when|where|why|how(?: many| much| often| long)?)\s+"
    r"(?:is|are|was|were|do|does|did|can|should|must|may|will)\b.*|(?:is|are|does|do|can|should)\s.*\?",
    re.IGNORECASE,
)
_TO_DO = re.compile(r"(when|where|how|what) (not )?to (.+)", re.IGNORECASE)
_IS_DONE = re.compile(r"(how|why|where|when) (.+?) (is|are|can|should|must) (.+)", re.IGNORECASE)
_NO_THING = re.compile(r"(?:what|which|who|when|where|why|how|to|if|start|use|do|don['’]t|never|always)\b|.*\d", re.I)
_LOWER = re.compile(r".*(?:[^su]s|ing|tion|ment|ness|ity)\Z")
_TWO = re.compile(
    r"(?:an? |the )?([\w -]{2,30}?) (?:versus|vs\.?|compared (?:with|to)) (?:an? |the )?([\w -]{2,30})", re.I
)
_IS_A = re.compile(r"(An? )?([\w][\w+#-]*(?: [\w+#-]+){0,3}?)(?: \([\w -]{1,20}\))?,? (is|are) (?:an?|the) \w")
_NO_TERM = re.compile(
    r"(?:the|this|that|these|those|it|its|there|here|each|one|another|he|she|they|we|you|what)\b", re.I
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n{2,}|\n(?=[-*#|])")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question that a section of a document may answer, and how it was made."""

    question: str
    document: str
    section: str
    form: Form


def candidates(chunks: Sequence[Chunk], used: set[str], asked: str) -> list[Candidate]:
    """Give questions on the passages that are not used yet, those after the last used one first, the forms in turn.

    What `asked` has all content words of is left out.
    """
    known, found = set(content_terms(asked)), dict[str, Candidate]()
    for chunk in _unused(chunks, used):
        for candidate in _of(chunk):
            if not known.issuperset(content_terms(candidate.question)):
                found.setdefault(candidate.question.casefold(), candidate)
    return list(_in_turn(list(found.values())))


def _unused(chunks: Sequence[Chunk], used: set[str]) -> Iterator[Chunk]:
    at = max((n for n, chunk in enumerate(chunks) if chunk.id in used), default=0)
    taken = {chunk.locator.headings[-1] for chunk in chunks if chunk.id in used and chunk.locator.headings}
    for chunk in [*chunks[at:], *chunks[:at]]:
        if chunk.id not in used and not taken.intersection(chunk.locator.headings[-1:]):
            yield chunk


def _in_turn(every: list[Candidate]) -> Iterator[Candidate]:
    """Give the first of each form, then the second of each; to explain is asked for last, for it fits everything."""
    forms: tuple[Form, ...] = ("heading", "meaning", "difference")
    by_form = [[c for c in every if c.form == form] for form in forms]
    for place in range(max(map(len, by_form), default=0)):
        yield from (made[place] for made in by_form if place < len(made))
    yield from (c for c in every if c.form == "explain")


def _of(chunk: Chunk) -> Iterator[Candidate]:
    sentences = [" ".join(part.split()) for part in _SENTENCE.split(chunk.text) if part.strip()]
    heading = chunk.locator.headings[-1] if chunk.locator.headings else ""
    if heading and heading != chunk.title:
        made = question_of(heading, sentences)
        if made is not None:
            yield Candidate(made[0], chunk.document_id, chunk.section, made[1])
    if chunk.kind != "prose":
        return
    for sentence in sentences:
        if question := meaning_asked(sentence):
            yield Candidate(question, chunk.document_id, chunk.section, "meaning")


def question_of(heading: str, sentences: Sequence[str]) -> tuple[str, Form] | None:
    """Make a question of a heading, None where none would be one that somebody asks.

    >>> question_of("When to use ReAct", []), question_of("2.1 Kilns vs. ovens", ["A kiln is hotter than an oven."])
    (('When should I use ReAct?', 'heading'), ('How do kilns differ from ovens?', 'difference'))
    """
    said = _NUMBER.sub("", heading.strip(), count=1).strip(" .:*_`")
    if not said or len(said) > LONGEST_HEADING or _DULL.issuperset(said.casefold().split()):
        return None
    if _ASKED.fullmatch(said):
        return f"{said[0].upper()}{said[1:].rstrip('?')}?", "heading"
    if to_do := _TO_DO.fullmatch(said):
        asks, negated, rest = to_do.groups()
        verb = "do I" if asks.casefold() == "how" else "should I"
        return f"{asks.capitalize()} {verb} {negated or ''}{rest}?", "heading"
    if done := _IS_DONE.fullmatch(said):
        asks, subject, verb, rest = done.groups()
        return f"{asks.capitalize()} {verb} {subject} {rest}?", "heading"
    if two := _TWO.fullmatch(said):
        return _difference(two[1], two[2], sentences)
    return _explained(said, sentences)


def _difference(one: str, other: str, sentences: Sequence[str]) -> tuple[str, Form] | None:
    ours, theirs = set(content_terms(one)), set(content_terms(other))
    if not ours or not theirs or not any((ours | theirs).issubset(content_terms(s)) for s in sentences):
        return None
    verb = "do" if _is_plural(one) else "does"
    return f"How {verb} {_within(one, sentences)} differ from {_within(other, sentences)}?", "difference"


def _explained(said: str, sentences: Sequence[str]) -> tuple[str, Form] | None:
    if len(said.split()) > MOST_WORDS or re.search(r"[,:;?!()|/]", said):
        return None
    meaning = next((sentence for sentence in sentences if defines(sentence, said) == 1.0), None)
    if meaning is not None:
        begun = re.match(r"(?:an?|the) ", meaning, re.IGNORECASE)
        article = begun[0].lower() if begun and meaning[begun.end() :].casefold().startswith(said.casefold()) else ""
        return f"What {'are' if _is_plural(said) else 'is'} {article}{_within(said, sentences)}?", "meaning"
    if len(content_terms(said)) < 2 or _NO_THING.match(said):
        return None
    named = _within(said, sentences)
    return (f"Can you explain {named}?" if len(said) % 2 else f"Tell me about {named}."), "explain"


def meaning_asked(sentence: str) -> str:
    """Ask for the meaning of the term that a sentence defines, "" where it defines none.

    >>> meaning_asked("A kiln is an oven for clay."), meaning_asked("It is a kiln."), meaning_asked("Open the kiln.")
    ('What is a kiln?', '', '')
    """
    found = _IS_A.match(sentence)
    if found is None or _NO_TERM.match(found[2]) or defines(sentence, found[2]) < 1.0:
        return ""
    article = (found[1] or "").lower()
    return f"What {found[3]} {article}{_within(found[2], [sentence], always=True)}?"


def _within(said: str, sentences: Sequence[str], always: bool = False) -> str:
    """Give words as they stand within a sentence: a capital that only begins one is a small letter there."""
    first, _, rest = said.partition(" ")
    if not first[:1].isupper() or first[1:] != first[1:].lower():
        return said
    small = first.lower()
    seen = any(re.search(rf"\b{re.escape(small)}\b", sentence) for sentence in sentences)
    names = any(re.search(rf"(?<=[\w,;] ){re.escape(first)}\b", sentence) for sentence in sentences)
    return (
        f"{small} {rest}".strip()
        if (seen or always or rest == rest.lower() != "" or _LOWER.match(small)) and not names
        else said
    )


def _is_plural(said: str) -> bool:
    last = said.split()[-1].casefold()
    return last.endswith("s") and not last.endswith(("ss", "us", "is", "ics"))
