"""Reads what somebody pasted as an abstract: one or several, with LaTeX marks or in another language, or none at all.

What was noticed is told in sentences for the user; nothing is refused but what cannot be an abstract. Finds no names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.latex_marks import Plain, plain
from assistant.tagging_rules import Tag
from index_store.errors import InvalidInput

LONGEST_ABSTRACT = 20_000
"""Characters: what is longer is a paper, not an abstract."""
USUAL_LENGTH = 4_000
"""Characters: hardly any abstract is longer."""
_MARK = re.compile(
    r"^[ \t>#*_]*(?:abstract|zusammenfassung|résumé|resumen|sommario|resumo|摘要)[ \t]*"
    r"(?:[*_]*[.:\uff1a][*_]*|[ \t]+[\u2013\u2014-]|[\u2014]|[*_]*\r?$)[ \t]*",
    re.IGNORECASE | re.MULTILINE,
)
_PARAGRAPH = re.compile(r"\S(?:[^\n]++|\n(?![ \t\r]*(?:\n|\Z)))*")
_SECTION = re.compile(
    r"[#*\d. ]*(?:background|motivation|introduction|objectives?|aims?|purpose|methods?|materials|approach|results?"
    r"|findings|conclusions?|discussion|summary|keywords?)\b.{0,30}",
    re.IGNORECASE,
)
_ENGLISH = frozenset(
    {"the", "of", "and", "a", "in", "to", "we", "is", "for", "that", "with", "on", "are", "this", "by", "an"}
)
_QUESTION = re.compile(r"\s*(?:what|who|which|why|how|when|where|is|are|do|does|can|could)\b[^.!]{0,300}\?\s*", re.I)
_CODE = re.compile(
    r"^[ \t]*(?:def |import |from \w+ import|class \w+[:(]|#include|public |function |const |var |\{|\})", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Abstract:
    """One abstract; `plain` is its text without LaTeX marks, and it begins at `start` in what was pasted."""

    start: int
    plain: Plain

    @property
    def text(self) -> str:
        """The text as it was pasted."""
        return self.plain.original

    def pasted(self, found: Tag) -> Tag:
        """Give a tag of the plain text as it stands in what was pasted."""
        begin, end = self.plain.place(found.start, found.end)
        return Tag(self.start + begin, self.start + end, self.text[begin:end])


@dataclass(frozen=True, slots=True)
class Paste:
    """What was pasted: its abstracts in order, and what there is to tell of it."""

    abstracts: tuple[Abstract, ...]
    notes: tuple[str, ...]


def read_paste(text: str) -> Paste:
    """Read what was pasted.

    Several abstracts are told apart by the word "Abstract" before each, by a title above each, or by lines of dashes
    between them; titles and authors are then no part of an abstract. Paragraphs that each present a work of their own
    ("We propose ...") are several, too.

    Raises:
        InvalidInput: when it has no letter, or is longer than LONGEST_ABSTRACT.
    """
    check_abstract(text)
    spans = list(_abstracts(text)) or [(0, len(text))]
    abstracts = tuple(Abstract(start, plain(text[start:end])) for start, end in spans)
    return Paste(abstracts, tuple(_notes(text, abstracts)))


def check_abstract(text: str) -> None:
    """Refuse what is no abstract.

    Raises:
        InvalidInput: when it has no letter, or is longer than LONGEST_ABSTRACT.
    """
    if not text.strip():
        raise InvalidInput("There is no abstract: the text is empty.", hint="Paste the abstract of one paper.")
    if not any(c.isalpha() for c in text):
        raise InvalidInput("There is no abstract: the text has no letter.", hint="Paste the abstract of one paper.")
    if len(text) > LONGEST_ABSTRACT:
        raise InvalidInput(
            f"The text has {len(text):,} characters; an abstract of at most {LONGEST_ABSTRACT:,} is read.",
            hint="Give one abstract at a time, or many as the rows of --batch.",
        )


def _abstracts(text: str) -> Iterator[tuple[int, int]]:
    """Give the places of the abstracts, each without what stands above it; nothing where all of the text is one."""
    marks = list(_MARK.finditer(text))
    if marks:
        above = list(_bodies(text, 0, marks[0].start(), after_mark=False))
        yield from above if _are_long(text, above) else ()
        for mark, following in zip(marks, [*marks[1:], None], strict=True):
            yield from _bodies(text, mark.end(), len(text) if following is None else following.start(), after_mark=True)
        return
    paragraphs = _paragraphs(text, 0, len(text))
    titled = list(_titled(text, paragraphs))
    ruled = list(_ruled(text))
    if len(titled) > 1 and _are_long(text, titled):
        yield from titled
    elif len(ruled) > 1 and all(_is_prose(text[slice(*span)]) for span in ruled):
        yield from ruled
    elif len(paragraphs) > 1 and all(_PRESENTS.match(text, *span) for span in paragraphs):
        yield from paragraphs


_PRESENTS = re.compile(
    r"(?:[^.\n]{0,300}\.\s)?(?:[Ii]n this (?:paper|work|article|study),? )?"
    r"(?:[Ww]e|[Tt]his (?:paper|work|article|study|report))\s"
    r"(?:(?:propose|present|introduce|develop|describe|release|investigate|examine|explore|survey|review)s?|stud(?:y|ies))\b"
    r"(?! (?:its|their|them|it|the (?:model|method|approach|system|framework)|this|these|such)\b)"
)
"""How an abstract begins, at the latest in its second sentence; "we also propose" only goes on with one."""
_RULE = re.compile(r"^[ \t]*[-=*_~]{3,}[ \t]*\r?$", re.MULTILINE)


def _ruled(text: str) -> Iterator[tuple[int, int]]:
    """Give what stands between lines of dashes."""
    start = 0
    for end, after in [*((m.start(), m.end()) for m in _RULE.finditer(text)), (len(text), len(text))]:
        part = text[start:end]
        if part.strip():
            yield start + len(part) - len(part.lstrip()), start + len(part.rstrip())
        start = after


def _are_long(text: str, spans: list[tuple[int, int]]) -> bool:
    """Tell abstracts from lines of a letter, a list or a title page."""
    return all(len(text[slice(*span)].split()) >= 20 for span in spans)


def _bodies(text: str, start: int, end: int, *, after_mark: bool) -> Iterator[tuple[int, int]]:
    """Give what stands between two marks without the title of the next; before the first mark there may be none."""
    paragraphs = _paragraphs(text, start, end)
    while paragraphs and end < len(text) and _is_head(text[slice(*paragraphs[-1])]):
        if len(paragraphs) == 1 and after_mark:
            break
        paragraphs.pop()
    if paragraphs:
        yield paragraphs[0][0], paragraphs[-1][1]


def _titled(text: str, paragraphs: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Give the runs of paragraphs below titles, or between lines of dashes."""
    body: list[tuple[int, int]] = []
    for span in paragraphs:
        if _is_head(text[slice(*span)]):
            if body:
                yield body[0][0], body[-1][1]
            body = []
        else:
            body.append(span)
    if body:
        yield body[0][0], body[-1][1]


def _paragraphs(text: str, start: int, end: int) -> list[tuple[int, int]]:
    return [(m.start(), m.start() + len(m[0].rstrip())) for m in _PARAGRAPH.finditer(text, start, end)]


def _is_head(paragraph: str) -> bool:
    """Tell a title, a line of authors or a line of dashes from a piece of an abstract."""
    if re.fullmatch(r"[-=*_~\s]{3,}", paragraph):
        return True
    return (
        len(paragraph.split()) <= 25
        and re.search(r"[.!;:,\u3002][\"')\]*]*$", paragraph) is None
        and _SECTION.fullmatch(paragraph) is None
    )


def _is_prose(paragraph: str) -> bool:
    return len(paragraph.split()) >= 3 and re.search(r"[.!?\u3002][\"')\]*]*$", paragraph) is not None


def _notes(text: str, abstracts: tuple[Abstract, ...]) -> Iterator[str]:
    if len(abstracts) > 1:
        yield f"{len(abstracts)} abstracts were found, and each was tagged on its own, without its title."
    elif re.search(r"\w", _MARK.sub("", text[: abstracts[0].start])):
        yield 'What stands above the word "Abstract" was not read.'
    elif (parts := sum(_is_prose(text[slice(*p)]) for p in _paragraphs(text, 0, len(text)))) > 1:
        yield f"{parts} paragraphs were read as one abstract; put a line of --- between several."
    longest = max(len(a.text) for a in abstracts)
    if longest > USUAL_LENGTH:
        yield f"With {longest:,} characters it is longer than abstracts are; all of it was read."
    doubt = _doubt(text)
    if doubt:
        yield f"{doubt} It was tagged as an abstract all the same."
    elif not _is_english(text):
        yield "It seems to be in another language than English, which the rules and most models know best."


def _doubt(text: str) -> str:
    """Say why a text hardly is an abstract, "" if it may be one."""
    words = len(text.split())
    if _QUESTION.fullmatch(text):
        return "It reads like a question, not like an abstract."
    if len(_CODE.findall(text)) > 2:
        return "It reads like code, not like an abstract."
    if re.fullmatch(r"\s*(?:https?://|www\.)\S+\s*", text):
        return "It is an address, and nothing is fetched from it."
    if words < 3 and len(text.strip()) < 40:
        return "It is too short for an abstract."
    return ""


def _is_english(text: str) -> bool:
    """Judge by the letters, then by the commonest English words, which make a quarter of any English text."""
    if not text.isascii():
        letters = [c for c in text if c.isalpha()]
        if sum(map(str.isascii, letters)) < 0.7 * len(letters):
            return False
    words = re.findall(r"[^\W\d_]+", text.casefold())
    return len(words) < 15 or sum(map(_ENGLISH.__contains__, words)) >= 0.08 * len(words)
