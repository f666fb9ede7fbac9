"""What in a question is arithmetic, and which reading of it. Calculates nothing itself: that is `arithmetic`'s."""

from __future__ import annotations

import re
from fractions import Fraction

from assistant.tools.arithmetic import LONGEST, TO_THE_CENT, computed, value_of
from assistant.tools.arithmetic_tokens import BracketLeft, NotArithmetic, SaysWhy, tokens
from assistant.tools.broken_arithmetic import what_is_wrong
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
_SIGN_BEFORE = re.compile(r"[$€£]\s?(\d+(?:,\d{3})*(?:\.\d+)?)")
_OF_PRICES = re.compile(r"\b(?:each|apiece|off|discount|vat|tip|tax|cheaper|costs?|prices?|pay|buy)\b", re.IGNORECASE)
_NO_PRICE = re.compile(r"\A100 \*|\.\d{3}|[a-z]{3,}\(|\b(?:in|from|to) ", re.IGNORECASE)  # percentages, parts of a cent
_CLAIMED = re.compile(r"(?:is|are|does|so|isn't|isn’t)?\s*([^=]*?\S)\s*(?:==?|\bequals?\b|\bequal to\b)\s*-?[\d.,]+")
_FUNCTION_OR_PI = re.compile(rf"\b(?:{'|'.join(FUNCTIONS)}|pi)\b|π|√", re.IGNORECASE)
_OPERATIONS = frozenset({"sign", "function", "prefix", "after", "of"})
_SURE = re.compile(r"\b(?:calculate|compute|evaluate|work out|solve|how much)\b", re.IGNORECASE)
_DATE = re.compile(r"\d{4}([-/.])\d{1,2}\1\d{1,2}|\d{1,2}([-/.])\d{1,2}\2\d{4}")
_SHORT_DATE = re.compile(r"\d{1,2}([-/.])\d{1,2}\1\d{2}|(?:1[89]|20)\d\d\s?[-–]\s?(?:\d\d|(?:1[89]|20)\d\d)")


def expression_in(question: str) -> str | None:
    """Give the expression of a question that is arithmetic and nothing else, None for any other.

    >>> expression_in("What is 17 * 23?"), expression_in("what's half of thirty?"), expression_in("Is GPT-4 better?")
    ('17 * 23', 'half of 30', None)
    """
    if len(question) > LONGEST:
        return None
    lead = _LEAD.match(question)
    asks = lead["asks"] if lead else ""
    whole = _without_end(question[lead.end() if lead else 0 :])
    said = _CURRENCY.sub("", whole)
    if claimed := _CLAIMED.fullmatch(said):
        said = claimed[1]
    # 01-02 and 10-15% are no arithmetic that anybody asks for; a group of 10 000 may begin with a zero.
    if _is_date(said, asks) or re.search(r"(?<![\d.,])(?<!\d )0\d|\A\d+-\d+ ?%\Z", said):
        return None
    readings = dict.fromkeys((said, in_signs(said), in_signs(_SIGN_BEFORE.sub(r"\1 dollars", whole))))
    found = next((e for e in readings if _is_arithmetic(e)), None)
    if found is None:
        return next(filter(_is_broken, readings), None)
    return f"{found}{TO_THE_CENT}" if _is_price(found, question) else found


def _is_price(expression: str, question: str) -> bool:
    """Tell whether the value is a price with parts of a whole; a ratio of prices is none."""
    if not (_CURRENCY.search(question) or _OF_PRICES.search(question)) or _NO_PRICE.search(expression):
        return False
    if "/" in expression and len(_CURRENCY.findall(question)) > 1:
        return False
    try:
        value = value_of(expression)
    except NoValue:
        return False
    return isinstance(value, Fraction) and value.denominator > 1 and len(expression) + len(TO_THE_CENT) <= LONGEST


def _is_broken(said: str) -> bool:
    """Tell whether this is arithmetic and nothing else, with a plain fault that can be told."""
    if not what_is_wrong(said):
        return False
    try:
        kinds = {token.kind for token in tokens(said)}
    except NotArithmetic:
        return False
    return {"number", "sign"} <= kinds


def _is_arithmetic(said: str) -> bool:
    if not (any(c.isnumeric() for c in said) or _FUNCTION_OR_PI.search(said)):
        return False
    try:
        return computed(said)[1] > 0
    except BracketLeft:  # "(1" is no more than a bracket
        return any(token.kind in _OPERATIONS for token in tokens(said))
    except SaysWhy:
        return True
    except (NotArithmetic, NoValue):
        return False
    except (ArithmeticError, ValueError, TypeError):
        return True  # it reads as arithmetic, and has no value: sqrt(-1), log(0)


def _without_end(said: str) -> str:
    """Take off "equals?" and the like; an exclamation mark after a number is a factorial."""
    end = _END.search(said)
    return said[: end.start() if end else len(said)].strip().rstrip(", ")


def _is_date(said: str, asks: str) -> bool:
    if _SURE.search(asks):
        return False
    years = re.fullmatch(r"(\d{4})\s?[-–]\s?(\d{4})", said)
    if years and years[2] < years[1]:  # no span of years goes back
        return False
    return bool(_DATE.fullmatch(said) or (not asks and _SHORT_DATE.fullmatch(said)))
