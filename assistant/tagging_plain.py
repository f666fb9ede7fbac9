"""Finds names that are plain words by what is said where they stand: introduced, called, acting. Pure.

`tagging_sized` has those that a size or a definition tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.tagging_forms import KINDS_OF_SYSTEMS, Tag, generic_words
from assistant.tagging_sized import is_no_name

_OWN_PLAIN = re.compile(
    r"\b(?:propos|introduc|present|develop|releas|describ|design|train|build|built|unveil|creat|open-sourc)\w*\s+"
    r"(?:\\textbf\{|\\emph\{|[\"'“*_]*)([A-Z][a-z]{3,})(?:\}|[\"'”*_]*)(?:,\s+(?:a|an|the|our|which)\s|\s+\([A-Z]|:\s)"
)
"""A plain word with a capital is a name where authors introduce it and then say what it is."""
_CALLED_PLAIN = re.compile(
    r"(?:\bwhich we (?:call|name|term|dub)|\b[Ww]e (?:call|name|dub|term)"
    r"(?: (?:it|this|these|our|the|such)"
    r"(?: (?!phenomen|effect|problem|task|data|benchmark|corpus|metric|process)[a-z]{2,12}){0,3})?"
    rf"|\bdubbed(?: as)?|\b(?:{KINDS_OF_SYSTEMS}|the result),?(?: is| are)? (?:called|named|termed|dubbed|namely))\s"
    r"(?:\\textbf\{|\\emph\{|[\"'“*_]*)([A-Z][a-z]{3,})\b(?!-)"
    rf"(?=\s?[,.;:()\"'”}}*_]|\Z|\s(?:that|which|to|for|on|in|is|and|with|as|from|by|using|where|{KINDS_OF_SYSTEMS})\b)"
)
"""A plain word with a capital is a name where a system is called so."""
_MODEL_BEFORE_PLAIN = re.compile(
    rf"\b(?:[Aa]n?|[Oo]ur|[Tt]he|new|novel)\s(?:[\w-]{{1,30}}\s){{0,5}}?{KINDS_OF_SYSTEMS}, "
    r"([A-Z][a-z]{3,}(?:-[A-Z][a-z]{2,})?)(?=[,;.](?:\s|\Z))"
)
"""As in "a student network, Heron, learns"."""
_ARCHITECTURE_PLAIN = re.compile(
    r"\b(?:[Tt]he(?: resulting| proposed)?|[Oo]ur) ([A-Z][a-z]{3,}) (?:architecture|models?|network)\b"
)
_OWN_BEHIND_ITS_KIND = re.compile(
    rf"\b(?:[Oo]ur|[Tt]he (?:proposed|resulting|new|novel))\s(?:[a-z-]{{2,20}}\s){{0,3}}?{KINDS_OF_SYSTEMS}\s"
    r"([A-Z][a-z]{3,})(?=\s(?:[a-z]{3,}s|can|is|was|for|that|which|and)\b|[,.;:])"
)
"""As in "our agent Heron plays"."""
_ACTS = re.compile(
    r"([A-Z][a-z]{3,})(?:\s(?:(?:also|then|thus|further|consistently|significantly)\s)?"
    r"(?:outperform|surpass|achiev|exceed|beat|attain|extend|obtain|match|generaliz|generalis|reach|learn|generat|predict)e?s\b"
    r"|(?P<given>,\s(?:we|users)\b))"
)
"""As models act, or are given ("With Heron, we"); a plain word is a name where it has its capital elsewhere."""
_BEGINS_A_CLAUSE = re.compile(r"(?:\A|[.!?]\s|,\s|\b(?:that|whereas|while|where|and|but|because|although)\s)\Z")
_WITH = re.compile(r"\b[Ww]ith\s\Z")


def plain_names(text: str) -> Iterator[Tag]:
    """Find plain words with a capital that authors introduce as names."""
    for pattern in (_OWN_PLAIN, _CALLED_PLAIN, _MODEL_BEFORE_PLAIN, _OWN_BEHIND_ITS_KIND):
        for match in pattern.finditer(text):
            is_word = (
                is_no_name(match[1]) if pattern is _OWN_BEHIND_ITS_KIND else match[1].casefold() in generic_words()
            )
            if not is_word:
                yield Tag(match.start(1), match.end(1), match[1])
    yield from _architectures(text)
    yield from _acting(text)


def _acting(text: str) -> Iterator[Tag]:
    for match in _ACTS.finditer(text):
        before = _WITH if match["given"] else _BEGINS_A_CLAUSE
        if not before.search(text, max(0, match.start() - 10), match.start()) or is_no_name(match[1]):
            continue
        within = re.search(rf"(?<=[a-z,;] ){match[1]}\b(?![\s-][A-Z])", text)
        if within is not None and not re.search(rf"\b{match[1].lower()}", text):
            yield Tag(match.start(), match.end(1), match[1])


def _architectures(text: str) -> Iterator[Tag]:
    """Find a plain word that is an architecture's name: "the Heron architecture", and "Heron" alone elsewhere."""
    for match in _ARCHITECTURE_PLAIN.finditer(text):
        alone = rf"(?<=[a-z,;] ){match[1]}\b(?!\s(?:architecture|model|network))"
        if match[1].casefold() not in generic_words() and re.search(alone, text):
            yield Tag(match.start(1), match.end(1), match[1])
