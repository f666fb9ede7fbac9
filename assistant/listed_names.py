"""Finds the names of the list in a text: in any case, with version, variant and checkpoint behind them. Pure.

A size is no part of a name ("LLaMA-13B" gives "LLaMA"), a version or variant is ("LLaMA 2", "GPT-3.5-turbo").
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache

from assistant.tagging_forms import COUNTED, SIZE, VERSION, Tag, is_plain_word, lines_of

_KNOWN: ContextVar[tuple[str, ...] | None] = ContextVar("lectern_known_names", default=None)


def known_names() -> tuple[str, ...]:
    """Give the name list, or what `knowing` has put in its place."""
    chosen = _KNOWN.get()
    return _packaged_names() if chosen is None else chosen


@contextmanager
def knowing(names: Iterable[str]) -> Iterator[None]:
    """Let the rules know these names instead of the list: to see how much of a figure is the list's."""
    token = _KNOWN.set(tuple(names))
    try:
        yield
    finally:
        _KNOWN.reset(token)


@cache
def _packaged_names() -> tuple[str, ...]:
    return lines_of("model_names.txt")


_NUMBERED = (
    r"(?:[- ](?-i:Sonnet|Opus|Haiku|Pro|Flash|Large|Medium|Small|Mini|Nano|Ultra|Plus|Lite|Instant"
    r"|Turbo|Coder|Chat|Math)|-(?:sonnet|opus|haiku|pro|flash|large|medium|small|mini|nano|lite|turbo|coder))"
    rf"[- ]\d{{1,2}}(?:\.\d{{1,2}})?(?![\w.]*\d|\s?[BMK]\b|{COUNTED})"
)
"""A variant with a version of its own: "Claude Opus 4.1"."""
_LETTERED = r"-(?-i:[A-EG-Z]\d{1,2}(?:\.\d)?V?)(?![\w/-]|\.\d)"
"""A version of a letter and a number, as in "Kimi-K2"; "-F1" is a score."""
# A version or a variant is part of the name, a size is not, unless a variant stands behind it.
# Behind a space a variant has a capital ("GPT-4 Vision"; not "the PaLI vision model"), but for sizes in words, and
# those not where they belong to what follows ("a BERT base model").
_VARIANT = (
    rf"(?:{_NUMBERED}|{_LETTERED}"
    r"|(?:-(?:(?-i:LM|MoE)|Chat|Instruct|Turbo|Coder|Vision|Math|VL|XL|XXL|Base|Large|Small|Tiny|Mini|Nano|Pro|Ultra"
    r"|Plus|Flash)|[- ](?-i:MoE|Chat|Instruct|Turbo|Coder|Vision|Math|VL|XL|XXL|Base|Large|Small|Tiny|Mini|Nano|Pro"
    r"|Ultra|Plus|Flash|Sonnet|Opus|Haiku|Medium|Instant|Preview|Thinking|Lite)"
    r"|[ ](?:turbo|mini|(?:base|large|small|tiny)(?!\s(?:LMs?|LLMs?|models?|language|scale|set|amounts?|number|part)))"
    r"|-(?:chat|instruct|turbo|large|base|small|mini|xl|xxl|preview|medium|sonnet|opus|haiku))\b"
    r"|[ ]-[ ](?-i:Chat|Instruct|Python|Base|Coder|Math|Vision|Large|Small)\b"
    r"|-[A-Z](?:/\d{1,2}\b|(?![\w/-])))"
)
_BEHIND = (
    rf"(?:(?<=\d)\.\d{{1,2}}(?![\d.]*\d))?(?:{VERSION})?(?:[- ]{SIZE}(?={_VARIANT}))?(?:{_VARIANT})*"
    r"(?:(?<=[A-Z])/\d{1,2}\b|(?<=[a-z])[- ]v\d+(?:\.\d+)*)?"
)
_CHECKPOINT = re.compile(
    rf"(?:-(?:{SIZE}|(?:un)?cased|multilingual|hf|it|latest|distill?|base|large|small|tiny|mini|chat|instruct|preview"
    r"|v\d+(?:\.\d+){0,3}|[lhp]\d+|patch\d+|\d{1,4}k?)(?![A-Za-z0-9]|/\d)){1,6}",
    re.IGNORECASE,
)
_SIZES_BEHIND = re.compile(rf"(?:-{SIZE})+$", re.IGNORECASE)
_CHECKPOINT_BEFORE = re.compile(
    r"(?<![\w-])(?!(?:non|pre|post|multi|cross|anti|sub|self|like|vs|tuned|trained|based|frozen|vanilla)-)[a-z]{2,12}-\Z"
)
_COMPOUND_BEFORE = re.compile(
    r"(?<![\w-])(?!(?:Non|Pre|Post|Anti|Sub|Self|Cross|Inter|Like|Ex)-)[A-Z][A-Za-z]{0,20}-\Z"
)


@lru_cache(maxsize=8)
def _list_pattern(names: frozenset[str]) -> re.Pattern[str]:
    by_letter: dict[str, list[str]] = {}  # so that a word is compared with the names of its own letter alone
    for name in sorted(names, key=lambda name: (-len(name), name)):
        by_letter.setdefault(name[:1].casefold(), []).append(_spellings(name))
    spelt = "|".join(rf"(?={re.escape(letter)})(?:{'|'.join(same)})" for letter, same in by_letter.items())
    return re.compile(
        rf"(?<![\w])(?:{spelt}){_BEHIND}(?:s\b)?(?:(?![A-Za-z0-9]|\.\d)|(?=\d{{1,3}}(?:\.\d)?[BM]\b))",
        re.IGNORECASE,
    )


def _spellings(name: str) -> str:
    """Give a pattern of a name: a space in it may be a hyphen, and the other way round before a version ("R1", "3")."""
    return re.sub(r"(?<=[A-Za-z]{3})\\-(?=[A-Z]?\d)", "[- ]", re.escape(name).replace(r"\ ", r"[- ]"))


@lru_cache(maxsize=8)
def together(known: tuple[str, ...], extra: tuple[str, ...] = ()) -> frozenset[str]:
    """Give both as one set, the same one for the same names."""
    return frozenset((*known, *extra))


@lru_cache(maxsize=8)
def by_small(names: frozenset[str]) -> dict[str, str]:
    """Give names by their small letters."""
    return {name.casefold(): name for name in names}


def listed(text: str, extra: tuple[str, ...]) -> Iterator[Tag]:
    """Find the names of the list, and `extra` ones; they may overlap with what other rules find."""
    known = together(known_names(), extra)
    if not known:
        return
    spellings = by_small(known)
    for match in _list_pattern(known).finditer(text):
        start, end = _checkpoint(text, match.start(), match.end(), spellings)
        is_name = _spelt_as_a_name(text[start:end], match[0], spellings) and not _is_a_letter(text, start, end)
        if is_name and not _begins_a_sentence_as_a_word(text, start, end):
            yield Tag(start, end, text[start:end])


def _checkpoint(text: str, start: int, end: int, known: Container[str]) -> tuple[int, int]:
    """Take in what hyphens join to a name ("bert-base-uncased", "Sentence-BERT"), but for sizes at its end."""
    more = _CHECKPOINT.match(text, end)
    if more is not None:
        end = max(end, end + len(_SIZES_BEHIND.sub("", more[0])))
    if text[start - 1 : start] != "-":
        return start, end
    before = _COMPOUND_BEFORE.search(text, max(0, start - 24), start)
    if before is not None and before[0][:-1].casefold() in known:
        return start, end
    if before is None and "-" in text[start:end]:
        before = _CHECKPOINT_BEFORE.search(text, max(0, start - 14), start)
    return (start if before is None else before.start()), end


_SMALL_VARIANT = re.compile(r"-(?:[a-z]+|v?\d[\d.]*)\Z")
_LONG_ENOUGH = 7
"""Letters from which a name of several capitals ("ChatGPT") is no ordinary word in small letters either."""


def _spelt_as_a_name(written: str, listed: str, spellings: dict[str, str]) -> bool:
    """Tell a name from an ordinary word ("falcon", "cohere"): it is in the list so, or it has a capital or a digit."""
    name = spellings.get(written.casefold())
    if name is not None and (written == name or (len(name) >= _LONG_ENOUGH and _capitals(name) > 1)):
        return True
    if written != listed or _SMALL_VARIANT.search(written):  # "bert-base", "bert-base-uncased"
        return True
    return _capitals(written) > 1 or written[0].isupper() or any(c.isdigit() for c in written)


_BEGINS_A_SENTENCE = re.compile(r"(?:\A|[.!?:]\s|\n)\Z")
_ENGLISH_WORDS = frozenset(
    ("bloom", "clap", "clip", "cove", "flan", "glide", "glove", "opt", "palm", "realm", "retro", "sam")
)
"""Names of the list that have several capitals, and are ordinary words with one."""


def _begins_a_sentence_as_a_word(text: str, start: int, end: int) -> bool:
    """Tell "Palm oil" and "Clip art" from PaLM and CLIP: the word has its capital from the sentence that it begins."""
    written = text[start:end]
    if written.casefold() not in _ENGLISH_WORDS or not is_plain_word(written):
        return False
    return _BEGINS_A_SENTENCE.search(text, max(0, start - 2), start) is not None


def _capitals(name: str) -> int:
    return sum(c.isupper() for c in name)


_OF_THE_LETTER = re.compile(r"o[134](?![A-Za-z0-9-])")
_OF_LANGUAGE_MODELS = re.compile(
    r"\b(?:LLMs?|[Ll]anguage models?|[Rr]easoning models?|OpenAI|GPT|Claude|Gemini|DeepSeek)\b"
)


def _is_a_letter(text: str, start: int, end: int) -> bool:
    """Tell ozone and the first of some observations from OpenAI's o1, which the text has to speak of."""
    written = text[start:end]
    if re.fullmatch(r"[oO]\d", written[:2]) is None or written[2:3].isalnum():
        return False
    if written[0] == "O":
        return True
    if _OF_THE_LETTER.fullmatch(written) is None:
        return False
    return _OF_LANGUAGE_MODELS.search(text) is None or re.search(r"\bo[0256789]\b", text) is not None
