"""Parts a question that asks for several things, or to calculate with what is first to be found. Answers nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from assistant.followup import stand_alone
from assistant.pasted_turns import to_tag
from assistant.terms import content_terms
from assistant.tools.spoken import in_signs

MOST_PARTS = 3
_BETWEEN = re.compile(
    r"(?<=\?)\s+(?=\S)|,?(?<!\s)\s+and\s+(?=(?:who|whom|whose|what|when|where|which|how|why)\b)", re.IGNORECASE
)
_NUMBER = r"-?\d[\d.,]*"
_CALCULATION = re.compile(
    rf"(?<![\s,])[\s,]++(?:(?:and|then)\s+)*((?:(?:plus|minus|times|multiplied by|divided by)\s+{_NUMBER}"
    rf"|(?:raised\s+)?to\s+the\s+(?:power\s+(?:of\s+)?)?{_NUMBER}(?:st|nd|rd|th)?(?:\s+power)?|squared|cubed))\s*\??\s*$",
    re.IGNORECASE,
)
LONGEST_CALCULATION = 200
"""Characters at the end of a question in which one is looked for."""
COMPARES = re.compile(
    r"\b(?:by what (?:factor|percentage)|(?:by )?how many times (?:as|more|less|larger|bigger|smaller|older|higher"
    r"|longer|faster|taller|heavier)|how many years (?:older|younger)|what is the ratio"
    r"|(?:by )?how (?:many|much) (?:more|fewer|less|older|younger|longer|shorter|later|earlier|higher|lower|larger"
    r"|bigger|smaller|taller|heavier|lighter|faster|slower|cheaper)|by how (?:many|much) do(?:es)?\b.{0,80}\bdiffer"
    r"|how many (?:hours|days|weeks|months|years)"
    r" (?:(?:are|were|is|was|did|do) (?:there )?|lie |lay |passed |elapsed )?(?:between|after|before|from|until)"
    r"|how (?:long|far) (?:is|was) (?:it|there)? ?(?:between|from)|how far apart"
    r"|(?:the |a )?(?:difference|gap|distance)(?: in [\w ]{1,30}?)? between"
    r"|(?:the )?(?:sum|total|average|mean) of (?:the|both|these|all))\b",
    re.IGNORECASE,
)


def parts_of(question: str) -> list[str]:
    """Give the questions in a question, each with something that it is about; the question itself where it is one.

    >>> parts_of("Who built it? How old is the kiln?"), parts_of("What is ReAct and when would I use it?")
    (['Who built it?', 'How old is the kiln?'], ['What is ReAct and when would I use it?'])
    """
    parts = [part.strip() for part in _BETWEEN.split(question) if part.strip()]
    return parts if 1 < len(parts) <= MOST_PARTS and all(map(content_terms, parts)) else [question]


def without_calculation(question: str) -> tuple[str, str]:
    """Give a question without the calculation at its end, and that; "" where there is none.

    One that asks how two numbers compare is asked as it is: its answer names both.

    >>> without_calculation("What is her age raised to the 0.43 power?"), without_calculation("What is 2 times 3?")
    (('What is her age?', 'raised to the 0.43 power'), ('What is 2 times 3?', ''))
    """
    if compared := COMPARES.search(question):
        return question, compared[0]
    found = _at_the_end(question) or _at_the_end(in_signs(question))
    if found is None or not any(c.isalpha() for term in content_terms(found.string[: found.start()]) for c in term):
        return question, ""
    return f"{question[: found.start()].rstrip(' ,')}?", found[1]


def _at_the_end(question: str) -> re.Match[str] | None:
    return _CALCULATION.search(question, max(0, len(question) - LONGEST_CALCULATION))


def alone(question: str, history: Sequence[Mapping[str, str]] = ()) -> list[tuple[str, str]]:
    """Give each part of a question as it was put, and so that it stands alone."""
    parts = parts_of(question)
    earlier = [{"role": "user", "content": part} for part in parts]
    return [(part, stand_alone(part, [*history, *earlier[:n]])) for n, part in enumerate(parts)]


def left_to_ask(question: str, history: Sequence[Mapping[str, str]], *, tagged: bool) -> list[tuple[str, str]]:
    """Give what is to be answered, as `alone` does; beside an abstract that was tagged, what the course may answer."""
    pasted = to_tag(question, history) if tagged else None
    return alone(question, history) if pasted is None else [(w, w) for w in pasted.for_the_course[:MOST_PARTS]]
