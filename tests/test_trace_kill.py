"""A process that keeps and delivers turns, killed at any moment: what it had acknowledged is there and arrives."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from assistant.tracing.comet import CometSink
from assistant.tracing.delivery import deliver_round
from assistant.tracing.outbox import CLAIM_S, Queue
from assistant.tracing.queries import TraceReader
from assistant.tracing.settings import TraceSettings
from assistant.tracing.store import TraceStore
from tests.comet_server import Arrived, CometServer
from tests.comet_wire import LLM
from tests.conftest import REPOSITORY

MODES = ("fine", "slow", "500", "429", "item", "hung", "reset", "401")
TURNS_A_RUN = 100
CHILD = """
import sys, time
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from pydantic import SecretStr
from assistant.tracing.comet import CometSink
from assistant.tracing.delivery import Worker
from assistant.tracing.outbox import Queue
from assistant.tracing.settings import TraceSettings
from assistant.tracing.store import TraceStore
from tests import turns
settings = TraceSettings(comet_api_key=SecretStr(sys.argv[4]), comet_url=sys.argv[3])
store = TraceStore(Path(sys.argv[2]), settings)
store.abort_orphans()
Worker(Queue(store.engine, store.owner.name), [CometSink(settings, timeout_s=2.0)], poll_s=0.01).start()
print("ready", flush=True)
for n in range(int(sys.argv[5])):
    begun = turns.start(f"turn {n}")
    store.begin(begun)
    store.finish(begun, turns.end(f"answer {n}"), turns.steps())
    print(begun.trace_id, flush=True)
    time.sleep(0.002)
time.sleep(60)
"""


class CountingServer(CometServer):
    """Counts the traces that it kept without saying so."""

    untold = 0

    def keep(self, request: Arrived) -> None:
        super().keep(request)
        self.untold += self.mode == "reset" and request.path == LLM


def run_and_kill(home: Path, server: CometServer, chance: random.Random) -> set[str]:
    """Run the child, kill it, and give the ids that it had acknowledged."""
    arguments = [str(REPOSITORY), str(home), server.url, server.key, str(TURNS_A_RUN)]
    child = subprocess.Popen([sys.executable, "-c", CHILD, *arguments], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    lines: list[str] = []

    def read(stream: Iterator[str]) -> None:
        lines.extend(stream)

    reader = threading.Thread(target=read, args=(child.stdout,))
    reader.start()
    # The time of all its turns and of some of their delivery: kills fall on writing as well as on sending.
    time.sleep(chance.uniform(0.0, 1.5))
    os.kill(child.pid, signal.SIGKILL)
    child.wait(30)
    reader.join(30)
    child.stdout.close()
    return {line.strip() for line in lines if len(line.strip()) == 32}


def check_kills(home: Path, seeds: list[int]) -> None:
    with CountingServer() as server:
        acknowledged: set[str] = set()
        for n, seed in enumerate(seeds):
            server.mode = MODES[(n * 3) % len(MODES)]
            acknowledged |= run_and_kill(home, server, random.Random(seed))
        server.mode = "fine"
        settings = TraceSettings(comet_api_key=SecretStr(server.key), comet_url=server.url)
        store = TraceStore(home, settings)
        store.abort_orphans()
        kept = {row["id"]: row["status"] for row in TraceReader(store.engine).find(limit=100_000)}
        assert acknowledged
        assert acknowledged <= kept.keys()
        assert {kept[own] for own in acknowledged} == {"ok"}
        assert set(kept.values()) <= {"ok", "aborted"}

        queue = Queue(store.engine, "at the end", lambda: time.time() + 2 * CLAIM_S)  # the killed one's claims run out
        queue.revive()
        assert deliver_round(queue, [CometSink(settings)], all_now=True).problems == {}
        (state,) = store.delivery_states()
        assert (state.pending, state.dead) == (0, 0)
        store.close()
        arrived = Counter(server.stored)
        assert kept.keys() == arrived.keys()  # aborted turns too
        # An item comes twice if the kill fell between its arriving and its being noted, or if the server kept it and
        # did not say so.
        assert sum(count - 1 for count in arrived.values()) <= len(seeds) + server.untold
        # What a kill cut off in the middle of a request is no JSON; nothing else was wrong.
        cut_off = [request for request in server.arrived if request.body == "no JSON"]
        assert len(cut_off) <= len(seeds)
        assert [text for request in server.arrived if request not in cut_off for text in request.wrong] == []


def test_three_kills_lose_no_turn_and_deliver_no_stranger(tmp_path: Path) -> None:
    check_kills(tmp_path, [1, 2, 3])


@pytest.mark.faults
def test_twenty_kills_over_all_modes_lose_no_turn(tmp_path: Path) -> None:
    check_kills(tmp_path, list(range(20)))
