"""Measures the API under 1 to 200 chats at once, beside the bare model server that it asks, in one run.

    python -m benchmarks.load [--chats 1 10 25 50 100 150 200] [--seconds 30] [--keep]

Locust runs the chats from a process of its own: each asks `/v1/chat/completions`, reads the stream to its end and asks
again; they come evenly over ten seconds, and chats that end when all are there count. The model server says 15 tokens a
second, 150 in all. For each number of chats the bare server is measured first, then Lectern in
front of it: so a ratio compares two neighbouring minutes. First token: from the question to the line that brings the
model's first word. All processes share the machine's cores; CPU is in cores, over the whole run.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.peers import SCRIPTS, VENVS, python_of
from benchmarks.results import Measurement
from benchmarks.web import cpu_seconds, free_port, process, wait_for
from tests.chat_server import run
from tests.conftest import REPOSITORY

COMMAND = "python -m benchmarks.load --keep"
OVER_S, SETTLED_S, REST_S = 10, 15, 3
TOKENS = 150
UNLIMITED = "turns_a_minute=none turns_at_once=none all_at_once=none queue=1000"


@contextmanager
def servers() -> Iterator[dict[str, tuple[str, dict[str, int]]]]:
    """Run the model server, and Lectern over the sample course; give the address and the processes of each."""
    with tempfile.TemporaryDirectory() as folder, process("benchmarks.paced_server", str(TOKENS)) as model:
        home, port = Path(folder) / "home", free_port()
        run(home, "ingest", str(REPOSITORY / "ingest" / "sample"))
        assert model.stdout is not None
        url = model.stdout.readline().strip()
        how = {"LECTERN_HOME": str(home), "OPENAI_BASE_URL": url, "LECTERN_MODEL": "m", "LECTERN_LIMITS": UNLIMITED}
        with process("ui", "ui", "--port", str(port), **how) as ours:
            address = f"http://127.0.0.1:{port}/v1"
            asyncio.run(wait_for(address))
            yield {
                "model server": (url, {"model": model.pid}),
                "Lectern": (address, {"model": model.pid, "app": ours.pid}),
            }


def drive(python: Path, address: str, chats: int, seconds: float) -> dict[str, Any]:
    """Let locust hold so many chats at once; give what it wrote."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "measured.json"
        command = [
            str(python), "-m", "locust", "-f", str(SCRIPTS / "locust_driver.py"), "--headless", "--only-summary",
            "--users", str(chats), "--spawn-rate", str(max(1.0, chats / OVER_S)), "--host", address,
            "--run-time", f"{round(SETTLED_S + seconds)}s", "--exit-code-on-error", "0",
        ]  # fmt: skip
        done = subprocess.run(
            command, env={**os.environ, "MEASURED": str(file)}, capture_output=True, text=True, check=False
        )
        if not file.is_file():
            raise RuntimeError(done.stderr[-2000:])
        found: dict[str, Any] = json.loads(file.read_text())
        return found


def figures(chats: Sequence[Mapping[str, Any]], seconds: float) -> dict[str, Any]:
    """Give throughput, the first token's and the whole chat's percentiles, and errors, after all have come."""
    settled = [c for c in chats if c["ended_s"] >= SETTLED_S]
    fine = [c for c in settled if c["fine"]]
    row: dict[str, Any] = {"chats_per_s": len(fine) / seconds, "ended": len(chats), "errors": _errors(chats)}
    firsts = [c["first_s"] for c in fine]
    wholes = [c["ended_s"] - c["begun_s"] for c in fine]
    for name, values in (("first_token", firsts), ("whole", wholes)):
        row |= {f"{name}_p50_s": _quantile(values, 50), f"{name}_p95_s": _quantile(values, 95)}
    return row


def _errors(chats: Sequence[Mapping[str, Any]]) -> int:
    return sum(not c["fine"] for c in chats)


def _quantile(values: Sequence[float], percent: int) -> float | None:
    if len(values) < 2:
        return values[0] if values else None
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def measured(python: Path, known: tuple[str, dict[str, int]], chats: int, seconds: float) -> dict[str, Any]:
    """Measure one server with so many chats, with what each process took of the cores."""
    address, pids = known
    before, begun = {name: cpu_seconds(pid) for name, pid in pids.items()}, time.perf_counter()
    found = drive(python, address, chats, seconds)
    took = time.perf_counter() - begun
    cores = {f"{name}_cores": (cpu_seconds(pid) - before[name]) / took for name, pid in pids.items()}
    load = {"load_average": os.getloadavg()[0]}
    return {"chats": chats} | figures(found["chats"], seconds) | cores | {"driver_cores": found["cpu_s"] / took} | load


def main() -> None:
    """Measure each number of chats and print a line for each server."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chats", type=int, nargs="+", default=[1, 10, 25, 50, 100, 150, 200])
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--venvs", type=Path, default=VENVS, help="where locust is installed")
    parser.add_argument("--keep", action="store_true", help="write benchmarks/results/load.json")
    given = parser.parse_args()
    python, measurement = python_of("locust", given.venvs), Measurement("load", COMMAND)
    rows: dict[str, list[dict[str, Any]]] = {"model server": [], "Lectern": []}
    with servers() as known:
        for server in known.values():
            drive(python, server[0], 2, -10)  # warm
        for chats in given.chats:
            for name, server in known.items():
                rows[name].append(measured(python, server, chats, given.seconds))
                print(name, json.dumps(rows[name][-1]), flush=True)
                time.sleep(REST_S)
    if given.keep:
        print(measurement.keep(rows, {"locust": _locust_version(python)}))


def _locust_version(python: Path) -> str:
    asked = "import importlib.metadata as m; print(m.version('locust'))"
    return subprocess.run([python, "-c", asked], capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    main()
