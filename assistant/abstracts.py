"""Reads what somebody pasted as an abstract: one or several, with LaTeX marks or in another language, or none at all.

What was noticed is told in sentences for the user; nothing is refused but what cannot be an abstract. Finds no names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.abstract_parts import END_MARK, MARK, abstract_parts, is_prose, prose_of
from assistant.latex_marks import Plain, plain
from assistant.tagging_rules import Tag
from index_store.errors import InvalidInput

LONGEST_ABSTRACT = 20_000
"""Characters: what is longer is a paper, not an abstract."""
USUAL_LENGTH = 4_000
"""Characters: hardly any abstract is longer."""
_ENGLISH = frozenset(
    {"the", "of", "and", "a", "in", "to", "we", "is", "for", "that", "with", "on", "are", "this", "by", "an"}
)
_WORDS = re.compile(r"[^\W\d_]{2}")
_QUESTION = re.compile(r"\s*(?:what|who|which|why|how|when|where|is|are|do|does|can|could)\b[^.!]{0,300}\?\s*", re.I)
_CODE = re.compile(
    r"^[ \t]*(?:def |import |from [\w.]+ import|class \w+[:(]|#include|public |function |const |var |\{|\}"
    r"|[\w.]+ ?=\s?\S+[(\[]|[\w.]+\(.*\);?\s*$|(?:for|if|while|with) .+:\s*$|return\b)",
    re.MULTILINE,
)
_LETTER_BEGINS = re.compile(
    r"\s*(?:(?:dear|hi(?!-)|hello|hey|good (?:morning|evening)|liebe[rs]?|sehr geehrte|bonjour|hola)\b"
    r"[^.\n]{0,60}[,!\n]"
    r"|(?:subject|from|to|cc|sent):\s)",
    re.IGNORECASE,
)
_LETTER_ENDS = re.compile(
    r"(?i:\b(?:regards|wishes|sincerely|cheers|best|thanks|yours(?: \w+)?)),\s+[A-Z][a-z]+(?: [A-Z][a-z]+)?\W*\Z"
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
        """Give a tag of the plain text with its place in what was pasted, where LaTeX marks may stand within it."""
        begin, end = self.plain.place(found.start, found.end)
        return Tag(self.start + begin, self.start + end, found.name)


@dataclass(frozen=True, slots=True)
class Paste:
    """What was pasted: its abstracts in order, and what there is to tell of it."""

    abstracts: tuple[Abstract, ...]
    notes: tuple[str, ...]


def read_paste(text: str) -> Paste:
    """Read what was pasted.

    Several abstracts are told apart by the word "Abstract" before each, by titles above them, numbers, lines of dashes
    or several empty lines; titles and authors are then no part of an abstract. Paragraphs that each present a work of
    their own ("We propose ...") are several, too.

    Raises:
        InvalidInput: when it has no letter, or is longer than LONGEST_ABSTRACT.
    """
    check_abstract(text)
    spans = abstract_parts(text) or [(0, len(text))]
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


def _notes(text: str, abstracts: tuple[Abstract, ...]) -> Iterator[str]:
    if len(abstracts) > 1:
        apart = _apart_from(text, abstracts)
        yield f"{len(abstracts)} abstracts were found, and each was tagged on its own{apart}."
    elif re.search(r"\w", MARK.sub("", text[: abstracts[0].start])):
        yield 'What stands above the word "Abstract" was not read.'
    elif (parts := sum(is_prose(text[slice(*p)]) for p in prose_of(text))) > 1:
        yield f"{parts} paragraphs were read as one abstract; put a line of --- between several."
    longest = max(len(a.text) for a in abstracts)
    if longest > USUAL_LENGTH:
        yield f"With {longest:,} characters it is longer than abstracts are; all of it was read."
    doubt = _doubt(text)
    if doubt:
        yield f"{doubt} It was tagged as an abstract all the same."
    elif not _is_english(text):
        yield "It seems to be in another language than English, which the rules and most models know best."


def _apart_from(text: str, abstracts: tuple[Abstract, ...]) -> str:
    """Say that something stands around the abstracts, such as titles."""
    ends = [0, *(one.start + len(one.text) for one in abstracts)]
    around = (text[end:begin] for end, begin in zip(ends, [*(one.start for one in abstracts), len(text)], strict=True))
    is_there = any(_WORDS.search(END_MARK.sub("", MARK.sub("", piece))) for piece in around)
    return "; the titles, or what else stands around them, were not read" if is_there else ""


def _doubt(text: str) -> str:
    """Say why a text hardly is an abstract, "" if it may be one."""
    words = len(text.split())
    if _QUESTION.fullmatch(text):
        return "It reads like a question, not like an abstract."
    if len(_CODE.findall(text)) > 2:
        return "It reads like code, not like an abstract."
    if _LETTER_BEGINS.match(text) or _LETTER_ENDS.search(text[-80:]):
        return "It reads like a letter, not like an abstract."
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
