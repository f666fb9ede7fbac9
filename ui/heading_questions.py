"""Makes a question of a heading: the one that somebody would ask whom the section answers. Pure, of English alone.

Told apart by wording alone, so a heading whose shape does not show that it names something gives none: of "Agents fail
in four ways" only a reader knows that it is a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from assistant.definitions import defines, term_asked
from assistant.terms import content_terms

Form = Literal["heading", "meaning", "difference", "list", "how", "about"]
LONGEST_HEADING = 70
MOST_WORDS = 6
"""Words of a name: a longer heading is a sentence."""
MOST_BARE_WORDS = 2
"""Words of a name that nothing but its shortness shows to be one."""
_DULL = frozenset((
    "summary", "overview", "introduction", "references", "exercise", "exercises", "contents", "conclusion", "abstract",
    "appendix", "acknowledgements", "outline", "agenda", "notes", "further", "reading", "an", "the", "and", "recap",
))  # fmt: skip
_SHOWN = re.compile(r"\b(?:worked|examples?|exercises?|demo|walk-?through|checklist|agenda|quiz)\b", re.IGNORECASE)
"""What a section shows or sets, and says nothing of that could be asked."""
_NUMBER = re.compile(r"\A(?:(?:lesson|chapter|section|part|week|unit|step)\s+)?\d+(?:\.\d+)*[.):]?\s+", re.IGNORECASE)
_BE = r"(?:is|are|was|were)"
_CAN = r"(?:is|are|was|were|can|should|must|may|will)"
_ASKED = re.compile(
    r"(?:what|which|who|when|where|why|how(?: (?:many|much|often|long))?)\s+"
    r"(?:is|are|was|were|do|does|did|can|should|must|may|will)\b.*"
    r"|(?:what|which|who|when|where|why|how|is|are|does|do|can|should)\s.*\?",
    re.IGNORECASE,
)
_TO_DO = re.compile(r"(when|where|how|what) (not )?to (.+)", re.IGNORECASE)
_IS_DONE = re.compile(rf"(how|why|where|when) (.+?) ({_CAN}) (.+)", re.IGNORECASE)
_THING_IS = re.compile(rf"what (.+?) ({_BE})( \w+)?", re.IGNORECASE)
_THINGS_DO = re.compile(
    r"(how|why|where|when) ((?:[a-z-]+ ){0,2}[a-z-]+[^\Wsu]s) ([a-z]+[^\Ws](?: .+)?)", re.IGNORECASE
)
_NO_THING = re.compile(
    r"(?:what|which|who|when|where|why|how|to|if|start|use|try|do|don['’]t|never|always|more|an?|your|our|my|this|these"
    r"|getting|next|after|before|during|about|without|with|in|on|from|beyond|towards?)\b.*|.*\d.*",
    re.IGNORECASE,
)
_TWO = re.compile(
    r"(?:an? |the )?([\w -]{2,30}?) (?:versus|vs\.?|compared (?:with|to)) (?:an? |the )?([\w -]{2,30})", re.I
)
_THAT = re.compile(r"(?:the )?((?:[\w-]+ ){0,2}[\w-]+[^\Wsu]s) that (.+)", re.IGNORECASE)
_EACH = re.compile(r"((?:every|each|the|an?) [\w-]+) ([a-z]+[^\Ws])s", re.IGNORECASE)
_THEY = re.compile(r"(?:you|we|they|i|all [\w-]+) [a-z]+[^\Ws]", re.IGNORECASE)
_COMPLEMENT = re.compile(r" (?:of|for|in|on|with|to|between|from|without|by|as|at|across|under) .+", re.IGNORECASE)
_JOINED = re.compile(r"(.+) and (.+)", re.IGNORECASE)
_LOWER = re.compile(r".*(?:[^su]s|ing|tion|ment|ness|ity)\Z")
_ABSTRACT = re.compile(r".*(?:ing|tion|sion|ment|ness|ity|acy|ancy|ency|ism|ship)\Z", re.IGNORECASE)
"""How words end that name something which has no plural: they take no article."""
_PROCESS = re.compile(r".*(?:ing|tion|sion|ency)\Z", re.IGNORECASE)
_DOING = re.compile(r"([a-z-]+ing) (?:an? |the |for |with |to |(?:[a-z-]+ )?[a-z-]+[^\Wsu]s(?: |\Z)).*", re.IGNORECASE)


def question_of(heading: str, sentences: Sequence[str]) -> tuple[str, Form] | None:
    """Make a question of a heading, None where none would be one that somebody asks.

    >>> question_of("When to use ReAct", []), question_of("2.1 Kilns vs. ovens", ["A kiln is hotter than an oven."])
    (('When should I use ReAct?', 'heading'), ('How do kilns differ from ovens?', 'difference'))
    """
    said = _NUMBER.sub("", heading.strip(), count=1).strip(" .:*_`")
    if not said or len(said) > LONGEST_HEADING or _DULL.issuperset(said.casefold().split()):
        return None
    if asked := _as_asked(said):
        return asked, "meaning" if term_asked(asked) else "heading"
    if _SHOWN.search(said):
        return None
    if two := _TWO.fullmatch(said):
        return _difference(two[1], two[2], sentences)
    if that := _THAT.fullmatch(said):
        return _which(that[1], that[2])
    if re.search(r"[,:;?!()|/]", said) or len(said.split()) > MOST_WORDS:
        return None
    return _meaning(said, sentences) or _named(said, sentences)


def _as_asked(said: str) -> str:
    """Give the question that a heading is, or tells the answer to; "" where it does neither."""
    if _ASKED.fullmatch(said):
        return f"{said[0].upper()}{said[1:].rstrip('?')}?"
    if to_do := _TO_DO.fullmatch(said):
        asks, negated, rest = to_do.groups()
        verb = "do I" if asks.casefold() == "how" else "should I"
        return f"{asks.capitalize()} {verb} {negated or ''}{rest}?"
    if done := _IS_DONE.fullmatch(said):
        asks, subject, verb, rest = done.groups()
        return f"{asks.capitalize()} {verb} {subject} {rest}?"
    if thing := _THING_IS.fullmatch(said):
        return f"What {thing[2]} {thing[1]}{thing[3] or ''}?"
    if do := _THINGS_DO.fullmatch(said):
        return f"{do[1].capitalize()} do {do[2]} {do[3]}?"
    return ""


def _difference(one: str, other: str, sentences: Sequence[str]) -> tuple[str, Form] | None:
    ours, theirs = set(content_terms(one)), set(content_terms(other))
    if not ours or not theirs or not any((ours | theirs).issubset(content_terms(s)) for s in sentences):
        return None
    verb = "do" if is_plural(one) else "does"
    return f"How {verb} {within(one, sentences)} differ from {within(other, sentences)}?", "difference"


def _which(things: str, rest: str) -> tuple[str, Form] | None:
    """Ask for the things that do something, or that something is done with."""
    named = within(things, [], always=True)
    if each := _EACH.fullmatch(rest):
        return f"Which {named} does {each[1]} {each[2]}?", "list"
    if _THEY.fullmatch(rest):
        return f"Which {named} do {rest}?", "list"
    if re.match(r"(?:every|each|the|an?|you|we|they|i|all|no|nobody|it|he|she)\b", rest, re.IGNORECASE):
        return None
    return f"Which {named} {rest}?", "list"


def _meaning(said: str, sentences: Sequence[str]) -> tuple[str, Form] | None:
    meaning = next((sentence for sentence in sentences if defines(sentence, said) == 1.0), None)
    if meaning is None:
        return None
    named, own = re.match(r"(an?|the) ", said, re.IGNORECASE), re.match(r"(?:an?|the) ", meaning, re.IGNORECASE)
    article = own[0].lower() if own and meaning[own.end() :].casefold().startswith(said.casefold()) else ""
    if not article and named is None and not (is_plural(said) or _ABSTRACT.match(said) or is_name(said)):
        return None
    return f"What {'are' if is_plural(said) else 'is'} {article}{within(said, sentences)}?", "meaning"


def _named(said: str, sentences: Sequence[str]) -> tuple[str, Form] | None:
    """Ask about what a heading names, in the way that fits what it is: things, something done, anything else."""
    bare = re.sub(r"\Athe ", "", said, flags=re.IGNORECASE)
    head, name, terms = _COMPLEMENT.sub("", bare), within(said, sentences), len(content_terms(said))
    if not terms or _NO_THING.fullmatch(said):
        return None
    if not _JOINED.fullmatch(bare):
        is_short = len(head.split()) <= MOST_BARE_WORDS
        if _DOING.fullmatch(said) and name[0].islower():
            return f"How do I go about {name}?", "how"
        if is_plural(head) and is_short and (terms > 1 or bare == said):
            return f"What are {'the ' if head != bare == said else ''}{name}?", "list"
        if head == said and _PROCESS.match(head):
            return f"How does {name} work?", "how"
        article = "" if bare != said or _ABSTRACT.match(head) else _article(said, sentences)
        if article is None or (_ABSTRACT.match(head) and name[0].isupper()):
            return None
        name = f"{article}{name}"
    return (f"What should I know about {name}?", "about") if terms > 1 else None


def _article(said: str, sentences: Sequence[str]) -> str | None:
    """Give what a text has before a name; None where it has not the name, or calls it one of several."""
    found = [re.search(rf"(?:\b(\w+) )?\b{re.escape(said)}\b", sentence, re.IGNORECASE) for sentence in sentences]
    before = [(match[1] or "").casefold() for match in found if match]
    if not before or before[0] in ("a", "an"):
        return None
    return "the " if before[0] == "the" else ""


def within(said: str, sentences: Sequence[str], always: bool = False) -> str:
    """Give words as they stand within a sentence: a capital that only begins one is a small letter there."""
    first, _, rest = said.partition(" ")
    if not first[:1].isupper() or is_name(first):
        return said
    small = first.lower()
    seen = any(re.search(rf"\b{re.escape(small)}\b", sentence) for sentence in sentences)
    names = any(re.search(rf"(?<=[\w,;] ){re.escape(first)}\b", sentence) for sentence in sentences)
    goes_on = rest == rest.lower() != "" or (not rest and _ABSTRACT.match(small))
    return f"{small} {rest}".strip() if (seen or always or goes_on or _LOWER.match(small)) and not names else said


def is_name(word: str) -> bool:
    """Tell whether a word is written as a name is: a capital or a digit stands within it.

    >>> is_name("ReAct"), is_name("F1"), is_name("Kiln")
    (True, True, False)
    """
    return any(letter.isupper() or letter.isdigit() for letter in word[1:])


def is_plural(said: str) -> bool:
    """Tell whether the last word of a name is a plural.

    >>> is_plural("vector stores"), is_plural("bias"), is_plural("the process"), is_plural("statistics")
    (True, False, False, False)
    """
    last = said.split()[-1].casefold()
    return last.endswith("s") and not last.endswith(("ss", "us", "is", "ics", "ias"))
