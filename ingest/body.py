"""Reads the body of an answer within limits: bytes, decompressed bytes, ratio. Opens no connection.

Only gzip is asked for and only gzip is decoded, in steps of bounded output (zlib's max_length): a decoder that is not
there cannot be abused, and brotli's and zstandard's give gigabytes for one packet.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from index_store.errors import FetchFailed, FetchRefused
from ingest.connections import Reply

ACCEPT_ENCODING = "gzip"
_STEP = 256 * 1024  # bytes that one call of the decoder may give
_RATIO_FROM = 1024 * 1024  # bytes; below this a high ratio harms nobody


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """The most bytes of a decoded body, and the most decoded bytes for one byte of the wire."""

    max_bytes: int
    max_ratio: float


def read_body(reply: Reply, shown: str, limits: BodyLimits, *, cut: bool = False) -> bytes:
    """Give the decoded body; with `cut`, its first `max_bytes` bytes where it is longer.

    `shown` is the address for messages.

    Raises:
        FetchRefused: when it is encoded in a way that was not asked for.
        FetchFailed: when it is longer than the limit, a decompression bomb, or cut off.
    """
    encoding = reply.headers.get("content-encoding", "").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise FetchRefused(
            f"{shown}: not fetched, because its content is encoded as {_word(encoding)}, which was not asked for.",
            hint="Open it in a browser, save it as a file and ingest the file.",
        )
    declared = reply.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared[:18]) > limits.max_bytes and not cut:
        raise _too_long(shown, limits)
    pieces = _gunzip(reply.body, shown, limits) if encoding.endswith("gzip") else reply.body
    data = bytearray()
    for piece in pieces:
        data += piece
        if len(data) > limits.max_bytes:
            if cut:
                return bytes(data[: limits.max_bytes])
            raise _too_long(shown, limits)
    return bytes(data)


def _gunzip(body: Iterator[bytes], shown: str, limits: BodyLimits) -> Iterator[bytes]:
    """Decode gzip, of several members too (RFC 1952, 2.2); what follows the last one and is no gzip is left out."""
    decoder, began, read, given = _decoder(), False, 0, 0
    for piece in body:
        read += len(piece)
        while piece:
            if decoder.eof:
                if not piece.startswith(b"\x1f"):
                    return
                decoder = _decoder()
            output = _decode(decoder, piece, shown)
            began, given = True, given + len(output)
            _check_ratio(given, read, shown, limits)
            yield output
            piece = decoder.unused_data if decoder.eof else decoder.unconsumed_tail
    while began and not decoder.eof:  # the end of what the decoder holds back where a step was full
        output = _decode(decoder, b"", shown)
        if not output:
            raise _broken(shown)
        yield output


def _decoder() -> zlib._Decompress:
    return zlib.decompressobj(zlib.MAX_WBITS | 16)


def _decode(decoder: zlib._Decompress, piece: bytes, shown: str) -> bytes:
    try:
        return decoder.decompress(piece, _STEP)
    except zlib.error as exc:
        raise _broken(shown) from exc


def _check_ratio(given: int, read: int, shown: str, limits: BodyLimits) -> None:
    if given > _RATIO_FROM and given > limits.max_ratio * read:
        raise FetchFailed(
            f"{shown}: not fetched, because it unpacks to over {limits.max_ratio:g} times its size, "
            "as a decompression bomb does.",
            hint="If you trust the site, save the page as a file and ingest the file.",
        )


def _too_long(shown: str, limits: BodyLimits) -> FetchFailed:
    return FetchFailed(
        f"{shown}: not fetched, because it is longer than {limits.max_bytes / 1e6:g} MB.",
        hint="Save it as a file and ingest the file, or raise the limit.",
    )


def _broken(shown: str) -> FetchFailed:
    return FetchFailed(
        f"{shown}: its gzip encoding is broken or cut off.",
        hint="Try again later, or save the page as a file and ingest the file.",
    )


def _word(text: str) -> str:
    return "".join(character for character in text if character.isprintable())[:40]
