"""Measures how long the review desk takes to open and to filter over many turns.

    python -m benchmarks.review [--turns 100000] [--json]

The turns are made up and written straight into the tables of a store of its own: one in ten refused, one in twenty
voted down, a few slow or failed, four in each conversation. Each figure is the median of five, of what one page of the
desk asks: the count and its first rows, of turns or of conversations; or what stands around the turn that is opened.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, get_args

from sqlalchemy import insert

from assistant.tracing.conversation_reader import ConversationReader
from assistant.tracing.orders import Order
from assistant.tracing.queries import Filter, TraceReader
from assistant.tracing.store import TraceStore
from assistant.tracing.tables import conversations, feedback, traces
from ui.review_list import A_PAGE, FILTERS

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
A_CONVERSATION = 4
ROUNDS = 5


def fill(store: TraceStore, count: int) -> None:
    """Write so many made-up turns."""
    draw, began = random.Random(1), time.time()
    for at in range(0, count, BATCH):
        rows = [_turn(draw, began - n * 30, n) for n in range(at, min(at + BATCH, count))]
        votes = [{"trace_id": r["id"], "vote": "down", "created_at": began} for r in rows if draw.random() < 0.05]
        own = dict.fromkeys(r["conversation_id"] for r in rows)
        made = [{"id": conversation, "face": "web", "created_at": began} for conversation in own]
        store.write(lambda c, made=made, rows=rows, votes=votes: _write(c, made, rows, votes))  # type: ignore[misc]


def _write(connection: Any, made: list[Any], rows: list[Any], votes: list[Any]) -> None:
    connection.execute(insert(conversations), made)
    connection.execute(insert(traces), rows)
    connection.execute(insert(feedback), votes)


def _turn(draw: random.Random, at: float, n: int) -> dict[str, Any]:
    question = f"What about {' '.join(draw.choices(WORDS, k=8))}?"
    answer = " ".join(draw.choices(WORDS, k=80))
    status = draw.choices(["ok", "refused", "error"], [88, 10, 2])[0]
    return {
        "id": uuid.uuid4().hex, "conversation_id": f"c{n // A_CONVERSATION}",
        "kind": "ask", "face": "web", "owner": "o", "status": status,
        "started_at": at, "ended_at": at + draw.expovariate(0.5), "question": question, "answer": answer,
        "search_text": f"{question} {answer}".casefold(), "mode": "quoting", "provider": "lectern", "model": "m",
        "support": draw.random(), "price_usd": None,
    }  # fmt: skip


def measured(store: TraceStore) -> dict[str, float]:
    """Give the milliseconds of opening the desk, of each filter and order, and of a search for words."""
    asked: dict[str, tuple[Filter, Order]] = {name: (Filter(**given), "newest") for name, given in FILTERS.items()}
    asked |= {order: (Filter(), order) for order in get_args(Order)}
    asked["words that stand in few"] = (Filter(text="agent agent agent"), "newest")
    reader, talks = TraceReader(store.engine), ConversationReader(store.engine)
    found = {}
    for name, (wanted, order) in asked.items():
        found[name] = _median(partial(_turns, reader, wanted, order))
        found[f"{name}, conversations"] = _median(partial(talks.page, wanted, A_PAGE, 1, order))
    one = reader.get(reader.find(limit=1)[0]["id"])
    found["around a turn"] = _median(lambda: talks.around(one))
    return found


def _turns(reader: TraceReader, wanted: Filter, order: Order) -> None:
    reader.count(wanted)
    reader.find(wanted, A_PAGE, 0, order)


def _median(asks: Callable[[], object]) -> float:
    took = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        asks()
        took.append(time.perf_counter() - begun)
    return 1000 * statistics.median(took)


def main() -> None:
    """Measure, and print a line for each view."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = TraceStore(Path(folder))
        fill(store, given.turns)
        found = measured(store)
        store.close()
    print(json.dumps(found) if given.json else "\n".join(f"{name:<40}{ms:>8.0f} ms" for name, ms in found.items()))


if __name__ == "__main__":
    main()
