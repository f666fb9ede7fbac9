"""Measures what each layer of the running server costs a turn, in CPU time, and draws it as a flame graph.

    python -m benchmarks.layers [--turns 60] [--keep]

One turn after the other goes through the chat page, and then through `/v1/chat/completions`, of a server over the
sample course; py-spy looks into it 250 times a second, from outside. Threads that wait are left out. A sample belongs
to the layer of its innermost frame that has one: what pydantic does for Gradio counts as Gradio's. py-spy gives the
shares; what they are shares of is the CPU time of the process as the kernel counts it, over as many turns without
py-spy. The model server says 150 tokens, 300 a second, so that waiting is short.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from benchmarks.flame import draw, tree
from benchmarks.load import UNLIMITED
from benchmarks.peers import VENVS, python_of
from benchmarks.results import FOLDER, Measurement
from benchmarks.web import QUESTION, chat, cpu_seconds, free_port, process, wait_for
from tests.chat_server import run
from tests.conftest import REPOSITORY

COMMAND = "python -m benchmarks.layers --keep"
RATE, TOKENS, PER_SECOND = 250, 150, 300
LAYERS: Mapping[str, tuple[str, ...]] = {
    "embedding the question": ("index_store/minilm", "index_store/embeddings", "onnxruntime/", "tokenizers/"),
    "vectors (Chroma)": ("index_store/dense", "chromadb/"),
    "words (tantivy)": ("index_store/lexical", "tantivy/"),
    "fusion, near-copies": ("index_store/",),
    "keeping the trace (SQLite)": ("assistant/tracing/", "assistant/turn.py", "sqlalchemy/"),
    "asking the model (LlamaIndex, openai, httpx)": (
        "llama_index/",
        "core/",
        "openai/",
        "httpx/",
        "httpcore/",
        "h11/",
        "workflows/",
    ),
    "prompt, citations, checks": ("assistant/",),
    "page and API": ("ui/", "jinja2/", "markdown_it/"),
    "Gradio": ("gradio/",),
    "web server (uvicorn, Starlette)": ("uvicorn/", "starlette/", "fastapi/", "sse_starlette/"),
}
REST = "the rest"
WAITING = (
    "Condition.wait (",
    "_worker (concurrent/",
    "Runner.run (asyncio/",
    "select (",
    "wait (",
    "BaseEventLoop.run",
)
"""Innermost frames of threads that wait; uvloop's loop is one with its waiting, seen from Python."""
LOOP = re.compile(r"^.*;Runner\.run \(asyncio/runners\.py:\d+\);")
"""Starting the server, which all that its loop does stands under."""


def layer(stack: str) -> str:
    """Give the layer of a stack of frames, `name (file.py:line)` joined by `;`, the innermost last."""
    for frame in reversed(stack.split(";")):
        file = frame.rpartition("(")[2]
        for name, prefixes in LAYERS.items():
            if file.startswith(prefixes):
                return name
    return REST


def running(folded: str, cpu_ms: float) -> list[tuple[str, float]]:
    """Give py-spy's stacks of threads that ran, with their shares of so many milliseconds."""
    lines = [line.rpartition(" ") for line in folded.splitlines()]
    ran = [(stack, int(count)) for stack, _, count in lines if not stack.rpartition(";")[2].startswith(WAITING)]
    whole = sum(count for _, count in ran)
    return [(LOOP.sub("", stack), cpu_ms * count / whole) for stack, count in ran]


def layers(stacks: Sequence[tuple[str, float]]) -> dict[str, float]:
    """Give the milliseconds of each layer."""
    found = dict.fromkeys((*LAYERS, REST), 0.0)
    for stack, milliseconds in stacks:
        found[layer(stack)] += milliseconds
    return found


@contextmanager
def looked_into(spy: Path, pid: int, file: Path) -> Iterator[None]:
    """Let py-spy write the stacks of a process until the end of the block."""
    command = [spy, "record", "--pid", str(pid), "--rate", str(RATE), "--format", "raw", "--output", file]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as started:
        time.sleep(1)
        assert started.poll() is None, started.stderr and started.stderr.read()
        yield
        started.send_signal(signal.SIGINT)


@contextmanager
def server() -> Iterator[tuple[str, int]]:
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
            address = f"http://127.0.0.1:{port}"
            asyncio.run(wait_for(address))
            yield address, ours.pid


def on_page(address: str) -> Callable[[], Awaitable[None]]:
    """Give what holds one chat on the page."""
    dependencies = httpx.get(f"{address}/config", timeout=60).json()["dependencies"]
    events = [next(d["id"] for d in dependencies if d["api_name"] == "ask")]
    while after := [d["id"] for d in dependencies if d["trigger_after"] == events[-1]]:
        events += after[:1]

    async def ask() -> None:
        assert (await chat(address, [QUESTION, "Course only", ""], events)).fine

    return ask


def by_api(address: str) -> Callable[[], Awaitable[None]]:
    """Give what holds one chat over the API."""
    body = {"model": "lectern", "messages": [{"role": "user", "content": QUESTION}], "stream": True}

    async def ask() -> None:
        async with httpx.AsyncClient(base_url=address, timeout=60) as client:
            reply = (await client.post("/v1/chat/completions", json=body)).raise_for_status()
        assert "[DONE]" in reply.text

    return ask


async def _held(ask: Callable[[], Awaitable[None]], turns: int) -> None:
    for _ in range(turns):
        await ask()


def measured(spy: Path, pid: int, ask: Callable[[], Awaitable[None]], turns: int) -> tuple[dict[str, Any], list[Any]]:
    """Measure so many turns without py-spy, then look into as many more; give the figures and the stacks."""
    asyncio.run(_held(ask, 5))  # warm
    before, begun = cpu_seconds(pid), time.perf_counter()
    asyncio.run(_held(ask, turns))
    cpu_ms, wall_ms = ((b - a) * 1000 / turns for a, b in ((before, cpu_seconds(pid)), (begun, time.perf_counter())))
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "raw.txt"
        with looked_into(spy, pid, raw):
            asyncio.run(_held(ask, turns))
        stacks = running(raw.read_text("utf-8"), cpu_ms)
    return {"turns": turns, "cpu_ms": cpu_ms, "wall_ms": wall_ms, "layers_ms": layers(stacks)}, stacks


def main() -> None:
    """Measure both ways and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=60)
    parser.add_argument("--venvs", type=Path, default=VENVS, help="where py-spy is installed")
    parser.add_argument("--keep", action="store_true", help="write benchmarks/results/layers.json and the flame graphs")
    given = parser.parse_args()
    measurement, found = Measurement("layers", COMMAND), {}
    spy = python_of("py_spy", given.venvs).with_name("py-spy")
    with server() as (address, pid):
        for name, ask in (("chat page", on_page(address)), ("API", by_api(address))):
            found[name], stacks = measured(spy, pid, ask, given.turns)
            print(name, json.dumps(found[name]), flush=True)
            if given.keep:
                title = f"A turn over the {name}: {sum(ms for _, ms in stacks):.0f} ms of CPU, by who calls whom"
                graph = FOLDER / f"flame_{name.split()[-1].lower()}.svg"
                graph.write_text(draw(tree(stacks, layer), title, "ms a turn", list(found[name]["layers_ms"])), "utf-8")
    if given.keep:
        print(measurement.keep(found, {"py-spy": "0.4.3"}))


if __name__ == "__main__":
    main()
