"""Measures what keeping and delivering traces costs a turn, and how quickly they are found again.

    python -m benchmarks.tracing [--turns 500] [--traces 10000] [--json]

Recording: a turn of eight spans, begun and finished. Delivery: turns of an assistant over a scripted engine, taken in
turns with no sink, with one that accepts connections and never answers, and with one that refuses them; the interval of
the difference of medians is by bootstrap (Efron and Tibshirani, 1993). A bare SQLite commit beside them shows how busy
the machine is. An hour: 3,600 turns, one in each second of a clock that is ours, while a sink takes nothing and the
outbox grows; what the process holds (resident set, from /proc) after ten minutes, when its caches are full, and at the
end. Finding: a list of 50 and a search for words, over so many traces.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import resource
import socket
import sqlite3
import statistics
import tempfile
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import SecretStr

from assistant.conversation import Assistant
from assistant.query_engine import Outcome
from assistant.tracing.capture import span
from assistant.tracing.delivery import Worker, deliver_round, make_sinks
from assistant.tracing.outbox import Queue
from assistant.tracing.queries import Filter, TraceReader
from assistant.tracing.settings import TraceSettings
from assistant.tracing.store import TraceStore
from index_store.errors import SinkUnavailable
from tests import turns

PASSAGE = "A language model predicts the next token of a text, one after another, from what stands before it. " * 15


def milliseconds(work: Callable[[], object], rounds: int) -> list[float]:
    """Time a piece of work so often."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000)
    return times


def recording(folder: Path, rounds: int) -> dict[str, float]:
    """Time the keeping of a turn of eight spans, and a bare commit of SQLite beside it."""
    store = TraceStore(folder)
    bare = sqlite3.connect(folder / "bare.sqlite3", isolation_level=None)
    for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL", "CREATE TABLE t (x)"):
        bare.execute(statement)

    def turn() -> None:
        begun = turns.start()
        store.begin(begun)
        store.finish(begun, turns.end(), turns.steps())

    milliseconds(turn, 20)
    ours = milliseconds(turn, rounds)
    commit = milliseconds(lambda: bare.execute("INSERT INTO t VALUES (?)", (PASSAGE,)), rounds)
    store.close()
    bare.close()
    return {"turn_ms": statistics.median(ours), "bare_commit_ms": statistics.median(commit)}


class DownSink:
    """Takes nothing."""

    name = "comet"

    def send_trace(self, record: dict[str, Any]) -> None:
        """Refuse."""
        raise SinkUnavailable("Comet is down.")

    send_feedback = send_trace

    def abandon(self) -> None:
        """Nothing is under way."""

    def close(self) -> None:
        """Nothing is open."""


def hour(folder: Path) -> dict[str, float]:
    """Measure memory, in MB, over an hour of turns that cannot be delivered; and a claim at its end, in ms."""
    now = [turns.BEGAN]
    store = TraceStore(folder, TraceSettings(comet_api_key=SecretStr("k" * 25)), clock=lambda: now[0])
    queue, sink = Queue(store.engine, store.owner.name, lambda: now[0]), DownSink()
    held: list[float] = []
    for n in range(3_600):
        begun = turns.start(f"question {n} about models", at=now[0])
        store.begin(begun)
        store.finish(begun, turns.end(f"answer {n}. {PASSAGE}"), turns.steps())
        now[0] += 1
        if n % 5 == 0:
            deliver_round(queue, [sink])
        if n % 60 == 59:
            held.append(_resident_mb())
    now[0] += 3_600
    claim = milliseconds(lambda: queue.release(queue.claim("comet", 8)), 20)
    waiting = store.delivery_states()[0].pending
    store.close()
    return {
        "hour_waiting": waiting,
        "hour_after_10_min_mb": held[9],
        "hour_most_after_mb": max(held[10:]) - held[9],
        "hour_claim_ms": statistics.median(claim),
    }


def _resident_mb() -> float:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def finding(folder: Path, count: int) -> dict[str, float]:
    """Time a list and a search over so many traces."""
    store = TraceStore(folder)
    for n in range(count):
        begun = turns.start(f"question {n} about models", at=turns.BEGAN + n)
        store.begin(begun)
        store.finish(begun, turns.end(f"answer {n}. {PASSAGE}"), turns.steps())
    reader = TraceReader(store.engine)
    listed = milliseconds(lambda: reader.find(), 20)
    searched = milliseconds(lambda: reader.find(Filter(text="no such words anywhere")), 20)
    rare = milliseconds(lambda: reader.find(Filter(text=f"answer {count // 2}.")), 20)
    store.close()
    medians = map(statistics.median, (listed, searched, rare))
    return dict(zip(("list_ms", "search_none_ms", "search_one_ms"), medians, strict=True))


class ScriptedEngine:
    """Stands where the query engine stands: eight spans, fifty pieces, an answer."""

    async def stream(self, question: str, history: object = ()) -> AsyncGenerator[Any, None]:
        """Give the steps of a turn."""
        for n in range(8):
            with span("tool", f"step {n}", {"text": PASSAGE}) as step:
                await asyncio.sleep(0)
                step.outputs = {"text": PASSAGE}
        yield Outcome(found=False, text="said", citations=(), hits=())


@contextmanager
def assistant(folder: Path, url: str | None) -> Iterator[Assistant]:
    """Give an assistant that keeps its turns, and delivers them where an address is given."""
    key = None if url is None else SecretStr("k" * 25)
    store = TraceStore(folder, TraceSettings(comet_api_key=key, comet_url=url))
    worker = Worker(Queue(store.engine, store.owner.name), make_sinks(store.settings), poll_s=0.05)
    if url is not None:
        worker.start()
    yield Assistant(ScriptedEngine(), store)  # type: ignore[arg-type]
    if url is not None:
        worker.close(0.1)
    store.close()


def delivery(folder: Path, rounds: int) -> dict[str, Any]:
    """Time turns with no sink, one that hangs and one that refuses, in turns."""
    with ExitStack() as stack:
        hung = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=128))
        with socket.create_server(("127.0.0.1", 0)) as closed:
            refusing = closed.getsockname()[1]
        urls = {
            "no sink": None,
            "hung": f"http://127.0.0.1:{hung.getsockname()[1]}/",
            "refusing": f"http://127.0.0.1:{refusing}/",
        }
        asked = {name: stack.enter_context(assistant(folder / name, url)) for name, url in urls.items()}
        times = asyncio.run(_in_turns(asked, rounds))
    base = np.array(times["no sink"])
    found: dict[str, Any] = {"no_sink_ms": float(np.median(base))}
    draws = np.random.default_rng(0).integers(0, rounds, (2_000, rounds))
    for name in ("hung", "refusing"):
        other = np.array(times[name])
        gains = np.median(other[draws], axis=1) - np.median(base[draws], axis=1)
        found[f"{name}_more_ms"] = [
            float(np.median(other) - np.median(base)),
            *map(float, np.percentile(gains, [2.5, 97.5])),
        ]
    return found


async def _in_turns(asked: dict[str, Assistant], rounds: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in asked}
    for n in range(rounds + 20):
        for name, one in asked.items():
            start = time.perf_counter()
            async for _ in one.ask(f"question {n}"):
                pass
            times[name].append((time.perf_counter() - start) * 1000)
    return {name: taken[20:] for name, taken in times.items()}


def main() -> None:
    """Measure all four and print them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=500)
    parser.add_argument("--traces", type=int, default=10_000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        found: dict[str, Any] = {
            **recording(Path(home) / "record", given.turns),
            **hour(Path(home) / "hour"),
            **delivery(Path(home) / "deliver", given.turns),
            **finding(Path(home) / "find", given.traces),
        }
    if given.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        shown = f"{value[0]:+.3f} [{value[1]:+.3f}, {value[2]:+.3f}]" if isinstance(value, list) else f"{value:.3f}"
        print(f"{name}: {shown}")


if __name__ == "__main__":
    main()
