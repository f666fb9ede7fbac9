"""Tells data sets, benchmarks, metrics and tasks from models: by a name's form, by nouns beside it, by what is said.

Pure. Knows no list of names: what is in it, `tagging_rules` exempts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from assistant.tagging_abbreviations import PROPOSED
from assistant.tagging_forms import KINDS_OF_SYSTEMS, SIZE, Tag

DATA_BEHIND = re.compile(
    r"^(?:[\s,/]{1,3}(?:\([^)]{0,30}\)|and|or|\d+(?:\.\d+)?[BMK]?|v\d+|[A-Z][\w-]{0,30})(?=[\s,/]|$)){0,5}?\s{0,3}"
    r"(?:data ?sets?|benchmarks?|corpus|corpora|leaderboards?|test ?sets?|test suites?|challenges?|tasks?|metrics?"
    r"|scores?|suites?|exams?|evaluations?|questions|splits?|competition|dimensions?|GPUs?|community|team|consortium)\b"
)
DATA_NAME = re.compile(
    r"(?:[Bb]ench(?:mark)?\w*|QA(?:-\w+)?|Eval|Arena|-?\d[Kk]|Dataset|Corpus|Instruct(?:ions)?-\d+\w*|Set|Hub|Zoo|Lines"
    r"|(?<=[a-z])Comp(?:-\w+)?|COCO|Pile|Net-1[Kk])$"
)


def is_proposed(text: str, found: Tag) -> bool:
    """Tell whether the authors give a name to what they made, and it is no data."""
    before, after = text[max(0, found.start - 90) : found.start], text[found.end : found.end + 120]
    return bool(PROPOSED.search(before)) and not _DESCRIBED_AS_DATA.search(after)


def with_size(text: str, found: Tag) -> Tag:
    """Give a name with the size behind it, as data has it: the whole of "FOO-3B" for FOO."""
    behind = _SIZE_BEHIND.match(text, found.end)
    return found if behind is None else Tag(found.start, behind.end(), text[found.start : behind.end()])


_SIZE_BEHIND = re.compile(rf"-{SIZE}(?![\w-])")
_TOKENS_BEHIND = re.compile(
    r"-(?:\d+(?:\.\d+)?T|(?!(?:4|8|16|32|64|80|100|128|200|256|512)[kK])\d+(?:\.\d+)?[kK])(?![\w-])"
    r"(?!\s(?:models?|LLMs?|parameters?)\b)"
)
_ENDS_WITH_TOKENS = re.compile(r".-\d+(?:\.\d+)?T\Z")


def counts_tokens(text: str, found: Tag) -> bool:
    """Tell data by its trillions or thousands ("FOO-2T", "FOO-52K"), of which no model has parameters."""
    if _ENDS_WITH_TOKENS.search(found.name):
        return _TOKENS_BEHIND.match(text, text.rfind("-", 0, found.end)) is not None
    return _TOKENS_BEHIND.match(text, found.end) is not None


@lru_cache(maxsize=1024)  # the same few names stand in a text many times
def is_called_data(text: str, name: str) -> bool:
    """Tell a name that the text anywhere gives to data, or measures something on."""
    first = text.find(name)
    before = text[max(0, first - 120) : first]
    if _GIVEN_AS_DATA.search(before) and not _GIVEN_AS_A_SYSTEM.search(before):
        return True
    if name in _measured_on(text):
        is_source = _SOURCE_BEFORE.search(before) is not None
        if is_source or not is_proposed(text, Tag(first, first + len(name), name)):
            return True
    ends = islice(_ends(text, name), _OCCURRENCES)
    return any(is_data(text, end, _DESCRIBED) or _HOLDS_OR_TEACHES.match(text, end) for end in ends)


_OCCURRENCES = 20
"""As many of one name as are looked at."""


def _ends(text: str, name: str) -> Iterator[int]:
    at = text.find(name)
    while at >= 0:
        yield at + len(name)
        at = text.find(name, at + len(name))


DESCRIBED_FURTHER_ON = re.compile(r"[^,]{0,70}?(?:,|\bis\b)\s*(?:a|an|the)\s+([^,]{1,90})")
_DESCRIBED = re.compile(
    r"(?:\s\([^)]{1,60}\))?(?:'s)?(?:,| is| (?:\w+\s){0,2}?serves? as|(?: \w+){0,2} as|, (?:expand|extend)ing)"
    r"\s(?:a|an|the)\s([^,]{1,90})"
)


def is_data(text: str, end: int, description: re.Pattern[str]) -> bool:
    """Tell "FOO, a large corpus of" from "FOO, a model that was trained on a large corpus"."""
    clause = re.split(r"[.;]\s", text[end : end + 160])[0]
    described = description.match(clause)
    return described is not None and _DATA_FIRST.match(described[1]) is not None


@lru_cache(maxsize=8)
def _measured_on(text: str) -> frozenset[str]:
    """Give what is measured on: "On FOO and BAR, our model", "evaluated on FOO"."""
    lists = (match[1] for match in _MEASURED_ON.finditer(text))
    return frozenset(name for names in lists for name in re.split(r",? and |, ", names))


_MEASURED_ON = re.compile(
    r"(?:(?:\A|[.!?]\s)On|\b(?:evaluat\w{1,4}|experiments?|results?|tested|tests|accuracy|points|scores?|performance"
    r"|retrieval|segmentation|detection|recognition|classification|generation|translation|summari[sz]ation|answering"
    r"|matching|correlation|error|perplexity|probing|forecasting|dB|\d%|(?:m?AP|mIoU|FID|FVD|WER|MRR|EM|AUC|BLEU|ROUGE|PSNR|SSIM|F1"
    r"|[A-Za-z]{2,9}@\d{1,3})(?: (?:of )?\d+(?:\.\d+)?)?) on"
    r"|\b(?:(?:fine-?|instruction-)?tun(?:ed?|ing)|(?:pre-?)?train(?:ed|ing)?)(?: [\w-]{1,20}){0,4}? on"
    r"|\b(?:data|examples|instructions|dialogues|conversations|questions|problems|texts|documents|pairs|prompts)"
    r"(?: (?:are|is|were|was))? (?:drawn|taken|collected|sourced|selected|sampled|comes?) from)"
    r" (?:the )?([A-Z][\w-]{1,30}+(?:,? and [A-Z][\w-]{1,30}+|, [A-Z][\w-]{1,30}+(?=[,.;]| and)){0,4})"
    r"(?! (?:features|embeddings|outputs?|representations|activations|logits|latents|generations)\b)"
)
_SOURCE_BEFORE = re.compile(r"\b(?:on|from) (?:the )?(?:[A-Z][\w-]{1,30}+,? (?:and )?){0,4}\Z")
_HOLDS_OR_TEACHES = re.compile(
    r"(?:,?\s(?:which|that))?,?\s(?:contain|compris|consist|cover|span|includ|provid|collect)(?:e?s|ing)(?: of)?\s"
    r"(?:(?:over|more than|about|around|nearly|some|roughly|up to)\s)?\d[\d.,]*"
    r"(?:[KMBT]|\s(?:thousand|million|billion|trillion))?\s"
    r"(?!(?:encoders?|decoders?|layers?|parameters?|blocks?|experts?|models?|modules?|heads?|stages?|networks?|agents?)\b)"
    r"|(?:,? (?:and|or) [A-Z][\w.-]{1,30}+)? (?:is|are|was|were) (?:used|collected|curated|filtered) (?:for|to) "
    r"(?:pre-?|fine-?)?(?:train|tun)\w*"
)
"""What holds a number of things, or is used to train on, is data."""
_GIVEN_AS_A_SYSTEM = re.compile(rf"\b{KINDS_OF_SYSTEMS},?\s(?:called|named|dubbed|termed)\s\Z")
_GIVEN_AS_DATA = re.compile(
    r"\b(?:(?:[Dd]ata ?set|[Bb]enchmark|[Cc]orpus|test suite|leaderboard|collection|(?:new|novel) task)\b"
    r"(?:\s(?:of|for|with|on)\s[^.,;]{1,60})?(?:[,:]|,?\s(?:called|named|dubbed|namely|termed)|\s\()"
    r"|(?:[Dd]ata ?sets?|[Bb]enchmarks?|[Cc]orpora|test suites?|leaderboards?|collections?|metrics?"
    r"|librar(?:y|ies)|tasks)(?:\s\(|:|,?\s(?:such as|like|including|namely|e\.g\.,?)))\s?"
    r"(?:[A-Z][\w.-]{1,30}+,? (?:and |or )?){0,8}$"
)
_DATA_NOUNS = (
    r"(?:data ?sets?|benchmarks?|corpus|leaderboard|metric|test suite|test ?bed|library|toolkit|collection"
    r"|(?:training|instruction(?:-tuning)?|preference|pre-?training|evaluation|test) data)\b"
)
_DESCRIBED_AS_DATA = re.compile(rf"\b{_DATA_NOUNS}")
_DATA_FIRST = re.compile(
    r"(?:(?!(?:for|on|with|using|from|that|which|of|to|in|by|based|trained|models?|networks?|agents?|systems?|method"
    rf"|approach|framework|LMs?|LLMs?)\b)\S+\s){{0,8}}{_DATA_NOUNS}(?!\sof\s(?:\S+\s){{0,4}}(?:models|LLMs|LMs|agents)\b)"
)
