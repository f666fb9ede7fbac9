"""Tells formulas from amounts of money in a text, for both are written with dollars. Pure functions."""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.displayed import displayed_in

_DISPLAYED = r"\$\$(?:(?!\$\$)[\s\S])+\$\$"
_INLINE = r"(?<![\\$])\$(?![\s$])(?P<body>(?:\\.|\n(?![ \t]*\n)|[^$\\\n])+)(?<!\s)\$(?![\d$])"
_BRACKETS = r"\\\[[\s\S]{0,2000}?\\\]"
_ENVIRONMENT = r"\\begin\{(?P<name>(?:equation|align|alignat|gather)\*?)\}[\s\S]{1,2000}?\\end\{(?P=name)\}"
_FORMULA = re.compile(rf"{_DISPLAYED}|{_BRACKETS}|{_ENVIRONMENT}|{_INLINE}")
_CODE = r"(?P<code>(?P<fence>`{3,}|~{3,})[\s\S]*?(?:(?P=fence)|\Z)|`[^`\n]*`)"
_PARENTHESES = r"(?<!\\)\\\((?P<inner>(?:(?!\\\)|\n[ \t]*\n)[\s\S]){1,800})\\\)"
_SMALL = re.compile(rf"{_CODE}|{_PARENTHESES}|{_INLINE}")
_CODE_BEHIND = re.compile(r"\{|[A-Za-z_](?<!s)(?!h\b)")
"""What stands behind the second dollar in a script, and not in prose: "$n$s" and "the $n$th" are written too."""
_IN_A_STRING = re.compile(r"""(?:[(=\[{]\s*|["']\s*:\s*|\b(?=[rRfFbBuU]))[rRfFbBuU]{0,2}["'][^"'\n]*\Z""")
"""What leads to a formula in a program's text: there it stays as it is written."""
_COMMAND = re.compile(r"\\[A-Za-z]+(?:\{[^{}]*\})?")
_WORD = r"(?:[^\W\d_]{3,}|a|an|as|at|by|in|is|of|on|or|to)\b"
_AMOUNT = re.compile(rf"\d(?=[\s\S]*[\s(\[]{_WORD})")


def set_off(text: str) -> str:
    r"""Write each formula between single dollars as \(...\), and leave amounts of money as they stand.

    A LaTeX environment that stands by itself is put between double dollars.

    By Pandoc's rule (`tex_math_dollars`) the first dollar has something other than white space right after it, the
    second something other right before it and no digit behind; and a number with words behind it is an amount.
    """
    return _FORMULA.sub(_shown, text)


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula in a text: where it stands with its signs, [start, end) in characters, and its TeX without them."""

    start: int
    end: int
    tex: str
    is_displayed: bool


def formulas_in(text: str) -> list[Formula]:
    r"""Give the formulas of a passage in order; amounts of money, and what stands in code, are none.

    >>> [f.tex for f in formulas_in(r"$$a$$ and \(b\), $c$ for $5 and `$d$`")]
    ['a', 'b', 'c']
    """
    if "$" not in text and "\\" not in text:
        return []
    found = [Formula(start, end, _without_signs(text[start:end]), True) for start, end in displayed_in(text)]
    begun = 0
    for displayed in [*found, None]:
        end = len(text) if displayed is None else displayed.start
        found += [_small(part) for part in _SMALL.finditer(text, begun, end) if _is_small(part)]
        begun = end if displayed is None else displayed.end
    return sorted(found, key=lambda formula: formula.start)


def _without_signs(tex: str) -> str:
    return tex if tex.startswith("\\begin") else tex[2:-2]


def _small(found: re.Match[str]) -> Formula:
    return Formula(*found.span(), found["inner"] or found["body"], False)


def _is_small(found: re.Match[str]) -> bool:
    line = found.string.rfind("\n", 0, found.start()) + 1
    if found["code"] is not None or _IN_A_STRING.search(found.string[max(line, found.start() - 200) : found.start()]):
        return False
    if found["body"] is None:
        return True
    is_money = _AMOUNT.match(_COMMAND.sub("", found["body"]))
    return not is_money and _CODE_BEHIND.match(found.string, found.end()) is None


def _shown(found: re.Match[str]) -> str:
    body = found["body"]
    if found["name"] is not None:
        return f"$${found[0]}$$"  # a page looks for the signs alone
    if body is None or _AMOUNT.match(_COMMAND.sub("", body)):
        return found[0]
    return rf"\({body}\)"
