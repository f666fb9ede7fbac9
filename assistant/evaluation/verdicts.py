"""Says in words what two cells of a comparison show: which is better, or how many rows it would take."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from assistant.evaluation.statistics import Difference, Pairs

MAIN = "F1"
UNCLEAR = 0.05
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
        d = self.difference
        first, second = (called.get(name, name) for name in (self.first, self.second))
        if self.is_clear:
            better, worse = (second, first) if d.value > 0 else (first, second)
            shown = f"{_span(d, better_first=True)}, n={d.n}, {self._p}"
            return f"{better} is better than {worse}: {MAIN} {abs(d.value):.3f} more ({shown})."
        told = f"{MAIN} differs by {d.value:+.3f} ({_span(d)}, {self._p})"
        return f"Not enough data to tell {first} from {second}: {told}; {self._needed}"

    def brief_as(self, called: Mapping[str, str]) -> str:
        """Say in short what cannot be told, with cells called so."""
        d = self.difference
        first, second = (called.get(name, name) for name in (self.first, self.second))
        return (
            f"{first} from {second}: {MAIN} {d.value:+.3f} ({d.low:+.3f} to {d.high:+.3f}, {self._p}); {self._needed}"
        )

    @property
    def _needed(self) -> str:
        """Say how many rows it would take."""
        d = self.difference
        needed = d.rows_needed
        if needed is None:
            return f"on these {d.n} rows both are alike."
        if needed <= d.n and d.p >= UNCLEAR:  # these rows would do by the formula, and did not: it is off for so few
            needed = max(needed, self.pairs.rows_needed or 0)
        if d.is_clear and d.p < 1:  # too few rows for the test, or too many pairs: p falls exponentially with the rows
            needed = math.ceil(d.n * math.log(UNCLEAR / self.many) / math.log(d.p))
        about = f"about {_rounded(max(needed, d.n + 1)):,}" if needed <= MOST_ROWS else f"more than {MOST_ROWS:,}"
        among = f" among {self.many} pairs" if d.is_clear and self.many > 1 else ""
        return f"it would take {about} rows of this kind to see such a difference{among}."

    @property
    def _p(self) -> str:
        return _p_value(self.p, self.many)

    def test_as(self, called: Mapping[str, str]) -> str:
        """Say what McNemar's test makes of them, with cells called so."""
        p = self.pairs
        first, second = (called.get(name, name) for name in (self.first, self.second))
        apart = f"only {first} {p.only_first}, only {second} {p.only_second}"
        needed = p.rows_needed if self.pairs_p >= UNCLEAR else None
        more = "" if needed is None else f", by themselves clear from about {_rounded(max(needed, p.n + 1)):,} rows"
        return f"wholly right: {apart}; McNemar {_p_value(self.pairs_p, self.many)}{more}"


def _p_value(p: float, many: int) -> str:
    shown = "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
    return shown if many < 2 else f"{shown} corrected for {many} pairs"


def _rounded(rows: int) -> int:
    """Round up to two digits: such a number is an estimate.

    >>> _rounded(281), _rounded(13)
    (290, 13)
    """
    step: int = 10 ** max(0, len(str(rows)) - 2)
    return -(-rows // step) * step


def _span(d: Difference, *, better_first: bool = False) -> str:
    low, high = sorted((abs(d.low), abs(d.high))) if better_first else (d.low, d.high)
    return f"95 % interval {low:.3f} to {high:.3f}"
