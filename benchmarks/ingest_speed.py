"""Measures ingesting a folder and a warm search against what people would pick instead, in one run.

    python -m benchmarks.ingest_speed ../shared [--peers NAME ...] [--repeat 2] [--keep]

The folder holds corpus/ and eval/. Each side starts with an empty index, in a process of its own, with nothing else of
ours running; the sides take turns, and the median of the rounds counts. The time of a peer begins after its imports.
LlamaIndex has MiniLM on torch; the others ask our own MiniLM over loopback, whose CPU and memory are not theirs.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.peers import PEERS, ROOT, VENVS, embeddings, run_peer
from benchmarks.results import Measurement

COMMAND = "python -m benchmarks.ingest_speed ../shared --repeat {} --keep"


def ours(folder: str, questions: str | None) -> dict[str, Any]:
    """Ingest a folder into an empty home as `lectern ingest` does, again with nothing changed, then ask."""
    start, cpu = time.perf_counter(), time.process_time()
    from index_store.minilm import MiniLM

    clock = _ForwardClock(MiniLM)
    from ingest.receipts import Receipt
    from ui import wiring

    environment = wiring.read_environment()
    with wiring.open_library(environment, write=True) as library:
        receipts = [e for e in library.pipeline.ingest(library.sources([folder])) if isinstance(e, Receipt)]
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu
    forward, pieces = clock.seconds, clock.pieces
    start = time.perf_counter()
    with wiring.open_library(environment, write=True) as library:
        list(library.pipeline.ingest(library.sources([folder])))
    again = time.perf_counter() - start
    return {
        "files": len(receipts),
        "chunks": sum(r.chunks for r in receipts),
        "word_pieces": pieces,
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "forward_seconds": forward,
        "other_seconds": seconds - forward,
        "again_seconds": again,
        "again_embedded": clock.pieces - pieces,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "query_ms": _queries(environment, questions),
    }


class _ForwardClock:
    """Adds up the time in which at least one text is inside the model's forward pass, and the word pieces it reads."""

    def __init__(self, model: Any) -> None:
        self.seconds, self.pieces = 0.0, 0
        self._inside, self._since, self._lock = 0, 0.0, threading.Lock()
        load = model.load
        model.load = lambda this, threads=1: _Timed(load(this, threads), self)

    def enter(self) -> None:
        with self._lock:
            if not self._inside:
                self._since = time.perf_counter()
            self._inside += 1

    def leave(self, pieces: int) -> None:
        with self._lock:
            self._inside -= 1
            self.pieces += pieces
            if not self._inside:
                self.seconds += time.perf_counter() - self._since


class _Timed:
    """A session whose runs are timed."""

    def __init__(self, session: Any, clock: _ForwardClock) -> None:
        self._session, self._clock = session, clock

    def run(self, names: Any, inputs: Any) -> Any:
        self._clock.enter()
        try:
            return self._session.run(names, inputs)
        finally:
            self._clock.leave(inputs["input_ids"].size)


def _queries(environment: Any, questions: str | None) -> list[float]:
    if questions is None:
        return []
    from ui import wiring

    asked = [json.loads(line)["question"] for line in Path(questions).read_text(encoding="utf-8").splitlines()]
    times = []
    with wiring.open_search(environment) as searcher:
        searcher.search(asked[0])
        for question in asked:
            start = time.perf_counter()
            searcher.search(question)
            times.append((time.perf_counter() - start) * 1000)
    return times


def _ours(folder: Path, questions: Path, home: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.ingest_speed", str(folder), "--ours", str(questions)]
    environment = {**os.environ, "LECTERN_HOME": str(home)}
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True, text=True)
    row: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return row


def one_round(folder: Path, questions: Path, given: argparse.Namespace, versions: dict[str, str]) -> list[Any]:
    """Let each side ingest and search once; of those that share an ingest, the first way to search counts."""
    with tempfile.TemporaryDirectory() as temporary, embeddings() as address:
        rows = [{"name": "Lectern", **_ours(folder, questions, Path(temporary) / "home")}]
        for name in given.peers:
            result = run_peer(name, folder, questions, address, Path(temporary) / name, given.venvs)
            versions |= result["versions"]
            rows.append(result["contestants"][0])
    return [{key: value for key, value in row.items() if key != "hits"} for row in rows]


def medians(rounds: Sequence[Sequence[dict[str, Any]]]) -> dict[str, dict[str, Any]]:
    """Give for each side the median of each figure, and the seconds of each round."""
    found = {}
    for rows in zip(*rounds, strict=True):
        figures: dict[str, Any] = {"rounds_seconds": [row["seconds"] for row in rows]}
        for key in rows[0].keys() - {"name", "query_ms"}:
            figures[key] = statistics.median(row[key] for row in rows)
        figures["query_ms"] = statistics.median(ms for row in rows for ms in row["query_ms"])
        found[rows[0]["name"]] = figures
    for figures in found.values():
        figures["lectern_to_this"] = {
            key: found["Lectern"][key] / figures[key]
            for key in ("seconds", "cpu_seconds", "query_ms", "peak_mb")
            if key in figures
        }
    return found


def main() -> None:
    """Run the sides in turns and print each one's figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shared", type=Path, help="the folder with corpus/ and eval/")
    parser.add_argument("--peers", nargs="*", choices=list(PEERS), default=list(PEERS))
    parser.add_argument("--venvs", type=Path, default=VENVS, help="where the peers are installed")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="write benchmarks/results/ingest_speed.json")
    parser.add_argument("--ours", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.ours:
        print(json.dumps(ours(str(given.shared), given.ours)))
        return
    measurement, versions = Measurement("ingest_speed", COMMAND.format(given.repeat)), dict[str, str]()
    corpus, questions = given.shared / "corpus", given.shared / "eval" / "qa" / "dev.jsonl"
    found = medians([one_round(corpus, questions, given, versions) for _ in range(given.repeat)])
    for name, figures in found.items():
        print(name, json.dumps(figures))
    if given.keep:
        print(measurement.keep(found, versions))


if __name__ == "__main__":
    main()
