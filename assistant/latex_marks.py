r"""Reads through the LaTeX marks that abstracts carry, and tells where each character of the plain text stands.

`\textsc{BERT}` is BERT, `$\alpha$-Net` is α-Net. Only marks of fonts, simple symbols and escapes are known: a formula
stays as it is. No full LaTeX, and no heavy import.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_FONTS = r"text(?:bf|it|sc|tt|sf|rm|up|md|sl|normal)?|math(?:bf|it|rm|sf|tt|cal|bb|scr|frak)|emph|underline|mbox"
_ACCENT = r"\\(?:[`'^\"~=.](?:\{\\?[A-Za-z]\}|\\[ij](?![A-Za-z])|[A-Za-z])|[cvuHkr]\{\\?[A-Za-z]\})"
_LETTER = r"\\(?:ss|ae|AE|oe|OE|aa|AA|[oOlLij])"
_MARK = re.compile(
    rf"(?P<font>\\(?:{_FONTS})\s*\{{)"
    r"|(?P<old>\{\\(?:bf|it|sc|tt|sf|rm|em|sl)(?:series|shape|family)?(?![A-Za-z])\s*)"
    r"|(?P<bare>\{(?=\\[A-Za-z]{2,10}\}))"
    r"|(?P<math>\$(?=[A-Za-z0-9^_{}\\+*'-]{1,60}\$))"
    rf"|(?P<accent>\{{(?:{_ACCENT})\}}|{_ACCENT})"
    rf"|(?P<letter>\{{(?:{_LETTER})\}}|{_LETTER}(?![A-Za-z])(?:\{{\}}| )?)"
    r"|\\(?P<escaped>[%&_#$])"
    r"|\\(?P<nothing>[-/])"  # where a word may be parted, and the room behind a slanted letter
    r"|\\(?P<room>[,;: ])"
    r"|\\(?P<symbol>[A-Za-z]{2,10})(?![A-Za-z])"
    r"|(?P<raised>[\^_])"
    r"|(?P<tie>~)"
)
_GREEK = re.compile(
    r"alpha|beta|gamma|delta|epsilon|zeta|eta|theta|kappa|lambda|mu|nu|xi|pi|rho|sigma|tau|phi|chi|psi|omega",
    re.IGNORECASE,
)
_SYMBOLS = {"times": "×", "infty": "∞", "sim": "~", "rightarrow": "→", "xspace": ""}
_ACCENTS = dict(
    zip("`'^\"~=.cvuHkr", "\u0300\u0301\u0302\u0308\u0303\u0304\u0307\u0327\u030c\u0306\u030b\u0328\u030a", strict=True)
)
_LETTERS = {"ss": "ß", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å", "AA": "Å", "o": "ø", "O": "Ø"}
_LETTERS |= {"l": "ł", "L": "Ł", "i": "i", "j": "j"}
_WORD_BELOW = re.compile(r"\{[^{}]{2}|\{?\\")
_LONGEST_GROUP = 300
_DEEPEST = 4


def _accented(mark: str) -> str:
    r"""Give the letter of an accent such as "\'{e}"."""
    bare = mark.lstrip("{\\").rstrip("}")
    return unicodedata.normalize("NFC", bare[-1] + _ACCENTS[bare[0]])


def _character(match: re.Match[str]) -> str | None:
    """Give the character that a mark stands for, with an accent that no letter has behind it; None for other marks."""
    kind, mark = match.lastgroup, match[0]
    if kind == "accent":
        return _accented(mark)
    if kind == "letter":
        return _LETTERS[mark.strip("{}\\ ")]
    return {"escaped": match["escaped"], "tie": " ", "room": " ", "nothing": ""}.get(str(kind))


def _symbol(command: str) -> str | None:
    if _GREEK.fullmatch(command):
        case = "CAPITAL" if command[0].isupper() else "SMALL"
        return unicodedata.lookup(f"GREEK {case} LETTER {command.upper().replace('LAMBDA', 'LAMDA')}")
    return _SYMBOLS.get(command)


@dataclass(frozen=True, slots=True)
class Plain:
    """A text without marks; character i of it stands at `original[starts[i]:ends[i]]`."""

    text: str
    original: str
    starts: tuple[int, ...]  # empty where the text has no marks: then both are the same
    ends: tuple[int, ...]
    groups: tuple[tuple[int, int, int, int], ...]  # mark, content, end of content, end of mark

    @property
    def had_marks(self) -> bool:
        """Whether anything was read through."""
        return self.text != self.original

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Give the place in the original of a piece `text[start:end]` that is not empty.

        Marks around the whole piece are left out; of marks that it only partly fills, all is taken in.
        """
        if not self.starts:
            return start, end
        begin, stop = self.starts[start], self.ends[end - 1]
        for mark, content, content_end, mark_end in reversed(self.groups):  # inner ones first
            inside = content <= begin and stop <= content_end
            if not inside and begin < mark_end and mark < stop:
                begin, stop = min(begin, mark), max(stop, mark_end)
        return begin, stop


def plain(text: str) -> Plain:
    r"""Take the marks out of a text.

    >>> read = plain(r"We call it \textsc{FooNet} and $\alpha$-Net.")
    >>> read.text
    'We call it FooNet and α-Net.'
    >>> [text[slice(*read.place(at, at + 5))] for text in [read.original] for at in (22,)]
    ['$\\alpha$-Net']
    """
    if "\\" not in text and "$" not in text:
        return Plain(text, text, (), (), ())
    reading = _Reading(text)
    reading.walk(0, len(text), in_math=False, depth=0)
    characters = "".join(c for c, _, _ in reading.out)
    starts, ends = tuple(s for _, s, _ in reading.out), tuple(e for _, _, e in reading.out)
    return Plain(characters, text, starts, ends, tuple(reading.groups))


class _Reading:
    """The characters that were read so far, each with its place, and the groups that were opened."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.out: list[tuple[str, int, int]] = []
        self.groups: list[tuple[int, int, int, int]] = []

    def walk(self, at: int, end: int, *, in_math: bool, depth: int) -> None:
        while at < end:
            match = _MARK.search(self.text, at, end)
            self._take(at, end if match is None else match.start())
            if match is None:
                return
            after = self._read(match, end, in_math, depth)
            if after is None:
                after = match.start() + 1
                self._take(match.start(), after)
            at = after

    def _take(self, start: int, end: int) -> None:
        """Take characters as they stand."""
        self.out.extend(zip(self.text[start:end], range(start, end), range(start + 1, end + 1), strict=True))

    def _read(self, match: re.Match[str], end: int, in_math: bool, depth: int) -> int | None:
        """Read a mark and give the place after it, None where it is to stay as it is."""
        kind, begin = match.lastgroup, match.start()
        character = _character(match)
        if character is not None:
            self.out.extend((c, begin, match.end()) for c in character)  # two where no letter has that accent
        elif kind == "symbol":
            return self._symbol(match)
        elif kind == "raised":
            return self._raised(match, end, depth) if in_math else None
        elif depth < _DEEPEST:
            return self._group(match, end, in_math, depth)
        else:
            return None
        return match.end()

    def _symbol(self, match: re.Match[str]) -> int | None:
        symbol = _symbol(match["symbol"])
        if symbol is None:
            return None
        if symbol:
            self.out.append((symbol, match.start(), match.end()))
        return match.end()

    def _raised(self, match: re.Match[str], end: int, depth: int) -> int | None:
        """Read "^2" and "_{ab}" as the characters themselves; a word below a name is set off, as in "T5$_{XL}$"."""
        opened = match.end() < end and self.text[match.end()] == "{"
        close = self._closing(match.end() + 1, end) if opened else match.end()
        if close < 0 or depth >= _DEEPEST:
            return None
        below = self.text[match.end() : match.end() + 3]
        if match["raised"] == "_" and _WORD_BELOW.match(below) and self.out and self.out[-1][0].isalnum():
            self.out.append(("-", match.start(), match.end()))
        if not opened:
            return close
        self.groups.append((match.start(), match.end() + 1, close, close + 1))
        self.walk(match.end() + 1, close, in_math=True, depth=depth + 1)
        return close + 1

    def _group(self, match: re.Match[str], end: int, in_math: bool, depth: int) -> int | None:
        math = match.lastgroup == "math"
        close = self.text.find("$", match.end(), end) if math else self._closing(match.end(), end)
        if close < 0:
            return None
        self.groups.append((match.start(), match.end(), close, close + 1))
        self.walk(match.end(), close, in_math=in_math or math, depth=depth + 1)
        return close + 1

    def _closing(self, at: int, end: int) -> int:
        """Give the place of the brace that closes a group, -1 where it is too far away."""
        depth = 1
        for place in range(at, min(end, at + _LONGEST_GROUP)):
            depth += {"{": 1, "}": -1}.get(self.text[place], 0)
            if depth == 0:
                return place
        return -1
