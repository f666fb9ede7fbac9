"""Measures the chat page in a real browser: start-up, the first token with one chat, and what Stop frees.

    python -m benchmarks.page [--rounds 5] [--chats 30] [--keep]

Start-up: whole processes in turns, `lectern ui` over the sample course until it says that it is open, and the import of
gradio, llama_index.core and chromadb alone; then a browser with an empty cache opens the page, until its box takes a
question. First token: from the moment at which the model server has sent it until it stands on the page, which a
MutationObserver sees; the model server says 15 tokens a second, so the page's part of a turn is what comes before (the
search) and after (the way to the page). Stop: from the click until the model server sees its connection closed and
`/metrics` has no turn under way. Model server, Lectern, browser and driver share the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx

from benchmarks.load import UNLIMITED
from benchmarks.paced_server import FIRST, PER_SECOND, paced
from benchmarks.results import Measurement
from tests.chat_server import browser, run, served
from tests.conftest import REPOSITORY
from tests.model_server import ModelServer, Reply

COMMAND = "python -m benchmarks.page --keep"
IMPORTS = "import gradio, llama_index.core, chromadb"
QUESTION = "What is ReAct and when would I use it?"
TOKENS, ENDLESS = 30, 3_000
# Notes when the first word of an answer stands on the page, in seconds since 1970.
WATCH = f"""window.first = null;
new MutationObserver(() => {{
    const said = [...document.querySelectorAll('#chat .bot')].at(-1)?.textContent ?? '';
    if (window.first === null && said.includes('{FIRST}')) {{
        window.first = (performance.timeOrigin + performance.now()) / 1000;
    }}
}}).observe(document, {{childList: true, subtree: true, characterData: true}});
"""
SETTLED = (
    "document.querySelector('#question .submit-button')"
    " && !document.querySelector('#question .stop-button, #chat .generating, #chat .pending')"
)


class Noting(ModelServer):
    """The model server; notes when the latest question reached it, in seconds since 1970."""

    def __init__(self) -> None:
        super().__init__()
        self.asked_at = 0.0

    def answer(self, reply: Reply) -> Callable[[dict[str, Any]], Reply]:
        """Give an answer that is noted."""

        def noted(_: dict[str, Any]) -> Reply:
            self.asked_at = time.time()
            return reply

        return noted

    @property
    def first_token_at(self) -> float:
        """When the first token was sent: after the role, each after its share of a second."""
        return self.asked_at + 2 / PER_SECOND


def spread(values: Sequence[float]) -> dict[str, float]:
    """Give the median and the 95th percentile."""
    p95 = statistics.quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]
    return {"median_s": statistics.median(values), "p95_s": p95}


def imports_s() -> float:
    """Give the seconds that importing the large libraries takes, as a process of its own."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", IMPORTS], cwd=REPOSITORY, check=True)
    return time.perf_counter() - begun


def starts(home: Path, chromium: Any, rounds: int) -> dict[str, Any]:
    """Measure starting, in turns with the imports alone."""
    read: dict[str, list[float]] = {"imports": [], "up": [], "interactive": []}
    for _ in range(rounds):
        read["imports"].append(imports_s())
        begun = time.perf_counter()
        with served(home) as address:
            read["up"].append(time.perf_counter() - begun)
            read["interactive"].append(interactive_s(chromium, address))
    found = {name: spread(values) for name, values in read.items()}
    return {**found, "up_to_imports": found["up"]["median_s"] / found["imports"]["median_s"], "rounds": rounds}


def interactive_s(chromium: Any, address: str) -> float:
    """Give the seconds until a fresh browser's page takes a question."""
    context = chromium.new_context()
    page, begun = context.new_page(), time.perf_counter()
    page.goto(address, wait_until="commit")
    page.wait_for_selector("#question textarea")
    page.fill("#question textarea", QUESTION)
    page.press("#question textarea", "Enter")
    page.wait_for_selector("#chat .user")
    took = time.perf_counter() - begun
    context.close()
    return took


def first_tokens(page: Any, model: Noting, chats: int) -> dict[str, Any]:
    """Measure the first token of so many chats, one after the other, each in a conversation of its own."""
    behind, before = [], []
    for n in range(chats + 2):
        model.default = model.answer(paced(TOKENS))
        page.reload()
        page.wait_for_selector("#question textarea")
        page.get_by_label("Course only").check()
        page.fill("#question textarea", QUESTION)
        asked = page.evaluate("(performance.timeOrigin + performance.now()) / 1000")
        page.press("#question textarea", "Enter")
        page.wait_for_function("window.first")
        if n >= 2:  # the first two warm the server
            behind.append(page.evaluate("window.first") - model.first_token_at)
            before.append(model.asked_at - asked)
        page.wait_for_function(SETTLED)
        page.goto(page.url.partition("?")[0])
    return {"page_behind_model": spread(behind), "question_to_model": spread(before), "chats": chats}


def stops(page: Any, model: Noting, address: str, rounds: int) -> dict[str, Any]:
    """Measure how long after the click on Stop the model server and the server itself are free again."""
    read: dict[str, list[float]] = {"model": [], "turn": []}
    for _ in range(rounds):
        model.default = model.answer(paced(ENDLESS))
        page.goto(address)
        page.wait_for_selector("#question textarea")
        page.get_by_label("Course only").check()
        page.fill("#question textarea", QUESTION)
        page.press("#question textarea", "Enter")
        page.wait_for_function("window.first")
        model.hung_up.clear()
        begun = time.perf_counter()
        page.click("#question .stop-button")
        while "lectern_turns_running 0.0" not in httpx.get(f"{address}metrics").text:
            time.sleep(0.005)
        read["turn"].append(time.perf_counter() - begun)
        if not model.hung_up.wait(10):
            raise RuntimeError("The model server still answers.")
        read["model"].append(time.perf_counter() - begun)
        page.wait_for_function(SETTLED)
    return {**{f"{name}_free": {**spread(v), "most_s": max(v)} for name, v in read.items()}, "rounds": rounds}


def main() -> None:
    """Measure, and print a line for each part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--chats", type=int, default=30)
    parser.add_argument("--keep", action="store_true", help="write benchmarks/results/page.json")
    given = parser.parse_args()
    measurement, found = Measurement("page", COMMAND), dict[str, Any]()
    os.environ.pop("OPENAI_API_KEY", None)
    with tempfile.TemporaryDirectory() as folder, browser() as chromium:
        home = Path(folder) / "home"
        run(home, "ingest", str(REPOSITORY / "ingest" / "sample"))
        found["start"] = starts(home, chromium, given.rounds)
        print("start", json.dumps(found["start"]), flush=True)
        with Noting() as model, served(
            home, OPENAI_BASE_URL=model.url, LECTERN_MODEL="m", LECTERN_LIMITS=UNLIMITED
        ) as address:  # fmt: skip
            page = chromium.new_page()
            page.add_init_script(WATCH)
            page.goto(address)
            for name, measured in (
                ("first token", lambda: first_tokens(page, model, given.chats)),
                ("stop", lambda: stops(page, model, address, 20)),
            ):
                found[name] = measured()
                print(name, json.dumps(found[name]), flush=True)
        found["browser"] = chromium.version
    if given.keep:
        print(measurement.keep(found))


if __name__ == "__main__":
    main()
