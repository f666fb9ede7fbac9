"""What somebody wants of an abstract beside it: its tags, or something else. Reads sentences, finds no names.

One sentence may want both ("tag this and summarise it"): it is parted where a wish begins.
"""

from __future__ import annotations

import re

from assistant.terms import content_terms, stem

PLEASE = (
    r"\W*+(?:(?:please|now|then|ok|okay|hi|hello|hey|and|also)\b\W*+)*+"
    r"(?:(?:can|could|would|will) you\s+(?:please\s+)?)?"
    r"(?:(?:i (?:want|need|would like|'d like)|help me|your task is|you are)\b (?:you )?(?:to )?)?"
)
VERB = r"(?:extract|list|find|give|name|identify|detect|spot|recogni[sz]e|pull|get|return|output|show|perform)"
_THING = r"(?:tags?|names?|entit(?:y|ies)|ner|models?|llms?|architectures?)"
_NO_KIND = (
    r"(?!(?:tag|name|entity|model|llm|architecture)\s+(?!(?:tag|name|entit|model|llm|in|of|from|please|pls|here|used"
    r"|mentioned)\w*\b)\w)"
)
"""No name of something else: model cards."""
TAG = (
    r"(?:re-?)?tag(?=\s*(?:[^\w\s-]|\Z)|\s+(?:it|its|this|that|these|those|them|the|an?|my|our|all|every|each|any|only|just|in"
    r"|again|also|please|now|once|with|and|for|as|below|above|following|abstracts?|texts?|papers?|models?|names?|entit(?:y|ies))"
    r"\b)"
)
"""The verb: tag clouds, tag sets and tag soup are things."""
FOR_TAGS = re.compile(
    rf"{PLEASE}(?:{TAG}|{VERB}\b.{{0,80}}\b{_THING}\b|(?:the )?{_NO_KIND}{_THING}\b.{{0,60}}[?:]?\Z"
    rf"|(?:which|what|any)\b.{{0,60}}\b{_THING}\b"
    rf"|(?:is|are) (?:there )?(?:an?|any|some|no)\b.{{0,40}}\b{_THING}\b"
    rf"|(?:does|do|did) (?:it|this|the|that|they)\b.{{0,40}}\b(?:name|mention|list|have)\b.{{0,30}}\b{_THING}\b"
    rf"|(?:(?:ml|ai|language|machine learning|model|entity)\s+){{1,3}}{_THING}\b)"
    r"|.{0,20}(?:提取|标注|標註|抽取|模型名|extrahiere|extrais|extrae|nenne die|liste die)",
    re.IGNORECASE,
)
_CHANGE = r"summari[sz]e|sum up|tl;?dr|translate|rewrite|rephrase|paraphrase|shorten|simplify|proofread|correct"
_JUDGE = (
    r"summary|explain|critique|critici[sz]e|review|compare|discuss|evaluate|improve|write|describe|comment|check|rate"
)
_MAKE = r"make|provide|add|produce|create|prepare|draft|include"
_CHANGE_ELSEWHERE = r"fasse?|übersetze|résume|traduis|resume|traduce"
FOR_ELSE = re.compile(
    rf"{PLEASE}(?:{_CHANGE}|{_JUDGE}|tell me|{_CHANGE_ELSEWHERE}|erkläre|explique|explica)\b"
    r"|.{0,10}(?:总结|總結|翻译|翻譯|解释|解釋|概括)",
    re.IGNORECASE,
)
ELSE_WITHIN = re.compile(
    r"\b(?:summar\w+|explain\w*|translat\w+|rewrit\w+|should|best|better|why|how)\b", re.IGNORECASE
)
_COMPARES = re.compile(
    r"\b(?:most|least|(?:bigg|larg|small|fast|slow|new|old|strong|weak|cheap)(?:er|est))\b",
    re.IGNORECASE,
)
FOR_CHANGE = re.compile(rf"{PLEASE}(?:{_CHANGE}|{_CHANGE_ELSEWHERE})\b", re.IGNORECASE)

_MORE_WISHED = re.compile(
    rf"{PLEASE}(?:(?:give|write|{_MAKE})\b.{{0,40}}"
    r"\b(?:summar(?:y|ies)|translations?|explanations?|overview|tl;?dr|paraphrase|critique|comparison|outline|titles?"
    r"|poem|tweet|sentences?|words|paragraph|bullet points?)\b|(?:know|understand|see|hear|learn|ask|answer)\b"
    r"|(?:also |and )?(?:a |the )?(?:summary|translation|explanation|overview)\b)",
    re.IGNORECASE,
)
_ASKS = re.compile(
    rf"{PLEASE}(?:who|whom|whose|what|what's|when|where|which|why|how"
    r"|(?:is|are|was|were|does|do|did|has|have|can|could) (?:it|this|that|they|there|these|those|the|an?)|does|did)\b",
    re.IGNORECASE,
)
_FOR_OTHER_NAMES = re.compile(
    rf"{PLEASE}{VERB}\b(?!.*\b(?:lists?|json|arrays?|formats?|lines?|them|it|only|names?|strings?|python|comma|NA)\b)",
    re.IGNORECASE,
)
_BEGINS = (
    rf"{PLEASE}(?:{TAG}|{VERB}|{_CHANGE}|{_JUDGE}|{_MAKE}|tell|know|answer|a summary"
    r"|a translation|an explanation|who|whom|whose|what|when|where|which|why|how|(?:is|are|does|do|did)"
    r" (?:it|this|they|there|these))\b"
)
_BORDER = re.compile(
    r"(?>(?<!\s)\s*[,;]\s*(?:(?:and|then|but|plus)\b\s*)*|(?<!\s)\s+(?:and|then|but|plus|&)\s+|(?<=[.!?])\s+)"
    r"(?>(?:(?:also|then|please|after that|afterwards|finally|next|second(?:ly)?|in addition|additionally|besides)"
    rf"\b[\s,]*)*)(?={_BEGINS})",
    re.IGNORECASE,
)
_JOINS = re.compile(r"\W*+(?:(?:and|also|then|but|plus|please)\b[\s,]*+)*+", re.IGNORECASE)
_POINTS = re.compile(
    r"\b(?:it|its|this|that|these|those|they|them|their|he|she|above|below|following|the (?:abstract|text|paper|work"
    r"|passage|authors?|study|article))\b",
    re.IGNORECASE,
)
_PAPER_WORDS = """
paper abstract text author dataset data set corpus contribution main result method model parameter year publish
publication write written accuracy baseline benchmark limitation experiment claim novelty metric score train evaluate
compare approach use code available large big size number conclusion finding title venue summary translation
explanation overview short sentence word idea key important new name architecture task language
"""
_OF_A_PAPER = frozenset(map(stem, _PAPER_WORDS.split()))
"""What any abstract may be asked for: a question of nothing else is one about it, and not about the course."""
LONGEST_WISH = 200
"""Characters of a wish that are shown."""
LONGEST_PARTED = 2_000
"""Characters of a sentence that may be a wish; a longer one is text."""


def asks_for_tags(said: str) -> bool:
    """Tell whether a clause asks for the names of models, and for nothing that a list of them does not answer."""
    return FOR_TAGS.match(said) is not None and not (ELSE_WITHIN.search(said) or _COMPARES.search(said))


def parted(said: str) -> tuple[str, tuple[str, ...]]:
    """Part a sentence into its wish for tags, "" for none, and what else it wants.

    >>> parted("Please tag this and summarise it:")
    ('Please tag this', ('summarise it',))
    """
    clauses = [clause for clause in _BORDER.split(said) if clause.strip()] if len(said) <= LONGEST_PARTED else []
    for_tags = next((clause for clause in clauses if asks_for_tags(clause)), "")
    others: list[str] = []
    for clause in clauses:
        wish = "" if asks_for_tags(clause) or not _is_other(clause) else plain_wish(clause)
        if others and wish and _goes_on(others[-1], wish):
            others[-1] = f"{others[-1]} and {wish}"
        elif wish:
            others.append(wish)
    return for_tags, tuple(others)


def is_of_the_paste(wish: str) -> bool:
    """Tell a wish that only the pasted text could answer from a question that the course may answer.

    >>> is_of_the_paste("translate it into French"), is_of_the_paste("tell me who invented momentum")
    (True, False)
    """
    own = [term for term in content_terms(wish) if term not in _OF_A_PAPER]
    return FOR_CHANGE.match(wish) is not None or _POINTS.search(wish) is not None or not own


def _goes_on(wish: str, following: str) -> bool:
    """Tell whether a wish points to the topic of the one before it ("what is LoRA and when is it used?")."""
    return not is_of_the_paste(wish) and FOR_CHANGE.match(following) is None and _POINTS.search(following) is not None


def _is_other(clause: str) -> bool:
    return any(wish.match(clause) for wish in (FOR_ELSE, _MORE_WISHED, _ASKS, _FOR_OTHER_NAMES))


def plain_wish(clause: str) -> str:
    """Give a wish without what joins it to the one before."""
    return clause[_JOINS.match(clause).end() :].strip(" :,;.\n")[:LONGEST_WISH]  # type: ignore[union-attr]  # fits ""
