"""Recognises an abstract in what a user pasted, with or without a wish before or behind it. Tags nothing.

An abstract is some sentences of prose that speak as papers do ("we propose", "outperforms") and to nobody. Around it
may stand what speaks to the assistant: who asks for its tags gets them for any prose, who wants something else
("summarise this: ...", a question) is left to the agent.
"""

from __future__ import annotations

import re
from typing import Literal

from assistant.tagging_rules import tag
from assistant.wishes import (
    ELSE_WITHIN,
    FOR_CHANGE,
    FOR_ELSE,
    FOR_TAGS,
    PLEASE,
    VERB,
    asks_for_tags,
    parted,
    plain_wish,
)

FEWEST_WORDS, MOST_WORDS = 12, 900
FEWEST_ASKED = 8
"""Words of a text whose tags are asked for; a shorter one has a name in it."""
SURELY_LONG = 25
"""Words from which two signs of a paper are enough; a shorter text needs three."""
Piece = Literal["text", "lead", "mark", "tags", "else", "unclear"]
"""What a sentence or line is: of the abstract; what announces it; the word "Abstract"; a wish for tags, for something
else, or one that cannot be told."""

_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_OWN_VOICE = re.compile(
    r"\b(?:we|our|ours|(?:in )?this (?:paper|work|study|article|report|survey|review|thesis)|the authors?"
    r"|wir|dieser? (?:arbeit|studie|artikel|beitrag)|nous|cet? (?:article|travail|étude)|en este (?:trabajo|artículo)"
    r"|est[ea] (?:trabajo|artículo|estudio|trabalho|artigo)|neste (?:trabalho|artigo)|presentamos|proponemos|propomos"
    r"|questo (?:articolo|lavoro|studio)|proponiamo)\b|我们|我們|本文|本論文|本研究|提案する",
    re.IGNORECASE,
)
_SIGNS = re.compile(
    r"\b(?:(?:propos|present|introduc|demonstrat|investigat|analy[sz]|develop|evaluat|describ|stud(?:y|i)|show|find|examin"
    r"|explor)\w*|state[- ]of[- ]the[- ]art|outperform\w*|benchmarks?|baselines?|empirical\w*|ablations?|pre-?train\w*"
    r"|fine-?tun\w*|(?:large )?language models?|neural|transformers?|(?:data|test) ?sets?|parameters|algorithms?"
    r"|we (?:compare|measure|train|vary|test|build|ask|report|collect)\w*|accuracy"
    r"|(?:machine|deep|reinforcement|supervised) learning|(?:code is|publicly) available|experiments?|results?|novel"
    r"|approach(?:es)?|methods?|framework|encoders?|decoders?|embeddings?"
    r"|retrieval|classif\w+|inference|(?:graph|deep) networks?"
    r"|sprachmodelle?\w*|experimente\w*|ergebniss\w*|datens[aä]tz\w*|übertrifft|verfahren|zeigen|stellen|méthode|modèles?"
    r"|résultats|expériences|montrons|surpasse|modelos?|resultados|experimentos|método|supera|modell[io]|risultati|metodo)\b"
    r"|提出|模型|实验|實驗|結果|结果|基准|数据集|方法|优于|性能|手法|実験",
    re.IGNORECASE,
)
_RESULTS = re.compile(
    r"\b(?:state[- ]of[- ]the[- ]art|outperform\w*|benchmarks?|baselines?|ablations?|pre-?train\w*|fine-?tun\w*"
    r"|experiments?|from scratch|survey|(?:data|test) ?sets?|publicly available)\b",
    re.IGNORECASE,
)
ENOUGH_SIGNS = 2
_TO_SOMEBODY = re.compile(
    r"(?:\b(?:you|your|I|I'm|I've|me|my)|(?:\A|[.!?]\s+|\n\s*)(?:You|Your|My|Me))\b(?![).:])"  # not: All You Need
)
_OF_TEACHING = re.compile(
    r"\b(?:this|last|next|our|your|the) (?:lesson|lecture|homework|assignment|exercise|slide|chapter|section|guide)s?\b"
    r"|\b(?:lesson|lecture|lab|week) \d",
    re.IGNORECASE,
)
_ABSTRACT_MARK = re.compile(
    r"[ \t>#*_]*(?:abstract|summary|zusammenfassung|résumé|resumen|resumo|摘要)[*_]*"
    r"(?:[ \t]*[.:：—–-]|[ \t]*\n|(?<=[*_])[ \t])"
    r"[*_]*\s*",
    re.IGNORECASE,
)
_BEGINS = re.compile(r"[^\w]*[^\Wa-z]|\s*[\\$]|(?:.*?[.!?]\s+[A-Z]){2}", re.DOTALL)
"""A sentence; where the first letters were lost, two more."""
_ABOVE_MARK = 60
"""Words: so much may stand above the word "Abstract", a title and its authors."""
_SENTENCE = re.compile(r"[^\n]+?(?:[.!?:](?=\s|\Z)[\"'”)\]]*|[。！？：]|(?=\n)|\Z)")
_LEAD = re.compile(
    r"\W*(?:here(?:'s|’s| is| are)\b.{0,60}|(?:task|instructions?|prompt|input|text|context)\W*"
    r"|(?:the )?following\b.{0,40}"
    r"|(?:hi|hello|hey|thanks|thank you|please)\W*)",
    re.IGNORECASE,
)
FEWEST_BROUGHT = 20
"""Words of a text that a message brings along."""
SHORT_WISH = 8
"""Words of a wish that need not say what it is about: "Translate to German:"."""
_WISH_FIRST = re.compile(r"[^\n:：?？]{0,120}(?:(?<!http)(?<!https)[:：](?!//)|\n|[?？](?=\s))")
_WISH_LAST = re.compile(r"(?<=\n)[^\n]{3,160}\Z")
_QUESTION_FIRST = re.compile(r"[^\n.:!?]{3,160}\?(?= )")
_QUESTION_LAST = re.compile(r"(?<=[.!] )[^\n.:!?]{3,160}\?\Z")
_QUESTIONS = re.compile(
    r"(?:\s*(?:[^\s.!?？][^.!?？\n]{2,159}[?？]|(?:thanks|thank you|please)\b[.!]*))*+\s*", re.IGNORECASE
)
_ASKS_OF_PASTE = re.compile(
    r"\b(?:this|these|the following|the above) (?:abstracts?|papers?|texts?|passages?|articles?|paragraphs?|essay)\b"
    r"|\b(?:my|our) (?:abstract|paper|text|essay|draft|paragraph|summary)\b|\bin it\b|\bof these models\b",
    re.IGNORECASE,
)
_OF_THE_PASTE = re.compile(
    r"\b(?:this|the|that|following|above|below) (?:abstract|paper|text|passage)\b", re.IGNORECASE
)


def abstract_in(message: str) -> str | None:
    """Give the abstract that a message holds, None where it holds none or wants something else alone done with it."""
    return _read(message)[0]


def abstract_brought(message: str) -> str | None:
    """Give the abstract that a message holds, whatever it wants done with it."""
    return _read(message, is_asked=True)[0]


def wishes_beside(message: str) -> tuple[str, ...]:
    """Give what a message wants beside the tags of the abstract that it holds, in its own words.

    A question that stands before an abstract in one paragraph with it may be a wish, or the abstract's own opening,
    which nobody can tell: it is given too.
    """
    body, wishes = _read(message)
    found = None if body is None else _QUESTION_FIRST.match(message.strip())
    if found is None or found[0] in wishes:
        return wishes
    for_tags, others = parted(found[0])
    first = others if for_tags else (found[0],)
    return tuple(dict.fromkeys((*first, *wishes)))


def _read(message: str, *, is_asked: bool = False) -> tuple[str | None, tuple[str, ...]]:
    """Give the abstract in a message, and what is wanted beside its tags; with `is_asked`, these are wanted anyway."""
    said = message.strip()
    spans = [match.span() for match in _SENTENCE.finditer(said) if match[0].strip()]
    kinds = [_kind(said, *span) for span in spans]
    first = next((n for n, kind in enumerate(kinds) if kind == "text"), len(kinds))
    last = next((n for n in range(len(kinds) - 1, -1, -1) if kinds[n] == "text"), -1)
    beside = [*range(first), *range(last + 1, len(kinds))]
    around = {kinds[n] for n in beside} | ({"tags"} if is_asked else set())
    if last < first or (around & {"else", "unclear"} and "tags" not in around):
        return None, ()
    body = said[spans[first][0] : spans[last][1]].strip()
    mark = _ABSTRACT_MARK.match(body)
    body = body[mark.end() :].strip() if mark else body
    if _TO_SOMEBODY.search(body) or _length(body) > MOST_WORDS:
        return None, ()
    is_marked = "mark" in around or bool(mark)
    is_one = _may_be_tagged(body) if "tags" in around else _is_abstract(body, is_marked)
    wishes = [wish for n in beside for wish in _wishes(said[slice(*spans[n])], kinds[n])]
    return (body, tuple(dict.fromkeys(wishes))) if is_one else (None, ())


def _wishes(sentence: str, kind: Piece) -> tuple[str, ...]:
    """Give what a sentence beside an abstract wants that is not tags."""
    if kind not in ("tags", "else"):
        return ()
    return parted(sentence)[1] or ((plain_wish(sentence),) if kind == "else" else ())


def wants_else(message: str) -> bool:
    """Tell whether a message brings a text of its own and wants something else done with it than to find names in it.

    The wish stands before the text, or behind it, and names it ("this abstract: ...", "translate: ..."); what it brings
    asks nothing itself.

    >>> wants_else("Explain ReAct in a few words: what does it do?"), wants_else("Translate: " + "A kiln is hot. " * 9)
    (False, True)
    """
    said = message.strip()
    first, last = _WISH_FIRST.match(said), _WISH_LAST.search(said) or _QUESTION_LAST.search(said)
    for wish, text in ((first, said[first.end() :] if first else ""), (last, said[: last.start()] if last else "")):
        if wish is None or _length(text) < FEWEST_BROUGHT or "?" in text or "？" in text:
            continue
        asks = FOR_ELSE.match(wish[0].strip()) is not None
        names_it = _ASKS_OF_PASTE.search(wish[0]) or (
            FOR_CHANGE.match(wish[0].strip()) and len(wish[0].split()) <= SHORT_WISH
        )
        if names_it and (asks or wish[0].rstrip().endswith("?")):
            return True
        if wish[0].rstrip().endswith("?") and _is_abstract(text.strip(), is_marked=False):
            return True
    body = abstract_brought(message)
    return body is not None and _is_abstract(body, is_marked=False) and abstract_in(message) is None


def is_pasted(message: str) -> bool:
    """Tell whether a message brings a text of its own: an abstract, or another that something is to be done with."""
    return abstract_in(message) is not None or wants_else(message)


def _kind(message: str, start: int, end: int) -> Piece:
    """Tell what a sentence is; only those before and behind an abstract matter."""
    text = message[start:end].strip()
    for_tags, others = parted(text)
    if for_tags and others:  # it wants both
        text = for_tags.rstrip(" :?") + ("" if text[-1].isalnum() else text[-1])
    stands_alone = message[end : end + 1] in ("", "\n") and message[max(0, start - 1) : start] in ("", "\n")
    if _ABSTRACT_MARK.fullmatch(f"{text}\n"):
        return "mark"
    if text.endswith(("?", "？")):
        if not (message[end : end + 1] == "\n" or _OF_THE_PASTE.search(text) or _QUESTIONS.fullmatch(message, end)):
            return "text"
        return "tags" if asks_for_tags(text) else "else"
    if FOR_ELSE.match(text):
        return "else"
    if text.endswith((":", "：")) and ELSE_WITHIN.search(text) and len(text.split()) <= 20:
        return "else"
    return _kind_of_statement(text, is_line=stands_alone)


def _kind_of_statement(text: str, *, is_line: bool) -> Piece:
    is_short = len(text.split()) <= 12 and (is_line or text.endswith((":", "：")))
    asks = re.match(rf"{PLEASE}(?:tag|{VERB})\b", text, re.IGNORECASE) or is_short or _CJK.search(text[:4])
    if asks and FOR_TAGS.match(text):
        return "tags"
    if _LEAD.fullmatch(text):
        return "tags" if re.search(r"\btags?\b", text, re.IGNORECASE) else "lead"
    return "unclear" if _TO_SOMEBODY.search(text) else "text"


def _may_be_tagged(body: str) -> bool:
    """Tell whether a text whose tags are asked for is one."""
    return _length(body) >= FEWEST_ASKED or bool(tag(body))


def _is_abstract(body: str, is_marked: bool) -> bool:
    """Tell an abstract, whose tags nobody asked for, from other prose."""
    length = _length(body)
    signs = {match[0].lower() for match in _SIGNS.finditer(body)}
    named = (
        {found.name for found in tag(body)} if len(signs) < ENOUGH_SIGNS + 1 or not _OWN_VOICE.search(body) else set()
    )
    if length < FEWEST_WORDS or body.endswith(("?", "？")):
        return False
    if is_marked or _is_marked_within(body):
        return bool(signs or named)
    if _OF_TEACHING.search(body) or not _BEGINS.match(body) or "](" in body:
        return False
    enough = ENOUGH_SIGNS if length >= SURELY_LONG else ENOUGH_SIGNS + 1
    if _OWN_VOICE.search(body):
        return len(signs | named) >= enough
    return length >= SURELY_LONG and bool(named) and bool(_RESULTS.search(body)) and len(signs) > ENOUGH_SIGNS


def _is_marked_within(body: str) -> bool:
    """Tell whether a line of its own says "Abstract", below no more than a title and authors."""
    at = 0
    for line in body.splitlines(keepends=True):
        if _ABSTRACT_MARK.match(line) and len(body[:at].split()) <= _ABOVE_MARK:
            return True
        at += len(line)
    return False


def _length(text: str) -> int:
    """Count words; two characters of a script without spaces are about one."""
    return len(_CJK.sub(" ", text).split()) + len(_CJK.findall(text)) // 2
