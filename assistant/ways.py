"""Chooses between the two ways to answer when the user leaves it open. Answers nothing."""

from __future__ import annotations

import re
from typing import Literal

from assistant.passages import named_pages
from assistant.pasted_turns import History, to_tag
from assistant.tools.asked_arithmetic import expression_in
from assistant.tools.word_sums import is_word_sum

Way = Literal["auto", "course", "agent"]
"""`course`: from the course alone. `agent`: with tools. `auto`: the course first, the agent where that helps."""

_CURRENT = re.compile(
    r"\b(?:today|tonight|yesterday|right now|this (?:week|month|year)|currently|current (?:price|weather|president"
    r"|version|news|record|champion|ceo|population)|latest (?:news|version|release|score)|news about|weather"
    r"|stock price|exchange rate)\b",
    re.IGNORECASE,
)
_PAPER = re.compile(r"\barxiv\b[:\s]*(?:id\s*)?\d{4}\.\d{4,5}|\barxiv\.org/|\b\d{4}\.\d{4,5}(?:v\d+)?\b", re.IGNORECASE)


def is_for_agent(question: str, history: History = (), *, outside: bool) -> bool:
    """Tell whether a question goes to the agent at once: arithmetic, a sum in words, a pasted abstract, new or to be
    tagged again, a paper's id, an address; and, where tools reach outside, what changes from day to day.

    >>> is_for_agent("What is 17 * 23?", outside=False), is_for_agent("What is ReAct?", outside=True)
    (True, False)
    """
    if named_pages(question) or _PAPER.search(question):
        return True
    if to_tag(question, history) is not None or expression_in(question) is not None or is_word_sum(question):
        return True
    return outside and bool(_CURRENT.search(question))
