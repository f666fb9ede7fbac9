"""Measures a warm search, query embedded included, in an index of 5,000 and one of 100,000 chunks.

    python -m benchmarks.search_scale [--sizes 5000 100000] [--questions 60] [--json]

Chunks are four sentences drawn from the sample course each; their vectors lie around those of the sentences, as those
of real passages do. Real Chroma, tantivy and MiniLM; the questions of both sizes take turns, so that a busy moment
falls on both.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from index_store.chunks import Chunk
from index_store.index import Index
from index_store.locators import Locator
from index_store.manifest import Fingerprint
from index_store.minilm import MiniLM
from index_store.search import Searcher

ROOT = Path(__file__).resolve().parent.parent
BATCH = 5_000
DRAWN = 4  # sentences a chunk
NOISE = 0.4  # length of what is added to the mean of their unit vectors


def sentences() -> list[str]:
    """Give the prose of the sample course, a sentence or a line each."""
    lessons = sorted((ROOT / "ingest" / "sample").glob("*.md"))
    lines = [line for lesson in lessons for line in lesson.read_text("utf-8").splitlines()]
    return [s for line in lines for s in line.split(". ") if len(s.split()) > 5]


def questions(count: int) -> list[str]:
    """Give as many of our own questions over the sample course."""
    rows = (ROOT / "tests" / "data" / "sample_questions.jsonl").read_text("utf-8").splitlines()
    return [json.loads(row)["question"] for row in rows[:count]]


def build(home: Path, size: int, said: Sequence[str], vectors: np.ndarray) -> Index:
    """Write an index of so many chunks."""
    draw, noise = random.Random(size), np.random.default_rng(size)
    index = Index.open(home, Fingerprint("scale", vectors.shape[1], 128, "1"), create=True)
    for at in range(0, size, BATCH):
        picked = [draw.choices(range(len(said)), k=DRAWN) for _ in range(at, min(at + BATCH, size))]
        chunks = [_chunk(at + n, " ".join(said[i] for i in four)) for n, four in enumerate(picked)]
        mean = np.array([vectors[four].mean(axis=0) for four in picked])
        away = noise.normal(size=mean.shape)
        mean += NOISE * away / np.linalg.norm(away, axis=1, keepdims=True)
        index.upsert(chunks, (mean / np.linalg.norm(mean, axis=1, keepdims=True)).astype(np.float32))
    index.commit()
    return index


def _chunk(number: int, text: str) -> Chunk:
    path, ordinal = f"part-{number // 100}.md", number % 100
    return Chunk(text, text, 0, Locator(lines=(number + 1, number + 4)), "scale", path, "Scale", "prose", path, ordinal)


def main() -> None:
    """Build each size, then ask all in turns and print the median time of each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[5_000, 100_000])
    parser.add_argument("--questions", type=int, default=60)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    embedder, said = MiniLM(), sentences()
    vectors, asked = embedder.embed_texts(said), questions(given.questions)
    with ExitStack() as stack:
        searchers = {}
        for size in given.sizes:
            home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            searchers[size] = Searcher(build(home, size, said, vectors), embedder)
        times: dict[int, list[float]] = {size: [] for size in given.sizes}
        for question in [*asked[:5], *asked]:
            for size, searcher in searchers.items():
                start = time.perf_counter()
                searcher.search(question)
                times[size].append((time.perf_counter() - start) * 1000)
    medians = {size: statistics.median(ms[5:]) for size, ms in times.items()}  # the first five warm it up
    if given.json:
        print(json.dumps(medians))
        return
    for size, ms in medians.items():
        print(f"{size:,} chunks: {ms:.1f} ms a search, {ms / medians[given.sizes[0]]:.2f} of the smallest")


if __name__ == "__main__":
    main()
