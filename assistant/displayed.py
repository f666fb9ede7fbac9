r"""Finds formulas that a text sets off from its prose: between `$$`, between `\[` and `\]`, LaTeX environments.

Such a formula belongs to the sentence that leads to it, and nothing in it is prose: no full stop, no marker, no code.
What stands between dollars and reads as prose is none, for a passage may begin within a formula.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

Span = tuple[int, int]
ENVIRONMENTS = r"(?:equation|align|alignat|gather|multline|eqnarray|displaymath)\*?"
_LONGEST = "{1,800}"  # characters: what is longer is no formula that a person would read in a quote
_FOUND = re.compile(
    r"(?P<code>(?P<fence>`{3,}|~{3,})[\s\S]*?(?:(?P=fence)|\Z)|`[^`\n]*`)"
    rf"|(?<![\\$])\$\$(?!\$)(?P<dollars>(?:(?!\$\$|\n[ \t]*\n)[\s\S]){_LONGEST})\$\$"
    rf"|(?<!\\)\\\[(?P<brackets>(?:(?!\\\]|\n[ \t]*\n)[\s\S]){_LONGEST})\\\]"
    rf"|\\begin\{{(?P<name>{ENVIRONMENTS})\}}(?:(?!\\begin\{{(?P=name))[\s\S]){_LONGEST}?\\end\{{(?P=name)\}}"
)
_WORDS_IN_FORMULA = re.compile(r"\\(?:text\w*|math\w+|operatorname\*?|mbox|label|tag)\{[^{}]*\}|\\[A-Za-z]+")
_PROSE = re.compile(r"(?:[A-Za-z]{2,}[,;:.]?\s+){4}")
_IN_FORMULAS = re.compile(r"[=\\^_<>+]")
_GOES_ON = re.compile(r"\s*(?:[a-z]{2}|[,;.])")
_ANY = ("$$", "\\[", "\\begin{")
_END = re.compile(rf"(?:\$\$|\\\]|\\end\{{{ENVIRONMENTS}\}})[.,;]?\Z")


def displayed_in(text: str) -> list[Span]:
    r"""Give where displayed formulas stand, [start, end) in characters, with their own signs, in order.

    >>> text = r"It is $$a = b$$ or \[c\], and costs `$$5$$`."
    >>> [text[a:b] for a, b in displayed_in(text)]
    ['$$a = b$$', '\\[c\\]']
    """
    if not any(sign in text for sign in _ANY):
        return []
    return [found.span() for found in _FOUND.finditer(text) if found["code"] is None and not _is_prose(found)]


def ends_displayed(text: str) -> bool:
    """Tell whether a text ends in a displayed formula, which ends a sentence as a full stop does."""
    return _END.search(text) is not None and bool((shown := displayed_in(text)) and shown[-1][1] >= len(text) - 1)


def goes_on(text: str, at: int) -> bool:
    """Tell whether a sentence goes on behind a formula: "where x is ..."."""
    return _GOES_ON.match(text, at) is not None


def around(spans: Sequence[Span], at: int) -> Span | None:
    """Give the span that a character stands in."""
    return next((span for span in spans if span[0] <= at < span[1]), None)


def _is_prose(found: re.Match[str]) -> bool:
    r"""Tell what only looks like a formula."""
    body = found["dollars"]
    if found["brackets"] is not None:
        body = found["brackets"]
        if _IN_FORMULAS.search(body) is None:
            return True  # brackets that Markdown is kept from reading: "see \\[12\\]"
    return body is not None and (not body.strip() or _PROSE.search(_WORDS_IN_FORMULA.sub(" ", body)) is not None)
