"""Tells whether a text says a phrase: in whole words, whatever their endings, a number in digits or in words. Pure."""

from __future__ import annotations

import re
from decimal import Decimal

from assistant.terms import content_terms, stem, words_of
from assistant.tools.spoken import SCALES, TENS, in_digits

NEGATIONS = ("not", "no", "never", "none", "cannot", "without", "nobody", "nothing", "nor", "neither")
"""What says no of something; a "n't" is read as "not"."""
LONGEST_NUMBER = 8
"""Words of a number that is said in words."""
_MARKS = ".,;:!?()[]\"'“”"
_GROUPED = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_NOT = re.compile(r"(?:(?<=ca)n|(?<=[a-z])n)['’]t\b")
_WITH_ENDING = re.compile(r"(?<![\w.-])(\d+(?:\.\d+)?)(?:(?:st|nd|rd|th)\b|(?=[^\W\d_]))")
_SCALES = (*SCALES, "hundred", "point")
_WITHIN = "".join(rf"(?<!\b{word}[ -])(?<!\b{word} and )" for word in (*TENS, *_SCALES))
_LONE_ONE = re.compile(rf"{_WITHIN}\bone\b(?![ -](?:{'|'.join(_SCALES)})\b)")
_COUNTS = re.compile(r"(?<![\w.])(?<![^\W\d_]-)\d+(?:\.\d+)?(?![\w-])")


def says(text: str, phrase: str) -> bool:
    """Tell whether the words of a phrase stand in a text, one behind the other.

    >>> says("It visits up to two hundred blossoms.", "200 blossom"), says("1,200 of them", "200")
    (True, False)
    """
    return f" {in_forms(phrase)} " in f" {in_forms(text)} "


def says_no(text: str) -> bool:
    """Tell whether a text says no of anything.

    >>> says_no("It isn't inspected."), says_no("It is noted.")
    (True, False)
    """
    return any(says(text, word) for word in NEGATIONS)


def in_forms(text: str) -> str:
    """Give the words of a text as `says` compares them.

    >>> in_forms("Two hundred blossoms")
    '200 blossom'
    """
    return " ".join(_forms(text))


def numbers_of(text: str) -> list[str]:
    """Give the numbers of a text, each once; neither those of names (GPT-4) nor "one", which seldom counts.

    >>> numbers_of("One of 1,260, or two hundred.")
    ['1260', '200']
    """
    found = _COUNTS.findall(_plain(_LONE_ONE.sub(" ", text.lower())))
    return list(dict.fromkeys(map(_shortest, found)))


def as_written(text: str, number: str, more: int = 0) -> str:
    """Give a number of a text as it is written there, with so many words behind it.

    >>> as_written("It visits as many as two hundred blossoms.", "200", more=1)
    'two hundred blossoms'
    """
    words = text.split()
    begin, end = _place(words, number)
    return " ".join(words[begin : end + more]).strip(_MARKS) if end else number


def counted_by(text: str, number: str) -> list[str]:
    """Give the words that a number of a text stands with: up to two behind it, then the one before it.

    >>> counted_by("The base model of 2017 has 8 attention heads.", "8"), counted_by("It is on May 12.", "12")
    (['attention', 'heads'], ['May'])
    """
    words = text.split()
    begin, end = _place(words, number)
    near: list[str] = []
    for last, word in zip(words[end - 1 : end + 1], words[end : end + 2], strict=False) if end else ():
        if last[-1] in _MARKS or not _tells(word):
            break
        near.append(word.strip(_MARKS))
    before = words[begin - 1] if begin else ""
    if before and before[-1] not in _MARKS and (content_terms(before) or (begin > 1 and _tells(before))):
        near.append(before.strip(_MARKS))
    return near


def _tells(word: str) -> bool:
    """Tell whether a word says what is counted; that of a name or a month ("May") is written large."""
    return not numbers_of(word) and bool(content_terms(word) or word[:1].isupper())


def _place(words: list[str], number: str) -> tuple[int, int]:
    """Give where a number begins among words and the word behind it; (0, 0) where it is not."""
    for many in range(1, LONGEST_NUMBER + 1):
        for at in range(len(words) - many + 1):
            if _begins(words[at : at + many], number) and _begins(words[at : at + LONGEST_NUMBER], number):
                return at, at + many
    return 0, 0


def _begins(words: list[str], number: str) -> bool:
    return in_forms(" ".join(words)).split()[:1] == [number]


def _plain(text: str) -> str:
    text = _GROUPED.sub("", _NOT.sub(" not", in_digits(text.lower())))
    return _WITH_ENDING.sub(r"\1 ", text)


def _forms(text: str) -> list[str]:
    parts = (part for word in words_of(_plain(text)) for part in word.split("-"))
    return [_shortest(part) if part[:1].isdigit() else stem(part) for part in parts if part]


def _shortest(number: str) -> str:
    """Give a number without what adds nothing to it: 3.50 is 3.5."""
    return f"{Decimal(number).normalize():f}" if re.fullmatch(r"\d{1,30}(?:\.\d{1,30})?", number) else number
