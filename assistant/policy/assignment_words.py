"""How a question names an assignment: by its kind and number in other words, or as the one that is open. Pure."""

from __future__ import annotations

import re

KIND = "lab"
"""What every kind of assignment is written as, so that exercise 3 and the third assignment are Lab 3."""
# As an adjective ("practical advice") it is no kind; "ex" and "sheet" are one with a number, or by their first word.
_PRACTICAL = r"practical(?=s?\b(?:\W*\Z|\s*[.,;:?!]|\s*(?:no\.?|number)?\s*#?\d|\s+(?:is|was|for|due|in|on|myself)\b))"
_KINDS = (
    rf"(?:lab(?:oratory)?|(?:exercise|problem)\s+sheet|exercise|assignment|home ?work|coursework|worksheet|{_PRACTICAL}"
    r"|problem\s+set|p-?sets?(?=\b)|hw(?=s?\b|\s*\d)|(?:ex\.?|(?<!cheat\s)(?<!excel\s)(?<!data\s)(?<!google\s)sheet)"
    r"(?=\s*#?\d))"
)
_NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_PLACE = {word: str(n) for n, word in enumerate(_ORDINALS, 1)}
_NTH = re.compile(rf"\b(?:({'|'.join(_ORDINALS)})|(\d{{1,3}})(?:st|nd|rd|th))\s+({_KINDS})\b", re.IGNORECASE)
_OF_A_KIND = re.compile(rf"\b{_KINDS}(?=(?:'s|s)?\b(?!-[a-z])|\s*\d)", re.IGNORECASE)
_COUNTED = re.compile(  # "lab 3 days a week": 3 of something else; "my code for lab 3 times out" is of lab 3
    rf"(\b{_KINDS}s?),? \d+ (?=(?:minutes?|hours?|days?|weeks?|months?|times) (?:an?|per|each|every) \w)", re.IGNORECASE
)
_NUMBERED = re.compile(rf"\b{_KINDS}s?(?:\s+no\.?|\s+number)?[\s#-]*(?:\d|(?:{'|'.join(_NUMBERS)})\b)", re.IGNORECASE)
_IT = rf"(?:{_KINDS}s?|notebook|to-?dos?(?!\s*-?lists?))(?:'s)?\b(?!-)"
_THIS = r"(?:the|this|that|these|my|our|today's|(?:this|next) week's)"
_WORK = (
    r"(?:do|solv(?:e|ing)|finish(?:ing)?|complet(?:e|ing)|fill(?:ing)? (?:in|out)|writ(?:e|ing)|implement(?:ing)?"
    r"|draft(?:ing)?|cod(?:e|ing)|translat(?:e|ing)|answer(?:ing)?|put|paste|go(?:es)?)"
)
_SOLUTION = r"(?:solutions?|answers?|code|results?|finished (?:work|file|version)|submission)"
_ASKS_FOR_ITS_SOLUTION = re.compile(
    rf"\b{_WORK}(?: (?:me|out|it))?(?: (?:into|in|at|under))? {_THIS} (?:[\w-]+ ){{0,2}}?{_IT}"
    rf"|\b{_SOLUTION} (?:[\w-]+ )?(?:to|of|for|in|from|into) {_THIS} (?:[\w-]+ ){{0,2}}?{_IT}"
    rf"|\b(?:show|give|tell|send|post|write|print|want|need)\b(?: [\w-]+){{0,3}}? {_IT} {_SOLUTION}\b",
    re.IGNORECASE,
)
_AS_IT_SHOULD_BE = re.compile(
    r"\b(?:perfect|model|ideal|sample|finished|full[- ]marks?|top[- ](?:mark|grade)|a\+) "
    r"(?:submissions?|solutions?|hand-?ins?)\b(?!\s+(?:of|to|for)\s+an?\b)",
    re.IGNORECASE,
)
_WHAT_IS_DUE = re.compile(
    rf"\b(?:{_WORK}|help|{_SOLUTION})\b.*\b(?:problems?|tasks?|questions?|work|stuff|thing|one) "
    r"(?:(?:that|which)(?:'s| is| are) )?due\b(?!\s+to\b)",
    re.IGNORECASE,
)
_ABOUT_THE_COURSE = re.compile(
    r"\W*(?:when|who|where|which|may|must|should|shall|is|are|was|were|does|do (?:we|i|they)|what happens"
    r"|how (?:do|can) i (?:hand|submit|upload)|how long|how many|how much)\b",
    re.IGNORECASE,
)
"""How one begins who asks about an assignment: its day, its rules, its marks."""


def one_kind(text: str) -> str:
    """Write each kind of assignment in one word, with its number behind it.

    >>> one_kind("The third exercise, please"), one_kind("assignment 3"), one_kind("Is lab-small large?")
    ('The lab 3, please', 'lab 3', 'Is lab-small large?')
    """
    text = _COUNTED.sub(r"\1 ", text)
    placed = _NTH.sub(lambda m: f"{m[3]} {_PLACE.get((m[1] or '').lower()) or m[2]}", text)
    return _OF_A_KIND.sub(KIND, placed)


def asks_for_the_open_one(text: str) -> bool:
    """Tell whether a text asks for the solution of an assignment without saying which: then it is the one that is open.

    >>> asks_for_the_open_one("Just do the notebook for me"), asks_for_the_open_one("Give me the code of lab 6")
    (True, False)
    """
    if _ABOUT_THE_COURSE.match(text) or _NUMBERED.search(one_kind(text)):
        return False
    return any(asks.search(text) for asks in (_ASKS_FOR_ITS_SOLUTION, _AS_IT_SHOULD_BE, _WHAT_IS_DUE))
