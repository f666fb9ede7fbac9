"""Takes out of an answer every image, and every link that is no source, while the answer streams. Judges no text.

An image that a page shows is fetched without anybody's doing, and an address can carry a conversation away in its
query: so nothing that a model wrote, or a document made it write, becomes an image or a link but the sources themselves
and what the user wrote. In code, where nothing is fetched or followed, addresses of the course material stay too.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

LEFT_OUT = "(link left out)"
LONGEST_WORDS = 400  # characters of a link's text or of a code span, and
LONGEST_ADDRESS = 2000  # of an address: what is longer is cut where it stands
_LINK = re.compile(
    rf"(?P<image>!?)\[(?P<words>(?:[^\[\]\n]|\[[^\[\]\n]{{0,100}}\]){{0,{LONGEST_WORDS}}}+)\]"
    rf"\((?P<target>[^()\n]{{0,{LONGEST_ADDRESS}}}(?:\([^()\n]{{0,200}}\)[^()\n]{{0,200}})?)\)"
)
_ADDRESS = re.compile(
    r"\b[a-z][a-z0-9+.-]{1,20}://[^\s<>\"'`\[\])]+|(?<![\w)\]/:])//[a-z0-9-]{1,100}\.[^\s<>\"'`\[\])]+"
    r"|\bwww\.[^\s<>\"'`\[\])]+|\b(?:data|javascript|vbscript|file):[^\s]+",
    re.IGNORECASE,
)
_CODE = re.compile(rf"(`+)(?!`)(?:(?!\1)[^\n]){{0,{LONGEST_WORDS}}}\1(?!`)")
_FENCE = re.compile(r"[ \t]{0,3}(?:```|~~~)")
_FENCE_BEGINS = re.compile(r"[ \t]{0,3}(?:`{1,3}|~{1,3})?\Z|[ \t]{0,3}(?:```|~~~)")
_TAIL = re.compile(r"[.,;:!?]+\Z")
# What may still become a link or a code span, from its first character to the end of what has arrived.
_MAY_BECOME = re.compile(
    rf"!?\[(?:[^\[\]\n]|\[[^\[\]\n]{{0,100}}\]?){{0,{LONGEST_WORDS}}}+(?:\](?:\([^\n]{{0,{LONGEST_ADDRESS}}})?)?\Z"
    rf"|!\Z|`+[^\n]{{0,{LONGEST_WORDS}}}\Z"
)
_ENDS = re.compile(r"[^\n]*\n")  # as Markdown has it: to splitlines() much else ends a line
_CONSTRUCT = re.compile(r"!?\[|!\Z|`+")


class LinkGuard:
    """Takes an answer in pieces of any size and gives it on, whole words at a time, without foreign links.

    However the text is split, the pieces given out join to the same text (a property test).
    """

    def __init__(self, allowed: Collection[str], in_code: str = "") -> None:
        self._allowed = frozenset(allowed)
        self._in_code = in_code
        self._held = ""
        self._fenced = False
        self._begun = False  # something of the line that is held has been given on: what is held begins no line
        self.removed = 0
        """How many images and links were taken out."""

    def feed(self, piece: str) -> str:
        """Take the next piece; give what is certain by now."""
        self._held += piece.replace("\r", " ")  # which ends a line for some readers and not for others
        line = self._held.rfind("\n") + 1  # neither a link nor an address goes over the end of a line
        out = "".join(map(self._line, _ENDS.findall(self._held[:line])))
        self._held = self._held[line:]
        if self._fenced or (not self._begun and _FENCE_BEGINS.match(self._held)):
            return out
        cut = _certain(self._held)
        ready, self._held = self._held[:cut], self._held[cut:]
        self._begun = self._begun or cut > 0
        return out + self._clean(ready)

    def finish(self) -> str:
        """Give what was held back; the stream is over."""
        ready, self._held = self._held, ""
        return self._line(ready)

    def _line(self, line: str) -> str:
        begun, self._begun = self._begun, False
        if not begun and _FENCE.match(line):
            self._fenced = not self._fenced
            return _ADDRESS.sub(self._in_code_span, line)
        return _ADDRESS.sub(self._in_code_span, line) if self._fenced else self._clean(line)

    def _clean(self, text: str) -> str:
        """Clean text that ends between words and holds no half of a link: code, links, what is between, each alone."""
        out: list[str] = []
        at = 0
        for start, found, end in _constructs(text):
            if found is None:
                continue
            out.append(_ADDRESS.sub(self._address, text[at:start]))
            if text[start] == "`":
                out.append(_ADDRESS.sub(self._in_code_span, found[0]))
            else:
                out.append(_ADDRESS.sub(self._address, self._link(found)))
            at = end
        return "".join([*out, _ADDRESS.sub(self._address, text[at:])])

    def _link(self, match: re.Match[str]) -> str:
        target = match["target"].split(maxsplit=1)[0].strip("<>") if match["target"].strip() else ""
        if not match["image"] and target in self._allowed:
            return match[0]
        self.removed += 1
        return match["words"]

    def _address(self, match: re.Match[str]) -> str:
        tail = _TAIL.search(match[0])
        address = match[0][: tail.start()] if tail else match[0]
        if address in self._allowed:
            return match[0]
        self.removed += 1
        return LEFT_OUT + (tail[0] if tail else "")

    def _in_code_span(self, match: re.Match[str]) -> str:
        return match[0] if match[0] in self._in_code else self._address(match)


def _constructs(text: str) -> Iterator[tuple[int, re.Match[str] | None, int]]:
    """Give each place where a link or a code span may begin: the place, what is there (or None), and where to go on."""
    at = 0
    while match := _CONSTRUCT.search(text, at):
        start = match.start()
        found = (_CODE if text[start] == "`" else _LINK).match(text, start)
        at = found.end() if found else match.end()
        yield start, found, at


def _certain(line: str) -> int:
    """Give how much of a line that is still arriving can be cleaned: up to a space, before what may become a link."""
    space = max(line.rfind(" "), line.rfind("\t")) + 1
    for start, found, end in _constructs(line):
        if start >= space:
            break
        if found and end <= space:
            continue
        if found or _MAY_BECOME.match(line, start):
            return start
    return space


def without_foreign_links(text: str, allowed: Collection[str], in_code: str = "") -> str:
    """Clean a whole text at once."""
    guard = LinkGuard(allowed, in_code)
    return guard.feed(text) + guard.finish()
