"""Stems: the same from every thread, whoever else asks."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from assistant.terms import stem

BEGINNINGS = ("connect", "relat", "organis", "study", "happi", "nation", "argu", "gener", "conflat", "trouble")
ENDINGS = ("ing", "ed", "ation", "ly", "ness", "ies", "s", "ement", "ality", "fulness")
WORDS = [beginning + ending for beginning in BEGINNINGS for ending in ENDINGS]


@pytest.fixture
def quick_switches() -> Iterator[None]:
    """Let threads take turns as often as can be, so that two are within one word at once."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("quick_switches")
def test_threads_that_stem_at_once_get_the_stems_that_one_gets_alone() -> None:
    alone = {word: stem.__wrapped__(word) for word in WORDS}
    orders = [WORDS[n:] + WORDS[:n] for n in range(0, len(WORDS), 12)] * 10

    def stems_in(order: list[str]) -> dict[str, str]:
        return {word: stem.__wrapped__(word) for word in order}

    with ThreadPoolExecutor(4) as pool:
        assert all(found == alone for found in pool.map(stems_in, orders))
