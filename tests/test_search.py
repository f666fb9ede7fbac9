"""The search over real Chroma and tantivy: both halves, fused; near-copies dropped; sound under threads and writers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index_store.chunks import Chunk
from index_store.index import Index
from index_store.locators import Locator
from index_store.manifest import Fingerprint
from index_store.retriever import CourseRetriever
from index_store.search import Searcher

TEXTS = {
    "celadon": "A celadon glaze is fired at 1280 degrees in a reduction kiln, as potters in Zhejiang found out.",
    "raku": "Raku ware is taken out of the kiln while it glows, and then cools in the open air among leaves.",
    "clay": "Clay is washed, wedged and thrown on a wheel before it dries to the hardness of leather.",
    "glass": "Glass is blown by a gaffer, who turns the pipe all the time so that the bubble stays round.",
}


def chunk(name: str, text: str, *, path: str = "craft.md") -> Chunk:
    number = sum(map(ord, name))
    locator = Locator(lines=(number, number + 2))
    return Chunk(text, text, 0, locator, "/craft", path, "Craft", "prose", f"{path}#{name}", number)


def write(index: Index, minilm: Any, chunks: list[Chunk]) -> None:
    index.upsert(chunks, minilm.embed_texts([c.embedded_text for c in chunks]))
    index.commit()


@pytest.fixture
def index(tmp_path: Path, minilm: Any) -> Iterator[Index]:
    made = Index.open(tmp_path, Fingerprint(minilm.name, minilm.dimension, 128, "1"), create=True)
    write(made, minilm, [chunk(name, text) for name, text in TEXTS.items()])
    yield made
    made.close()


@pytest.fixture
def searcher(index: Index, minilm: Any) -> Searcher:
    return Searcher(index, minilm)


def found(searcher: Searcher, question: str, k: int = 3) -> list[str]:
    return [hit.chunk.text for hit in searcher.search(question, k)]


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("How hot is celadon fired?", "celadon"),
        ("Which pottery cools outside while glowing?", "raku"),  # few words in common: the dense half
        ("gaffer", "glass"),  # one rare word: the lexical half
        ("gafer pipes", "glass"),  # misspelt
    ],
)
def test_the_passage_that_fits_comes_first(searcher: Searcher, question: str, name: str) -> None:
    assert found(searcher, question)[0] == TEXTS[name]


def test_hits_are_best_first_with_ranks_and_a_true_cosine(searcher: Searcher, minilm: Any) -> None:
    hits = searcher.search("How hot is celadon fired?", 4)
    assert [h.score for h in hits] == sorted((h.score for h in hits), reverse=True)
    asked = minilm.embed_query("How hot is celadon fired?")
    for hit in hits:
        own = minilm.embed_texts([hit.chunk.embedded_text])[0]
        assert hit.cosine == pytest.approx(float(np.dot(own, asked)), abs=1e-4)
    assert hits[0].dense_rank == hits[0].lexical_rank == 1


@pytest.mark.parametrize("k", [-1, 0, 1, 3, 50])
def test_no_more_than_what_is_asked_for_comes_and_none_twice(searcher: Searcher, k: int) -> None:
    hits = searcher.search("kiln", k)
    assert len(hits) == min(max(k, 0), len(TEXTS))
    assert len({h.chunk.id for h in hits}) == len(hits)


@pytest.mark.parametrize("question", ["?!", "the of and", "\ud800", "AND OR NOT (", 'body:"x', "x" * 50_000, "窑"])
def test_any_question_is_searched(searcher: Searcher, question: str) -> None:
    assert len(found(searcher, question)) == 3


def test_a_copy_in_another_file_takes_no_place(index: Index, searcher: Searcher, minilm: Any) -> None:
    copies = [chunk("celadon", TEXTS["celadon"], path=f"copy-{n}.md") for n in range(30)]
    near = [chunk("celadon", f"{TEXTS['celadon']} Note {n}.", path=f"near-{n}.md") for n in range(30)]
    write(index, minilm, [*copies, *near])
    texts = found(searcher, "How hot is celadon fired in a kiln?", 4)
    assert sum("celadon" in text for text in texts) == 1
    assert len(texts) == 4


def test_what_is_deleted_is_not_found(index: Index, searcher: Searcher) -> None:
    index.delete([chunk("celadon", TEXTS["celadon"]).id])
    index.commit()
    assert TEXTS["celadon"] not in found(searcher, "How hot is celadon fired?", 10)


def test_what_another_opening_writes_is_seen(index: Index, minilm: Any, tmp_path: Path) -> None:
    index.close()
    reader = Searcher(Index.open(tmp_path, index.manifest.fingerprint), minilm)
    reader.search("kiln")
    other = Index.open(tmp_path, index.manifest.fingerprint)
    write(other, minilm, [chunk("loom", "A loom holds the warp threads under tension while the weft is woven.")])
    other.close()
    assert "loom" in found(reader, "What holds the warp threads?")[0]
    reader.index.close()


def test_many_threads_search_while_one_writes(index: Index, searcher: Searcher, minilm: Any) -> None:
    faults: list[BaseException] = []
    done = threading.Event()

    def ask() -> None:
        try:
            while not done.is_set():
                assert found(searcher, "How hot is celadon fired?")[0] == TEXTS["celadon"]
        except BaseException as exc:
            faults.append(exc)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for n in range(8):
        write(index, minilm, [chunk(f"loom {n}", f"Loom number {n} stands in the hall of weavers by window {n}.")])
    done.set()
    for thread in threads:
        thread.join()
    assert faults == []


def test_the_retriever_gives_the_same_hits_as_nodes(searcher: Searcher) -> None:
    nodes = CourseRetriever(searcher, top_k=2).retrieve("How hot is celadon fired?")
    hits = searcher.search("How hot is celadon fired?", 2)
    assert [n.node.node_id for n in nodes] == [h.chunk.id for h in hits]
    assert [n.score for n in nodes] == [h.cosine for h in hits]
    assert nodes[0].node.get_content() == hits[0].chunk.context
    assert set(nodes[0].node.metadata) == {"path", "locator", "title"}
