"""Reads PDF by page, through pypdfium2 (Google's PDFium; BSD and Apache). Recognises no text in pictures."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Sequence

from index_store.errors import UnreadableFile
from index_store.locators import Locator
from ingest.document import Block, Document
from ingest.readers.outline import HEADINGS
from ingest.readers.page_counts import FEWEST_PAGES, counting
from ingest.readers.text import file_title, visible

_BULLET = re.compile(r"\s*(?:[•▪●◦‣–○■□➢✓*-]|\d{1,2}[.)])\s*")
_HYPHENATED = re.compile(r"(?<=[a-z])-\n(?=[a-z])")
_LIGATURES = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "\u00ad": "", "\ufffe": "-", "\x02": "-"}
)
PDFIUM = threading.Lock()
"""PDFium is not made for threads: whoever calls it, anywhere in the process, holds this, for no more than a page."""
REPEATED = 0.6  # a first or last line that stands on this share of the pages is a header or footer


def read(data: bytes, name: str) -> Document:
    """Read a PDF; each page's first line stands in the heading path of its blocks.

    Raises:
        UnreadableFile: when it is broken, encrypted, or holds pictures alone.
    """
    texts = [text.translate(_LIGATURES) for text in _pages(data, name)]
    pages = [_lines(text) for text in texts]
    if not any(pages):
        raise UnreadableFile(
            f"{name} has {len(pages)} pages and no text: it is probably scanned.",
            hint="Run a text recognition over it (for example: ocrmypdf IN.pdf OUT.pdf), then ingest the result.",
        )
    dropped: Counter[str] = Counter()
    read_characters = sum(map(visible, texts))
    dropped["hyphens at line ends"] = read_characters - sum(visible(line) for page in pages for line in page)
    blocks: list[Block] = []
    for number, (lines, kept) in enumerate(zip(pages, _bodies(pages), strict=True), start=1):
        dropped["headers and footers"] += sum(map(visible, lines)) - sum(map(visible, kept))
        found = _page_blocks(kept, number)
        dropped[HEADINGS] += sum(map(visible, kept)) - sum(visible(block.text) for block in found)
        blocks += found
    return Document(file_title(name), tuple(blocks), read_characters, dict(+dropped))


def _pages(data: bytes, name: str) -> list[str]:
    import pypdfium2

    try:
        with PDFIUM:
            pdf = pypdfium2.PdfDocument(data)
            count = len(pdf)
    except pypdfium2.PdfiumError as exc:
        locked = "password" in str(exc).lower()
        said = str(exc).rstrip(".")
        reason = "is encrypted with a password" if locked else f"is no PDF that can be read: {said}"
        hint = "Save a copy without the password." if locked else "Open it in a viewer and print it to a new PDF."
        raise UnreadableFile(f"{name} {reason}.", hint=hint) from exc
    try:
        texts = []
        for number in range(count):
            with PDFIUM:
                page = pdf[number]
                text_page = page.get_textpage()
                texts.append(str(text_page.get_text_bounded()))
                text_page.close()
                page.close()
        return texts
    except pypdfium2.PdfiumError as exc:
        raise UnreadableFile(
            f"{name} is damaged: {exc}.", hint="Open it in a viewer and print it to a new PDF."
        ) from exc
    finally:
        with PDFIUM:
            pdf.close()


def _lines(text: str) -> list[str]:
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return [" ".join(line.split()) for line in _HYPHENATED.sub("", plain).split("\n") if line.strip()]


def _bodies(pages: Sequence[Sequence[str]]) -> list[list[str]]:
    """Take headers and footers off, those of two lines too: what stands on most pages, and what counts them."""
    bodies = [list(page) for page in pages]
    for _ in range(2):
        repeated = _repeated(bodies)
        bodies = [[line for line in page if line not in repeated] for page in bodies]
        for place in (0, -1):
            for number in counting(bodies, place):
                bodies[number].pop(place)
    return bodies


def _repeated(pages: Sequence[Sequence[str]]) -> frozenset[str]:
    """Find lines that stand first or last on most pages."""
    if len(pages) < FEWEST_PAGES:
        return frozenset()
    counts = Counter(line for page in pages for line in {*page[:1], *page[-1:]})
    return frozenset(line for line, count in counts.items() if count >= REPEATED * len(pages))


def _page_blocks(lines: Sequence[str], number: int) -> list[Block]:
    """Give a page as one block under its first line; bullets keep their lines, running text is joined."""
    if not lines:
        return []
    slide = len(lines[0]) < 80 and not lines[0].endswith((".", ",", ";"))
    title = (lines[0],) if slide else ()
    body = _joined(lines[1:] if slide and len(lines) > 1 else lines)
    return [Block(body, Locator(page=number, headings=title), "prose")] if body else []


def _joined(lines: Sequence[str]) -> str:
    """Join lines that run on into paragraphs; short lines and bullets stay by themselves."""
    out: list[str] = []
    for line in lines:
        runs_on = out and len(out[-1].rsplit("\n", 1)[-1]) > 50 and not out[-1].endswith((".", ":", "!", "?"))
        if runs_on and not _BULLET.match(line) and (line[:1].islower() or len(line) > 60):
            out[-1] += f" {line}"
        else:
            out.append(line)
    return "\n".join(out)
