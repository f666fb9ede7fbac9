"""Says in words what two cells of a comparison show: which is better, or how many rows it would take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assistant.evaluation.statistics import ALPHA, Difference, Pairs

MAIN = "F1"
UNCLEAR = ALPHA
SAME = 1e-9
MOST_ROWS = 10_000
"""What it would take more of is no difference that anybody will see."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Two cells against each other, in numbers and in words; the p values are corrected for all `many` pairs (Holm)."""

    first: str
    second: str
    difference: Difference
    pairs: Pairs
    p: float  # of the difference in the figure that ranks
    pairs_p: float  # of McNemar's test
    many: int = 1

    @property
    def is_clear(self) -> bool:
        """Whether the difference stands out, also among so many."""
        return self.difference.is_clear and self.p < UNCLEAR

    @property
    def is_same(self) -> bool:
        """Whether there is no difference at all on these rows."""
        return abs(self.difference.value) < SAME and self.pairs.only_first == self.pairs.only_second == 0

    @property
    def words(self) -> str:
        """Say what can be told."""
        return self.words_as({})

    @property
    def test(self) -> str:
        """Say what McNemar's test makes of the rows that only one of them got wholly right."""
        return self.test_as({})

    def words_as(self, called: Mapping[str, str]) -> str:
        """Say what can be told, with cells called so."""
        better, worse = self._ordered(called)
        if self.is_clear:
            return f"{better} is better than {worse}: {MAIN} {abs(self.difference.value):.3f} more ({self._shown})."
        return f"Not enough data to tell {better} from {worse}: {self.brief_as(called)}"

    def brief_as(self, called: Mapping[str, str]) -> str:
        """Say in short what cannot be told, with cells called so."""
        better, worse = self._ordered(called)
        value = abs(self.difference.value)
        told = "the same" if value < SAME else f"{value:.3f} more"
        return f"{better} against {worse}: {MAIN} {told} here ({self._shown}); {self._needed}"

    def _ordered(self, called: Mapping[str, str]) -> tuple[str, str]:
        """Give the names of both, the one with more of the figure first."""
        first, second = (called.get(name, name) for name in (self.first, self.second))
        return (second, first) if self.difference.value > 0 else (first, second)

    @property
    def _shown(self) -> str:
        """Show interval and p value, seen from the better one."""
        d = self.difference
        low, high = (d.low, d.high) if d.value > 0 else (-d.high, -d.low)
        alone = " of this pair alone" if self.many > 1 else ""
        return f"95 % interval{alone} {low + 0.0:.3f} to {high + 0.0:.3f}, n={d.n}, {_p_value(d.p, self.p, self.many)}"

    @property
    def _needed(self) -> str:
        """Say how many rows it would take."""
        d = self.difference
        needed = d.rows_needed(self.many)
        if needed is None:
            return f"on these {d.n} rows both are alike."
        if needed <= d.n:  # these rows would do by the formula, and did not: it is off for so few
            needed = max(needed, self.pairs.rows_needed(self.many) or 0)
        among = f", among {self.many} pairs" if self.many > 1 else ""
        return f"it would take {_about(needed, d.n)} rows of this kind to see such a difference{among}."

    def test_as(self, called: Mapping[str, str]) -> str:
        """Say what McNemar's test makes of them, with cells called so."""
        p = self.pairs
        first, second = (called.get(name, name) for name in (self.first, self.second))
        apart = f"only {first} {p.only_first}, only {second} {p.only_second}"
        needed = p.rows_needed(self.many) if self.pairs_p >= UNCLEAR else None
        more = "" if needed is None else f"; it would take {_about(needed, p.n)} rows to see that"
        return f"wholly right: {apart}; McNemar {_p_value(p.p, self.pairs_p, self.many)}{more}"


def _about(needed: int, n: int) -> str:
    """Say about how many rows, more than there are."""
    return f"about {_rounded(max(needed, n + 1)):,}" if needed <= MOST_ROWS else f"more than {MOST_ROWS:,}"


def _p_value(alone: float, corrected: float, many: int) -> str:
    if many < 2:
        return f"p {_shown(alone)}"
    return f"p {_shown(alone)}, corrected for {many} pairs {_shown(corrected)}"


def _shown(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"= {p:.3f}"


def _rounded(rows: int) -> int:
    """Round up to two digits: such a number is an estimate.

    >>> _rounded(281), _rounded(13)
    (290, 13)
    """
    step: int = 10 ** max(0, len(str(rows)) - 2)
    return -(-rows // step) * step
