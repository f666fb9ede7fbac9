"""What in a question is arithmetic, and how it is meant. Calculates nothing itself: that is `arithmetic`'s."""

from __future__ import annotations

import re

from assistant.tools.arithmetic import LONGEST, BracketLeft, TwoReadings, computed, tokens
from assistant.tools.exact import FUNCTIONS
from assistant.tools.spoken import in_signs
from index_store.errors import NoValue

_LEAD = re.compile(
    r"\s*(?:(?:hi|hey|hello|ok|okay|so|and|now|please|quick|can you|could you|tell me)\b[\s,:!]*)*"
    r"(?P<asks>(?:(?:what(?:'s|’s| is| are| does|)|how much (?:is|are|does)|calculate|compute|evaluate|work out|solve"
    r"|tell me|the (?:result|value) of|result of|value of)\s+)*)",
    re.IGNORECASE,
)
_END = re.compile(r"[\s?.=]*(?:\b(?:equals?|equal to|equal|make|is|please)\b[\s?.!=]*)*$", re.IGNORECASE)
_CURRENCY = re.compile(
    r"(?:[$€£]|\b(?:USD|EUR|GBP)\b)\s?(?=\.?\d)|(?<=\d)\s?(?:[$€£]|\b(?:USD|EUR|GBP|dollars?|euros?|pounds?)\b)"
)
_CLAIMED = re.compile(r"(?:is|are|does|so|isn't|isn’t)?\s*([^=]*?\S)\s*(?:==?|\bequals?\b|\bequal to\b)\s*-?[\d.,]+")
_MORE_OR_LESS = re.compile(r"\A(\s*(\d[\d,]*(?:\.\d+)?)\s*[-+−–]\s*\d+(?:\.\d+)?\s*(?:%|percent))\s*\Z")
_FUNCTION_OR_PI = re.compile(rf"\b(?:{'|'.join(FUNCTIONS)}|pi)\b|π|√", re.IGNORECASE)
_OPERATIONS = frozenset({"sign", "function", "prefix", "after", "of"})
_SURE = re.compile(r"\b(?:calculate|compute|evaluate|work out|solve|how much)\b", re.IGNORECASE)
_DATE = re.compile(r"\d{4}([-/.])\d{1,2}\1\d{1,2}|\d{1,2}([-/.])\d{1,2}\2\d{4}")
_SHORT_DATE = re.compile(r"\d{1,2}([-/.])\d{1,2}\1\d{2}|(?:1[89]|20)\d\d\s?[-–]\s?(?:\d\d|(?:1[89]|20)\d\d)")


def expression_in(question: str) -> str | None:
    """Give the expression of a question that is arithmetic and nothing else, None for any other.

    >>> expression_in("What is 17 * 23?"), expression_in("what's half of thirty?"), expression_in("Is GPT-4 better?")
    ('17 * 23', '1/2 of 30', None)
    """
    if len(question) > LONGEST:
        return None
    lead = _LEAD.match(question)
    asks = lead["asks"] if lead else ""
    said = _CURRENCY.sub("", _without_end(question[lead.end() if lead else 0 :]))
    if claimed := _CLAIMED.fullmatch(said):
        said = claimed[1]
    if _is_date(said, asks) or re.search(r"(?<![\d.,])0\d", said):  # 01-02 is no arithmetic that anybody asks for
        return None
    return next((as_meant(e) for e in dict.fromkeys((said, in_signs(said))) if _is_arithmetic(e)), None)


def as_meant(expression: str) -> str:
    """Write a percentage that is added or taken off as what it is a part of, as every calculator takes it.

    >>> as_meant("100 - 10%"), as_meant("10% + 5")
    ('100 - 10% of 100', '10% + 5')
    """
    return _MORE_OR_LESS.sub(r"\1 of \2", expression)


def _is_arithmetic(said: str) -> bool:
    if not (any(c.isnumeric() for c in said) or _FUNCTION_OR_PI.search(said)):
        return False
    try:
        return computed(said)[1] > 0
    except BracketLeft:  # "(1" is no more than a bracket
        return any(token.kind in _OPERATIONS for token in tokens(said))
    except (ArithmeticError, TwoReadings):
        return True  # it is meant as arithmetic, and has no value
    except (ValueError, TypeError, NoValue):
        return False


def _without_end(said: str) -> str:
    """Take off "equals?" and the like; an exclamation mark after a number is a factorial."""
    end = _END.search(said)
    return said[: end.start() if end else len(said)].strip()


def _is_date(said: str, asks: str) -> bool:
    if _SURE.search(asks):
        return False
    years = re.fullmatch(r"(\d{4})\s?[-–]\s?(\d{4})", said)
    if years and years[2] < years[1]:  # no span of years goes back
        return False
    return bool(_DATE.fullmatch(said) or (not asks and _SHORT_DATE.fullmatch(said)))
