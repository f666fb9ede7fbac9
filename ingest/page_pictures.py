"""Draws a page of a PDF with quotes marked on it, for a reader who wants to see where a sentence stands."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from index_store.errors import UnreadableFile
from ingest.quote_places import quote_places
from ingest.readers.pdf import PDFIUM

WIDEST_PIXELS = 1_400
LARGEST_SCALE = 2.0
MARK = (255, 214, 64)
BUSY_S = 0.5
"""So long who wants to know waits for PDFium, as while a document is read; a picture waits for as long as it takes."""
Box = tuple[float, float, float, float]
Read = TypeVar("Read")


def page_picture(data: bytes, name: str, page: int, quotes: Sequence[str] = ()) -> bytes:
    """Give a page, counted from 1, as a PNG with the quotes marked.

    Raises:
        UnreadableFile: when it is no PDF that can be read, or has no such page.
    """
    return _of_page(data, name, page, lambda opened: _drawn(opened, quotes))


def quotes_on_page(data: bytes, name: str, page: int, quotes: Sequence[str]) -> list[str] | None:
    """Give those of the quotes that the picture of a page would have marked; None where PDFium is long in use.

    Raises:
        UnreadableFile: when it is no PDF that can be read, or has no such page.
    """

    def found(opened: Any) -> list[str]:
        return [quote for quote in quotes if quote_boxes(opened, [quote])]

    try:
        return _of_page(data, name, page, found, BUSY_S)
    except _InUse:
        return None


class _InUse(Exception):
    """PDFium did not get free in time."""


@contextmanager
def _pdfium(wait_s: float) -> Iterator[None]:
    if not PDFIUM.acquire(timeout=wait_s):
        raise _InUse
    try:
        yield
    finally:
        PDFIUM.release()


def _of_page(data: bytes, name: str, page: int, read: Callable[[Any], Read], wait_s: float = -1) -> Read:
    import pypdfium2

    with _pdfium(wait_s):
        try:
            pdf = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as exc:
            raise UnreadableFile(f"{name} cannot be shown: {exc}.", hint="Open the file itself.") from exc
        try:
            if not 1 <= page <= len(pdf):
                raise UnreadableFile(f"{name} has no page {page}.", hint="Ingest it again: it has changed.")
            return read(pdf[page - 1])
        except pypdfium2.PdfiumError as exc:
            raise UnreadableFile(f"{name} cannot be shown: {exc}.", hint="Open the file itself.") from exc
        finally:
            pdf.close()


def _drawn(page: Any, quotes: Sequence[str]) -> bytes:
    from PIL import Image, ImageChops, ImageDraw

    width, height = page.get_size()
    scale = min(LARGEST_SCALE, WIDEST_PIXELS / max(width, 1.0))
    picture = page.render(scale=scale).to_pil().convert("RGB")
    marks = Image.new("RGB", picture.size, "white")
    draw = ImageDraw.Draw(marks)
    for left, bottom, right, top in quote_boxes(page, quotes):
        draw.rectangle((left * scale, (height - top) * scale, right * scale, (height - bottom) * scale), fill=MARK)
    out = io.BytesIO()
    ImageChops.multiply(picture, marks).save(out, "PNG")
    return out.getvalue()


def quote_boxes(page: Any, quotes: Sequence[str]) -> list[Box]:
    """Give a box (left, bottom, right, top; in points) for each line of each quote that stands on the page."""
    text_page = page.get_textpage()
    try:
        text = text_page.get_text_range()
        boxes: list[Box] = []
        for quote in quotes:
            boxes += _lines(text_page.get_charbox(n) for n in quote_places(text, quote))
        return boxes
    finally:
        text_page.close()


def _lines(characters: Iterator[Box]) -> list[Box]:
    """Join the boxes of characters that stand on one line."""
    lines: list[Box] = []
    for left, bottom, right, top in characters:
        if lines and bottom < lines[-1][3] and top > lines[-1][1] and left >= lines[-1][0]:
            last = lines[-1]
            lines[-1] = (last[0], min(bottom, last[1]), max(right, last[2]), max(top, last[3]))
        else:
            lines.append((left, bottom, right, top))
    return lines
