"""What ingestion says while it runs and at its end: typed events, and a receipt for each file. Renders nothing."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Status = Literal["done", "unchanged", "failed", "skipped", "removed", "cancelled", "not read"]
Stage = Literal["queued", "read", "split", "embedded", "indexed", "verified"]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one file: the stage in which it ended, and the reason in words where that is not the last one."""

    source: str
    path: str
    status: Status
    stage: Stage = "queued"
    reason: str = ""
    hint: str = ""
    chunks: int = 0
    embedded: int = 0  # vectors that were computed; the others were known
    characters_read: int = 0
    characters_kept: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    duplicate_of: str = ""  # another document with the same content
    seconds: float = 0.0
    earlier: str = ""  # when the version before it came in, in UTC: it is replaced, or stays where this one failed

    def row(self) -> dict[str, Any]:
        """Give the receipt as a JSON object."""
        return {**asdict(self), "notes": list(self.notes)}


@dataclass(frozen=True, slots=True)
class Scanned:
    """How much there is to do."""

    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is: files finished, bytes read and embedded, chunks embedded, and what is at work now.

    While chunks are embedded, `at` of `of` are, for the files that are written together; `path` is the last of them.
    """

    path: str
    stage: Stage
    files: int
    bytes: int
    chunks: int
    at: int = 0
    of: int = 0


@dataclass(frozen=True, slots=True)
class Finished:
    """The end: receipts by status, chunks in the library, seconds; `gone` counts documents that are no longer there.

    `outdated` counts those in the library that were read by other rules than today's.
    """

    counts: dict[str, int]
    chunks: int
    embedded: int
    seconds: float
    gone: int = 0
    outdated: int = 0


IngestEvent = Scanned | Progress | Receipt | Finished
