"""Reads abbreviations with what they stand for: "River Net (RN)" names a model, "task learning (TL)" does not. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from assistant.tagging_forms import Tag, generic_words, name_at

_ABBREVIATION = re.compile(r"\s\(([A-Za-z][\w.-]{1,14})\)")
_SPELT_OUT = re.compile(r"(?<![\w-])((?:[A-Za-z]\w{0,30}[\s-]){1,10}[A-Za-z]\w{0,30})\s*\Z")
_WORDS = re.compile(r"[^\s-]+")
_LONGEST_SPELT_OUT = 11 * 32
_QUOTED = re.compile(r"[\"“”]([A-Z][^\"“”]{5,90})[\"“”]\s\(([A-Z][\w.-]{1,14})\)")
"""What is quoted may have commas: "Describe, Explain, Plan" (DEP)."""


def abbreviated(text: str) -> Iterator[Tag]:
    """Find the abbreviations that are given as names of models."""
    for start, spelt_out, short in _with_what_they_stand_for(text):
        if _is_given_as_a_model(text, start, spelt_out, short):
            yield from name_at(text, short.start(1), short.end(1))
    for match in _QUOTED.finditer(text):
        if abbreviates(match[2], match[1]) and PROPOSED.search(text[max(0, match.start() - 60) : match.start(2)]):
            yield from name_at(text, match.start(2), match.end(2))


def generic_abbreviations(text: str) -> frozenset[str]:
    """Give, in small letters, what the text abbreviates that is a class or somebody's technique, measure or task."""
    classes = (
        short[1]
        for start, spelt_out, short in _with_what_they_stand_for(text)
        if _is_class(text, start, spelt_out, short)
        or (_TECHNIQUE.search(spelt_out) and not PROPOSED.search(text[max(0, start - 60) : short.start(1)]))
    )
    by_noun = (
        m[1]
        for m in _GIVEN_WITH_ITS_NOUN.finditer(text)
        if not PROPOSED.search(text[max(0, m.start() - 60) : m.start()])
    )
    return frozenset(short.removesuffix("s").casefold() for short in (*classes, *by_noun))


_GIVEN_WITH_ITS_NOUN = re.compile(
    r"\s\(([A-Z][\w.-]{1,14})\)\s(?:objective|loss|algorithm|criterion|score|metric|optimi[sz]er|penalty|divergence|task)s?\b"
)


_SHORT_BEHIND = re.compile(
    r"(?:\s(?:[Mm]odels?|[Nn]etworks?|[Tt]ransformers?))?(\s\d+(?:\.\d+)?)?\s\(([A-Za-z][\w.+-]{1,14}(?:\s\d+(?:\.\d+)?)?)\)"
)


def shortened(text: str, names: Iterable[Tag]) -> Iterator[tuple[Tag, Tag]]:
    """Give the names of several words that stand before an abbreviation of theirs, each with that: it is the tag."""
    for one in names:
        short = _SHORT_BEHIND.match(text, one.end) if " " in one.name else None
        if short is None or short[2].casefold() in generic_words():
            continue
        if sum(c.isalpha() for c in short[2]) > 1 and abbreviates(
            short[2], one.name + text[one.end : short.start(2) - 2]
        ):
            yield one, Tag(short.start(2), short.end(2), short[2])


def _with_what_they_stand_for(text: str) -> Iterator[tuple[int, str, re.Match[str]]]:
    """Give where what is abbreviated begins, what it is, and its abbreviation in brackets."""
    after = 0
    for match in _ABBREVIATION.finditer(text):
        before = text[max(after, match.start() - _LONGEST_SPELT_OUT) : match.start()]
        spelt_out = _SPELT_OUT.search(before)
        if spelt_out is None:
            continue
        after = match.end()
        if abbreviates(match[1], spelt_out[1]):
            words = list(_WORDS.finditer(spelt_out[1]))[-len(match[1]) - 2 :]
            begins = words[0].start()
            yield match.start() - len(before) + spelt_out.start(1) + begins, spelt_out[1][begins:], match


def abbreviates(short: str, long: str) -> bool:
    """Tell whether the letters of an abbreviation stand, in order, at beginnings of the words before it.

    Where its small letters do not ("HiP" for hierarchical planning), its capitals have to.
    """
    letters = [c for c in re.sub(r"s$", "", short) if c.isalpha()]
    capitals = [c for c in letters if c.isupper()]
    words = [w for w in re.split(r"[\s-]+", long) if w]
    initials = "".join(w[0] for w in words[-len(letters) - 2 :]).casefold()
    return _in_order(letters, initials) or (1 < len(capitals) < len(letters) and _in_order(capitals, initials))


def _in_order(letters: list[str], initials: str) -> bool:
    at = 0
    for letter in letters:
        at = initials.find(letter.casefold(), at) + 1
        if at == 0:
            return False
    return True


_MODEL_NOUNS = re.compile(
    r"\b(?:models?|networks?|transformers?|machines?|autoencoders?|fields|agents?|system|architecture|decoders?"
    r"|encoders?|mixtures?|generator|assistant|perceptrons?)\b",
    re.IGNORECASE,
)


def _is_given_as_a_model(text: str, start: int, spelt_out: str, short: re.Match[str]) -> bool:
    """Tell whether what is abbreviated is a model: its words say so, or the authors propose it as one."""
    after = re.compile(r"\s+(?:index|algorithm|search|graph|dataset|data|task)")
    if _is_class(text, start, spelt_out, short) or after.match(text, short.end()):
        return False
    return bool(_MODEL_NOUNS.search(spelt_out) or re.search(r"\b[Oo]ur\s", spelt_out)) or bool(
        PROPOSED.search(text[max(0, start - 60) : short.start(1)])
    )


def _is_class(text: str, start: int, spelt_out: str, short: re.Match[str]) -> bool:
    """Tell a class of models; a "Large Tidal Model" that the authors propose, in the singular, is theirs."""
    if spelt_out.endswith("Model") and PROPOSED.search(text[max(0, start - 60) : short.start(1)]):
        return False
    return _CLASS.search(spelt_out) is not None


_CLASS = re.compile(
    r"\b(?:large|foundation|language|pre-?trained|vision|visual|multimodal|multi-modal|general)\b[^()]*\bmodels?$"
    r"|\bintelligence$",
    re.IGNORECASE,
)
"""Class names such as "large foundation models": their abbreviations are generic words."""
_TECHNIQUE = re.compile(
    r"\b(?:learning|prompting|tuning|optimi[sz]ation|decoding|search|inference|regulari[sz]ation|normali[sz]ation"
    r"|augmentation|feedback|reasoning|recognition|answering|summari[sz]ation|translation|detection|estimation|loss|rates?"
    r"|error|score|index|precision|accuracy|descent|sampling|distillation|pruning|quanti[sz]ation|compression"
    r"|interpolation|embeddings?|encodings?|tokens?|thoughts?|instructions?|prompts?|labell?ing|modell?ing|matching"
    r"|metrics?|tasks?|exams?|interfaces?|languages?|graphs?|questions?|points?)$",
    re.IGNORECASE,
)
PROPOSED = re.compile(r"\b(?:propose|introduce|present|develop|call|name|build|design)\w*\b[^.]*$")
