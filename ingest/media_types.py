"""Content types of the web and the suffixes of our readers: which may be fetched, and which reader reads what came.

A web server's word is taken for what it means by it: text/html is HTML whatever the address ends in (a site shows
`README.md` as a page), but text/plain and application/octet-stream are what servers say when they do not know.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import unquote

SUFFIX_OF: Mapping[str, str] = MappingProxyType(
    {
        "text/html": ".html",
        "application/xhtml+xml": ".html",
        "application/pdf": ".pdf",
        "application/x-pdf": ".pdf",
        "text/plain": ".txt",
        "text/markdown": ".md",
        "text/x-markdown": ".md",
        "text/mdx": ".mdx",
        "text/csv": ".csv",
        "application/csv": ".csv",
        "text/tab-separated-values": ".tsv",
        "text/vtt": ".vtt",
        "application/x-subrip": ".srt",
        "text/x-python": ".py",
        "text/x-script.python": ".py",
        "application/x-python-code": ".py",
        "application/x-ipynb+json": ".ipynb",
        "application/json": ".ipynb",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    }
)
"""Content type -> suffix of the reader for it."""
FEEDS = frozenset({"application/atom+xml", "application/xml", "text/xml"})
"""What APIs answer; no reader reads it."""
UNTOLD = frozenset(
    {"", "application/octet-stream", "binary/octet-stream", "application/zip", "application/force-download"}
)
"""What servers say when they do not know: the address has to tell."""
FETCHED = frozenset(SUFFIX_OF) | FEEDS
"""What may be fetched by default; what is in UNTOLD may too, where the address ends in a suffix that has a reader."""
ACCEPT = "text/html,application/xhtml+xml,application/pdf,text/markdown,text/plain;q=0.9,*/*;q=0.5"
_OF_ADDRESS = frozenset(SUFFIX_OF.values()) | {".htm", ".markdown"}
_TEXTS = frozenset({".md", ".markdown", ".mdx", ".csv", ".tsv", ".vtt", ".srt", ".py", ".ipynb"})


class ContentType(NamedTuple):
    """A Content-Type header, in lower case; both are empty where it does not say."""

    name: str
    charset: str


def content_type(header: str) -> ContentType:
    """Take a Content-Type header apart (RFC 9110, 8.3.1)."""
    name, *parameters = header.lower().split(";")
    charset = ""
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "charset" and not charset:
            charset = value.strip().strip("\"'")
    return ContentType(name.strip(), charset)


def suffix_of(name: str, path: str) -> str | None:
    """Give the suffix of the reader for a content type, as the path of the address helps to tell; None for none."""
    ending = PurePosixPath(unquote(path)).suffix.lower()
    if name in UNTOLD:
        return ending if ending in _OF_ADDRESS else None
    if name == "text/plain" and ending in _TEXTS:
        return ending
    if name == "text/markdown" and ending == ".mdx":
        return ending
    return SUFFIX_OF.get(name)
