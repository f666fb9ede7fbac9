"""Writes sums of everyday life (prices, discounts, shares, rounding) in the signs that `arithmetic` reads.

Only forms that leave no doubt about the sum are read: all other sums in words are for a language model. Calculates
nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_N = r"-?\d+(?:,\d{3})*(?:\.\d+)?"
_PERCENT = rf"({_N}) ?(?:%|percent)"
_THING = r"(?:[a-z][a-z'-]* ){0,2}[a-z][a-z'-]*"
_COUNTED_THING = r"(?:[a-z][a-z'-]* ){0,2}(?P<thing>[a-z][a-z'-]*?)(?:e?s)?"
_ONE = r"(?:an?|one|1|the|my|our|each|every)"
_COSTS = r"(?:costs?|is sold for|sells for|is priced at|was)"
_PIECE = r"(?:each|apiece|a piece|for each|every one|(?:per|an?) (?:(?P=thing)|piece|item|unit))"
_OFF = rf"(?:(?:and|it|which|that|is|now|at|with|by|gets?|has|on|for|after|minus|reduced|,) ?)*(?:an? )?{_PERCENT}"
_WHOLE = r"(?: to the (?:next|nearest) (?:whole number|integer))?"
_EACH_TIME = r"(?:an?|per|each|every) (day|week|month|year|hour|minute)"
_LESS = r"(?:off|discount|cheaper|less|reduction)"
_PLACES = {"whole number": 0, "integer": 0, "unit": 0, "1": 0, "10": -1, "100": -2, "1000": -3, "tenth": 1,
           "hundredth": 2, "thousandth": 3, "cent": 2}  # fmt: skip
_ASKED_BEFORE = re.compile(
    r"\A(?:(?:what |how much )?(?:do|does|did|would|will|must|should|is|are)(?: (?:i|we|you|one))?(?: pay for)? "
    r"|(?:if )?(?:i|we|you|they|he|she) (?:buy|bought|order|ordered|need|want|take|took|drive|walk|save|pay|earn) "
    r"|(?:the )?(?:total |final |new |sale )?(?:price|cost|total)(?: of| for) )"
)
_ASKED_BEHIND = re.compile(
    r"[,;.]* (?:so )?(?:what|how (?:much|many|far|long))(?:'s| is| are| does| do| did| will| would| must| should| can)"
    r"(?: [a-z]+\b)?(?: (?:cost|pay|get|gets|pays|"
    r"now|in total|in all|altogether|together|the (?:total|final|new|sale) price|the price|the total))*\Z"
    r"|(?: cost| in total| in all| altogether| together)+\Z"
)
_Form = tuple[str, Callable[[re.Match[str]], str | None]]


def _times(found: re.Match[str]) -> str:
    return f"{found['many']} * {found['price']}"


def _less(found: re.Match[str]) -> str:
    return f"{found[1]} - {found[2]}% of {found[1]}"


def _rounded(found: re.Match[str]) -> str | None:
    places = _PLACES.get(found[3]) if found[3] else found[2]
    return None if places is None else f"round({found[1]}, {places})"


def _same_thing(found: re.Match[str]) -> str | None:
    """Multiply where the things that are asked for are the thing that has a price."""
    one, many = found[1].rstrip("s"), found[4].rstrip("s")
    return f"{found[3]} * {found[2]}" if one.split()[-1] == many.split()[-1] else None


_FORMS: tuple[_Form, ...] = (
    (rf"(.+?),? (?:and )?rounded up{_WHOLE}", lambda m: f"ceil({m[1]})"),
    (rf"(.+?),? (?:and )?rounded down{_WHOLE}", lambda m: f"floor({m[1]})"),
    (
        r"(?:round )?(.+?),? (?:and )?(?:rounded )?to (?:(\d) "
        r"(?:decimals?|decimal places?|places|digits)|the nearest (\d+|[a-z ]+))",
        _rounded,
    ),
    (r"(?:round )?(.+?),? (?:and )?rounded", lambda m: f"round({m[1]})"),
    (rf"(?P<many>{_N}) {_COUNTED_THING} (?:cost )?(?:at|for|that cost|costing) (?P<price>{_N}),? {_PIECE}", _times),
    (rf"(?:if )?{_ONE} ({_THING}) {_COSTS} ({_N})(?:,|\.|;| and| then)* (?:what|how much)"
     rf" (?:do|does|would|will) ({_N}) ({_THING}) cost", _same_thing),
    (rf"(?P<many>{_N}) {_COUNTED_THING} cost (?P<price>{_N}) {_PIECE}", _times),
    (rf"(?:if )?(?:{_ONE} )?(?:{_THING} {_COSTS} )?({_N}),? {_OFF} {_LESS}", _less),
    (rf"{_ONE} ({_N}) {_THING},? {_OFF} {_LESS}", _less),
    (rf"(?:(?:if )?(?:{_ONE} )?{_THING} {_COSTS} )?({_N})(?: euros?| dollars?)? (?:plus|with|and|including)(?: an?)?"
     rf" {_PERCENT} (?:vat|tax|tip|on top|extra)", lambda m: f"{m[1]} + {m[2]}% of {m[1]}"),
    (rf"(?:if )?({_N})(?: {_THING})? {_EACH_TIME}(?: over| for|,)? ({_N}) \2s?",
     lambda m: f"{m[1]} * {m[3]}"),
    (rf"(?:(?:if )?(?:we|i|they|you) )?(?:split|share|divide) ({_N})(?: {_THING})? (?:equally |evenly )?"
     rf"(?:among|amongst|between|by|over) ({_N})(?: {_THING})?", lambda m: f"{m[1]} / {m[2]}"),
    (rf"({_N})(?: {_THING})? (?:split|shared|divided) (?:equally |evenly )?(?:among|amongst|between|by|over)"
     rf" ({_N})(?: {_THING})?", lambda m: f"{m[1]} / {m[2]}"),
    (rf"(?:the )?(?:percentage|percent|relative) (?:change|increase|decrease|difference) (?:from|between) ({_N})"
     rf" (?:to|and) ({_N})", lambda m: f"100 * ({m[2]} - {m[1]}) / {m[1]}"),
    (rf"how (?:many times|often) does ({_N}) (?:go|fit) (?:into|in) ({_N})", lambda m: f"{m[2]} / {m[1]}"),
)  # fmt: skip


IN_WORDS = (
    "This reads as a calculation in words, which takes a language model. Without one, write it as arithmetic, "
    "such as 3 * 12.50 or 15% of 80."
)
_UNITS = (
    r"(?:km|kilomet(?:er|re)s?|m|met(?:er|re)s?|cm|mm|miles?|feet|foot|ft|inch(?:es)?|yards?|kg|kilos?|kilograms?|grams?"
    r"|pounds?|lbs?|ounces?|oz|lit(?:er|re)s?|gallons?|pints?|celsius|fahrenheit|kelvin|°[cf]|seconds?|minutes?|hours?"
    r"|days?|weeks?|bits?|bytes?|kb|mb|gb|tb|[kmg]ib|usd|eur|gbp|euros?|dollars?|mph|km/h|knots?|degrees)"
)
_CONVERTS = re.compile(
    rf"\bconvert\b.*\d|\d ?{_UNITS} (?:in|to|into) {_UNITS}\b|\bhow (?:many|much) {_UNITS} (?:are|is|make|in)\b.*\d"
)
_ASKS_A_SUM = re.compile(
    r"\bhow (?:much|many|far|long)\b"
    r"|\bwhat(?:'s| is| does| do| will| would)\b.*\b(?:cost|total|price|pay|left|remains?)\b"
)
_OF_A_SUM = re.compile(
    r"[$€£]|\b(?:each|apiece|costs?|prices?|pays?|paid|buys?|bought|total|altogether|left|remain(?:s|ing)?|euros?"
    r"|dollars?|pounds?|per (?:day|week|month|year|hour|minute|person)|discount|off|shared?|split)\b"
)


def is_word_sum(question: str) -> bool:
    """Tell whether a question is a sum in words, or asks to convert a unit: no source could answer it.

    >>> is_word_sum("I have 20 euros and spend 7. How much is left?"), is_word_sum("How much is left in 2023?")
    (True, False)
    """
    text = " ".join(question.lower().split())
    if _CONVERTS.search(text):
        return True
    numbers = [n for n in re.findall(rf"(?<![\w.-]){_N}(?!\w)", text) if not re.fullmatch(r"(?:19|20)\d\d", n)]
    return len(numbers) > 1 and bool(_ASKS_A_SUM.search(text) and _OF_A_SUM.search(text))


def summed_up(said: str) -> str | None:
    """Write an everyday sum in signs, None for what is none or may be meant in several ways.

    `said` is lower case, with its numbers in digits and no signs of currency.

    >>> summed_up("3 books at 12.50 each"), summed_up("a jacket costs 80 and is 25% off"), summed_up("10 km in miles")
    ('3 * 12.50', '80 - 25% of 80', None)
    """
    text = re.sub(r"(?<=\d) (?:dollars?|euros?|pounds?|cents?|francs?|yen)\b", "", said).strip(" ?.!")
    begun = _ASKED_BEFORE.match(text)
    for reading in dict.fromkeys((text, _bare(text), _bare(text[begun.end() :]) if begun else text)):
        for pattern, signs in _FORMS:
            if (found := re.fullmatch(pattern, reading)) and (written := signs(found)):
                return written
    return None


def _bare(text: str) -> str:
    return _ASKED_BEHIND.sub("", text).strip(" ,.;")
