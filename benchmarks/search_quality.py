"""Measures how well search finds labelled passages: the dense half, the BM25 half, and the two fused, in one run.

    python -m benchmarks.search_quality ../shared/eval [--set papers|qa] [--home FOLDER] [--json]

`papers`: each description must find its paper among those of papers/papers.csv, ingested alone. `qa`: each question
must find a passage that answers it, over ../corpus beside the labelled sets; rows with a history are searched as the
command line does. Each set is ingested into a home of its own, or found ready under `--home` (one set then). Scored by
score_search.py of the labelled sets. The halves go through the same dropping of near-copies as the fused search.
Intervals are paired bootstrap percentiles (Efron and Tibshirani, 1993) of the difference to the fused search.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.labelled import load_module

TOP_K = 10
RESAMPLES = 10_000
METHODS = {"dense half": 1.0, "BM25 half": 0.0, "fused": None}
Row = dict[str, Any]


def ranks_of(home: Path, rows: Sequence[Row], right: Callable[[Row, Row], bool]) -> dict[str, list[int]]:
    """Give the rank of each row's first right hit by method; 0 where none is among the first ten."""
    from assistant.followup import stand_alone
    from index_store.search import DENSE_WEIGHT, Searcher
    from ui import wiring

    ranks: dict[str, list[int]] = {name: [] for name in METHODS}
    with wiring.open_search(wiring.read_environment({"LECTERN_HOME": str(home)})) as opened:
        for name, weight in METHODS.items():
            searcher = Searcher(opened.index, opened.embedder, dense_weight=DENSE_WEIGHT if weight is None else weight)
            for row in rows:
                hits = searcher.search(stand_alone(row["question"], row.get("history") or []), TOP_K)
                found = [right({"path": h.chunk.path, "text": h.chunk.context}, row) for h in hits]
                ranks[name].append(found.index(True) + 1 if True in found else 0)
    return ranks


def mrr(ranks: Sequence[int]) -> float:
    """Give the mean reciprocal rank; 0 stands for none found."""
    return sum(1 / r for r in ranks if r) / len(ranks)


def interval(ranks: Sequence[int], other: Sequence[int] | None = None) -> tuple[float, float]:
    """Give the 95 % interval of the mean reciprocal rank, or of its difference to another method's, by bootstrap."""
    gain = _reciprocal(ranks) if other is None else _reciprocal(ranks) - _reciprocal(other)
    draws = np.random.default_rng(0).integers(0, len(gain), (RESAMPLES, len(gain)))
    low, high = np.percentile(gain[draws].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)


def _reciprocal(ranks: Sequence[int]) -> np.ndarray:
    return np.array([1 / r if r else 0.0 for r in ranks])


def _summary(name: str, ranks: dict[str, list[int]]) -> Row:
    own, fused = ranks[name], ranks["fused"]
    found = {f"R@{k}": sum(0 < r <= k for r in own) / len(own) for k in (1, 5, 10)}
    low, high = interval(own)
    row: Row = {"method": name, "n": len(own), **found, "MRR@10": mrr(own), "MRR@10_interval": [low, high]}
    if name != "fused":
        row["fused_minus_this"] = [mrr(fused) - mrr(own), *interval(fused, own)]
    return row


def _ingest(home: str, source: Path) -> None:
    from ui import wiring

    with wiring.open_library(wiring.read_environment({"LECTERN_HOME": home}), write=True) as library:
        for _ in library.pipeline.ingest(library.sources([str(source)])):
            pass


def main() -> None:
    """Measure the sets that are asked for and print a line for each method."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", type=Path, help="the folder with the labelled sets")
    parser.add_argument("--set", choices=["papers", "qa"], action="append", help="only this set")
    parser.add_argument("--home", help="a home that holds the set's material already")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    right = load_module(arguments.sets / "score_search.py", "score_search").right
    sources = {"papers": arguments.sets / "papers" / "papers.csv", "qa": arguments.sets.parent / "corpus"}
    for name in arguments.set or ["papers", "qa"]:
        lines = (arguments.sets / name / "dev.jsonl").read_text("utf-8").splitlines()
        rows = [row for row in map(json.loads, lines) if row.get("gold") or "abstract_start" in row]
        with tempfile.TemporaryDirectory() as temporary:
            if not arguments.home:
                _ingest(temporary, sources[name])
            ranks = ranks_of(Path(arguments.home or temporary), rows, right)
        for method in METHODS:
            _print({"set": name, **_summary(method, ranks)}, as_json=arguments.json)


def _print(row: Row, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(row))
        return
    low, high = row["MRR@10_interval"]
    line = f"{row['set']:7}{row['method']:11} n={row['n']} R@1={row['R@1']:.3f} R@5={row['R@5']:.3f} "
    line += f"MRR@10={row['MRR@10']:.3f} [{low:.3f}, {high:.3f}]"
    if "fused_minus_this" in row:
        gain, low, high = row["fused_minus_this"]
        line += f"  fused is {gain:+.3f} [{low:+.3f}, {high:+.3f}]"
    print(line)


if __name__ == "__main__":
    main()
