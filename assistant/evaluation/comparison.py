"""Compares runs over the same rows: figures side by side, what differs clearly, where they disagree, and a ranking."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median
from typing import Any

from assistant.evaluation.datasets import Row
from assistant.evaluation.metrics import TAG_MEASURES, mean
from assistant.evaluation.runs import Result
from assistant.evaluation.statistics import Figure, difference, figures, holm, pairs
from assistant.evaluation.verdicts import MAIN, SAME, Verdict

MOST_DISAGREEMENTS = 200
AS_FAST, AT_ONCE_S = 1.1, 0.05
"""Times within a tenth, or these seconds, of each other are this machine's, not the model's."""


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
    seconds: (
        float  # a row, the median: what only the first rows wait for (a connection, a model that loads) is not in it
    )

    @property
    def quality(self) -> float:
        """The figure that ranks."""
        return next((f.value for f in self.figures if f.name == MAIN and not math.isnan(f.value)), -1.0)  # none: last


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
    def called(self) -> dict[str, str]:
        """The letter of each cell, by its name: names of prompt and model are long."""
        return dict(zip((cell.name for cell in self.cells), letters(len(self.cells)), strict=True))

    @property
    def caution(self) -> str:
        """Say what was done because so many were compared at once; nothing for one pair."""
        many = len(self.verdicts)
        if many < 2:
            return ""
        return f"{many} pairs were compared, so every p value is corrected for that many (Holm)."

    @property
    def why_no_price(self) -> str:
        """Say why no cell has a price, and what gives it one."""
        if all(cell.input_tokens is None for cell in self.cells):
            return "none is known, for the server reports no tokens."
        mends = "LECTERN_PRICES says what your own cost; --resume then asks nothing again."
        return f"none is known for these models. {mends}"

    def ranking(self, by: str) -> list[list[Cell]]:
        """Rank by "quality", "price" or "speed", best first, equal ones together.

        An unknown price is last, what failed is left out. Speeds that differ by less than a tenth are equal.
        """
        cells = [cell for cell in self.cells if cell.figures]
        ranked: list[list[Cell]] = []
        for cell in sorted(cells, key=lambda c: _place(c, by)):
            if ranked and _are_equal(ranked[-1][0], cell, by):
                ranked[-1].append(cell)
            else:
                ranked.append([cell])
        return ranked

    def places(self, by: str) -> list[tuple[int, list[Cell]]]:
        """Give a ranking with the place of each group: after two equal ones at 1 comes 3."""
        found, place = [], 1
        for group in self.ranking(by):
            found.append((place, group))
            place += len(group)
        return found

    def alike(self) -> list[list[str]]:
        """Give the groups of cells that are equally good, and wholly right on the same rows."""
        groups: list[list[str]] = []
        same = {(v.first, v.second) for v in self.verdicts if v.is_same}
        for cell in self.cells:
            group = next((g for g in groups if (g[0], cell.name) in same), None)
            if group is None:
                groups.append([cell.name])
            else:
                group.append(cell.name)
        return [group for group in groups if len(group) > 1]

    def is_told_from(self, one: Cell, other: Cell) -> bool:
        """Tell whether these rows show that two cells differ in quality."""
        names = {one.name, other.name}
        return any(verdict.is_clear for verdict in self.verdicts if {verdict.first, verdict.second} == names)


def letters(count: int) -> list[str]:
    """Give short names for so many cells: A to Z, then A2, B2 ..."""
    return [f"{chr(65 + n % 26)}{n // 26 + 1 if n >= 26 else ''}" for n in range(count)]


def _place(cell: Cell, by: str) -> tuple[float, ...]:
    if by == "quality":
        return (-cell.quality,)
    if by == "price":
        return (float(cell.price_usd is None), cell.price_usd or 0.0)
    return (cell.seconds,)


def _are_equal(one: Cell, other: Cell, by: str) -> bool:
    if by == "quality":
        return abs(one.quality - other.quality) < SAME
    if by == "price":
        known = one.price_usd is not None and other.price_usd is not None
        return one.price_usd == other.price_usd or (known and math.isclose(one.price_usd or 0, other.price_usd or 0))
    return other.seconds <= one.seconds * AS_FAST + AT_ONCE_S


def compare(rows: Sequence[Row], results: Mapping[str, tuple[str, str, Mapping[str, Result]]]) -> Comparison:
    """Compare results over the same rows; each is (prompt, model, results by row), under the name of its cell.

    A row that could not be asked in a cell is left out of all, so that each is measured on the same rows; a cell where
    no row could be asked has no figure, and leaves nothing out. A reply that could not be read counts as one without
    names.
    """
    alive = [name for name, (_, _, found) in results.items() if any(_is_done(found.get(row.id)) for row in rows)]
    fine = [row for row in rows if all(_is_done(results[name][2].get(row.id)) for name in alive)] if alive else []
    cells, counts, right = [], {}, {}
    for name, (prompt, model, found) in results.items():
        done = [found[row.id] for row in fine] if name in alive else []
        counts[name] = [result.counts for result in done]
        right[name] = [bool(result.counts.get("exact")) for result in done]
        cells.append(_cell(name, prompt, model, done, [found[row.id] for row in rows if row.id in found]))
    verdicts = _verdicts(alive, counts, right) if fine else []
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


def _verdicts(names: Sequence[str], counts: Mapping[str, list[Any]], right: Mapping[str, list[bool]]) -> list[Verdict]:
    """Compare each two; the clear ones first, the largest before."""
    couples = list(combinations(names, 2))
    apart = [difference(counts[a], counts[b], TAG_MEASURES[MAIN]) for a, b in couples]
    mcnemar = [pairs(right[a], right[b]) for a, b in couples]
    corrected, of_pairs = holm([d.p for d in apart]), holm([p.p for p in mcnemar])
    found = [
        Verdict(*couples[n], apart[n], mcnemar[n], corrected[n], of_pairs[n], len(couples)) for n in range(len(couples))
    ]
    return sorted(found, key=lambda v: (not v.is_clear, -abs(v.difference.value)))


def _is_done(result: Result | None) -> bool:
    return result is not None and result.is_measured


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
        median([r.seconds for r in done]) if done else 0.0,
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
