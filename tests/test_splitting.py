"""Splitting: windows that the model reads whole, nothing lost, ids from content, sections and rows kept apart."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index_store.chunks import CONTEXT_CHARACTERS, Chunk, Kind, chunk_from_json, chunk_to_json
from index_store.locators import Locator
from ingest import splitting
from ingest.document import Block, Document
from ingest.splitting import LEFT_OUT, SENTENCE_TOKENS, SPECIAL_TOKENS, section_of, split

WINDOW = 128
quiet = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])

PARTS = [
    "A sentence that ends. ",
    'She asked "why?" Then (so it seems.) left. ',
    "word ",
    "\n",
    "\n\n",
    "- an item\n",
    "| a | b |\n",
    "    x = f(y)\n",
    "https://example.org/a/very/long/path?with=query ",
    "[link](https://example.org) ",
    "語が続く。次の文！",
    "한국어로 쓴 문장입니다. ",
    "ἀρχὴ ᾂ ",
    "🙂🙂",
    "=====",
    "] (",
    "e\u0301",
    "\u00a0\u3000",
]
texts = st.lists(
    st.one_of(
        st.sampled_from(PARTS),
        st.tuples(st.sampled_from(PARTS), st.integers(2, 120)).map(lambda p: p[0] * p[1]),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    ),
    min_size=1,
    max_size=8,
).map("".join)
titles = st.sampled_from(["", "Notes", "Temperature", "한국어 제목 " * 30, "語" * 200, "a" * 300])
paths = st.lists(titles, max_size=4).map(lambda found: tuple(h for h in found if h.strip()))
KINDS: list[Kind] = ["prose", "code", "list", "output", "transcript"]
places = st.builds(
    Locator,
    page=st.none() | st.integers(1, 2),
    row=st.none() | st.integers(1, 2),
    lines=st.none() | st.just((3, 9)),
    headings=paths,
)
blocks = st.builds(Block, texts, places, st.sampled_from(KINDS), st.booleans())
documents = st.builds(Document, titles, st.lists(blocks, max_size=5).map(tuple))


def cut(document: Document, embedder: Any, **named: Any) -> list[Chunk]:
    wanted = {"source": "/course", "path": "a.md", "window_tokens": WINDOW, **named}
    return split(document, embedder=embedder, **wanted)


def one(text: str, embedder: Any, **named: Any) -> list[Chunk]:
    return cut(Document("Notes", (Block(text, Locator(), **named),)), embedder)


def seen(found: Sequence[str]) -> str:
    return "".join("".join(text.split()) for text in found)


@given(documents)
@quiet
def test_each_window_is_read_whole_by_the_model(minilm: Any, document: Document) -> None:
    for chunk in cut(document, minilm):
        assert minilm.count_tokens(chunk.embedded_text) + SPECIAL_TOKENS <= minilm.max_tokens
        assert chunk.text.strip()


@given(documents)
@quiet
def test_no_character_of_a_block_is_lost_or_doubled(minilm: Any, document: Document) -> None:
    assert seen([c.text for c in cut(document, minilm)]) == seen([b.text for b in document.blocks])


@given(documents)
@quiet
def test_ids_are_stable_different_and_hold_whatever_the_chunk_is_written_as(minilm: Any, document: Document) -> None:
    chunks = cut(document, minilm)
    ids = [c.id for c in chunks]
    assert len(set(ids)) == len(ids)
    assert [c.id for c in cut(document, minilm)] == ids
    assert [c.ordinal for c in chunks] == list(range(len(chunks)))
    assert [chunk_from_json(chunk_to_json(c)).id for c in chunks] == ids


@given(documents)
@quiet
def test_a_context_holds_its_window_and_nothing_of_another_row(minilm: Any, document: Document) -> None:
    for chunk in cut(document, minilm):
        assert len(chunk.context) <= CONTEXT_CHARACTERS
        assert chunk.context.startswith(chunk.text, chunk.window_start)
        of_row = [b.text for b in document.blocks if b.locator.row == chunk.locator.row]
        for part in chunk.context.split(LEFT_OUT.strip()):
            assert seen([part]) in seen(of_row)


@given(documents)
@quiet
def test_a_window_never_runs_over_the_end_of_its_section(minilm: Any, document: Document) -> None:
    """Each window's characters come, in order, from blocks of the one section that its locator names."""
    expected: dict[Hashable, list[str]] = {}
    for block in document.blocks:
        expected.setdefault(section_of(block.locator), []).append(block.text)
    for chunk in cut(document, minilm):
        assert seen([chunk.text]) in seen(expected[section_of(chunk.locator)])


def test_ids_change_with_source_path_place_and_text_and_with_nothing_else(minilm: Any) -> None:
    document = Document("Notes", (Block("A token is a piece of a word.", Locator(lines=(1, 1))),))
    first = cut(document, minilm)[0].id
    assert cut(replace(document, title="Other", notes=("x",)), minilm)[0].id == first
    moved = replace(document, blocks=(replace(document.blocks[0], locator=Locator(lines=(2, 2))),))
    reworded = replace(document, blocks=(replace(document.blocks[0], text="A token is part of a word."),))
    others = [
        cut(document, minilm, source="/elsewhere"),
        cut(document, minilm, path="b.md"),
        cut(moved, minilm),
        cut(reworded, minilm),
    ]
    assert len({first, *(chunks[0].id for chunks in others)}) == 5


def test_a_block_that_stands_there_twice_gives_two_ids_and_the_same_again(minilm: Any) -> None:
    twice = Document("Notes", (Block("Same words. " * 60, Locator(page=1)),) * 2)
    ids = [c.id for c in cut(twice, minilm)]
    assert len(ids) == len(set(ids)) > 2


@pytest.mark.parametrize("kind", ["code", "table"])
def test_code_and_tables_longer_than_a_window_stay_whole_where_the_model_reads_them(minilm: Any, kind: Kind) -> None:
    code = "\n".join(f"def step_{n}(x):\n    return x + {n}" for n in range(14))
    assert WINDOW < minilm.count_tokens(code) < 240
    before, after = Block("Before it. " * 5, Locator()), Block("After it. " * 5, Locator())
    chunks = cut(Document("Notes", (before, Block(code, Locator(), kind, whole=True), after)), minilm)
    assert [c.text for c in chunks if "def step_3" in c.text] == [code]


def test_code_beyond_the_limit_is_cut_at_its_lines(minilm: Any) -> None:
    lines = [f"result_{n} = compute(result_{n - 1}, rate={n})" for n in range(1, 60)]
    chunks = one("\n".join(lines), minilm, kind="code", whole=True)
    assert len(chunks) > 2
    assert [line for c in chunks for line in c.text.split("\n")] == lines


def test_a_text_without_sentence_ends_is_cut_between_words(minilm: Any) -> None:
    words = [f"word{n % 7}" for n in range(2_000)]
    chunks = one(" ".join(words), minilm)
    assert [word for c in chunks for word in c.text.split()] == words
    assert all(minilm.count_tokens(c.text) > WINDOW / 2 for c in chunks[:-1])


def test_a_word_without_end_is_cut_too(minilm: Any) -> None:
    chunks = one("ab" * 20_000, minilm)
    assert "".join(c.text for c in chunks) == "ab" * 20_000


def test_sentences_are_not_broken_where_they_fit(minilm: Any) -> None:
    sentences = [f'Sentence number {n} says that the "model" (so it goes) counts its tokens well.' for n in range(40)]
    for chunk in one(" ".join(sentences), minilm):
        assert chunk.text.startswith("Sentence number")
        assert chunk.text.endswith("well.")


def test_a_closing_quotation_mark_stays_with_its_sentence(minilm: Any) -> None:
    sentence = 'He said "the model counts the tokens of each and every word." '
    for chunk in one(sentence * 40, minilm):
        assert chunk.text.endswith('word."')


def test_the_heading_path_is_embedded_and_not_quoted(minilm: Any) -> None:
    block = Block("It scales the logits.", Locator(headings=("Sampling", "Temperature")))
    chunk = cut(Document("Course", (block,)), minilm)[0]
    assert chunk.embedded_text == "Course > Sampling > Temperature\nIt scales the logits."
    assert (chunk.text, chunk.context) == ("It scales the logits.", "It scales the logits.")


def test_windows_of_one_section_share_it_and_give_each_other_context(minilm: Any) -> None:
    first = [Block(f"Point {n}. " + "It is so. " * 20, Locator(lines=(n, n), headings=("One",))) for n in range(1, 5)]
    other = Block("Something else.", Locator(lines=(9, 9), headings=("Two",)))
    chunks = cut(Document("Course", (*first, other)), minilm)
    assert [c.section for c in chunks] == ["§ One"] * (len(chunks) - 1) + ["§ Two"]
    assert "Point 2." in chunks[0].context and chunks[0].context.startswith("Point 1.")
    for chunk in chunks:
        for at, where in chunk.places:
            assert chunk.locator_at(at) == where


def test_a_window_of_several_lines_names_all_of_them(minilm: Any) -> None:
    parts = [Block(f"Line {n}.", Locator(lines=(n, n), headings=("One",))) for n in (3, 4, 7)]
    assert str(cut(Document("Course", tuple(parts)), minilm)[0].locator) == "lines 3-7; § One"


@given(st.integers(30, 90))
@quiet
def test_a_row_as_long_as_an_abstract_is_cut_into_even_parts(minilm: Any, sentences: int) -> None:
    text = " ".join(f"Paper {n} is on language models." for n in range(sentences))
    chunks = cut(Document("papers", (Block(text, Locator(row=1), "row", whole=True),)), minilm)
    sizes = [minilm.count_tokens(c.text) for c in chunks]
    assert max(sizes) - min(sizes) <= len(sizes) * SENTENCE_TOKENS


def test_rows_share_neither_window_nor_context(minilm: Any) -> None:
    rows = tuple(Block(f"Title: Paper {n}", Locator(row=n), "row", whole=True) for n in range(1, 4))
    chunks = cut(Document("papers", rows), minilm)
    assert [(c.text, c.context) for c in chunks] == [(f"Title: Paper {n}",) * 2 for n in range(1, 4)]


def test_each_window_of_a_long_row_shows_how_the_row_begins(minilm: Any) -> None:
    text = "Title: A paper on trees\nAbstract: " + " ".join(f"Claim {n} is made and proved." for n in range(150))
    chunks = cut(Document("papers", (Block(text, Locator(row=1), "row", whole=True),)), minilm)
    assert len(chunks) > 3
    assert all(c.context.startswith("Title: A paper on trees") for c in chunks)
    assert LEFT_OUT in chunks[-1].context


def test_a_row_without_end_costs_as_much_as_it_is_long(minilm: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0
    real = splitting._row

    def look(window: Any) -> int | None:
        nonlocal looks
        looks += 1
        return real(window)

    monkeypatch.setattr(splitting, "_row", look)
    windows, cost = [], []
    for words in (10_000, 40_000):
        looks = 0
        block = Block("some words of a row " * (words // 5), Locator(row=1), "row")
        windows.append(len(cut(Document("papers", (block,)), minilm)))
        cost.append(looks)
    assert windows[1] > 3 * windows[0] > 90
    assert cost[1] < 5 * cost[0]
