"""Reads what is compared: what is beaten, tuned, taken apart or put beside a model is mostly a model too. Pure.

"ahead of Heron, Egret-2 and Tidal Net", "injected into FOO and BAR", "9% for BAZ". A plain word with a capital counts
where another name stands in its list, or where it is outright beaten; where the paper's own thing is an algorithm or a
way to train, what it is compared with is one too, and no model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set

from assistant.tagging_forms import COUNTED, NAME, SIZE, SIZED, Tag, generic_words, is_plain_word, name_at
from assistant.tagging_sized import is_no_name

_BEATEN = re.compile(
    r"\b(?:outperform|surpass|exceed|beat|outscor|outclass|underperform|rival)(?:e?s|ed|ing)?\s"
    r"(?:even\s|all of\s|(?:that|those)\sof\s)?"
)
_COMPARED = re.compile(
    r"\b(?:(?:improv\w{1,7}|gains?|advantages?|preferred|prefer|superiority)(?:\s[\w.,%-]{1,20}){0,5}?\s(?:over|upon)"
    r"|[Cc]ompar(?:ed?|es|ing|able|abl[ey]|isons?)(?:\s[\w-]{1,15}){0,2}?\s(?:to|with|against)|[Cc]ompare[sd]?|[Cc]omparing"
    r"|(?:competitive|on par|in line|parity) with|(?:preferred|prefers?)(?:\s\S{1,20}){0,4}? to"
    r"|(?:ahead of|above|below|versus|vs\.?|[Uu]nlike|contrast to|similar to|close to|akin to|superior to|instead of"
    r"|alternatives? to|followed by|than|against|match(?:e[sd]|ing))"
    r"|(?:its|an?|the)(?:\s[a-z-]{2,15}){0,2} (?:variant|successor|predecessor)|[Rr]eplac(?:e[sd]?|ing))\s"
    r"(?:(?:that|those)\s(?:of|for|by|with|from)\s)?"
)
"""What stands behind is of the kind of what stands before, which in an abstract is mostly the authors' model."""
_THAN_DATA = re.compile(r"\b(?:larg|bigg|long|hard|small)er\s(?:than\s)?\Z|(?:challenging|difficult|diverse)\s\Z")
"""As of data: "larger than FOO"."""
_FIGURE_FOR = re.compile(r"\d\S{0,5}(?:\s[a-zA-Z]{1,4})? (?:for|by|with|of)\s")
_CLAUSE_ENDS = re.compile(r"[.;]\s")
_WORKED_ON = re.compile(
    r"(?<![\w-])(?:(?:[Pp]lugged|[Ii]nserted|[Ii]njected|[Ii]ntegrated|[Bb]uilt) (?:into|in|on top of|on|upon)"
    r"|[Bb]uilding (?:on|upon)|[Ss]tarting from|extend(?:s|ed|ing)?"
    r"|initiali[sz](?:ed|ing) (?:from|with|by)|fine-?tun(?:e|es|ing|ed(?: from)?)"
    r"|pre-?train(?:ed|ing)|(?:generated|produced) (?:by|with)|[Pp]rob(?:e|es|ed|ing)"
    r"|[Pp]rompt(?:s|ed|ing)?|quanti[sz](?:e|es|ed|ing)|compress(?:es|ed|ing)?|jailbreak(?:s|ing)?|prefer(?:s|red)?"
    r"|distil\w{0,5} (?:from|into)"
    r"|(?:layers|weights|activations|embeddings|heads|predictions|checkpoints|representations"
    r"|policy network|encoders?|decoders?|outputs) of)\s"
)
"""What is put to work, tuned, probed or has layers is a model."""
_DONE_WITH = re.compile(
    r"\b(?:appl(?:y|ied|ies|ying)(?: \w+)? to|[Ww]ith|(?:tested|audit|assess|evaluated?|examine|analy[sz]e|test|study)"
    r"(?: (?:with|on))?|(?:variants?|versions?|members?) of|using|(?:combin|coupl|pair)(?:es?|ed|ing|s)|used? by"
    r"|including)\s(?=[^\s]*[A-Z]|(?:the|an?|both|[a-z]+-[a-z-]+)\s)"
)
"""Behind these anything may stand: a list counts where a known model is in it."""
_MAKER = r"(?:[A-Z]\w{1,20}'s\s)?"
_ITEM = re.compile(
    r"(?:(?:the|an?|both|either)\s)?(?:(?:[a-z]+(?:-[a-z]+){1,3}|plain|vanilla|original|pretrained|supervised|recent|strong|frozen)\s){0,2}"
    rf"{_MAKER}((?:[A-Z][a-z]{{1,15}}(?:-[A-Z][a-z]{{1,12}})?(?:\s[A-Z][a-z]{{1,12}}){{0,2}}"
    rf"(?:\s(?:[A-Z]{{2,4}}\b|[A-Z][A-Za-z]{{0,3}}\d*\b(?!-)|\d+(?:\.\d+)?(?![\w%.×]*\d|\s?[x×]|{COUNTED})))?(?![\w+-]|\.\w))|{NAME})"
)
_BEHIND = re.compile(
    rf"(?:[ -]{SIZE})?(?:\s(?:small|base|large|tiny|medium)\b)?(?:\s\([^()]{{1,25}}\))?"
    r"(?:\s(?:student|teacher|encoder|decoder|backbone|model|baseline|generator|reader|vocoder)s?(?=,|\sand\s|\sor\s))?"
    r"(?:\s(?:for|as)\s[a-z-]{3,20}(?=,|\sand\s))?"
)
_NEXT = re.compile(r",\s(?:and\s|or\s)?|\s(?:and|or|as well as|nor)\s")
_ENDS = re.compile(
    r"\s?[.,;:)\]]|\Z|\s(?:and|or|by|on|in|at|with|for|while|when|as|across|to|from|under|using|despite|without|both|is|are"
    r"|was|were|that|which|but|respectively|models?|baselines?|alike|even|whose|trained|than|over|where|although|though"
    r"|because|after|before|a|an|the|we|it|all|through|only|also|also)\b"
)
"""What follows a name; behind a plain word another word makes a thing of it ("Kalman filters")."""
_NO_MODEL_BEHIND = re.compile(
    r"\s(?:(?:adversarial|gradient|policy|\w+-based)\s)?(?:attacks?|loss(?:es)?|optimi[sz]ers?|sampling|sampler|prompting"
    r"|training|decoding|algorithms?|pruning|fine-?tuning|initiali[sz]ation|kernels?|librar(?:y|ies)|toolkits?|filters?"
    r"|objectives?|operators?|criteri(?:on|a)|estimators?|scheme|schedule|regulari[sz]\w+|quanti[sz]ation|strateg(?:y|ies)"
    r"|images?|features|points|users|students|humans|experts)\b"
)
_OWN_TECHNIQUE = re.compile(
    r"\b(?:[Ww]e|[Tt]his (?:paper|work))\s(?:\w+\s){0,2}?(?:propose|present|introduce|develop|describe|devise)s?\s"
    r"[^.;]{0,110}?\b(?:algorithm|optimi[sz]er|(?:prompting|quanti[sz]ation|pruning|decoding|sampling|compression|search|attack"
    r"|defen[cs]e|unlearning|optimi[sz]ation|regulari[sz]ation|fine-?tuning|tuning|training|learning|alignment|initiali[sz]ation|guidance)"
    r"\s(?:scheme|method|strategy|technique|approach|rule|procedure|objective|loss))\b"
)
_NAMES_A_TECHNIQUE = re.compile(
    r"(?:ing|(?<!Diffu)(?<!Fu)[ts]ion|ment|ness|ity|[ae]nce|sis|Search|Carlo|Forests?|Trees?)\Z"
)
_NAMES_A_KIND = re.compile(r" (?:Net|Network|Transformer|Diffusion|Encoder|Former|GPT|LM|GAN|VAE)s?\Z")
_HAS_A_CAPITAL_OR_DIGIT = re.compile(r"[A-Z]|\A[a-z]+-?\d")
_MOST_IN_A_LIST = 12
_AS_IT_IS, _BESIDE_A_NAME, _OF_A_KNOWN_ONE = range(3)
"""What a plain word in a list takes to be a name; the last is asked of every word."""


def compared(text: str, known: Sequence[Tag]) -> Iterator[Tag]:
    """Find the names in what is compared with a model or worked on; `known` are those of the list in the text."""
    at_places = {one.start for one in known}
    if not _OWN_TECHNIQUE.search(text):
        for match in _BEATEN.finditer(text):
            yield from _names_from(text, match.end(), at_places, _AS_IT_IS)
        for match in _COMPARED.finditer(text):
            yield from _beside_what_is_compared(text, match, at_places)
    for match in _WORKED_ON.finditer(text):
        yield from _names_from(text, match.end(), at_places, _BESIDE_A_NAME)
    for match in _DONE_WITH.finditer(text) if known else ():
        yield from _names_from(text, match.end(), at_places, _OF_A_KNOWN_ONE)


def _beside_what_is_compared(text: str, match: re.Match[str], known: Set[int]) -> Iterator[Tag]:
    if _THAN_DATA.search(text, max(0, match.start() - 15), match.start()):
        return
    yield from _names_from(text, match.end(), known, _BESIDE_A_NAME)
    end = _CLAUSE_ENDS.search(text, match.end(), match.end() + 100)
    for figure in _FIGURE_FOR.finditer(text, match.end(), match.end() + 100 if end is None else end.start()):
        yield from _names_from(text, figure.end(), known, _BESIDE_A_NAME)


def _names_from(text: str, at: int, known: Set[int], needs: int) -> Iterator[Tag]:
    """Give the names of a list that begins there."""
    items = list(_items(text, at))
    if not items or _NO_MODEL_BEHIND.match(text, items[-1][1]):
        return
    names = [(start, end, list(name_at(text, start, end))) for start, end in items]
    sure = sum(start in known for start, _, _ in names)
    if needs == _OF_A_KNOWN_ONE and not sure:
        return
    shaped = sure + sum(bool(found) for _, _, found in names)
    for start, end, found in names:
        if needs == _OF_A_KNOWN_ONE and start in known:
            continue
        if found:
            yield from found
        elif needs == _AS_IT_IS or shaped or " " in text[start:end]:
            yield from _plain(text, start, end)


def _items(text: str, at: int) -> Iterator[tuple[int, int]]:
    """Give the places of what stands in a list from there on, as long as it may be names."""
    for _ in range(_MOST_IN_A_LIST):
        item = _ITEM.match(text, at)
        if item is None or not _HAS_A_CAPITAL_OR_DIGIT.search(item[1]):
            return
        behind = _BEHIND.match(text, item.end(1))
        end = item.end(1) if behind is None else behind.end()
        if text.startswith("the ", item.start()) and not _ENDS.match(text, end):  # "the FOO standard"
            return
        yield item.span(1)
        following = _NEXT.match(text, end)
        if following is None:
            return
        at = following.end()


def _plain(text: str, start: int, end: int) -> Iterator[Tag]:
    """Give words with capitals that are a name here: "Tidal Net", "Heron 2", "Heron"."""
    name = SIZED.sub("", text[start:end]).rstrip(".-")
    words = name.split()
    if len(name) < 4 or name.casefold() in generic_words() or (len(words) > 1 and _NAMES_A_TECHNIQUE.search(name)):
        return
    if is_no_name(words[0].partition("-")[0]) and not (len(words) > 1 and _NAMES_A_KIND.search(name)):
        return
    if _ENDS.match(text, start + len(name)) is None and not (len(words) > 1 and not is_plain_word(words[-1])):
        return
    yield Tag(start, start + len(name), name)
