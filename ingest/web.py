"""A web page as material for the readers: its bytes, the suffix of its reader, and the address it is cited by."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from index_store.errors import UnreadableFile
from ingest.document import Document
from ingest.fetch import Fetcher, Page
from ingest.media_types import suffix_of
from ingest.readers import read_document
from ingest.readers.text import file_title

__all__ = ["Material", "material_of", "page_material", "read_material"]

_BY_HAND = "Open it in a browser, save it in one of the formats that Lectern reads, and ingest the file."
_TEXTS = frozenset({".html", ".htm", ".txt", ".md", ".markdown", ".mdx", ".csv", ".tsv", ".vtt", ".srt", ".py"})
# Encodings of the web (https://encoding.spec.whatwg.org); Python knows more, some of which are slow or no encodings.
_CHARSET = re.compile(
    r"utf-?16(?:-?[lb]e)?|utf-?32(?:-?[lb]e)?|iso[-_]?8859-\d{1,2}|latin-?\d{1,2}|windows-\d{3,4}|cp\d{3,4}|koi8-[ru]"
    r"|macintosh|shift[-_]?jis|sjis|euc-(?:jp|kr)|gb2312|gbk|gb18030|big5(?:-hkscs)?"
)
_SIGNED = re.compile(
    r"(?:.*[-_.])?(?:token|sig|signature|key|apikey|secret|password|passwd|pwd|auth|session|sessionid|sid|jwt"
    r"|credential|credentials|code)|x-(?:amz|goog|ms)-.*|awsaccesskeyid",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Material:
    """Something fetched that a reader can read: `path` is the address it is cited by, `suffix` says which reader."""

    path: str
    suffix: str
    data: bytes
    fetched_at: str  # ISO 8601, UTC


def page_material(fetcher: Fetcher, url: str) -> Material:
    """Fetch a page and make it ready for its reader.

    Raises:
        FetchRefused: when the address may not be fetched.
        FetchFailed: when it could not be fetched.
        UnreadableFile: when no reader reads what came.
    """
    return material_of(fetcher.fetch(url))


def material_of(page: Page) -> Material:
    """Find the reader for a page; text in an encoding that only the server named becomes UTF-8.

    Raises:
        UnreadableFile: when no reader reads it.
    """
    path = _citable(page)
    suffix = _suffix(page, path)
    data = _utf8(page.data, page.charset) if suffix in _TEXTS else page.data
    return Material(path, suffix, data, page.fetched_at)


def read_material(material: Material) -> Document:
    """Read material; a document without a title of its own is named after its address.

    Raises:
        UnreadableFile: when it is empty, broken or without text.
    """
    document = read_document(material.data, material.path, suffix=material.suffix)
    if document.title != file_title(material.path):
        return document
    parts = urlsplit(material.path)
    last = unquote(parts.path.rstrip("/").rpartition("/")[2])
    return replace(document, title=file_title(last) if last else parts.netloc)


def _suffix(page: Page, path: str) -> str:
    if page.data.startswith(b"%PDF-"):
        return ".pdf"
    suffix = suffix_of(page.content_type, urlsplit(page.url).path)
    if suffix is None:
        kind = page.content_type or "of a type that the server does not say"
        raise UnreadableFile(f"{path}: it is {kind}, which no reader reads.", hint=_BY_HAND)
    if page.content_type == "application/json" and b'"nbformat"' not in page.data:
        raise UnreadableFile(f"{path}: it is JSON, but no notebook.", hint=_BY_HAND)
    return suffix


def _utf8(data: bytes, charset: str) -> bytes:
    """Re-encode text as its server says, unless it is UTF-8 already, as it mostly is under a server's default."""
    if not _CHARSET.fullmatch(charset):
        return data
    wide = charset.startswith(("utf-16", "utf16", "utf-32", "utf32"))
    try:
        if not wide:
            data.decode("utf-8")
            return data
    except UnicodeDecodeError:
        pass
    try:
        return data.decode(codecs.lookup(charset).name).encode("utf-8")
    except (LookupError, UnicodeError):
        return data  # the reader finds out, and says so


def _citable(page: Page) -> str:
    """Give the address to cite: where the redirects ended, unless that address is signed for a few minutes.

    Such an address holds a key and leads nowhere tomorrow; then it is the one that was asked for, without keys too.
    """
    if not _signed(page.url):
        return page.url
    if not _signed(page.requested):
        return page.requested
    base, _, query = page.requested.partition("?")
    kept = [(name, value) for name, value in _pairs(query) if not _SIGNED.fullmatch(name)]
    return f"{base}?{urlencode(kept)}" if kept else base


def _signed(url: str) -> bool:
    return any(_SIGNED.fullmatch(name) for name, _ in _pairs(url.partition("?")[2]))


def _pairs(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query, keep_blank_values=True)
