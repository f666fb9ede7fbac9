"""The page of a PDF that is shown beside an answer is the one that its quote stands on, marked there."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.events import Citation
from assistant.quotes import citation_at, quotes_of
from assistant.units import units_of
from index_store.chunks import Chunk, Hit
from ingest import page_pictures
from ingest.page_pictures import page_picture, quotes_on_page
from ingest.readers import pdf as pdf_reader
from ingest.readers.pdf import PDFIUM
from tests.course import searching
from tests.made_files import SLIDES, pdf
from ui.cited_files import cited_page, pages_shown

PAGE = re.compile(r"<details class='lectern-page'( open)?><summary>Page (\d+) as a picture([^<]*)<")


@pytest.fixture(scope="module")
def deck(tmp_path_factory: pytest.TempPathFactory, minilm: Any) -> Iterator[list[Chunk]]:
    """The chunks of a deck of short slides, as they are found."""
    folder = tmp_path_factory.mktemp("deck")
    (folder / "course").mkdir()
    (folder / "course" / "swarms.pdf").write_bytes(pdf(*SLIDES))
    with searching(folder / "index", minilm, folder / "course") as searcher:
        found = {h.chunk.id: h.chunk for title in SLIDES for h in searcher.search(title, 10)}
        yield list(found.values())


def citations(chunk: Chunk, minilm: Any, marker: int = 1) -> list[Citation]:
    """What an answer would cite that quotes every sentence of a passage."""
    answer = " ".join(f"{unit.text} [1]" for unit in units_of(chunk.context))
    return [replace(c, marker=marker) for c in quotes_of(answer, [Hit(chunk, 1.0, 0.5)], minilm)]


def yellow(picture: bytes) -> int:
    from PIL import Image

    shown = np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")).astype(int)
    return int(((shown[..., 0] > 240) & (shown[..., 1] > 190) & (shown[..., 2] < 100)).sum())


def test_every_quote_is_marked_on_the_page_that_holds_it(deck: list[Chunk], minilm: Any) -> None:
    data = pdf(*SLIDES)
    assert any(len({where for _, where in chunk.places}) > 1 for chunk in deck)  # passages do run over pages
    for chunk in deck:
        cited = citations(chunk, minilm)
        for citation in cited:
            page = citation.locator_parts["page"]
            assert citation.quote in SLIDES[page - 1]
            here = [c.quote for c in cited if c.locator_parts["page"] == page]
            assert citation.quote in here
            picture = cited_page(citation, chunk, cited)
            assert picture == page_picture(data, "swarms.pdf", page, here)
            assert yellow(picture) > 0


def test_every_label_has_a_picture_of_its_own(deck: list[Chunk], minilm: Any) -> None:
    for chunk in deck:
        cited = citations(chunk, minilm)
        shown = pages_shown(cited, {chunk.id: chunk}, "turns/t")
        labels = {int(PAGE.search(page)[2]): at for at, page in shown.items()}  # type: ignore[index]
        assert len(labels) == len(shown)
        assert len({cited_page(cited[at], chunk, cited) for at in labels.values()}) == len(labels)
        assert all(cited[at].locator_parts["page"] == label for label, at in labels.items())
        assert all(f"turns/t/pages/{at}.png" in page for at, page in shown.items())


def test_the_page_of_the_sentence_that_was_chosen_is_open(deck: list[Chunk], minilm: Any) -> None:
    chunk = max(deck, key=lambda c: len({where for _, where in c.places}))
    cited = citations(chunk, minilm)
    for chosen in (None, *cited):
        shown = "".join(pages_shown(cited, {chunk.id: chunk}, "turns/t", chosen).values())
        opened = [int(number) for is_open, number, _ in PAGE.findall(shown) if is_open]
        assert opened == [(chosen or cited[0]).locator_parts["page"]]


def test_a_page_that_its_quote_is_not_found_on_says_so_and_stays_folded(deck: list[Chunk], minilm: Any) -> None:
    chunk = deck[0]
    (cited, *_) = citations(chunk, minilm)
    changed = replace(cited, quote="What no page of it says.")
    (shown,) = pages_shown([changed], {chunk.id: chunk}, "turns/t").values()
    (found,) = PAGE.findall(shown)
    assert not found[0] and "not found on the picture" in found[2]
    assert "alt='Page" in shown and "the quote marked" not in shown
    (both,) = pages_shown([cited, changed], {chunk.id: chunk}, "turns/t").values()
    (found,) = PAGE.findall(both)
    assert found[0] and "not every quote" in found[2]


def test_a_file_that_is_gone_has_no_pages(deck: list[Chunk], minilm: Any, tmp_path: Path) -> None:
    chunk = deck[0]
    moved = replace(chunk, source=str(tmp_path))
    cited = citations(chunk, minilm)
    assert pages_shown(cited, {chunk.id: moved}, "turns/t") == {}
    web = [replace(c, path="https://pages.example/swarms.pdf") for c in cited]
    assert pages_shown(web, {chunk.id: chunk}, "turns/t") == {}


def cited(marker: int, quote: str) -> Citation:
    return Citation(marker, "a.pdf", "", {}, quote, 0.5, "", quote, "id")


def test_each_marker_of_an_answer_stands_for_its_own_quote() -> None:
    own = [cited(1, "A swarm leaves."), cited(1, "Scouts dance."), cited(2, "It hangs.")]
    answer = "A swarm leaves. [1] It hangs. [2] `a[1]` Scouts dance. [1]"
    assert [citation_at(answer, 1, nth, own) for nth in (0, 1)] == own[:2]
    assert citation_at(answer, 2, 0, own) == own[2]
    again = "Scouts dance. [1] A swarm leaves. [1] So scouts dance. [1]"
    assert citation_at(again, 1, 2, own[1::-1]) == own[1]  # two sentences stand on one quote
    assert citation_at(answer, 1, 2, own) is None and citation_at(answer, 3, 0, own) is None


def test_while_pdfium_is_in_use_a_panel_waits_no_longer_than_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_pictures, "BUSY_S", 0.05)
    with PDFIUM:
        assert quotes_on_page(pdf(*SLIDES), "slides.pdf", 1, ["anything"]) is None
    assert quotes_on_page(pdf(*SLIDES), "slides.pdf", 1, ["Nowhere on it."]) == []


def test_what_cannot_be_told_just_now_is_not_said_to_be_missing(
    deck: list[Chunk], minilm: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_pictures, "BUSY_S", 0.05)
    chunk = deck[0]
    with PDFIUM:
        shown = "".join(pages_shown(citations(chunk, minilm), {chunk.id: chunk}, "turns/t").values())
    assert PAGE.search(shown) and "not found" not in shown and "not every" not in shown


def test_a_document_that_is_read_lets_others_in_between_its_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = []

    class Counted:
        def __enter__(self) -> None:
            taken.append(PDFIUM.acquire())

        def __exit__(self, *_: object) -> None:
            PDFIUM.release()

    monkeypatch.setattr(pdf_reader, "PDFIUM", Counted())
    pdf_reader.read(pdf(*SLIDES), "slides.pdf")
    assert len(taken) >= len(SLIDES)
