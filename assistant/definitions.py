"""Tells a question for the meaning of a term, and a sentence that gives it: "X is a ...", "X, or Y, means ...". Pure.

The wording alone, of English: lexico-syntactic patterns in the manner of M. Hearst (1992).
"""

from __future__ import annotations

import re

from assistant.terms import content_terms, words_of

_TERM = r"(?:an?\s+|the\s+)?[\"'“‘*]*((?:[\w.+#&/-]+\s+){0,4}?[\w.+#&/-]*[\w+#])[\"'”’*]*"
_ASKS = re.compile(
    r"(?:\W*(?:please|so|and|ok|hi|hello|now|first|exactly|can you|could you|tell me|i do(?: not|n['’]t) know)\b)*\W*"
    rf"(?:what\s+(?:exactly\s+)?(?:is|are)\s+(?:meant\s+by\s+)?{_TERM}(?:\s+exactly)?"
    rf"|what['’]?s\s+{_TERM}|what\s+(?:does|do)\s+{_TERM}\s+(?:mean|stand\s+for)"
    rf"|(?:define|explain|meaning\s+of|definition\s+of|what\s+you\s+mean\s+by)\s+{_TERM})\s*[?.!]*\s*",
    re.IGNORECASE,
)
_VERB = re.compile(
    r"(?:is|are)\s+(?:simply\s+|just\s+|basically\s+|essentially\s+)?"
    r"(?:an?|the|any|when|where|how|what|that|those|everything|all|one|about|defined|known|called|short)\b"
    r"|means?\b|(?:refers?|amounts?)\s+to\b|stands?\s+for\b|denotes?\b|describes?\b|consists?\s+of\b|combines?\b",
    re.IGNORECASE,
)
_NO_MEANING = re.compile(
    r"(?:is|are)\s+(?:the\s+(?:same|most|best|more|only|main|first|latest|least)|one\s+of\s+the)\b", re.IGNORECASE
)
_OTHER_NAME = re.compile(
    r"\W*(?:short\s+for|abbreviated|also\s+(?:called|known\s+as|named)|sometimes\s+called|an?)\s", re.IGNORECASE
)
_BEFORE = re.compile(r"[\W_]*(?:(?:an?|the|in\s+\w+,|here,?|technically,?)\s+)?[\W_]*", re.IGNORECASE)
_KIND = re.compile(
    r"\s(?:prompting|prompts?|methods?|techniques?|approach(?:es)?|frameworks?|models?|systems?|patterns?|paradigms?)\W*\Z",
    re.IGNORECASE,
)
"""What may stand behind a term and adds nothing to it: "the ReAct framework"."""
_DOES = re.compile(
    r"(?<=[\w)\"'”’`*] )(?!(?:helps?|needs|costs|works|takes|comes|goes|wants|suits|has|does|was|matters|remains)\b)"
    r"(?:[a-z]{2,}(?:[^s\W]s|sses|xes|shes|ches)|puts?|lets?|give|make|use)\b"
    r"(?=\s+(?!(?:are|is|were|was|have|can|may|must|of|and|or)\b)[a-z\d\"'“])"  # else a plural: "raku pots are"
)
WHAT_IT_DOES = 0.75
"""As good as a definition is what a term does, if the sentence is about it, by so much."""
FAR = 200
"""Characters within which a sentence comes to its verb."""
MOST_WORDS = 8
"""Words of what is defined, in a sentence that defines a term by another name of it."""


def term_asked(question: str) -> str:
    """Give the term whose meaning is asked for, "" where none is.

    >>> term_asked("What is a kiln?"), term_asked("What does top-p mean?"), term_asked("What is the price of a kiln?")
    ('kiln', 'top-p', 'price of a kiln')
    """
    found = _ASKS.fullmatch(question)
    return next((term for term in found.groups() if term), "") if found else ""


def defines(text: str, term: str) -> float:
    """Give how far a sentence says what a term is: 1 if it defines it, WHAT_IT_DOES if it says what it does, else 0.

    It begins with the term, with another name of it, or with what it abbreviates.

    >>> [defines(text, "kilns") for text in ("A kiln is an oven.", "A kiln hardens clay.", "Open the kiln.")]
    [1.0, 0.75, 0.0]
    """
    wanted = _terms(term)
    if not wanted:
        return 0.0
    body = _BEFORE.sub("", text, count=1)
    head, sign, rest = body.partition(",")
    if sign and _terms(head) == wanted and _OTHER_NAME.match(rest):
        return 1.0
    for verb in _VERB.finditer(body[:FAR]):
        if _NO_MEANING.match(body, verb.start()):
            return 0.0
        if _is_called(body[: verb.start()], term, wanted):
            return 1.0
    does = _DOES.search(body[:FAR])
    return WHAT_IT_DOES if does and _is_called(body[: does.start()], term, wanted) else 0.0


def _is_called(subject: str, term: str, wanted: list[str]) -> bool:
    """Tell whether what stands before the verb is the term, its other name set apart, or what it abbreviates."""
    head = re.split(r"[(,:]", subject, maxsplit=1)[0]
    without = re.sub(r"\([^()]{1,40}\)\s*", "", subject).rstrip(" ,")  # "chain-of-thought (CoT) prompting"
    if wanted in (_terms(head), _terms(without), _terms(_KIND.sub("", without))):
        return True
    words = words_of(head.replace("-", " "))
    if not 0 < len(words) <= MOST_WORDS:
        return False
    apart = _terms(subject[len(head) :])
    return apart[-len(wanted) :] == wanted or (len(words) > 1 and _initials(words) == term.casefold().removesuffix("s"))


def _terms(text: str) -> list[str]:
    return content_terms(text.replace("-", " "))


def _initials(words: list[str]) -> str:
    return "".join(word[0] for word in words)
