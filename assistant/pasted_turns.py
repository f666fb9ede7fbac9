"""Tells which turns are about an abstract that was pasted: in the message itself, or earlier in the conversation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from assistant.followup import leans_on_history, points_back
from assistant.pasted import abstract_brought, abstract_in, is_pasted, wants_else, wishes_beside
from assistant.terms import content_terms, is_courtesy
from assistant.wishes import PLEASE, TAG, is_of_the_paste, parted

History = Sequence[Mapping[str, str]]
LONGEST_FOLLOW_UP = 40
"""Words of a message that points to what was pasted before it."""
_PASTE = re.compile(r"\b(?:the|that|this|my|same) (?:abstract|paste|text(?! book))\b", re.IGNORECASE)
_OF_THE_COURSE = re.compile(
    r"\b(?:th[ie]s|these|those|that) (?:course|class|lesson|lecture|slide|chapter|module|week|exam|assignment|homework"
    r"|book|material|page|site|website|link|tool|program|app)s?\b",
    re.IGNORECASE,
)
_TAG = re.compile(rf"{PLEASE}{TAG}", re.IGNORECASE)
_AGAIN = re.compile(
    rf"{PLEASE}(?:(?:do|try) (?:it|that|this) )?(?:once more|one more time|again|repeat(?: it| that)?)\b"
    r"(?: please)?\W*\Z",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class ToTag:
    """An abstract whose names are asked for, and what is wanted beside them, in the user's words."""

    abstract: str
    wishes: tuple[str, ...] = ()

    @property
    def for_the_course(self) -> tuple[str, ...]:
        """The wishes that the course may answer."""
        return tuple(wish for wish in self.wishes if not is_of_the_paste(wish))


def to_tag(question: str, history: History = ()) -> ToTag | None:
    """Give the abstract that a message wants tagged: its own, or one that was pasted before; None where there is none.

    >>> earlier = [{"role": "user", "content": "Tag this: We train PotNet, a model of glazes, and beat BERT by far."}]
    >>> to_tag("Now tag it again.", earlier).abstract[:16]
    'We train PotNet,'
    """
    abstract = abstract_in(question)
    if abstract is not None:
        return ToTag(abstract, wishes_beside(question))
    before = _pasted_before(question, history)
    abstract = None if before is None else abstract_brought(before)
    if abstract is None:
        return None
    for_tags, others = parted(question)
    if not (_TAG.match(question) or _AGAIN.match(question) or (for_tags and _asks_of_it(question))):
        return None
    return ToTag(abstract, others)


def is_of_own_text(question: str, history: History = ()) -> bool:
    """Tell whether something is to be written about a text of the user's own: that takes a language model."""
    return wants_else(question) or is_about_paste(question, history)


def is_about_paste(question: str, history: History) -> bool:
    """Tell whether a follow-up asks something of a text that was pasted before it, and not for the names in it."""
    return _pasted_before(question, history) is not None and to_tag(question, history) is None


def _pasted_before(question: str, history: History) -> str | None:
    """Give the message with a text of its own that a follow-up points to, through follow-ups between them."""
    if not _asks_of_it(question) and not _TAG.match(question):
        return None
    for said in _said(history):
        if is_pasted(said):
            return said
        if not is_courtesy(said) and not leans_on_history(said):
            return None
    return None


def _said(history: History) -> Iterator[str]:
    """Give what the user said, the last first."""
    return (turn.get("content", "") for turn in reversed(history) if turn.get("role") == "user")


def _asks_of_it(question: str) -> bool:
    """Tell whether a message points to what was said before it, or names nothing at all."""
    if len(question.split()) > LONGEST_FOLLOW_UP or is_courtesy(question) or is_pasted(question):
        return False
    own = _OF_THE_COURSE.sub(" ", question)
    return bool(_PASTE.search(own)) or points_back(own) or not content_terms(question)
