"""Shows the library: progress, receipts, documents, chunks, and what a search found and why. Pure functions."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from index_store.chunks import Chunk, Hit, document_id
from ingest.ledger import Known
from ingest.receipts import Finished, Progress, Receipt, Scanned
from ui.passages import passage_html
from ui.removal import UPLOADS, Certificate

SHOWN_CHARACTERS = 360
CODE = frozenset({"code", "output"})
"""Kinds of chunks whose lines are kept."""
MOST_RECEIPTS = 200
"""Rows for files on a page; the list of documents has all of them, a page at a time."""
ENDS = (".", "!", "?", "…", ":")
_UPLOADED = re.compile(rf"/{UPLOADS}/[0-9a-f]{{12}}/")
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


def progress_html(scanned: Scanned | None, step: Progress | None, seconds: float) -> str:
    """Give how far an ingest is: a bar, what is at work, rate and time left."""
    if scanned is None:
        return "<p role='status'>Looking at what there is …</p>"
    files, size = (step.files, step.bytes) if step else (0, 0)
    parts = [f"{files:,} of {scanned.files:,} files"]
    if step is not None:
        parts.append(f"{step.stage}: {step.path}")
        if step.chunks and seconds > 0:
            parts.append(f"{step.chunks / seconds:,.0f} chunks/s")
        if 0 < size < scanned.bytes and seconds > 1:
            parts.append(f"about {_time_left(seconds, size, scanned.bytes)} left")
    return (
        f"<p role='status'><progress max='{max(scanned.files, 1)}' value='{files}' aria-label='Files done'></progress> "
        f"{html.escape(' · '.join(parts))}</p>"
    )


def _time_left(seconds: float, done: int, size: int) -> str:
    left = seconds * (size - done) / done
    return f"{left:.0f} s" if left < 90 else f"{left / 60:.0f} min"


def ended_html(finished: Finished | None, *, cancelled: bool) -> str:
    """Say how an ingest ended."""
    if finished is None:
        return f"<p role='status'>{'Cancelled' if cancelled else 'Ended'}. What was finished is kept.</p>"
    counts = ", ".join(f"{count} {status}" for status, count in sorted(finished.counts.items())) or "nothing to do"
    return (
        f"<p role='status'>{html.escape(counts)}. {finished.chunks:,} chunks in the library, "
        f"{finished.embedded:,} embedded now, {finished.seconds:.1f} s.</p>"
    )


def receipts_html(receipts: Sequence[Receipt]) -> str:
    """Give a line for each file: what became of it, and why; failures first."""
    if not receipts:
        return ""
    told = sorted((r for r in receipts if r.status != "skipped"), key=lambda r: (r.status != "failed", r.path))
    rows = [_receipt(r) for r in told[:MOST_RECEIPTS]]
    more = f", the first {MOST_RECEIPTS:,} of {len(told):,}" if len(told) > MOST_RECEIPTS else ""
    head = ("File", "Status", "Chunks", "What there is to tell")
    shown = table(f"What became of each file{more}", head, rows) if rows else ""
    return shown + _skipped_html([r for r in receipts if r.status == "skipped"])


def _skipped_html(receipts: Sequence[Receipt]) -> str:
    """Fold what was not read at all, counted by reason: a folder may hold thousands of files that nobody wants read."""
    if not receipts:
        return ""
    by_reason: dict[str, list[str]] = {}
    for receipt in receipts:
        by_reason.setdefault(sentences(receipt.reason, receipt.hint), []).append(receipt.path)
    rows = [
        [html.escape(reason), f"{len(paths):,}", html.escape(min(paths))]
        for reason, paths in sorted(by_reason.items(), key=lambda found: (-len(found[1]), found[0]))
    ][:MOST_RECEIPTS]
    count = "1 file was" if len(receipts) == 1 else f"{len(receipts):,} files were"
    inner = table("Why they were skipped", ("Reason", "Files", "For example"), rows)
    return f"<details class='lectern-skipped'><summary>{count} skipped</summary>{inner}</details>"


def sentences(*parts: str) -> str:
    """Join what there is to tell, each part ended where another follows.

    >>> sentences("there is no reader for .xyz", "Convert it.", "")
    'there is no reader for .xyz. Convert it.'
    """
    *before, last = [part.strip() for part in parts if part.strip()] or [""]
    return " ".join([*(part if part.endswith(ENDS) else f"{part}." for part in before), last])


def _receipt(receipt: Receipt) -> list[str]:
    said = [receipt.reason, receipt.hint, *receipt.notes]
    if receipt.duplicate_of:
        said.append(f"has the same content as {twin_of(receipt.duplicate_of)}")
    return [
        html.escape(receipt.path),
        _status(receipt.status, document_id(receipt.source, receipt.path)),
        f"{receipt.chunks:,}",
        html.escape(sentences(*said)),
    ]


def twin_of(path: str) -> str:
    """Name a file of the same content: where the server keeps uploads tells nobody anything, but its folder does.

    >>> twin_of("week1/same.txt"), twin_of("/home/me/uploads/0123456789ab/week1/same.txt"), twin_of("/srv/clays/a.txt")
    ('week1/same.txt', 'week1/same.txt of another upload', 'a.txt in the folder clays')
    """
    twin = Path(path)
    if not twin.is_absolute():
        return path
    if uploaded := _UPLOADED.search(twin.as_posix()):
        return f"{twin.as_posix()[uploaded.end() :]} of another upload"
    return f"{twin.name} in the folder {twin.parent.name}" if twin.parent.name else twin.name


def _status(status: str, document: str) -> str:
    """Give what became of a document; what failed can be tried again."""
    shown = f"<span class='lectern-{html.escape(status)}'>{html.escape(status)}</span>"
    if status != "failed":
        return shown
    return f"{shown} <button type='button' class='lectern-again' data-again='{document}'>Try again</button>"


def _why(document: Known) -> str:
    reason = str(document.receipt.get("reason") or "")
    return f"<br>{html.escape(reason)}" if reason else ""


def in_the_library(documents: Sequence[Known]) -> str:
    """Say how many documents can be answered from, and apart from them how many could not be read."""
    count = sum(d.is_read for d in documents)
    said = "1 document in the library" if count == 1 else f"{count:,} documents in the library"
    return said + _unread(documents)


def _unread(documents: Sequence[Known]) -> str:
    failed = sum(not d.is_read for d in documents)
    return f", {failed:,} could not be read" if failed else ""


def documents_html(found: Sequence[Known], cited: Mapping[str, int], start: int, most: int) -> str:
    """Give a page of the documents that were found with their chunks, and how often each was cited."""
    documents = found[start : start + most]
    if not documents:
        return "<p class='lectern-note'>No document fits.</p>"
    rows = [
        [
            f"<strong>{html.escape(d.title or d.path)}</strong><br><small>{html.escape(d.path)}{_why(d)}</small>",
            _status(d.status, d.id),
            f"{d.chunks:,}",
            f"{cited.get(d.path, 0):,}" if cited.get(d.path) else "never",
        ]
        for d in documents
    ]
    # The page is of all of them, for what failed is tried again there.
    caption = f"Documents {start + 1} to {start + len(documents)} of {len(found):,}{_unread(found)}"
    listed = table("", ("Document", "Status", "Chunks", "Cited"), rows)
    return f"<details open class='lectern-fold'><summary>{caption}</summary>{listed}</details>"


def map_html(documents: Sequence[Known], cited: Mapping[str, int]) -> str:
    """Give the map of the course: a bar for each document, as wide as its chunks, darker the more it was cited."""
    documents = [d for d in documents if d.is_read]
    if not documents:
        return ""
    widest, most = max(d.chunks for d in documents) or 1, max(cited.values(), default=0) or 1
    never = sum(not cited.get(d.path) for d in documents)
    bars = "".join(
        _bar(d, cited.get(d.path, 0), widest, most)
        for d in sorted(documents, key=lambda d: (-cited.get(d.path, 0), d.path))
    )
    return (
        f"<p>{len(documents):,} documents; {never:,} were never cited. As wide as its chunks, darker the more it was "
        f"cited.</p><ul class='lectern-map'>{bars}</ul>"
    )


def _bar(document: Known, cited: int, widest: int, most: int) -> str:
    width, shade = max(1.0, 100 * document.chunks / widest), 0.25 + 0.75 * cited / most
    return (
        f"<li><span>{html.escape(document.title or document.path)}</span>"
        f"<i style='width:{width:.1f}%;opacity:{shade:.2f}'></i>"
        f"<small>{document.chunks:,} chunks, {_times(cited)}</small></li>"
    )


def _times(cited: int) -> str:
    return "never cited" if not cited else "cited once" if cited == 1 else f"cited {cited:,} times"


def chunks_html(chunks: Sequence[Chunk], start: int, count: int) -> str:
    """Give a page of a document's chunks with their locators."""
    rows = [[f"{c.ordinal + 1}", html.escape(str(c.locator)), html.escape(c.kind), _passage(c)] for c in chunks]
    caption = f"Chunks {start + 1} to {start + len(chunks)} of {count:,}"
    return table(caption, ("No.", "Place", "Kind", "Text"), rows) if rows else "<p>It has no chunk.</p>"


def hits_html(hits: Sequence[Hit]) -> str:
    """Give what a search found, and why: the rank in each half, and the two together."""
    if not hits:
        return "<p class='lectern-note'>Nothing was found.</p>"
    rows = [
        [
            str(rank),
            f"<strong>{html.escape(h.chunk.title or h.chunk.path)}</strong><br><small>{html.escape(h.chunk.path)}, "
            f"{html.escape(str(h.chunk.locator))}</small>{_passage(h.chunk)}",
            _rank(h.dense_rank),
            _rank(h.lexical_rank),
            f"{h.cosine:.2f}",
            f"{h.score:.3f}",
        ]
        for rank, h in enumerate(hits, start=1)
    ]
    head = ("Rank", "Passage", "By meaning", "By words", "Cosine", "Together")
    return table("What retrieval finds, and why", head, rows)


def certificate_html(went: Certificate, what: str) -> str:
    """Give the proof of a removal."""
    sound = went.nothing_left
    left = f"{went.chunks_left} chunks, {went.vectors_left} vectors, {went.files_left} files left"
    note = "" if went.files else " Files outside Lectern stay where they are."
    went_away = (
        f"{went.documents:,} documents with {went.chunks:,} chunks, {went.vectors:,} vectors and {went.files:,} "
        f"uploaded files went; {left}.{note}"
    )
    kind = "done" if sound else "failed"
    return f"<p role='status' class='lectern-{kind}'><strong>Removed {html.escape(what)}.</strong> {went_away}</p>"


def _passage(chunk: Chunk) -> str:
    """Give the beginning of a chunk; code keeps its lines, as fenced code and lists in a text do."""
    said = _cut(chunk.text)
    if chunk.kind in CODE:
        return f"<div class='lectern-passage'><pre class='lectern-code' tabindex='0'>{html.escape(said)}</pre></div>"
    return f"<div class='lectern-passage'>{passage_html(said, [])}</div>"


def _rank(rank: int | None) -> str:
    return "not found" if rank is None else str(rank)


def _cut(text: Any) -> str:
    said = str(text)
    return said if len(said) <= SHOWN_CHARACTERS else said[:SHOWN_CHARACTERS].rsplit(" ", 1)[0] + " …"
