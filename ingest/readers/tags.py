"""Reads one HTML or JSX tag at a place in a text. Decides nothing about what is kept."""

from __future__ import annotations

import re
from dataclasses import dataclass

Place = tuple[int, int]
"""A stretch of text: its first character, and the one after its last."""

HTML_NAMES = frozenset(
    re.findall(
        r"\w+",
        """
    a abbr address area article aside audio b bdi bdo big blockquote body br button canvas caption center cite code
    col colgroup dd del details dfn dialog div dl dt em embed fieldset figcaption figure font footer form h1 h2 h3 h4
    h5 h6 head header hr html i iframe img input ins kbd label legend li link main map mark meta nav noscript object ol
    optgroup option output p param path picture pre progress q rect s samp script section select small source span
    strike strong style sub summary sup svg table tbody td template textarea tfoot th thead time title tr track tt u ul
    var video wbr""",
    )
)
_MOST = 20_000  # characters in one value: beyond this it is no tag, but text with a stray "<"
_NAME = re.compile(r"[A-Za-z][\w.:-]*")
_SPACE = re.compile(r"\s*")
_KEY = re.compile(r"([A-Za-z_:@$][\w.:@-]*)(\s*=\s*)?")
_BARE = re.compile(r"[^\s\"'=<>`{}]+")
_INSIDE = re.compile(r"[^{}\"'`]+|\"[^\"\n]*\"|'[^'\n]*'|[{}\"'`]")
_LITERAL = re.compile(r"\"([^\"\n]*)\"|'([^'\n]*)'")


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag from `start` to `end`; attribute values are places in the text, without quotes or braces."""

    name: str
    start: int
    end: int
    closing: bool
    self_closing: bool
    attributes: dict[str, Place]

    @property
    def is_component(self) -> bool:
        """A JSX component, as against an HTML element."""
        return self.name[:1].isupper() or "." in self.name


def parse_tag(text: str, start: int) -> Tag | None:
    """Read the tag whose "<" stands at `start`; None where it is no whole tag."""
    closing = text.startswith("/", start + 1)
    named = _NAME.match(text, start + 1 + closing)
    if named is None:
        return None
    attributes: dict[str, Place] = {}
    at = named.end()
    while True:
        at = _end(_SPACE, text, at)
        if text.startswith(">", at) or text.startswith("/>", at):
            slash = text[at] == "/"
            return Tag(named[0], start, at + 1 + slash, closing, slash, attributes)
        after = _attribute(text, at, attributes)
        if after <= at or after - start > 2 * _MOST:
            return None
        at = after


def literals(text: str, span: Place) -> list[Place]:
    """Find the string literals in a value such as `['a', "b"]`, as places in the text."""
    found = _LITERAL.finditer(text, *span)
    return [match.span(1) if match[1] is not None else match.span(2) for match in found]


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return at if match is None else match.end()


def _attribute(text: str, at: int, attributes: dict[str, Place]) -> int:
    """Read one attribute into `attributes` and give the place after it, or `at` where there is none."""
    if text.startswith("{", at):  # a spread: {...props}
        return _value(text, at)[1]
    key = _KEY.match(text, at)
    if key is None:
        return at + 1 if text.startswith("/", at) else at
    if key[2] is None:
        return key.end()
    span, after = _value(text, key.end())
    attributes.setdefault(key[1], span)
    return after


def _value(text: str, at: int) -> tuple[tuple[int, int], int]:
    """Place of a value, and the place after it, which is -1 where the value does not end."""
    opener = text[at : at + 1]
    if opener in ('"', "'") and opener:
        close = text.find(opener, at + 1, at + _MOST)
        if close < 0 or "\n\n" in text[at:close]:
            return (at, at), -1
        return (at + 1, close), close + 1
    if opener == "{":
        close = _closing_brace(text, at)
        return (at + 1, close), close + 1 if close > 0 else -1
    after = _end(_BARE, text, at)
    return (at, after), after if after > at else -1


def _closing_brace(text: str, at: int) -> int:
    """Place of the brace that closes the one at `at`, or -1; braces in strings do not count."""
    depth = 0
    for match in _INSIDE.finditer(text, at, min(len(text), at + _MOST)):
        if match[0] == "{":
            depth += 1
        elif match[0] == "}":
            depth -= 1
            if depth == 0:
                return match.start()
    return -1
