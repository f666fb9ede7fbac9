"""Writes arithmetic that was said in words in the signs that `arithmetic` reads. Calculates nothing.

Number words are read here and not by a library: those that were looked at are compiled, or no longer kept, and make
"3rd" of a third.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

from assistant.tools.calendar_days import span_in
from assistant.tools.conversions import conversion_in
from assistant.tools.everyday_sums import LONGEST_SUM, summed_up

_SMALL = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
          "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]  # fmt: skip
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_VALUES = {word: n for n, word in enumerate(_SMALL)} | {word: 10 * n for n, word in enumerate(TENS, start=2)}
SCALES = {"dozen": 12, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_ORDINALS = {"second": 2, "third": 3, **{f"{word}th": n for n, word in enumerate(_SMALL) if n > 3}, "fifth": 5,
             "eighth": 8, "ninth": 9, "twelfth": 12}  # fmt: skip

_WORD = "|".join(sorted((*_VALUES, *SCALES, "hundred"), key=len, reverse=True))
_DIGITS = r"\d+(?:,\d{3})+(?![\d,])(?:\.\d+)?|\d+(?:\.\d+)?"
_NUMBER = re.compile(
    rf"\b(?:(?:{_DIGITS})[ ](?:{'|'.join(SCALES)}|hundred)\b|(?:an? (?=hundred|dozen|thousand|million|billion)"
    rf"(?:{_WORD})|(?:{_WORD}))(?:(?:[ -]|[ ]and[ ])(?:{_WORD}))*(?:[ ]point(?:[ ](?:{'|'.join(_SMALL)}))+)?)\b"
)
_FROM_TEN = rf"(?:(?:{'|'.join(TENS)})(?:[ -](?:{'|'.join(_SMALL[1:10])}))?|{'|'.join(_SMALL[10:])})\b"
_BELOW_100 = rf"(?:{_FROM_TEN}|(?:{'|'.join(_SMALL[:10])})\b)"
_BELOW_1000 = (
    rf"(?:(?:(?:an?|{_DIGITS}|{_BELOW_100})[ -])?hundred\b(?:[ -](?:and )?{_BELOW_100}(?![ -]hundred\b))?"
    rf"|{_BELOW_100}(?![ -]hundred\b))"
)
_BY_SIZE = sorted(SCALES, key=lambda scale: -SCALES[scale])
_SCALED = (rf"(?:(?:(?:an?|{_DIGITS}|{_BELOW_1000})[ -])?{scale}\b(?:[ -](?:and )?)?)?" for scale in _BY_SIZE)
_NO_SCALE = rf"(?![ -](?:{'|'.join(SCALES)})\b)"
_YEAR = rf"(?P<century>{'|'.join(_SMALL[15:])}|twenty) (?P<year>{_FROM_TEN})(?![ -]hundred\b){_NO_SCALE}"
_ONE_NUMBER = re.compile(
    rf"\b(?=\w)(?:{_YEAR}|{''.join(_SCALED)}(?:{_BELOW_1000}{_NO_SCALE})?(?<=\w)\b"
    rf"(?:[ ]point(?:[ ](?:{'|'.join(_SMALL)})\b)+)?)"
)
"""A number in words: each scale is smaller than the one before, else another number begins there."""
LONGEST_NUMBER = 300
"""Characters of a number in words; Python writes no number of more than 4,300 digits."""
_N = rf"-?(?:{_DIGITS})"
_AND = r"(?:,? and |, | )"
_Form = tuple[str, str | Callable[[re.Match[str]], str]]
_FORMS: tuple[_Form, ...] = (
    (rf"({_N}) factorial", r"\1!"),
    (rf"({_DIGITS}) (?:raised )?to the (?:power (?:of )?)?({_N})(?:st|nd|rd|th)?(?: power)?", r"\1 ^ \2"),
    (rf"(?:the )?(?:sum of|total of|add) ({_N}(?:{_AND}{_N})+)", lambda m: " + ".join(_numbers(m[1]))),
    (rf"({_N}) added to ({_N})", r"\2 + \1"),
    (rf"add ({_N}) to ({_N})", r"\2 + \1"),
    (rf"(?:the )?(?:product of|multiply) ({_N}) (?:and|by|with|times) ({_N})", r"\1 * \2"),
    (rf"(?:the )?difference (?:between|of) ({_N}) and ({_N})", r"\1 - \2"),
    (rf"(?:subtract|take) ({_N}) (?:away )?from ({_N})", r"\2 - \1"),
    (rf"({_N}) subtracted from ({_N})", r"\2 - \1"),
    (rf"(?:(?:the )?quotient of|divide) ({_N}) (?:and|by) ({_N})", r"\1 / \2"),
    (rf"(?:the )?remainder (?:of|when) ({_N}) (?:is )?divided by ({_N})", r"\1 mod \2"),
    (
        rf"(?:the )?(?:average|mean) of ({_N}(?:{_AND}{_N})+)",
        lambda m: f"({' + '.join(_numbers(m[1]))}) / {len(_numbers(m[1]))}",
    ),
    (rf"({_N}) ?(?:%|percent) (?:off|discount on) ({_N})", r"\2 - \1% of \2"),
    (rf"(?:an? )?({_N}) ?(?:%|percent) (?:tip |tax |vat )?on ({_N})", r"\1% of \2"),
    (rf"increase ({_N}) by ({_N}) ?(?:%|percent)", r"\1 + \2% of \1"),
    (rf"(?:decrease|reduce|discount) ({_N}) by ({_N}) ?(?:%|percent)", r"\1 - \2% of \1"),
    (rf"(?:%|percent|percentage) (?:of )?({_N}) is ({_N})", r"100 * \2 / \1"),
    (rf"({_N}) is what (?:%|percent|percentage) of ({_N})", r"100 * \1 / \2"),
    (rf"({_N}) (?:as|in) (?:a )?(?:%|percent|percentage) of ({_N})", r"100 * \1 / \2"),
    (rf"(?:the )?log(?:arithm)?(?: to the| to)? base ({_N}) of ({_N})", r"log(\2, \1)"),
    (rf"(?:the )?log(?:arithm)? of ({_N}) (?:to|in|with)(?: the)? base ({_N})", r"log(\1, \2)"),
    (rf"(?:the )?natural log(?:arithm)? of ({_N})", r"ln(\1)"),
    (rf"(?:the )?(log10|log2|ln|log|exp|sin|cos|tan|sqrt) of ({_N})", r"\1(\2)"),
    (rf"(?:the )?square of ({_N})", r"\1 ^ 2"),
    (rf"(?:the )?cube of ({_N})", r"\1 ^ 3"),
    (rf"({_N}) ?(?:%|percent) more than ({_N})", r"\2 + \1% of \2"),
    (rf"({_N}) ?(?:%|percent) less than ({_N})", r"\2 - \1% of \2"),
    (rf"({_N}) more than ({_N})", r"\2 + \1"),
    (rf"({_N}) less than ({_N})", r"\2 - \1"),
    (rf"(?:double|twice) ({_N})", r"2 * \1"),
    (rf"(?:triple|three times) ({_N})", r"3 * \1"),
)


def in_signs(said: str) -> str:
    """Write what was said in digits and signs, as far as it is arithmetic; the rest stays.

    >>> in_signs("seventeen times twenty-three"), in_signs("20% off 59.99"), in_signs("a third of ninety")
    ('17 times 23', '59.99 - 20% of 59.99', 'a third of 90')
    """
    text = " ".join(said.lower().split()).replace("per cent", "percent").replace("’", "'")
    text = re.sub(r",(?: and| then)* (?=(?:plus|minus|times|multiplied|divided|raised|squared|cubed)\b)", " ", text)
    text = re.sub(rf"(?<=to the )({'|'.join(_ORDINALS)})\b", lambda m: str(_ORDINALS[m[1]]), text)
    text = _NUMBER.sub(lambda m: _digits(m[0]), text)
    for pattern, signs in _FORMS:
        if found := re.fullmatch(pattern, text):
            return found.expand(signs) if isinstance(signs, str) else signs(found)
    if len(text) > LONGEST_SUM:
        return text
    return conversion_in(text) or span_in(text) or summed_up(text) or text


def in_digits(text: str) -> str:
    """Write the numbers that a text says in words in digits; those side by side stay apart, but for a year.

    >>> in_digits("two hundred and five bees in rooms two and three, of twenty-four")
    '205 bees in rooms 2 and 3, of 24'
    """
    return _ONE_NUMBER.sub(lambda m: _digits(m["century"]) + _digits(m["year"]) if m["year"] else _digits(m[0]), text)


def _numbers(listed: str) -> list[str]:
    return re.findall(_N, listed)


def _digits(words: str) -> str:
    """Read a number: words, or digits before a scale ("3.5 million").

    >>> _digits("two hundred and five thousand and six"), _digits("3.5 million"), _digits("one point two five")
    ('205006', '3500000', '1.25')
    """
    if len(words) > LONGEST_NUMBER:
        return words
    whole, _, behind = words.partition(" point ")
    total = Fraction(0)
    below: Fraction | None = None  # what stands before the next scale
    for word in re.split(r"[ -]", whole):
        if word == "hundred":
            below = 100 * (Fraction(1) if below is None else below)
        elif word in SCALES:
            total += SCALES[word] * (Fraction(1) if below is None else below)
            below = None
        elif word not in ("and", "a", "an"):
            below = (below or Fraction(0)) + (_VALUES[word] if word in _VALUES else Fraction(word.replace(",", "")))
    value = total + (below or 0)
    decimals = "".join(str(_VALUES[word]) for word in behind.split())
    if decimals:
        return f"{value}.{decimals}"
    return str(value) if value.denominator == 1 else f"({value.numerator}/{value.denominator})"
