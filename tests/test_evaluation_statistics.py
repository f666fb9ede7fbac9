"""Intervals, paired differences and tests, against values by hand and against what they must hold by definition."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.evaluation import statistics
from assistant.evaluation.metrics import TAG_MEASURES
from assistant.evaluation.statistics import Share, Sums, difference, figures, holm, mcnemar, pairs, rows_needed


def share(sums: Sums) -> np.ndarray:
    return sums["right"] / sums["n"]


def rows(*right: float) -> list[dict[str, float]]:
    return [{"right": value} for value in right]


def test_a_figure_is_the_share_and_lies_in_its_interval() -> None:
    (figure,) = figures(rows(*[1] * 30, *[0] * 10), {"share": share})
    assert figure.value == 0.75 and figure.n == 40
    assert figure.low < 0.75 < figure.high
    by_normal = 1.96 * math.sqrt(0.75 * 0.25 / 40)
    assert figure.low == pytest.approx(0.75 - by_normal, abs=0.04)
    assert figure.high == pytest.approx(0.75 + by_normal, abs=0.04)


def test_more_rows_make_the_interval_narrower() -> None:
    few = figures(rows(*[1, 1, 0] * 10), {"share": share})[0]
    many = figures(rows(*[1, 1, 0] * 100), {"share": share})[0]
    assert many.high - many.low < (few.high - few.low) / 2


def test_the_same_rows_give_the_same_interval() -> None:
    one, other = (figures(rows(1, 0, 1, 1), {"share": share})[0] for _ in range(2))
    assert one == other


def test_a_figure_that_is_not_defined_is_no_number() -> None:
    (figure,) = figures([{"tp": 0.0, "fp": 0.0, "fn": 0.0}], {"precision": TAG_MEASURES["precision"]})
    assert math.isnan(figure.value) and math.isnan(figure.low)


def test_all_is_right_where_nothing_was_to_be_found_and_nothing_was_given() -> None:
    (figure,) = figures([{"tp": 0.0, "fp": 0.0, "fn": 0.0}] * 3, {"F1": TAG_MEASURES["F1"]})
    assert (figure.value, figure.low, figure.high) == (1.0, 1.0, 1.0)


def test_resamples_of_many_rows_are_drawn_in_parts_and_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = rows(1, 0, 1, 1, 0, 1, 1), rows(0, 0, 1, 0, 1, 0, 0)
    whole = figures(one, {"share": share}), difference(one, other, share)
    monkeypatch.setattr(statistics, "AT_ONCE", 100)
    assert (figures(one, {"share": share}), difference(one, other, share)) == whole


def test_a_difference_is_of_pairs() -> None:
    first, second = rows(*[0] * 20, *[1] * 20), rows(*[1] * 40)
    found = difference(first, second, share)
    assert found.value == 0.5 and found.is_clear and found.low > 0.3
    assert found.p < 0.001
    same = difference(first, first, share)
    assert same.p == 1.0
    assert (same.value, same.low, same.high, same.is_clear) == (0.0, 0.0, 0.0, False)


@pytest.mark.parametrize(
    ("only_first", "only_second", "p"),
    [(0, 0, 1.0), (5, 5, 1.0), (0, 1, 1.0), (0, 6, 2 / 64), (1, 9, 2 * (1 + 10) / 1024), (9, 1, 2 * (1 + 10) / 1024)],
)
def test_mcnemar_is_exact(only_first: int, only_second: int, p: float) -> None:
    assert mcnemar(only_first, only_second) == pytest.approx(p)


def test_pairs_count_what_only_one_got_right() -> None:
    found = pairs([True, True, False, False], [True, False, True, False])
    assert (found.only_first, found.only_second, found.n, found.p) == (1, 1, 4, 1.0)
    assert found.rows_needed() is None


def test_a_smaller_difference_needs_more_rows() -> None:
    large, small = rows_needed(5, 20, 100), rows_needed(10, 14, 100)
    assert large is not None and small is not None and large < 100 < small
    # By hand: a = .25, d = .15: ((1.96 * .5 + .8416 * sqrt(.25 - .0225)) / .15) ** 2 + 1 / .15 = 84.8 + 6.7
    assert large == 92


@pytest.mark.parametrize(("first", "second", "n"), [(5, 20, 100), (10, 30, 200), (1, 3, 12), (10, 14, 100)])
def test_the_rows_it_would_take_show_the_difference_four_times_in_five(first: int, second: int, n: int) -> None:
    needed = rows_needed(first, second, n)
    assert needed is not None
    shares = [first / n, second / n, 1 - (first + second) / n]
    drawn = np.random.default_rng(1).multinomial(needed, shares, size=3_000)
    seen = np.mean([mcnemar(int(a), int(b)) < 0.05 for a, b, _ in drawn])
    assert seen == pytest.approx(0.8, abs=0.03)


@pytest.mark.parametrize(("first", "second", "n", "many"), [(1, 7, 20, 6), (5, 20, 100, 15)])
def test_the_rows_it_would_take_among_many_pairs_show_it_four_times_in_five(
    first: int, second: int, n: int, many: int
) -> None:
    needed = rows_needed(first, second, n, many)
    assert needed is not None and needed > (rows_needed(first, second, n) or 0)
    shares = [first / n, second / n, 1 - (first + second) / n]
    drawn = np.random.default_rng(1).multinomial(needed, shares, size=3_000)
    seen = np.mean([mcnemar(int(a), int(b)) < 0.05 / many for a, b, _ in drawn])
    assert seen == pytest.approx(0.8, abs=0.05)


@pytest.mark.parametrize("right", [20, 14, 10])
def test_two_that_are_the_same_seldom_seem_to_differ(right: int) -> None:
    """Of 200 pairs that differ by chance alone about one in twenty may seem to, and is all that does."""
    random = np.random.default_rng(right)
    drawn = random.random((200, 2, 20)) < right / 21
    found = [difference(rows(*map(float, a)), rows(*map(float, b)), share, seed=n) for n, (a, b) in enumerate(drawn)]
    assert sum(d.p < 0.05 for d in found) <= 20


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30))
def test_every_figure_lies_in_its_interval(counts: list[tuple[int, int, int]]) -> None:
    given_rows = [{"tp": a, "fp": b, "fn": c, "exact": a > 0, "na_right": b > 0} for a, b, c in counts]
    measures = {name: TAG_MEASURES[name] for name in ("F1", "exact set", "NA accuracy")}
    for figure in figures(given_rows, measures):
        if not math.isnan(figure.value):
            assert figure.low - 1e-9 <= figure.value <= figure.high + 1e-9
            assert 0 <= figure.low <= figure.high <= 1


def test_a_share_of_rows_has_a_width_also_where_all_are_alike() -> None:
    (figure,) = figures(rows(*[1] * 12), {"share": Share("right")})
    assert (figure.value, figure.high, figure.has_no_spread) == (1.0, 1.0, False)
    assert figure.low == pytest.approx(0.7575, abs=1e-4)  # 12 / (12 + 1.96 ** 2)
    (half,) = figures(rows(*[1, 0] * 20), {"share": Share("right")})
    assert (half.low, half.high) == (pytest.approx(0.3520, abs=1e-3), pytest.approx(0.6480, abs=1e-3))
    (none,) = figures([{"right": 0.0, "base": 0.0}], {"share": Share("right", "base")})
    assert math.isnan(none.value) and math.isnan(none.low) and not none.has_no_spread
    assert figures(rows(*[1] * 12), {"share": share})[0].has_no_spread


def test_the_p_value_of_a_difference_is_that_of_swapping_rows() -> None:
    """Six rows, all one way: two of the 64 swaps give as much."""
    found = difference(rows(*[0] * 6), rows(*[1] * 6), share)
    assert found.p == pytest.approx(2 / 64, abs=0.006)
    mixed = difference(rows(1, 0, 1, 0), rows(0, 1, 0, 1), share)
    assert mixed.p == 1.0


def test_many_p_values_are_corrected_by_holm() -> None:
    assert holm([]) == []
    assert holm([0.04]) == [0.04]
    assert holm([0.2, 0.01, 0.02]) == pytest.approx([0.2, 0.03, 0.04])
    assert holm([0.5, 0.9]) == [1.0, 1.0]


@given(st.lists(st.floats(0, 1), max_size=12))
def test_a_corrected_p_value_is_no_smaller_and_keeps_the_order(values: list[float]) -> None:
    corrected = holm(values)
    assert all(value <= other <= 1 for value, other in zip(values, corrected, strict=True))
    assert [corrected[n] for n in sorted(range(len(values)), key=lambda n: values[n])] == sorted(corrected)
