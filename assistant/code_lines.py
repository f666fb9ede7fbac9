"""Tells lines of code that stand in a text without a fence, as in a notebook's cell. Runs and parses nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence

ITEM_MARK = re.compile(r"[ \t]*(?:[-*+•–▪◦]|\(?\d{1,3}[.)]|[a-z][.)])[ \t]+")
_CODE = re.compile(
    r"\s*(?:(?:import|from) [\w.]+(?: import .*)?$|(?:def|class) \w+ ?(?:[(\[].*)?:\s*$|return\b|print\(|[%!]\w+ |@\w+"
    r"|[a-z_]\w*: (?:int|float|str|bool|bytes|object|(?:dict|list|tuple|set|[A-Z]\w+)\[.*\])(?: \| None)? = \S"
    r"|[A-Za-z_][\w.\[\]\"']* ?[-+*/|]?= ?\S|[\w.]+\(.*\)?\s*$|[\])}]+,?\s*$|[\"'][^\"']*[\"']\s*[:,]|\w+=.*,\s*$)"
)
_OPENS = re.compile(
    r"\s*(?:(?:if|elif|for|while|with|except|match|case|async (?:def|for|with)|def|class)\b.*:|(?:try|else|finally):"
    r"|(?:\}\s*)?(?:if|else|for|while|switch|catch)\b.*\{)\s*(?:(?:#|//).*)?$"
)
"""What opens a block; prose may begin and end so too."""
_SIGN = re.compile(r"[\w\])]\(|\w\[|[=!<>]=| [<>%] |\w\.\w|\{\s*$")
_STRING = re.compile(r"\"[^\"]*\"|'[^']*'")
_PROSE = re.compile(
    r"(?:\b(?!(?:in|and|or|not|is|if|else|for|as|lambda|await|async|from|None|True|False)\b)[A-Za-z]{2,}\b[ ,]+){2}"
    r"[A-Za-z]{2,}\b(?![\[(.])"
)
_STATEMENT = re.compile(
    r"\s*(?:(?:async )?for [\w, ()]+ in [\w.]+|while (?:not )?\w+|(?:el)?if (?:not )?\w+"
    r"(?: (?:is|in|not in) (?:not )?\w+)?"
    r"|(?:async )?with [\w.]+ as \w+|except(?: [A-Z]\w*(?: as \w+)?)?|match \w+|case [\w\"]+"
    r"|(?:class|def) \w+|try|else|finally):"
    r"\s*(?:(?:#|//).*)?$"
)
"""The form of a statement without a sign: "for row in rows:", as "for the project:" has not."""
_SHORT = re.compile(r"\s*(?:pass|break|continue|yield|raise|(?:yield|raise|assert|del|await|global) [\w.]+)\s*(?:#.*)?")
_SAID = re.compile(r"\s*[A-Z][\w'’]* +[a-z]")
"""How a sentence begins."""
_LONGEST = 200
"""Characters: of a longer line its beginning does."""


def code_of(lines: Sequence[str]) -> list[bool]:
    """Tell of each line whether it is code though no fence says so: by itself, or as a part of a block.

    >>> code_of(["if len(past) > 3:", "    drop the first", "for late work:", "- 10 points a day"])
    [True, True, False, False]
    """
    found: list[bool] = []
    within: int | None = None  # how far in the line stands that opened the block
    for n, line in enumerate(lines):
        if not line.strip():
            found.append(False)
            continue
        depth = _depth(line)
        within = None if within is not None and depth <= within else within
        has_block = _has_block(lines, n, depth)
        opens = _opens(line[:_LONGEST], _first_below(lines, n)[:_LONGEST] if has_block else "")
        is_code = within is not None or _CODE.match(line) is not None or opens
        if is_code and within is None and has_block and _OPENS.match(line[:_LONGEST]):
            within = depth
        found.append(is_code)
    return found


def _opens(line: str, below: str = "") -> bool:
    """Tell whether a line opens a block of code, which one of prose that ends in a colon does not.

    With a block below it needs no sign of code, if it has the form of a statement or the block begins with code.
    """
    if not _OPENS.match(line):
        return False
    bare = _STRING.sub('""', line)
    if _SIGN.search(bare) is not None and _PROSE.search(bare) is None:
        return True
    if not below:
        return False
    return _is_statement(below) or (_STATEMENT.match(bare) is not None and _SAID.match(below) is None)


def _is_statement(line: str) -> bool:
    return _CODE.match(line) is not None or _SHORT.fullmatch(line) is not None or _opens(line)


def _has_block(lines: Sequence[str], n: int, depth: int) -> bool:
    """Tell whether the next line stands further in, and is no item of a list."""
    following = _first_below(lines, n)
    return _depth(following) > depth and not ITEM_MARK.match(following)


def _first_below(lines: Sequence[str], n: int) -> str:
    return next((line for line in lines[n + 1 : n + 4] if line.strip()), "")


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())
