"""Tells whether a sentence says the relation that a question asks for, and not only the words of it. Chooses nothing.

A question for somebody asks for a deed or a role and for what it was done to: who introduced layer normalisation is
not told by who introduced batch normalisation, nor by who did *not* introduce it. What is asked in the present is not
told by what was so before. The wording alone, of English.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from assistant.asked import deed_asked_for
from assistant.contraries import BEAT
from assistant.terms import content_terms, stem, words_of

_MADE = (
    "invent inventor invention propose proposer introduce create creator develop developer devise originator pioneer"
    " present suggest"
)
_FAMILIES = (
    f"{_MADE} originate conceive",
    "write wrote written writer author",
    "found founder founded establish established",
    "discover discoverer discovery",
    "teach taught teacher lecturer instructor",
    "win won winner victory champion beat beaten defeat",
    "lose lost loser runner beat beaten defeat",
)
"""Deeds that texts put in several words, with who does them."""
_DEEDS = tuple(frozenset(map(stem, line.split())) for line in _FAMILIES)
_CONTESTS = _DEEDS[-1] | _DEEDS[-2]
_CAME_UP = re.compile(r"\b(?:come|comes|came|coming) up with\b", re.IGNORECASE)
_BY_SOMEBODY = re.compile(
    r"(?:\A\W*|\b(?:is|was|are|were)\s+(?:an?|the)\s+)(?:(?!(?:on|about|of|for)\b)[\w-]+\s+){1,5}?"
    r"(?<!ed\s)(?<!en\s)(?<!wn\s)by\s+(?=[A-Z])"
    r"|\b(?:is|was|are|were)\s+by\s+(?=[A-Z])"
    r"|\b(?:is|was|are|were|goes|go)\s+(?:largely\s+)?(?:due|credited|attributed|back)\s+to\s+(?=[A-Z])"
)
"""Of a work, "a kernel by Tri Dao" says whose it is; "trained by Google" does not."""
_BEHIND = re.compile(r"\bbehind\b", re.IGNORECASE)
_WHICH_SIDE_LOST = re.compile(
    r"\b(?:which|what) (?:team|side|club|squad|player|party|country|nation|candidate)s?"
    r"(?=\s+(?:lost|loses?|(?:was|were) (?:beaten|defeated))\b)",
    re.IGNORECASE,
)
_OF_A_DEED = re.compile(r"\W*(?:(?:and|but|so|then)\s+)*(?:did|was|were|has|have|when|where|how)\b", re.IGNORECASE)
_WHETHER = re.compile(r"\W*(?:(?:and|but|so|then)\s+)*(?:did|was|were|has|have)\b", re.IGNORECASE)
_DENIES = re.compile(
    r"(?:\bnot\b(?! (?:only|just|merely|simply|solely|until|till|surprisingly)\b)|\b(?:never|neither|nor)\b"
    r"|n['’]t\b(?! (?:only|just|merely|simply|solely|until|till)\b))[^,;:()]{0,30}\Z",
    re.IGNORECASE,
)
_POINTS = re.compile(r"\b(?:it|its|they|this|these)\b", re.IGNORECASE)
_ONE_PART = re.compile(
    r"\b(?:won|lost|beat\w*|defeat\w*)\s+(?:[\w'’]+\s+){0,4}?(?:(?:game|match|leg|round|set|heat|stage)\s+\d+(?![\d–-])"
    r"|(?:a|one|two|three|their|its|his|her|first|second|third|opening|last|previous|next)\s+(?:[\w-]+\s+){0,2}?"
    r"(?:games?|match(?:es)?|legs?|rounds?|sets?|heats?|stages?|races?)\b)",
    re.IGNORECASE,
)
"""One game of a contest: who lost it may have won the contest."""
_WAS_BEATEN = re.compile(
    r"\b(?:was|were|been|being|got|is|are)\s+(?:\w+ly\s+)?(?:beaten|defeated)\b(?![^.;]{0,60}\bby\s)", re.IGNORECASE
)
"""Says who lost, and not who won."""
_NO_DEED = re.compile(
    r"\b(?:at|the|a|is|are|was|were) present\b|\bwin(?:-| )rates?\b|\b(?:lectures?|teaching)\b", re.IGNORECASE
)
_BEHIND_NAMES = "against across along amid among beside despite near past throughout toward towards via"
_PREPOSITIONS = frozenset(_BEHIND_NAMES.split())
_TOKEN = re.compile(r"[^\W_]+(?:[.'’][^\W_]+)*")
_THE_COURSE = frozenset(map(stem, ["course", "class", "lecture", "module"]))
"""What all of the material is of: a sentence that names its lecturer need not name it."""
_TOKEN_LAST = re.compile(r"[^\W_]+(?=\s\Z)")


@dataclass(frozen=True, slots=True)
class Relation:
    """A deed or role, in the stems of all words for it, and the terms of what it is of, in their order."""

    deed: frozenset[str]
    of: tuple[str, ...]
    whether: bool = False  # asked is whether it is so: that it is not so is an answer too

    def told_by(self, text: str, around: str = "") -> int:
        """Give 1 for a sentence that says the deed of the thing, -1 for one that says another or denies it, else 0."""
        if not self._places(text):
            return 0
        if self.is_of_another(text) or (self.is_denied(text) and not self.whether):
            return -1
        return int(self._is_of_it(text, around))

    def _is_of_it(self, text: str, around: str) -> bool:
        """Tell whether a sentence names the thing, or points back to what does, or to the title that does."""
        missing = set(self.of) - set(content_terms(text)) - _THE_COURSE
        points = len(missing) < len(self.of) or self.deed <= _CONTESTS or _POINTS.search(text) is not None
        return not missing or (points and missing <= set(content_terms(around)))

    def is_denied(self, text: str) -> bool:
        """Tell whether a sentence says of somebody that the deed was not theirs."""
        return any(_DENIES.search(text[:at]) for at in self._places(text))

    def is_of_another(self, text: str) -> bool:
        """Tell whether a sentence says the deed of another thing, with a word in common with what is asked about."""
        places = self._places(text)
        if not places or not self.of:
            return False
        part = _ONE_PART.search(text) if self.deed <= _CONTESTS else None
        if part and not set(self.of) & set(content_terms(part[0])):
            return True
        tokens = list(_TOKEN.finditer(text))
        named = [n for n, token in enumerate(tokens) if stem(token[0].lower()) == self.of[-1]]
        return bool(named) and all(self._is_part_of_another(text, tokens, n, places[0]) for n in named)

    def _is_part_of_another(self, text: str, tokens: list[re.Match[str]], n: int, deed_at: int) -> bool:
        """Tell a name with another word behind it ("telephone exchange"), or before it, where a word is missing."""
        behind = tokens[n + 1] if n + 1 < len(tokens) else None
        if behind and self._joins(text, tokens[n], behind) and self._is_noun(behind[0]):
            passive = n + 2 < len(tokens) and tokens[n + 2][0].lower() in ("is", "are", "was", "were")
            if passive or tokens[n].start() > deed_at:
                return True
        before = tokens[n - 1] if n else None
        lacks = not set(self.of) <= set(content_terms(text))
        return lacks and bool(before and self._joins(text, before, tokens[n]) and self._is_noun(before[0]))

    @staticmethod
    def _joins(text: str, one: re.Match[str], other: re.Match[str]) -> bool:
        return text[one.end() : other.start()] in (" ", "-")

    def _is_noun(self, word: str) -> bool:
        """Tell what may be part of a name: no function word, deed, number, nor a word in -ed, -ing or -ly."""
        terms = set(content_terms(word))
        of_verbs = word.endswith(("ed", "ly", "ing"))
        of_verbs = of_verbs or word.lower() in _PREPOSITIONS
        return bool(terms) and word.isalpha() and not of_verbs and not terms & (self.deed | set(self.of))

    def _places(self, text: str) -> list[int]:
        """Give where a text says the deed."""
        there = [m.start() for m in _TOKEN.finditer(text) if stem(m[0].lower()) in self.deed]
        not_it = (_NO_DEED, _WAS_BEATEN) if self.deed == _DEEDS[-2] else (_NO_DEED,)
        for said in not_it if there else ():
            there = [at for at in there if not any(m.start() <= at < m.end() for m in said.finditer(text))]
        there = [at for at in there if not self._is_its_own_deed(text[:at], text[at:])]
        if self.deed in _DEEDS[:2]:
            there += [m.start() for said in (_CAME_UP, _BY_SOMEBODY) for m in said.finditer(text)]
        return there + ([m.start() for m in BEAT.finditer(text)] if self.deed <= _CONTESTS else [])

    def _is_its_own_deed(self, before: str, behind: str) -> bool:
        """Tell what the thing itself did ("ReAct invented facts"), and what describes another ("an invented fact")."""
        last, deed = _TOKEN_LAST.search(before), _TOKEN.match(behind)
        if last is None or deed is None or not deed[0].lower().endswith(("ed", "ing")):
            return False
        return last[0].lower() in ("a", "an", "any", "some", "no", "such") or stem(last[0].lower()) in self.of[-1:]


@lru_cache(maxsize=256)
def relation_asked(question: str) -> Relation | None:
    """Give the deed or role that a question asks for and what it is of; None where it asks for no such thing.

    >>> asked = relation_asked("Who invented the telephone?")
    >>> asked and [asked.told_by(s) for s in ("Bell created the telephone.", "Gray did not invent the telephone.")]
    [1, -1]
    """
    asked = _WHICH_SIDE_LOST.sub("who", _BEHIND.sub("invented", _CAME_UP.sub("invented", question)))
    words = deed_asked_for(asked)
    if not words and _OF_A_DEED.match(question):
        words = [w for w in words_of(question) if content_terms(w)]
        deeds = [w for w in words if len(family_of(w)) > 1 and not family_of(w) <= _CONTESTS]
        words = [*deeds[:1], *(w for w in words if w != deeds[0])] if deeds else []
    of = tuple(content_terms(" ".join(words[1:])))
    if not of:
        return None
    return Relation(family_of(words[0]), of, whether=_WHETHER.match(question) is not None)


@lru_cache(maxsize=2_000)
def family_of(word: str) -> frozenset[str]:
    """Give the stems of the words that say the same deed; of a word without such a family its own.

    >>> stem("proposed") in family_of("invented"), sorted(family_of("coached"))
    (True, ['coach'])
    """
    own = stem(word.lower())
    return next((deed for deed in _DEEDS if own in deed), frozenset({own}))


_ASKS_PRESENT = re.compile(
    r"\W*(?:(?:what|who|which)(?:['’]s|\s+(?:[\w-]+\s+){0,2}?(?:is|are|was|were))\s+)?"
    r"(?:(?:the|a|an)\s+)?(?:(?:former|previous)\s+)?(?P<role>[\w-]+(?:\s+[\w-]+)?)"
    r"\s+(?:of|for|in|at)\b",
    re.IGNORECASE,
)
_ASKS_OWNERS = re.compile(
    r"\W*(?:what|who|which)(?:['’]s|\s+(?:[\w-]+\s+){0,2}?(?:is|are))\s+(?:the\s+)?(?:[\w-]+\s+){0,3}?[\w-]+(?:['’]s|s['’])"
    r"\s+(?P<role>[\w-]+(?:\s+[\w-]+)?)(?:\s+(?:now|today|currently|called|named))?\W*\Z",
    re.IGNORECASE,
)
_OFFICES = """
capital captain president head chair chairman chairwoman chairperson ceo cto cfo director minister king queen
leader coach manager editor dean owner currency mayor governor chancellor pope champion holder lecturer
instructor teacher professor assistant tutor host keeper emperor ambassador secretary treasurer principal
rector provost maintainer chief boss landlord tenant publisher sponsor supplier name
"""
_HELD = frozenset(map(stem, _OFFICES.split()))
"""What one has for a time and another after; of anything else "was" tells no end ("0.1 was the learning rate")."""
_ASKS_FORMER = re.compile(r"\b(?:former|previous|before|until|predecessor|used to be)\b", re.IGNORECASE)
_SUCCEEDED = re.compile(r"\b(?:succe(?:ed\w*|ssor)|replac\w+|follow(?:ed|ing)|took over|after)\b", re.IGNORECASE)
_ASKS_PAST = re.compile(
    r"\b(?:was|were|did|had|former\w*|previous\w*|first|last|old|original\w*|before|until|ago|used to|ex|in \d{4})\b",
    re.IGNORECASE,
)


def asks_former(question: str) -> bool:
    """Tell whether a question asks for who had a role before somebody, or until some day."""
    return _ASKS_FORMER.search(question) is not None


def role_told_by(question: str, text: str) -> int:
    """Give 1 for a sentence with the role that a question asks for as it is now, -1 where it says a former one.

    Where a former one is asked for, it is the other way round.

    >>> [role_told_by("Capital of Poland?", s) for s in ("Its capital is Warsaw.", "Kraków was the capital.")]
    [1, -1]
    >>> role_told_by("What was the capital of Poland before?", "Kraków was the capital of Poland until 1596.")
    1
    """
    role = _role_asked(question)
    if not role or role not in content_terms(text):
        return 0
    is_former = _told_as_former(role).search(text) is not None
    wanted = (is_former or _SUCCEEDED.search(text) is not None) if asks_former(question) else not is_former
    return 1 if wanted else -1


@lru_cache(maxsize=256)
def _role_asked(question: str) -> str:
    """Give the term of the role whose holder a question asks for, "" where it asks for none."""
    found = _ASKS_OWNERS.match(question) or _ASKS_PRESENT.match(question)
    terms = content_terms(found["role"]) if found and (asks_former(question) or not _ASKS_PAST.search(question)) else []
    return terms[-1] if terms and terms[-1] in _HELD else ""


@lru_cache(maxsize=256)
def _told_as_former(term: str) -> re.Pattern[str]:
    """Give what tells that somebody had a role."""
    between = r"(?:(?!\w+ed\b|(?:chosen|made|sworn|born)\b)[\w'’-]+\s+)"  # "was elected head" tells no end
    role = rf"{between}{{0,3}}?{re.escape(_stump(term))}\w*"
    return re.compile(
        rf"\b(?:former|formerly|previous|one-time|erstwhile|ex)[\s-]+{role}"
        rf"|\b(?:was|were|had been|served as|ceased to be)\s+{role}\b",
        re.IGNORECASE,
    )


def _stump(term: str) -> str:
    return term[:-1] if term.endswith("i") else term
