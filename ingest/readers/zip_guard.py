"""Looks into an office file before it is unpacked: what would grow beyond all measure is refused."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from index_store.errors import UnreadableFile

MOST_BYTES = 300_000_000
HIGHEST_RATIO = 200
SMALL_BYTES = 10_000_000  # below this a high ratio does no harm
# What the office libraries raise over damaged files beside errors of their own: they check little of what they read.
_FAULTS: tuple[type[Exception], ...] = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, SyntaxError),
    *(ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def check_zip(data: bytes, name: str, program: str) -> None:
    """Check that an office file is a zip of a sane size.

    Raises:
        UnreadableFile: when it is encrypted, an old format, broken, or a zip bomb.
    """
    if data.startswith(_OLE):
        raise UnreadableFile(
            f"{name} is encrypted or in the format of before 2007.", hint=f"Save it in {program} without a password."
        )
    with told_when_broken(name, program), zipfile.ZipFile(io.BytesIO(data)) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
    if size > MOST_BYTES or (size > SMALL_BYTES and size > HIGHEST_RATIO * len(data)):
        raise UnreadableFile(
            f"{name} would unpack to {size:,} bytes from {len(data):,}: it is refused as a zip bomb.",
            hint="If it is genuine, save it in parts.",
        )


@contextmanager
def told_when_broken(name: str, program: str, *own: type[Exception]) -> Iterator[None]:
    """Turn what a library raises over a damaged office file, errors of its `own` too, into words.

    Raises:
        UnreadableFile: naming the file and the program that may mend it.
    """
    try:
        yield
    except (*_FAULTS, *own) as exc:
        reason = " ".join(str(exc).split()) or type(exc).__name__
        raise UnreadableFile(
            f"{name} is broken: {reason[:200]}.", hint=f"Open it in {program} and save it again."
        ) from exc
