"""What a hint may not hold is taken out before it is shown, however the text arrives in pieces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answer_stream import runs_of
from assistant.policy.hint_guard import CODE_OUT, WORDS_OUT, HintGuard, code_lines_in, guarded
from tests.policies import SOLUTION

SOLVED = runs_of(SOLUTION)
LONG = "```python\ndef f(a):\n    b = a\n    c = b\n    return c\n```\n"
PIECES = st.lists(
    st.sampled_from(
        [
            "Read lesson 3. ",
            "[1] ",
            "`x = 1` ",
            "```\n",
            "x = 1\n",
            "    y = 2\n",
            "\n",
            "def f(a):\n",
            "Is it so? ",
            "- item\n",
        ]
        + ["~~~", "`", "e.g. ", "soak for twenty minutes, then climb on. ", SOLUTION[40:120], "a" * 30, ". "]
    ),
    max_size=14,
)


@given(PIECES, st.lists(st.integers(1, 7), max_size=60))
def test_however_it_is_split_the_pieces_join_to_the_same_text(parts: list[str], cuts: list[int]) -> None:
    text = "".join(parts)
    guard, out, at = HintGuard(2, SOLVED), "", 0
    for cut in cuts:
        out += guard.feed(text[at : at + cut])
        at += cut
    assert (out + guard.feed(text[at:]) + guard.finish(), guard.removed) == guarded(text, 2, SOLVED)


@given(PIECES)
def test_what_is_shown_holds_no_run_of_a_solution_and_no_more_code_than_may_be(parts: list[str]) -> None:
    shown, _ = guarded("".join(parts), 2, SOLVED)
    assert not runs_of(shown.replace(CODE_OUT, " ").replace(WORDS_OUT, " ")) & SOLVED
    assert code_lines_in(shown) <= 2


@given(st.lists(st.sampled_from(["Read it. ", "See [1].\n", "\n\n", "- a list\n", "It is so: yes. "]), max_size=9))
def test_prose_goes_through_byte_by_byte(parts: list[str]) -> None:
    text = "".join(parts)
    assert guarded(text, 0, SOLVED) == (text, 0)


def test_a_block_within_the_limit_is_shown_and_a_longer_one_is_not() -> None:
    assert guarded(f"So:\n{LONG}Done.", 4) == (f"So:\n{LONG}Done.", 0)
    assert guarded(f"So:\n{LONG}Done.", 3) == (f"So:\n{CODE_OUT}\nDone.", 1)


def test_a_fence_of_tildes_may_have_a_backtick_behind_it() -> None:  # CommonMark 0.31, 4.5
    block = "~~~ `x\nx = 1\ny = 2\n~~~\n"
    assert code_lines_in(block) == 2 and guarded(f"So:\n{block}", 1) == (f"So:\n{CODE_OUT}\n", 1)


def test_many_small_blocks_count_together() -> None:
    block = "```\nx = 1\ny = 2\n```\n"
    shown, removed = guarded(f"{block}Then:\n{block}Then:\n{block}", 4)
    assert removed == 1
    assert shown.count("x = 1") == 2


@pytest.mark.parametrize(
    "code",
    [
        "def plan(peak):\n    return peak\n",
        "plan = []\nfor hour in range(9):\n    plan.append(hour)\n",
        "import numpy as np\nx = np.zeros(3)\nprint(x)\n",
        "> ```\n> a = 1\n> b = 2\n> ```\n",
        "1. ```py\n   a = 1\n   b = 2\n   ```\n",
        "<pre>\na = 1\nb = 2\n</pre>\n",
        "const a = 1;\nlet b = f(a);\n",
        "SELECT a FROM b WHERE c\nINSERT INTO d SET e\n",
        "~~~\na = 1\nb = 2\n",
        "Use `plan = [(0, 20)]` and `plan.append((1, 99))`, then `return plan`.",
    ],
)
def test_code_is_seen_in_every_dress(code: str) -> None:
    assert code_lines_in(f"Here it is.\n{code}") >= 2
    shown, removed = guarded(f"Here it is.\n{code}", 1)
    assert removed >= 1
    assert shown.startswith("Here it is.\n")


@pytest.mark.parametrize(
    "prose",
    [
        "Read lesson 3 [1].",
        "If the model fails: look at the errors [2].",
        "For example:\n- the labels (loan, room)\n- the order",
        "Note: accuracy = right / all, as the lesson says [1].",
        "The `top_k` of a search, `BM25` and `k` are settings.",
        '"Few-shot", as they call it, helps [1].',
        "With examples: four.\nWhile it runs, wait.",
    ],
)
def test_prose_is_not_taken_for_code(prose: str) -> None:
    assert guarded(prose, 0) == (prose, 0)


def test_a_sentence_of_a_solution_is_left_out_and_what_follows_is_judged_anew() -> None:
    leak = "Begin with a slow climb to four hundred degrees over three hours."
    shown, removed = guarded(f"A hint. {leak} And read on [1].", 9, SOLVED)
    assert removed == 1
    assert shown == f"A hint. {WORDS_OUT} And read on [1]."


def test_layout_between_the_words_hides_nothing() -> None:
    words = ["begin", "with", "a", "slow", "climb", "to", "four", "hundred", "degrees", "over"]
    for joined in ("  ".join(words), "\n".join(words), "* ".join(words).upper(), "\n\n- ".join(words)):
        assert not runs_of(guarded(joined, 9, SOLVED)[0]) & SOLVED
        assert WORDS_OUT in guarded(joined, 9, SOLVED)[0]


def test_what_may_never_be_said_is_left_out_though_it_is_short() -> None:
    never = frozenset({("zaffre", "forty", "two")})
    assert guarded("It is Zaffre, forty-two. Read on.", 9, frozenset(), never)[0] == f"{WORDS_OUT} Read on."


def test_what_material_says_too_is_no_secret() -> None:
    guard = HintGuard(9, SOLVED)
    guard.know(SOLVED)
    assert guard.feed(SOLUTION) + guard.finish() == SOLUTION


def test_a_long_answer_without_an_end_is_judged_in_time() -> None:
    guard = HintGuard(3, SOLVED)
    out = "".join(guard.feed("word ") for _ in range(20_000)) + guard.finish()
    assert out == "word " * 20_000
