"""Takes comments, tags, MDX modules and images out of Markdown source and leaves the other lines where they were.

The prose inside a tag stays, and so does prose in the attributes of components (`title`, `caption` ...). Code is not
touched: the caller names the places of code blocks, code spans are found here. The time is linear in the source.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ingest.readers.mdx_modules import module_statements
from ingest.readers.tags import HTML_NAMES, Place, Tag, literals, parse_tag
from ingest.readers.text import visible

_COMMENT_STARTS = re.compile(r"<!--|\{/\*|`+|\\.")
_MARKUP_STARTS = re.compile(r"</?[A-Za-z]|<>|</>|!\[|`+|\\.")
_TICKS = re.compile(r"`+")
_TARGET = r"(?:[^()\s]|\([^()\s]{0,200}\)){0,100000}+(?:[ \t]+\"[^\"\n]{0,500}+\"|[ \t]+'[^'\n]{0,500}+')?[ \t]*"
_IMAGE = re.compile(rf"!\[([^\[\]\n]{{0,1000}}+)\](?:\({_TARGET}\)|\[[^\[\]\n]{{0,200}}+\])")
_CLOSERS = re.compile(r"</([A-Za-z][\w.:-]*)")
_INLINE = frozenset(
    re.findall(r"\w+", "a abbr b big cite code del em font i ins kbd mark q s small span strike strong sub sup tt u")
)
_PROSE_ATTRIBUTES = ("title", "label", "caption", "summary", "alt")
_TABS = frozenset({"Tab", "TabItem", "TabPanel"})
_MOST_FAILURES = 500  # tags that never end; after so many the rest of the source is taken as text


class Span(NamedTuple):
    """One place to cut out; `keep` are the places within it that stay, `apart` keeps words from growing together."""

    start: int
    end: int
    rule: str
    keep: tuple[Place, ...] = ()
    apart: bool = False


@dataclass
class Cut:
    """Source without its markup, in as many lines; `dropped` counts visible characters by rule.

    `labels` are tabs as (first line, last line, name), lines counting from 0.
    """

    text: str
    dropped: Counter[str] = field(default_factory=Counter)
    labels: list[tuple[int, int, str]] = field(default_factory=list)


def cut_comments(source: str, code: Sequence[Place], *, mdx: bool) -> Cut:
    """Take out `<!-- -->`, and in MDX `{/* */}`."""
    gone: set[str] = set()

    def comment(match: re.Match[str]) -> Span | None:
        close = "-->" if match[0] == "<!--" else "*/}"
        if close in gone or (close == "*/}" and not mdx):
            return None
        end = source.find(close, match.end())
        if end < 0:
            gone.add(close)
            return None
        return Span(match.start(), end + len(close), "comments")

    return _apply(source, _sweep(source, code, _COMMENT_STARTS, comment))


def cut_markup(source: str, code: Sequence[Place], *, mdx: bool) -> Cut:
    """Take out tags and the addresses of images, and in MDX the import and export lines."""
    modules = list(module_statements(source, code)) if mdx else []
    tags = _Tags(source, mdx)
    begins = [start for start, _ in code]

    def visit(match: re.Match[str]) -> Span | None:
        """Take nothing that ends within code: a "<script>" named in prose, and an example of one below."""
        span = tags.visit(match)
        inside = -1 if span is None else bisect_right(begins, span.end - 1) - 1
        return None if span is not None and inside >= 0 and span.end <= code[inside][1] else span

    found = _sweep(source, sorted([*code, *modules]), _MARKUP_STARTS, visit)
    spans: list[Span] = []
    for span in sorted([*found, *(Span(*place, "imports and exports") for place in modules)]):
        if not spans or span.start >= spans[-1].end:  # else an import within a script, which is cut out already
            spans.append(span)
    cut = _apply(source, spans)
    cut.labels = tags.labels
    return cut


def _sweep(
    source: str, code: Sequence[Place], starts: re.Pattern[str], visit: Callable[[re.Match[str]], Span | None]
) -> list[Span]:
    """Visit each start outside of code; what a visit cuts out is not looked into again."""
    spans: list[Span] = []
    ticks = _CodeSpans(source)
    begins = [start for start, _ in code]
    at = 0
    while (match := starts.search(source, at)) is not None:
        inside = bisect_right(begins, match.start()) - 1
        if inside >= 0 and match.start() < code[inside][1]:
            at = code[inside][1]
        elif match[0][0] == "`":
            at = ticks.end(match)
        elif match[0][0] == "\\" or (span := visit(match)) is None:
            at = match.end()
        else:
            spans.append(span)
            at = max(span.end, match.end())
    return spans


class _CodeSpans:
    """Finds where a run of backticks is closed by one of the same length in the same paragraph (CommonMark 6.1)."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._runs: dict[int, list[int]] = {}
        for run in _TICKS.finditer(source):
            self._runs.setdefault(len(run[0]), []).append(run.start())

    def end(self, opener: re.Match[str]) -> int:
        """Place after the code span, or after the backticks where they open none."""
        runs = self._runs.get(len(opener[0]), [])
        following = bisect_right(runs, opener.start())
        if following == len(runs) or "\n\n" in self._source[opener.end() : runs[following]][:50_000]:
            return opener.end()
        return runs[following] + len(opener[0])


class _Tags:
    """Decides what is markup, and follows the tabs."""

    def __init__(self, source: str, mdx: bool) -> None:
        self._source = source
        self._mdx = mdx
        self._closed = set(_CLOSERS.findall(source)) if mdx else set()
        self._failures = 0
        self._unclosed: set[str] = set()  # looked for once in vain
        self._newlines = [match.start() for match in re.finditer("\n", source)] if mdx else []
        self._names: list[list[str]] = []  # of the tabs still to come, by nesting
        self._tabs: list[tuple[int, str]] = []
        self.labels: list[tuple[int, int, str]] = []

    def visit(self, match: re.Match[str]) -> Span | None:
        """Give the span to cut at this place."""
        if match[0] == "![":
            return self._image(match.start())
        if match[0] in ("<>", "</>"):
            return Span(*match.span(), "JSX", apart=True) if self._mdx else None
        tag = self._tag(match.start())
        if tag is None:
            return None
        name = tag.name.rpartition(".")[2]
        if tag.name.lower() in ("script", "style") and not (tag.closing or tag.self_closing):
            return self._unread(tag)
        keep = self._tab(tag) if name in _TABS or name == "Tabs" else self._prose(tag)
        rule = "JSX" if tag.is_component else "HTML tags"
        return Span(tag.start, tag.end, rule, tuple(keep), apart=tag.name.lower() not in _INLINE)

    def _tag(self, start: int) -> Tag | None:
        """Read a tag that is markup; what else looks like one ("<name>" in a prompt) is text."""
        named = _CLOSERS.match(self._source, start) or re.compile(r"<([A-Za-z][\w.:-]*)").match(self._source, start)
        if named is None or self._failures > _MOST_FAILURES:
            return None
        name = named[1]
        component = self._mdx and (name[0].isupper() or "." in name)
        if not component and name.lower() not in HTML_NAMES:
            return None
        tag = parse_tag(self._source, start)
        self._failures += tag is None
        if tag is None or not component or tag.self_closing or name in self._closed:
            return tag
        return None

    def _image(self, start: int) -> Span | None:
        image = _IMAGE.match(self._source, start)
        if image is None:
            return None
        keep = (image.span(1),) if _is_phrase(image[1]) else ()
        return Span(*image.span(), "images", keep)

    def _unread(self, tag: Tag) -> Span:
        """Cut out the content of a script or style too, where it is closed."""
        name = tag.name.lower()
        close = None if name in self._unclosed else re.compile(f"</{name}", re.IGNORECASE).search(self._source, tag.end)
        if close is None:
            self._unclosed.add(name)
        return Span(tag.start, tag.end if close is None else close.start(), "scripts and styles", apart=True)

    def _prose(self, tag: Tag) -> Iterator[Place]:
        """Attributes that a reader of the page sees; of an HTML element only a picture's `alt`."""
        names = _PROSE_ATTRIBUTES if tag.is_component else ("alt",)
        for name in names:
            if name in tag.attributes:
                place = self._string(tag.attributes[name])
                text = self._source[slice(*place)]
                if text.strip() and (name != "alt" or _is_phrase(text)):
                    yield place

    def _string(self, place: Place) -> Place:
        """Place of the text in a value: `{"text"}` or `text`; none in other expressions."""
        if self._source[place[0] - 1 : place[0]] != "{":
            return place
        inner = literals(self._source, place)
        whole = len(inner) == 1 and self._source[slice(*place)].strip()[1:-1] == self._source[slice(*inner[0])]
        return inner[0] if whole else (place[0], place[0])

    def _tab(self, tag: Tag) -> tuple[Place, ...]:
        """Keep no text of a tab's tag: the name of the tab goes into the path of what stands in it."""
        if tag.name.rpartition(".")[2] == "Tabs":
            if tag.closing:
                del self._names[-1:]
            elif not tag.self_closing:
                items = literals(self._source, tag.attributes["items"]) if "items" in tag.attributes else []
                self._names.append([self._source[slice(*item)] for item in items])
        elif tag.closing:
            if self._tabs:
                first, label = self._tabs.pop()
                if label.strip():
                    self.labels.append((first, self._line(tag.start), label))
        elif not tag.self_closing:
            self._tabs.append((self._line(tag.start), self._label(tag)))
        return ()

    def _label(self, tag: Tag) -> str:
        following = self._names[-1].pop(0) if self._names and self._names[-1] else ""
        named = next((tag.attributes[key] for key in ("title", "label") if key in tag.attributes), None)
        return following if named is None else self._source[slice(*self._string(named))]

    def _line(self, at: int) -> int:
        return bisect_right(self._newlines, at)


def _is_phrase(text: str) -> bool:
    """A text of one word names a picture ("IMG2", "image"); from two words on it tells something."""
    return len(text.split()) > 1


def _apply(source: str, spans: Sequence[Span]) -> Cut:
    """Cut the spans out, keeping their line ends."""
    dropped: Counter[str] = Counter()
    parts: list[str] = []
    at = 0
    for span in spans:
        parts.append(source[at : span.start])
        inner: list[str] = []
        at = span.start
        for first, last in (*span.keep, (span.end, span.end)):
            dropped[span.rule] += visible(source[at:first])
            inner += ["\n" * source.count("\n", at, first), source[first:last]]
            at = last
        parts.append(_spaced(source, span, [piece for piece in inner if piece]))
    parts.append(source[at:])
    return Cut("".join(parts), +dropped)


def _spaced(source: str, span: Span, pieces: list[str]) -> str:
    """Join what stays of a span so that it does not run into its neighbours."""
    if not pieces and not span.apart:
        return ""
    joined = " ".join(pieces) if len(pieces) > 1 and not any("\n" in p for p in pieces) else "".join(pieces)
    before = source[span.start - 1 : span.start]
    after = source[span.end : span.end + 1]
    if span.apart and "\n" not in joined:
        left = "" if not before or before.isspace() else " "
        right = "" if not joined or not after or after.isspace() else " "
        return left + joined + right
    return joined
