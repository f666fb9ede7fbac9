"""Tells paragraphs that each present a work of their own from the paragraphs of one abstract. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

_WORK = r"(?:paper|work|article|study|report|survey)"
_PRESENTS = re.compile(
    r"(?:[^.\n]{0,300}\.\s)?(?:[Ii]n this (?:paper|work|article|study),? )?"
    r"(?:[Ww]e|[Tt]his (?:paper|work|article|study|report))\s"
    r"(?:(?:propose|present|introduce|develop|describe|release|investigate|examine|explore|survey|review)s?|stud(?:y|ies))\b"
    r"(?! (?:its|their|them|it|the (?:model|method|approach|system|framework)|this|these|such)\b)"
)
"""How an abstract begins, at the latest in its second sentence; "we also propose" only goes on with one."""
_PRESENTS_SOMEWHERE = re.compile(
    rf"\b(?:[Ii]n this {_WORK}|[Tt]his {_WORK}|[Ww]e (?:\w+ly |first |then |here |thus |therefore )?"
    r"(?:propose|present|introduce|develop|describe|release|investigate|examine|explore|survey|review|study|analy[sz]e"
    r"|aim|design|address))\b"
)
_GOES_ON = re.compile(
    r"\A(?:to|as|by|using|in (?:terms|the|our|particular|addition)|most of|similar|when|after|based|for|compared"
    r"|precisely)\b"
    r"|\b(?:we|us|our|ours|its?|they|their|them|this|these|those|such|here|second|third|finally|moreover|further\w*"
    r"|additional\w*|also|thus|therefore|hence|however|experiment\w*|results?|proposed|resulting|code|both|latter|former"
    r"|same|other|another|then|stage|step|unlike|notably|instead|contrast)\b"
    r"|\bthe (?:model|method|approach|system|framework|paper|authors?|data ?set|benchmark|survey)\b",
    re.IGNORECASE,
)
"""What a first sentence has that leans on what stands above it."""
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
_NAME = re.compile(r"(?<![\w-])(?=\w*[A-Z]\w*[A-Z]|\w*[A-Z][\w-]*\d)[\w.-]{3,60}")
_EVERYWHERE = frozenset({"llm", "nlp", "gpt", "chatgpt", "gpt-4", "gpt-3", "gpt-3.5"})
"""Names that two abstracts may well share."""
_WHOLE, _OPENS_WITH_ITS_WORK = 60, 100
"""Words of a paragraph that may be a whole abstract; the second where it opens with "We propose"."""


def are_works_of_their_own(paragraphs: Sequence[str]) -> bool:
    """Tell whether each of several paragraphs presents a work: in its first sentences, or as a whole abstract does.

    A whole abstract is long, begins without leaning on what stands above, presents something, and has none of its
    neighbour's names.
    """
    if len(paragraphs) < 2:
        return False
    if all(map(_PRESENTS.match, paragraphs)):
        return True
    if not all(len(p.split()) >= _WHOLE and _PRESENTS_SOMEWHERE.search(p) for p in paragraphs):
        return False
    apart = all(_names(a).isdisjoint(_names(b)) for a, b in zip(paragraphs, paragraphs[1:], strict=False))
    return apart and all(map(_begins_anew, paragraphs[1:]))


def _begins_anew(paragraph: str) -> bool:
    if _PRESENTS.match(paragraph):
        return len(paragraph.split()) >= _OPENS_WITH_ITS_WORK
    first, *others = _SENTENCE.split(paragraph)
    return _GOES_ON.search(first) is None and any(map(_PRESENTS_SOMEWHERE.search, others))


def _names(paragraph: str) -> set[str]:
    return {name.casefold().rstrip("s.-") for name in _NAME.findall(paragraph)} - _EVERYWHERE
