"""Says what a correction asks of later answers, so that the corrected one fails and the right one passes. Pure.

Numbers tell most, then names, then other words: those of the right answer that the wrong one has not. What the wrong
one says in their place must not be said again beside them. Whether an answer means the same is for a judge.
"""

from __future__ import annotations

import re
from calendar import month_name
from dataclasses import dataclass

from assistant.asked import things_named
from assistant.evaluation.said import NEGATIONS, as_written, counted_by, in_forms, numbers_of, says, says_no
from assistant.quotes import MARKERS
from assistant.terms import content_terms, words_of
from assistant.units import units_of

MOST = 4
"""More numbers, or words of one kind, than a reader would look for in a short answer."""
OF_THE_SAME = 1 / 3
"""Share of the words of question and right answer from which a wrong sentence speaks of the same."""
_MONTHS = frozenset(name.lower() for name in month_name if name)
_HOW_MANY = re.compile(r"\bhow many ((?:[\w-]+ ?){1,3})", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_ODD_NAME = re.compile(r"\b[A-Z][\w-]*[A-Z0-9][\w-]*\b")


@dataclass(frozen=True, slots=True)
class Asked:
    """What an answer must say, one of each group; and what it must not."""

    must_contain: tuple[tuple[str, ...], ...] = ()
    must_not_contain: tuple[str, ...] = ()

    @property
    def is_met_by_nothing(self) -> bool:
        """Whether it asks for nothing at all."""
        return not (self.must_contain or self.must_not_contain)


def asked_by(question: str, right: str, wrong: str, *, is_wrong: bool) -> Asked:
    """Give what an answer must say that is right as a reviewer wrote, and not as the `wrong` one was.

    `is_wrong` tells that nothing of the wrong one was right; else what it says may well stand beside the rest.

    >>> asked_by("How many?", "It visits two hundred.", "It visits 100 flowers.", is_wrong=True)
    Asked(must_contain=(('two hundred',),), must_not_contain=('100 flowers',))
    """
    right, wrong = said_in(right), said_in(wrong)
    new = _new_in(right, question, wrong)
    must_not = _instead(question, right, wrong) if is_wrong or not new else ()
    return Asked(new or _all_of(right), must_not)


def said_in(answer: str) -> str:
    """Give an answer without its markers."""
    return re.sub(r"\s+([.,;:!?])", r"\1", MARKERS.sub("", answer)).strip()


def _new_in(right: str, question: str, wrong: str) -> tuple[tuple[str, ...], ...]:
    """Give what only the right answer says; what the question says too is no news, unless nothing else is."""
    for known in (f"{wrong}\n{question}", wrong):
        numbers = [n for n in numbers_of(right) if not says(known, n)]
        names = _unsaid([*things_named(right), *_ODD_NAME.findall(right)], known)
        if numbers:
            needed = _needed(numbers, right, question, wrong)[:MOST]
            written = tuple(_phrases(right, n) for n in needed)
            has_bare_digits = all(len(number) == 1 and not counted_by(right, number) for number in needed)
            return (*written, *((names,) if has_bare_digits and names else ()))
        words = names or _unsaid(_content_words(right), known)
        no = (NEGATIONS,) if says_no(right) and not says_no(wrong) else ()
        if words or no:
            return (*no, *((words,) if words else ()))
    return ()


def _phrases(right: str, number: str) -> tuple[str, ...]:
    """Give how a number is said; one digit alone is in many a text, so it comes with what it counts."""
    written = as_written(right, number)
    if len(number) > 1:
        return (written,)
    near = counted_by(right, number)[:2]
    return tuple(phrase for word in near for phrase in (f"{written} {word}", f"{word} {written}")) or (written,)


def _needed(numbers: list[str], right: str, question: str, wrong: str) -> list[str]:
    """Give the numbers that an answer is right by: those that stand where the wrong one has another, then the rest.

    Where each number of the wrong one has its counterpart, or the question asks how many there are, the rest only
    stand beside; so does one digit by a longer number of which nothing tells more.
    """
    others = _others(wrong, right, question)
    instead = [n for n in numbers if any(_in_one_place(right, n, wrong, other) for other in others)]
    replaced = [other for other in others if any(_in_one_place(right, n, wrong, other) for n in numbers)]
    rest = [n for n in numbers if n not in instead]
    if instead and len(replaced) == len(others):
        return instead
    asked = {term for found in _HOW_MANY.findall(question) for term in content_terms(found)}
    counting = [n for n in rest if asked & set(content_terms(" ".join(counted_by(right, n))))]
    return [*instead, *(counting or [n for n in rest if len(n) > 1] or rest)]


def _others(wrong: str, right: str, question: str) -> list[str]:
    """Give the numbers of the wrong answer that are its own."""
    return [n for n in numbers_of(wrong) if not says(f"{right}\n{question}", n)]


def _in_one_place(right: str, number: str, wrong: str, other: str) -> bool:
    """Tell whether two numbers count the same, or are days of a month."""
    of_right, of_wrong = ({_kind(word) for word in counted_by(*at)} for at in ((right, number), (wrong, other)))
    return bool(of_right & of_wrong)


def _kind(word: str) -> str:
    return "month" if word.lower() in _MONTHS else in_forms(word)


def _content_words(text: str) -> list[str]:
    return [word for word in dict.fromkeys(_WORD.findall(text)) if content_terms(word)]


def _unsaid(words: list[str], known: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for word in words if not says(known, word)))[: 2 * MOST]


def _all_of(right: str) -> tuple[tuple[str, ...], ...]:
    """Give what an answer must say whose right words are all in the wrong one: all of them."""
    return tuple((word,) for word in _content_words(right)[: 2 * MOST]) or (((right,),) if words_of(right) else ())


def _instead(question: str, right: str, wrong: str) -> tuple[str, ...]:
    """Give what the wrong answer says in place of the right one: its numbers with what they count, or the sentence."""
    terms = frozenset(content_terms(f"{right}\n{question}"))
    if numbers := [n for n in numbers_of(right) if not says(f"{wrong}\n{question}", n)]:
        own = _others(wrong, right, question)
        own = [n for n in own if any(_in_one_place(right, new, wrong, n) for new in numbers)]
        if phrases := tuple(phrase for n in own if not says(right, phrase := _with_its_word(wrong, n))):
            return phrases[:MOST]
    others = [unit.text for unit in units_of(wrong) if not says(right, unit.text)]
    shares = [len(terms & frozenset(content_terms(text))) for text in others]
    if not others or max(shares) < OF_THE_SAME * len(terms):
        return ()
    sentence = others[shares.index(max(shares))]
    new = _others(sentence, right, question) if numbers_of(right) else []
    counted = (_with_its_word(sentence, number) for number in new)
    return tuple(phrase for phrase in counted if not says(right, phrase))[:MOST] or (sentence,)


def _with_its_word(text: str, number: str) -> str:
    """Give a number with the word behind it, or with the one before it where that tells what it is of."""
    behind = as_written(text, number, more=1)
    near = counted_by(text, number)
    return f"{near[0]} {as_written(text, number)}" if near and not says(behind, near[0]) else behind
