"""Tells which assignments a question is about: by words, by meaning, and by what was asked before it.

A question is about an assignment when it holds all words that name it or a phrase of its `about`, when it asks for the
solution of "the exercise" without saying which, when a part of it means nearly what such a phrase means, or when what
fits it best, by words and meaning or by meaning alone, stands in a solution. What the embedding model cannot
compare, a question in another language than all phrases, counts as about it. Errs on the side of the rule: whoever is
restricted wrongly is told so, and can ask anew.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from assistant.policy.assignment_words import (
    KIND,
    asks_for_the_open_one,
    names_a_kind,
    one_kind,
    points_at_the_open_one,
    wishes,
    without_others,
)
from assistant.policy.foreign import is_foreign
from assistant.policy.values import Assignment, matches
from assistant.terms import content_terms, is_courtesy
from index_store.chunks import Embedder

NEAR, NEAR_FOR_WORK, NEAREST = 0.6, 0.42, 0.75
"""Cosine with a phrase from which a question means it, from which one does that asks for work to be done, and from
which one of few words does that shares but one of them with the phrase."""
FIRST_PASSAGES, SOLVED_PASSAGES = 4, 2
"""So many of the first passages in a solution, or the very first, and a question is about it."""
LOOKED_AT, FAR, NEARLY = 8, 0.25, 0.08
"""So many passages are compared by their cosines; below FAR none has much to do with the question. One that is found
first, by its words, is about it where it is NEARLY as near as any that may be read."""
MOST_SEARCHED = 2_000
MEANT_TERMS = 3
PART_WORDS, STEP_WORDS = 40, 30
MOST_PARTS = 200
JOINED_TURNS = 3
MOST_TURNS = 50
REMEMBERED = 2_000
_JOINED = re.compile(r"[-_./]|(?<=[^\W\d])(?=\d)|(?<=\d)(?=[^\W\d])")
_FOR_WORK = re.compile(
    r"\b(?:writ(?:e|ing)|cod(?:e|ing)|function|implement\w*|program|script|notebook|solv\w+|solution|complete|finish\w*"
    r"|comput\w+|calculat\w+|generat\w+|produc\w+|creat\w+|mak(?:e|ing)|build|show|print|output|give me|fill|table"
    r"|do (?:it|this|that)|for me|translate|convert|correct|fix|debug|run)\b",
    re.IGNORECASE,
)
_MEANING = re.compile(r"\s*(?:what(?:'s| is| are| does| do)|define|explain)\b[^?.!\n]{0,80}\??\s*", re.IGNORECASE)
_DEFINED = re.compile(r"\s*how (?:is|are)\b[^?.!\n]{0,80}\bdefined\b[\s?]*", re.IGNORECASE)
_POINTS = re.compile(r"\b(?:it|its|that|this|these|those|they|them|there|one|ones)\b", re.IGNORECASE)
_OF_THE_TASK = re.compile(
    r"\b(?:solutions?|answers?|results?|code|tasks?|implement\w*|functions?|body|outputs?|labs?|assignments?|homework"
    r"|exercises?|notebooks?|cells?|values?|numbers?|scores?|full|complete|final|rest|next|missing)\b",
    re.IGNORECASE,
)
"""What a part of a solution is asked for with, as a word's meaning never is."""
_NUMBER_WORDS = "zero one two three four five six seven eight nine ten eleven twelve"
_NUMBERS = {word: str(n) for n, word in enumerate(_NUMBER_WORDS.split())}


Search = Callable[[str, int], Sequence[tuple[str, float]]]
"""Gives the passages that fit a question best, best first, hidden ones among them: path, and cosine with it."""


class Scope:
    """The assignments of a policy with their phrases embedded; many threads may ask at once."""

    def __init__(self, assignments: Sequence[Assignment], embedder: Embedder, search: Search | None = None) -> None:
        self._search = search
        self._assignments = tuple(assignments)
        self._embedder = embedder
        self._known: dict[str, frozenset[int]] = {}
        self._lock = threading.Lock()

    def concerned(
        self, question: str, history: Sequence[Mapping[str, str]], active: Sequence[Assignment]
    ) -> tuple[tuple[Assignment, ...], bool]:
        """Give the open assignments that a question is about, and whether only what was asked before makes it so.

        A conversation that has come to an assignment stays with it: a solution is also asked for in parts.
        """
        open_now = {n for n, a in enumerate(self._assignments) if a in active}
        if not open_now:
            return (), False
        earlier = [t["content"] for t in history if t.get("role") == "user" and t.get("content", "").strip()]
        earlier = earlier[-MOST_TURNS:]
        now = self._about(question) & open_now
        wished = _wished([*earlier, question])
        if wished[-1]:
            now |= open_now
        before = (
            frozenset().union(*(self._about(text) for text in earlier), self._together(earlier, question)) & open_now
        )
        if any(wished[:-1]):
            before |= open_now
        found = tuple(a for n, a in enumerate(self._assignments) if n in now | before)
        return found, bool(before) and not now

    def _together(self, earlier: Sequence[str], question: str) -> frozenset[int]:
        """Give what a question is about with those before it; the meaning of a word is no part of a solution."""
        if _asks_for_meaning(question):
            return frozenset()
        asked = [text for text in earlier[-JOINED_TURNS:] if not _asks_for_meaning(text)]
        return self._about("\n".join([*asked, question]))

    def _about(self, text: str) -> frozenset[int]:
        known = self._known.get(text)
        if known is None:
            known = self._judged(text)
            with self._lock:
                if len(self._known) >= REMEMBERED:
                    self._known.clear()
                self._known[text] = known
        return known

    def _judged(self, text: str) -> frozenset[int]:
        if is_courtesy(text):
            return frozenset()
        everything = {n for n, a in enumerate(self._assignments) if not a.about}
        rest = [without_others(text, a.name, a.about) for a in self._assignments]
        by_words = {n for n, phrases in enumerate(self._terms) if any(p <= _terms_of(rest[n]) for p in phrases)}
        unread = is_foreign(text)
        by_language = {n for n, a in enumerate(self._assignments) if unread and not any(is_foreign(p) for p in a.about)}
        named = everything | by_words | by_language
        for left in dict.fromkeys(rest):
            own = {n for n, other in enumerate(rest) if other == left}
            if left == text and asks_for_the_open_one(text):
                named |= own
            named |= own & (self._by_meaning(left) | self._by_search(left, left != text))
        return frozenset(named)

    def _by_meaning(self, text: str) -> set[int]:
        owners, vectors = self._phrases
        if not owners or _DEFINED.fullmatch(text):
            return set()
        cosines = (self._embedder.embed_texts(parts_of(text)) @ vectors.T).max(axis=0)
        enough = NEAR_FOR_WORK if _FOR_WORK.search(text) else NEAR
        named = _terms_of(_FOR_WORK.sub(" ", text))
        return {
            owner
            for owner, cosine, terms in zip(owners, cosines, self._phrase_terms, strict=True)
            if cosine >= enough and (len(named) > MEANT_TERMS or len(named & terms) > 1 or cosine >= NEAREST)
        }

    def _by_search(self, text: str, of_another: bool = False) -> set[int]:
        """Give the assignments whose solutions hold much of what fits a text best.

        Of a text that names little but an assignment of any kind, or another one, the kind itself would be found.
        """
        pointed = points_at_the_open_one(text)
        least = MEANT_TERMS if of_another else 1 if names_a_kind(text) and not pointed else -1
        if len(_terms_of(text) - {KIND}) <= least:
            return set()
        hidden = {n: a.solutions for n, a in enumerate(self._assignments) if a.solutions}
        if self._search is None or not hidden or _asks_for_meaning(text):
            return set()
        found = self._search(text[:MOST_SEARCHED], LOOKED_AT)
        solved = {n: [matches(path, globs) for path, _ in found] for n, globs in hidden.items()}
        cosines = [cosine for _, cosine in found]
        first = {n for n, own in solved.items() if any(own[:1])}
        several = {n for n, own in solved.items() if sum(own[:FIRST_PASSAGES]) >= SOLVED_PASSAGES}
        at_all, nearly, nearest = (
            {n for n, own in solved.items() if _is_as_near(cosines, own, but_for)} for but_for in (1.0, NEARLY, 0.0)
        )
        found_first = (first & several & at_all) | ((first | several) & nearly)
        return found_first | nearest | (nearly if pointed else set())

    @cached_property
    def _terms(self) -> list[list[frozenset[str]]]:
        """Give for each assignment the words of its name and of its phrases; one word alone is not enough."""
        named = [[_terms_of(text) for text in (a.name, *a.about)] for a in self._assignments]
        return [[terms for n, terms in enumerate(phrases) if len(terms) > 1 or (n == 0 and terms)] for phrases in named]

    @cached_property
    def _phrase_terms(self) -> list[frozenset[str]]:
        return [_terms_of(phrase) for a in self._assignments for phrase in a.about]

    @cached_property
    def _phrases(self) -> tuple[list[int], NDArray[np.float32]]:
        owners = [n for n, a in enumerate(self._assignments) for _ in a.about]
        texts = [phrase for a in self._assignments for phrase in a.about]
        return owners, self._embedder.embed_texts(texts) if texts else np.zeros((0, 0), np.float32)


def _wished(asked: Sequence[str]) -> list[bool]:
    """Tell of each text of a conversation whether it wishes for a solution, and nothing before it says of what."""
    found, is_first = [], True
    for text in asked:
        found.append(wishes(text, is_first))
        is_first = is_first and is_courtesy(text)
    return found


def _is_as_near(cosines: Sequence[float], in_solution: Sequence[bool], but_for: float = 0.0) -> bool:
    """Tell whether a passage of a solution is as near to a question as any that may be read, `but_for` so much."""
    of_it = max((c for c, own in zip(cosines, in_solution, strict=True) if own), default=0.0)
    other = max((c for c, own in zip(cosines, in_solution, strict=True) if not own), default=0.0)
    return of_it >= max(FAR, other - but_for)


def _asks_for_meaning(text: str) -> bool:
    """Tell whether a text asks what a word means: that is no part of a solution, wherever it is told."""
    of_the_task = _POINTS.search(text) or _OF_THE_TASK.search(text)
    return bool(_MEANING.fullmatch(text)) and len(content_terms(text)) <= MEANT_TERMS and not of_the_task


def _terms_of(text: str) -> frozenset[str]:
    """Give the content terms of a text, those of names such as `lab-03_run.ipynb` one by one."""
    parted = _JOINED.sub(" ", one_kind(text))
    return frozenset(_NUMBERS.get(term, term.lstrip("0") or "0") for term in content_terms(parted))


def parts_of(text: str) -> list[str]:
    """Cut a text into parts of PART_WORDS words that overlap, so that nothing hides in the middle of a long one."""
    words = text.split()
    starts = range(0, max(1, len(words) - (PART_WORDS - STEP_WORDS)), STEP_WORDS)
    parts = [" ".join(words[at : at + PART_WORDS]) for at in starts]
    return parts[: MOST_PARTS // 2] + parts[MOST_PARTS // 2 :][-MOST_PARTS // 2 :]
