"""Measures how long the review desk takes to open and to filter over many turns.

    python -m benchmarks.review [--turns 100000] [--json]

The turns are made up and written straight into the tables of a store of its own: one in ten refused, one in twenty
voted down, a few slow or failed. Each figure is the median of five, of what one page of the desk asks: the count and
the first 25 rows.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from assistant.tracing.queries import Filter, TraceReader
from assistant.tracing.store import TraceStore
from assistant.tracing.tables import conversations, feedback, traces
from ui.review_page import A_PAGE, FILTERS

WORDS = [
    "how",
    "should",
    "a",
    "prompt",
    "model",
    "answer",
    "retrieve",
    "rank",
    "fine",
    "tune",
    "evaluate",
    "chain",
    "thought",
    "agent",
    "tool",
    "cost",
    "token",
]
BATCH = 5_000
ROUNDS = 5


def fill(store: TraceStore, count: int) -> None:
    """Write so many made-up turns."""
    draw, began = random.Random(1), time.time()
    for at in range(0, count, BATCH):
        rows = [_turn(draw, began - n * 30) for n in range(at, min(at + BATCH, count))]
        votes = [{"trace_id": r["id"], "vote": "down", "created_at": began} for r in rows if draw.random() < 0.05]
        made = [{"id": r["conversation_id"], "face": "web", "created_at": began} for r in rows]
        store.write(lambda c, made=made, rows=rows, votes=votes: _write(c, made, rows, votes))  # type: ignore[misc]


def _write(connection: Any, made: list[Any], rows: list[Any], votes: list[Any]) -> None:
    connection.execute(insert(conversations), made)
    connection.execute(insert(traces), rows)
    connection.execute(insert(feedback), votes)


def _turn(draw: random.Random, at: float) -> dict[str, Any]:
    question = f"What about {' '.join(draw.choices(WORDS, k=8))}?"
    answer = " ".join(draw.choices(WORDS, k=80))
    status = draw.choices(["ok", "refused", "error"], [88, 10, 2])[0]
    own = uuid.uuid4().hex
    return {
        "id": own, "conversation_id": own, "kind": "ask", "face": "web", "owner": "o", "status": status,
        "started_at": at, "ended_at": at + draw.expovariate(0.5), "question": question, "answer": answer,
        "search_text": f"{question} {answer}".casefold(), "mode": "quoting", "provider": "lectern", "model": "m",
        "support": draw.random(), "price_usd": None,
    }  # fmt: skip


def measured(reader: TraceReader) -> dict[str, float]:
    """Give the milliseconds of opening the desk, of each filter, of the worst first, and of a search for words."""
    asked: dict[str, tuple[Filter, Any]] = {name: (Filter(**given), "newest") for name, given in FILTERS.items()}
    asked["worst first"] = (Filter(), "worst")
    asked["words that stand in few"] = (Filter(text="agent agent agent"), "newest")
    found = {}
    for name, (wanted, order) in asked.items():
        took = []
        for _ in range(ROUNDS):
            begun = time.perf_counter()
            reader.count(wanted)
            reader.find(wanted, A_PAGE, 0, order)
            took.append(time.perf_counter() - begun)
        found[name] = 1000 * statistics.median(took)
    return found


def main() -> None:
    """Measure, and print a line for each view."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = TraceStore(Path(folder))
        fill(store, given.turns)
        found = measured(TraceReader(store.engine))
        store.close()
    print(json.dumps(found) if given.json else "\n".join(f"{name:<26}{ms:>8.0f} ms" for name, ms in found.items()))


if __name__ == "__main__":
    main()
