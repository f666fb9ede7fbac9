"""Reads lists of names: examples of models ("chatbots such as Heron, Egret"), and what stands beside a name. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from assistant.tagging_abbreviations import abbreviates
from assistant.tagging_forms import NAME, SIZE, SIZED, Tag, generic_words, is_plain_word, name_at
from assistant.tagging_sized import is_no_name

_PLAIN_NAME = (
    r"[A-Z](?:[A-Za-z0-9+-]|\.(?=[A-Za-z0-9])){1,30}"
    r"(?:[ -](?:\d+(?:\.\d+)?|[A-Z][a-z]{1,12}|(?<=[a-z] )[A-Z]{2,4})\b){0,3}"
)
_MAKER = r"(?:[A-Z]\w{1,20}'s\s)?"
_AND = r"(?:,\s(?:and\s|or\s)?|\s(?:and|or)\s)"
_EXAMPLES = re.compile(
    r"\b(?i:models?|LMs?|LLMs?|PLMs?|LVLMs?|VLMs?|MLLMs?|systems?|chatbots?|agents?|transformers?|architectures?|baselines?"
    r"|generators?|encoders?|backbones?|families|LLM APIs|engines?|detectors?|vocoders?|codecs?|retrievers?|rankers?"
    r"|forecasters?|recommenders?|classifiers?|neural operators?)"
    rf"(?:\s\((?:e\.g\.,?\s|i\.e\.,?\s|such as\s|including\s)?|,?\s(?:such as|including|like|namely|e\.g\.,?)\s"
    rf"|(?::|\s--?|\s?—)\s(?={_PLAIN_NAME}{_AND}{_PLAIN_NAME}))"
    rf"({_MAKER}{_PLAIN_NAME}(?:{_AND}{_MAKER}{_PLAIN_NAME}){{0,8}})"
)
"""A list of examples of models, in which a plain word with a capital is a name too."""
_EACH = re.compile(rf"{_MAKER}({_PLAIN_NAME})")
_BEHIND = rf"(?:[ -]{SIZE})?(?:\s\([^()]{{1,25}}\))?"
_NEXT = re.compile(
    rf"{_BEHIND}(?:(?:,\s|\s)(?:and|or)\s{_MAKER}({NAME})(?=[\s,.;:)])|,\s{_MAKER}({NAME})(?={_BEHIND}(?:[,;)]|\.\s|\s(?:and|or)\s)))"
)
"""What follows a name in a list; behind a comma alone, it has to go on like a list, or to have begun like one."""
_LAST = re.compile(rf"{_BEHIND},\s{_MAKER}({NAME})(?=\s[a-z])")
_BETWEEN = re.compile(rf"{_BEHIND}{_AND}((?:[A-Z][a-z]{{3,15}}{_AND}){{1,3}}){_MAKER}")
_PLAIN = re.compile(r"[A-Z][a-z]{3,15}")
_PRECEDES = re.compile(
    rf"(?<![\w.-])(?P<before>(?:[Oo]n|[Ii]n)\s)?(?P<name>{NAME}){_BEHIND}"
    rf"(?:,?\s(?:and|or|as well as)\s|(?P<comma>,\s)){_MAKER}(?:(?:the|an?)\s)?\Z"
)
"""What stands before a name in a list; a comma alone may end a clause ("On FOO, BAR")."""
_GOES_ON = re.compile(rf"{_BEHIND}(?:,?\s(?:and|or)\s|,\s)\S*[A-Z]")
_AND_PLAIN = re.compile(
    rf"{_BEHIND},?\s(?:and|or)\s([A-Z][a-z]{{3,15}})(?=[.,;:)](?:\s|\Z)|\s(?:on|in|for|with|by|to|as|at|under|are|were|is|was"
    r"|can|do|have|both|all|also|which|that|each|learn|fail|achieve|perform|outperform|show|reach|remain|lose|use|produce"
    r"|generate|struggle|obtain|get|yield|require|need|behave|agree|differ)\b)"
)
_ROUNDS = 12
"""As many names of a list as are told by one of them."""
_VARIANTS = r"(?:Chat|Instruct|Base|Large|Small|Tiny|Mini|Nano|Pro|Ultra|Plus|Lite|Coder|Math|Vision|VL|XL|Audio|Turbo)"


def given_as_examples(text: str) -> Iterator[Tag]:
    """Find what is given as an example of a model."""
    for match in _EXAMPLES.finditer(text):
        if not abbreviates(match[1], text[max(0, match.start() - 60) : match.start(1) - 2]):
            for each in _EACH.finditer(text, match.start(1), match.end(1)):
                name = SIZED.sub("", each[1]).rstrip(".-")
                if name.casefold() not in generic_words() and len(name) > 2:
                    yield Tag(each.start(1), each.start(1) + len(name), name)


def beside(text: str, names: Sequence[Tag]) -> Iterator[Tag]:
    """Find what stands in a list with names, and the variants of names that are plain words ("Heron-Chat")."""
    by_start = {one.start: one for one in names}
    new = list(names)
    for _ in range(_ROUNDS):
        found = {t.start: t for one in new for t in (*_following(text, one), *_preceding(text, one))}
        new = [t for start, t in found.items() if start not in by_start]
        by_start.update({t.start: t for t in new})
        yield from new
        if not new:
            break
    for one in list(by_start.values()):
        yield from _between(text, one, by_start)
        yield from _plain_behind(text, one)
        yield from _variants(text, one)


def _following(text: str, one: Tag) -> Iterator[Tag]:
    follows = _NEXT.match(text, one.end)
    if follows is None and text.endswith(", ", 0, one.start):
        follows = _LAST.match(text, one.end)
    if follows is not None:
        group = follows.lastindex or 1
        yield from name_at(text, follows.start(group), follows.end(group))


def _preceding(text: str, one: Tag) -> Iterator[Tag]:
    precedes = _PRECEDES.search(text, max(0, one.start - 80), one.start)
    if precedes is None or precedes["before"] or (precedes["comma"] and not _GOES_ON.match(text, one.end)):
        return
    yield from name_at(text, *precedes.span("name"))


def _between(text: str, one: Tag, by_start: Mapping[int, Tag]) -> Iterator[Tag]:
    """Find the plain words between two names: "FOO, Heron, Egret and BAR"."""
    between = _BETWEEN.match(text, one.end)
    if between is not None and between.end() in by_start:
        for word in _PLAIN.finditer(text, *between.span(1)):
            if word[0].casefold() not in generic_words():
                yield Tag(word.start(), word.end(), word[0])


def _plain_behind(text: str, one: Tag) -> Iterator[Tag]:
    """Find the plain word of a pair: "FOO and Heron learn"."""
    plain = _AND_PLAIN.match(text, one.end)
    if plain is not None and not is_no_name(plain[1]):
        yield Tag(plain.start(1), plain.end(1), plain[1])


def _variants(text: str, one: Tag) -> Iterator[Tag]:
    if f"{one.name}-" in text and is_plain_word(one.name):
        for match in re.finditer(rf"(?<![\w-]){one.name}-{_VARIANTS}\b(?!-)", text):
            yield Tag(match.start(), match.end(), match[0])
