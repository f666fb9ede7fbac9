"""Tells by its wording whether a short English question is whole, and which pronouns have their noun in it. Pure."""

from __future__ import annotations

import re

from assistant.terms import is_courtesy, is_function_word, words_of

LONGEST_SHORT = 12
"""Words of a question that may be short and whole."""
_OPEN_WORDS = """
other others else more another same only also too still then again instead both either neither all each such so
even best worst better worse most least last next first second third final main rest simpler shorter longer
deeper further clearer slower faster easier enough plenty lots two three four five six seven eight nine ten
detail details step steps word words example examples instance instances advantage advantages disadvantage
disadvantages benefit benefits drawback drawbacks downside downsides upside upsides limit limits limitation
limitations exception exceptions alternative alternatives difference differences similarity similarities reason
reasons cause causes effect effects consequence consequences result results outcome outcomes purpose goal aim
point points name names title author authors inventor creator maker size length number amount percentage share
rate version versions variant variants part parts component components property properties feature features
source sources reference references proof evidence answer answers solution problem problems risk risks issue
issues trick formula definition meaning summary explanation comparison conclusion beginning end paper page
section table figure picture code model method approach technique one ones
"""
_OPEN = frozenset(_OPEN_WORDS.split())
"""Words that are of something ("the author", "an example", "another"): alone they leave open of what."""
_TAKES_A_THING_WORDS = """
choose decide compare measure improve avoid prevent detect install download combine change fix solve check test
try calculate compute convert create write build implement evaluate train tune reduce increase remove add
replace select open close run configure adjust cite quote trust verify elaborate summarize summarise clarify
repeat rephrase simplify expand continue begin start
"""
_TAKES_A_THING = frozenset(_TAKES_A_THING_WORDS.split())
"""Deeds that are done to something: "How do I choose?" leaves open what."""
_DET = r"(?:(?:an?|the|any|some|my|our|your|no) )?"
_BE = "(?:is|are|was|were|will)"
_AUX = r"(?:do|did|can|could|must|should|may|might|shall|will|would)"
_WH = r"(?:(?:why|when|where|how|what) )?"
_WE = r"(?:i|we|you|anyone|everyone|someone)"
_FINITE = r"(?:need|have|get|use|take|go|give|make|made|see|show|know|do|come|want)"
_PART = r"(?:mean|means|do|use|used|made|called|happen|happens|take|come|need|go|give|show|done|say)"
_WHOLE = re.compile(
    r"(?:please )?"
    r"(?:(?:can|could|would|will) you (?:please )?|do you know |i (?:want|would like) to know "
    r"|tell me (?!about|something)){0,2}"
    r"(?:"
    rf"{_BE} there (?:be )?{_DET}X|will there be {_DET}X"
    rf"|(?!what){_WH}{_AUX} (?!you V){_WE} (?:(?:need|have) to )?V"
    rf"|{_WH}{_AUX} {_WE} (?:\w+ )?{_FINITE} (?:(?:for|from|in|at|to|on|with|about) )?{_DET}X"
    rf"|(?:when|where|who) {_BE} {_DET}X(?: be)?|(?:when|where|who) {_DET}X {_BE}"
    rf"|(?:explain|describe|tell me(?: something)? about|(?:what|how) do you know about) {_DET}X(?: please)?"
    rf"|what {_BE} meant by {_DET}X"
    rf"|(?:what|how|why|when|where) (?:do|does|did|can|{_BE}) {_DET}X {_PART}(?: (?:for|in|of|as|with|to|from|on))?"
    rf"|who (?:uses?|used|needs?|makes?|made|gives?|gets?) {_DET}X"
    r")"
)
"""Ways to put a whole question; X is the one word that says something, V the same where it is a deed."""
_AUXILIARY = {
    **dict.fromkeys(("does", "has"), "one"),
    **dict.fromkeys(("do", "have"), "many"),
    **dict.fromkeys(("did", "can", "could", "will", "would", "should", "may", "might", "must", "had"), ""),
}
_NUMBER_OF = {
    **dict.fromkeys(("its", "his", "her", "it", "he", "she"), "one"),
    **dict.fromkeys(("their", "they"), "many"),
}
_POSSESSIVE = frozenset(("its", "his", "her", "their"))
_OPENS_A_CLAUSE = frozenset(
    ("when", "if", "that", "while", "before", "after", "because", "where", "until", "whether", "unless")
)
_TELLING = frozenset(("say", "mention", "discuss", "describe", "recommend", "cover", "state", "list"))
_MAY_TELL = frozenset(("explain", "show", "give", "tell", "name", "know", "see"))
_SPEAKERS_WORDS = (
    "course handbook paper author lecturer teacher tutor page text document book article lecture lab chapter"
)
_SPEAKERS = frozenset(_SPEAKERS_WORDS.split())
"""Who tells of other things: "Does the lecturer explain its limits?"."""
_JOINS = frozenset(("of", "in", "on", "for", "with", "than", "to"))
_STATEMENT = re.compile(r"[^.;:?!]+")
_WORD = re.compile(r"[\w'’-]+")
_DETERMINERS = frozenset(("a", "an", "the", "any", "some", "my", "our", "your", "no", "each", "every"))
FARTHEST = 12
"""Words from a subject to the pronoun that may be of it."""


def is_whole(question: str) -> bool:
    """Tell whether a question with one word that says something needs nothing said before it.

    >>> is_whole("Do I need a laptop?"), is_whole("Is there an exception?"), is_whole("In which year?")
    (True, False, False)
    """
    words = words_of(question) if len(question) <= LONGEST_SHORT * 40 else []
    said = [n for n, word in enumerate(words) if not is_function_word(word)]
    if len(said) != 1 or len(words) > LONGEST_SHORT or _OPEN & set(words):
        return False
    word = words[said[0]]
    if is_courtesy(word):
        return False
    bare = said[0] == 0 or words[said[0] - 1] not in _DETERMINERS
    how = bare and word.endswith(("est", "ly"))  # "cheapest", "briefly"
    forms = [form for form, no in (("X", how), ("V", word in _TAKES_A_THING)) if not no]
    return any(_WHOLE.fullmatch(" ".join([*words[: said[0]], form, *words[said[0] + 1 :]])) for form in forms)


def leaves_open(question: str) -> bool:
    """Tell whether a question speaks of what is of something else, and does not say of what."""
    words = words_of(question)
    return bool(_OPEN & set(words)) and "of" not in words


def without_own_pronouns(question: str) -> str:
    """Leave out the pronouns that are of the subject of their own sentence, and agree with it in number.

    >>> without_own_pronouns("How does attention compute its weights?")
    'How does attention compute  weights?'
    """
    return _STATEMENT.sub(lambda found: _without_own(found[0]), question)


def _without_own(statement: str) -> str:
    found = list(_WORD.finditer(statement))
    words = [match[0].lower() for match in found]
    verb = next((n for n, word in enumerate(words) if word in _AUXILIARY), len(words))
    noun = next((n for n in range(verb + 1, len(words)) if words[n] not in _DETERMINERS), len(words))
    if noun == len(words) or is_function_word(words[noun]):
        return statement  # "How do I ...": who does it is no thing that was named
    if words[noun - 1] == "the" and words[noun] in _OPEN:
        return statement  # "the method" is the one that was spoken of
    ahead = range(noun + 1, min(noun + FARTHEST, len(words)))
    number = _AUXILIARY[words[verb]] or _number(words[noun : noun + 2])
    own = [found[n] for n in ahead if _is_own(words[n], words[noun], number, words[noun + 1 : n])]
    ends = [0, *(match.end() for match in own)]
    starts = [*(match.start() for match in own), len(statement)]
    return "".join(statement[end:start] for end, start in zip(ends, starts, strict=True))


def _is_own(word: str, subject: str, number: str, before: list[str]) -> bool:
    if _NUMBER_OF.get(word) != number or _TELLING & set(before):
        return False
    if not before or (subject.removesuffix("s") in _SPEAKERS and _MAY_TELL & set(before)):
        return False
    return not _JOINS.issuperset(before) if word in _POSSESSIVE else before[-1] in _OPENS_A_CLAUSE


def _number(noun: list[str]) -> str:
    plural = (word.endswith("s") and not word.endswith(("ss", "us", "is")) for word in noun)  # "Can neural networks"
    return "many" if any(plural) else "one"
