"""How a question names an assignment: by its kind and number in other words, or as the one that is open. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

KIND = "lab"
"""What every kind of assignment is written as, so that exercise 3 and the third assignment are Lab 3."""
# As an adjective ("practical advice") it is no kind; "ex" and "sheet" are one with a number, or by their first word.
_PRACTICAL = r"practical(?=s?\b(?:\W*\Z|\s*[.,;:?!]|\s*(?:no\.?|number)?\s*#?\d|\s+(?:is|was|for|due|in|on|myself)\b))"
_KINDS = (
    rf"(?:lab(?:oratory)?|(?:exercise|problem)\s+sheet|exercise|assignment|home ?work|coursework|worksheet|{_PRACTICAL}"
    r"|problem\s+set|p-?sets?(?=\b)|hw(?=s?\b|\s*\d)|(?:ex\.?|(?<!cheat\s)(?<!excel\s)(?<!data\s)(?<!google\s)sheet)"
    r"(?=\s*#?\d))"
)
_NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_PLACE = {word: str(n) for n, word in enumerate(_ORDINALS, 1)}
_NTH = re.compile(rf"\b(?:({'|'.join(_ORDINALS)})|(\d{{1,3}})(?:st|nd|rd|th))\s+({_KINDS})\b", re.IGNORECASE)
_OF_A_KIND = re.compile(rf"\b{_KINDS}(?=(?:'s|s)?\b(?!-[a-z])|\s*\d)", re.IGNORECASE)
_COUNTED = re.compile(  # "lab 3 days a week": 3 of something else; "my code for lab 3 times out" is of lab 3
    rf"(\b{_KINDS}s?),? \d+ (?=(?:minutes?|hours?|days?|weeks?|months?|times) (?:an?|per|each|every) \w)", re.IGNORECASE
)
_NUMBERED = re.compile(rf"\b{_KINDS}s?(?:\s+no\.?|\s+number)?[\s#-]*(?:\d|(?:{'|'.join(_NUMBERS)})\b)", re.IGNORECASE)
_IT = rf"(?:{_KINDS}s?|notebook|to-?dos?(?!\s*-?lists?))(?:'s)?\b(?!-)"
_THIS = r"(?:the|this|that|these|my|our|today's|(?:this|next) week's)"
_WORK = (
    r"(?:do|solv(?:e|ing)|finish(?:ing)?|complet(?:e|ing)|fill(?:ing)? (?:in|out)|writ(?:e|ing)|implement(?:ing)?"
    r"|draft(?:ing)?|cod(?:e|ing)|translat(?:e|ing)|answer(?:ing)?|put|paste|go(?:es)?)"
)
_SOLUTION = r"(?:solutions?|answers?|code|results?|finished (?:work|file|version)|submission)"
_ASKS_FOR_ITS_SOLUTION = re.compile(
    rf"\b{_WORK}(?: (?:me|out|it))?(?: (?:into|in|at|under))? {_THIS} (?:[\w-]+ ){{0,2}}?{_IT}"
    rf"|\b{_SOLUTION} (?:[\w-]+ )?(?:to|of|for|in|from|into) {_THIS} (?:[\w-]+ ){{0,2}}?{_IT}"
    rf"|\b(?:show|give|tell|send|post|write|print|want|need)\b(?: [\w-]+){{0,3}}? {_IT} {_SOLUTION}\b",
    re.IGNORECASE,
)
_AS_IT_SHOULD_BE = re.compile(
    r"\b(?:perfect|model|ideal|sample|finished|full[- ]marks?|top[- ](?:mark|grade)|a\+) "
    r"(?:submissions?|solutions?|hand-?ins?)\b(?!\s+(?:of|to|for)\s+an?\b)",
    re.IGNORECASE,
)
_WHAT_IS_DUE = re.compile(
    rf"\b(?:{_WORK}|help|{_SOLUTION})\b.*\b(?:problems?|tasks?|questions?|work|stuff|thing|one) "
    r"(?:(?:that|which)(?:'s| is| are) )?due\b(?!\s+to\b)",
    re.IGNORECASE,
)
_ABOUT_THE_COURSE = re.compile(
    r"\W*(?:when|who|where|which|may|must|should|shall|is|are|was|were|does|do (?:we|i|they)|what happens"
    r"|how (?:do|can) i (?:hand|submit|upload)|how long|how many|how much)\b",
    re.IGNORECASE,
)
"""How one begins who asks about an assignment: its day, its rules, its marks."""

_LESSON = re.compile(
    r"(?<!before )(?<!until )(?<!till )(?<!by )(?<!due in )(?<!due at )"
    rf"\b(?:lesson|lecture|chapter|unit|module)s?(?: no\.?| number)?[ #-]{{0,2}}(\d{{1,3}}|{'|'.join(_NUMBERS)})\b",
    re.IGNORECASE,
)
_ITS_EXERCISE = re.compile(
    rf"\bexercise #?(\d{{1,3}}) (?:in|of|from|to|at the end of) (?={_LESSON.pattern})", re.IGNORECASE
)
_ONE_NUMBER = rf"(?:\d{{1,3}}|{'|'.join(_NUMBERS)})\b"
_OF_NUMBER = re.compile(  # "labs 2 and 3" are both
    rf"\b{KIND}s?(?: no\.?| number)?[ #-]{{0,2}}"
    rf"({_ONE_NUMBER}(?:(?:, ?| and | or | ?& ?| to | ?[-–] ?){_ONE_NUMBER}){{0,9}})",
    re.IGNORECASE,
)
_LISTED = re.compile(rf"( to | ?[-–] ?)?\b({_ONE_NUMBER})", re.IGNORECASE)
_CLAUSE = re.compile(r"[.,;:!?\n]+|\b(?:and|so|but|because)\b", re.IGNORECASE)
_WISH_WORDS = """
i i'm im am we you u me us my our please pls plz just now so can could would will simply only really quickly all
i'd like to have get see give show tell send post paste print need want hand over provide
the a an this that these it its everything whole entire full complete finished final working ready correct right
some any of for in at on by with as from up out over stuck help due deadline is until before todo
tomorrow tonight today now asap soon week month next morning evening night noon midnight hour hours minutes
monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
september october november december jan feb mar apr jun jul aug sept oct nov dec
python something submit key sheet do solve finish write implement fill again already and or
hi hello hey thanks what what's whats is
"""
_OF_A_WISH = frozenset(_WISH_WORDS.split())
"""The words of who wishes for a solution in a hurry and names no thing that it is of."""
_WISHED = re.compile(
    r"\b(?:code|solutions?|answers?|results?|notebook|script|program|submission|finished (?:run|version|file|work)"
    r"|something to (?:hand in|submit)"
    r"|(?:do|solve|finish|complete|write|code|implement) (?:it|this|that|everything|all))\b",
    re.IGNORECASE,
)
_ASKING_WORDS = "how when which where who whom why is are does did was were may"
_ASKING = frozenset(_ASKING_WORDS.split())
_PRESSED = re.compile(
    rf"\b(?:{_KINDS}|due|deadline|tomorrow|tonight|hand in|submit|answer (?:key|sheet))\b", re.IGNORECASE
)
_DATED = re.compile(r"\d{1,4}(?:st|nd|rd|th)?")
_POINTED_AT = re.compile(  # "the lab server" and "the lab room" are other things
    rf"\b{_THIS} (?:{_KINDS}|(?:{_KINDS} )?notebook)(?:'s)?"
    r"(?=\W{0,3}\Z|[.,;:?!]|\s(?:is|was|has|do|does|did|uses?|used|get|gets|got|about)\b)",
    re.IGNORECASE,
)
_OF_ITS_TIME_OR_PLACE = re.compile(
    r"\W{0,9}(?:when|who|where|may|must|should|shall|is|are|can|what (?:time|day|room|happens)"
    r"|how (?:long|many points|much))\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


def one_kind(text: str) -> str:
    """Write each kind of assignment in one word, with its number behind it.

    >>> one_kind("The third exercise, please"), one_kind("assignment 3"), one_kind("Is lab-small large?")
    ('The lab 3, please', 'lab 3', 'Is lab-small large?')
    """
    text = _COUNTED.sub(r"\1 ", text)
    placed = _NTH.sub(lambda m: f"{m[3]} {_PLACE.get((m[1] or '').lower()) or m[2]}", text)
    return _OF_A_KIND.sub(KIND, placed)


def asks_for_the_open_one(text: str) -> bool:
    """Tell whether a text asks for the solution of an assignment without saying which: then it is the one that is open.

    >>> asks_for_the_open_one("Just do the notebook for me"), asks_for_the_open_one("Give me the code of lab 6")
    (True, False)
    """
    if _ABOUT_THE_COURSE.match(text) or _NUMBERED.search(one_kind(text)):
        return False
    return any(asks.search(text) for asks in (_ASKS_FOR_ITS_SOLUTION, _AS_IT_SHOULD_BE, _WHAT_IS_DUE))


def without_others(text: str, name: str, about: Iterable[str] = ()) -> str:
    """Leave out of a text what names another assignment or lesson by its number than the name or a phrase `about` does.

    >>> without_others("What is in exercise 5?", "Lab 3"), without_others("Is lab 5 like lab 3?", "Lab 3")
    ('What is in ?', 'Is lab 5 like lab 3?')
    """
    own = _numbers(_OF_NUMBER, one_kind(name))
    if not own:
        return text
    if "exercise" not in name.lower():
        text = _ITS_EXERCISE.sub(lambda m: m[0] if m[2].lstrip("0") in own else "", text)
    own |= {number for phrase in about for pattern in (_OF_NUMBER, _LESSON) for number in _numbers(pattern, phrase)}
    kinds = one_kind(text)
    named = _numbers(_OF_NUMBER, kinds) or _numbers(_LESSON, kinds)
    if not named or named & own:
        return text
    return _LESSON.sub("", _OF_NUMBER.sub("", kinds))


def names_a_kind(text: str) -> bool:
    """Tell whether a text speaks of an assignment of any kind, whichever."""
    return bool(_OF_A_KIND.search(text))


def points_at_the_open_one(text: str) -> bool:
    """Tell whether a text asks for something of "the lab" or "the notebook", and not for its time, place or rules.

    >>> points_at_the_open_one("Which examples are in the notebook?"), points_at_the_open_one("When is the lab?")
    (True, False)
    """
    return bool(_POINTED_AT.search(text)) and not _OF_ITS_TIME_OR_PLACE.match(text)


def wishes(text: str, is_first: bool = True) -> bool:
    """Tell whether a text wishes for the solution and names nothing that it is of, as one that opens a conversation.

    Later on it may be of what was asked before: then it has to speak of an assignment or a date to hand in.

    >>> wishes("Solve it, please"), wishes("Give me the code", is_first=False), wishes("Give me the code of BM25")
    (True, False, False)
    """
    if _NUMBERED.search(one_kind(text)):
        return False
    clauses = _CLAUSE.split(text)
    if not any(_is_a_wish(clause) for clause in clauses):
        return False
    return bool(_PRESSED.search(text)) or (is_first and all(_is_bare(clause) for clause in clauses))


def _is_a_wish(clause: str) -> bool:
    return bool(_WISHED.search(clause)) and _is_bare(clause)


def _is_bare(clause: str) -> bool:
    """Tell whether a part of a sentence holds nothing but words of a wish, so that it names no thing of its own."""
    words = [word.lower().replace("’", "'") for word in _WORD.findall(_WISHED.sub(" ", _OF_A_KIND.sub(" ", clause)))]
    return not (words and words[0] in _ASKING) and all(w in _OF_A_WISH or _DATED.fullmatch(w) for w in words)


def _numbers(pattern: re.Pattern[str], text: str) -> set[str]:
    """Give all numbers that a pattern finds, those in between too: labs 2 to 4 are three."""
    found: list[int] = []
    for match in pattern.finditer(text):
        for until, word in _LISTED.findall(match[1]):
            number = _number(word)
            found += range(found[-1], number) if until and found else ()
            found.append(number)
    return {str(number) for number in found}


def _number(word: str) -> int:
    word = word.lower()
    return _NUMBERS.index(word) + 1 if word in _NUMBERS else int(word)
