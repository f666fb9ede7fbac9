"""Which passages are worth a look under a refusal: the nearest ones, as far as they are near. Shows nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # slow to import
    from index_store.chunks import Hit

NEAR = 0.3
"""Cosine: of the first three passages for 14 questions that have nothing to do with the sample course 1 of 42 is above
it, for 14 that its lessons come near to without an answer 32 of 42 (MiniLM)."""
MOST = 3


def worth_a_look(hits: Sequence[Hit]) -> list[Hit]:
    """Give the nearest passages, best first, without those that are near to nothing that was asked."""
    return [hit for hit in hits if hit.cosine >= NEAR][:MOST]
