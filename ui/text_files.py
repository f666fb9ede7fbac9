"""Text that a command reads: a file, or standard input for -, as UTF-8, UTF-16 or an older encoding. Parses nothing."""

from __future__ import annotations

import codecs
import io
import sys
from pathlib import Path
from typing import Any, TextIO, cast

import click

from index_store.errors import InvalidInput, UnreadableFile

_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class TextFile(click.ParamType[TextIO]):
    """A file that is read as text; standard input is read line by line, as it comes."""

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> TextIO:
        """Open what was named.

        Raises:
            InvalidInput: when its bytes are no text.
        """
        if not isinstance(value, str):
            return cast(TextIO, value)
        if value == "-":
            return standard_input()
        try:
            data = Path(value).read_bytes()
        except (OSError, ValueError) as exc:
            self.fail(f"{value!r}: {getattr(exc, 'strerror', None) or exc}.", param, ctx)
        text = io.StringIO(text_of(data, Path(value).name))
        text.name = value  # as files have it
        return text


def standard_input() -> TextIO:
    """Give standard input as text.

    Raises:
        InvalidInput: when its bytes are no text.
    """
    raw = getattr(sys.stdin, "buffer", None)
    if isinstance(raw, io.BufferedReader) and raw.peek(2)[:2] in _WIDE:
        return io.StringIO(text_of(raw.read(), "Standard input"))
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8-sig", errors="replace")
    return sys.stdin


def text_of(data: bytes, name: str) -> str:
    """Decode UTF-8 and, where it is none, whatever ingestion reads.

    Raises:
        InvalidInput: when it is no text.
    """
    if b"\0" not in data:
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError:
            pass
    from ingest.readers.text import decode  # slow to import, and seldom needed

    try:
        return decode(data, name).text
    except UnreadableFile as exc:
        raise InvalidInput(exc.message, hint="Save it again as UTF-8 text.") from exc
