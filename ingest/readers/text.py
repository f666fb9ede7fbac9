"""Bytes to text for the formats that are text: finds the encoding, tells it apart from binary data. Drops nothing."""

from __future__ import annotations

import codecs
import re
from pathlib import PurePosixPath
from typing import NamedTuple

from index_store.errors import UnreadableFile
from ingest.document import visible

__all__ = ["Decoded", "decode", "file_title", "visible"]

_MARKS = (  # the longer ones first: UTF-32 LE starts with the mark of UTF-16 LE
    (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32-be", "UTF-32"),
    (codecs.BOM_UTF8, "utf-8", ""),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16"),
)
_KNOWN_STARTS = (
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a zip archive (docx, pptx, xlsx ...)"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"\x7fELF", "a program"),
)
_CONTROLS = re.compile("[\x00-\x06\x0e-\x1a\x1c-\x1f]")  # the rest stands in real texts: tab, bell, form feed, escape
_SAMPLE = 4096


class Decoded(NamedTuple):
    """A text with "\\n" as its only line end, and what the user should know of how it was read."""

    text: str
    notes: tuple[str, ...] = ()


def decode(data: bytes, name: str) -> Decoded:
    """Decode UTF-8 (with or without a mark), UTF-16 and UTF-32, else Windows-1252 or Latin-1.

    Raises:
        UnreadableFile: when the bytes are no text.
    """
    decoded = _by_mark(data) or _by_zeros(data)
    if decoded is None:
        _refuse_binary(data, name)
        decoded = _utf8(data) or _single_bytes(data)
    text, notes = decoded
    if _is_binary(text):
        raise _binary(data, name)
    return Decoded(text.replace("\r\n", "\n").replace("\r", "\n"), notes)


def file_title(name: str) -> str:
    """Title of a document that has none of its own: its file name without folder and suffix."""
    path = PurePosixPath(name)
    return path.stem or path.name or name


def _by_mark(data: bytes) -> Decoded | None:
    for mark, encoding, label in _MARKS:
        if data.startswith(mark):
            body = data[len(mark) :]
            return _utf8(body) or _single_bytes(body) if encoding == "utf-8" else _wide(body, encoding, label)
    return None


def _by_zeros(data: bytes) -> Decoded | None:
    """Tell UTF-16 without a mark by its zero bytes: in Western text every other byte is one."""
    sample = data[:_SAMPLE]
    pairs = len(sample) // 2
    if pairs == 0:
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if odd > 0.4 * pairs and even < 0.05 * pairs:
        return _wide(data, "utf-16-le", "UTF-16 without a byte order mark")
    if even > 0.4 * pairs and odd < 0.05 * pairs:
        return _wide(data, "utf-16-be", "UTF-16 without a byte order mark")
    return None


def _wide(data: bytes, encoding: str, label: str) -> Decoded:
    text = data.decode(encoding, "replace")
    broken = text.count("\ufffd") - data.count("\ufffd".encode(encoding))
    notes = (f"read as {label}",)
    return Decoded(text, (*notes, f"{broken} broken characters are shown as \ufffd") if broken > 0 else notes)


def _utf8(data: bytes) -> Decoded | None:
    """Decode UTF-8; a text that is UTF-8 but for a few bytes stays so, and those are read as Windows-1252."""
    try:
        return Decoded(data.decode("utf-8"))
    except UnicodeDecodeError:
        text = data.decode("utf-8", "surrogateescape")
    stray = sum("\udc80" <= character <= "\udcff" for character in text)
    good = sum(character >= "\x80" for character in text) - stray
    if good <= stray:
        return None
    mended = re.sub("[\udc80-\udcff]", lambda found: _byte(ord(found[0]) - 0xDC00), text)
    return Decoded(mended, (f"{stray} bytes that are no UTF-8 were read as Windows-1252",))


def _byte(value: int) -> str:
    return _single_bytes(bytes([value])).text


def _single_bytes(data: bytes) -> Decoded:
    """Windows-1252 is Latin-1 but for 0x80-0x9f, where Latin-1 has only control characters."""
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        return Decoded(data.decode("latin-1"), ("read as Latin-1",))
    same = text == data.decode("latin-1")
    return Decoded(text, ("read as Latin-1" if same else "read as Windows-1252 (Latin-1)",))


def _refuse_binary(data: bytes, name: str) -> None:
    if b"\0" in data or any(data.startswith(start) for start, _ in _KNOWN_STARTS):
        raise _binary(data, name)


def _is_binary(text: str) -> bool:
    controls = len(_CONTROLS.findall(text))
    return "\0" in text or controls > 0.02 * len(text) + 2


def _binary(data: bytes, name: str) -> UnreadableFile:
    kind = next((label for start, label in _KNOWN_STARTS if data.startswith(start)), None)
    if kind is not None:
        reason = f"its content is {kind}, whatever its name says"
    elif b"\0" in data:
        reason = "it holds NUL bytes, so it is binary data or damaged"
    else:
        reason = "it is full of control characters, so it is binary data or damaged"
    return UnreadableFile(
        f"{name} is no text: {reason}.", hint="Give it the suffix of its real format, or save it again as UTF-8 text."
    )
