"""Tells formulas from amounts of money in a text, for both are written with dollars. A pure function."""

from __future__ import annotations

import re

_DISPLAYED = r"\$\$(?:(?!\$\$)[\s\S])+\$\$"
_INLINE = r"(?<![\\$])\$(?![\s$])(?P<body>(?:\\.|\n(?![ \t]*\n)|[^$\\\n])+)(?<!\s)\$(?![\d$])"
_BRACKETS = r"\\\[[\s\S]{0,2000}?\\\]"
_ENVIRONMENT = r"\\begin\{(?P<name>(?:equation|align|alignat|gather)\*?)\}[\s\S]{1,2000}?\\end\{(?P=name)\}"
_FORMULA = re.compile(rf"{_DISPLAYED}|{_BRACKETS}|{_ENVIRONMENT}|{_INLINE}")
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


def _shown(found: re.Match[str]) -> str:
    body = found["body"]
    if found["name"] is not None:
        return f"$${found[0]}$$"  # a page looks for the signs alone
    if body is None or _AMOUNT.match(_COMMAND.sub("", body)):
        return found[0]
    return rf"\({body}\)"
