"""Tells the abstracts of one paste apart, each without its title, its number and the word "Abstract". Reads no names.

What parts them is looked for in order: the word "Abstract" before each, a title above each, numbers, lines of dashes,
empty lines beyond those of a paragraph, and sentences that each present a work of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assistant.abstract_beginnings import are_works_of_their_own
from assistant.abstract_sections import begins_a_section, has_sections, is_section_head

Span = tuple[int, int]
_WORD = r"(?:abstract|zusammenfassung|résumé|resumen|sommario|resumo|摘要)"
MARK = re.compile(
    rf"^[ \t>#*_]*(?:\\begin\{{abstract\}}|(?:\\(?:textbf|section\*?|paragraph\*?)\{{)?{_WORD}\}}?[ \t]*"
    r"(?:[*_]*[.:\uff1a][*_]*|[*_]*(?:-{2,3}|\u2014)[*_]*|[ \t]+[\u2013-](?=\s)|[*_]{1,3}(?=[ \t])|[*_]*\r?$))[ \t]*",
    re.IGNORECASE | re.MULTILINE,
)
"""The word "Abstract" as a heading: on a line of its own, or with a colon, a dash or bold letters before the text."""
END_MARK = re.compile(r"\\end\{abstract\}")
_PARAGRAPH = re.compile(r"\S(?:[^\n]++|\n(?![ \t\r]*(?:\n|\Z)))*")
_LINE = re.compile(r"\S(?:[^\n]*\S)?")
_RULE = re.compile(r"^[ \t]*[-=*_~]{3,}[ \t]*\r?$", re.MULTILINE)
_GAP = re.compile(r"\n[ \t\r]*\n[ \t\r]*\n\s*")
_NUMBER = re.compile(r"^[ \t#*]*[\[(]?(\d{1,2})[.)\]:][)\]]?[*]*[ \t]+(?=\S)", re.MULTILINE)
_LONG, _LONG_PROSE = 20, 8
"""Words from which a piece may be an abstract, and is no line of a letter, a list or a title page; of prose, fewer."""
_SHORT = 12
"""Words: no more stand above numbered abstracts ("Three abstracts:"); a list within one has its abstract above it."""


_LONGEST_ITEM, _LONGEST_LINE = 45, 40
"""Words; lines that a width ends have fewer."""
_SENTENCE_ENDS = re.compile(r"[.!?]\s+[A-Z]")
_LISTS_WHAT_IS_DONE = re.compile(
    r"\b(?:contributions?|[Ww]e|[Oo]ur|[Tt]his (?:paper|work|article|study)|following|claims)\b"
)
"""As in "Our contributions are:"."""


def abstract_parts(text: str) -> list[Span]:
    """Give the places of the abstracts in a text; none where all of it is one."""
    marks = list(MARK.finditer(text))
    if marks:
        return [part for body in _marked(text, marks) for part in _within(text, body)]
    if has_sections(text):
        return []
    paragraphs = paragraphs_of(text, 0, len(text))
    titled = list(_titled(text, [part for span in paragraphs for part in _title_and_body(text, span)]))
    for found in (titled, _numbered(text), _apart(text, _RULE), _apart(text, _GAP)):
        if len(found) > 1 and _are_long(text, found):
            return found
    for border in (_RULE, _GAP):
        apart = _between(text, 0, len(text), border)
        sections = any(begins_a_section(text, part) for part in apart)
        if len(apart) > 1 and not sections and all(is_prose(text[slice(*span)]) for span in apart):
            return apart
    pieces = prose_of(text)
    return pieces if are_works_of_their_own([text[slice(*span)] for span in pieces]) else []


def paragraphs_of(text: str, start: int, end: int) -> list[Span]:
    """Give the places of the paragraphs, which an empty line parts."""
    return [(m.start(), m.start() + len(m[0].rstrip())) for m in _PARAGRAPH.finditer(text, start, end)]


def prose_of(text: str) -> list[Span]:
    """Give the places of the paragraphs, also of those that a line end alone parts, if no line is half a sentence."""
    found: list[Span] = []
    for start, end in paragraphs_of(text, 0, len(text)):
        lines = [match.span() for match in _LINE.finditer(text, start, end)]
        apart = len(lines) > 1 and all(_is_whole(text[slice(*line)]) for line in lines)
        found += lines if apart else [(start, end)]
    return found


def _is_whole(line: str) -> bool:
    """Tell a paragraph on one line from a line that a width ended."""
    return len(line.split()) > _LONGEST_LINE or (is_prose(line) and _SENTENCE_ENDS.search(line) is not None)


def is_prose(paragraph: str) -> bool:
    """Tell a piece of prose, which ends as a sentence does."""
    return len(paragraph.split()) >= 3 and (
        re.search(r"[.!?\u3002][\"')\]*]*$", paragraph) is not None or ends_in_address(paragraph)
    )


def ends_in_address(paragraph: str) -> bool:
    """Tell a piece whose last word is an address, as where code is to be found: many abstracts end without a stop."""
    last = paragraph.split()[-1:]
    return bool(last) and re.match(r"[(<\[]?(?:https?://|www\.)\w", last[0]) is not None


def _marked(text: str, marks: Sequence[re.Match[str]]) -> Iterator[Span]:
    """Give what stands behind each word "Abstract", and what stands above the first if it is long prose."""
    above = list(_bodies(text, 0, marks[0].start(), after_mark=False))
    yield from above if _are_long(text, above) else ()
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        end = len(text) if following is None else following.start()
        closed = END_MARK.search(text, mark.end(), end)
        yield from _bodies(text, mark.end(), end if closed is None else closed.start(), after_mark=True)


def _within(text: str, body: Span) -> list[Span]:
    """Give the abstracts between lines of dashes below one word "Abstract", mostly the body alone."""
    parts = _without_titles(text, _between(text, *body, _RULE))
    return parts if len(parts) > 1 and _are_long(text, parts) else [body]


def _apart(text: str, border: re.Pattern[str]) -> list[Span]:
    """Give the pieces between borders without their titles; none where one begins as a section of an abstract does."""
    parts = _without_titles(text, _between(text, 0, len(text), border))
    return [] if any(begins_a_section(text, part) for part in parts) else parts


def _numbered(text: str) -> list[Span]:
    """Give the pieces that are numbered from one on, from the first line of the text or below a title."""
    numbers: list[re.Match[str]] = []
    for match in _NUMBER.finditer(text):
        if int(match[1]) == len(numbers) + 1:
            numbers.append(match)
    above = text[: numbers[0].start()] if numbers else ""
    if len(numbers) < 2 or len(above.split()) > _SHORT or _LISTS_WHAT_IS_DONE.search(above):
        return []
    ends = [*(match.start() for match in numbers[1:]), len(text)]
    parts = _without_titles(text, [(m.end(), end) for m, end in zip(numbers, ends, strict=True)])
    if all(_is_an_item(text[slice(*part)]) for part in parts):
        return []
    return [] if any(begins_a_section(text, part) for part in parts) else parts


def _is_an_item(part: str) -> bool:
    """Tell an item of a list, such as a contribution, from an abstract, which has more than one sentence."""
    return part[:1].islower() or (len(part.split()) < _LONGEST_ITEM and _SENTENCE_ENDS.search(part) is None)


def _between(text: str, start: int, end: int, border: re.Pattern[str]) -> list[Span]:
    """Give what stands between borders and is not blank."""
    found = []
    borders = [match.span() for match in border.finditer(text, start, end)]
    for stop, after in [*borders, (end, end)]:
        part = text[start:stop]
        if part.strip():
            found.append((start + len(part) - len(part.lstrip()), start + len(part.rstrip())))
        start = after
    return found


def _without_titles(text: str, parts: Sequence[Span]) -> list[Span]:
    """Give each piece from behind the titles it begins with to before those it ends with; a title alone is none."""
    found = []
    for part in parts:
        pieces = [piece for span in paragraphs_of(text, *part) for piece in _title_and_body(text, span)]
        bodies = [piece for piece in pieces if not _is_head(text[slice(*piece)])]
        if bodies:
            found.append((bodies[0][0], bodies[-1][1]))
    return found


def _are_long(text: str, spans: Sequence[Span]) -> bool:
    """Tell abstracts from lines of a letter, a list or a title page."""
    pieces = [text[slice(*span)] for span in spans]
    return all(len(piece.split()) >= (_LONG_PROSE if is_prose(piece) else _LONG) for piece in pieces)


def _bodies(text: str, start: int, end: int, *, after_mark: bool) -> Iterator[Span]:
    """Give what stands between two marks without the title of the next; before the first mark there may be none."""
    paragraphs = paragraphs_of(text, start, end)
    while paragraphs and end < len(text) and _is_head(text[slice(*paragraphs[-1])]):
        if len(paragraphs) == 1 and after_mark:
            break
        paragraphs.pop()
    if paragraphs:
        yield paragraphs[0][0], paragraphs[-1][1]


def _titled(text: str, paragraphs: Sequence[Span]) -> Iterator[Span]:
    """Give the runs of paragraphs below titles, or between lines of dashes."""
    body: list[Span] = []
    for span in paragraphs:
        if _is_head(text[slice(*span)]):
            if body:
                yield body[0][0], body[-1][1]
            body = []
        else:
            body.append(span)
    if body:
        yield body[0][0], body[-1][1]


def _was_ended(line: str, following: Sequence[str]) -> bool:
    """Tell a line that no width ended: the next one is a whole paragraph, or begins with a word that had its place."""
    words = following[0].split()
    if len(words) > _LONGEST_LINE:
        return True
    return len(following) > 2 and len(line) + 1 + len(words[0]) <= max(map(len, following))


_MARKED_TITLE = re.compile(r"[ \t]*(?:#{1,6}[ \t]\S.*|(\*\*|__)\S.*\1|\d{1,2}\.[ \t]+[A-Z][^.!?]*)[ \t\r]*\Z")
_TITLE_WORD = re.compile(r"[A-Z\d]\S*|\S{1,4}|between|toward|towards|through|without|versus|under")


def _title_and_body(text: str, paragraph: Span) -> list[Span]:
    """Part a title from the text right below it."""
    start, end = paragraph
    line_end = text.find("\n", start, end)
    if line_end < 0:
        return [paragraph]
    title = text[start:line_end].strip()
    words = title.lstrip("#*_ ").split()
    is_title = _MARKED_TITLE.match(title) or (len(words) > 1 and all(map(_TITLE_WORD.fullmatch, words)))
    body = line_end + 1
    while body < end and text[body].isspace():
        body += 1
    if body >= end or text[body].islower() or not _is_head(title):
        return [paragraph]
    if not is_title and not _was_ended(title, text[body:end].split("\n")):
        return [paragraph]
    return [(start, start + len(title)), (body, end)]


def _is_head(paragraph: str) -> bool:
    """Tell a title, a line of authors or a line of dashes from a piece of an abstract."""
    if re.fullmatch(r"[-=*_~\s]{3,}", paragraph):
        return True
    return (
        len(paragraph.split()) <= 25
        and not ends_in_address(paragraph)
        and re.search(r"[.!;:,\u3002][\"')\]*]*$", paragraph) is None
        and not is_section_head(paragraph)
    )
