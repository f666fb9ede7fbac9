"""Measures the chat page under load, beside a plain Gradio program on the same model server in the same run.

    python -m benchmarks.web [--chats 50] [--over 10] [--tokens 150] [--steps 50,100,150,200] [--json]

Each chat is a visitor of its own that speaks Gradio's protocol as a browser does: it joins the queue and reads the
events. First token: from the question to the event that brings the model's first word; the model says 15 tokens a
second, so its own first token takes 67 ms of that. Model server, the two programs and the driver are processes of their
own, whose CPU seconds are told apart. One program is measured after the other, each on an otherwise idle machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from benchmarks.paced_server import FIRST
from tests.chat_server import run
from tests.conftest import REPOSITORY

QUESTION = "What is ReAct and when would I use it?"
LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=None)


@dataclass(frozen=True)
class Chat:
    """One chat: seconds to its first token and to its end, whether it came to a good end."""

    first_s: float
    whole_s: float
    fine: bool


def free_port() -> int:
    """Give a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def process(*command: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """Run a program until the end of the block."""
    values = {**os.environ, "GRADIO_ANALYTICS_ENABLED": "False", **environment}
    started = subprocess.Popen(
        [sys.executable, "-m", *command], cwd=REPOSITORY, env=values, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield started
    finally:
        started.terminate()
        started.wait(30)


def cpu_seconds(pid: int) -> float:
    """Give the CPU time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def wait_for(address: str) -> None:
    """Wait until a program answers."""
    async with httpx.AsyncClient() as client:
        for _ in range(3_000):
            try:
                await client.get(address)
            except httpx.TransportError:
                await asyncio.sleep(0.1)
            else:
                return
    raise RuntimeError(f"{address} does not answer")


async def chat(address: str, given: list[Any], events: list[int]) -> Chat:
    """Hold one chat as a visitor of its own: the event that begins it, and those that the page fires after it."""
    session = uuid.uuid4().hex[:10]
    async with httpx.AsyncClient(base_url=address, timeout=600, limits=LIMITS) as client:
        await client.get("/")
        begun, first, fine = time.perf_counter(), 0.0, True
        for fn_index in events:
            body = {"data": given, "event_data": None, "fn_index": fn_index, "session_hash": session}
            (await client.post("/gradio_api/queue/join", json=body)).raise_for_status()
            conversation = ""
            async with client.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as lines:
                async for line in lines.aiter_lines():
                    if not first and FIRST in line:
                        first = time.perf_counter() - begun
                    if '"process_completed"' in line:
                        message = json.loads(line.removeprefix("data:"))
                        fine = fine and bool(message["success"])
                        conversation = _conversation(message) or (given[0] if len(given) == 1 else "")
                        break
            given = [conversation] if fn_index == events[0] else [conversation, "over"]
        return Chat(first, time.perf_counter() - begun, fine and first > 0)


def _conversation(message: Any) -> str:
    """Give the id of the conversation that an event has begun."""
    data = message["output"].get("data") or []
    return next((v for v in data if isinstance(v, str) and len(v) == 32), "")


async def load(address: str, given: list[Any], count: int, over_s: float) -> tuple[float, list[Chat]]:
    """Begin so many chats evenly over some seconds; give the seconds to the end of the last, and all of them."""
    config = httpx.get(f"{address}/config", timeout=60).json()
    asking = next(d for d in config["dependencies"] if d["api_name"] == "ask")
    events = [asking["id"]]
    while after := [d["id"] for d in config["dependencies"] if d["trigger_after"] == events[-1]]:
        events += after[:1]

    async def later(n: int) -> Chat:
        await asyncio.sleep(n * over_s / count)
        return await chat(address, given, events)

    await chat(address, given, events)  # warm
    begun = time.perf_counter()
    chats = await asyncio.gather(*(later(n) for n in range(count)))
    return time.perf_counter() - begun, list(chats)


def figures(seconds: float, chats: Sequence[Chat]) -> dict[str, float]:
    """Give throughput and the first token's percentiles."""
    firsts = sorted(c.first_s for c in chats if c.fine) or [float("nan")]
    p95 = statistics.quantiles(firsts, n=20, method="inclusive")[-1] if len(firsts) > 1 else firsts[0]
    fine = sum(c.fine for c in chats)
    return {"chats_per_s": fine / seconds, "median_first_s": statistics.median(firsts), "p95_first_s": p95,
            "failed": len(chats) - fine}  # fmt: skip


def measured(address: str, pids: dict[str, int], given: list[Any], count: int, over_s: float) -> dict[str, float]:
    """Measure one program under load, with the CPU seconds of each process."""
    before = {name: cpu_seconds(pid) for name, pid in pids.items()}
    found = figures(*asyncio.run(load(address, given, count, over_s)))
    return found | {f"{name}_cpu_s": cpu_seconds(pid) - before[name] for name, pid in pids.items()}


@contextmanager
def programs(tokens: int) -> Iterator[dict[str, Any]]:
    """Run the model server and both programs; give for each of these its address, what it is given, and its process."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        run(home, "ingest", str(REPOSITORY / "ingest" / "sample"))
        port, plain_port = free_port(), free_port()
        with process("benchmarks.paced_server", str(tokens)) as model:
            assert model.stdout is not None
            url = model.stdout.readline().strip()
            how = {"LECTERN_HOME": str(home), "OPENAI_BASE_URL": url, "LECTERN_MODEL": "m"}
            with (
                process("ui", "ui", "--port", str(port), **how) as ours,
                process("benchmarks.plain_chat", url, str(plain_port)) as plain,
            ):
                addresses = {"lectern": f"http://127.0.0.1:{port}", "plain": f"http://127.0.0.1:{plain_port}"}
                for address in addresses.values():
                    asyncio.run(wait_for(address))
                yield {
                    "lectern": (addresses["lectern"], [QUESTION, "Course only", ""], ours.pid, model.pid),
                    "plain": (addresses["plain"], [QUESTION, []], plain.pid, model.pid),
                }
        shutil.rmtree(home, ignore_errors=True)


def main() -> None:
    """Measure, and print a line for each program and number of chats."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chats", type=int, default=50)
    parser.add_argument("--over", type=float, default=10.0)
    parser.add_argument("--tokens", type=int, default=150)
    parser.add_argument("--steps", default="", help="more numbers of chats to try ours with, as 100,150,200")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with programs(given.tokens) as known:
        rows = [_row(name, known[name], given.chats, given.over) for name in ("plain", "lectern")]
        for count in filter(None, given.steps.split(",")):
            rows.append(_row("lectern", known["lectern"], int(count), given.over))
    plain, ours = rows[:2]
    ratios = {name: ours[name] / plain[name] for name in ("chats_per_s", "median_first_s", "p95_first_s")}
    for row in [*rows, {"program": "lectern to plain", **ratios}]:
        print(json.dumps(row) if given.json else _line(row))


def _row(name: str, known: tuple[str, list[Any], int, int], count: int, over_s: float) -> dict[str, Any]:
    address, asked, own, model = known
    pids = {"app": own, "model": model, "driver": os.getpid()}
    return {"program": name, "chats": count, **measured(address, pids, asked, count, over_s)}


def _line(row: dict[str, Any]) -> str:
    return "  ".join(f"{k}={v:.3f}" if isinstance(v, float) else f"{k}={v}" for k, v in row.items())


if __name__ == "__main__":
    main()
