"""What is replied to a greeting, thanks, or a question about the assistant itself: fixed words, and no search."""

from __future__ import annotations

import re

from assistant.terms import is_courtesy, words_of

WHAT_IT_DOES = (
    "I answer questions about the course material, and each sentence of an answer names the place that it stands on."
    " Ask in your own words, like “What is few-shot prompting?”, or paste the abstract of a paper to get the names of"
    " the models in it."
)
HELLO, WELCOME, GOODBYE, ALL_RIGHT = "Hello!", "You are welcome!", "Goodbye!", "All right."
GO_ON = "Ask whenever there is something else about the course."
_THANKS = frozenset(("thanks", "thank", "cheers", "thx", "merci", "danke", "gracias", "grazie", "obrigado", "obrigada"))
_BYE = frozenset(("bye", "goodbye", "ciao", "tschüss", "adios"))
_HELLO = frozenset(
    ("hi", "hello", "hey", "hallo", "hola", "bonjour", "welcome", "greetings", "moin", "servus", "salut")
)
_FOREIGN = frozenset(("lot", "much", "sehr", "vielen", "dank", "schön", "beaucoup", "muchas", "mille", "guten", "tag"))
_ABOUT_IT = re.compile(
    r"\W*(?:(?:hi|hello|hey|ok|okay|so|and)\b\W*)*(?:good (?:morning|afternoon|evening|day|night)|(?:guten? |bonne )\w+"
    r"|how are (?:you|things)(?: (?:doing|today))?|how(?: is|['’]?s) it going|what(?: is|['’]?s) up"
    r"|(?:who|what) are you|what(?: is|['’]?s) your name|what (?:can|do) you (?:do|know|offer)(?: for me)?"
    r"|what can i (?:ask|do)(?: you)?(?: here)?"
    r"|how (?:do you work|(?:do|can|should) i (?:use you|ask(?: you)?(?: (?:a question|questions|something))?))"
    r"|(?:can|could) you help(?: me)?|(?:i need )?help(?: me)?|(?:please )?help"
    r"|are you (?:there|a (?:bot|human|person|robot|machine))|nice to meet you)\W*\Z",
    re.IGNORECASE,
)


_THIS_HERE = re.compile(
    r"\W*how (?:(?:do|does|can|should) (?:this|it)(?: work)?"
    r"|(?:do|can|should) (?:i|you) (?:use (?:this|it)|start))\W*\Z",
    re.IGNORECASE,
)
"""About the assistant where nothing was said before; else about that."""


def reply_to(message: str, is_first: bool = True) -> str | None:
    """Give the reply to a message that greets, thanks, or asks what can be asked here; None for any other.

    >>> reply_to("Thanks a lot!"), reply_to("Hello, what is LoRA?")
    ('You are welcome! Ask whenever there is something else about the course.', None)
    """
    words = set(words_of(message))
    if not is_courtesy(message) and not (words and words <= _THANKS | _BYE | _HELLO | _FOREIGN and words - _FOREIGN):
        return (
            f"{HELLO} {WHAT_IT_DOES}" if _ABOUT_IT.match(message) or (is_first and _THIS_HERE.match(message)) else None
        )
    if words & _THANKS:
        return f"{WELCOME} {GO_ON}"
    if words & _HELLO:
        return f"{HELLO} {WHAT_IT_DOES}"
    return f"{GOODBYE if words & _BYE else ALL_RIGHT} {GO_ON}"
