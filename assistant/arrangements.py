"""Tells a question for the arrangements of something, where and when it is held, and what it is held of. Pure.

To an embedding the room of one thing is near to any room: what never speaks of the thing does not tell its room. The
wording alone, of English.
"""

from __future__ import annotations

import re

from assistant.terms import content_terms, words_of

_PLACES = r"(?:rooms?|(?:lecture )?halls?|place|building|floor|campus|venue|location|weekday|day|date|time|hour|office)"
_OF = (
    r"(?:(?:due |start(?:ing)? |end )?dates?|deadline|rooms?|time|place|venue|location|address|fee|price|duration"
    r"|length|format|schedule)"
)
_BE = r"(?:is|are|was|were|will|does|do|did|has|can)"
_ASKS = re.compile(
    r"\W*(?:(?:hi|hello|please|and|so|but|ok|can you tell me|do you know|tell me)\b\W*)*"
    rf"(?:(?:in|on|at|from|by|until)\s+)?(?:(?:what|which)\s+{_PLACES}\s+{_BE}\s+"
    rf"|(?:what|which)(?:['’]s|\s+(?:is|are|was|were))\s+the\s+{_OF}\s+(?:of|for)\s+"
    r"|whe(?:re|n)(?:['’]s|\s+(?:is|are|was|were|will|does|do))\s+(?=(?:the|my|our|your|this|next)\s)"
    r"|(?:what|when)(?:['’]s|\s+(?:is|are|were|was))\s+(?:the|your|his|her|\w+['’]s?)\s+(?=(?:office|opening|consultation)\s+hours\b"
    r"|(?:[\w-]+\s+){0,3}(?:deadline|due\s+date)s?\b))"
    r"(?P<thing>.+)",
    re.IGNORECASE | re.DOTALL,
)
_ENDS = re.compile(
    r"[?.!,;:]|\b(?:of|for|in|on|at|to|from|by|with|that|which|held|take|takes|taking|due|start|starts|begin|begins|end"
    r"|ends|open|opens|close|closes|happen|happens|scheduled|located|be|being|going|not|usually|again|this|next)\b",
    re.IGNORECASE,
)
_TOLD = re.compile(
    rf"\d|\b(?:{_PLACES}|(?:mon|tues|wednes|thurs|fri|satur|sun)days?|january|february|march|april|may|june|july|august"
    r"|september|october|november|december|noon|midnight|morning|afternoon|evening|online|chapel|library|canteen)\b",
    re.IGNORECASE,
)
_OF_TIME = frozenset(content_terms("hours date dates time deadline deadlines day room session slot due"))
_CODE = re.compile(r"[\"'][)\]},]|[(\[{][\"']|\w\(|[=!<>]=|\w = |[{}\\]|\w\.\w+\(")


def thing_arranged(question: str) -> list[str]:
    """Give the words for what a question asks the place or the time of; none where it asks for no arrangement.

    >>> thing_arranged("What room is the final exam in?"), thing_arranged("When is the project deadline?")
    (['exam'], ['project'])
    >>> thing_arranged("What are the office hours?"), thing_arranged("What is the exam about?")
    (['office', 'hours'], [])
    """
    found = _ASKS.match(question)
    if found is None:
        return []
    words = [w for w in words_of(_ENDS.split(found["thing"], maxsplit=1)[0]) if content_terms(w)]
    named = [w for w in words if not _OF_TIME.intersection(content_terms(w))]
    if words and words[-1] == "hours":
        return words[-2:]
    return named[-1:] or words[-1:]


def tells_place_or_time(text: str) -> bool:
    """Tell whether a text names a place, a day or an hour, or has a number in digits.

    >>> tells_place_or_time("The test is in Hall B."), tells_place_or_time("There are eight labs and one test.")
    (True, False)
    """
    return _TOLD.search(text) is not None


def is_code(text: str) -> bool:
    """Tell code, or data in it, from what somebody says.

    >>> is_code('("The room is dark.", "room"), ("Renew it.", "loan"),'), is_code("The room (A7) is dark.")
    (True, False)
    """
    return len(_CODE.findall(text)) > 2
