"""Measures MiniLM: opening, a query, bulk, memory; beside each a calibration loop, so that a busy machine shows.

    python -m benchmarks.embedding [--texts 200] [--rounds 5]

The calibration is the bare matrix products of one text of 230 tokens in numpy on one core: what no implementation in
float32 can do without. Figures of two machines, or of a quiet and a busy hour, compare as ratios to it.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from index_store.minilm import MiniLM

SAMPLE = Path(__file__).resolve().parent.parent / "ingest" / "sample"
QUESTION = "What is ReAct and when would I use it?"
TOKENS = 230


def calibrate() -> float:
    """Time the matrix products of six layers for one text of 230 tokens, in milliseconds."""
    import numpy as np

    x, wide = np.ones((TOKENS, 384), np.float32), np.ones((TOKENS, 1536), np.float32)
    square, up, down = (np.ones(shape, np.float32) for shape in ((384, 384), (384, 1536), (1536, 384)))
    start = time.perf_counter()
    for _ in range(6):
        for _ in range(4):
            x @ square
        x @ up
        wide @ down
    return (time.perf_counter() - start) * 1000


def windows(model: MiniLM, wanted: int) -> list[str]:
    """Cut the sample course into texts of some 230 tokens, over again until there are enough."""
    words = " ".join(path.read_text(encoding="utf-8") for path in sorted(SAMPLE.rglob("*.md"))).split()
    texts: list[str] = []
    at = 0
    while len(texts) < wanted:
        size = 60
        while size < 250 and model.count_tokens(" ".join(words[at : at + size])) < TOKENS:
            size += 5
        texts.append(" ".join(words[at : at + size]))
        at = at + size if at + 2 * size < len(words) else len(texts)
    return texts


def resident_mb() -> float:
    """The memory of this process now, in MB (Linux), else its peak."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def measure_opening() -> tuple[MiniLM, dict[str, float]]:
    """Open the model as a command would, the imports and the check of the weights included."""
    from index_store.minilm import MiniLM

    before, start = resident_mb(), time.perf_counter()
    model = MiniLM()
    model.embed_query("warm")
    return model, {"open_s": time.perf_counter() - start, "open_mb": resident_mb() - before}


def measure_round(model: MiniLM, texts: list[str]) -> dict[str, float]:
    """One round: calibration, queries, bulk by all cores, calibration again."""
    figures = {"calibration_ms": calibrate()}
    start = time.perf_counter()
    for _ in range(20):
        model.embed_query(QUESTION)
    figures["query_ms"] = (time.perf_counter() - start) / 20 * 1000
    start, cpu = time.perf_counter(), time.process_time()
    model.embed_texts(texts)
    figures["texts_per_s"] = len(texts) / (time.perf_counter() - start)
    figures["cpu_ms_per_text"] = (time.process_time() - cpu) / len(texts) * 1000
    figures["calibration_ms"] = (figures["calibration_ms"] + calibrate()) / 2
    figures["cpu_per_calibration"] = figures["cpu_ms_per_text"] / figures["calibration_ms"]
    return figures


def main() -> None:
    """Print one JSON object with the median of each figure, and the extremes of the calibration."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--texts", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    os.environ["OPENBLAS_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"  # before numpy is imported
    model, figures = measure_opening()
    texts = windows(model, arguments.texts)
    calibrate()
    rounds = [measure_round(model, texts) for _ in range(arguments.rounds)]
    for name in rounds[0]:
        figures[name] = statistics.median(found[name] for found in rounds)
    for name, extreme in (("calibration_least_ms", min), ("calibration_most_ms", max)):
        figures[name] = extreme(found["calibration_ms"] for found in rounds)
    figures["tokens_per_text"] = statistics.mean(len(model.token_ids(text)) for text in texts)
    figures["threads"], figures["texts"] = model.threads, len(texts)
    figures["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({name: round(value, 3) for name, value in figures.items()}, indent=1))


if __name__ == "__main__":
    main()
