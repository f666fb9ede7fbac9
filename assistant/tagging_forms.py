"""The forms in which authors give names: called, proposed, described, compared. Pure.

Each form says that something may be a name; what it is not, after all, is decided in `tagging_rules`. Abbreviations are
read in `tagging_abbreviations`, lists in `tagging_lists`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path


def is_plain_word(name: str) -> bool:
    """Tell a name that is written as any word with a capital is: Bert, Claude, Falcon."""
    return re.fullmatch(r"[A-Z][a-z]+", name) is not None


@dataclass(frozen=True, slots=True, order=True)
class Tag:
    """A name as it stands in the text, and where: `text[start:end]`."""

    start: int
    end: int
    name: str


def lines_of(name: str) -> tuple[str, ...]:
    """Give the lines of a word list that lies beside this file, without its comments."""
    lines = (line.strip() for line in Path(__file__).with_name(name).read_text("utf-8").splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))


@cache
def generic_words() -> frozenset[str]:
    """Give what has the form of a name and is none, in small letters."""
    return frozenset(lines_of("generic_words.txt"))


# A version or a variant is part of the name, a size is not.
SIZE = r"(?:\d{1,3}\s?[x×]\s?)?\d+(?:\.\d+)?\s?(?:[BMK]|billion|million)\b"
SIZED = re.compile(rf"[- ]{SIZE}.*$")
COUNTED = (
    r"(?:-?(?:shot|bit|way|step|hop|layer)|\s?%|\s(?:times|shots?|epochs?|layers?|points?|percent|bits?|seeds?|runs?"
    r"|tasks?|languages?|questions?|days?|hours?|minutes?|seconds?|GPUs?|billion|million|of\b|out\b|or more))"
)
"""Behind a number that counts something else, and is no version."""
VERSION = (
    rf"(?:[- ]?v?(?!{SIZE})(?!\d+/{SIZE})\d+(?:\.\d+)*(?:o\b)?(?![\w.]*\d)(?!(?<= \d){COUNTED}|(?<= \d\d){COUNTED}))"
)

# Each part is bounded and gives nothing back, so that no text takes longer than its length.
_WORD = r"(?<![A-Za-z0-9])(?:[α-ωΑ-Ω]-)?[A-Za-z0-9À-ɏ]{1,40}+(?:[-.+·][A-Za-z0-9À-ɏα-ωΑ-Ω]{1,40}+){0,6}+\+{0,2}"
NAME = rf"(?:{_WORD}(?:[ ](?:\d+(?:\.\d+)?|[IVX]+|M|XL)\b)?)"
_OWN = re.compile(
    r"(?:\b(?:call(?:ed|s)?|nam(?:ed|ely|ing)|dubbed|termed|coined|denoted(?: as)?|referred to as|dub|name)\s+"
    r"(?:it\s+|(?:this|our|the)\s+(?:[\w-]{1,20}\s+){1,3}?)?"
    r"|\b(?:propos|introduc|present|develop|releas|describ|design|(?:pre-?)?train|build|built|unveil|creat|open-sourc|report"
    r"|explor|stud|evaluat|announc)\w*\s+(?:a |an |the |our |new |novel |called )*)"
    rf"(?:\\textbf\{{|\\emph\{{|\\texttt\{{|[\"'“*_]*)({NAME})"
)
_OWN_ELSEWHERE = re.compile(
    r"(?:\b(?:stellen|präsentieren|présentons|proposons|introduisons|presentamos|proponemos|apresentamos|propomos"
    r"|presentiamo|proponiamo|представляем|предлагаем)\s|(?:提出|介绍|发布|推出|名为|称为|提案|提案する)(?:了|一种|一个|新的|名为){0,3}\s)"
    rf"({NAME})"
)
"""As authors propose in other languages."""
KINDS_OF_SYSTEMS = (
    r"(?:models?|LMs?|LLMs?|systems?|agents?|frameworks?|architectures?|networks?|approach|methods?|pipelines?|assistants?"
    r"|chatbots?|tutors?|robots?|manipulators?|transformers?|encoders?|decoders?|generators?|polic(?:y|ies)|family|series"
    r"|critics?|rankers?|rerankers?|retrievers?|verifiers?|provers?|planners?|classifiers?|predictors?|parsers?|taggers?)"
)
_MODEL_BEFORE = re.compile(rf"\b{KINDS_OF_SYSTEMS}, ({NAME})(?=[,;.])")
"""As in "a character-level model, FOO, is"."""
_APPOSED = re.compile(
    rf"({NAME})(?:\}}|[\"'”*_]*)(?:\s*\([^)]{{1,60}}\))?(?:,| is| are|:)\s+"
    r"(?:a|an|the|our|which is|the first|one of)\s+"
    r"(?:[\w-]+\s+){0,9}?(?:models?|frameworks?|systems?|agents?|networks?|architectures?|pipelines?|LMs?|LLMs?"
    r"|transformers?|chatbots?|assistants?|families|family|learners?|generators?|encoders?|decoders?|policy|policies"
    r"|approach|method|paradigm|algorithm|students?|teachers?)\b"
)
_KIND = re.compile(
    rf"(?<![\w-])((?:[A-Z0-9][\w.]{{0,20}}-){{0,3}}\w{{0,30}}[A-Za-z](?:GPT|BERT|[Nn]et|Nets|LM|[Ff]ormer|[Ff]ormers|GANs?|VAEs?|NeRFs?"
    r"|LLaMA|Llama|CLIP|Diffusion|Diff|Coder|Chat|T5|VLAs?|RNNs?|CNNs?|GNNs?|MLPs?|ViTs?|LSTMs?|Pilot|PaLM|Fusion)"
    rf"(?:{VERSION})?\+{{0,2}})(?![A-Za-z0-9])"
)
_ROLE_OF_A_MODEL = re.compile(
    rf"({NAME})(?:'s)?\s+(?:(?:multi-?modal|vision-language|decoder-only|encoder-only|encoder-decoder|autoregressive|diffusion"
    r"|generative|foundation|embedding|chat|base)\s)?(?:models?|agents?|chatbots?|architectures?"
    r"|language models?|networks?|checkpoints?|baselines?|backbones?|embeddings|vocoders?)\b"
)
_ACTING = re.compile(
    rf"({NAME})(?:,\s|\s)(?:(?:also|then|further|consistently|significantly|substantially|even|thus|only|simply"
    r"|effectively|successfully|jointly|directly|automatically|first)\s)?(?:achiev|outperform|surpass|attain|exceed|beat"
    r"|learn|generat|predict|leverag|employ|integrat|combin|reduc|improv|enabl|decompos|adapt|encod|decod|operat"
    r"|rel(?=ies)|perform|require|need|use|utiliz|utilis|read|answer|stor|support|handl|match|run|train|introduc|extend"
    r"|process|transfer|generaliz|generalis|rival|solve|model|replac|separat|keep|find|produc|synthesiz|retriev|select"
    r"|reach|yield|obtain|deliver|scal|offer|allow|let|can|could)(?:e?s)?\b"
)
"""What acts is a system: data and metrics do not learn, beat or answer."""
_SUBJECT = re.compile(
    rf"(?=[A-Z]*[a-z]{{1,30}}[\w-]*[A-Z\d]|[A-Z]{{2,12}}[a-z-])({NAME})(?:,\s|\s)(?:(?:also|then|further|thus|first|[a-z]{{3,12}}ly)\s)?"
    r"(?!(?:contains|consists|comprises|covers|includes|provides|spans|features|poses|remains|has|is|was|measures|serves|offers"
    r"|does|as|its|this|thus|less|vs|plus|across|models|tasks|datasets|benchmarks|methods|systems|networks|agents)\b)"
    r"[a-z]{2,12}[a-rt-z]s\s(?!of\b|and\b|or\b|in\b|on\b|is\b|are\b|was\b|were\b|for\b|that\b|which\b|with\b|have\b|can\b)"
)
"""What does something in a sentence: "FooLens injects a prefix"."""
_CLAUSE_BEFORE = re.compile(
    r"(?:\A|[.!?:]\s|\b(?:that|whereas|while|and|but|because|although|where|find)\s|[a-z\d)%],\s)\Z"
)

_HAS_A_CAPITAL = re.compile(r"(?<![\w-])(?=[\w.-]{0,160}?[A-Z])\w")
_MAY_BEGIN = re.compile(r"(?<![A-Za-z0-9])(?=[\w.+·-]{1,300}?[A-Z0-9À-ɏΑ-Ω])\w")
"""Where a name may begin: a word without a capital or a digit behind its first letter is none (`looks_like_a_name`)."""


def formed(text: str) -> Iterator[Tag]:
    """Find what has the form of a name and stands where names are given."""
    yield from _of_a_kind(text)
    for pattern in (_OWN, _OWN_ELSEWHERE, _MODEL_BEFORE):
        for match in pattern.finditer(text):
            yield from name_at(text, match.start(1), match.end(1))
    beginnings = [match.start() for match in _MAY_BEGIN.finditer(text)]
    subjects = [at for at in beginnings if _CLAUSE_BEFORE.search(text, max(0, at - 10), at)]
    for match in _matching_at(subjects, _SUBJECT, text):
        found = Tag(match.start(1), match.end(1), match[1])
        yield from (found,) if _INITIALS_AND_WORD.fullmatch(match[1]) else name_at(text, found.start, found.end)
    for pattern in (_APPOSED, _ROLE_OF_A_MODEL, _ACTING):
        for match in _matching_at(beginnings, pattern, text):
            yield from name_at(text, match.start(1), match.end(1))


def _of_a_kind(text: str) -> Iterator[Tag]:
    """Find names that end as a kind of models does: "FooNet", "BarGPT"."""
    capitals = [match.start() for match in _HAS_A_CAPITAL.finditer(text)]
    for match in _matching_at(capitals, _KIND, text):
        is_word = match[1].casefold() in generic_words() or match[1].islower()  # "planet" is no network
        if not is_word and not _is_second_name(text, match) and not _is_software(text, match):
            joined = _JOINED_BEFORE.match(text, match.start(1), match.end(1))
            start = match.start(1) if joined is None else joined.end()
            yield Tag(start, match.end(1), text[start : match.end(1)])


def _matching_at(places: Sequence[int], pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """Find a pattern as `finditer` does, but at these places alone: that takes a quarter of the time."""
    after = 0
    for place in places:
        match = pattern.match(text, place) if place >= after else None
        if match is not None:
            yield match
            after = match.end()


def _is_second_name(text: str, match: re.Match[str]) -> bool:
    """Tell the "Monet" of "Claude Monet"."""
    plain = re.fullmatch(r"[A-Z][a-z]+net", match[1])
    return (
        plain is not None and re.search(r"[A-Z][a-z]+ \Z", text[max(0, match.start() - 20) : match.start()]) is not None
    )


_WORKED_WITH = re.compile(r"\b(?:trained|implemented|compiled|served|exported) (?:with|in|using|by) \Z")


def _is_software(text: str, match: re.Match[str]) -> bool:
    """Tell the "BarLM" of "n-grams were trained with BarLM"."""
    return _WORKED_WITH.search(text, max(0, match.start() - 25), match.start()) is not None


_SECOND_SIZE = re.compile(rf"/{SIZE}")
_JOINED_BEFORE = re.compile(r"(?:pre|post|non|anti|ex)-", re.IGNORECASE)


def name_at(text: str, start: int, end: int) -> Iterator[Tag]:
    """Give what stands there as a name, without its size and what else hyphens join to it, if it looks like one."""
    before = _JOINED_BEFORE.match(text, start, end)
    start = start if before is None else before.end()
    name = text[start:end].rstrip(".-")
    name = SIZED.sub("", name)
    if _SECOND_SIZE.match(text, end):  # "LLaMA-13/70B"
        name = re.sub(r"[- ]\d+(?:\.\d+)?$", "", name)
    name = re.sub(
        r"-(?:based|style|like|powered|driven|generated|level|enabled|guided|tuned|trained|family|an?|the|our)$",
        "",
        name,
    )
    if (
        (looks_like_a_name(name.partition(" ")[0]) or _is_twice_a_name(text, name))
        and not re.match(r"\d+(?:\.\d+)?[A-Za-z]?\b", name)
        and name.casefold() not in generic_words()
    ):
        yield Tag(start, start + len(name), name)


_ORDINARY = re.compile(r"[A-Za-z]?[a-z]+")
_SPELLS_OUT = re.compile(r"^[a-z]{2,}[A-Z]{2,}[a-z]{3,}|^[A-Z]{2,}[a-z]{2,}-[a-z]|^[A-Z]{2,3}[a-z]{5,}$|^[A-Z]\.[A-Z]")
"""Words that show where an abbreviation comes from ("undERstanding", "RECITation-based", "PROmpting"), and "U.S."."""


_INITIALS_AND_WORD = re.compile(r"[A-Z]{3}[a-z]{5,}")


def _is_twice_a_name(text: str, name: str) -> bool:
    """Tell "KGReader" from "PROmpting", where letters show an abbreviation: that is done once."""
    return _INITIALS_AND_WORD.fullmatch(name) is not None and text.find(name, text.find(name) + 1) >= 0


def looks_like_a_name(word: str) -> bool:
    """Tell what has capitals or digits where ordinary words have none."""
    if all(_ORDINARY.fullmatch(part) for part in word.split("-")) or _SPELLS_OUT.search(word):
        return False
    capitals = sum(c.isupper() for c in word)
    inside = any(c.isupper() for c in word[1:])
    digits = any(c.isdigit() for c in word) and any(c.isalpha() for c in word)
    return len(word) > 1 and (capitals > 1 or inside or (digits and not word[0].isdigit()))
