"""Measures how search keeps up as the library grows: quality and time at 1,000, 10,000 and 100,000 chunks.

    python -m benchmarks.search_scale ../shared/eval [--set papers|qa] [--sizes 1000 10000 100000] [--keep]

The material of a labelled set is ingested as it is (papers 724 chunks, qa 5,248) and filled up with distractors: each
three sentences of a chain of words over that same material, so that they speak of the same things in the same words;
five words in a row that stand in the material are in none. The sentences are embedded by the model; the vector of three
is their mean with some noise, whose cosine to what the model makes of the three in one is measured and told. Real
Chroma, tantivy and MiniLM, ten hits, the question's embedding included; the sizes take turns, so that a busy moment
falls on all.
"""

from __future__ import annotations

import argparse
import csv
import random
import re
import shutil
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.evaluation.metrics import SEARCH_MEASURES
from assistant.evaluation.statistics import difference, figures
from benchmarks.results import Measurement
from benchmarks.search_quality import TOP_K, Labelled, ingest, labelled
from index_store.chunks import Chunk
from index_store.index import Index
from index_store.locators import Locator
from index_store.manifest import read_manifest
from index_store.minilm import MiniLM
from index_store.search import Searcher

COMMAND = "python -m benchmarks.search_scale ../shared/eval --keep"
SENTENCES, WORDS, DRAWN, RUN = 12_000, (14, 30), 3, 5
BATCH, COMPARED = 5_000, 200
NOISE = 0.4  # length of what is added to the mean of unit vectors
ROUNDS = 2
SHOWN = ("R@5", "MRR@10", "nDCG@10")


def material(source: Path) -> list[str]:
    """Give the words that the chain is made of: the abstracts of a CSV, or the prose of Markdown files."""
    texts = []
    for file in sorted(source.rglob("*.csv")):
        with file.open(encoding="utf-8", newline="") as opened:
            texts += [" ".join(row) for row in csv.reader(opened)]
    texts += [f.read_text("utf-8") for f in sorted(source.rglob("*")) if f.suffix in (".md", ".mdx", ".txt")]
    return " ".join(texts).split()


def sentences(words: Sequence[str], count: int) -> list[str]:
    """Say so many sentences that nobody has said, each word one that followed the word before it somewhere.

    What repeats five words of the material in a row is not taken: it could be the very passage that is looked for.
    """
    follows: dict[str, list[str]] = defaultdict(list)
    for one, two in pairwise(words):
        follows[one].append(two)
    there, starts = _runs(words), list(follows)
    draw, said = random.Random(0), list[str]()
    while len(said) < count:
        sentence = [draw.choice(starts)]
        for _ in range(draw.randint(*WORDS) - 1):
            sentence.append(draw.choice(follows.get(sentence[-1]) or starts))
        if there.isdisjoint(_runs(sentence)):
            said.append(" ".join(sentence) + ".")
    return said


def _runs(words: Sequence[str]) -> set[tuple[str, ...]]:
    plain = [word for given in words for word in re.findall(r"[a-z0-9]+", given.lower())]
    return set(zip(*(plain[n:] for n in range(RUN)), strict=False))


class Distractors:
    """Chunks to fill an index up with, the same ones for each size."""

    def __init__(self, embedder: MiniLM, words: Sequence[str]) -> None:
        self._said = sentences(words, SENTENCES)
        self._vectors = embedder.embed_texts(self._said)
        chunks, vectors = self.batch(0, COMPARED)
        real = embedder.embed_texts([c.text for c in chunks])
        self.cosine_to_real = float(np.median((real * vectors).sum(axis=1)))

    def batch(self, start: int, count: int) -> tuple[list[Chunk], NDArray[np.float32]]:
        """Give the chunks from a number on, with their vectors."""
        draw, noise = random.Random(start), np.random.default_rng(start)
        picked = [draw.sample(range(len(self._said)), DRAWN) for _ in range(count)]
        chunks = [_chunk(start + n, " ".join(self._said[i] for i in three)) for n, three in enumerate(picked)]
        mean = np.array([self._vectors[three].mean(axis=0) for three in picked])
        mean /= np.linalg.norm(mean, axis=1, keepdims=True)
        away = noise.normal(size=mean.shape)
        mean += NOISE * away / np.linalg.norm(away, axis=1, keepdims=True)
        return chunks, (mean / np.linalg.norm(mean, axis=1, keepdims=True)).astype(np.float32)


def _chunk(number: int, text: str) -> Chunk:
    path, ordinal = f"part-{number // 100}.md", number % 100
    return Chunk(text, text, 0, Locator(lines=(number + 1, number + 4)), "scale", path, "", "prose", path, ordinal)


def grown(home: Path, size: int, distractors: Distractors) -> Index:
    """Open the index of a home and fill it up to a size."""
    manifest = read_manifest(home)
    assert manifest is not None
    index = Index.open(home, manifest.fingerprint)
    held = index.dense.count()
    for start in range(0, max(0, size - held), BATCH):
        index.upsert(*distractors.batch(start, min(BATCH, size - held - start)))
    index.commit()
    return index


def asked(searchers: Mapping[int, Searcher], chosen: Labelled) -> tuple[dict[int, Any], dict[int, list[float]]]:
    """Ask all sizes in turns; give what was found, and the milliseconds of each search."""
    hits: dict[int, Any] = {size: {} for size in searchers}
    times: dict[int, list[float]] = {size: [] for size in searchers}
    for searcher in searchers.values():
        for row in chosen.asked[:5]:
            searcher.search(row["question"], TOP_K)  # warm
    for row in [*chosen.asked] * ROUNDS:
        for size, searcher in searchers.items():
            start = time.perf_counter()
            found = searcher.search(row["question"], TOP_K)
            times[size].append((time.perf_counter() - start) * 1000)
            hits[size][row["id"]] = [{"path": h.chunk.path, "text": h.chunk.context} for h in found]
    return hits, times


def measured(chosen: Labelled, source: Path, sizes: Sequence[int]) -> dict[str, Any]:
    """Build each size, ask, and give the figures of each."""
    embedder = MiniLM()
    distractors = Distractors(embedder, material(source))
    with ExitStack() as stack:
        first = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "home"
        ingest(first, source)
        searchers = {}
        for size in sizes:
            home = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "home"
            shutil.copytree(first, home)
            index = grown(home, size, distractors)
            stack.callback(index.close)
            searchers[index.dense.count()] = Searcher(index, embedder)
            print(f"{index.dense.count():,} chunks are there", flush=True)
        hits, times = asked(searchers, chosen)
    counts = {size: chosen.counts(of) for size, of in hits.items()}
    rows = {size: _row(counts, size, times) for size in searchers}
    return {"rows": len(chosen.rows), "cosine_to_real": distractors.cosine_to_real, "sizes": rows}


def _row(counts: Mapping[int, Any], size: int, times: Mapping[int, Sequence[float]]) -> dict[str, Any]:
    smallest = min(counts)
    row: dict[str, Any] = {
        f.name: [f.value, f.low, f.high] for f in figures(counts[size], {name: SEARCH_MEASURES[name] for name in SHOWN})
    }
    lost = difference(counts[smallest], counts[size], SEARCH_MEASURES["MRR@10"])
    row["MRR@10 to the smallest"] = [lost.value, lost.low, lost.high]
    row["median_ms"] = statistics.median(times[size])
    row["p95_ms"] = statistics.quantiles(times[size], n=20, method="inclusive")[-1]
    row["median_to_the_smallest"] = row["median_ms"] / statistics.median(times[smallest])
    return row


def main() -> None:
    """Measure the sets that are asked for and print a line for each size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", type=Path, help="the folder with the labelled sets")
    parser.add_argument("--set", choices=["papers", "qa"], action="append", help="only this set")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--keep", action="store_true", help="write benchmarks/results/search_scale.json")
    given = parser.parse_args()
    measurement, kept = Measurement("search_scale", COMMAND), {}
    for name in given.set or ["papers", "qa"]:
        chosen = labelled(given.sets, name)
        with tempfile.TemporaryDirectory() as alone:
            source = given.sets.parent / "corpus"
            if name == "papers":
                source = Path(alone)
                shutil.copy(given.sets / "papers" / "papers.csv", source)
            kept[name] = measured(chosen, source, given.sizes)
        print(name, f"cosine of a distractor's vector to the model's: {kept[name]['cosine_to_real']:.3f}")
        for size, row in kept[name]["sizes"].items():
            print(name, size, row, flush=True)
    if given.keep:
        print(measurement.keep(kept))


if __name__ == "__main__":
    main()
