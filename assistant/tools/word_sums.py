"""Tells a sum in words, which takes a language model to set up, from a question that a source may answer.

Only what gives its own numbers is a sum: a price that is said and a second number, an amount with its unit to be told
in another one, or a question about numbers themselves. Calculates nothing.
"""

from __future__ import annotations

import re

from assistant.terms import content_terms, stem
from assistant.tools.conversions import UNIT

IN_WORDS = (
    "This reads as a calculation in words, which takes a language model. Without one, write it as arithmetic, "
    "such as 3 * 12.50, 15% of 80 or 5 miles in km."
)
LONGEST_SUM = 500
"""Characters of a question that is one sum."""
_N = r"(?<![\w.,-])-?\d[\d,]*(?:\.\d+)?"
_AMOUNT_UNIT = rf"(?:{UNIT}|(?:[kmgt]b|gallons?|pints?|cups?|years?|months?|euros?|dollars?|usd|eur|gbp)\b)"
_CONVERTS = re.compile(
    rf"\bconvert {_N} ?[a-z°]"
    rf"|{_N} ?{_AMOUNT_UNIT} (?:in|to|into) {_AMOUNT_UNIT}"
    rf"|\bhow (?:many|much) {_AMOUNT_UNIT} (?:are|is|makes?|in|do|does)(?: there)?(?: in)?"
    rf" (?:{_N} ?|an? ){_AMOUNT_UNIT}(?= ?(?:have|has|make)?[?.! ]{{0,3}}\Z)"
)
_OF_NUMBERS = re.compile(
    rf"\b(?:is|are) {_N} (?:an? )?(?:prime|even|odd|divisible)\b"
    rf"|\b(?:prime factors?|factors?|divisors?|greatest common divisor|least common multiple|gcd|lcm) of {_N}"
    rf"|\bsum of (?:all )?(?:the )?(?:first {_N}"
    rf"|[a-z ]{{0,20}}?(?:numbers|integers) (?:from|between|up to|below|under) {_N})"
)
_ASKS_A_SUM = re.compile(
    r"\bhow (?:much|many|far|long)\b"
    r"|\b(?:what|which)\b(?=.*\b(?:cost|total|price|pay|left|remains?|percent|percentage|share|change)\b)"
)
_MONEY = r"(?:[$€£]|euros?\b|dollars?\b|pounds?\b|cents?\b|usd\b|eur\b|gbp\b)"
_GIVES_A_PRICE = re.compile(
    rf"[$€£] ?\d|{_N} ?{_MONEY}(?! per\b)|{_N},? (?:each|apiece)\b"
    rf"|\b(?:costs?|pays?|paid|spends?|spent|earns?|for) {_N}(?= *(?:[,.;?!]|and\b|but\b|\Z))"
    r"|\b(?:at|for) \d+\.\d\d(?= *(?:[,;?!]|and\b|plus\b|\Z))"
    rf"|\b(?:splits?|shares?|divides?) (?:an? |the )?(?:bill |sum |total )?(?:of )?{_N}"
)
_SUM_WORDS = """
buy bought pay paid spend spent earn cost price total altogether together left remain change split share divide discount
reduce reduction off each apiece euro dollar pound cent usd eur gbp percent percentage convert number sum first day week
month year hour minute
"""
_OF_ANY_SUM = frozenset(map(stem, _SUM_WORDS.split()))


def is_word_sum(question: str) -> bool:
    """Tell whether a question is a sum in words, or asks to convert a unit: only a text on that very sum could answer.

    >>> is_word_sum("I have 20 euros and spend 7. How much is left?"), is_word_sum("How much is left in 2023?")
    (True, False)
    """
    if len(question) > LONGEST_SUM:
        return False
    text = " ".join(question.lower().split())
    if _CONVERTS.search(text) or _OF_NUMBERS.search(text):
        return True
    numbers = [n for n in re.findall(rf"{_N}(?!\w)", text) if not re.fullmatch(r"(?:19|20)\d\d", n)]
    return len(numbers) > 1 and bool(_ASKS_A_SUM.search(text) and _GIVES_A_PRICE.search(text))


def is_on_that_sum(question: str, answer: str) -> bool:
    """Tell whether an answer speaks of all the things that a sum in words is about: others only share its numbers."""
    things = [t for t in content_terms(question) if t not in _OF_ANY_SUM and not any(c.isdigit() for c in t)]
    return bool(things) and set(things) <= set(content_terms(answer))
