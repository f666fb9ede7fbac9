"""Takes out of an answer every image, and every link that is no source, while the answer streams. Judges no text.

An image that a page shows is fetched without anybody's doing, and an address can carry a conversation away in its
query: so nothing that a model wrote, or a document made it write, becomes an image or a link but the sources themselves
and what the user wrote. In code, where nothing is fetched or followed, addresses of the course material stay too.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

LEFT_OUT = "(link left out)"
LONGEST_WORDS = 400  # characters of a link's text or of a code span, and
LONGEST_ADDRESS = 2000  # of an address: what is longer is cut where it stands
_LINK = re.compile(
    rf"(?P<image>!?)\[(?P<words>(?:[^\[\]\n]|\[[^\[\]\n]{{0,100}}\]){{0,{LONGEST_WORDS}}}+)\]"
    rf"\((?P<target>[^()\n]{{0,{LONGEST_ADDRESS}}}(?:\([^()\n]{{0,200}}\)[^()\n]{{0,200}})?)\)"
)
_ADDRESS = re.compile(
    r"\b[a-z][a-z0-9+.-]{1,20}://[^\s<>\"'`\[\])]+|(?<![\w)\]/:])//[a-z0-9-]{1,100}\.[^\s<>\"'`\[\])]+"
    r"|\bwww\.[^\s<>\"'`\[\])]+|\b(?:data|javascript|vbscript|file):[^\s]+"
    r"|\b(?:https?|ftp|wss?):(?!//)[^\s<>\"'`\[\])]+",  # a browser needs no slashes
    re.IGNORECASE,
)
# What carries an address to a reader's browser, however that is disguised: `\\evil.example`, `https&#58;...`, on the
# line below. Each is broken by a space where it is no source's link.
_OPENS_LINK = re.compile(r"\](?=\()")
_DEFINES_LINK = re.compile(r"\](?=:)")
_OPENS_TAG = re.compile(r"(?<!\w)<(?=[a-z/!?])|<(?=[a-z][\w:-]*[\s/])", re.IGNORECASE)
_CARRIES_IN_CODE = re.compile(  # for what looks like code here may be none to a browser's Markdown
    rf"\](?=\([^)\n]{{0,{LONGEST_ADDRESS}}}?(?:[\\&:]|/\s*/))|\](?=:[ \t]*\S*?(?:[\\&]|//))"
    r"|<(?=[a-z][^<>\n]*?=\s*[\"']?\s*(?:[\\&]|/\s*[\\/]))",
    re.IGNORECASE,
)
_CODE = re.compile(rf"(`+)(?!`)(?:(?!\1)[^\n]){{0,{LONGEST_WORDS}}}\1(?!`)")
_FENCE = re.compile(r"([ \t]{0,3})(`{3,}(?=[^`]*$)|~{3,})")
_FENCE_BEGINS = re.compile(r"[ \t]{0,3}(?:`{1,3}|~{1,3})?\Z|[ \t]{0,3}(?:```|~~~)")
_TAIL = re.compile(r"[.,;:!?]+\Z")
_BRACKET = re.compile(r"[()\[\]]")
_BEHIND = re.compile(r"[.,;:!?]*(?:[\s()\[\]{}<>*`'\"”’|\\]|\Z)")  # what an address does not go on with
# What may still become a link or a code span, from its first character to the end of what has arrived.
_MAY_BECOME = re.compile(
    rf"!?\[(?:[^\[\]\n]|\[[^\[\]\n]{{0,100}}\]?){{0,{LONGEST_WORDS}}}+(?:\](?:\([^\n]{{0,{LONGEST_ADDRESS}}})?)?\Z"
    rf"|!\Z|`+[^\n]{{0,{LONGEST_WORDS}}}\Z"
)
_ENDS = re.compile(r"[^\n]*\n")  # as Markdown has it: to splitlines() much else ends a line
_CONSTRUCT = re.compile(r"!?\[|!\Z|\\?`+")  # a backtick behind a backslash opens no code


class LinkGuard:
    """Takes an answer in pieces of any size and gives it on, whole words at a time, without foreign links.

    However the text is split, the pieces given out join to the same text (a property test).
    """

    def __init__(self, allowed: Collection[str], in_code: str = "") -> None:
        # Whether a slash ends it makes no other address of it: messages of the fetcher have one where it was left off.
        self._allowed = frozenset(form for a in allowed for form in (a, a.removesuffix("/"), f"{a}/"))
        self._bracketed = [a for a in self._allowed if _BRACKET.search(a)]
        self._in_code = in_code
        self._held = ""
        self._fence = ""  # what opened the code that we are in, with the spaces before it
        self._begun = False  # something of the line that is held has been given on: what is held begins no line
        self._last = ""  # the sign that was given on last
        self.removed = 0
        """How many images and links were taken out."""

    def feed(self, piece: str) -> str:
        """Take the next piece; give what is certain by now."""
        self._held += piece.replace("\r", " ")  # which ends a line for some readers and not for others
        line = self._held.rfind("\n") + 1  # neither a link nor an address goes over the end of a line
        out = "".join(map(self._line, _ENDS.findall(self._held[:line])))
        self._held = self._held[line:]
        if self._fence or (not self._begun and _FENCE_BEGINS.match(self._held)):
            return out
        cut = _certain(self._held)
        ready, self._held = self._held[:cut], self._held[cut:]
        self._begun = self._begun or cut > 0
        return out + self._given_on(self._clean(ready))

    def finish(self) -> str:
        """Give what was held back; the stream is over."""
        ready, self._held = self._held, ""
        return self._line(ready)

    def _line(self, line: str) -> str:
        """Clean a line, or the rest of one, to its end."""
        begun, self._begun = self._begun, False
        is_code = (not begun and self._is_fence(line)) or bool(self._fence)
        return self._given_on(self._clean_code(line) if is_code else self._clean(line))

    def _given_on(self, text: str) -> str:
        text = _apart(self._last, text)[len(self._last) :]
        self._last = text[-1:] or self._last
        return text

    def _is_fence(self, line: str) -> bool:
        """Tell whether a line opens or closes code (CommonMark 0.31, 4.5); one within a list ends with its item."""
        indent = len(self._fence) - len(self._fence.lstrip())
        if self._fence and line.strip() and not line[:indent].strip():
            mark = self._fence.strip()
            said = line.strip()
            if len(said) < len(mark) or set(said) != set(mark) or len(line) - len(line.lstrip()) > 3:
                return False
            self._fence = ""
            return True
        if self._fence and not line.strip():
            return False
        opens = _FENCE.match(line)
        self._fence = opens[0] if opens else ""
        return opens is not None

    def _clean(self, text: str) -> str:
        """Clean text that ends between words and holds no half of a link: code, links, what is between, each alone."""
        out = ""
        at = 0
        for start, found, end in _constructs(text):
            if found is None:
                continue
            out = _apart(out, self._without_any(text[at:start]))
            out = _apart(out, self._clean_code(found[0]) if text[start] == "`" else self._link(found))
            at = end
        return _apart(out, self._without_any(text[at:]))

    def _link(self, match: re.Match[str]) -> str:
        target = match["target"].split(maxsplit=1)[0].strip("<>") if match["target"].strip() else ""
        if not match["image"] and target in self._allowed and _LINK.search(match["words"]) is None:
            return match[0]
        self.removed += 1
        return self._clean(match["words"])

    def _without_any(self, text: str) -> str:
        """Clean text that holds no whole link."""
        text = _ADDRESS.sub(self._address, text)
        text = _DEFINES_LINK.sub(_broken, _OPENS_LINK.sub(_broken, text))
        return _OPENS_TAG.sub(_broken, text)

    def _clean_code(self, text: str) -> str:
        text = _ADDRESS.sub(self._in_code_span, text)
        return text if text.strip("`\n ") in self._in_code else _CARRIES_IN_CODE.sub(_broken, text)

    def _address(self, match: re.Match[str]) -> str:
        tail = _TAIL.search(match[0])
        address = match[0][: tail.start()] if tail else match[0]
        if address in self._allowed or self._is_bracketed(match):
            return match[0]
        self.removed += 1
        return LEFT_OUT + (tail[0] if tail else "")

    def _is_bracketed(self, match: re.Match[str]) -> bool:
        """Tell whether an allowed address begins here and has brackets, at which the pattern of addresses stops."""
        text, start = match.string, match.start()
        return any(text.startswith(a, start) and _BEHIND.match(text, start + len(a)) for a in self._bracketed)

    def _in_code_span(self, match: re.Match[str]) -> str:
        return match[0] if match[0] in self._in_code else self._address(match)


def _broken(sign: re.Match[str]) -> str:
    return f"{sign[0]} "


def _apart(before: str, text: str) -> str:
    """Join two pieces so that no link comes of what was none in either."""
    return f"{before} {text}" if before.endswith("]") and text.startswith(("(", ":")) else before + text


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


def without_links_in(given: Any, allowed: Collection[str], in_code: str = "") -> Any:
    """Clean every text in what a tool was called with or gave, lists and mappings of them too."""
    match given:
        case str():
            return without_foreign_links(given, allowed, in_code)
        case Mapping():
            return {key: without_links_in(value, allowed, in_code) for key, value in given.items()}
        case list() | tuple():
            return [without_links_in(value, allowed, in_code) for value in given]
    return given
