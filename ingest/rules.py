"""By which rules a document was read and split: it is read anew where today's give another text.

An index stays sound when a reader is mended, so that is no reason to refuse it, as another splitter is.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from index_store.manifest import Fingerprint
from ingest.ledger import Known
from ingest.readers import READERS

READER_VERSIONS = {"html": 3, "notebook": 2, "pdf": 2}
"""Module of a reader -> its version; 1 where it is not named. Raise it with each change that gives another text."""


def rules_of(fingerprint: Fingerprint, suffix: str) -> str:
    """Name the rules by which the reader of a suffix and the splitter make chunks today."""
    return _named(fingerprint, READERS.get(suffix.lower(), ""))


def is_current(known: Known, fingerprint: Fingerprint) -> bool:
    """Tell whether a document was read by today's rules.

    Before readers had versions the fingerprint alone was kept; the reader is then the one that the path names.
    """
    if known.splitter == str(fingerprint):
        return READER_VERSIONS.get(_reader_of(known), 1) == 1
    reader = known.splitter.removeprefix(f"{fingerprint}, ").partition(" ")[0]
    return known.splitter == _named(fingerprint, reader)


def outdated(documents: Iterable[Known], fingerprint: Fingerprint) -> list[Known]:
    """Give the documents that can be answered from, and would be read otherwise today."""
    return [d for d in documents if d.is_read and d.splitter and not is_current(d, fingerprint)]


def _named(fingerprint: Fingerprint, reader: str) -> str:
    return f"{fingerprint}, {reader} reader {READER_VERSIONS.get(reader, 1)}"


def _reader_of(known: Known) -> str:
    """Give the reader that a path names; an address that names none led to a page, as most do."""
    if known.source.startswith("arxiv:"):
        return "markdown"
    path = urlsplit(known.path).path if known.is_fetched else known.path
    return READERS.get(PurePosixPath(path).suffix.lower(), "html")
