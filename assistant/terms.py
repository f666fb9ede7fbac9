"""Content words of a text: what is left of it without function words, in a form that plural and tense do not change.

Pure and quick; used to weigh how much of a question a passage speaks about. Stems are for comparing, never shown.
"""

from __future__ import annotations

import math
import re
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from typing import Any

_WORD = re.compile(r"[^\W_]+(?:[.'’-][^\W_]+)*")
_FUNCTION_WORDS = """
a about above after again all also although am an and any are aren't as at be because been before being below
between both but by can can't cannot could couldn't did didn't do does doesn't doing don't down during each
either else ever every few for from further get gets give given gives go goes got had hadn't has hasn't have
haven't having he her here hers him his how however i i'm i've if in into is isn't it it's its itself just let
let's like made make makes many may me might mine more most much must my myself name need needs no nor not now
of off often on once one ones only or other others ought our ours out over own part per please put quite
rather really said same say says see seem seems seen several shall she should show shows since so some someone
something still such tell than that that's the their theirs them themselves then there there's these they this
those though through thus to too under until up upon us use used uses using usually very want was way we well
were what what's whatever when where where's whether which while who who's whom whose why will with within
without won't would yes yet you you're your yours yourself called call mean means meant kind kinds sort sorts
thing things explain describe know take takes happen happens come comes able actually anyone anything another
else instead done
"""
_FUNCTION = frozenset(_FUNCTION_WORDS.split())
_COURTESY_WORDS = "hi hello hey thanks thank welcome bye goodbye cheers okay ok great cool nice perfect sorry"
_COURTESY = frozenset(_COURTESY_WORDS.split())
_ASKING_WORDS = "what which who whom whose when where why how can could do does did is are was were will"
_ASKING = frozenset(_ASKING_WORDS.split())


def words_of(text: str) -> list[str]:
    """Give the words of a text in small letters, numbers among them."""
    return [match[0].lower().replace("’", "'") for match in _WORD.finditer(text)]


def is_function_word(word: str) -> bool:
    """Tell whether a word, in small letters, is an English function word."""
    return word in _FUNCTION


def is_courtesy(text: str) -> bool:
    """Tell whether a message greets or thanks, and asks nothing.

    >>> is_courtesy("Hello there!"), is_courtesy("thanks, and how?"), is_courtesy("print hello world")
    (True, False, False)
    """
    words = set(words_of(text))
    return bool(words & _COURTESY) and words <= _COURTESY | {"lot", "help"} | _FUNCTION - _ASKING


_STEMMING = threading.Lock()


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """Reduce an English word to its stem (Snowball's English stemmer, M. Porter 2001); numbers stay as they are.

    >>> [stem(w) for w in ("studies", "models", "prompting", "1.48")]
    ['studi', 'model', 'prompt', '1.48']
    """
    if any(c.isdigit() for c in word):
        return word
    with _STEMMING:  # it keeps the word that it works on: two threads in it at once give wrong stems, or none
        return str(_stemmer().stemWord(word))


@cache
def _stemmer() -> Any:
    import snowballstemmer

    return snowballstemmer.stemmer("english")


def content_terms(text: str) -> list[str]:
    """Give the stems of a text's content words, each once, in order.

    >>> content_terms("How does Active-Prompt choose which questions humans annotate?")
    ['activ', 'prompt', 'choos', 'question', 'human', 'annot']
    """
    found: dict[str, None] = {}
    for word in words_of(text):
        for part in word.split("-"):
            if part and part not in _FUNCTION and (len(part) > 1 or part.isdigit()):
                found.setdefault(stem(part))
    return list(found)


def content_words(words: Iterable[str]) -> list[str]:
    """Give those of some words that say something, each once.

    >>> content_words(["what", "is", "a", "kiln", "kiln"])
    ['kiln']
    """
    return [word for word in dict.fromkeys(words) if content_terms(word)]


def coverage(question: str, held: Sequence[frozenset[str]]) -> list[float]:
    """Give for each text, given as its terms, the share of a question's that it holds, 0 to 1; rare ones count more."""
    terms = content_terms(question)
    counts = Counter(t for terms_here in held for t in terms_here)
    weight = {t: rarity(counts[t], len(held)) for t in terms}
    whole = sum(weight.values())
    if not whole:
        return [0.0] * len(held)
    return [sum(weight[t] for t in terms if t in here) / whole for here in held]


def rarity(holding: int, texts: int) -> float:
    """Weigh a term by how many of some texts hold it: inverse document frequency, smoothed (K. Sparck Jones 1972)."""
    return math.log(1 + texts / (1 + holding))
