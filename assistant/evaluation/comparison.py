"""Compares runs over the same rows: figures side by side, what differs clearly, where they disagree, and a ranking."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from assistant.evaluation.datasets import Row
from assistant.evaluation.metrics import TAG_MEASURES, mean
from assistant.evaluation.runs import Result
from assistant.evaluation.statistics import Difference, Figure, Pairs, difference, figures, pairs

MAIN = "F1"
MOST_DISAGREEMENTS = 200
UNCLEAR = 0.05
MOST_ROWS = 10_000
"""What it would take more of is no difference that anybody will see."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One prompt with one model: its figures, and what it cost."""

    name: str
    prompt: str
    model: str
    figures: tuple[Figure, ...]
    errors: int
    reason: str  # of the errors, the commonest
    input_tokens: float | None  # a row, in the mean
    output_tokens: float | None
    price_usd: float | None
    seconds: float

    @property
    def quality(self) -> float:
        """The figure that ranks."""
        return next((f.value for f in self.figures if f.name == MAIN and not math.isnan(f.value)), -1.0)  # none: last


@dataclass(frozen=True, slots=True)
class Verdict:
    """Two cells against each other, in numbers and in words."""

    first: str
    second: str
    difference: Difference
    pairs: Pairs

    @property
    def words(self) -> str:
        """Say what can be told."""
        d = self.difference
        if d.is_clear:
            better, worse = (self.second, self.first) if d.value > 0 else (self.first, self.second)
            return f"{better} is better than {worse}: {MAIN} {abs(d.value):.3f} more ({_span(d)}, n={d.n})."
        told = f"Not enough data to tell {self.first} from {self.second}: {MAIN} differs by {d.value:+.3f} ({_span(d)})"
        needed = d.rows_needed
        if needed is None:
            return f"{told}; on these {d.n} rows both are alike."
        about = f"about {_rounded(max(needed, d.n + 1)):,}" if needed <= MOST_ROWS else f"more than {MOST_ROWS:,}"
        return f"{told}; it would take {about} rows of this kind to see such a difference."

    @property
    def test(self) -> str:
        """Say what McNemar's test makes of the rows that only one of them got wholly right."""
        p = self.pairs
        apart = f"only {self.first} {p.only_first}, only {self.second} {p.only_second}"
        needed = p.rows_needed if p.p >= UNCLEAR else None
        more = "" if needed is None else f", to be clear it takes about {_rounded(max(needed, p.n + 1)):,} rows"
        return f"wholly right: {apart}; McNemar p = {p.p:.3f}{more}"


def _rounded(rows: int) -> int:
    """Round up to two digits: such a number is an estimate.

    >>> _rounded(281), _rounded(13)
    (290, 13)
    """
    step: int = 10 ** max(0, len(str(rows)) - 2)
    return -(-rows // step) * step


def _span(d: Difference) -> str:
    low, high = sorted((abs(d.low), abs(d.high))) if d.is_clear else (d.low, d.high)
    return f"95 % interval {low:.3f} to {high:.3f}"


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A row that not all got right: what was wanted, and what each gave."""

    row: Row
    got: Mapping[str, Sequence[str]]
    right: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class Comparison:
    """All cells, each two of them, the rows where they part, names that were missed or made up, and three rankings."""

    cells: tuple[Cell, ...]
    verdicts: tuple[Verdict, ...]
    disagreements: tuple[Disagreement, ...]
    confusions: Mapping[str, tuple[tuple[str, int, int], ...]]  # by cell: name, times missed, times given wrongly
    n: int

    @property
    def caution(self) -> str:
        """Say what so many comparisons at once are worth; nothing for one or two."""
        many = len(self.verdicts)
        if many < 3:
            return ""
        return f"{many} pairs were compared: with no difference at all, one in twenty would look clear by chance."

    def ranking(self, by: str) -> list[Cell]:
        """Rank by "quality", "price" or "speed", best first; an unknown price is last, what failed is left out."""
        cells = [cell for cell in self.cells if cell.figures]
        if by == "quality":
            return sorted(cells, key=lambda c: -c.quality)
        if by == "price":
            return sorted(cells, key=lambda c: (c.price_usd is None, c.price_usd or 0.0, -c.quality))
        return sorted(cells, key=lambda c: c.seconds)


def compare(rows: Sequence[Row], results: Mapping[str, tuple[str, str, Mapping[str, Result]]]) -> Comparison:
    """Compare results over the same rows; each is (prompt, model, results by row), under the name of its cell.

    A row that failed in a cell is left out of all, so that each is measured on the same rows; a cell where every row
    failed has no figure, and leaves nothing out.
    """
    alive = [name for name, (_, _, found) in results.items() if any(_is_done(found.get(row.id)) for row in rows)]
    fine = [row for row in rows if all(_is_done(results[name][2].get(row.id)) for name in alive)] if alive else []
    cells, counts, right = [], {}, {}
    for name, (prompt, model, found) in results.items():
        done = [found[row.id] for row in fine] if name in alive else []
        counts[name] = [result.counts for result in done]
        right[name] = [bool(result.counts.get("exact")) for result in done]
        cells.append(_cell(name, prompt, model, done, [found[row.id] for row in rows if row.id in found]))
    verdicts = [  # the clear ones first, the largest before
        Verdict(a, b, difference(counts[a], counts[b], TAG_MEASURES[MAIN]), pairs(right[a], right[b]))
        for a, b in combinations(alive, 2)
        if fine
    ]
    verdicts.sort(key=lambda v: (not v.difference.is_clear, -abs(v.difference.value)))
    parted = [
        Disagreement(
            row,
            {name: results[name][2][row.id].got for name in alive},
            {name: right[name][n] for name in alive},
        )
        for n, row in enumerate(fine)
        if len({right[name][n] for name in alive}) > 1
    ]
    confusions = {name: _confusions(fine, results[name][2]) for name in alive}
    return Comparison(tuple(cells), tuple(verdicts), tuple(parted[:MOST_DISAGREEMENTS]), confusions, len(fine))


def _is_done(result: Result | None) -> bool:
    return result is not None and result.error is None


def _cell(name: str, prompt: str, model: str, done: Sequence[Result], tried: Sequence[Result]) -> Cell:
    reasons = Counter(result.error for result in tried if result.error is not None)
    return Cell(
        name,
        prompt,
        model,
        tuple(figures([r.counts for r in done], TAG_MEASURES)) if done else (),
        sum(reasons.values()),
        max(reasons, key=lambda reason: reasons[reason], default=""),
        mean([r.input_tokens for r in done]),
        mean([r.output_tokens for r in done]),
        mean([r.price_usd for r in done]),
        mean([r.seconds for r in done]) or 0.0,
    )


def _confusions(rows: Sequence[Row], found: Mapping[str, Result]) -> tuple[tuple[str, int, int], ...]:
    """Count which names were missed and which were given wrongly, most often first."""
    missed: dict[str, list[int]] = {}
    for row in rows:
        got: Sequence[Any] = found[row.id].got or ()
        given = {str(name).casefold() for name in got}
        accepted = {f.casefold() for tag in row.tags for f in (tag, *row.aliases.get(tag, ()))}
        let_be = {f.casefold() for tag, more in row.optional.items() for f in (tag, *more)}
        for tag in row.tags:
            if not given & {f.casefold() for f in (tag, *row.aliases.get(tag, ()))}:
                missed.setdefault(tag, [0, 0])[0] += 1
        for name in got:
            if str(name).casefold() not in accepted | let_be:
                missed.setdefault(str(name), [0, 0])[1] += 1
    ranked = sorted(missed.items(), key=lambda item: (-sum(item[1]), item[0]))
    return tuple((name, times[0], times[1]) for name, times in ranked[:15])
