"""Recognises an abstract in what a user pasted. Tags nothing.

An abstract is some sentences of prose that speak as papers do ("we propose", "outperforms") and to nobody. A message
that asks for something else ("summarise this: ...") is left to the agent, and so is a question, however long.
"""

from __future__ import annotations

import re

from assistant.tagging_rules import tag

FEWEST_WORDS, MOST_WORDS = 25, 900
_OWN_VOICE = re.compile(
    r"\b(?:we|our|ours|in this (?:paper|work|study|article|report|survey|review|thesis)"
    r"|this (?:paper|work|study|article|report|survey|review|thesis)|the authors?)\b",
    re.IGNORECASE,
)
_SIGNS = re.compile(
    r"\b(?:(?:propos|present|introduc|demonstrat|investigat|analy[sz]|develop|evaluat|describ|stud(?:y|i)|show|find|examin"
    r"|explor)\w*|state[- ]of[- ]the[- ]art|outperform\w*|benchmarks?|baselines?|empirical\w*|ablations?|pre-?train\w*"
    r"|fine-?tun\w*|(?:large )?language models?|neural|transformers?|(?:data|test) ?sets?|parameters|algorithms?"
    r"|we (?:compare|measure|train|vary|test|build|ask|report|collect)\w*|accuracy"
    r"|(?:machine|deep|reinforcement|supervised) learning|(?:code is|publicly) available|experiments?|results?|novel"
    r"|approach(?:es)?|methods?|framework)\b",
    re.IGNORECASE,
)
ENOUGH_SIGNS = 2
_TO_SOMEBODY = re.compile(r"\b(?:[Yy]ou|[Yy]our|I|I'm|I've|[Mm]e|[Mm]y)\b(?![).:])")
_ABSTRACT_MARK = re.compile(r"\babstract\b\s*[:.—–-]?\s*\n?", re.IGNORECASE)
_TAGGING = re.compile(r"\b(?:tags?|tagging|names?|models?|extract|list|mention\w*)\b", re.IGNORECASE)
_OTHER_WISH = re.compile(
    r"\b(?:summari[sz]e|summary|explain|translate|rewrite|shorten|simplify|critique|review|compare|what does|why|how)"
    r"\b",
    re.IGNORECASE,
)


def abstract_in(message: str) -> str | None:
    """Give the abstract that a message holds, None where it holds none or wants something else done with it."""
    lead, body = _parted(message.strip())
    words = body.split()
    if not FEWEST_WORDS <= len(words) <= MOST_WORDS or body.rstrip().endswith("?"):
        return None
    if lead and (_OTHER_WISH.search(lead) or not (_TAGGING.search(lead) or _ABSTRACT_MARK.search(lead))):
        return None
    if _TO_SOMEBODY.search(body) or not _OWN_VOICE.search(body):
        return None
    signs = {match[0].lower() for match in _SIGNS.finditer(body)}
    signs |= {found.name for found in tag(body)} if len(signs) < ENOUGH_SIGNS else set()
    return body if len(signs) >= ENOUGH_SIGNS else None


def _parted(message: str) -> tuple[str, str]:
    """Part an instruction that stands before the abstract, on lines of its own or before a colon, from it."""
    head, gap, rest = message.partition("\n\n")
    if gap and len(head.split()) <= 30 and len(rest.split()) >= FEWEST_WORDS:
        return head, rest.strip()
    head, gap, rest = message.partition("\n")
    if (
        gap
        and len(head.split()) <= 25
        and head.rstrip().endswith((":", "?", "."))
        and len(rest.split()) >= FEWEST_WORDS
    ):
        return head, rest.strip()
    head, gap, rest = message.partition(":")
    if gap and len(head.split()) <= 20 and "." not in head and _TAGGING.search(head) and _is_wish(head):
        return head, rest.strip()
    if gap and len(head.split()) <= 20 and _OTHER_WISH.match(head.strip()):
        return head, rest.strip()
    mark = _ABSTRACT_MARK.match(message)
    return ("abstract", message[mark.end() :].strip()) if mark else ("", message)


def _is_wish(head: str) -> bool:
    return bool(
        re.match(r"\W*(?:please\s+)?(?:tag|extract|list|find|give|name|which|what|abstract)\b", head, re.IGNORECASE)
    )
