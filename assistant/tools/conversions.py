"""Converts amounts between units of one kind, exactly, and finds what asks for that. Currencies are not converted.

A table and not a library: pint takes longer to import than an answer takes, and computes in floats. What is not the
same everywhere (gallons, months of days, kilobytes) is left out.
"""

from __future__ import annotations

import re
from fractions import Fraction

_TABLE = """
length 1 m meter metre | length 0.01 cm centimeter centimetre | length 0.001 mm millimeter millimetre
length 1000 km kilometer kilometre | length 1609.344 mi mile | length 0.9144 yd yard | length 0.3048 ft foot feet
length 0.0254 inch | length 1852 nautical_mile
mass 1 kg kilo kilogram kilogramme | mass 0.001 g gram gramme | mass 0.000001 mg milligram | mass 1000 tonne
mass 0.45359237 lb pound | mass 0.028349523125 oz ounce | mass 6.35029318 stone
volume 1 l liter litre | volume 0.01 cl centiliter centilitre | volume 0.001 ml milliliter millilitre
time 1 s sec second | time 60 min minute | time 3600 h hr hour | time 86400 day | time 604800 week
time 1209600 fortnight | time 0.001 ms millisecond
years 1 month | years 12 year | years 120 decade | years 1200 century centurie
data 1 bit | data 8 byte | data 8192 kib kibibyte | data 8388608 mib mebibyte | data 8589934592 gib gibibyte
speed 1 km/h kmh kph | speed 3.6 m/s | speed 1.609344 mph | speed 1.852 knot
temperature 1 celsius centigrade c °c | temperature 1 fahrenheit f °f | temperature 1 kelvin
"""
_UNITS: dict[str, tuple[str, Fraction, str]] = {}  # name: its kind, how many of the first of the kind, its first name
for _kind, _size, _first, *_more in (row.split() for row in re.split(r"[|\n]", _TABLE) if row.strip()):
    for _name in (_first, *_more):
        _UNITS[_name.replace("_", " ")] = _kind, Fraction(_size), _first
_TO_KELVIN = {"celsius": (Fraction(1), Fraction("273.15")), "fahrenheit": (Fraction(5, 9), Fraction("459.67") * 5 / 9),
              "kelvin": (Fraction(1), Fraction(0))}  # fmt: skip

_WHOLE_NAMES = sorted(_UNITS, key=len, reverse=True)
UNIT = rf"(?:(?:degrees?|deg\.?|°) ?)?(?:{'|'.join(re.escape(name) for name in _WHOLE_NAMES)})(?:e?s)?(?![\w/])"
"""The name of a unit, in small letters."""
_N = r"(?<![\d.,])-?(?:\d+(?:,\d{3})+(?![\d,])|\d+)(?:\.\d+)?"
_AMOUNT = rf"(?:{_N} ?|an? ){UNIT}"
AMOUNTS = rf"{_AMOUNT}(?:,? (?:and )?{_AMOUNT}){{0,3}}"
"""Some amounts that are one together, such as "2 hours and 15 minutes"."""
_ONE_AMOUNT = re.compile(rf"(?:({_N}) ?|an? )({UNIT})")
_WRITTEN = re.compile(rf"({AMOUNTS}) in ({UNIT})")
_INTO = r"(?:in|to|into|as)"
_ASKED = tuple(
    re.compile(form)
    for form in (
        r"(?:(?:convert|change|turn|express|what(?: is|'s)|how (?:much|many|far|long) (?:is|are)) )?"
        rf"(?P<from>{AMOUNTS}) (?:(?:converted|expressed) )?{_INTO} (?P<to>{UNIT})",
        rf"how (?:many|much) (?P<to>{UNIT}) (?:(?:(?:are|is) )?(?:there )?in|is|are|equals?|makes?(?: up)?"
        rf"|(?:do|does)|fit in|go into) (?P<from>{AMOUNTS})(?: (?:have|has|make|contain|equal))?",
        rf"(?P<from>{AMOUNTS}) (?:is|are|equals?|makes?|has) how (?:many|much) (?P<to>{UNIT})",
        rf"(?:the )?number of (?P<to>{UNIT}) in (?P<from>{AMOUNTS})",
    )
)
_AND_A_PART = re.compile(rf"\b({_N}|an?) ({UNIT}) and (?:a (half|quarter)|(3) quarters)\b")
_PART_BEHIND = re.compile(r"\b(\d+) (?:and (?:a (half|quarter)|(3) quarters)|(1/2|1/4|3/4))\b")
_PART_OF = re.compile(rf"\b(?:(half)|(?:a|1) (quarter) of|(3) quarters of) an? (?={UNIT})")
_PART = {"half": Fraction(1, 2), "quarter": Fraction(1, 4), "3": Fraction(3, 4),
         "1/2": Fraction(1, 2), "1/4": Fraction(1, 4), "3/4": Fraction(3, 4)}  # fmt: skip


def conversion_in(said: str) -> str | None:
    """Write what asks for one amount in another unit of its kind as `converted` reads it, None for anything else.

    `said` is in small letters, with its numbers in digits.

    >>> conversion_in("convert 5 miles to km"), conversion_in("how many minutes are in 3 and a half hours")
    ('5 miles in km', '3.5 hours in minutes')
    """
    text = _PART_OF.sub(lambda m: f"{_decimal(_PART[m[1] or m[2] or m[3]])} ", said)
    text = _PART_BEHIND.sub(lambda m: _decimal(int(m[1]) + _PART[m[2] or m[3] or m[4]]), text)
    text = _AND_A_PART.sub(lambda m: f"{_decimal(_value(m[1]) + _PART[m[3] or m[4]])} {m[2]}", text)
    for form in _ASKED:
        if found := form.fullmatch(text):
            amounts = re.sub(r"\ban? (?=\S)", "1 ", found["from"])
            written = f"{amounts} in {found['to']}"
            return written if converted(written) is not None else None
    return None


def converted(expression: str) -> Fraction | None:
    """Give the value of "5 miles in km", None for what is no conversion between two units of one kind.

    >>> converted("5 miles in km"), converted("20 degrees celsius in fahrenheit"), converted("5 miles in kg")
    (Fraction(25146, 3125), Fraction(68, 1), None)
    """
    found = _WRITTEN.fullmatch(" ".join(expression.lower().split()))
    if found is None:
        return None
    kind, size, name = _unit(found[2])
    amounts = [(_value(m[1] or "1"), *_unit(m[2])) for m in _ONE_AMOUNT.finditer(found[1])]
    if any(k != kind for _, k, _, _ in amounts) or all(n == name for *_, n in amounts):
        return None
    if kind != "temperature":
        return sum((value * each for value, _, each, _ in amounts), Fraction(0)) / size
    if len(amounts) > 1:
        return None
    value, *_, named = amounts[0]
    factor, zero = _TO_KELVIN[named]
    to_factor, to_zero = _TO_KELVIN[name]
    return (value * factor + zero - to_zero) / to_factor


def _unit(said: str) -> tuple[str, Fraction, str]:
    name = re.sub(r"\A(?:(?:degrees?|deg\.?|°) ?)(?=.)", "", said)
    return next(_UNITS[way] for way in (name, name.removesuffix("s"), name.removesuffix("es")) if way in _UNITS)


def _value(number: str) -> Fraction:
    return Fraction(1) if number in ("a", "an") else Fraction(number.replace(",", ""))


def _decimal(value: Fraction) -> str:
    return f"{float(value):g}" if value < 10**5 else str(float(value))
