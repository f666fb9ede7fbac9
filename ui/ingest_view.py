"""Shows an ingest: how far it is, how it ended, and what became of each file. Pure functions."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from pathlib import Path

from index_store.chunks import document_id
from ingest.receipts import Progress, Receipt, Scanned
from ui.library_commands import counted
from ui.library_view import UPLOAD_AGAIN, status_html, table, without_path
from ui.live_ingests import LiveIngest
from ui.page_errors import told_html
from ui.progress_view import bar_html, left, rate
from ui.removal import UPLOADS
from ui.times import time_html

MOST_RECEIPTS = 200
"""Rows for files on a page; the list of documents has all of them, a page at a time."""
ENDS = (".", "!", "?", "…", ":")
FIRST = ("failed", "cancelled", "not read")
DOES = {"queued": "reading", "embedded": "embedding", "indexed": "writing"}
_UPLOADED = re.compile(rf"/{UPLOADS}/[0-9a-f]{{12}}/")


def told_of(job: LiveIngest, sees_setup: bool) -> str:
    """Give how far an ingest is, or how it ended."""
    if job.over:
        return told_html(job.problem, sees_setup) if job.problem is not None else _ended(job)
    if job.stopping:
        return "<p role='status'>Cancelling: what is being written now is finished first …</p>"
    if job.waits:
        return "<p role='status'>It waits until another ingest is over …</p>"
    if job.scanned is None:
        return "<p role='status'>Looking at what there is …</p>"
    return _progress(job.scanned, job.step, job.seconds)


def _progress(scanned: Scanned, step: Progress | None, seconds: float) -> str:
    files = step.files if step else 0
    done = f"{files:,} of {counted(scanned.files, 'file')}"
    if step is None:
        return bar_html(0.0, "Done", done)
    share = step.bytes / scanned.bytes if scanned.bytes else files / max(scanned.files, 1)
    at_work = f"{DOES.get(step.stage, step.stage)} {step.path}" + (
        f", {step.at:,} of {counted(step.of, 'chunk')}" if step.of else ""
    )
    return bar_html(share, "Done", done, at_work, rate(step.chunks, seconds, "chunks"), left(share, seconds))


def _ended(job: LiveIngest) -> str:
    finished = job.finished
    if finished is None:
        count = len(job.left())
        what = f" {counted(count, 'file')} {'was' if count == 1 else 'were'} cancelled." if count else ""
        return f"<p role='status'>Cancelled. What was finished is kept.{what}</p>"
    counts = ", ".join(f"{count} {status}" for status, count in sorted(finished.counts.items())) or "nothing to do"
    return (
        f"<p role='status'>{html.escape(counts)}. {counted(finished.chunks, 'chunk')} in the library, "
        f"{finished.embedded:,} embedded now, {finished.seconds:.1f} s.</p>"
    )


def receipts_of(job: LiveIngest) -> str:
    """Give what became of each file so far; at its end, of those that were not read too."""
    unread = job.left() if job.over and job.finished is None else []
    return receipts_html([*job.receipts, *(_unread(job, name) for name in unread)])


def _unread(job: LiveIngest, name: str) -> Receipt:
    """Give a receipt for what an ingest ended before: its upload is not kept, for no list would have it."""
    said = "It was there before, and is as it was." if job.known else "It is not kept: choose it again to add it."
    return Receipt("", name, "cancelled" if job.stopping else "not read", reason=said)


def receipts_html(receipts: Sequence[Receipt]) -> str:
    """Give a line for each file: what became of it, and why; failures first."""
    if not receipts:
        return ""
    told = sorted((r for r in receipts if r.status != "skipped"), key=lambda r: (r.status not in FIRST, r.path))
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
    said = [without_path(receipt.reason, receipt.path), receipt.hint, *receipt.notes]
    if receipt.duplicate_of:
        said.append(f"has the same content as {twin_of(receipt.duplicate_of)}")
    upload = _UPLOADED.search(f"{Path(receipt.source).as_posix()}/") is not None
    if upload and receipt.status == "failed" and not receipt.earlier:
        said.append(UPLOAD_AGAIN)
    return [
        html.escape(receipt.path),
        status_html(receipt.status, document_id(receipt.source, receipt.path), not upload),
        f"{receipt.chunks:,}",
        " ".join(part for part in (_version(receipt), html.escape(sentences(*said))) if part),
    ]


def _version(receipt: Receipt) -> str:
    """Say what became of the version before."""
    if not receipt.earlier:
        return ""
    version = f"version of {time_html(receipt.earlier)}"
    return f"It replaces the {version}." if receipt.status == "done" else f"The {version} stays."


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
