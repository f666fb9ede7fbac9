"""Measures how well search finds labelled passages: ours, its halves alone, and what people would pick instead.

    python -m benchmarks.search_quality ../shared/eval [--set papers|qa] [--peers NAME ...] [--misses] [--keep]

`papers`: each description must find its paper among those of papers/papers.csv, ingested alone. `qa`: each question
must find a passage that answers it, over ../corpus beside the labelled sets; a row with a history is asked as our
command line makes it stand alone, and all contestants get that same question. Each reads the files and splits them in
its own way, with the same embedding model; the halves of ours go through the same dropping of near-copies as the fused
search. A hit is right by the rule of the labelled sets (score_search.py there): what stands in its first 1,500
characters counts. Since that is hard on long chunks, "whole" gives R@5 where all of a chunk counts. Intervals are
paired bootstrap percentiles of the difference to ours.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.evaluation.datasets import Row, read_dataset
from assistant.evaluation.metrics import SEARCH_MEASURES, search_counts
from assistant.evaluation.statistics import difference, figures
from benchmarks.labelled import load_module
from benchmarks.peers import PEERS, VENVS, embeddings, run_peer
from benchmarks.results import Measurement

TOP_K = 10
HALVES = {"Lectern": None, "Lectern, dense half": 1.0, "Lectern, BM25 half": 0.0}
SHOWN = ("R@1", "R@5", "MRR@10", "nDCG@10")
COMMAND = "python -m benchmarks.search_quality ../shared/eval --keep"
Hits = Mapping[str, Sequence[Mapping[str, str]]]


@dataclass(frozen=True)
class Labelled:
    """One labelled set: its answerable rows, as they are asked, and the two rules by which hits are judged."""

    name: str
    rows: Sequence[Row]
    asked: Sequence[dict[str, str]]
    given: Sequence[dict[str, Any]]
    capped: Any
    whole: Any

    def counts(self, hits: Hits) -> list[Mapping[str, float]]:
        """Count each row of one contestant; our rule and that of the set's own scorer must agree."""
        found = []
        for row, given in zip(self.rows, self.given, strict=True):
            counts = search_counts(row, hits[row.id])
            right = [self.capped.right(h, given) for h in hits[row.id]]
            assert counts["reciprocal_rank"] == (1 / (right.index(True) + 1) if True in right else 0.0), row.id
            whole = any(self.whole.right(h, given) for h in hits[row.id][:5])
            found.append({**counts, "whole": float(whole)})
        return found


def labelled(sets: Path, name: str) -> Labelled:
    """Read a set; rows that nothing answers are left out."""
    from assistant.followup import stand_alone

    file = sets / name / "dev.jsonl"
    given = [r for r in map(json.loads, file.read_text("utf-8").splitlines()) if r.get("gold") or "abstract_start" in r]
    rows = {row.id: row for row in read_dataset(file, "search").rows}
    asked = [{"id": g["id"], "question": stand_alone(g["question"], g.get("history") or [])} for g in given]
    rules = [load_module(sets / "score_search.py", f"score_search_{n}") for n in ("capped", "whole")]
    rules[1].CAP = 10**9
    return Labelled(name, [rows[g["id"]] for g in given], asked, given, *rules)


def our_hits(home: Path, asked: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
    """Ask a home in each way; times are of warm searches."""
    from index_store.search import DENSE_WEIGHT, Searcher
    from ui import wiring

    found = []
    with wiring.open_search(wiring.read_environment({"LECTERN_HOME": str(home)})) as opened:
        for name, weight in HALVES.items():
            searcher = Searcher(opened.index, opened.embedder, dense_weight=DENSE_WEIGHT if weight is None else weight)
            searcher.search(asked[0]["question"], TOP_K)
            hits, times = {}, []
            for row in asked:
                start = time.perf_counter()
                passages = searcher.search(row["question"], TOP_K)
                times.append((time.perf_counter() - start) * 1000)
                hits[row["id"]] = [{"path": h.chunk.path, "text": h.chunk.context} for h in passages]
            found.append({"name": name, "chunks": opened.index.dense.count(), "query_ms": times, "hits": hits})
    return found


def ingest(home: Path, source: Path) -> float:
    """Ingest a folder into a home; give the seconds."""
    from ui import wiring

    start = time.perf_counter()
    with wiring.open_library(wiring.read_environment({"LECTERN_HOME": str(home)}), write=True) as library:
        for _ in library.pipeline.ingest(library.sources([str(source)])):
            pass
    return time.perf_counter() - start


def contestants(chosen: Labelled, source: Path, given: argparse.Namespace, versions: dict[str, str]) -> list[Any]:
    """Let all ingest and search, one after the other."""
    with tempfile.TemporaryDirectory() as temporary, embeddings() as address:
        folder = Path(temporary)
        home = Path(given.home) if given.home else folder / "home"
        seconds = None if given.home else ingest(home, source)
        found = [{**c, "seconds": seconds} for c in our_hits(home, chosen.asked)]
        questions = folder / "asked.jsonl"
        questions.write_text("".join(json.dumps(row) + "\n" for row in chosen.asked), "utf-8")
        for name in given.peers:
            result = run_peer(name, source, questions, address, folder / name, given.venvs)
            versions |= result["versions"]
            found += result["contestants"]
    return found


def summary(chosen: Labelled, contestant: Mapping[str, Any], ours: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    """Give a contestant's figures with their intervals, and how much ours differs."""
    counts = chosen.counts(contestant["hits"])
    measures = {**{name: SEARCH_MEASURES[name] for name in SHOWN}, "R@5 whole": lambda s: s["whole"] / s["n"]}
    row: dict[str, Any] = {f.name: [f.value, f.low, f.high] for f in figures(counts, measures)}
    for name in ("R@5", "MRR@10", "nDCG@10"):
        d = difference(counts, ours, SEARCH_MEASURES[name])
        row[f"ours minus this, {name}"] = [d.value, d.low, d.high]
    row["search_ms"] = statistics.median(contestant["query_ms"])
    return row | {name: contestant[name] for name in ("chunks", "seconds")}


def misses(chosen: Labelled, found: Sequence[Mapping[str, Any]]) -> None:
    """Print the rows that another contestant has among its first five and ours has not."""
    counts = {c["name"]: chosen.counts(c["hits"]) for c in found}
    for n, row in enumerate(chosen.rows):
        better = [name for name, of in counts.items() if of[n]["recall@5"] > counts["Lectern"][n]["recall@5"]]
        if better:
            print(f"miss {chosen.name} {row.id}: {', '.join(better)}: {chosen.asked[n]['question']}")


def main() -> None:
    """Measure the sets that are asked for and print a line for each contestant."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", type=Path, help="the folder with the labelled sets")
    parser.add_argument("--set", choices=["papers", "qa"], action="append", help="only this set")
    parser.add_argument("--home", help="a home that holds the set's material already")
    parser.add_argument("--peers", nargs="*", choices=list(PEERS), default=list(PEERS))
    parser.add_argument("--venvs", type=Path, default=VENVS, help="where the peers are installed")
    parser.add_argument("--misses", action="store_true", help="name the rows that another finds and ours does not")
    parser.add_argument("--keep", action="store_true", help="write benchmarks/results/search_quality.json")
    given = parser.parse_args()
    measurement, kept, versions = Measurement("search_quality", COMMAND), {}, dict[str, str]()
    for name in given.set or ["papers", "qa"]:
        chosen = labelled(given.sets, name)
        with tempfile.TemporaryDirectory() as alone:
            source = given.sets.parent / "corpus"
            if name == "papers":
                source = Path(alone)
                shutil.copy(given.sets / "papers" / "papers.csv", source)
            found = contestants(chosen, source, given, versions)
        ours = chosen.counts(found[0]["hits"])
        rows = {c["name"]: summary(chosen, c, ours) for c in found}
        kept[name] = {"rows": len(chosen.rows), "contestants": rows}
        for contestant, row in rows.items():
            print(f"{name:7}{contestant:24}", " ".join(_shown(key, value) for key, value in row.items()), flush=True)
        if given.misses:
            misses(chosen, found)
    if given.keep:
        print(measurement.keep(kept, versions))


def _shown(name: str, value: Any) -> str:
    if isinstance(value, list):
        return f"{name}={value[0]:.3f} [{value[1]:.3f}, {value[2]:.3f}]"
    return f"{name}={value:.1f}" if isinstance(value, float) else f"{name}={value}"


if __name__ == "__main__":
    main()
