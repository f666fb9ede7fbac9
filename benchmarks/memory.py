"""Measures the memory of the server over 20,000 turns of the chat page, an hour of chats at full speed.

    python -m benchmarks.memory [--turns 20000] [--at-once 4] [--keep]

Visitors come one after the other, each with a page, a cookie and a conversation of five turns of its own, and go
again; they speak Gradio's protocol as a browser does. The model answers at once in 20 tokens, so that time passes
quickly: what a turn leaves behind is the same. Resident memory is read from the kernel; the first tenth is warm-up.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx

from benchmarks.load import UNLIMITED
from benchmarks.results import Measurement
from benchmarks.web import LIMITS, free_port, process, wait_for
from tests.chat_server import run
from tests.conftest import REPOSITORY

COMMAND = "python -m benchmarks.memory --keep"
A_CONVERSATION = 5
TOKENS, PER_SECOND = 20, 100_000
QUESTIONS = (
    "What is ReAct and when would I use it?",
    "How many examples should a few-shot prompt have?",
    "How do I compare two prompts fairly?",
    "When is fine-tuning worth it?",
    "Who won the 1998 final?",
)


def resident_mb(pid: int) -> float:
    """Give the resident memory of a process, in MB of 10^6 bytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


async def events_of(address: str) -> list[int]:
    """Give the events of a turn: asking, and what the page fires after it."""
    async with httpx.AsyncClient(timeout=60) as client:
        known = (await client.get(f"{address}/config")).json()["dependencies"]
    found = [next(d["id"] for d in known if d["api_name"] == "ask")]
    while after := [d["id"] for d in known if d["trigger_after"] == found[-1]]:
        found += after[:1]
    return found


async def fire(client: httpx.AsyncClient, event: int, given: Sequence[Any], session: str) -> list[Any]:
    """Fire an event of a page, and give what it changed at its end."""
    body = {"data": given, "event_data": None, "fn_index": event, "session_hash": session}
    (await client.post("/gradio_api/queue/join", json=body)).raise_for_status()
    async with client.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as lines:
        async for line in lines.aiter_lines():
            if '"process_completed"' in line:
                told = json.loads(line.removeprefix("data:"))
                if not told["success"]:
                    raise RuntimeError(line[:500])
                return list(told["output"].get("data") or [])
    raise RuntimeError("The server ended the stream before the event was over.")


async def visit(address: str, events: Sequence[int], turns: int) -> None:
    """Come as a new visitor, hold a conversation of so many turns, and go."""
    asking, following, finishing = events
    session, conversation = uuid.uuid4().hex[:10], ""
    async with httpx.AsyncClient(base_url=address, timeout=600, limits=LIMITS) as client:
        (await client.get("/")).raise_for_status()
        for n in range(turns):
            begun = await fire(client, asking, [QUESTIONS[n % len(QUESTIONS)], "Course only", conversation], session)
            conversation = next(v for v in begun if isinstance(v, str) and len(v) == 32)
            ended = await fire(client, following, [conversation], session)
            await fire(client, finishing, [conversation, ended[-1] if ended else "over"], session)


async def visits(address: str, turns: int, at_once: int) -> Any:
    """Let visitors come, so many at once, until so many turns are over; give the number of turns now and then."""
    events, waiting, done = await events_of(address), set[asyncio.Task[None]](), 0
    begun = 0
    while done < turns:
        while len(waiting) < at_once and begun < turns:
            waiting.add(asyncio.create_task(visit(address, events, A_CONVERSATION)))
            begun += A_CONVERSATION
        ended, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in ended:
            task.result()
        done += A_CONVERSATION * len(ended)
        yield done


def figures(read: Sequence[tuple[int, float]], turns: int) -> dict[str, Any]:
    """Give memory after the warm-up, at the end and at most, and the slope between, in MB per 1,000 turns."""
    after = [(n, mb) for n, mb in read if n >= turns / 10]
    warm, most, end = after[0][1], max(mb for _, mb in after), after[-1][1]
    slope = (end - warm) / max(1, after[-1][0] - after[0][0]) * 1000
    return {"turns": turns, "warm_mb": warm, "end_mb": end, "most_mb": most, "most_to_warm": most / warm,
            "mb_per_1000_turns": slope, "read": [[n, round(mb, 1)] for n, mb in read]}  # fmt: skip


def servers() -> Iterator[tuple[str, int]]:
    """Run the model server and Lectern over the sample course; give its address and process."""
    with (
        tempfile.TemporaryDirectory() as folder,
        process("benchmarks.paced_server", str(TOKENS), str(PER_SECOND)) as model,
    ):
        home, port = Path(folder) / "home", free_port()
        run(home, "ingest", str(REPOSITORY / "ingest" / "sample"))
        assert model.stdout is not None
        url = model.stdout.readline().strip()
        how = {"LECTERN_HOME": str(home), "OPENAI_BASE_URL": url, "LECTERN_MODEL": "m", "LECTERN_LIMITS": UNLIMITED}
        with process("ui", "ui", "--port", str(port), **how) as ours:
            asyncio.run(wait_for(f"http://127.0.0.1:{port}"))
            yield f"http://127.0.0.1:{port}", ours.pid


async def _measure(address: str, pid: int, turns: int, at_once: int) -> list[tuple[int, float]]:
    read, every, begun = [(0, resident_mb(pid))], max(1, turns // 80), time.monotonic()
    async for done in visits(address, turns, at_once):
        if done >= read[-1][0] + every:
            read.append((done, resident_mb(pid)))
            print(f"{done} turns, {read[-1][1]:.1f} MB, {done / (time.monotonic() - begun):.1f} a second", flush=True)
    return [*read, (turns, resident_mb(pid))]


def main() -> None:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=20_000)
    parser.add_argument("--at-once", type=int, default=4)
    parser.add_argument("--keep", action="store_true", help="write benchmarks/results/memory.json")
    given = parser.parse_args()
    measurement = Measurement("memory", COMMAND)
    for address, pid in servers():
        found = figures(asyncio.run(_measure(address, pid, given.turns, given.at_once)), given.turns)
    print(json.dumps({k: v for k, v in found.items() if k != "read"}))
    if given.keep:
        print(measurement.keep(found))


if __name__ == "__main__":
    main()
