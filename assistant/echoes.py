"""Finds the answer behind a question that stands in the material, and keeps what asks out of the quotes. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from assistant.selection import NEARLY_AS_GOOD, SHORT_WORDS, Candidate, Passage
from assistant.terms import content_terms
from assistant.units import Unit, units_of
from assistant.wording import begins_item

NEARLY_THE_SAME = 0.6
"""Share of the terms of a question there that those of the one asked are; all of the asked ones have to be there."""
_LABEL = re.compile(r"[\W_]*(?:q|question)\s*\d*\s*[:.)]", re.IGNORECASE)
_ANSWER = re.compile(r"[\W_]*(?:a|answer)\s*\d*\s*[:.)]", re.IGNORECASE)
_TOLD = re.compile(r"[.!:…。！][\"'”’*_`) ]*$")  # a title or a topic ends like no sentence

_BARE = re.compile(r"[\W_]*(?:yes|no)[\W_]*", re.IGNORECASE)  # tells nothing without its question


def asks(text: str) -> bool:
    """Tell whether a sentence asks.

    >>> asks("**May I bring a guest?**"), asks("Guests may come.")
    (True, False)
    """
    return text.rstrip("\"'”’*_`) ").endswith(("?", "？"))


def answers_there(question: str, passages: Sequence[Passage], candidates: Sequence[Candidate]) -> list[Candidate]:
    """Give what stands right behind the asked question in the first passage that answers it; none without one.

    A short "Yes." comes with the sentence behind it, and an answer in a list with all that its item says.
    """
    here = {(c.passage, c.place): c for c in candidates}
    top = max((c.score for c in candidates if not asks(c.unit.text)), default=0.0)
    for p in sorted({c.passage for c in candidates}):
        text = passages[p].text
        if "?" not in text and "？" not in text:
            continue
        units = units_of(text)
        for n, unit in enumerate(units):
            if unit.kind not in ("sentence", "item") or not is_echo(question, unit.text):
                continue
            found = _behind(unit, [here.get((p, m)) for m in range(n + 1, len(units))], text)
            # "What is a glaze? We come to that later." is no answer where another sentence is one.
            if found and max(c.score for c in found) >= top - NEARLY_AS_GOOD:
                return found
    return []


def _behind(echo: Unit, following: Sequence[Candidate | None], text: str) -> list[Candidate]:
    """Give the answer among the units that follow a question; the next entry of a list of topics is none."""
    first = following[0] if following else None
    if first is None or asks(first.unit.text) or first.unit.kind not in ("sentence", "item"):
        return []
    if first.unit.kind == "sentence" and not _TOLD.search(first.unit.text):
        return []
    in_list = echo.kind == first.unit.kind == "item"
    if in_list and begins_item(first.unit, text) and not _ANSWER.match(first.unit.text):
        return []
    found = [first]
    for c in following[1:]:
        if c is None or asks(c.unit.text) or c.unit.kind != first.unit.kind:
            break
        short = len(" ".join(f.unit.text for f in found).split()) < SHORT_WORDS
        if begins_item(c.unit, text) or not (in_list or short):
            break
        found.append(c)
    return found


def is_echo(question: str, text: str) -> bool:
    """Tell whether a sentence asks nearly the same as a question does.

    >>> is_echo("Do I need an apron?", "Q: Do I need an apron?"), is_echo("Do I need an apron?", "Do I need a towel?")
    (True, False)
    """
    if not asks(text):
        return False
    asked, there = frozenset(content_terms(question)), frozenset(content_terms(_LABEL.sub("", text, count=1)))
    return bool(asked) and asked <= there and len(asked) >= NEARLY_THE_SAME * len(there)


def that_tell(candidates: Sequence[Candidate], answers: Sequence[Candidate]) -> list[Candidate]:
    """Give the candidates that may be quoted: none that asks by itself, and first the answers to the question there.

    Of a list of questions and answers the other answers are to other questions.
    """
    top = max((c.score for c in candidates), default=0.0)
    first = [replace(c, score=top + (len(answers) - n) / 1000) for n, c in enumerate(answers)]
    if first and first[0].unit.kind == "item" and _is_answer_in_list(first[0], candidates):
        return first
    taken = {(c.passage, c.place) for c in answers}
    rest = [c for c in candidates if (c.passage, c.place) not in taken and not _BARE.fullmatch(c.unit.text)]
    return [*first, *(c for c in rest if c.unit.kind != "sentence" or not asks(c.unit.text))]


def _is_answer_in_list(answer: Candidate, candidates: Sequence[Candidate]) -> bool:
    """Tell an answer whose question is in the list too from the first item of a list that is the answer."""
    before = [c for c in candidates if (c.passage, c.place + 1) == (answer.passage, answer.place)]
    return any(c.unit.kind == "item" and asks(c.unit.text) for c in before)
