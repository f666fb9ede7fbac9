"""Turns a follow-up into a question that stands alone, by plain rules; a language model does it by its own prompt.

A question leans on the turn before when it points back ("it", "those", "the first one"), goes on ("And who ...?") or
says too little alone. Then the topic of the turn before is put with it. Any other question is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from assistant.terms import content_terms, is_courtesy

_POINTS_BACK = re.compile(
    r"\b(?:it|its|they|them|their|theirs|he|she|his|her|him|this|these|those|former|latter|there|ones?|same|such"
    r"|that(?!\s+(?:is|are|was|were|can|has|have|do|does|will|would|should|could|makes?|uses?|works?|learns?|runs?)\b))\b",
    re.IGNORECASE,
)
_NO_POINTER = re.compile(
    r"\b(?:is|are|was|does)\s+(?:it|there)\s+(?:a|an|any|possible|true|better|worth|ok|okay)\b|\bone[- ]shot\b",
    re.IGNORECASE,
)
_GOES_ON = re.compile(
    r"\s*(?:and|but|so|or|also|then|what about|how about|why(?:\s+not)?\s*\??$|how so|what else|any(?:thing)? else"
    r"|another|more|(?:an?|another|one more) example|for example|for instance|like what|tell me more|go on)\b",
    re.IGNORECASE,
)
_NAMES = re.compile(  # a thing by its name (ReAct, RAG, few-shot, top1), or asked for by "what is"
    r"[a-z][A-Z]|\b[A-Z]{2,}|\w-\w|\d|^\s*(?i:(?:what|who)\s+(?:is|are|was|were)\s+(?:an?\s+|the\s+)?[\w-]+\s*\??\s*$)"
)
_CLAUSE = re.compile(r"(?:[,;]\s*|\s+)(?:and|or|but)\s+|[;.?!]\s+", re.IGNORECASE)
TOPIC_TURNS = 2


def leans_on_history(question: str) -> bool:
    """Tell whether a question needs the turns before it to be understood."""
    if is_courtesy(question):
        return False
    if _GOES_ON.match(question) or _points_back(question):
        return True
    terms = len(content_terms(question))
    return terms == 0 or (terms == 1 and not _NAMES.search(question))


def _points_back(question: str) -> bool:
    """Tell whether a pronoun points to an earlier turn, and not to what the question itself has named before it.

    "What is ReAct and when would I use it?" names what it asks for in its first clause.
    """
    found = _POINTS_BACK.search(_NO_POINTER.sub(" ", question))
    if found is None:
        return False
    clauses = _CLAUSE.split(found.string[: found.start()])
    before = " ".join(clauses[:-1])
    return not content_terms(before) or is_courtesy(before)


def stand_alone(question: str, history: Sequence[Mapping[str, str]]) -> str:
    """Put the topic of the last turn with a question that leans on it.

    `history` is rows of {"role", "content"}, oldest first. The topic is the user's last question that stood alone:
    a chain of follow-ups leans on that one.
    """
    asked = [turn["content"] for turn in history if turn.get("role") == "user" and turn.get("content", "").strip()]
    if not asked or not leans_on_history(question):
        return question
    topic: list[str] = []
    for earlier in reversed(asked):
        topic.insert(0, " ".join(earlier.split()))
        if not leans_on_history(earlier) or len(topic) == TOPIC_TURNS:
            break
    return f"{' '.join(topic)} {question}"
