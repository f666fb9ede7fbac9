"""What ingestion is told once, frozen: where the home lies and what is too much. Reads no environment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

SKIPPED_FOLDERS = frozenset({"__pycache__", "node_modules", "site-packages", "__MACOSX"})


@dataclass(frozen=True, slots=True)
class IngestSettings:
    """Limits and places of ingestion."""

    home: Path
    max_file_bytes: int = 500_000_000
    batch_chunks: int = 256  # chunks that are embedded and written together
    window_tokens: int = 128
