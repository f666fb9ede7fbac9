"""Shows the library: documents, chunks, what a search found and why, and what went. Pure functions."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from index_store.chunks import Chunk, Hit, document_id
from index_store.lexical import matches
from ingest.ledger import Known
from ui.library_commands import counted
from ui.passages import code_marked, passage_marked
from ui.places import place_of
from ui.times import time_html

SHOWN_CHARACTERS = 360
RANKS = "By words a passage is found with the text around it and its headings; marked are the words of the search."
CODE = frozenset({"code", "output"})
"""Kinds of chunks whose lines are kept."""
WIDE = 60
"""Characters of HTML: what has more stands below its name on a phone, and not beside it."""


def table(caption: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Give a table of cells that are HTML already; without a caption where what stands above names it."""
    top = "".join(f"<th scope='col'>{html.escape(name)}</th>" for name in head)
    names = [html.escape(name) for name in head]  # a phone shows each row as a card, its cells by name
    cells = ["".join(_cell(n, c) for n, c in zip(names, row, strict=True)) for row in rows]
    body = "".join(f"<tr>{row}</tr>" for row in cells)
    named = f"<caption>{html.escape(caption)}</caption>" if caption else ""
    return (
        f"<div class='lectern-table' tabindex='0'><table>{named}"
        f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cell(name: str, cell: str) -> str:
    wide = " class='lectern-wide'" if len(cell) > WIDE else ""
    return f"<td data-name='{name}'{wide}>{cell}</td>"


UPLOAD_AGAIN = "Mend the file and upload it again: it takes the place of this one."


def status_html(status: str, document: str, again: bool = True) -> str:
    """Give what became of a document; what failed can be tried `again`, where that may end otherwise."""
    shown = f"<span class='lectern-{html.escape(status.replace(' ', '-'))}'>{html.escape(status)}</span>"
    if status != "failed" or not again:
        return shown
    return f"{shown} <button type='button' class='lectern-again' data-again='{document}'>Try again</button>"


def sized(count: int) -> str:
    """Give a size in bytes as people read it, nothing where it is not known.

    >>> sized(812), sized(48_300), sized(2_510_000), sized(-1)
    ('812 bytes', '48 kB', '2.5 MB', '')
    """
    if count <= 0:
        return ""
    return f"{count:,} bytes" if count < 1000 else f"{count / 1e3:,.0f} kB" if count < 1e6 else f"{count / 1e6:,.1f} MB"


def added_html(document: Known) -> str:
    """Tell when a document came in, and its size: that tells apart what has one name."""
    return ", ".join(part for part in (time_html(document.at) if document.at else "", sized(document.size)) if part)


def choices_of(documents: Sequence[Known]) -> list[tuple[str, str]]:
    """Give documents to choose from, by name and id; what has one name is told apart by when it came in."""
    names = Counter(full_name(d) for d in documents)
    return [
        (full_name(d) if names[full_name(d)] == 1 else f"{full_name(d)}, added {d.at} UTC", d.id) for d in documents
    ]


def full_name(document: Known) -> str:
    """Name a document by its title, where it has one, and the path that no other has."""
    return f"{document.title} ({document.path})" if document.title else document.path


def name_html(document: Known) -> str:
    """Give the name above what is shown of a document; a question whether to remove it asks by that."""
    added = f"<small>, added {added_html(document)}</small>" if document.at else ""
    return f"<h3 data-document='{html.escape(document.id)}'>{html.escape(full_name(document))}{added}</h3>"


def without_path(reason: str, path: str) -> str:
    """Give a reason that stands beside the path of what it is about, without that path.

    >>> without_path("a.pdf is no PDF.", "a.pdf"), without_path("a.pdf: it is empty.", "a.pdf")
    ('It is no PDF.', 'It is empty.')
    """
    rest = reason.removeprefix(path)
    if rest == reason or not rest.startswith((" ", ": ")):
        return reason
    said = rest.removeprefix(": ")
    return f"It{said}" if said.startswith(" ") else said[:1].upper() + said[1:]


def _described(document: Known, told: str = "") -> str:
    """Give a document's name, which leads to what is in it, and what there is to say of it."""
    reason = without_path(str(document.receipt.get("reason") or ""), document.path)
    about = [part for part in (document.path if document.title else "", reason, told) if part]
    below = f"<br><small>{'<br>'.join(html.escape(part) for part in about)}</small>" if about else ""
    return f"{_opener(document.id, document.title or document.path)}{below}"


def _opener(document: str, name: str, at: int | None = None) -> str:
    """Give a name that opens its document, where there is one at the chunk of this number, from 0."""
    wanted = html.escape(document if at is None else f"{document}:{at}")
    look = f"<button type='button' class='lectern-look' data-look='{wanted}'>{html.escape(name)}</button>"
    return f"<strong>{look}</strong>"


def in_the_library(documents: Sequence[Known], *, failures: bool = False) -> str:
    """Say how many documents can be answered from, and with `failures` how many could not be read."""
    count = sum(d.is_read for d in documents)
    return f"{counted(count, 'document')} in the library{_unread(documents) if failures else ''}"


def _unread(documents: Sequence[Known]) -> str:
    failed = sum(not d.is_read for d in documents)
    return f", {failed:,} could not be read" if failed else ""


def documents_html(
    found: Sequence[Known], cited: Mapping[str, int], start: int, most: int, only_anew: Collection[str] = ()
) -> str:
    """Give a page of the documents that were found with their chunks, and how often each was cited.

    `only_anew` has the ids of those that another try would not make readable.
    """
    documents = found[start : start + most]
    if not documents:
        return "<p class='lectern-note'>No document fits.</p>"
    rows = [
        [
            _described(d, UPLOAD_AGAIN if d.id in only_anew else ""),
            status_html(d.status, d.id, d.id not in only_anew),
            f"{d.chunks:,}",
            added_html(d),
            f"{cited.get(d.id, 0):,}" if cited.get(d.id) else "never",
        ]
        for d in documents
    ]
    # The page is of all of them, for what failed is tried again there.
    caption = f"Documents {start + 1} to {start + len(documents)} of {len(found):,}{_unread(found)}"
    listed = table("", ("Document", "Status", "Chunks", "Added", "Cited"), rows)
    return f"<details open class='lectern-fold'><summary>{caption}</summary>{listed}</details>"


def map_html(documents: Sequence[Known], cited: Mapping[str, int]) -> str:
    """Give the map of the course: a bar for each document, as wide as its chunks, darker the more it was cited."""
    documents = [d for d in documents if d.is_read]
    if not documents:
        return ""
    widest, most = max(d.chunks for d in documents) or 1, max(cited.values(), default=0) or 1
    never = sum(not cited.get(d.id) for d in documents)
    bars = "".join(
        _bar(d, cited.get(d.id, 0), widest, most)
        for d in sorted(documents, key=lambda d: (-cited.get(d.id, 0), d.path))
    )
    return (
        f"<p>{counted(len(documents), 'document')}; {never:,} were never cited. As wide as its chunks, "
        f"darker the more it was cited.</p><ul class='lectern-map'>{bars}</ul>"
    )


def _bar(document: Known, cited: int, widest: int, most: int) -> str:
    width, shade = max(1.0, 100 * document.chunks / widest), 0.25 + 0.75 * cited / most
    return (
        f"<li><span>{html.escape(document.title or document.path)}</span>"
        f"<i style='width:{width:.1f}%;opacity:{shade:.2f}'></i>"
        f"<small>{counted(document.chunks, 'chunk')}, {_times(cited)}</small></li>"
    )


def _times(cited: int) -> str:
    return "never cited" if not cited else "cited once" if cited == 1 else f"cited {cited:,} times"


def chunks_html(chunks: Sequence[Chunk], start: int, count: int, found: int | None = None) -> str:
    """Give a page of a document's chunks with their locators; the one `found`, by its number from 0, says so."""
    told = "<span class='lectern-hit'>found</span>"
    rows = [
        [
            f"{c.ordinal + 1}{told if c.ordinal == found else ''}",
            html.escape(place_of(str(c.locator), c.path)),
            html.escape(c.kind),
            _passage(c),
        ]
        for c in chunks
    ]
    caption = f"Chunks {start + 1} to {start + len(chunks)} of {count:,}"
    return table(caption, ("No.", "Place", "Kind", "Text"), rows) if rows else "<p>It has no chunk.</p>"


def hits_html(hits: Sequence[Hit], question: str = "") -> str:
    """Give what a search found, and why: the rank in each half, the two together, and the words of the question."""
    if not hits:
        return "<p class='lectern-note'>Nothing was found.</p>"
    rows = [
        [
            str(rank),
            f"{_opener(document_id(h.chunk.source, h.chunk.path), h.chunk.title or h.chunk.path, h.chunk.ordinal)}"
            f"<br><small>{html.escape(h.chunk.path)}, {html.escape(place_of(str(h.chunk.locator), h.chunk.path))}"
            "</small>"
            f"{_passage(h.chunk, question)}{_copies(h.copies)}",
            _rank(h.dense_rank),
            _rank(h.lexical_rank),
            f"{h.cosine:.2f}",
            f"{h.score:.3f}",
        ]
        for rank, h in enumerate(hits, start=1)
    ]
    head = ("Rank", "Passage", "By meaning", "By words", "Cosine", "Together")
    caption = f"What retrieval finds, and why: {counted(len(hits), 'passage')}"
    how = f"<p class='lectern-note'>{RANKS}</p>"
    return f"<details open><summary>{caption}</summary>{how}{table('', head, rows)}</details>"


def _copies(count: int) -> str:
    """Explain ranks that are missing from the table."""
    if not count:
        return ""
    them = "its rank is" if count == 1 else "their ranks are"
    copy = "near-copy" if count == 1 else "near-copies"
    return f"<small class='lectern-copies'>{count:,} {copy} of it left out; {them} missing here.</small>"


def _passage(chunk: Chunk, question: str = "") -> str:
    """Give the beginning of a chunk, words of a question marked; code keeps its lines, as lists in a text do."""
    said = _cut(chunk.text)
    words = matches(question, said) if question else []
    if chunk.kind in CODE:
        shown = f"<pre class='lectern-code' tabindex='0'>{code_marked(said, words)}</pre>"
    else:
        shown = passage_marked(said, words)
    return f"<div class='lectern-passage'>{shown}</div>"


def _rank(rank: int | None) -> str:
    return "not found" if rank is None else str(rank)


def _cut(text: Any) -> str:
    said = str(text)
    return said if len(said) <= SHOWN_CHARACTERS else said[:SHOWN_CHARACTERS].rsplit(" ", 1)[0] + " …"
