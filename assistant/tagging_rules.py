"""Finds the names of models in an abstract by plain rules: a name list, and the forms in which authors name their own.

A heuristic, and called one wherever it is shown. Pure: no model, no heavy import, no file but the name list beside it.
What counts as a name follows the usual guideline of the exercise: named models, families, architectures and the paper's
own system; no data sets, metrics, tasks, techniques of others, organisations or generic words. A size is no part of a
name ("LLaMA-13B" gives "LLaMA"), a version or variant is ("LLaMA 2", "GPT-3.5-turbo").
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import chain

from assistant.flowing_text import flowing
from assistant.latex_marks import Plain
from assistant.listed_names import by_small, knowing, known_names, listed, together
from assistant.tagging_abbreviations import abbreviated, abbreviates, generic_abbreviations, shortened
from assistant.tagging_compared import compared
from assistant.tagging_data import (
    DATA_BEHIND,
    DATA_NAME,
    DESCRIBED_FURTHER_ON,
    counts_tokens,
    is_called_data,
    is_data,
    is_proposed,
    with_size,
)
from assistant.tagging_forms import Tag, formed, generic_words, is_plain_word
from assistant.tagging_lists import beside, given_as_examples
from assistant.tagging_plain import plain_names
from assistant.tagging_sized import numbered, sized_or_said

__all__ = ["NO_MODELS", "Tag", "known_names", "knowing", "names_of", "tag"]

NO_MODELS = ["NA"]
_VARIANT_OF_SIZE = re.compile(r"[- ](?:tiny|mini|small|base|medium|large|huge|x{1,2}l)\Z")
_VERSION_BEHIND = re.compile(r"[- ]v?\d(?:\.\d{1,2})?\Z")
_GREEK_BEFORE = re.compile(r"(?<!\w)[α-ωΑ-Ωµ]-\Z")


def tag(abstract: str, names: Iterable[str] = ()) -> list[Tag]:
    """Find the names, each once, in the order in which they first stand; `names` adds to the list.

    >>> [t.name for t in tag("We present FooNet, a model that beats LLaMA-13B and GPT-4 on MMLU.")]
    ['FooNet', 'LLaMA', 'GPT-4']
    """
    flow = flowing(abstract, by_small(together(known_names(), tuple(names))))
    return [_standing(abstract, flow, found) for found in _found(flow.text, tuple(names))]


def _standing(abstract: str, flow: Plain, found: Tag) -> Tag:
    """Give a tag of the flowing text as it stands in the abstract."""
    start, end = flow.place(found.start, found.end)
    return Tag(start, end, abstract[start:end])


def _found(text: str, names: tuple[str, ...]) -> list[Tag]:
    generic = generic_abbreviations(text)
    known = list(listed(text, names))
    found = {*known, *formed(text), *abbreviated(text), *given_as_examples(text), *sized_or_said(text)}
    found.update(plain_names(text))
    if _is_of_machine_learning(text, known):  # elsewhere genes and stars are numbered and compared
        found.update(chain(compared(text, known), numbered(text)))
    if not _speaks_of_models(text):
        found = {t for t in found if not is_plain_word(t.name) or t.name in names}
    by_short = dict(shortened(text, found))
    spelt_out = {_key(t.name) for t in by_short}
    found = {t for t in found | set(by_short.values()) if _key(t.name) not in spelt_out}
    kept = _names_among(text, found, generic)
    kept = [_with_its_letter(text, t) for t in _names_among(text, {*kept, *beside(text, kept)}, generic)]
    in_order = sorted({t.name for t in kept})  # where those that begin as another follow it
    return _each_once(t for t in kept if not _begins_a_longer(text, t, in_order))


def _names_among(text: str, candidates: Iterable[Tag], generic: frozenset[str]) -> list[Tag]:
    """Give those that are names, in order, none over another: the longer one of two that begin together."""
    apart: list[Tag] = []
    for candidate in sorted(candidates, key=lambda t: (t.start, -t.end)):
        if not apart or apart[-1].end <= candidate.start:
            apart.append(candidate)
    return [t for t in apart if not _is_generic_here(t, generic) and not _is_something_else(text, t)]


def _is_generic_here(found: Tag, generic: frozenset[str]) -> bool:
    return found.name.removesuffix("s").casefold() in generic and not _is_listed(found.name)


def _with_its_letter(text: str, found: Tag) -> Tag:
    """Take in a Greek letter that stands before a name, as in β-VAE."""
    letter = _GREEK_BEFORE.search(text, max(0, found.start - 2), found.start)
    return found if letter is None else Tag(letter.start(), found.end, text[letter.start() : found.end])


def _begins_a_longer(text: str, found: Tag, in_order: Sequence[str]) -> bool:
    """Tell whether a name that was found is only the beginning of a longer one that stands there."""
    for at in range(bisect_right(in_order, found.name), len(in_order)):
        if text.startswith(in_order[at], found.start):
            return True
        if not in_order[at].startswith(found.name):
            break
    return False


def names_of(abstract: str, names: Iterable[str] = ()) -> list[str]:
    """Give the names alone, or NO_MODELS."""
    return [t.name for t in tag(abstract, names)] or list(NO_MODELS)


_WINDOW = re.compile(r"(?:-turbo)?-(?:4|8|16|32|64|80|100|128|200|256)k\Z", re.IGNORECASE)
"""The window of a checkpoint ("gpt-4-32k"), not the size of a data set."""


_NAME_OF_ANOTHER = re.compile(
    r" (?:is|was) (?:also )?the name of (?![^.;]{0,50}\b(?:models?|networks?|systems?|architectures?|LLMs?)\b)"
)
"""As in "BERT is the name of a farmer"."""
_NAMED_DATA = re.compile(r"\s(?:collections?|corpus|corpora|data ?sets?)\b")
_CODE_BEFORE = re.compile(r"\bimport (?:[\w.]+, ){0,9}\Z")
_CODE_BEHIND = re.compile(r"\.[a-z_]\w*\(|\((?!\d|ours)")


def _is_code(text: str, found: Tag) -> bool:
    """Tell what is imported, called or asked for an attribute: a class of a program."""
    before = text[max(0, found.start - 200) : found.start]
    return _CODE_BEHIND.match(text, found.end) is not None or _CODE_BEFORE.search(before) is not None


def _is_something_else(text: str, found: Tag) -> bool:
    """Tell what is a data set, a metric or a task by its name or by the noun that stands with it."""
    if _is_of_no_model(text, found) or _is_size_of_another(text, found) or _is_somebody(text, found):
        return True
    is_of_data = DATA_NAME.search(found.name) and not _is_listed(_WINDOW.sub("", found.name))
    if is_of_data and not (found.name.endswith("QA") and is_proposed(text, found)):
        return True
    after = text[found.end : found.end + 60]
    if re.match(
        r",? (?:et al|and colleagues)\b|-(?:[Bb]ench|Eval|Arena|Lines|Platypus|Comp|DeepSpeed|PyTorch|TensorFlow|JAX)",
        after,
    ):
        return True
    if _NAMED_DATA.match(after) or _NAME_OF_ANOTHER.match(after) or _spelt_out_and_abbreviated(text, found):
        return True
    if counts_tokens(text, found):
        return True
    if _is_listed(found.name):
        return False
    whole = with_size(text, found)
    if DATA_BEHIND.match(text[whole.end : whole.end + 60]) or _is_code(text, found):
        return True
    return is_data(text, whole.end, DESCRIBED_FURTHER_ON) or is_called_data(text, whole.name)


_OF_MODELS = re.compile(
    r"\b(?:models?|modelling|modeling|neural|networks?|transformers?|encoders?|decoders?|embeddings?|classifiers?"
    r"|(?:pre-?)?train(?:ed|ing|s)?|fine-?tun\w*|prompt\w*|tokens?|parameters?|inference|benchmarks?|chatbots?"
    r"|learning|learned|generative|language|dialogue|LLMs?|NLP|AI|ML|state of the art|state-of-the-art|agents?)\b",
    re.IGNORECASE,
)
_ENGLISH = re.compile(r"\b(?:the|of|and|an|to|they|with|was|were|this|we)\b", re.IGNORECASE)
MOST_ENGLISH = 3
"""Of the commonest English words, fewer than that stand in a text of another language."""


def _speaks_of_models(text: str) -> bool:
    """Tell a text about machine learning by its words, and by names that nothing else has (GPT-4, RoBERTa).

    Of a text in another language nothing is known, so it counts as one.
    """
    if _OF_MODELS.search(text) or len(_ENGLISH.findall(text)) < MOST_ENGLISH:
        return True
    return any(not is_plain_word(name.name) for name in listed(text, ()))


_OF_MACHINE_LEARNING = re.compile(
    r"\b(?:neural|transformers?|LLMs?|NLP|language models?|pre-?train\w*|fine-?tun\w*"
    r"|(?:deep|machine|federated|reinforcement|representation|contrastive|in-context) learning|unlearning"
    r"|diffusion models?|generative|zero-shot|few-shot"
    r"|prompt(?:s|ed|ing)?|text-to-\w+|(?:auto)?encoders?|decoders?|attention|self-supervised"
    r"|retrievers?|embeddings?|convolutional|chatbots?|foundation models?|segmentation|detectors?|GPUs?|AI|benchmarks?"
    r"|state-of-the-art|state of the art|distill\w+|datasets?|end-to-end|networks?|agents?|tokens?|checkpoints?"
    r"|jailbreak\w*|recommenders?|taggers?|world models?)\b",
    re.IGNORECASE,
)
_OFTEN_ENOUGH = 2


def _is_of_machine_learning(text: str, known: Sequence[Tag]) -> bool:
    """Tell a text of the field by words that others hardly use, or use once, or by a name that nothing else has."""
    if _OF_MACHINE_LEARNING.search(text) or len(_OF_MODELS.findall(text)) >= _OFTEN_ENOUGH:
        return True
    return any(not is_plain_word(name.name) for name in known)


_FIGURE_BEHIND = re.compile(r"[ -]\d+(?:\.\d+)?\Z")
_OF_NO_MODEL = re.compile(
    r"[A-Z]{1,4}LMs?"  # MLM, LVLM: a class of language models
    r"|W\d+A\d+(?:KV\d+)?"  # bits of weights and activations
    r"|.*[- ](?:19|20)\d\d"  # a year: a campaign or its data
    r"|[A-Za-z]+-to-[A-Za-z0-9]+"  # Text-to-SQL: a task
)


def _is_of_no_model(text: str, found: Tag) -> bool:
    """Tell a generic word, and what has the form of a class, a precision, a campaign or a task and is no own model."""
    small = _FIGURE_BEHIND.sub("", found.name.casefold())
    if by_small(together(known_names())).get(small) == found.name:  # FiD is a reader, FID a distance
        return False
    if not generic_words().isdisjoint((small, small.removesuffix("s"))):
        return True
    if _OF_NO_MODEL.fullmatch(found.name) is None or _is_listed(found.name) or with_size(text, found) != found:
        return False
    return not is_proposed(text, found)


def _is_size_of_another(text: str, found: Tag) -> bool:
    """Tell the "ViT-L/14" of "CLIP ViT-L/14"."""
    return (
        "/" in found.name
        and re.search(r"[A-Z]\w*[A-Z]\w*[ (]\Z", text[max(0, found.start - 40) : found.start]) is not None
    )


_SURNAME = re.compile(r" [A-Z][a-z]+\b(?![-\d])")
_NO_SURNAMES = re.compile(
    r" (?:Models?|Transformers?|Networks?|Encoders?|Decoders?|Agents?|Code|Chat|Families|Family)\b"
)


def _is_somebody(text: str, found: Tag) -> bool:
    """Tell a person or a place that has the name of a model ("Claude Monet") by the second name behind the first."""
    if not is_plain_word(found.name):
        return False
    behind = text[found.end : found.end + 40]
    return _SURNAME.match(behind) is not None and _NO_SURNAMES.match(behind) is None


def _spelt_out_and_abbreviated(text: str, found: Tag) -> bool:
    """Tell a name whose last word is spelt out before it stands with an abbreviation: that one is the tag."""
    short = re.match(r"\s[A-Z][a-z]+\s\(([^)]{1,30})\)", text[found.end : found.end + 60])
    if short is None:
        return False
    spelt_out = text[found.start : found.end + short.start(1) - 2]
    return short[1].startswith(found.name) or (_is_listed(short[1]) and abbreviates(short[1], spelt_out))


def _is_listed(name: str) -> bool:
    listed_names = by_small(together(known_names()))
    small = _VARIANT_OF_SIZE.sub("", name.casefold())
    spellings = (small, small.removesuffix("s"), _VERSION_BEHIND.sub("", small))
    return any(spelling in listed_names for spelling in spellings)


def _each_once(found: Iterable[Tag]) -> list[Tag]:
    """Give each name once; a plural, or another case of the same letters, is the same name."""
    seen: dict[str, Tag] = {}
    for one in found:
        seen.setdefault(_key(one.name), one)
    return list(seen.values())


def _key(name: str) -> str:
    return name.casefold().replace(" ", "-").removesuffix("s")
