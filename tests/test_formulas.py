"""Amounts of money are no formulas, and formulas stay what they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.chat_layout import LATEX
from ui.formulas import set_off
from ui.render import answer_markdown, neutral

AMOUNTS = [
    "A firing in the small kiln costs $5 and a firing in the large kiln costs $12",
    "Between $5-$12, or $5/$10 a piece.",
    "Pay $5 (or US$ 7) at the desk.",
    "It costs $0.002 per 1,000 tokens in and 6$ out.",
    "$5, $12 and $20",
    "US$5 and US$12",
    "The price in $ is 5$ a day, the other in $.",
    "$1.5M in 2019, $2M in 2020",
    "$HOME and $PATH are set.",
    r"\$5 and \$12$",
    "one $ alone",
    "$5 here\n\nand 12$ there",
    "$5/month or 6$ a year",
    "$5 for two (that is 10$), which is cheap",
]
FORMULAS = [
    ("so $x^2$ grows", r"so \(x^2\) grows"),
    ("$x$", r"\(x\)"),
    ("($n$, $k$)", r"(\(n\), \(k\))"),
    ("costs $5 where $n^2$ holds", r"costs $5 where \(n^2\) holds"),
    ("$2^n$ and $10$", r"\(2^n\) and \(10\)"),
    (r"$5 \cdot n$", r"\(5 \cdot n\)"),
    ("$2 ab$", r"\(2 ab\)"),
    ("$5 + 2x$", r"\(5 + 2x\)"),
    (r"$3 \text{ if } x > 0$", r"\(3 \text{ if } x > 0\)"),
    ("$F1 = 2 precision recall$", r"\(F1 = 2 precision recall\)"),
    (r"$a \$ b$", r"\(a \$ b\)"),
    ("\\begin{align*}\na &= b\n\\end{align*} so", "$$\\begin{align*}\na &= b\n\\end{align*}$$ so"),
    ("$$\\begin{align}a\\end{align}$$", "$$\\begin{align}a\\end{align}$$"),
    ("\\[\\begin{align}a\\end{align}\\]", "\\[\\begin{align}a\\end{align}\\]"),
    ("$$x^2$$", "$$x^2$$"),
    ("$$\nx^2 + $\n$$", "$$\nx^2 + $\n$$"),
    (r"\(x\) and \[y\]", r"\(x\) and \[y\]"),
]


@pytest.mark.parametrize("text", AMOUNTS)
def test_an_amount_of_money_is_no_formula(text: str) -> None:
    assert set_off(text) == text


@pytest.mark.parametrize(("text", "shown"), FORMULAS)
def test_a_formula_stays_one(text: str, shown: str) -> None:
    assert set_off(text) == shown


@given(st.text("a5$\\ .\n", max_size=40))
def test_setting_off_twice_is_setting_off_once_and_changes_nothing_but_the_signs(text: str) -> None:
    once = set_off(text)
    assert set_off(once) == once
    assert once.replace("\\(", "$").replace("\\)", "$") == text.replace("\\(", "$").replace("\\)", "$")


def test_code_keeps_its_dollars_and_the_page_takes_a_single_one_for_no_formula() -> None:
    assert neutral("`$a$` and $a$") == r"`$a$` and \(a\)"
    assert answer_markdown("$x^2$ costs $5. [1]") == r"\(x^2\) costs $5. **[1]**"
    assert "$" not in {kind["left"] for kind in LATEX}
