"""Tells a question whether something is needed, and a sentence that demands it of the reader. Pure; of English alone.

"Bring a laptop with Python to the first lab" shares one word with "Do I need a laptop?", and to an embedding it is
about something else; but what is demanded by name is what was asked.
"""

from __future__ import annotations

import re

from assistant.terms import content_terms

_WHO = r"(?:i|we|you|one|everyone|everybody|(?:the )?(?:students?|participants?|teams?))"
_USED = r"(?:have|bring|own|buy|get|take|use|install|know|wear|pay|attend)"
_NEEDED = r"(?:required|needed|necessary|mandatory|compulsory|obligatory)"
_ASKS = re.compile(
    r"\W*(?:(?:hi|hello|please|and|so|but|also)\b\W*)*"
    rf"(?:(?:do|does|will|would)\s+{_WHO}\s+(?:\w+ly\s+|still\s+|also\s+)?(?:need|require|have\s+to\s+{_USED})\s+(?:to\s+{_USED}\s+)?"
    rf"|(?:must|should)\s+{_WHO}\s+{_USED}\s+)(?P<thing>.+)"
    rf"|\W*(?:is|are)\s+(?P<what>.+?)\s+{_NEEDED}\b",
    re.IGNORECASE | re.DOTALL,
)
_ENDS = re.compile(r"[?.!,;:]|\b(?:to|for|in|on|at|from|by|with|before|during|when|if|or|and)\b", re.IGNORECASE)
_DEMANDS = re.compile(
    rf"(?:\A\W*(?:please\s+)?{_USED}|\b{_WHO}\s+(?:\w+\s+){{0,2}}?(?:needs?|requires?|must|should|ha(?:ve|s)\s+to))\s+"
    rf"(?:(?:be\s+able\s+to|to|not)\s+)*(?:{_USED}\s+)?(?P<after>[^.;:!?\n]{{1,60}})",
    re.IGNORECASE,
)
_IS_DEMANDED = re.compile(
    rf"(?P<before>[^.;:!?\n]{{1,60}})\s(?:is|are)\s+(?:(?:not|also|always)\s+)*{_NEEDED}\b", re.IGNORECASE
)
_NEAR = 6
"""Words beside the demand among which its thing is named."""


def demanded(question: str) -> frozenset[str]:
    """Give the terms of the thing that a question asks the need of; none where it asks for something else.

    >>> sorted(demanded("Do I need my own laptop?")), demanded("What do I need to pass?")
    (['laptop'], frozenset())
    """
    found = _ASKS.match(" ".join(question.split()))  # of spaces alone it would try each as the end of the thing
    if found is None:
        return frozenset()
    return frozenset(content_terms(_ENDS.split(found["thing"] or found["what"], 1)[0]))


def demands(text: str, thing: frozenset[str]) -> bool:
    """Tell whether a text demands a thing of its reader, or says that it need not be.

    >>> texts = ("Bring a laptop to the lab.", "No laptop is required.", "The run needs a fast laptop.")
    >>> [demands(text, frozenset({"laptop"})) for text in texts]
    [True, True, False]
    """
    near = [" ".join(found["after"].split()[:_NEAR]) for found in _DEMANDS.finditer(text)]
    near += [" ".join(found["before"].split()[-_NEAR:]) for found in _IS_DEMANDED.finditer(text)]
    return bool(thing) and any(thing <= frozenset(content_terms(words)) for words in near)
