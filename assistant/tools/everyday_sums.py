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
_SINGLE = r"(?:an?|one|my|this)"
_COSTS = r"(?:costs?|is sold for|sells for|is priced at|was)"
_PIECE = r"(?:each|apiece|a piece|for each|every one|(?:per|an?) (?:(?P=thing)|piece|item|unit))"
_OFF = rf"(?:(?:and|it|which|that|is|now|at|with|by|gets?|has|on|for|after|minus|reduced|,) ?)*(?:an? )?{_PERCENT}"
_WHOLE = r"(?: to the (?:next|nearest) (?:whole number|integer))?"
_EACH_TIME = r"(?:an?|per|each|every) (day|week|month|year|hour|minute)"
_LESS = r"(?:off|discount|cheaper|less|reduction)"
_LINKED = r"(?:,|;|\.| and| but| which| that| it| is| are| was| were| gets?| now| then| has been| price)*"
_DOWN = r"(?:reduced|discounted|marked down|cut|lowered|decreased)"
_UP = r"(?:raised|increased|marked up)"
_PERCENTAGE = r"(?:%|percent|percentage)"
_ROSE = r"(?:rise|rose|risen|grow|grew|grown|increased?|gone up|go(?:es)? up|went up|change[ds]?|rises|grows|increases)"
_FELL = r"(?:fall|fell|fallen|drop|dropped|decreased?|shrink|shrank|go(?:es)? down|went down|falls|drops|decreases)"
_BY_WHAT = rf"(?:(?:by )?(?:how much|how many|what|which) (?:an? )?)?(?:in )?{_PERCENTAGE}"
_WHO = rf"(?: (?:did|does|has|have|do|is|was|were))?(?: {_THING})??(?: been)?"
_OUT_OF = rf"({_N})(?: [a-z]+)? (?:out )?of ({_N})(?: [a-z]+)?"
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


def _more(found: re.Match[str]) -> str:
    return f"{found[1]} + {found[2]}% of {found[1]}"


def _percentage(found: re.Match[str]) -> str:
    return f"100 * {found[1]} / {found[2]}"


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
    (rf"{_SINGLE} ({_N}) {_THING},? (?:with|at|for|minus|less|is|gets|has) (?:an? )?{_PERCENT} {_LESS}", _less),
    (rf"(?:if )?(?:{_ONE} )?{_THING} {_COSTS} ({_N}){_LINKED} {_DOWN} by {_PERCENT}", _less),
    (rf"(?:if )?(?:{_ONE} )?{_THING} {_COSTS} ({_N}){_LINKED} {_UP} by {_PERCENT}", _more),
    (rf"{_SINGLE} ({_N}) {_THING}{_LINKED} {_DOWN} by {_PERCENT}", _less),
    (rf"(?:(?:if )?(?:{_ONE} )?{_THING} {_COSTS} )?({_N})(?: euros?| dollars?)? (?:plus|with|and|including)(?: an?)?"
     rf" {_PERCENT} (?:vat|tax|tip|on top|extra)", _more),
    (rf"(?:if )?({_N})(?: {_THING})? {_EACH_TIME}(?: over| for|,)? ({_N}) \2s?",
     lambda m: f"{m[1]} * {m[3]}"),
    (rf"(?:(?:if )?(?:we|i|they|you) )?(?:split|share|divide)(?: (?:an?|the|our|this) [a-z]+ of)? ({_N})(?: {_THING})?"
     rf" (?:equally |evenly )?(?:among|amongst|between|by|over) ({_N})(?: {_THING})?", lambda m: f"{m[1]} / {m[2]}"),
    (rf"(?:(?:the|an?|our) (?:bill|sum|total) (?:is|was|of) )?({_N})(?: {_THING})?,?(?: and)?(?: is| are)?"
     rf" (?:split|shared|divided) (?:equally |evenly )?(?:among|amongst|between|by|over)"
     rf" ({_N})(?: {_THING})?", lambda m: f"{m[1]} / {m[2]}"),
    (rf"(?:the )?(?:percentage|percent|relative) (?:change|increase|decrease|difference) (?:from|between) ({_N})"
     rf" (?:to|and) ({_N})", lambda m: f"100 * ({m[2]} - {m[1]}) / {m[1]}"),
    (rf"{_BY_WHAT}{_WHO} {_ROSE} from ({_N}) to ({_N})", lambda m: f"100 * ({m[2]} - {m[1]}) / {m[1]}"),
    (rf"{_BY_WHAT}{_WHO} {_FELL} from ({_N}) to ({_N})", lambda m: f"100 * ({m[1]} - {m[2]}) / {m[1]}"),
    (rf"(?:(?:i|we|you|he|she|they) )?(?:(?:have |has )?(?:scored|got|answered|reached|hit) )?{_OUT_OF}[,;.]?"
     rf" (?:(?:and|so|then) )?(?:as|in|(?:what|which|how many|how much))(?: an?)? {_PERCENTAGE}"
     rf"(?: (?:is|are|was|does|do)(?: (?:that|this|it|i have|i get))?(?: make)?)?", _percentage),
    (rf"(?:(?:what|which|how (?:many|much)) )?{_PERCENTAGE} (?:is|are) {_OUT_OF}", _percentage),
    (rf"({_N}) ?/ ?({_N}) (?:as|in)(?: an?)? {_PERCENTAGE}", _percentage),
    (rf"(?:the )?(?:sum of|add) (?:all )?(?:the )?first ({_N}) (?:natural |positive |whole )?(?:numbers|integers)",
     lambda m: f"{m[1]} * ({m[1]} + 1) / 2"),
    (rf"(?:the )?(?:sum of|add) (?:all )?(?:the )?(?:natural |positive |whole )?(?:numbers |integers )?from ({_N}) to"
     rf" ({_N})", lambda m: f"({m[2]} - {m[1]} + 1) * ({m[1]} + {m[2]}) / 2"),
    (rf"how (?:many times|often) does ({_N}) (?:go|fit) (?:into|in) ({_N})", lambda m: f"{m[2]} / {m[1]}"),
)  # fmt: skip
LONGEST_SUM = 300
"""Characters of what is read as a sum."""
_AND = re.compile(r",? (?:and|plus) |, ")
_MONEY = r"(?: (?:dollars?|euros?|pounds?|francs?|yen))"
_PRICE = rf"(?P<price>\d+\.\d\d(?!\d){_MONEY}?|{_N}{_MONEY})"
_ITEMS = tuple(
    re.compile(form)
    for form in (
        rf"(?P<many>{_N}) {_COUNTED_THING} (?:at|@|costing|that cost|for) (?P<price>{_N}{_MONEY}?),? {_PIECE}",
        rf"(?P<many>{_N}) {_THING} (?:at|@) {_PRICE}",
        rf"{_ONE} {_THING} (?:at|@|costing|that costs?|costs?|for) {_PRICE}",
        rf"{_ONE} {_PRICE} {_THING}",
    )
)
"""What is bought, with its price; a bare number is one only where it is said to be for each."""


def summed_up(said: str) -> str | None:
    """Write an everyday sum in signs, None for what is none or may be meant in several ways.

    `said` is lower case, with its numbers in digits and currencies in words, or none.

    >>> summed_up("3 books at 12.50 each and a 2 dollar pen"), summed_up("a 2 day trip and a 3 day trip")
    ('3 * 12.50 + 2', None)
    >>> summed_up("3 books at 12.50 each"), summed_up("a jacket costs 80 and is 25% off"), summed_up("10 km in miles")
    ('3 * 12.50', '80 - 25% of 80', None)
    """
    if len(said) > LONGEST_SUM:
        return None
    text = said.strip(" ?.!")
    begun = _ASKED_BEFORE.match(text)
    for reading in dict.fromkeys((text, _bare(text), _bare(text[begun.end() :]) if begun else text)):
        if written := _in_a_form(re.sub(r"(?<=\d) (?:dollars?|euros?|pounds?|cents?|francs?|yen)\b", "", reading)):
            return written
        if bought := _bought(reading):
            return bought
    return None


def _in_a_form(said: str) -> str | None:
    for pattern, signs in _FORMS:
        if (found := re.fullmatch(pattern, said)) and (written := signs(found)):
            return written
    return None


def _bought(said: str) -> str | None:
    """Add up things that are bought, each with its price: "3 books at 12.50 each and a pen for 1.20"."""
    prices = []
    for item in _AND.split(said):
        found = next(filter(None, (form.fullmatch(item) for form in _ITEMS)), None)
        if found is None:
            return None
        many = found.groupdict().get("many")
        price = found["price"].partition(" ")[0]
        prices.append(f"{many} * {price}" if many else price)
    return " + ".join(prices) if len(prices) > 1 or "*" in prices[0] else None


def _bare(text: str) -> str:
    return _ASKED_BEHIND.sub("", text).strip(" ,.;")
