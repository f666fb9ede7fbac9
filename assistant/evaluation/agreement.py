"""How far two reviewers agree beyond chance: Cohen's kappa (Cohen 1960) over the turns that both have judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two reviewers on the turns that both judged; `kappa` is None where chance alone would agree on all."""

    reviewers: tuple[str, str]
    turns: int
    same: int
    kappa: float | None


def agreements(reviews: Iterable[Mapping[str, Any]]) -> list[Agreement]:
    """Give each pair of reviewers who judged the same turns; of a reviewer's verdicts on a turn the last counts.

    `reviews` are rows with `trace_id`, `reviewer` and `verdict`, oldest first.
    """
    verdicts: dict[str, dict[str, str]] = {}
    for row in reviews:
        if row["verdict"]:
            verdicts.setdefault(row["reviewer"], {})[row["trace_id"]] = row["verdict"]
    found = []
    for one, other in combinations(sorted(verdicts), 2):
        both = sorted(verdicts[one].keys() & verdicts[other].keys())
        if both:
            pairs = [(verdicts[one][t], verdicts[other][t]) for t in both]
            found.append(Agreement((one, other), len(pairs), sum(a == b for a, b in pairs), kappa(pairs)))
    return found


def kappa(pairs: list[tuple[str, str]]) -> float | None:
    """Give Cohen's kappa of pairs of verdicts, -1 to 1; None where it is not defined."""
    count = len(pairs)
    if not count:
        return None
    left, right = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    chance = sum(left[v] * right[v] for v in left) / count**2
    observed = sum(a == b for a, b in pairs) / count
    return None if chance >= 1 else (observed - chance) / (1 - chance)
