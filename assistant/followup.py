"""Turns a follow-up into a question that stands alone, by plain rules; a language model does it by its own prompt.

A question leans on the turn before when it points back ("it", "those", "the first one"), goes on ("And who ...?") or
says too little alone. Then the topic of the turn before is put with it. Any other question is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from assistant.passages import addresses_in
from assistant.pasted import is_pasted
from assistant.terms import content_terms, is_courtesy, stem
from assistant.tools.asked_arithmetic import expression_in
from assistant.tools.word_sums import is_word_sum
from assistant.whole_questions import is_whole, leaves_open, without_own_pronouns

_POINTS_BACK = re.compile(
    r"\b(?:it|its|they|them|their|theirs|he|she|his|her|him|this|these|those|former|latter|there|ones?|same|such"
    r"|that(?!\s+(?:is|are|was|were|can|has|have|do|does|will|would|should|could|makes?|uses?|works?|learns?|runs?)\b))\b",
    re.IGNORECASE,
)
_NO_POINTER = re.compile(
    r"\b(?:is|are|was|does)\s+(?:it|there)\s+(?:a|an|any|possible|true|better|worth|ok|okay)\b|\bone[- ]shot\b",
    re.IGNORECASE,
)
_THERE_IS = re.compile(r"\b(?:is|are|was|were|will|would|must) there (?=\w)", re.IGNORECASE)
_THIS_PAGE = re.compile(
    r"\b(?:this|that|the) (?:page|site|website|article|link|post|document|address|url)\b", re.IGNORECASE
)
_GOES_ON = re.compile(
    r"(?<!\s)\s*(?:and|but|so|or|also|then|what about|how about|why(?:\s+not)?\s*\??$|how so|what else|any(?:thing)?"
    r" else|another|more|(?:an?|another|one more) example|for example|for instance|like what|tell me more|go on)\b",
    re.IGNORECASE,
)
_NAMES = re.compile(  # a thing by its name (ReAct, RAG, few-shot, top1), or asked for by "what is"
    r"[a-z][A-Z]|\b[A-Z]{2,}|\w-\w|\d|^\s*(?i:(?:what|who)\s+(?:is|are|was|were)\s+(?:an?\s+|the\s+)?[\w-]+\s*\??\s*$)"
)
_CLAUSE = re.compile(r"(?:[,;]\s*|(?<![\s,;])\s+)(?:and|or|but)\s+|[;.?!]\s+", re.IGNORECASE)
_TOPIC_FIRST = re.compile(
    r"\W*(?!(?:in|on|at|of|for|from|with|by|about|as|to|if|when|where|what|which|who|how|why|is|are|do|does|did|can|so|tell"
    r"|explain|say)\b)((?:[\w'’/-]+\s+){0,4}[\w'’/-]+)(?::\s+|\s+[–—-]+\s+)"
    r"(?=(?:so |and )?(?:what|who|how|why|when|where|which|is|are|was|were|do|does|did|can|should)\b)",
    re.IGNORECASE,
)
"""What is asked about, named before the question: "Tag clouds: what are they?"."""
_NO_TOPIC_WORDS = """
question questions query follow followup up quick short brief last next final first second thing point note doubt topic
clarification clarify interesting right wait sorry hmm sure fine wow good confused curious wondering ps
"""
_NO_TOPIC = frozenset(stem(word) for word in _NO_TOPIC_WORDS.split())
TOPIC_TURNS = 2
LONGEST_TOPIC = 80
"""Words of an earlier question that is put with a follow-up."""
_RESULT = re.compile(r"(-?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?)\W*(?:\[1\])?\W*$")
_THE_RESULT = re.compile(r"\b(?:that|it|this|the (?:result|answer|number)|that number)\b", re.IGNORECASE)
_THEN = re.compile(r"(?:\W*\b(?:and|then|now|so|ok|okay|what about|how about|what(?:'s|’s| is)))*\W+", re.IGNORECASE)
_NUMBER = r"(?<![\d.,])[$€£]?\d[\d,]*(?:\.\d+)?(?: ?(?:%|percent\b))?"
_MORE = re.compile(
    rf"(?:with |plus |including |add )?(?:an? )?({_NUMBER}) (?:tax|vat|tip|extra|more|on top)", re.IGNORECASE
)
_LESS = re.compile(
    rf"(?:with |minus |at )?(?:an? )?({_NUMBER}) (?:off|discount|reduction|less|cheaper|fewer)|less ({_NUMBER})",
    re.IGNORECASE,
)
_OTHER = re.compile(rf"(?:(of|for|from|to|by|at|with|between|among) )?({_NUMBER})(?: ([a-z]+))?", re.IGNORECASE)
LONGEST_CHAIN = 20
"""Follow-ups of one calculation that are read together."""
LONGEST_RESULT = 120
"""Characters of an answer that is the result of a calculation."""


def leans_on_history(question: str) -> bool:
    """Tell whether a question needs the turns before it to be understood."""
    if is_courtesy(question):
        return False
    if _GOES_ON.match(question) or points_back(question):
        return True
    terms = len(content_terms(question))
    return terms == 0 or (terms == 1 and not _NAMES.search(question) and not is_whole(question))


def points_back(question: str) -> bool:
    """Tell whether a pronoun points to an earlier turn, and not to what the question itself has named before it.

    "What is ReAct and when would I use it?" names what it asks for in its first clause.
    """
    named = _THIS_PAGE.sub(" ", question) if addresses_in(question) else question
    if not leaves_open(named):
        named = _THERE_IS.sub(" ", named)
    found = _POINTS_BACK.search(without_own_pronouns(_NO_POINTER.sub(" ", named)))
    if found is None:
        return False
    topic = _TOPIC_FIRST.match(found.string)
    if topic and topic.end() <= found.start() and set(content_terms(topic[1])) - _NO_TOPIC:
        return False
    clauses = _CLAUSE.split(found.string[: found.start()])
    before = " ".join(clauses[:-1])
    return not content_terms(before) or is_courtesy(before)


def stand_alone(question: str, history: Sequence[Mapping[str, str]]) -> str:
    """Put the topic of the last turn with a question that leans on it.

    `history` is rows of {"role", "content"}, oldest first. The topic is the user's last question that stood alone:
    a chain of follow-ups leans on that one.
    """
    carried = carried_on(question, history)
    if carried != question or expression_in(question) is not None or is_word_sum(question):
        return carried  # a sum that holds its numbers is whole: "By what percentage did it rise from 40 to 50?"
    asked = [turn["content"] for turn in history if turn.get("role") == "user" and turn.get("content", "").strip()]
    if not asked or not leans_on_history(question):
        return question
    anchor = next((n for n in reversed(range(len(asked))) if not leans_on_history(asked[n])), None)
    # The question that the chain hangs on, and its last link: without the first, the third link has lost its subject.
    topic = asked[-TOPIC_TURNS:] if anchor is None else dict.fromkeys((asked[anchor], asked[-1]))
    # What was pasted is no topic: its words would drown those of the question, and go to whoever is searched.
    short = [" ".join(said.split()) for said in topic if len(said.split()) <= LONGEST_TOPIC and not is_pasted(said)]
    return " ".join([*short, question])


def _with_another_number(said: str, history: Sequence[Mapping[str, str]], links: int) -> str:
    """Ask the calculation before again with the one number that is said now ("And of 300?"), "" where it is unclear."""
    other = _OTHER.fullmatch(said)
    before = _calculation_before(history, links) if other else ""
    if other is None or not before:
        return ""
    lead = rf"(?<=\b{other[1]} )" if other[1] else ""
    behind = rf"(?= {other[3]}\b)" if other[3] else ""
    percent = other[2].endswith(("%", "percent"))
    found = [m for m in re.finditer(rf"{lead}{_NUMBER}{behind}", before, re.IGNORECASE)]
    same = [m for m in found if m[0].endswith(("%", "percent")) == percent]
    return f"{before[: same[0].start()]}{other[2]}{before[same[0].end() :]}" if len(same) == 1 else ""


def _calculation_before(history: Sequence[Mapping[str, str]], links: int) -> str:
    """Give the last question as a calculation of its own, "" where it was none; it may have been a follow-up too."""
    at = next((n for n in reversed(range(len(history))) if history[n].get("role") == "user"), None)
    if at is None or links == 0:
        return ""
    whole = _carried_on(history[at].get("content", ""), history[:at], links - 1)
    return whole if expression_in(whole) is not None else ""


def carried_on(question: str, history: Sequence[Mapping[str, str]]) -> str:
    """Put the result of the calculation before into a calculation that goes on with it.

    >>> carried_on("And times 3?", [{"role": "assistant", "content": "17 * 23 = 391 [1]"}])
    '391 times 3'
    """
    return _carried_on(question, history, LONGEST_CHAIN)


def _carried_on(question: str, history: Sequence[Mapping[str, str]], links: int) -> str:
    last = next((turn.get("content", "") for turn in reversed(history) if turn.get("role") == "assistant"), "").strip()
    found = _RESULT.search(last) if len(last) <= LONGEST_RESULT else None
    if found is None or len(question) > LONGEST_RESULT or expression_in(question) is not None:
        return question
    begun = _THEN.match(f" {question}")
    said = f" {question}"[begun.end() if begun else 0 :].rstrip(" ?.!")
    said = said.strip()
    if more := _MORE.fullmatch(said):
        said = f"plus {more[1]}"
    elif less := _LESS.fullmatch(said):
        said = f"minus {less[1] or less[2]}"
    elif again := _with_another_number(said, history, links):
        return again
    ways = (_THE_RESULT.sub(found[1], said, count=1), f"{found[1]} {said}")
    return next((way for way in ways if expression_in(way) is not None), question)
