r"""Reads on where a page broke a text: line ends, hyphens, ligatures, wide letters, names between other scripts.

"RoB-\nERTa" is RoBERTa, "使用BERT模型" has the word BERT. Tells where each character of the flowing text stands in the
original, so that what is found is given verbatim. Knows no LaTeX; finds no names.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container

from assistant.latex_marks import Plain

_OTHER_SCRIPT = (
    "\u0400-\u052f\u0590-\u06ff\u0900-\u0eff\u1100-\u11ff\u3041-\u30ff\u3400-\u9fff\uac00-\ud7af"  # Cyrillic to Hangul
)
_ODD = re.compile(
    r"(?P<hyphen>(?<=[A-Za-z0-9])-[ \t]{0,9}\r?\n[ \t]{0,9}(?=[A-Za-z0-9]))"
    r"|(?P<space>\s{2,}|[^\S ])"
    r"|(?P<nothing>[\u00ad\u200b-\u200d\u2060\ufeff])"
    r"|(?P<dash>(?<=[A-Za-z0-9])[\u2010-\u2013\u2212](?=[A-Za-z0-9]))"
    r"|(?P<sign>[、。「」『』【】《》])"
    r"|(?P<wide>[\ufb00-\ufb06\uff01-\uff5e])"
    r"|(?P<accent>[^\W\d_][\u0300-\u036f]{1,4})"
    rf"|(?P<border>(?<=[{_OTHER_SCRIPT}])(?=[A-Za-z0-9])|(?<=[A-Za-z0-9])(?=[{_OTHER_SCRIPT}]))"
)
_ANY_ODD = re.compile(r"[^ -~]|  ")
"""All that is odd has one of these: most abstracts have none, and need not be looked through for each."""
_SIGNS = {"、": ", ", "。": ". "}
_NO_SPACE_AFTER = frozenset("，：；！）")
_WORD_BEFORE = re.compile(r"[A-Za-z0-9.-]{0,40}\Z")
_NAMED_BEFORE = re.compile(r"[A-Z][A-Za-z0-9.-]{0,40}\Z")
_WORD_AFTER = re.compile(r"[A-Za-z0-9]{1,40}")
_ORDINARY = re.compile(r"[A-Za-z]?[a-z]+")
_SECOND_HALVES = frozenset(
    ("based", "style", "like", "powered", "driven", "generated", "level", "enabled", "guided", "tuned", "trained")
    + ("of", "the", "art", "family")
)

Piece = tuple[str, int, int]
"""What is read, and from where to where it stands in the original."""


def flowing(text: str, known: Container[str] = ()) -> Plain:
    r"""Take out what a page did to a text; `known` holds names in small letters, which a line end may have parted.

    >>> flowing("We use RoB-\nERTa and GPT-\nstyle models.", {"roberta"}).text
    'We use RoBERTa and GPT-style models.'
    """
    odd = list(_ODD.finditer(text)) if _ANY_ODD.search(text) else ()
    if not odd:
        return Plain(text, text, (), (), ())
    said: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    for match in odd:
        said.append(text[at : match.start()])
        starts.extend(range(at, match.start()))
        ends.extend(range(at + 1, match.start() + 1))
        for character in _instead(text, match, known):
            said.append(character)
            starts.append(match.start())
            ends.append(match.end())
        at = match.end()
    said.append(text[at:])
    starts.extend(range(at, len(text)))
    ends.extend(range(at + 1, len(text) + 1))
    return Plain("".join(said), text, tuple(starts), tuple(ends), ())


def _instead(text: str, match: re.Match[str], known: Container[str]) -> str:
    kind, found = match.lastgroup, match[0]
    if kind == "hyphen":
        if text[match.end()].isdigit() and not _NAMED_BEFORE.search(text, 0, match.start()):
            return "- "  # "in the year-" / "2019"
        return "" if _is_broken_word(text, match, known) else "-"
    if kind == "space":
        return "\n" if found.count("\n") > 1 else " "
    if kind == "sign":
        return _SIGNS.get(found, '"')
    if kind == "wide":
        return unicodedata.normalize("NFKC", found) + (" " if found in _NO_SPACE_AFTER else "")
    if kind == "accent":
        return unicodedata.normalize("NFC", found)
    return {"nothing": "", "dash": "-", "border": " "}[str(kind)]


def _is_broken_word(text: str, match: re.Match[str], known: Container[str]) -> bool:
    """Tell a hyphen that only the line end made from one that belongs to the word."""
    before, after = _WORD_BEFORE.search(text, 0, match.start()), _WORD_AFTER.match(text, match.end())
    left, right = before[0] if before else "", after[0] if after else ""
    whole, parted = left + right, f"{left}-{right}"
    if whole.casefold() in known or re.sub(r"s$", "", whole.casefold()) in known:
        return True
    if parted.casefold() in known or left.casefold() in known or right in _SECOND_HALVES or parted in text:
        return False
    return whole in text or (right.islower() and _ORDINARY.fullmatch(left) is not None)
