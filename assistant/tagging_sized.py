"""Finds names that are plain words, by a size or by what is said of them: "Heron-13B", "Heron is a 3B language model".

A plain word with a capital is a name only where nothing else can be meant: a size of a model stands behind it, or the
text says outright which model it is. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from assistant.tagging_forms import SIZE, Tag, generic_words, lines_of, looks_like_a_name, name_at

_PLAIN = r"(?<![\w./-])([A-Z][a-z]{2,})"
_VARIANT = r"(?:-(?:Chat|Instruct|Base|Coder|Math|Code|Vision|VL|Audio|Turbo|Preview|Thinking|SFT|DPO|RL)\b)"
_COUNTED = (
    r"(?!\S*\s(?:tokens?|words?|samples?|images?|pairs?|examples?|documents?|sentences?|pages?|lines|rows|steps|users"
    r"|people|data ?sets?|corpus|corpora|collections?|benchmarks?)\b)"
)
"""What a size counts, if it is of data and not of a model."""
_SIZE_JOINED = re.compile(rf"{_PLAIN}-\d+(?:\.\d+)?B(?![\w])(?:({_VARIANT}+)|(?![-/]?\w)){_COUNTED}")
_KINDS = (
    r"(?:(?:language|vision-language|foundation|diffusion|text-to-\w+|speech|embedding|generative|reasoning|code"
    r"|translation|reward|world|segmentation|dialogue|multi-?modal|sequence|audio|video)\s(?:model|transformer)"
    r"|LLM|LM|VLM|MLLM|SLM|PLM|transformer|chatbot|autoencoder|neural network|agent|retriever|encoder)"
)
_ENDS = (
    r"(?=[.,;:)]|\Z"
    r"|\s(?:that|which|trained|pre-?trained|fine-?tuned|for|of|with|built|designed|from|based|and|by|to)\b)"
)
_SAID = re.compile(
    rf"{_PLAIN}(?:-\d+(?:\.\d+)?[BM]|\s\(?\d+(?:\.\d+)?[BM]\)?)?\sis\s(?:a|an|our)\s"
    rf"(?:(?!of\b|for\b|to\b|in\b|on\b)[\w.-]+\s){{0,5}}?{_KINDS}{_ENDS}"
)
_INTRODUCED = re.compile(
    r"\b(?:introduc|propos|present|releas|open-sourc|unveil|announc|develop)\w*\s(?:the|our)\s(?:new\s|novel\s)?"
    rf"{_PLAIN}\s(?:(?:family|series|suite)\sof\s)?(?:(?:large|open|small|[a-z-]+)\s)?"
    r"(?:language\s|foundation\s|diffusion\s)?(?:models?|LLMs?|LMs?|architecture|network|transformer|chatbot|agent)\b"
)
_SIZED_HERE = rf"{_PLAIN}(?:-(?={SIZE})|\s(?=\d+(?:\.\d+)?[BM]\b)|\s\((?=\d+(?:\.\d+)?[BM]\)))\(?{SIZE}\)?"
_OWN_SIZED = re.compile(
    r"\b(?:propos|introduc|present|develop|releas|describ|design|(?:pre-?)?train|build|built|unveil|creat|open-sourc"
    r"|report|evaluat|announc|compar|fine-?tun|prompt|outperform|surpass|exceed|beat|call|nam|dub|distil)\w*\s"
    rf"(?:(?:it|into|from|our|the|new|model|called|with|a|an)\s){{0,3}}{_SIZED_HERE}{_COUNTED}"
)
"""What is made, measured or beaten and has a size."""
_ACTS = re.compile(
    rf"{_SIZED_HERE}(?={_VARIANT}*,?\s(?:achiev|outperform|surpass|attain|exceed|beat|generat|match|rival|reach|scores)\w*\b)"
)
_DESCRIBED_BY_SIZE = re.compile(
    rf"\b(?:into|called|named|dubbed|obtain|get|train|build|derive|yields?)\s{_PLAIN},\san?\s(?:[\w-]+\s){{0,3}}?{SIZE}"
    r"[- ](?:parameters?[- ])?(?:[\w-]+\s){0,3}?(?:model|LM|LLM|student|network|transformer|encoder|decoder)\b"
)
_ANY_WITH_SIZE = re.compile(
    r"(?<![\w./-])(?![A-Z]{2}-)((?=[\w-]{0,60}?[A-Z])[A-Za-z]\w{1,30}+"
    r"(?:-[A-Za-z]\w{0,30}+|-\d(?:\.\d)?(?=-[A-Za-z\d])){0,4})-\d{1,3}(?:\.\d+)?[Bb]"
    r"(-(?:chat|beta|alpha|instruct|base|preview|thinking|hf|it|v\d(?:\.\d)?|Chat|Beta|Instruct|Base|Preview|Thinking)){0,2}"
    r"(?![\w/-])" + _COUNTED
)
"""A name of any form to which the size of a model is joined; two capitals with one (SA-1B) are data more often."""
_HYPHENED = re.compile(r"(?<![\w./+-])[A-Za-z]\w+-\w")
"""A word that may have a number or a size behind a hyphen, all of which begin so."""
_VERSIONED = re.compile(
    r"(?<![\w./+-])(?<!\b[Oo]n )(?![\w-]{0,30}(?:Attention|Optim|Adam|SGD|Prompt|Search|Decoding|Sampling)-)"
    r"((?=[\w-]{0,30}?[A-Z])[A-Za-z][A-Za-z]{1,15}(?:-[A-Z][A-Za-z]{0,15})?-v?[1-9](?:\.\d{1,2})?[oV]?)"
    r"(?=[.,;:]?\s|[,;:)]|'s|-(?:powered|based|generated|level|style|like|driven|family|turbo|[Cc]hat|[Ii]nstruct)\b|\Z)"
)
"""A name with a small number behind it, as versions are: "FOO-2", "FooLM-1.5"."""
_OF_A_KIND_OR_SIZE = re.compile(
    r"(?<![\w./+-])(?!(?i:pre|post|non|anti|ex)-)((?=[\w-]{0,40}?[A-Z])([A-Za-z]\w{1,20}(?:-\d(?:\.\d)?)?)"
    r"-(XX?L|xx?l|base|large|turbo|Turbo|instruct|Instruct|chat|Chat|instant)(?:-v\d(?:\.\d)?)?)(?![\w-])(?!\.\w)"
)
"""A name with the word for a size or for a use of models: "FOO-XL", "Heron-instruct"."""
_WITH_VERSION = re.compile(
    r"\b(?:introduc|propos|present|releas|open-sourc|unveil|announc|develop|describ)\w*\s"
    rf"({_PLAIN}(?:\sv?|-?v)\d(?:\.\d{{1,2}})?)(?=,\s(?:an?|the|our)\s)"
)
_SIZED_VARIANT = re.compile(rf"(?<![\w-])({_PLAIN})[- ]{SIZE}{_VARIANT}+")
_SAID_OUTRIGHT = (_SAID, _INTRODUCED)
_WITH_SIZE = (_SIZE_JOINED, _OWN_SIZED, _ACTS, _DESCRIBED_BY_SIZE)
_HAS_SIZE = re.compile(r"\d\s?(?:[BMKbmk]|billion|million)(?![A-Za-z])")
"""Most abstracts have no size, and are not searched for what needs one."""
_ADJECTIVE = re.compile(r"[A-Z][a-z]*(?:ian|ean|ish|ese|[tsdn]ic|ical|[tsdn]al|[ts]ive|ous|able|ed|ing|ly)")
"""Nations, schools and qualities: "the Bayesian model", "Surprisingly, 7B"."""


@cache
def plain_words() -> frozenset[str]:
    """Give the words that may stand with a capital where a plain name may and are none, in small letters."""
    return frozenset(word for line in lines_of("plain_words.txt") for word in line.split())


@cache
def _no_names() -> frozenset[str]:
    return plain_words() | generic_words()


def is_no_name(word: str) -> bool:
    """Tell an ordinary word with a capital: one of the lists, a nation, a school, a quality."""
    return word.casefold() in _no_names() or _ADJECTIVE.fullmatch(word) is not None


def _is_no_name(text: str, match: re.Match[str]) -> bool:
    if match[1].casefold() in _no_names():
        return True
    return is_no_name(match[1]) and not text.startswith("-", match.end(1))


def sized_or_said(text: str) -> Iterator[Tag]:
    """Find the plain words that are names by their size or by what is said of them, and the variants of these."""
    names: set[str] = set()
    has_size = _HAS_SIZE.search(text) is not None
    for pattern in (*_SAID_OUTRIGHT, *(_WITH_SIZE if has_size else ())):
        for match in pattern.finditer(text):
            if not _is_no_name(text, match):
                names.add(match[1])
                yield Tag(match.start(1), match.end(1), match[1])
    yield from _introduced_with_version(text)
    if has_size:
        for match in _SIZED_VARIANT.finditer(text):
            if match[1] in names:
                yield Tag(match.start(), match.end(), match[0])
        yield from _joined_to_size(text)


def numbered(text: str) -> Iterator[Tag]:
    """Find names by a small number, or by the word for a size or a use, behind them."""
    for hyphened in _HYPHENED.finditer(text):
        match = _VERSIONED.match(text, hyphened.start())
        if match is not None and not is_no_name(match[1].partition("-")[0]):
            yield from name_at(text, match.start(1), match.end(1))
        match = _OF_A_KIND_OR_SIZE.match(text, hyphened.start())
        if match is not None and (looks_like_a_name(match[2]) or (match[3].islower() and not is_no_name(match[2]))):
            yield Tag(match.start(1), match.end(1), match[1])


def _introduced_with_version(text: str) -> Iterator[Tag]:
    """Find a plain word with a version that is introduced."""
    for match in _WITH_VERSION.finditer(text):
        if match[2].casefold() not in _no_names():
            yield Tag(match.start(1), match.end(1), match[1])


def _joined_to_size(text: str) -> Iterator[Tag]:
    """Find any name to which the size of a model is joined."""
    no_names = _no_names()
    for match in _ANY_WITH_SIZE.finditer(text):
        if match[2]:
            yield Tag(match.start(), match.end(), match[0])
            continue
        yield from name_at(text, match.start(1), match.end(1))
        first, _, variant = match[1].partition("-")
        if variant.istitle() and first.istitle() and no_names.isdisjoint((first.casefold(), match[1].casefold())):
            yield Tag(match.start(1), match.end(1), match[1])  # "Heron-Math-7B" has no capital within a word
