"""Judges whether passages support an answer at all. Writes no answer, and knows no topic.

Four things speak for it: how near the best passage's chunk is to the question, how near the best unit is, how much of
the question's wording that unit meets, and how well the words around it meet what the question asks *for* ("which
LoRA rank was used" asks for a rank: a passage about LoRA that gives none is no answer). Wording is met softly, each
word by the nearest word there (the greedy matching of BERTScore, Zhang et al. 2020, arXiv 1904.09675, with embeddings
of single words): a "bar exam" meets a "licensing test".

Four things speak against it: no number there where one is asked for, no passage on a thing that the question names,
less, a passage that does not call what is asked for by its name, and of a short question that nothing there meets its
rare words: "Do bees sleep at night?" finds bees in every passage of a course on bees, and sleep in none.

The weights of the four were set by logistic regression on our own questions over the sample course, then rounded
(tests/data/sample_questions.jsonl: 83 with an answer, 79 near misses without), and ENOUGH where a tenth of those with
an answer is refused. What is taken off was set on these and on questions over a larger course.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
from numpy.typing import NDArray

from assistant.arrangements import tells_place_or_time, thing_arranged
from assistant.asked import (
    asked_for,
    asks_address,
    asks_number,
    called_by_name,
    deed_asked_for,
    has_address,
    has_number,
    things_named,
    words_to_meet,
)
from assistant.contraries import denies_outright, exclusives, repeats_denial
from assistant.demands import demanded, demands
from assistant.selection import Candidate, Passage, beyond_title
from assistant.terms import content_terms, content_words, is_courtesy, rarity, stem, words_of
from assistant.units import units_of
from index_store.chunks import Embedder

PASSAGE, UNIT, WORDING, ASKED_FOR = 0.35, 0.2, 0.15, 0.3
ENOUGH = 0.525
NOTHING_IN_PARTICULAR = 0.74
"""What stands for ASKED_FOR's part in a question that names no such thing: the mean over those that do."""
_YEAR = re.compile(r"(?<![\d.,/-])(?:1[89]|20)\d\d(?![\d.,/-]\d|\d)")
NOT_MET = 0.12
"""Taken off an article that says nothing of what is asked beyond its title."""
NO_NUMBER = 0.1
"""Taken off where a number is asked for and there is none."""
NOT_SPOKEN_OF = 0.12
"""Taken off where the question names something that no passage has."""
SAID = 0.1
"""Added where a sentence says the very deed, or role, of the very thing that is asked about, or demands that thing."""
NOT_NAMED, MOSTLY_NAMED = 0.1, 0.7
"""What is asked for is mostly called by its name where it is told: how much that counts, and the share that it is."""
SHORT = 5
"""Content words up to which each of a question's is what is asked; a longer one is told in other words too."""
NOISE, RARE_MET, RARE_MISSING = 0.35, 0.5, 1.2
"""The cosine of two words that have nothing in common, the share of a short question's words that is mostly met, and
what a part of it that is missing takes off, over the number of the words: in a question of two each is half of it."""
SPELT_ALIKE = 0.86
"""Of two words, the ratio of Ratcliff and Obershelp (difflib): "Langchan" is LangChain, GPT-4 is not GPT-3."""
UNITS_READ, LEFT_MET = 4, 0.45
ARRANGED_WITHIN, ARRANGED_MET = 2, 0.6
"""Sentences around the best one that may name what is arranged, and the cosine of another word for it: between exam and
test (0.67), and exam and lecture (0.50)."""
OF_THE_KIND = 0.4
"""Cosine of what is asked for with what is one of its kind: assignments and quizzes."""
DEED_MET, OTHERS_MISSING = 0.55, 1
"""Cosine of the deed with the nearest word from which it is said (some 50 questions of our own over thirteen made-up
passages lie apart there), and how many of the other words may be missing in a text that is about the same."""


@dataclass(frozen=True, slots=True)
class Support:
    """How well the passages support an answer, and whether that is enough."""

    score: float
    enough: bool


def judge(question: str, passages: Sequence[Passage], candidates: Sequence[Candidate], embedder: Embedder) -> Support:
    """Judge the support that candidates, best first, give for answering a question."""
    if not candidates or is_courtesy(question):
        return Support(0.0, enough=False)
    best = max(candidates, key=lambda c: c.score - c.called)  # a name alone supports nothing
    heading, text = passages[best.passage].heading, passages[best.passage].text
    if not _has_the_years(question, passages) or _is_of_another_year(question, heading, best.unit.text):
        return Support(0.0, enough=False)
    says = best.told or _says_the_deed(question, f"{heading} {_without_others(text, candidates)}", embedder)
    if not (says and _tells_arrangement(question, best, candidates, heading, embedder)):
        return Support(0.0, enough=False)
    around = [c.unit.text for c in candidates if c.passage == best.passage and abs(c.place - best.place) <= 1]
    wording = met(words_of(question), f"{heading} {best.unit.text}", embedder)
    by_its_name = _is_what_does_not(question, best.unit.text, embedder)
    wanted = met(asked_for(question), " ".join([heading, *around]), embedder)
    wanted = max(wanted, NOTHING_IN_PARTICULAR) if wanted is not None and by_its_name else wanted
    score = (
        PASSAGE * max(p.cosine for p in passages)
        + UNIT * max(c.cosine for c in candidates)
        + WORDING * (wording or 0.0)
        + ASKED_FOR * (NOTHING_IN_PARTICULAR if wanted is None else wanted)
    )
    score += SAID * max(best.told, demands(best.unit.text, demanded(question)), 0)
    named = _share_named(question, f"{heading}\n{text}")
    if named is not None and not (by_its_name and named < MOSTLY_NAMED):
        score += NOT_NAMED * (named - MOSTLY_NAMED)
    if asks_number(question) and not has_number(" ".join(around)):
        score -= NO_NUMBER
    if not _speaks_of_all(question, passages):
        score -= NOT_SPOKEN_OF
    # Where it is not enough as it is, that makes no difference, and each word of the passage would be embedded.
    score -= _missing_of_short(question, f"{heading}\n{text}", passages, embedder) if score >= ENOUGH else 0.0
    if passages[best.passage].is_outside and not _meets_what_is_left(question, passages, candidates, embedder):
        score -= NOT_MET
    return Support(score, score >= ENOUGH)


def _tells_arrangement(
    question: str, best: Candidate, candidates: Sequence[Candidate], heading: str, embedder: Embedder
) -> bool:
    """Tell whether what is near speaks of the very thing whose place or time is asked for.

    It may have another word for it: an exam is a test.
    """
    thing = thing_arranged(question)
    if not thing:
        return True
    near = [
        c.unit.text for c in candidates if c.passage == best.passage and abs(c.place - best.place) <= ARRANGED_WITHIN
    ]
    said = "\n".join([heading, *near])
    if frozenset(content_terms(" ".join(thing))) <= frozenset(content_terms(said)):
        return True
    return tells_place_or_time(best.unit.text) and (met(thing, best.unit.text, embedder) or 0.0) >= ARRANGED_MET


def _is_what_does_not(question: str, text: str, embedder: Embedder) -> bool:
    """Tell whether a sentence names what does not do something by its own name: quizzes, of work that is not marked.

    Where it says no of one word alone, its name has to be near to what is asked for.
    """
    return repeats_denial(question, text) or (
        denies_outright(question, text)  # before any word is embedded: most questions deny nothing
        and any((met([word], text, embedder) or 0.0) >= OF_THE_KIND for word in asked_for(question))
    )


def _has_the_years(question: str, passages: Sequence[Passage]) -> bool:
    """Tell whether passages speak of the years that are asked about: what another year brought is no answer."""
    there = " ".join(f"{p.heading}\n{p.text}" for p in passages)
    return all(year in there or f"{year[:2]}s" in there for year in _YEAR.findall(question))


def _is_of_another_year(question: str, heading: str, said: str) -> bool:
    """Tell whether a passage is headed by another year than the one that is asked about, and does not say that year."""
    asked, headed = frozenset(_YEAR.findall(question)), frozenset(_YEAR.findall(heading))
    return bool(asked and headed) and not asked & (headed | frozenset(_YEAR.findall(said)))


def _meets_what_is_left(
    question: str, passages: Sequence[Passage], candidates: Sequence[Candidate], embedder: Embedder
) -> bool:
    """Tell whether an article says something of what is asked beyond its title; else it is only about the same."""
    left = beyond_title(question, passages[candidates[0].passage])
    held = frozenset(content_terms(" ".join(p.text for p in passages)))
    others = [w for w in dict.fromkeys(words_of(question)) if left & frozenset(content_terms(w)) - held]
    if not left or not others:
        return True
    near = met(others, " ".join(c.unit.text for c in candidates[:UNITS_READ]), embedder) or 0.0
    return (len(left & held) + near * len(left - held)) / len(left) >= LEFT_MET


def _share_named(question: str, text: str) -> float | None:
    """Give the share of the terms for what is asked that a text has; None where it asks for nothing by name."""
    terms = called_by_name(question)
    if terms and asks_address(question) and has_address(text):
        return 1.0  # an address for mail is told without the word for it
    return len(terms.intersection(content_terms(text))) / len(terms) if terms else None


def _without_others(text: str, candidates: Sequence[Candidate]) -> str:
    """Leave out the sentences that say the deed of something else, or that it was not done."""
    for candidate in candidates:
        text = text.replace(candidate.unit.text, " ") if candidate.told < 0 else text
    return text


def _says_the_deed(question: str, text: str, embedder: Embedder) -> bool:
    """Tell whether what is near says the deed or the role that a question for somebody asks for.

    Who coached the winners is not said by who won: a passage that has the other words of the question and none like
    this one is about the same, and silent on what is asked. Put in quite other words, it is left to the score.
    """
    words = deed_asked_for(question)
    if len(words) < 2:
        return True
    there = frozenset(content_terms(text))
    literal = [bool(there.intersection(content_terms(w))) for w in words]
    missing = literal.count(False) - 1
    if literal[0] or missing > OTHERS_MISSING or missing > (len(words) - 1) / 2:
        return True
    if any(stem(words[0]) in asked.wanted and asked.is_met(text) for asked in exclusives(question)):
        return True
    return (met(words[:1], text, embedder) or 0.0) >= DEED_MET


def _missing_of_short(question: str, text: str, passages: Sequence[Passage], embedder: Embedder) -> float:
    """Give what is taken off for what a text does not meet of a short question's words, each weighed by its rarity."""
    words = words_to_meet(question)
    terms, literal = [frozenset(content_terms(w)) for w in words], frozenset(content_terms(text))
    if not 0 < len(words) <= SHORT or all(t & literal for t in terms):
        return 0.0
    near = _nearest(words, text, embedder)
    if near is None:
        return 0.0
    held = [frozenset(content_terms(u.text)) for p in passages for u in units_of(p.text)]
    weights = [rarity(sum(bool(t & here) for here in held), len(held)) for t in terms]
    shares = [
        1.0 if t & literal else max(0.0, float(n) - NOISE) / (1 - NOISE) for t, n in zip(terms, near, strict=True)
    ]
    share = sum(w * s for w, s in zip(weights, shares, strict=True)) / sum(weights)
    return RARE_MISSING / len(words) * max(0.0, RARE_MET - share)


def _speaks_of_all(question: str, passages: Sequence[Passage]) -> bool:
    """Tell whether there is a passage on each thing that a question names, though it may be misspelt."""
    named = [term for name in things_named(question) for term in content_terms(name)]
    if not named:  # most questions: their passages need not be parted into terms
        return True
    there = frozenset(content_terms(" ".join(f"{p.heading}\n{p.text}" for p in passages)))
    missing = [term for term in named if term not in there]
    return all(get_close_matches(term, there, 1, SPELT_ALIKE) for term in missing)


def met(words: Sequence[str], text: str, embedder: Embedder) -> float | None:
    """Give the mean, over the content words among these, of the cosine with the nearest word of a text, -1 to 1."""
    near = _nearest(content_words(words), text, embedder)
    return None if near is None else float(near.mean())


def _nearest(words: Sequence[str], text: str, embedder: Embedder) -> NDArray[np.float32] | None:
    """Give the cosine of each word with the nearest one of a text, (words,); None where either has none."""
    there = [w for w in dict.fromkeys(words_of(text)) if len(w) > 1]
    if not words or not there:
        return None
    vectors = embedder.embed_texts([*words, *there])
    nearest: NDArray[np.float32] = (vectors[: len(words)] @ vectors[len(words) :].T).max(axis=1)
    return nearest
