"""What the library knows of a source from before: what is gone from it, which version is replaced, what is the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ingest.ledger import Known
from ingest.sources import Item, Source


def no_longer_there(source: Source, items: Sequence[Item], known: Mapping[str, Known]) -> list[Known]:
    """Give the documents that a folder no longer holds; none where nothing at all was found in it."""
    there = {item.path for item in items if not item.refused}
    if not there or source.kind != "folder":  # an address that answered is there, wherever it led
        return []
    below = f"{source.below}/" if source.below else ""
    unseen = tuple(f"{item.path}/" for item in items if item.refused)  # among them folders that cannot be read
    return [
        document
        for path, document in known.items()
        if path not in there and not path.startswith(unseen) and (path == source.below or path.startswith(below))
    ]


def named(document: tuple[str, str] | None, source: str) -> str:
    """Name a document to somebody who looks at a source: by its path, or with its folder where that is another one."""
    if document is None:
        return ""
    other, path = document
    return path if other in (source, path) else f"{other}/{path}"


def version_before(known: Known | None, digest: str = "") -> str:
    """Tell when the version came in that can be answered from; of the same content it is no other version."""
    before = read_before(known)
    return before.at if before is not None and before.hash != digest else ""


def read_before(known: Known | None) -> Known | None:
    """Give the version that can be answered from."""
    return known if known is not None and known.is_read else None
