"""Tells by its wording what a question asks for: a number, a thing that it calls by its name, what is about one.

Pure: the wording alone, of English. What is not recognised is asked for all the same.
"""

from __future__ import annotations

import re

from assistant.terms import content_terms, content_words, words_of

_MEASURES = (
    r"(?:percentages?|percent|fractions?|portion|ratios?|rates?|ratings?|scores?|numbers?|sizes?|loss|accurac(?:y|ies)"
    r"|years?|dates?|deadlines?|prices?|costs?|fees?|salar(?:y|ies)|values?|shares?|ranks?|versions?|budgets?|lengths?"
    r"|counts?|amounts?|heights?|weights?|ages?|speeds?|limits?|durations?)"
)
_HOW_MUCH = r"\bhow (?:many|much|long|large|big|old|often|fast|far|massive|tall|heavy|high|deep|wide)\b"
_ASKS = re.compile(
    rf"{_HOW_MUCH}"
    r"|\b(?:what|which) (?:percent(?:age)?|fraction|proportion|portion|ratio|(?:number|share|amount) of)\b"
    r"|\bwhen (?:was|were|did)\b"
    rf"|\b(?:what|which) (?:(?!do|does|did|can|should|would|is|are|was|were)[\w-]+ ){{0,4}}{_MEASURES}"
    r"(?: of(?: [\w-]+){1,4})?"
    r" (?:do|does|did|is|are|was|were|has|have|had|can|should|will)\b"
    rf"|\bwhat(?:['’]s| is| are| was| were) (?:the|its|their) (?:[\w-]+ ){{0,3}}{_MEASURES}"
    r" (?:of|for|in|on|per|at|when|used|to)\b",
    re.IGNORECASE,
)
_COUNT = (
    r"(?<![\w-])\d"
    r"|\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|sixty|seventy"
    r"|eighty|ninety|dozens?|hundreds?|thousands?|millions?|billions?|trillions?|half|halves|thirds?|quarters?|once|twice"
    r"|none)\b"
)
_NUMBER = re.compile(
    rf"{_COUNT}|\b(?:percent|double|triple|hourly|daily|weekly|monthly|yearly|annually|always|never|every|each|nothing|free"
    r"|january|february|march|april|june|july|august|september|october|november|december)\b",
    re.IGNORECASE,
)


_IN_NUMBERS = re.compile(rf"{_HOW_MUCH}|\bwhen\b|\bwhat (?:\w+ ){{0,2}}(?:portion|{_MEASURES})\b", re.IGNORECASE)
_ASKS_LIMIT = re.compile(
    r"\bhow (?:many|much|long|often|far|late|big|large)\b.{0,200}\b(?:can|may|could|allowed|permitted|at most)\b",
    re.IGNORECASE,
)
_LIMIT = re.compile(
    r"\b(?:at (?:the )?most|up to|(?:no|not) more than|limit(?:ed)?|maximum|max\.?)\b"
    rf"|(?:{_NUMBER.pattern})[^.;]{{0,40}}\b(?:allowed|permitted|excused|tolerated)\b",
    re.IGNORECASE,
)


def asks_number(question: str) -> bool:
    """Tell whether a question asks for a number, a date or an amount.

    >>> asks_number("What is the dropout rate of Mixtral?"), asks_number("What is a learning rate?")
    (True, False)
    """
    return _ASKS.search(question) is not None


def has_number(text: str) -> bool:
    """Tell whether a text has a number, in digits or in words, or says how often.

    >>> has_number("It has seven layers."), has_number("GPT-4 has layers.")
    (True, False)
    """
    return _NUMBER.search(text) is not None


def without_number_words(question: str) -> str:
    """Leave out of a question the words that ask for a number.

    >>> without_number_words("How many people live in Iceland?").strip()
    'people live in Iceland?'
    """
    return _IN_NUMBERS.sub(" ", question)


def asks_limit(question: str) -> bool:
    """Tell whether a question asks how much is allowed.

    >>> asks_limit("How many pages may I hand in?"), asks_limit("How many pages are there?")
    (True, False)
    """
    return _ASKS_LIMIT.search(question) is not None


_ALLOWED_TO = re.compile(
    r"\b(?:may|can|could|(?:allowed|permitted) to)\s+(?:(?:i|we|you|one|they|he|she|people|(?:an?|the|each|every)\s+\w+"
    r"|\w+s)\s+(?=\w+))?(?:still\s+|at most\s+)?(?:be\s+|have\s+)?(\w+)",
    re.IGNORECASE,
)
OF_ANOTHER = 0.5
_ABSENCE = frozenset(content_terms("miss skip absent absence"))
_COUNTS = re.compile(_COUNT, re.IGNORECASE)


def tells_limit(question: str, text: str) -> float:
    """Give how far a text says, with a number, how much is allowed of what a question asks for: 1, or 0.5 of another.

    What says how often it is done tells it too.

    >>> texts = ("Two may be skipped.", "At most two classes.", "At most two pages.", "Six are held.")
    >>> [tells_limit("How many classes may I miss?", text) for text in texts]
    [1.0, 1.0, 0.5, 0.0]
    """
    found = _ALLOWED_TO.search(question)
    deed = frozenset(content_terms(found[1])) if found else frozenset[str]()
    deed |= _ABSENCE if deed & _ABSENCE else deed
    there = frozenset(content_terms(text))
    if deed & there and _COUNTS.search(text):
        return 1.0
    if not (has_number(text) and _LIMIT.search(text)):
        return 0.0
    return 1.0 if there & frozenset(content_terms(question)) else OF_ANOTHER


_ASKS_ADDRESS = re.compile(r"\be-?mails?(?: address(?:es)?)?\b|\bmail address\b", re.IGNORECASE)
_ADDRESS = re.compile(r"(?<![\w.+-])[\w.+-]++ ?(?:@|\(at\)|\[at\]) ?[\w-]+\.\w")


def asks_address(question: str) -> bool:
    """Tell whether a question speaks of an address for mail."""
    return _ASKS_ADDRESS.search(question) is not None


def has_address(text: str) -> bool:
    """Tell whether a text has an address for mail.

    >>> has_address("Write to lind@example.org."), has_address("Write to Dr. Lind.")
    (True, False)
    """
    return _ADDRESS.search(text) is not None


_AUXILIARY = r"(?:is|are|was|were|does|do|did|has|have|had|can|should|would|could|will|must|might|may|gets?|got)"
_NO_THING = (
    rf"(?:{_AUXILIARY}|the|an?|this|that|these|those|it|its|he|she|they|we|you|i|my|your|our|his|her|their|one|people"
    r"|to|if|when)"
)
"""What begins a clause behind "what" and no thing that is asked for: "what does it do", "what the course is about"."""
_FOR = re.compile(
    rf"\b(?:what|which|how (?:many|much))\s+(?!{_NO_THING}\b)((?:[\w'’.-]+\s+){{1,5}}?){_AUXILIARY}\b", re.IGNORECASE
)
_PART_OF = re.compile(
    r"\bwhat(?:['’]s|\s+(?:is|are|was|were))\s+(?:the|a|an)\s+((?:[\w-]+\s+){1,4}?)(?:of|for|in|on|to|at)\b",
    re.IGNORECASE,
)
_GENERAL = """purpose role idea meaning definition goal point name way ways reason reasons problem problems key use uses
    type types kind kinds sort example examples part parts step steps thing things effect effects rule rules difference
    differences advantage advantages disadvantage benefit benefits risk risks main best first two three four different
    common"""
_IN_GENERAL = frozenset(_GENERAL.split())
"""What a text does not call by its name where it tells it."""
_CLASSES = """method methods technique techniques approach approaches algorithm algorithms paper papers person people
    researcher researchers author authors group groups team teams company companies tool tools system systems"""
_CLASS = frozenset(_CLASSES.split())
_NEED_NOT_BE_SAID = _CLASS | _IN_GENERAL
"""What a text does not call a thing either that it calls by its own name: of LoRA it may never say "method"."""


def asked_for(question: str) -> list[str]:
    """Give the words that name what a question asks for; none where it does not say.

    >>> asked_for("Which learning rate did they use?"), asked_for("What is ReAct?")
    (['learning', 'rate'], [])
    """
    found = _FOR.search(question)
    words = words_of(found[1]) if found else []
    return [] if set(words) <= _CLASS else words


def called_by_name(question: str) -> frozenset[str]:
    """Give the terms of what is asked for that a text with an answer mostly has: a rank, not a reason.

    >>> sorted(called_by_name("What is the dropout rate of Mixtral?")), called_by_name("What is the idea of ReAct?")
    (['dropout', 'rate'], frozenset())
    """
    of = _PART_OF.search(question)
    words = asked_for(question) or (words_of(of[1]) if of else [])
    return frozenset(content_terms(" ".join(word for word in words if word.casefold() not in _IN_GENERAL)))


def words_to_meet(question: str) -> list[str]:
    """Give the content words of a question that an answer mostly says: no "method", no "purpose".

    >>> words_to_meet("Which method does not need a scale?")
    ['scale']
    """
    return [word for word in content_words(words_of(question)) if word not in _NEED_NOT_BE_SAID]


_WHO = re.compile(
    r"\W*(?:(?:and|but|so|by|to|for|with|from)\s+)*whom?\b(?:\s+(?:else|is|are|was|were|do|does|did|has|have|had|can|could"
    r"|will|would|may|might|must|should|been|being|the|an?))*\s+",
    re.IGNORECASE,
)


def deed_asked_for(question: str) -> list[str]:
    """Give the content words of a question for somebody, the deed or the role first; none for any other.

    >>> deed_asked_for("Who was the captain of the Rovers?"), deed_asked_for("What did they win?")
    (['captain', 'rovers'], [])
    """
    found = _WHO.match(question)
    return content_words(words_of(question[found.end() :])) if found else []


_WORD = re.compile(r"[^\W_][\w.&'’-]*[^\W_]")
_OWNER = re.compile(r"['’]s?\Z")
_ENGLISH = re.compile(
    r"\b(?:the|is|are|do|does|did|how|what|which|who|when|where|why|can|should|with|from)\b", re.IGNORECASE
)
_MOSTLY = 0.5
"""Of the words of a title in capitals ("How Do I Compare Prompts") none is a name for that."""


def things_named(question: str) -> list[str]:
    """Give the words of a question that are names: with a capital within the sentence or the word, or with a digit.

    None of another language, where other words have capitals too.

    >>> things_named("How do I load a LoRA adapter into Pinecone?"), things_named("Is The Course Free?")
    (['LoRA', 'Pinecone'], [])
    """
    if not _ENGLISH.search(question):
        return []
    found = ((_OWNER.sub("", match[0]), match.start()) for match in _WORD.finditer(question))
    words = [(word, _begins_a_sentence(question, start)) for word, start in found]
    capital = [word for word, begins in words if word[0].isupper() and not begins]
    in_capitals = len(capital) > _MOSTLY * len(words)
    return [word for word, begins in words if _is_odd(word) or (word[0].isupper() and not begins and not in_capitals)]


def _begins_a_sentence(text: str, start: int) -> bool:
    before = text[:start].rstrip(" \t\n\"'“‘(*-")
    return not before or before[-1] in ".!?:"


def _is_odd(word: str) -> bool:
    """Tell a word that has letters and a digit, or small letters and capitals behind the first."""
    if word.isupper():
        return False
    return any(c.isupper() for c in word[1:]) or (any(c.isdigit() for c in word) and any(c.isalpha() for c in word))
