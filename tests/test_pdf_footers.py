"""Headers and footers of a PDF's pages: taken off where they stand on most pages or count them, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.readers import pdf
from tests.made_files import SLIDES
from tests.made_files import pdf as made

PAGES = (*SLIDES, "Frames\nFrames hang in the hive.\nEight of them are enough.")
BODY = " ".join(" ".join(page.split()) for page in PAGES)


def body_of(*pages: str) -> str:
    read = pdf.read(made(*pages), "bees.pdf")
    assert read.unaccounted == 0
    titled = [f"{' '.join(b.locator.headings)} {b.text}" for b in read.blocks]
    return " ".join(" ".join(titled).split())


@pytest.mark.parametrize(
    "footer",
    [
        lambda n: f"Bees, lecture 3 | {n}",
        lambda n: str(n + 41),
        lambda n: f"Page {n} of {len(PAGES)}",
        lambda n: f"{n} / {len(PAGES)}",
        lambda n: f"Bees in spring - slides {n}",
        lambda n: f"Bees in spring - {n}",
        lambda n: f"{n} | Bees in spring",
        lambda n: f"Dr. Lind, Bees in spring {n} / {len(PAGES)}",
        lambda n: f"- {n} -",
        lambda n: f"Seite {n}",
        lambda n: f"Dr. Lind 2025\n{n}",
        lambda n: f"{n}\nDr. Lind 2025",
        lambda n: "Bees in spring",
    ],
)
def test_a_footer_is_taken_off_though_it_counts_the_pages(footer: Callable[[int], str]) -> None:
    pages = [f"{page}\n{footer(n)}" for n, page in enumerate(PAGES, start=1)]
    assert body_of(*pages) == BODY


def test_a_header_that_counts_the_pages_is_no_title() -> None:
    pages = [f"Bees in the spring | {n}\n{page}" for n, page in enumerate(PAGES, start=1)]
    assert body_of(*pages) == BODY
    weeks = [f"Week {n}\n{page}" for n, page in enumerate(PAGES, start=1)]
    assert body_of(*weeks).count("Week") == len(PAGES)


SAID = st.lists(
    st.sampled_from(["Deadline:", "See", "Answer:", "week", "chapter", "of", "page", "slide", "the", "Schritt", "p."]),
    min_size=1,
    max_size=5,
).map(" ".join)


@given(SAID.filter(lambda said: said not in {"page", "slide", "p."}), st.integers(0, 40), st.integers(4, 12))
def test_words_and_a_number_are_text_though_they_go_up_with_the_pages(said: str, offset: int, count: int) -> None:
    for after in ("", " of the lab", f" of {count}"):
        titles = [[f"{said} {n + offset}{after}", f"Body {n * n} is here."] for n in range(1, count + 1)]
        assert pdf._bodies(titles) == titles
        lasts = [page[::-1] for page in titles]
        assert pdf._bodies(lasts) == lasts


@pytest.mark.parametrize(
    "line",
    [
        "Step {n} of the lab",
        "Step {n} of 6",
        "Programme of week {n}",
        "Week | {n}",
        "Deadline: week {n}",
        "See chapter {n}",
        "Read page {n}",
        "Answer: {n}",
        "Deadline - {n}",
        "Notes - see page {k}",
        "- {n}",
        "{n}. Read the text",
        "Points: {n} / 9",
    ],
)
def test_titles_and_last_lines_that_go_up_with_the_pages_stay(line: str) -> None:
    texts = [line.format(n=n, k=n + 3) for n in range(1, 7)]
    titled = [[text, f"Body {n * n} is here."] for n, text in enumerate(texts)]
    assert pdf._bodies(titled) == titled
    last = [page[::-1] for page in titled]
    assert pdf._bodies(last) == last


def test_a_number_that_few_pages_count_by_is_text() -> None:
    pages = [[f"Body {n * n} is here.", f"Bees in spring | {n if n < 5 else 70 - n}"] for n in range(1, 8)]
    assert pdf._bodies(pages) == pages


def test_a_number_that_does_not_go_with_the_pages_is_text() -> None:
    pages = [f"{page}\nIt takes {n * n} days." for n, page in enumerate(PAGES, start=1)]
    assert all(f"It takes {n * n} days." in body_of(*pages) for n in range(1, len(PAGES) + 1))


def test_a_number_that_stands_elsewhere_on_the_page_is_text() -> None:
    pages = [f"{page}\n3\nOf {page.split()[0]} in all.\n{n}" for n, page in enumerate(PAGES, start=1)]
    assert body_of(*pages).count(" 3 Of ") == len(PAGES)


@given(st.lists(st.lists(st.sampled_from(["One is here.", "7", "Two 2", "Three"]), max_size=4), max_size=8))
def test_only_whole_lines_are_taken_off_and_what_is_left_keeps_its_order(pages: list[list[str]]) -> None:
    for lines, kept in zip(pages, pdf._bodies(pages), strict=True):
        rest = iter(lines)
        assert all(line in rest for line in kept)
    if len(pages) < pdf.FEWEST_PAGES:
        assert pdf._bodies(pages) == pages
