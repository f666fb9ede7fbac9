"""Words that exclude each other: what says one of them does not answer a question for the other. Chooses nothing.

To an embedding "won" and "lost", "spring" and "autumn", "lab 3" and "lab 4", "does" and "does not" are nearly the
same, so that a sentence on the one is the nearest to a question for the other. The groups are of general English.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from assistant.terms import content_terms, stem, words_of

_GROUPS = """
win won winner victory victorious champion beat beaten defeat | lose lost loser runner beat beaten defeat
buy bought buyer purchase purchased acquire acquired | sell sold seller
rise rose risen increase grow grew grown higher | fell fallen decrease decline lower reduce shrink shrank
maximum maximal max | minimum minimal min
largest biggest greatest | smallest tiniest
highest | lowest
longest | shortest
oldest | newest youngest
earliest | latest
nearest closest | farthest furthest
fastest quickest | slowest
cheapest | dearest costliest
heaviest | lightest
hottest warmest | coldest coolest
strongest | weakest
easiest simplest | hardest
best | worst
open opened opening | close closed closing
advantage benefit strength | disadvantage drawback weakness downside limitation
allowed permitted | forbidden prohibited banned
include included | exclude excluded
input | output
import imported | export exported
upload uploaded | download downloaded
lend lent | borrow borrowed
born birth | die died death
arrive arrived arrival | depart departed departure
positive | negative
internal | external
killed dead | captured | wounded injured
husband | wife
father | mother
brother | sister
son | daughter
king | queen
minor | major
mandatory compulsory obligatory | optional voluntary
oral spoken | written
undergraduate | postgraduate
marked graded assessed scored | unmarked ungraded unassessed
spring | summer | autumn | winter
january | february | april | june | july | august | september | october | november | december
monday | tuesday | wednesday | thursday | friday | saturday | sunday
morning | afternoon | evening
north northern | south southern | east eastern | west western
"""
"""A group a line, its alternatives between the bars. What has a second meaning of its own (fall, may, second) is not
here, nor what both sides say of each other's case but for those that stand on both."""
_ALTERNATIVES = tuple(
    tuple(frozenset(map(stem, alternative.replace("-", " ").split())) for alternative in line.split("|"))
    for line in _GROUPS.strip().splitlines()
)
_SIDE = r"\s+(?:(?:the|its|their|his|her|defending|reigning)\s+)*(?-i:[A-Z])"
BEAT = re.compile(
    r"\bw[io]ns?\b[^.;:]{0,80}?\b(?:against|over)\b"
    r"|\b(?:victor(?:y|ies)|triumph(?:s|ed)?|prevail(?:s|ed)?)\s+(?:over|against)\b"
    r"|\b(?:overc[ao]mes?|swe(?:ep|pt)|bested|trounced|thrashed|routed|vanquished|outplayed|outscored|upset|edged(?:\s+out)?"
    rf"|knocked\s+out|got\s+the\s+better\s+of|(?:fell|went\s+down|succumbed|bowed|conceded)\s+to){_SIDE}"
    rf"|\b(?:swept|bested|trounced|thrashed|routed|vanquished|outplayed|overcome)\s+by{_SIDE}",
    re.IGNORECASE,
)
"""Says of both sides how it ended, as "beat" does."""
_LABEL = re.compile(r"\b([^\W\d_]{2,})[ -](\d{1,3}(?:(?:, | and | or |, and | to |[-–])\d{1,3})*)\b(?![.,]\d| ?%)")
_BEFORE_AMOUNTS = """
about after around at before below between by exactly for from in is least most nearly of on only over since than to
under until with within and or are was were the january february march april may june july august september october
november december
"""
_NO_LABEL = frozenset(_BEFORE_AMOUNTS.split())
_ASKS_FOR_A_THING = re.compile(
    r"\W*(?:(?:and|but|so|in|on|at|for|from|of|to|by|with|under|during|until|since)\s+)*"
    r"(?:what|which|who|whom|whose|where|when|how\s+(?:many|much|long|old|often|far|high|tall))\b",
    re.IGNORECASE,
)
_HOW_MUCH = re.compile(r"\W*(?:and |but |so )?how (?:many|much)\b", re.IGNORECASE)
"""Points and time are lost and won too, and against nobody: such a question is for no side of a contest."""
_SUBORDINATE = re.compile(r"\b(?:if|when|whenever|because|that|while|although|since|unless|where)\b", re.IGNORECASE)
_ASKS_WHAT_NOT = re.compile(
    r"\W*(?:(?:and|but|so|in|on|at|for|from|of|to|by|with)\s+)*(?:what|which|who|whom)\b(?P<before>[^?]*?)"
    r"(?:\b(?:not|never|cannot|lacks?)\b|n['’]t\b|\b(?:has|have|had|needs?|takes?|with) no\b)(?P<after>[^?]*)",
    re.IGNORECASE,
)
_NOT_ALONE = re.compile(r"\s+(?:only|just|so|necessarily)\b", re.IGNORECASE)
_NEGATES = re.compile(
    r"\b(?:not|no|never|without|none|nor|neither|cannot|nobody|nothing|lacks?|lacking|except|unlike|instead|free of)\b"
    r"|n['’]t\b",
    re.IGNORECASE,
)
_NO_BEFORE = re.compile(
    r"(?:\b(?:not|never|no|without)|n['’]t)\s+(?:(?!(?:but|and|or|if|when|that)\b)[\w-]+\s+){0,2}\Z", re.IGNORECASE
)
_UNDONE = re.compile(r"\b(un|non-)([a-z]{3,})")
_RULES_OUT = re.compile(
    r"\b(?:exclud\w+|forbidden|prohibited|banned|ineligible|exempt\w*|unsuitable|avoid\w*)\b", re.IGNORECASE
)


_ASKS_WHEN_NOT = re.compile(
    r"\b(?:when|where|in (?:which|what) (?:cases?|situations?))\s+"
    r"(?:not to\b|to avoid\b|(?:should|would|must|can|could|do|does|may|is|are)n['’]t\b"
    r"|(?:should|would|must|can|could|do|does|may)(?:\s+(?:I|we|you|one|somebody|people))?\s+(?:not|avoid|better not)\b"
    r"|(?:do|does|should|would|is|are|must)\s+(?:[\w-]+\s+){1,5}not\b(?!\s+the same)"
    r"|(?:is|are|would)\s.{0,60}\b(?:bad|wrong|poor) (?:choice|idea|fit)\b)",
    re.IGNORECASE,
)
_SAYS_NOT = re.compile(
    r"\b(?:do|does|should|must|can|need|is|are|when|may) not\b|n['’]t\b"
    r"|\bnot (?:needed|necessary|worth|when|if|for|to use)\b"
    r"|\b(?:never|avoid\w*|no need|overkill|unnecessary|unsuitable|wasteful|(?:bad|wrong|poor) (?:choice|idea|fit))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Exclusive:
    """What a question says of things that exclude each other, and the others; stems, or a label such as "lab 3"."""

    wanted: frozenset[str]
    others: frozenset[str] = frozenset()
    label: str = ""  # what "lab 3" and "lab 4" have in common

    def is_met(self, text: str) -> bool:
        """Tell whether a text says what is wanted."""
        return bool(self.wanted & _said(text))

    def rules_out(self, text: str) -> bool:
        """Tell whether a text says another of these things, and not what is wanted; "not allowed" is forbidden."""
        said = _said(text)
        if self.wanted & said or (not self.label and _NEGATES.search(text)):
            return False
        return any(term.startswith(f"{self.label} ") for term in said) if self.label else bool(self.others & said)


def exclusives(question: str) -> list[Exclusive]:
    """Give what a question for a thing says that excludes something else; a question for yes or no says nothing so.

    >>> [sorted(e.wanted) for e in exclusives("When is lab 3 of the spring term due?")]
    [['spring'], ['lab 3']]
    >>> exclusives("Is lab 3 in the spring term?")
    []
    """
    if not _ASKS_FOR_A_THING.match(question):
        return []
    said, denied = _said(question), _denied(question) or frozenset()
    found = []
    for alternatives in _ALTERNATIVES[1:] if _HOW_MUCH.match(question) else _ALTERNATIVES:
        here = [alternative for alternative in alternatives if alternative & said]
        if len(here) == 1 and not here[0] & denied:
            found.append(Exclusive(here[0], frozenset[str]().union(*alternatives) - here[0]))
    labels = sorted(term for term in said if " " in term)
    nouns = [label.partition(" ")[0] for label in labels]
    alone = [(label, noun) for label, noun in zip(labels, nouns, strict=True) if nouns.count(noun) == 1]
    return found + [Exclusive(frozenset({label}), label=noun) for label, noun in alone]


@lru_cache(maxsize=2_000)
def _said(text: str) -> frozenset[str]:
    """Give the stems of a text's words, function words among them, and its labels."""
    words = {stem(part) for word in words_of(text) for part in word.split("-")}
    words |= {"beat"} if BEAT.search(text) else set()
    labelled = [m for m in _LABEL.finditer(text) if m[1].lower() not in _NO_LABEL]
    return frozenset(words.union(*(_labels(stem(m[1].lower()), m[2]) for m in labelled)))


def _labels(noun: str, numbers: str) -> set[str]:
    """Write out "3 and 4", or "3 to 5", which has a 4 in it."""
    ends = [int(n) for n in re.findall(r"\d+", numbers)]
    spans = re.search(r"\d(?: to |[-–])\d", numbers) is not None
    return {f"{noun} {n}" for n in (range(min(ends), max(ends) + 1) if spans else ends)}


def _denied(question: str) -> frozenset[str] | None:
    """Give the terms that a question for what does not do something says no of, None for any other question."""
    found = _ASKS_WHAT_NOT.match(question)
    if found is None or _SUBORDINATE.search(found["before"]) or _NOT_ALONE.match(found["after"]):
        return None
    return frozenset(content_terms(found["after"])) or frozenset(content_terms(found["before"]))


def repeats_denial(question: str, text: str) -> bool:
    """Tell whether a sentence says no of all the words that a question for what does not do it says no of, two or more.

    >>> repeats_denial("Which kiln does not need a brick chimney?", "Raku needs no brick chimney.")
    True
    """
    denied = _denied(question) or frozenset()
    return len(denied) > 1 and bool(_NEGATES.search(text)) and denied <= frozenset(content_terms(text))


def denies_outright(question: str, text: str) -> bool:
    """Tell whether a sentence puts the no straight before the word that a question for what does not do it denies.

    The word may be another one for the same.

    >>> [denies_outright("Which pots are not marked?", s) for s in ("Bowls are not graded.", "None of mine is marked.")]
    [True, False]
    """
    denied = _denied(question)
    if not denied:
        return False
    same = _in_other_words(denied)
    places = [m for m in re.finditer(r"[^\W_]+", text) if stem(m[0].lower()) in same]
    return _is_undone(denied, text) or any(_NO_BEFORE.search(text, 0, m.start()) for m in places)


def _in_other_words(terms: frozenset[str]) -> frozenset[str]:
    """Give terms with those that the groups have for the same."""
    return terms.union(*(a for alternatives in _ALTERNATIVES for a in alternatives if a & terms))


def _is_undone(terms: frozenset[str], text: str) -> bool:
    """Tell whether a text has one of the terms with "un-" or "non-" before it."""
    return any(stem(word) in terms for _, word in _UNDONE.findall(text.lower()))


def _contrary_to(said: frozenset[str], alternatives: tuple[frozenset[str], ...]) -> frozenset[str]:
    """Give the stems of the alternatives that what is said leaves, none where it names none of them."""
    here = frozenset[str]().union(*(a for a in alternatives if a & said))
    return frozenset[str]().union(*alternatives) - here if here else here


def what_not(question: str) -> Callable[[str], bool] | None:
    """Give what tells whether a sentence answers a question for what does not do something, None for any other.

    It says no of a word that the question says no of, or says the contrary of it, or that something is ruled out.

    >>> says_not = what_not("Which kiln does not need a chimney?")
    >>> says_not and [says_not(s) for s in ("It needs no chimney.", "A chimney is needed.", "It has no door.")]
    [True, False, False]
    """
    denied = _denied(question)
    if denied is None:
        return None
    contrary = frozenset[str]().union(*(_contrary_to(denied, alternatives) for alternatives in _ALTERNATIVES))
    same = _in_other_words(denied)

    def says_not(text: str) -> bool:
        if _RULES_OUT.search(text) or contrary & _said(text) or _is_undone(denied, text):
            return True
        return bool(_NEGATES.search(text)) and (not denied or bool(same & frozenset(content_terms(text))))

    return says_not


def when_not(question: str) -> bool:
    """Tell whether a question asks when, or where, not to do something.

    >>> when_not("When should I not use a kiln?"), when_not("When should I use a kiln?")
    (True, False)
    """
    return _ASKS_WHEN_NOT.search(question) is not None


def says_not_when(text: str) -> bool:
    """Tell whether a text, or a title, says when not to do something."""
    return _SAYS_NOT.search(text) is not None
