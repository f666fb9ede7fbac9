"""Measures ingesting a folder and a warm search against LlamaIndex' own parts, in one run.

    python -m benchmarks.ingest_speed FOLDER --peer-python .venv-peer/bin/python [--questions FILE.jsonl]

The peer has a venv of its own, see benchmarks/peer/requirements.txt; without it only our figures are printed. Each side
starts with an empty index, in a process of its own, with nothing else running. `--json` gives the figures as one line.
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
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PEER = ROOT / "benchmarks" / "peer" / "llama_index_peer.py"


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


def _child(command: list[str], home: str) -> dict[str, Any]:
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "LECTERN_HOME": home}, stdout=subprocess.PIPE, check=True, text=True
    )
    row: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return row


def report(mine: dict[str, Any], peer: dict[str, Any] | None) -> None:
    """Print what was measured as lines of a Markdown table."""
    query = statistics.median(mine["query_ms"]) if mine["query_ms"] else float("nan")
    print("| figure | ours | peer | ratio |\n|---|---|---|---|")
    rows = [
        ("chunks", mine["chunks"], peer and peer["nodes"]),
        ("word pieces embedded", mine["word_pieces"], peer and peer["word_pieces"]),
        ("seconds in all", mine["seconds"], peer and peer["seconds"]),
        ("CPU seconds", mine["cpu_seconds"], peer and peer["cpu_seconds"]),
        ("seconds outside the forward pass, to the peer's total", mine["other_seconds"], peer and peer["seconds"]),
        ("ms per 1,000 word pieces", 1e6 * mine["seconds"] / mine["word_pieces"],
         peer and 1e6 * peer["seconds"] / peer["word_pieces"]),
        ("seconds again, nothing changed", mine["again_seconds"], None),
        ("peak memory, MB", mine["peak_mb"], peer and peer["peak_mb"]),
        ("ms a warm search, median", query, peer and statistics.median(peer["query_ms"] or [float("nan")])),
    ]  # fmt: skip
    for name, one, other in rows:
        print(
            f"| {name} | {one:,.1f} | {other:,.1f} | {one / other:.2f} |" if other else f"| {name} | {one:,.1f} | | |"
        )


def main() -> None:
    """Run both sides, the peer first."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--peer-python")
    parser.add_argument("--questions")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--ours", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    asked = [given.questions] if given.questions else []
    if given.ours:
        print(json.dumps(ours(given.folder, given.questions)))
        return
    with tempfile.TemporaryDirectory() as home:
        peer = None
        if given.peer_python:
            peer = _child([given.peer_python, str(PEER), given.folder, f"{home}/peer", *asked], home)
        extra = ["--questions", *asked] if asked else []
        mine = _child([sys.executable, "-m", "benchmarks.ingest_speed", given.folder, "--ours", *extra], f"{home}/ours")
    if given.json:
        print(json.dumps({"ours": mine, "peer": peer}))
    else:
        report(mine, peer)


if __name__ == "__main__":
    main()
