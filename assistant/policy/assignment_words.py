"""How a question names an assignment: by its kind and number in other words, or as the one that is open. Pure."""

from __future__ import annotations

import re

KIND = "lab"
"""What every kind of assignment is written as, so that exercise 3 and the third assignment are Lab 3."""
_KINDS = r"(?:lab(?:oratory)?|exercise|assignment|homework|worksheet|practical|problem\s+set)"
_NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_PLACE = {word: str(n) for n, word in enumerate(_ORDINALS, 1)}
_NTH = re.compile(rf"\b(?:({'|'.join(_ORDINALS)})|(\d{{1,3}})(?:st|nd|rd|th))\s+({_KINDS})\b", re.IGNORECASE)
_OF_A_KIND = re.compile(rf"\b{_KINDS}(?=(?:'s|s)?\b(?!-[a-z]))", re.IGNORECASE)
_NUMBERED = re.compile(rf"\b{_KINDS}s?(?:\s+no\.?|\s+number)?[\s#-]*(?:\d|(?:{'|'.join(_NUMBERS)})\b)", re.IGNORECASE)
_THE_OPEN_ONE = re.compile(rf"\b(?:{_KINDS}|notebook)(?:'s)?\b(?!-)|\bto-?dos?\b", re.IGNORECASE)
_ITS_SOLUTION = re.compile(
    r"\b(?:solutions?|solv(?:e|ed|ing)|answers?|cod(?:e|ed|ing)|finish(?:ed)?|completed?|fill(?:ed)?|implement\w*|draft\w*"
    r"|writ(?:e|ten|ing)|translat\w+|into python|do (?:it|the|my|our|this|that)|done)\b",
    re.IGNORECASE,
)


def one_kind(text: str) -> str:
    """Write each kind of assignment in one word, with its number behind it.

    >>> one_kind("The third exercise, please"), one_kind("assignment 3"), one_kind("Is lab-small large?")
    ('The lab 3, please', 'lab 3', 'Is lab-small large?')
    """
    placed = _NTH.sub(lambda m: f"{m[3]} {_PLACE.get((m[1] or '').lower()) or m[2]}", text)
    return _OF_A_KIND.sub(KIND, placed)


def asks_for_the_open_one(text: str) -> bool:
    """Tell whether a text asks for the solution of an assignment without saying which: then it is the one that is open.

    >>> asks_for_the_open_one("Just do the notebook for me"), asks_for_the_open_one("Give me the code of lab 6")
    (True, False)
    """
    return bool(_THE_OPEN_ONE.search(text) and _ITS_SOLUTION.search(text)) and not _NUMBERED.search(one_kind(text))
