"""The readers, one module per format, each loaded when a file of its format is first read. Opens no files itself.

To add a format: write `ingest/readers/<format>.py` with `def read(data: bytes, name: str) -> Document`, and name its
suffixes in READERS.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Protocol, cast

from index_store.errors import UnreadableFile
from ingest.document import Document

__all__ = ["READERS", "SUFFIXES", "Reader", "read_document"]

READERS: Mapping[str, str] = MappingProxyType(
    {
        ".md": "markdown",
        ".markdown": "markdown",
        ".mdx": "markdown",
        ".ipynb": "notebook",
        ".pdf": "pdf",
        ".txt": "plain",
        ".vtt": "subtitles",
        ".srt": "subtitles",
        ".html": "html",
        ".htm": "html",
        ".csv": "csv_table",
        ".tsv": "csv_table",
        ".docx": "docx",
        ".pptx": "pptx",
        ".py": "python_source",
    }
)
"""Suffix, in lower case and with its dot -> the module in this package that reads it."""
SUFFIXES = frozenset(READERS)


class Reader(Protocol):
    """Reads one format: the bytes of a file, and its name for titles and messages."""

    def __call__(self, data: bytes, name: str) -> Document:
        """Give the document.

        Raises:
            UnreadableFile: naming the file, the reason and the next step.
        """


def read_document(data: bytes, name: str, *, suffix: str | None = None) -> Document:
    """Read the bytes of a file with the reader of its suffix.

    `name` is the path relative to its source, with "/"; `suffix` says the format where the name does not end in it (a
    web address). A document that comes back has at least one block with text.

    Raises:
        UnreadableFile: when no reader knows the suffix, or the file is empty, broken or without text.
    """
    ending = (PurePosixPath(name).suffix if suffix is None else suffix).lower()
    if ending not in READERS:
        known = " ".join(sorted(READERS))
        raise UnreadableFile(
            f"{name}: there is no reader for {ending or 'a file without a suffix'}.",
            hint=f"Convert it to one of: {known}",
        )
    if not data.strip():
        raise UnreadableFile(f"{name} is empty.", hint="Fill it or remove it; the other files are not affected.")
    reader = cast(Reader, import_module(f"ingest.readers.{READERS[ending]}").read)
    document = reader(data, name)
    if not any(block.text.strip() for block in document.blocks):
        raise UnreadableFile(f"{name} holds no text.", hint="Look into the file: there is nothing in it to search.")
    return document
