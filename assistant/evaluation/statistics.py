"""Intervals and tests for figures over labelled rows: how sure a figure is, and whether two differ. Knows no metric.

A figure is a function of sums over rows (hits, true positives ...), so a resample of the rows is a vector of weights,
and all resamples of all figures are one matrix product. Percentile bootstrap: Efron and Tibshirani, "An Introduction
to the Bootstrap" (1993), chapter 13. A share of rows gets Wilson's interval (1927), which has a width also where all
rows are alike. Paired differences use the same resamples for both (Koehn 2004); their p value is by approximate
randomization (Noreen 1989, Yeh 2000). McNemar's test is the exact one on the pairs that differ (McNemar 1947), and the
rows it would take are by Connor (1987), with the correction for continuity that an exact test asks for. Many p values
get Holm's correction (1979).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Sums = Mapping[str, NDArray[np.float64]]
Measure = Callable[[Sums], NDArray[np.float64]]
"""A figure from sums: each array holds one sum for each resample, and so does the result."""

ROUNDS = 4_000
SWAPS = 10_000
AT_ONCE = 4_000_000
"""Numbers that are drawn at a time: the resamples of many rows would else fill the memory."""
_NOTHING = 1e-9
LEVEL = 0.95
SEED = 20_240_101
ALPHA, POWER = 0.05, 0.8
_Z_ALPHA, _Z_POWER = NormalDist().inv_cdf(1 - ALPHA / 2), NormalDist().inv_cdf(POWER)


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure over n rows with its 95 % interval."""

    name: str
    value: float
    low: float
    high: float
    n: int

    @property
    def has_no_spread(self) -> bool:
        """Whether every resample gives the same, for all rows are alike: the interval then says nothing."""
        return self.low == self.high

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f}, n={self.n})"


@dataclass(frozen=True, slots=True)
class Share:
    """A figure that is a share of rows: those that `column` counts, among all or among those that `base` counts."""

    column: str
    base: str = "n"

    def __call__(self, sums: Sums) -> NDArray[np.float64]:
        """Give the share for each sum."""
        return np.asarray(sums[self.column] / sums[self.base], dtype=np.float64)


NO_SPREAD = "All rows are alike there, so that resampling cannot show how sure it is; the figures that are shares can."
"""What is to be said of a figure whose interval has no spread."""
FEWEST_ROWS = 6
"""Rows from which a difference can be clear: of five, all one way, a sign test still gives p = 0.06."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How much two runs differ on the same rows: second minus first, with its 95 % interval; `p` of no difference."""

    value: float
    low: float
    high: float
    n: int
    p: float

    @property
    def is_clear(self) -> bool:
        """Whether, taken by itself, it is no chance: interval and test say so, and there are rows enough to say it.

        The percentile interval alone is too narrow for a dozen rows.
        """
        return self.n >= FEWEST_ROWS and (self.low > 0 or self.high < 0) and self.p < ALPHA

    def rows_needed(self, many: int = 1) -> int | None:
        """Give how many rows of this kind would show it four times in five among so many pairs; None: there is none.

        By the usual formula for a mean of paired differences, with the bootstrap's standard error for what n rows give.
        """
        if abs(self.value) < _NOTHING:
            return None
        error = (self.high - self.low) / (2 * _Z_ALPHA)
        return math.ceil(self.n * ((_z_alpha(many) + _Z_POWER) * error / self.value) ** 2)


@dataclass(frozen=True, slots=True)
class Pairs:
    """Rows that only the first, and that only the second run got right; `p` is McNemar's exact p value."""

    only_first: int
    only_second: int
    n: int
    p: float

    def rows_needed(self, many: int = 1) -> int | None:
        """Give how many rows of this kind would show it four times in five among so many pairs; None: there is none."""
        return rows_needed(self.only_first, self.only_second, self.n, many)


def figures(
    rows: Sequence[Mapping[str, float]],
    measures: Mapping[str, Measure],
    bases: Mapping[str, str] | None = None,
    seed: int = SEED,
) -> list[Figure]:
    """Give each figure over rows of counts, with its interval; a figure that is not defined is NaN.

    `bases` names the count that a figure is a share of, where that is not all rows.
    """
    columns, matrix = _matrix(rows)
    whole, drawn = _sums(columns, matrix.sum(axis=0, keepdims=True)), _sums(columns, _resampled(matrix, seed))
    found = []
    for name, measure in measures.items():
        low, high = wilson(measure, whole) if isinstance(measure, Share) else _interval(_ratio(measure, drawn))
        base = whole[(bases or {}).get(name, "n")][0]
        found.append(Figure(name, float(_ratio(measure, whole)[0]), low, high, int(base)))
    return found


def difference(
    first: Sequence[Mapping[str, float]], second: Sequence[Mapping[str, float]], measure: Measure, seed: int = SEED
) -> Difference:
    """Compare two runs over the same rows, in the same order, on one figure."""
    columns, one = _matrix(first)
    _, other = _matrix(second, columns)
    both = _resampled(np.hstack([one, other]), seed)
    of_one, of_other = both[:, : len(columns)], both[:, len(columns) :]
    drawn = _ratio(measure, _sums(columns, of_other)) - _ratio(measure, _sums(columns, of_one))
    whole = [_ratio(measure, _sums(columns, m.sum(axis=0, keepdims=True)))[0] for m in (one, other)]
    low, high = _interval(drawn)
    value = float(whole[1] - whole[0])
    return Difference(value, low, high, len(first), _p_of(value, columns, one, other, measure, seed))


def _p_of(
    value: float,
    columns: Sequence[str],
    one: NDArray[np.float64],
    other: NDArray[np.float64],
    measure: Measure,
    seed: int,
) -> float:
    """Give how often a difference as large comes of swapping the two at random, row by row."""
    if abs(value) < _NOTHING:
        return 1.0
    random, apart = np.random.default_rng(seed), other - one
    moved = np.vstack([random.integers(0, 2, size=(n, len(one))) @ apart for n in _blocks(SWAPS, len(one))])
    first, second = one.sum(axis=0) + moved, other.sum(axis=0) - moved
    drawn = _ratio(measure, _sums(columns, second)) - _ratio(measure, _sums(columns, first))
    as_large = int(np.count_nonzero(~(np.abs(drawn) < abs(value) - _NOTHING)))
    return (as_large + 1) / (SWAPS + 1)


def holm(values: Sequence[float]) -> list[float]:
    """Correct p values for how many there are, in their order.

    >>> [round(p, 3) for p in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    corrected, largest = [0.0] * len(values), 0.0
    for rank, place in enumerate(sorted(range(len(values)), key=lambda n: values[n])):
        largest = max(largest, min(1.0, (len(values) - rank) * values[place]))
        corrected[place] = largest
    return corrected


def wilson(share: Share, whole: Sums) -> tuple[float, float]:
    """Give Wilson's 95 % interval of a share of rows."""
    right, n = float(whole[share.column][0]), float(whole[share.base][0])
    if n == 0:
        return math.nan, math.nan
    middle, square = right / n, _Z_ALPHA**2 / n
    half = math.sqrt(square * middle * (1 - middle) + square**2 / 4)
    centre, size = middle + square / 2, 1 + square
    return max(0.0, (centre - half) / size), min(1.0, (centre + half) / size)


def pairs(first: Sequence[bool], second: Sequence[bool]) -> Pairs:
    """Compare two runs row by row: right or wrong."""
    only_first = sum(a and not b for a, b in zip(first, second, strict=True))
    only_second = sum(b and not a for a, b in zip(first, second, strict=True))
    return Pairs(only_first, only_second, len(first), mcnemar(only_first, only_second))


def mcnemar(only_first: int, only_second: int) -> float:
    """Give the exact two-sided p value of so many rows that only one of two got right.

    >>> mcnemar(5, 5), round(mcnemar(0, 6), 5)
    (1.0, 0.03125)
    """
    n, least = only_first + only_second, min(only_first, only_second)
    if n == 0:
        return 1.0
    tail = sum(math.comb(n, k) for k in range(least + 1))
    return float(min(Fraction(1), Fraction(tail, 2 ** (n - 1))))


def _z_alpha(many: int) -> float:
    """Give the quantile of a two-sided test at 5 % that holds for so many pairs together (Bonferroni)."""
    return NormalDist().inv_cdf(1 - ALPHA / (2 * many))


def rows_needed(only_first: int, only_second: int, n: int, many: int = 1) -> int | None:
    """Give how many rows it would take to tell with a power of 80 %, if the shares stay; None: there is no difference.

    At 5 %, corrected for so many pairs.
    """
    gap, apart = abs(only_first - only_second) / max(1, n), (only_first + only_second) / max(1, n)
    if gap == 0:
        return None
    rows = ((_z_alpha(many) * math.sqrt(apart) + _Z_POWER * math.sqrt(max(0.0, apart - gap**2))) / gap) ** 2
    return math.ceil(rows + 1 / gap)


def _matrix(
    rows: Sequence[Mapping[str, float]], columns: Sequence[str] | None = None
) -> tuple[list[str], NDArray[np.float64]]:
    """Give counts as a matrix, a row each; "n" counts the rows themselves."""
    names = list(columns) if columns is not None else sorted({name for row in rows for name in row} | {"n"})
    table = [[1.0 if name == "n" else float(row.get(name, 0.0)) for name in names] for row in rows]
    return names, np.array(table, dtype=np.float64).reshape(len(rows), len(names))


def _resampled(matrix: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """Give the sums over each resample of the rows: (ROUNDS, columns)."""
    n = len(matrix)
    if n == 0:
        return np.zeros((1, matrix.shape[1]))
    random, shares = np.random.default_rng(seed), np.full(n, 1.0 / n)
    return np.vstack([random.multinomial(n, shares, size=size) @ matrix for size in _blocks(ROUNDS, n)])


def _blocks(rounds: int, n: int) -> list[int]:
    """Part so many rounds over n rows into sizes that fit the memory."""
    size = max(1, AT_ONCE // max(1, n))
    return [min(size, rounds - begun) for begun in range(0, rounds, size)]


def _sums(columns: Sequence[str], matrix: NDArray[np.float64]) -> Sums:
    return {name: matrix[:, i] for i, name in enumerate(columns)}


def _ratio(measure: Measure, sums: Sums) -> NDArray[np.float64]:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(measure(sums), dtype=np.float64)


def _interval(drawn: NDArray[np.float64]) -> tuple[float, float]:
    known = drawn[np.isfinite(drawn)]
    if known.size == 0:
        return math.nan, math.nan
    tail = 100 * (1 - LEVEL) / 2
    low, high = np.percentile(known, [tail, 100 - tail])
    return float(low), float(high)
